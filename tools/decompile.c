/* SPDX-License-Identifier: Apache-2.0 */
/* From the compiled form back to YAML. */
#include "decompile.h"

#include "text.h"
#include <string.h>

static void put_size(FILE *out, uint64_t bytes)
{
    struct arena arena = {0};

    fputs(size_text(&arena, bytes), out);
    arena_free(&arena);
}

/* A text as a YAML scalar; quoted unless it is plainly a word or path. */
static void put_scalar(FILE *out, const char *text)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                "-_./+";

    if (*text && *text != '-' && text[strspn(text, plain)] == 0 && strcmp(text, "null") != 0) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    /* Printable characters of any language stay; put_safely() makes \x escapes of the rest. */
    for (; *text; text++) {
        size_t run = strcspn(text, "\"\\");
        char part[256];

        run = run < sizeof(part) - 1 ? run : sizeof(part) - 1;
        while (run > 1 && ((unsigned char)text[run] & 0xc0) == 0x80)
            run--; /* not within a character */
        memcpy(part, text, run);
        part[run] = 0;
        put_safely(out, part);
        text += run;
        if (!*text)
            break;
        if (*text == '"' || *text == '\\')
            fprintf(out, "\\%c", *text);
        else
            text--;
    }
    fputc('"', out);
}

static void put_payload(const struct manifest *manifest, uint32_t index, const char *key, FILE *out)
{
    const struct manifest_payload *payload = &manifest->payloads[index];

    fprintf(out, "      %s: ", key);
    put_scalar(out, manifest_string(manifest, payload->path));
    fprintf(out, " # %llu bytes, SHA-256 ", (unsigned long long)payload->bytes);
    for (int i = 0; i < DIGEST_BYTES; i++)
        fprintf(out, "%02x", payload->digest[i]);
    fputc('\n', out);
}

static void put_boot(const struct manifest *manifest, const struct manifest_domain *domain,
                     FILE *out)
{
    fputs("    boot:\n", out);
    put_payload(manifest, domain->kernel,
                domain->protocol == MANIFEST_BOOT_LINUX ? "linux" : "elf64", out);
    if (domain->initrd != MANIFEST_NONE)
        put_payload(manifest, domain->initrd, "initrd", out);
    if (domain->cmdline != 0) {
        fputs("      cmdline: ", out);
        put_scalar(out, manifest_string(manifest, domain->cmdline));
        fputc('\n', out);
    }
}

static void put_domain(const struct manifest *manifest, const struct manifest_domain *domain,
                       FILE *out)
{
    fputs("  - name: ", out);
    put_scalar(out, domain->name);
    fprintf(out, "\n    cpus: ");
    if (domain->flags & MANIFEST_CPUS_PINNED) {
        for (uint32_t i = 0; i < domain->cpu_count; i++)
            fprintf(out, "%s%u", i == 0 ? "[" : ", ", domain->cpus[i]);
        fputs("]", out);
    } else {
        fprintf(out, "%u", domain->cpu_count);
    }
    fputs("\n    memory: ", out);
    put_size(out, domain->memory);
    fputc('\n', out);
    put_boot(manifest, domain, out);
    fprintf(out, "    on_exit: {do: %s",
            domain->on_exit == MANIFEST_EXIT_RESTART ? "restart" : "stop");
    if (domain->restart_limit)
        fprintf(out, ", limit: %u", domain->restart_limit);
    if (domain->restart_window)
        fprintf(out, ", within: %us", domain->restart_window);
    fputs("}\n", out);
    if (domain->serial_port)
        fprintf(out, "    serial: {port: com%u%s}\n", domain->serial_port,
                domain->flags & MANIFEST_SERIAL_POLLED ? ", polled: true" : "");
}

static void put_platform(const struct manifest *manifest, FILE *out)
{
    const struct manifest_header *header = manifest->header;

    fprintf(out, "platform:\n  cpu: %s\n",
            header->cpu_vendor == MANIFEST_CPU_AMD ? "amd" : "intel");
    if (header->platform_cpus)
        fprintf(out, "  processors: %u\n", header->platform_cpus);
    if (header->platform_memory) {
        fputs("  memory: ", out);
        put_size(out, header->platform_memory);
        fputc('\n', out);
    }
    fputs("  memory_guard: ", out);
    put_size(out, header->memory_guard);
    fputc('\n', out);
    for (uint32_t i = 0; i < manifest->domain_count; i++) {
        if (manifest->domains[i].serial_port == 1)
            fputs("  com1: domain\n", out); /* no two domains have one port */
    }
}

void decompile(const struct manifest *manifest, FILE *out)
{
    fprintf(out, "# compiled manifest, version %u, SHA-256 ", manifest->header->version);
    for (int i = 0; i < DIGEST_BYTES; i++)
        fprintf(out, "%02x", manifest->header->digest[i]);
    fprintf(out, "\n# %s\n",
            manifest->header->flags & MANIFEST_LAB ? "a LAB image: built without --release"
                                                   : "a release: built with --release");
    fputs("host: ", out);
    put_scalar(out, manifest->header->host);
    fputc('\n', out);
    put_platform(manifest, out);
    fputs("domains:\n", out);
    for (uint32_t i = 0; i < manifest->domain_count; i++)
        put_domain(manifest, &manifest->domains[i], out);
}

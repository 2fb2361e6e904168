/* SPDX-License-Identifier: Apache-2.0 */
/* From the compiled form back to YAML. */
#include "decompile.h"

#include "decompile_parts.h"
#include "tools/text.h"
#include <string.h>

void put_size(FILE *out, uint64_t bytes)
{
    struct arena arena = {0};

    fputs(size_text(&arena, bytes), out);
    arena_free(&arena);
}

/* Printable characters of any language stay, of others YAML reads the number; returns its bytes. */
static size_t put_character(FILE *out, const char *text, size_t left)
{
    uint32_t code = 0;
    char character[17];
    size_t bytes = escape_character(text, left, character);

    if (*text == '"' || *text == '\\')
        fprintf(out, "\\%c", *text);
    else if (*character == '\\' && utf8_sequence((const unsigned char *)text, left, &code) != 0)
        fprintf(out, "\\u%04x", code); /* none of them is beyond 16 bits */
    else
        fputs(character, out);
    return bytes;
}

void put_scalar(FILE *out, const char *text)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                "-_./+";

    if (*text && *text != '-' && text[strspn(text, plain)] == 0 && strcmp(text, "null") != 0) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (size_t left = strlen(text); left > 0;) {
        size_t bytes = put_character(out, text, left);

        text += bytes;
        left -= bytes;
    }
    fputc('"', out);
}

void put_cpus(FILE *out, bool pinned, uint32_t count, const uint32_t *cpus)
{
    if (!pinned) {
        fprintf(out, "%u", count);
        return;
    }
    for (uint32_t i = 0; i < count; i++)
        fprintf(out, "%s%u", i == 0 ? "[" : ", ", cpus[i]);
    fputs("]", out);
}

static void put_digest(const struct manifest *manifest, uint32_t index, const char *before,
                       FILE *out)
{
    fputs(before, out);
    for (int i = 0; i < DIGEST_BYTES; i++)
        fprintf(out, "%02x", manifest->payloads[index].digest[i]);
}

static void put_payload(const struct manifest *manifest, uint32_t index, const char *key, FILE *out)
{
    const struct manifest_payload *payload = &manifest->payloads[index];

    fprintf(out, "      %s: ", key);
    put_scalar(out, manifest_string(manifest, payload->path));
    fprintf(out, " # %llu bytes", (unsigned long long)payload->bytes);
    put_digest(manifest, index, ", SHA-256 ", out);
    fputc('\n', out);
}

static void put_boot(const struct manifest *manifest, const struct manifest_domain *domain,
                     FILE *out)
{
    const char *kernel = domain->protocol == MANIFEST_BOOT_LINUX ? "linux" : "elf64";
    bool pinned = manifest->payloads[domain->kernel].pinned;

    fputs("    boot:\n", out);
    put_payload(manifest, domain->kernel, kernel, out);
    if (domain->initrd != MANIFEST_NONE)
        put_payload(manifest, domain->initrd, "initrd", out);
    if (domain->cmdline != 0) {
        fputs("      cmdline: ", out);
        put_scalar(out, manifest_string(manifest, domain->cmdline));
        fputc('\n', out);
    }
    if (domain->flags & MANIFEST_IDENTITY_UNIQUE)
        fputs("      identity: unique\n", out);
    if (pinned)
        fprintf(out, "      digest:\n        %s", kernel);
    if (pinned)
        put_digest(manifest, domain->kernel, ": ", out);
    if (domain->initrd != MANIFEST_NONE && manifest->payloads[domain->initrd].pinned)
        put_digest(manifest, domain->initrd,
                   pinned ? "\n        initrd: " : "      digest:\n        initrd: ", out);
    if (pinned || (domain->initrd != MANIFEST_NONE && manifest->payloads[domain->initrd].pinned))
        fputc('\n', out);
}

static void put_domain(const struct manifest *manifest, const struct manifest_domain *domain,
                       FILE *out)
{
    fputs("  - name: ", out);
    put_scalar(out, domain->name);
    fprintf(out, "\n    cpus: ");
    put_cpus(out, domain->flags & MANIFEST_CPUS_PINNED, domain->cpu_count, domain->cpus);
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
    put_policy_domain(manifest, (uint32_t)(domain - manifest->domains), out);
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
    if (header->flags & MANIFEST_TPM)
        fputs("  tpm: required\n", out);
    put_policy_platform(manifest, out);
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
    put_policy_head(manifest, out);
    put_platform(manifest, out);
    fputs("domains:\n", out);
    for (uint32_t i = 0; i < manifest->domain_count; i++) {
        if (!(manifest->domains[i].flags & MANIFEST_IS_MANAGEMENT))
            put_domain(manifest, &manifest->domains[i], out);
    }
    put_policy_tail(manifest, out);
}

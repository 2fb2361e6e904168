/* SPDX-License-Identifier: Apache-2.0 */
/* From a checked manifest to its compiled form (kernel/abi/manifest.h) and its payloads. */
#include "compile_tables.h"

#include "kernel/manifest.h"
#include "kernel/sha256.h"
#include "parts.h"
#include "payload.h"
#include "tools/manifest/label.h"
#include "tools/manifest/private_key.h"
#include <string.h>

static uint32_t align_up(uint64_t value, uint32_t unit)
{
    return (uint32_t)((value + unit - 1) / unit * unit);
}

uint32_t string_add(struct strings *strings, const char *text)
{
    size_t length = text ? strlen(text) + 1 : 1;

    if (length == 1)
        return 0;
    for (uint32_t at = 0; at < strings->used; at += (uint32_t)strlen(strings->bytes + at) + 1) {
        if (strcmp(strings->bytes + at, text) == 0)
            return at;
    }
    if (strings->used + length > strings->room) {
        uint32_t room = 2 * strings->room + (uint32_t)length;
        char *grown = arena_take(strings->arena, room);

        memcpy(grown, strings->bytes, strings->used);
        strings->bytes = grown;
        strings->room = room;
    }
    uint32_t at = strings->used;
    memcpy(strings->bytes + at, text, length);
    strings->used += (uint32_t)length;
    return at;
}

static uint32_t payload_store(struct compiled *out, struct compiled_payload added)
{
    added.offset = (out->payload_bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
    out->payload_bytes = added.offset + added.size;
    out->payloads[out->payload_count] = added;
    return out->payload_count++;
}

/* The index of the payload at `path`, stored now or before. */
static uint32_t payload_add(struct check *check, struct compiled *out, const char *path,
                            bool pinned)
{
    const struct payload *file = payload_open(check, path);
    struct compiled_payload added = {path, file, NULL, file->size, 0, {0}, pinned};

    if (path == check->console)
        added.path = PART_CONSOLE; /* the same bytes wherever it was found */

    out->payload_paths++;
    payload_sha256(file, added.digest);
    for (uint32_t i = 0; i < out->payload_count; i++) {
        if (out->payloads[i].size == added.size &&
            memcmp(out->payloads[i].digest, added.digest, DIGEST_BYTES) == 0) {
            out->payloads[i].pinned |= pinned;
            return i;
        }
    }
    return payload_store(out, added);
}

/* The server's key, which is no domain's payload and so shared with none. */
static const char *key_add(struct check *check, struct compiled *out)
{
    const char *path = check->model.management.key.value;

    out->key = MANIFEST_NONE;
    if (!path)
        return NULL;
    const struct payload *file = payload_open(check, path);
    struct server_key *key = arena_take(&check->arena, sizeof(*key));
    struct compiled_payload added = {
        .path = path, .file = file, .bytes = key, .size = sizeof(*key)};
    const char *complaint = private_key_read(file->bytes, file->size, key, out->key_digest);

    if (complaint)
        return say(&check->arena, "the server's key: %s %s", path, complaint);
    sha256(key, sizeof(*key), added.digest);
    out->key = payload_store(out, added);
    return NULL;
}

/* The bits 1 << value, or the values themselves, of a list of words. */
static uint32_t words(const struct list *list, bool shift)
{
    uint32_t bits = 0;

    for (uint32_t i = 0; i < list->count; i++)
        bits |= shift ? 1u << listed(list, i)->value : (uint32_t)listed(list, i)->value;
    return bits;
}

static void compile_domain_policy(const struct model *model, const struct model_domain *from,
                                  struct manifest_domain *to)
{
    struct label label = label_of(model, &from->label);

    to->level = label.level;
    to->categories = label.categories;
    to->manage = words(&from->manage, false);
    for (uint32_t i = 0; i < from->start_after.count; i++)
        to->start_after |= 1u << find_named(model, "domains", listed_text(&from->start_after, i));
    to->memory_at = from->memory_at.value;
    to->serial_read = (uint8_t)words(&from->serial.read, true);
    to->serial_write = (uint8_t)words(&from->serial.write, true);
    to->on_dma_fault = (uint8_t)from->on_dma_fault.value;
    to->cache_ways = (uint8_t)from->cache_ways.value;
}

static void compile_domain(struct check *check, const struct model_domain *from,
                           struct compiled *out, struct strings *strings,
                           struct manifest_domain *to)
{
    const struct model_boot *boot = &from->boot;
    bool linux_image = boot->bzimage.value != NULL;

    memcpy(to->name, from->name.value, strlen(from->name.value));
    to->flags = (from->cpus.is_list ? MANIFEST_CPUS_PINNED : 0) |
                (from->serial.polled.value ? MANIFEST_SERIAL_POLLED : 0) |
                (from->role.value == ROLE_FIREWALL ? MANIFEST_FIREWALL : 0) |
                (boot->identity.value == IDENTITY_UNIQUE ? MANIFEST_IDENTITY_UNIQUE : 0);
    to->cpu_count = (uint32_t)from->cpus.value;
    for (uint32_t i = 0; i < from->cpus.list.count; i++)
        to->cpus[i] = (uint32_t)listed(&from->cpus.list, i)->value;
    to->memory = from->memory.value;
    to->protocol = linux_image ? MANIFEST_BOOT_LINUX : MANIFEST_BOOT_ELF64;
    to->kernel = payload_add(check, out, linux_image ? boot->bzimage.value : boot->elf64.value,
                             linux_image ? boot->bzimage_digest.value : boot->elf64_digest.value);
    to->initrd = boot->initrd.value
                     ? payload_add(check, out, boot->initrd.value, boot->initrd_digest.value)
                     : MANIFEST_NONE;
    to->cmdline = string_add(strings, boot->cmdline.value);
    to->on_exit = (uint32_t)from->on_exit.action.value;
    to->restart_limit = (uint32_t)from->on_exit.limit.value;
    to->restart_window = (uint32_t)from->on_exit.within.value;
    to->serial_port = (uint32_t)from->serial.port.value;
    to->serial_irq = (uint32_t)from->serial.irq.value;
    compile_domain_policy(&check->model, from, to);
}

/*
 * The management domain stands behind the others, under the name that no domain may have. Whatever
 * ends its life, it comes back.
 */
static void compile_management_domain(struct check *check, struct compiled *out,
                                      struct strings *strings, struct manifest_domain *to)
{
    const struct model_network *network =
        network_named(&check->model, &check->model.management.nic.network);
    struct model_domain domain = check->management;

    domain.name.value = "management";
    domain.on_exit.action.value = MANIFEST_EXIT_RESTART;
    domain.on_dma_fault.value = MANIFEST_DMA_RESTART;
    if (network)
        domain.label = network->label;
    compile_domain(check, &domain, out, strings, to);
    to->flags |= MANIFEST_IS_MANAGEMENT;
}

static void compile_header(const struct check *check, bool release, const struct compiled *out,
                           struct manifest_header *to)
{
    const struct model_platform *platform = &check->model.platform;

    to->magic = MANIFEST_MAGIC;
    to->version = MANIFEST_VERSION;
    memcpy(to->host, check->model.host.value, strlen(check->model.host.value));
    to->cpu_vendor = (uint32_t)platform->cpu.value;
    to->flags =
        (release ? 0 : MANIFEST_LAB) | (platform->tpm.value == TPM_REQUIRED ? MANIFEST_TPM : 0);
    to->platform_cpus = (uint32_t)platform->processors.value;
    to->platform_memory = platform->memory.value;
    to->memory_guard = platform->memory_guard.value;
    to->payload_bytes = out->payload_bytes;
}

void *table_add(struct manifest_header *header, enum manifest_table_id id, uint32_t count,
                uint32_t entry_bytes)
{
    uint32_t offset = header->total_bytes;

    if (count == 0)
        return (char *)header + offset;
    header->tables[id] = (struct manifest_table){offset, count, entry_bytes, 0};
    header->total_bytes = align_up((uint64_t)offset + (uint64_t)count * entry_bytes, 8);
    return (char *)header + offset;
}

static void compile_payloads(const struct compiled *out, struct strings *strings,
                             struct manifest_payload *to)
{
    for (uint32_t i = 0; i < out->payload_count; i++) {
        to[i].offset = out->payloads[i].offset;
        to[i].bytes = out->payloads[i].size;
        memcpy(to[i].digest, out->payloads[i].digest, DIGEST_BYTES);
        to[i].path = string_add(strings, out->payloads[i].path);
        to[i].pinned = out->payloads[i].pinned;
    }
}

/* More than all tables at their limits take together. */
enum { TABLES_BYTES = 64 << 10 };

const char *compile(struct check *check, bool release, struct compiled *out)
{
    uint32_t domains = check->model.domains.count;
    bool managed = is_written(check->model.management.boot.at) || boots_own_console(check);
    struct arena *arena = &check->arena;
    struct strings strings = {arena, arena_take(arena, 256), 1, 256};
    struct manifest_header *header = arena_take(arena, TABLES_BYTES);
    struct manifest opened;

    memset(out, 0, sizeof(*out));
    if (managed && domains == MAX_DOMAINS)
        return "the management domain is one of the 16 that an image may hold: give up one of the "
               "others";
    header->total_bytes = sizeof(*header);
    struct manifest_domain *to =
        table_add(header, MANIFEST_DOMAINS, domains + managed, sizeof(struct manifest_domain));
    for (uint32_t i = 0; i < domains; i++)
        compile_domain(check, model_domain(&check->model, i), out, &strings, &to[i]);
    if (managed)
        compile_management_domain(check, out, &strings, &to[domains]);
    const char *complaint = key_add(check, out);
    if (complaint)
        return complaint;
    compile_payloads(
        out, &strings,
        table_add(header, MANIFEST_PAYLOADS, out->payload_count, sizeof(struct manifest_payload)));
    compile_policy(check, out, header, &strings);
    uint32_t tables = header->total_bytes;
    out->manifest = arena_take(arena, tables + strings.used + 8);
    memcpy(out->manifest, header, tables);
    header = out->manifest;
    memcpy(table_add(header, MANIFEST_STRINGS, strings.used, 1), strings.bytes, strings.used);
    compile_header(check, release, out, header);
    manifest_digest(header, header->digest);
    out->manifest_bytes = header->total_bytes;
    enum manifest_error error = manifest_open(header, header->total_bytes, &opened);
    return error == MANIFEST_OK ? NULL : manifest_error_text(error);
}

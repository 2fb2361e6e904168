/* SPDX-License-Identifier: Apache-2.0 */
/* A compiled manifest made in a test. */
#include "made_manifest.h"
#include "kernel/sha256.h"
#include <stddef.h>
#include <stdio.h>
#include <string.h>

void made_manifest_init(struct made_manifest *made)
{
    memset(made, 0, sizeof(*made));
    made->header = (struct manifest_header){
        .magic = MANIFEST_MAGIC,
        .version = MANIFEST_VERSION,
        .total_bytes = sizeof(*made),
        .host = "test",
        .cpu_vendor = MANIFEST_CPU_INTEL,
        .memory_guard = LARGE_PAGE_BYTES,
        .tables = {[MANIFEST_DOMAINS] = {.offset = offsetof(struct made_manifest, domains),
                                         .entry_bytes = sizeof(struct manifest_domain)},
                   [MANIFEST_PAYLOADS] = {.offset = offsetof(struct made_manifest, payloads),
                                          .entry_bytes = sizeof(struct manifest_payload)},
                   [MANIFEST_STRINGS] = {.offset = offsetof(struct made_manifest, strings),
                                         .entry_bytes = 1,
                                         .count = 1}},
    };
}

uint32_t made_manifest_string(struct made_manifest *made, const char *text)
{
    struct manifest_table *table = &made->header.tables[MANIFEST_STRINGS];
    uint32_t offset = table->count;
    memcpy(made->strings + offset, text, strlen(text) + 1);
    table->count += (uint32_t)strlen(text) + 1;
    return offset;
}

uint32_t made_manifest_payload(struct made_manifest *made, const char *path, const void *data,
                               uint64_t bytes)
{
    uint32_t index = made->header.tables[MANIFEST_PAYLOADS].count++;
    struct manifest_payload *payload = &made->payloads[index];
    payload->offset = made->header.payload_bytes;
    payload->bytes = bytes;
    payload->path = made_manifest_string(made, path);
    sha256(data, bytes, payload->digest);
    made->header.payload_bytes += (bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
    return index;
}

struct manifest_domain *made_manifest_domain(struct made_manifest *made, const char *name,
                                             uint32_t cpus, uint64_t memory, uint32_t payload)
{
    struct manifest_domain *domain = &made->domains[made->header.tables[MANIFEST_DOMAINS].count++];
    *domain = (struct manifest_domain){
        .cpu_count = cpus,
        .memory = memory,
        .protocol = MANIFEST_BOOT_ELF64,
        .kernel = payload,
        .initrd = MANIFEST_NONE,
        .on_exit = MANIFEST_EXIT_STOP,
    };
    snprintf(domain->name, sizeof(domain->name), "%s", name);
    return domain;
}

void made_manifest_seal(struct made_manifest *made)
{
    manifest_digest(&made->header, made->header.digest);
}

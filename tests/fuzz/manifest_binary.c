/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a compiled manifest: first as they are, then with the magic, version, size and
 * digest set right, as whoever made a hostile image would. What manifest_open() takes is read
 * through every accessor, shown, and what was shown is checked.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile uint32_t sink; /* what is read into it is really read */

static uint32_t read_bytes(const void *from, size_t bytes)
{
    const uint8_t *at = from;
    uint32_t sum = 0;

    for (size_t i = 0; i < bytes; i++)
        sum += at[i];
    return sum;
}

/* Every entry of every table, every string, and what domains and payloads refer to. */
static void read_all(const struct manifest *manifest)
{
    uint32_t count;

    for (int table = 0; table < MANIFEST_TABLES; table++) {
        const void *entries = manifest_entries(manifest, table, &count);

        fuzz_expect(!entries == !count, "a table that is there and is not");
        sink += read_bytes(entries, (size_t)count * manifest->header->tables[table].entry_bytes);
    }
    for (uint32_t offset = 0; offset <= manifest->string_bytes; offset++)
        sink += (uint8_t)*manifest_string(manifest, offset);
    for (uint32_t i = 0; i < manifest->domain_count; i++) {
        const struct manifest_domain *domain = &manifest->domains[i];

        fuzz_expect(strlen(domain->name) < NAME_BYTES && domain->cpu_count <= MAX_DOMAIN_CPUS &&
                        strlen(manifest_string(manifest, domain->cmdline)) < CMDLINE_BYTES,
                    "a domain out of range");
        sink += (uint32_t)manifest->payloads[domain->kernel].bytes;
        if (domain->initrd != MANIFEST_NONE)
            sink += (uint32_t)manifest->payloads[domain->initrd].bytes;
    }
    for (uint32_t i = 0; i < manifest->payload_count; i++)
        sink += (uint32_t)strlen(manifest_string(manifest, manifest->payloads[i].path));
}

static void open_and_use(const void *bytes, size_t size)
{
    struct check check = {.today = FUZZ_DAY};
    struct manifest manifest;
    enum manifest_error error = manifest_open(bytes, size, &manifest);
    size_t length;

    fuzz_expect(manifest_error_text(error) != NULL, "an error without a text");
    if (error != MANIFEST_OK) {
        fuzz_expect(!manifest.header && !manifest.domains && !manifest.payloads &&
                        !manifest.strings && !manifest.domain_count && !manifest.payload_count &&
                        !manifest.string_bytes,
                    "refused, but filled in");
        return;
    }
    read_all(&manifest);
    char *shown = fuzz_shown(&manifest, &length);
    check_text(&check, "shown", shown, length);
    fuzz_findings(&check);
    check_close(&check);
    free(shown);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct manifest_header *header = malloc(size ? size : 1); /* exactly: a byte more is noticed */

    fuzz_expect(header != NULL, "no memory");
    memcpy(header, data, size);
    open_and_use(header, size);
    if (size >= sizeof(*header)) {
        header->magic = MANIFEST_MAGIC;
        header->version = MANIFEST_VERSION;
        if (header->total_bytes < sizeof(*header) || header->total_bytes > size)
            header->total_bytes = (uint32_t)size;
        manifest_digest(header, header->digest);
        open_and_use(header, size);
    }
    free(header);
    return 0;
}

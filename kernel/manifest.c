/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads a compiled manifest. Every field that is used as an index, offset or count is checked.
 * Comments that begin with an @ are what `make proof` proves of the arithmetic of indices, for
 * every content of the memory; with it no access leaves the manifest.
 */
#include "manifest.h"
#include "manifest_parts.h"
#include "sha256.h"

void manifest_digest(const struct manifest_header *header, uint8_t digest[DIGEST_BYTES])
{
    static const uint8_t zeros[DIGEST_BYTES];
    const uint8_t *bytes = (const uint8_t *)header;
    size_t before = offsetof(struct manifest_header, digest);
    size_t after = before + DIGEST_BYTES;
    struct sha256 hash;
    sha256_init(&hash);
    sha256_update(&hash, bytes, before);
    sha256_update(&hash, zeros, sizeof(zeros));
    sha256_update(&hash, bytes + after, header->total_bytes - after);
    sha256_final(&hash, digest);
}

const char *manifest_string(const struct manifest *manifest, uint32_t offset)
{
    return offset < manifest->string_bytes ? manifest->strings + offset : "";
}

static enum manifest_error check_header(const struct manifest_header *header, size_t size)
{
    uint8_t digest[DIGEST_BYTES];
    if (size < sizeof(*header))
        return MANIFEST_TOO_SHORT;
    if (header->magic != MANIFEST_MAGIC)
        return MANIFEST_BAD_MAGIC;
    if (header->version != MANIFEST_VERSION)
        return MANIFEST_BAD_VERSION;
    if (header->total_bytes < sizeof(*header) || header->total_bytes > size)
        return MANIFEST_TOO_SHORT;
    if (header->total_bytes > MANIFEST_MAX_BYTES)
        return MANIFEST_BAD_HEADER;
    manifest_digest(header, digest);
    if (memcmp(digest, header->digest, sizeof(digest)) != 0)
        return MANIFEST_BAD_DIGEST;
    if (header->cpu_vendor != MANIFEST_CPU_INTEL && header->cpu_vendor != MANIFEST_CPU_AMD)
        return MANIFEST_BAD_HEADER;
    if (header->flags & ~(uint32_t)MANIFEST_FLAGS || header->reserved)
        return MANIFEST_BAD_HEADER;
    if (header->memory_guard % PAGE_BYTES || header->memory_guard > MANIFEST_MEMORY_MAX)
        return MANIFEST_BAD_HEADER;
    return MANIFEST_OK;
}

/*@
  assigns \nothing;
  ensures \result == table->count * table->entry_bytes;
*/
static uint64_t table_bytes(const struct manifest_table *table)
{
    return (uint64_t)table->count * table->entry_bytes;
}

/*@ assigns \nothing; */
static bool tables_overlap(const struct manifest_table *a, const struct manifest_table *b)
{
    return a->offset < b->offset + table_bytes(b) && b->offset < a->offset + table_bytes(a);
}

/*@
  assigns \nothing;
  ensures \result ==> table->offset == 0 && table->count == 0;
*/
static bool table_is_absent(const struct manifest_table *table)
{
    return !table->offset && !table->count && !table->entry_bytes && !table->reserved;
}

/*@
  requires index < LAYOUTS;
  assigns \nothing;
  ensures \result == MANIFEST_OK ==> table_fits(header, index);
*/
static enum manifest_error check_table(const struct manifest_header *header, uint32_t index)
{
    const struct manifest_table *table = &header->tables[index];
    if (index > MANIFEST_STRINGS && table_is_absent(table))
        return MANIFEST_OK;
    if (table->entry_bytes != layouts[index].entry_bytes || table->reserved)
        return MANIFEST_BAD_TABLE;
    if (table->count == 0 || table->count > layouts[index].count_max)
        return MANIFEST_BAD_TABLE;
    if (table->offset % 8 || table->offset < sizeof(*header) ||
        table->offset > header->total_bytes ||
        table_bytes(table) > header->total_bytes - table->offset)
        return MANIFEST_BAD_TABLE;
    /*@ loop assigns i; */
    for (uint32_t i = 0; i < index; i++)
        if (tables_overlap(table, &header->tables[i]))
            return MANIFEST_BAD_TABLE;
    return MANIFEST_OK;
}

/*@
  assigns \nothing;
  ensures \result == MANIFEST_OK ==> tables_fit(header);
*/
static enum manifest_error check_tables(const struct manifest_header *header)
{
    /*@
      loop invariant 0 <= i <= LAYOUTS;
      loop invariant \forall integer table; 0 <= table < i ==> table_fits(header, table);
      loop assigns i;
    */
    for (uint32_t i = 0; i < LAYOUTS; i++) {
        enum manifest_error error = check_table(header, i);
        if (error)
            return error;
    }
    /*@ loop assigns i; */
    for (uint32_t i = LAYOUTS; i < MANIFEST_TABLES; i++)
        if (!table_is_absent(&header->tables[i]))
            return MANIFEST_BAD_TABLE;
    return MANIFEST_OK;
}

const void *manifest_entries(const struct manifest *manifest, enum manifest_table_id table,
                             uint32_t *count)
{
    const struct manifest_table *slot = &manifest->header->tables[table];
    *count = slot->count;
    return slot->count ? (const char *)manifest->header + slot->offset : NULL;
}

/*@
  requires \separated(out, (struct manifest_header *)bytes);
  ensures \result == MANIFEST_OK ==> out->header == bytes;
  ensures \result == MANIFEST_OK ==> tables_fit((struct manifest_header *)bytes);
*/
enum manifest_error manifest_read(const void *bytes, size_t size, struct manifest *out)
{
    const struct manifest_header *header = bytes;
    const struct manifest_table *tables = header->tables;
    *out = (struct manifest){0};
    enum manifest_error error = check_header(header, size);
    if (!error)
        error = check_tables(header);
    if (error)
        return error;
    /*@ assert tables_fit(header); */
    /*@ assert table_fits(header, MANIFEST_DOMAINS) && table_fits(header, MANIFEST_PAYLOADS); */
    struct manifest manifest = {
        .header = header,
        .domains = entry(header, MANIFEST_DOMAINS, 0),
        .payloads = entry(header, MANIFEST_PAYLOADS, 0),
        .strings = entry(header, MANIFEST_STRINGS, 0),
        .domain_count = tables[MANIFEST_DOMAINS].count,
        .payload_count = tables[MANIFEST_PAYLOADS].count,
        .string_bytes = tables[MANIFEST_STRINGS].count,
    };
    *out = manifest;
    return MANIFEST_OK;
}

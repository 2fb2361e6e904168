/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by manifest.c and manifest_fields.c: tables and their entries. */
#ifndef BULKHEAD_MANIFEST_PARTS_H
#define BULKHEAD_MANIFEST_PARTS_H

#include "kernel/abi/manifest.h"
#include <stdbool.h>
#include <string.h>

#define MANIFEST_MEMORY_MAX (1ull << 46)

/* The size of an entry, and the most entries, of each table. */
static const struct {
    uint32_t entry_bytes, count_max;
} layouts[] = {
    [MANIFEST_DOMAINS] = {sizeof(struct manifest_domain), MAX_DOMAINS},
    [MANIFEST_PAYLOADS] = {sizeof(struct manifest_payload), MAX_PAYLOADS},
    [MANIFEST_STRINGS] = {1, MANIFEST_MAX_BYTES},
    [MANIFEST_LEVELS] = {sizeof(struct manifest_name), MAX_LEVELS},
    [MANIFEST_CATEGORIES] = {sizeof(struct manifest_name), MAX_CATEGORIES},
    [MANIFEST_NETWORKS] = {sizeof(struct manifest_network), MAX_NETWORKS},
    [MANIFEST_DEVICES] = {sizeof(struct manifest_device), MAX_DEVICES},
    [MANIFEST_MANAGEMENT] = {MANAGEMENT_BYTES, 1},
    [MANIFEST_ADMINS] = {ADMIN_BYTES, MAX_ADMINS},
    [MANIFEST_POLICY] = {sizeof(struct manifest_policy), 1},
    [MANIFEST_AGGREGATIONS] = {AGGREGATION_BYTES, MAX_POLICY_ITEMS},
    [MANIFEST_KEEP_APART] = {APART_BYTES, MAX_POLICY_ITEMS *MAX_DOMAINS},
    [MANIFEST_UNSAFE] = {UNSAFE_BYTES, MAX_POLICY_ITEMS},
    [MANIFEST_HARDENED] = {HARDENED_BYTES, MAX_DOMAINS},
    [MANIFEST_PROTECTS] = {PROTECTS_BYTES, MAX_POLICY_ITEMS *MAX_DOMAINS},
};
enum { LAYOUTS = sizeof(layouts) / sizeof(layouts[0]) };

/*@
  predicate table_fits(struct manifest_header *header, integer table) =
      (table <= MANIFEST_STRINGS ==> header->tables[table].count > 0) &&
      header->tables[table].offset + header->tables[table].count * layouts[table].entry_bytes <=
      header->total_bytes;
  predicate tables_fit(struct manifest_header *header) =
      \forall integer table; 0 <= table < LAYOUTS ==> table_fits(header, table);
*/

/*@
  requires table < LAYOUTS && index < header->tables[table].count && tables_fit(header);
  assigns \nothing;
*/
static inline const void *entry(const struct manifest_header *header, uint32_t table,
                                uint32_t index)
{
    /*@ assert table_fits(header, table); */
    /*@ assert (index + 1) * layouts[table].entry_bytes <=
               header->tables[table].count * layouts[table].entry_bytes; */
    uint64_t at = header->tables[table].offset + (uint64_t)index * layouts[table].entry_bytes;
    /*@ assert at <= header->total_bytes - layouts[table].entry_bytes; */
    return (const char *)header + at;
}

#endif

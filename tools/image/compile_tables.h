/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of compile() share: the form that grows, its tables and its strings. */
#ifndef BULKHEAD_COMPILE_TABLES_H
#define BULKHEAD_COMPILE_TABLES_H

#include "compile.h"

/* The strings of the compiled form: every different one once; offset 0 is "". */
struct strings {
    struct arena *arena;
    char *bytes;
    uint32_t used, room;
};

/* The offset of `text`, added now or before; 0 for NULL. */
uint32_t string_add(struct strings *strings, const char *text);

/* Reserves the next table; returns where it begins. An empty one leaves its slot zero. */
void *table_add(struct manifest_header *header, enum manifest_table_id id, uint32_t count,
                uint32_t entry_bytes);

/* Adds all tables behind domains, payloads and strings. */
void compile_policy(struct check *check, const struct compiled *compiled,
                    struct manifest_header *header, struct strings *strings);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* What somebody meant who wrote a value in another form: the line to write. NULL: no idea. */
#ifndef BULKHEAD_SCHEMA_HINT_H
#define BULKHEAD_SCHEMA_HINT_H

#include "schema.h"

/* For a value that is not of its key's type: hexadecimal ids, ranges, ttyS1, addresses of VMD. */
const char *hint_value(struct arena *arena, const struct key *key, const char *text);

/* For one value where a section stands: "write `serial: {port: com2}`". */
const char *hint_section(struct arena *arena, const struct key *section, const char *text);

/*
 * For a key that is not there but `meant` is, with what was written behind it (NULL: more than one
 * value): "write `cpus: 2`".
 */
const char *hint_key(struct arena *arena, const struct key *meant, const char *text);

/* The key of that parent that is called otherwise elsewhere. */
const struct key *hint_synonym(const char *parent, const char *name);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Findings of the reader that take a search: keys that do not exist, and what is listed twice. */
#ifndef BULKHEAD_SCHEMA_BLAME_H
#define BULKHEAD_SCHEMA_BLAME_H

#include "schema.h"

/* Of an unknown key in `parent`; returns the key that was probably meant, or NULL. */
const struct key *report_unknown(struct check *check, const char *parent, const char *subject,
                                 const struct scalar *name, const char *value);

/* Of a list of names or words: none stands there twice. */
void report_repeated(struct check *check, const char *subject, const struct key *key,
                     const struct list *list);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* YAML into a document with a place for every value; hostile input ends in a finding. */
#ifndef BULKHEAD_YAML_LOAD_H
#define BULKHEAD_YAML_LOAD_H

#include "check.h"
#include <yaml.h>

enum { YAML_MAX_BYTES = 1 << 20, YAML_MAX_DEPTH = 32, YAML_MAX_VALUES = 65536 };

/*
 * Loads the only document in `text`. Returns false, with findings reported, for text that is no
 * YAML, is too large, nests too deep, or has anchors, aliases or tags: every value stands where
 * it is used. On success the caller frees `document` with yaml_document_delete().
 */
bool yaml_load(struct check *check, const char *text, size_t bytes, yaml_document_t *document);

/* The place of a mark of libyaml. */
struct place yaml_place(const struct check *check, yaml_mark_t mark);

#endif

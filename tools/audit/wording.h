/* SPDX-License-Identifier: Apache-2.0 */
/* What stands beside a record as its text, against what the record's bytes say. */
#ifndef BULKHEAD_AUDIT_WORDING_H
#define BULKHEAD_AUDIT_WORDING_H

#include "kernel/abi/audit.h"
#include <stdbool.h>

enum { WORDING_BYTES = 512 };

/*
 * Whether `text` is what this version's console says of `record`. `domain`: the name that stands
 * beside it; NULL: none. Names of keys are in no record: `admin` becomes the one that the text has,
 * or empty.
 */
bool wording_fits(const struct audit_record *record, const char *domain, const char *text,
                  char admin[NAME_BYTES]);

#endif

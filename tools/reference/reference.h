/* SPDX-License-Identifier: Apache-2.0 */
/* What the tables of keys and rules say, for people and for editors. */
#ifndef BULKHEAD_REFERENCE_H
#define BULKHEAD_REFERENCE_H

#include <stdio.h>

/* The page docs/manifest.md. */
void reference_write(FILE *out);

/* A JSON Schema (2020-12) of manifests. */
void json_schema_write(FILE *out);

#endif

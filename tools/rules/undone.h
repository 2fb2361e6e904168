/* SPDX-License-Identifier: Apache-2.0 */
/* What a good manifest asks for and this version does not carry out: no finding, but said. */
#ifndef BULKHEAD_UNDONE_H
#define BULKHEAD_UNDONE_H

#include "tools/manifest/check.h"

/*
 * The parts for which the loader refuses the image (boot/plan/demands.c), each with all its lines:
 * "`devices` (line 3, line 9), `start_after` (line 12)"; NULL: there is none.
 */
const char *undone_text(struct check *check);

/* Why the image is for no board, NULL: nothing says so. */
const char *undone_board(struct check *check);

/* Writes both as notes. */
void undone_print(struct check *check, FILE *out);

#endif

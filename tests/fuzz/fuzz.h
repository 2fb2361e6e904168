/* SPDX-License-Identifier: Apache-2.0 */
/* What the fuzz targets share. */
#ifndef BULKHEAD_FUZZ_H
#define BULKHEAD_FUZZ_H

#include "kernel/manifest.h"
#include "tools/manifest/check.h"

enum { FUZZ_DAY = 20515 }; /* 2026-03-03: in place of today, so that a finding stays one */

/* Ends the program, so that the fuzzer keeps the input. */
_Noreturn void fuzz_fail(const char *what);

static inline void fuzz_expect(bool good, const char *what)
{
    if (!good)
        fuzz_fail(what);
}

/* All that check says about an input, as text and as JSON, is fit for a terminal. */
void fuzz_findings(const struct check *check);

/* What `show` writes of a manifest; the caller frees it. */
char *fuzz_shown(const struct manifest *manifest, size_t *bytes);

#endif

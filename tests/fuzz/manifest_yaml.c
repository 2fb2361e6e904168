/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a manifest: check says what is wrong, and of what it finds good
 * compile -> show -> compile gives the same bytes.
 */
#include "fuzz.h"

#include "tools/image/compile.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void compile_good(struct check *check, struct compiled *out)
{
    const char *complaint = compile(check, false, out);

    fuzz_expect(!complaint, complaint);
}

static void round_trip(struct check *first)
{
    struct check second = {.today = FUZZ_DAY};
    struct compiled before, after;
    struct manifest manifest;
    size_t bytes;

    compile_good(first, &before);
    fuzz_expect(manifest_open(before.manifest, before.manifest_bytes, &manifest) == MANIFEST_OK,
                "the kernel refuses what was compiled");
    char *shown = fuzz_shown(&manifest, &bytes);
    check_text(&second, "shown", shown, bytes);
    if (second.errors > 0)
        check_print(&second, stderr);
    fuzz_expect(second.errors == 0, "check refuses what show wrote");
    compile_good(&second, &after);
    fuzz_expect(before.manifest_bytes == after.manifest_bytes &&
                    memcmp(before.manifest, after.manifest, after.manifest_bytes) == 0,
                "compile, show, compile gives other bytes");
    check_close(&second);
    free(shown);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct check check = {.today = FUZZ_DAY};

    check_text(&check, "fuzz", (const char *)data, size);
    fuzz_findings(&check);
    if (check.errors == 0)
        round_trip(&check);
    check_close(&check);
    return 0;
}

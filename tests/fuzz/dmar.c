/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the firmware's table DMAR, first alone, then after a header that is right. */
#include "boot/plan/dmar.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

enum { HEADER = 36, ENTRIES = 48 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect_list(const struct facts *facts, uint32_t first, uint32_t count)
{
    fuzz_expect(first <= facts->scope_count && count <= facts->scope_count - first,
                "scopes out of range");
}

/* What was taken is within its tables, and no two units or scopes are in each other's way. */
static void read_and_judge(const uint8_t *table, size_t size)
{
    static struct facts facts;
    struct diagnostic why = {{0}};

    memset(&facts, 0, sizeof(facts));
    if (!dmar_read(table, size, &facts, &why)) {
        fuzz_expect(why.text[0], "refused without a word");
        return;
    }
    fuzz_expect(facts.iommu_count <= MAX_IOMMUS && facts.reserved_count <= MAX_RESERVED &&
                    facts.scope_count <= MAX_SCOPES,
                "more than fits");
    for (uint32_t i = 0; i < facts.iommu_count; i++) {
        const struct fact_iommu *unit = &facts.iommus[i];
        expect_list(&facts, unit->scope_first, unit->scope_count);
        fuzz_expect(unit->registers && unit->registers % 4096 == 0, "a unit without a place");
        for (uint32_t j = 0; j < i; j++)
            fuzz_expect(facts.iommus[j].registers != unit->registers, "two units at one place");
    }
    for (uint32_t i = 0; i < facts.reserved_count; i++) {
        const struct fact_reserved *reserved = &facts.reserved[i];
        expect_list(&facts, reserved->scope_first, reserved->scope_count);
        fuzz_expect(reserved->base < reserved->end, "reserved memory of no bytes");
        fuzz_expect(reserved->any == !reserved->scope_count, "reserved memory of nobody");
    }
    for (uint32_t i = 0; i < facts.scope_count; i++)
        fuzz_expect(facts.scopes[i].hops > 0 && facts.scopes[i].hops <= SCOPE_PATH,
                    "a path of no length");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *table = calloc(1, ENTRIES + size); /* exactly: a byte more is noticed */

    fuzz_expect(table != NULL, "no memory");
    if (size >= HEADER)
        read_and_judge(data, size);
    if (size)
        memcpy(table + ENTRIES, data, size);
    read_and_judge(table, ENTRIES + size);
    free(table);
    return 0;
}

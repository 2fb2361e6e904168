/* SPDX-License-Identifier: Apache-2.0 */
/* I1: memory that firmware gave another type than write-back is given to nobody. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "boot/plan/mtrr.h"

#define MIB (1ull << 20)
#define GIB (1ull << 30)

enum { UC = 0, WC = 1, WT = 4, WB = 6, ON = 1 << 11 };

static struct facts facts;
static struct handoff handoff;
static struct manifest_domain domains[2] = {{.name = "office"}, {.name = "plant"}};
static const struct manifest manifest = {.domains = domains};
static struct diagnostic why;

/* Of 36 address bits. */
static void range(uint64_t base, uint64_t bytes, unsigned type)
{
    struct fact_mtrr *mtrr = &facts.mtrr;
    mtrr->base[mtrr->count] = base | type;
    mtrr->mask[mtrr->count++] = ((1ull << 36) - bytes) | ON;
}

static void extent(uint64_t base, uint64_t bytes, uint32_t kind, uint32_t index)
{
    handoff.extents[handoff.extent_count++] = (struct handoff_extent){base, bytes, kind, index};
}

static int setup(void **state)
{
    (void)state;
    memset(&facts, 0, sizeof(facts));
    memset(&handoff, 0, sizeof(handoff));
    facts.mtrr.default_type = ON | UC;
    extent(0x8000, 0x1000, EXTENT_TRAMPOLINE, 0); /* the fixed ranges' */
    extent(MIB, 2 * MIB, EXTENT_TEXT, 0);
    extent(GIB, GIB, EXTENT_RAM, 1);
    extent(4 * GIB, GIB, EXTENT_RAM, 0);
    return 0;
}

static bool agrees(void)
{
    why.text[0] = 0;
    return mtrr_agrees(&facts, &manifest, &handoff, &why);
}

static void refused(const char *where, const char *whose)
{
    assert_false(agrees());
    if (!strstr(why.text, where) || !strstr(why.text, whose))
        fail_msg("%s", why.text);
}

static void a_default_of_write_back_with_holes(void **state)
{
    (void)state;
    facts.mtrr.default_type = ON | WB;
    assert_true(agrees());
    range(3 * GIB, GIB, UC);
    range(0xe0000000, 256 * MIB, WC);
    assert_true(agrees());
    range(GIB + 512 * MIB, 64 * MIB, WT);
    refused("0x60000000 to 0x64000000", "domain plant");
    facts.mtrr.mask[2] &= ~(uint64_t)ON;
    assert_true(agrees());
}

static void ranges_of_write_back(void **state)
{
    (void)state;
    refused("0x100000 to 0x300000", "the hypervisor");
    range(0, 2 * GIB, WB);
    refused("0x100000000 to 0x140000000", "domain office");
    range(4 * GIB, 512 * MIB, WB);
    refused("0x120000000 to 0x140000000", "domain office");
    range(4 * GIB + 512 * MIB, 512 * MIB, WB);
    assert_true(agrees());
    range(2 * GIB - MIB, MIB, UC); /* over another: no longer write-back */
    refused("0x7ff00000 to 0x80000000", "domain plant");
}

/* AMD: above 4 GiB another default, up to the end of memory. */
static void a_default_of_its_own_above_4_gib(void **state)
{
    (void)state;
    range(0, 2 * GIB, WB);
    facts.mtrr.forced_end = 5 * GIB;
    assert_true(agrees());
    facts.mtrr.forced_end = 5 * GIB - MIB;
    refused("0x13ff00000 to 0x140000000", "domain office");
    facts.mtrr.forced_end = 5 * GIB;
    range(4 * GIB, MIB, UC);
    refused("0x100000000 to 0x100100000", "domain office");
    facts.mtrr.count = 0;
    refused("0x100000", "the hypervisor");
}

static void what_says_nothing_is_refused(void **state)
{
    (void)state;
    facts.mtrr.default_type = WB; /* not enabled: nothing is cached */
    refused("0x100000 to", "the hypervisor");
    facts.mtrr.default_type = ON | WB;
    facts.mtrr.base[0] = UC;
    facts.mtrr.mask[0] = 0xff0fff000 | ON;
    facts.mtrr.count = 1;
    refused("0x100000 to", "the hypervisor");
    facts.mtrr.mask[0] = ON;
    refused("0x100000 to", "the hypervisor");
    memset(&facts.mtrr, 0, sizeof(facts.mtrr)); /* a processor that has none, or was not asked */
    refused("0x100000 to", "the hypervisor");
}

/* Firmware that takes the processor for one of fewer address bits: 32 GiB and 2 GiB are alike. */
static void a_mask_that_is_too_short(void **state)
{
    (void)state;
    facts.mtrr.default_type = ON | WB;
    range(2 * GIB, GIB, UC);
    facts.mtrr.mask[0] = ((1ull << 35) - GIB) | ON;
    assert_true(agrees());
    extent(32 * GIB - GIB, 4 * GIB, EXTENT_RAM, 1);
    refused("0x800000000 to 0x8c0000000", "domain plant");
    facts.mtrr.mask[0] = (0 - GIB) | ON;
    assert_true(agrees());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_default_of_write_back_with_holes, setup),
        cmocka_unit_test_setup(ranges_of_write_back, setup),
        cmocka_unit_test_setup(a_default_of_its_own_above_4_gib, setup),
        cmocka_unit_test_setup(what_says_nothing_is_refused, setup),
        cmocka_unit_test_setup(a_mask_that_is_too_short, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

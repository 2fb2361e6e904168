/* SPDX-License-Identifier: Apache-2.0 */
/* The MSR table, its two bitmaps, and the answers to what exits (I4, I7, TRAPS 9, 13, 22, 23). */
#include "arch/x86/grant/msr.c"
#include "boot/plan/bitmaps.h"
#include "cpuid_samples.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct cpu_features intel, amd, poor;

static int setup(void **state)
{
    (void)state;
    features_read(&intel, boastful_intel);
    features_read(&amd, boastful_amd);
    poor = (struct cpu_features){.has = 1 << FEATURE_ANY};
    intel.arch_capabilities = ~0ull;
    return 0;
}

/* All MSRs that a bitmap can grant, and the rims of those ranges. */
static uint32_t next_msr(uint32_t msr)
{
    if (msr == 0x2003)
        return 0xbffffffd;
    if (msr == 0xc0002003)
        return 0xc000fffd;
    return msr == 0xc0012003 ? 0 : msr + 1;
}
#define EACH_MSR(msr) for (uint32_t msr = 0, more = 1; more; msr = next_msr(msr), more = msr)

static void table_is_sorted(void **state)
{
    (void)state;
    for (size_t i = 0; i < MSR_LINES; i++) {
        assert_true(msr_table[i].first <= msr_table[i].last);
        if (i > 0)
            assert_true(msr_table[i - 1].last < msr_table[i].first);
    }
}

static bool vmx_opens(const uint8_t *map, uint32_t msr, bool write)
{
    uint32_t bit = msr & 0x1fff;

    if (msr >= 0x2000 && (msr < 0xc0000000 || msr > 0xc0001fff))
        return false;
    if (msr >= 0x2000)
        map += 1024;
    return !(map[(write ? 2048 : 0) + bit / 8] >> bit % 8 & 1);
}

static bool svm_opens(const uint8_t *map, uint32_t msr, bool write)
{
    uint32_t bit = 2 * (msr & 0x1fff) + write;

    if (msr >= 0x2000 && (msr < 0xc0000000 || msr > 0xc0001fff) &&
        (msr < 0xc0010000 || msr > 0xc0011fff))
        return false;
    if (msr >= 0x2000)
        map += msr < 0xc0010000 ? 2048 : 4096;
    return !(map[bit / 8] >> bit % 8 & 1);
}

/* Array and handlers are expanded from one table, but by different code: they must agree. */
static void bitmaps_match_predicate(const struct cpu_features *features)
{
    static uint8_t vmx[BITMAPS_BYTES_VTX + 8], svm[BITMAPS_BYTES_SVM + 8];

    memset(vmx, 0x5a, sizeof(vmx));
    memset(svm, 0x5a, sizeof(svm));
    bitmaps_build(vmx, features, false);
    bitmaps_build(svm, features, true);
    for (unsigned i = 0; i < 8; i++)
        assert_true(vmx[BITMAPS_BYTES_VTX + i] == 0x5a && svm[BITMAPS_BYTES_SVM + i] == 0x5a);
    for (unsigned i = 6144; i < BITMAPS_BYTES_SVM; i++) /* all ports among them */
        assert_int_equal(svm[i], 0xff);
    EACH_MSR(msr)
    for (int write = 0; write < 2; write++) {
        bool granted = msr_granted(features, msr, write);

        assert_int_equal(svm_opens(svm, msr, write), granted);
        if (msr < 0xc0010000)
            assert_int_equal(vmx_opens(vmx, msr, write), granted);
    }
}

static void bitmaps_grant_what_the_table_says(void **state)
{
    (void)state;
    bitmaps_match_predicate(&intel);
    bitmaps_match_predicate(&amd);
    bitmaps_match_predicate(&poor);
}

struct range {
    uint32_t first, last;
};

static bool listed(const struct range *list, size_t count, uint32_t msr)
{
    for (size_t i = 0; i < count; i++)
        if (list[i].first <= msr && msr <= list[i].last)
            return true;
    return false;
}
#define LISTED(list, msr) listed(list, sizeof(list) / sizeof((list)[0]), msr)

/* What reaches hardware, written down a second time and by number: the table can't grow unseen. */
static const struct range may_read[] = {
    {0x10, 0x10},
    {0x3b, 0x3b},
    {0x48, 0x48},
    {0x8b, 0x8b},
    {0xe1, 0xe1},
    {0x174, 0x176},
    {0x277, 0x277},
    {0x6e0, 0x6e0},
    {0x802, 0x802},
    {0x808, 0x808},
    {0x80a, 0x80a},
    {0x80d, 0x80d},
    {0x80f, 0x828},
    {0x832, 0x832},
    {0x837, 0x839},
    {0x83e, 0x83e},
    {0xc0000081, 0xc0000084},
    {0xc0000100, 0xc0000103},
};
static const struct range may_write[] = {
    {0x48, 0x49},
    {0xe1, 0xe1},
    {0x10b, 0x10b},
    {0x174, 0x176},
    {0x277, 0x277},
    {0x6e0, 0x6e0},
    {0x808, 0x808},
    {0x80b, 0x80b},
    {0x828, 0x828},
    {0x832, 0x832},
    {0x837, 0x838},
    {0x83e, 0x83f},
    {0xc0000081, 0xc0000084},
    {0xc0000100, 0xc0000103},
};

static void nothing_else_reaches_hardware(void **state)
{
    (void)state;
    EACH_MSR(msr)
    {
        assert_int_equal(msr_granted(&intel, msr, false), LISTED(may_read, msr));
        assert_int_equal(msr_granted(&intel, msr, true), LISTED(may_write, msr));
        assert_int_equal(msr_granted(&amd, msr, false), LISTED(may_read, msr) || msr == 0xc0011029);
        /* Its emulator heeds delivery modes in the LVT of the timer and of errors. */
        assert_int_equal(msr_granted(&amd, msr, true),
                         LISTED(may_write, msr) && msr != 0x832 && msr != 0x837);
    }
}

static void missing_features_are_denied(void **state)
{
    static const uint32_t optional[] = {0x3b,  0x48,  0x49,  0xe1,      0x10a,
                                        0x10b, 0x6e0, 0xda0, 0xc0000103};
    struct vmsr msrs;
    uint64_t value;

    (void)state;
    msr_init(&msrs, &poor, true);
    for (size_t i = 0; i < sizeof(optional) / sizeof(optional[0]); i++) {
        assert_false(msr_granted(&poor, optional[i], false));
        assert_false(msr_granted(&poor, optional[i], true));
        assert_false(msr_read(&msrs, optional[i], &value));
        assert_false(msr_write(&msrs, optional[i], 0));
    }
    msr_init(&msrs, &intel, true);
    assert_false(msr_read(&msrs, AMD_HWCR, &value));
    msr_init(&msrs, &amd, true);
    assert_false(msr_read(&msrs, IA32_FEATURE_CONTROL, &value));
}

/* MSRs by which a guest would reach beyond its partition, or the hypervisor's own. */
static const struct range forbidden[] = {
    {0x0, 0x1},     /* machine check address and type */
    {0x79, 0x79},   /* microcode */
    {0x9b, 0x9e},   /* SMM monitor, SMBASE */
    {0x122, 0x123}, /* TSX_CTRL, MCU_OPT_CTRL */
    {0x17b, 0x17b}, /* machine check control */
    {0x186, 0x18d}, /* performance events */
    {0x198, 0x19d}, /* P states, clock modulation, thermal interrupt */
    {0x1a2, 0x1a4}, /* temperature target, prefetchers */
    {0x1b0, 0x1b2}, /* energy bias, package thermal interrupt */
    {0x200, 0x26f}, /* MTRRs */
    {0x280, 0x29f}, /* CMCI */
    {0x38d, 0x390}, /* performance monitoring */
    {0x400, 0x47f}, /* machine check banks */
    {0x480, 0x491}, /* VMX */
    {0x4c1, 0x4c8}, /* performance counters */
    {0x500, 0x506}, /* SGX */
    {0x560, 0x58f}, /* processor trace */
    {0x600, 0x64f}, /* debug store, power limits */
    {0x6a0, 0x6a8}, /* control-flow enforcement */
    {0x6e1, 0x6e1}, /* PKRS */
    {0x770, 0x777}, /* HWP */
    {0x800, 0x801},
    {0x804, 0x807},
    {0x809, 0x809},
    {0x80c, 0x80c},
    {0x80e, 0x80e},
    {0x829, 0x82f}, /* CMCI too: IA32_MCG_CAP shows none */
    {0x831, 0x831},
    {0x83a, 0x83d},
    {0x840, 0xbff},
    {0xc81, 0xd9f}, /* resource directory, PASID */
    {0xda1, 0x1fff},
    {0xc0000000, 0xc000007f},
    {0xc0000085, 0xc00000ff},
    {0xc0000104, 0xc0001fff},
    {0xc0010000, 0xc001000f},
    {0xc0010011, 0xc0010014},
    {0xc0010016, 0xc001001e},
    {0xc0010020, 0xc0011028},
    {0xc001102a, 0xc0011fff},
    {0x40000000, 0x40000200},
    {0x4b564d00, 0x4b564d08},
};

static void forbidden_gets_gp(void **state)
{
    struct vmsr msrs;
    uint64_t value;

    (void)state;
    for (int vendor = 0; vendor < 2; vendor++) {
        const struct cpu_features *features = vendor ? &amd : &intel;

        msr_init(&msrs, features, true);
        for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
            for (uint32_t msr = forbidden[i].first; msr <= forbidden[i].last; msr++) {
                assert_false(msr_granted(features, msr, false));
                assert_false(msr_granted(features, msr, true));
                assert_false(msr_read(&msrs, msr, &value));
                assert_false(msr_write(&msrs, msr, 0));
            }
        }
    }
}

/* I4: everything that can name another processor or a delivery mode exits. */
static void interrupt_sources_exit(void **state)
{
    static const uint32_t sources[] = {0x1b, 0x830, 0x833, 0x834, 0x835, 0x836};

    (void)state;
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
        assert_false(msr_granted(&intel, sources[i], true));
        assert_false(msr_granted(&intel, sources[i], false));
    }
}

static uint64_t read_ok(const struct vmsr *msrs, uint32_t msr)
{
    uint64_t value = 0xdead;

    assert_true(msr_read(msrs, msr, &value));
    return value;
}

static void virtual_values(void **state)
{
    struct vmsr first, second;

    (void)state;
    msr_init(&first, &intel, true);
    msr_init(&second, &intel, false);
    assert_int_equal(read_ok(&first, 0x1b), 0xfee00d00);
    assert_int_equal(read_ok(&second, 0x1b), 0xfee00c00);
    assert_true(msr_write(&first, 0x1b, 0xfee00d00));
    assert_false(msr_write(&first, 0x1b, 0xfee00500));  /* APIC off */
    assert_false(msr_write(&first, 0x1b, 0xfee00900));  /* xAPIC mode */
    assert_false(msr_write(&first, 0x1b, 0x100000d00)); /* elsewhere */
    assert_false(msr_write(&second, 0x1b, 0xfee00d00));
    assert_int_equal(read_ok(&first, 0x3a), 1);
    assert_false(msr_write(&first, 0x3a, 1));
    assert_int_equal(read_ok(&first, 0x17), 0);
    assert_int_equal(read_ok(&first, 0xfe), 0x400);
    assert_int_equal(read_ok(&first, 0x2ff), 0x806);
    assert_true(msr_write(&first, 0x2ff, 0));
    assert_int_equal(read_ok(&first, 0x2ff), 0x806);
    assert_int_equal(read_ok(&first, 0x1a0) & 0x1801, 0x1801);
    assert_true(msr_write(&first, 0x8b, 0));
    assert_true(msr_write(&first, 0x3b, 0));
    assert_false(msr_write(&first, 0x3b, 1));
    assert_false(msr_write(&first, 0x10, 0));
    /* Bits that announce controls of the board: TSX, package, energy, xAPIC, overclocking, FB. */
    assert_int_equal(read_ok(&first, 0x10a) & 0x2641e80, 0);
    assert_int_equal(read_ok(&first, 0x10a) & 0x7f, 0x7f);
    assert_int_equal(read_ok(&first, 0x803), 0x50015);
    assert_false(msr_write(&first, 0x80f, 0x1ff));
    first.icr = 0x300000035;
    assert_int_equal(read_ok(&first, 0x830), 0x300000035);
    /* The backend's own. */
    assert_false(msr_write(&first, 0x830, 0));
    assert_false(msr_write(&first, 0xc0000080, 0));
}

/* XRSTORS with a supervisor component would write its MSRs whatever the bitmap says. */
static void xss_takes_only_zero(void **state)
{
    struct vmsr msrs;

    (void)state;
    msr_init(&msrs, &intel, true);
    assert_int_equal(read_ok(&msrs, 0xda0), 0);
    assert_true(msr_write(&msrs, 0xda0, 0));
    for (unsigned bit = 0; bit < 64; bit++)
        assert_false(msr_write(&msrs, 0xda0, 1ull << bit));
}

static void amd_values(void **state)
{
    struct vmsr msrs;

    (void)state;
    msr_init(&msrs, &amd, true);
    assert_int_equal(read_ok(&msrs, AMD_HWCR), 1 << 24);
    assert_int_equal(read_ok(&msrs, AMD_SYSCFG), 0);
    assert_false(msr_write(&msrs, AMD_SYSCFG, 1 << 23));
    assert_int_equal(read_ok(&msrs, AMD_NB_CFG), 0);
    assert_true(msr_write(&msrs, AMD_NB_CFG, 1ull << 46));
    assert_true(msr_write(&msrs, AMD_DE_CFG, 2));
}

static void lvt_shadows(void **state)
{
    static const uint32_t entries[] = {0x833, 0x834, 0x835, 0x836};
    struct vmsr msrs;

    (void)state;
    msr_init(&msrs, &intel, true);
    for (unsigned i = 0; i < 4; i++) {
        bool lint = i >= 2;

        assert_int_equal(read_ok(&msrs, entries[i]), 0x10000);
        assert_true(msr_write(&msrs, entries[i], 0x10700)); /* ExtINT, masked: Linux on LINT0 */
        assert_true(msr_write(&msrs, entries[i], 0x400 + i));
        for (unsigned j = 0; j < 4; j++)
            assert_int_equal(read_ok(&msrs, entries[j]), j <= i ? 0x400 + j : 0x10000);
        assert_true(msr_write(&msrs, entries[i], 0x11400 + i)); /* delivery status: read-only */
        assert_int_equal(read_ok(&msrs, entries[i]), 0x10400 + i);
        for (unsigned bit = 0; bit < 64; bit++) {
            bool known = bit <= 10 || bit == 12 || bit == 16 || (lint && bit >= 13 && bit <= 15);

            assert_int_equal(msr_write(&msrs, entries[i], 1ull << bit), known);
        }
        assert_true(msr_write(&msrs, entries[i], 0x400 + i));
    }
}

struct walk {
    unsigned count;
    bool seen[0x4000];
    const struct cpu_features *features;
};

static void note_reset(void *context, uint32_t msr, uint64_t value, enum msr_reset how)
{
    struct walk *walk = context;
    unsigned index = (msr & 0x1fff) + (msr >= 0xc0000000 ? 0x2000 : 0);

    assert_true(msr_granted(walk->features, msr, true));
    assert_true(how == MSR_RESET_WRITE || how == MSR_RESET_STATE);
    assert_false(walk->seen[index]);
    if (msr != IA32_PAT)
        assert_int_equal(value, 0);
    walk->seen[index] = true;
    walk->count++;
}

/* I7, TRAPS 23: what a guest can leave in an MSR is undone before the next life. */
static void reset_reaches_all_that_was_granted(void **state)
{
    static const struct range others[] = {{0x49, 0x49}, {0x10b, 0x10b}, {0x800, 0x83f}};
    static struct walk walk;
    unsigned granted = 0;

    (void)state;
    walk.features = &intel;
    msr_reset_walk(&intel, note_reset, &walk);
    EACH_MSR(msr)
    {
        if (msr_granted(&intel, msr, true) && !LISTED(others, msr)) {
            granted++;
            assert_true(walk.seen[(msr & 0x1fff) + (msr >= 0xc0000000 ? 0x2000 : 0)]);
        }
    }
    assert_int_equal(granted, walk.count);

    memset(&walk, 0, sizeof(walk));
    walk.features = &poor;
    msr_reset_walk(&poor, note_reset, &walk);
    assert_false(walk.seen[IA32_SPEC_CTRL]);
    assert_true(walk.seen[0x2000 + (IA32_STAR & 0x1fff)]);
}

/* I4: no delivery mode gets into the entries that are the guest's own. */
static void own_lvt_has_no_delivery_mode(void **state)
{
    (void)state;
    for (unsigned bit = 0; bit < 64; bit++)
        for (unsigned timer = 0; timer < 2; timer++)
            for (unsigned deadline = 0; deadline < 2; deadline++) {
                uint64_t value = 1ull << bit | 0x20, written = value;
                bool good = bit < 8 || bit == 12 || bit == 16 || (timer && bit == 17) ||
                            (timer && deadline && bit == 18);
                assert_int_equal(lvt_own(timer ? 0x832 : 0x837, &written, deadline), good);
                if (good)
                    assert_int_equal(written, value & ~0x1000ull);
            }
    uint64_t reserved = 3 << 17;
    assert_false(lvt_own(0x832, &reserved, true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_is_sorted),
        cmocka_unit_test(bitmaps_grant_what_the_table_says),
        cmocka_unit_test(nothing_else_reaches_hardware),
        cmocka_unit_test(missing_features_are_denied),
        cmocka_unit_test(forbidden_gets_gp),
        cmocka_unit_test(interrupt_sources_exit),
        cmocka_unit_test(virtual_values),
        cmocka_unit_test(xss_takes_only_zero),
        cmocka_unit_test(amd_values),
        cmocka_unit_test(lvt_shadows),
        cmocka_unit_test(own_lvt_has_no_delivery_mode),
        cmocka_unit_test(reset_reaches_all_that_was_granted),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}

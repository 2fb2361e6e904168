/* SPDX-License-Identifier: Apache-2.0 */
/* The CPUID allow-list against processors as recorded and as feared (DESIGN 5, deny by default). */
#include "arch/x86/include/cr_bits.h"
#include "cpuid_samples.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct cpu_features features;
static struct vcpuid tables;

static struct cpuid_regs ask(uint32_t leaf, uint32_t subleaf, uint64_t cr4, uint64_t xcr0)
{
    const struct cpuid_regs *regs = cpuid_find(&tables, leaf);

    return regs ? *regs : cpuid_special(&tables, leaf, subleaf, cr4, xcr0);
}

static struct cpuid_regs leaf_of(uint32_t leaf)
{
    return ask(leaf, 0, 0, 1);
}

static bool is_zero(struct cpuid_regs regs)
{
    return (regs.eax | regs.ebx | regs.ecx | regs.edx) == 0;
}

static void build_ice_lake(void)
{
    features = SAMPLE(ice_lake);
    cpuid_build(&tables, &features, sample_cpuid);
}

static void build_zen3(void)
{
    features = SAMPLE(zen3);
    cpuid_build(&tables, &features, sample_cpuid);
}

static void build_boastful(features_cpuid *cpuid)
{
    features_read(&features, cpuid);
    features.tsc_hz = 5000000000;
    cpuid_build(&tables, &features, cpuid);
}

#define BIT(n) (1u << (n))

/* Bits whose feature no other table handles: a processor that claims all must not show them. */
static void dangerous_bits_are_hidden(void **state)
{
    (void)state;
    for (int amd = 0; amd < 2; amd++) {
        build_boastful(amd ? boastful_amd : boastful_intel);
        /* DTES64, MONITOR, DS-CPL, VMX, SMX, EIST, TM2, CNXT-ID, SDBG, xTPR, PDCM, DCA */
        assert_int_equal(leaf_of(1).ecx &
                             (BIT(2) | BIT(3) | BIT(4) | BIT(5) | BIT(6) | BIT(7) | BIT(8) |
                              BIT(10) | BIT(11) | BIT(14) | BIT(15) | BIT(18)),
                         0);
        /* PSN, DS, ACPI, TM, PBE */
        assert_int_equal(leaf_of(1).edx & (BIT(18) | BIT(21) | BIT(22) | BIT(29) | BIT(31)), 0);
        assert_int_equal(leaf_of(6).eax, BIT(2)); /* ARAT only: no HWP, HDC, PLN, HFI */
        /* SGX, HLE, RTM, RDT-M, MPX, RDT-A, PT */
        assert_int_equal(leaf_of(7).ebx &
                             (BIT(2) | BIT(4) | BIT(11) | BIT(12) | BIT(14) | BIT(15) | BIT(25)),
                         0);
        /* CET_SS, TME, LA57, MAWAU, KL, BUS_LOCK_DETECT, ENQCMD, SGX_LC, PKS */
        assert_int_equal(leaf_of(7).ecx & (BIT(7) | BIT(13) | BIT(16) | 31u << 17 | BIT(23) |
                                           BIT(24) | BIT(29) | BIT(30) | BIT(31)),
                         0);
        /* UINTR, SRBDS_CTRL, RTM_ALWAYS_ABORT, TSX_FORCE_ABORT, HYBRID, PCONFIG, LBR, IBT, AMX,
         * CORE_CAPABILITIES */
        assert_int_equal(leaf_of(7).edx &
                             (BIT(5) | BIT(9) | BIT(11) | BIT(13) | BIT(15) | BIT(18) | BIT(19) |
                              BIT(20) | BIT(22) | BIT(24) | BIT(25) | BIT(30)),
                         0);
        /* FRED, LKGS, WRMSRNS, HRESET, LAM */
        assert_int_equal(ask(7, 1, 0, 1).eax & (BIT(17) | BIT(18) | BIT(19) | BIT(22) | BIT(26)),
                         0);
        assert_true(is_zero(ask(7, 3, 0, 1)));
        /* XFD, and the supervisor components */
        assert_int_equal(ask(0xd, 1, 0, 1).eax, 0xf);
        assert_int_equal(ask(0xd, 1, 0, 1).ecx | ask(0xd, 1, 0, 1).edx, 0);
        assert_true(is_zero(ask(0xd, 8, 0, 1)) && is_zero(ask(0xd, 17, 0, 1)));
        /* SVM, EXTAPIC, OSVW, IBS, SKINIT, WDT, LWP, TCE, NODEID, PERFCTR, BPEXT, PTSC, MONITORX */
        assert_int_equal(leaf_of(0x80000001).ecx &
                             (BIT(2) | BIT(3) | BIT(9) | BIT(10) | BIT(12) | BIT(13) | BIT(15) |
                              BIT(17) | BIT(19) | 0x3f800000u),
                         0);
        /* FFXSR */
        assert_int_equal(leaf_of(0x80000001).edx & BIT(25), 0);
        assert_int_equal(leaf_of(0x80000007).edx, BIT(8));
        /* INSTRETCOUNT, INVLPGB, RDPRU, MCOMMIT, WBNOINVD, PPIN, VIRT_SSBD, CPPC */
        assert_int_equal(leaf_of(0x80000008).ebx & (BIT(1) | BIT(3) | BIT(4) | BIT(8) | BIT(9) |
                                                    BIT(23) | BIT(25) | BIT(27)),
                         0);
        /* UAI, prefetch control, CPUID faulting, SRSO_MSR_FIX */
        assert_int_equal(leaf_of(0x80000021).eax & (BIT(7) | BIT(13) | BIT(17) | BIT(31)), 0);
    }
}

static void whole_leaves_are_hidden(void **state)
{
    /* MONITOR, DCA, PMU, RDT, SGX, PT, SoC, TLB, key locker, hybrid, PCONFIG, LBR, AMX; SVM, IBS,
     * LWP, SEV, PQOS */
    static const uint32_t leaves[] = {
        3,          5,          8,          9,          0xa,        0xc,        0xe,
        0xf,        0x10,       0x11,       0x12,       0x13,       0x14,       0x17,
        0x18,       0x19,       0x1a,       0x1b,       0x1c,       0x1d,       0x1e,
        0x20,       0x21,       0x24,       0x8000000a, 0x8000001b, 0x8000001c, 0x8000001f,
        0x80000020, 0x80000022, 0x80000026, 0x40000001, 0x40000010, 0x40000102, 0x8fffffff,
        0xffffffff, 0x7fffffff, 0xc0000000};

    (void)state;
    for (int amd = 0; amd < 2; amd++) {
        build_boastful(amd ? boastful_amd : boastful_intel);
        for (size_t i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++)
            for (uint32_t subleaf = 0; subleaf < 8; subleaf++)
                assert_true(is_zero(ask(leaves[i], subleaf, ~0ull, ~0ull)));
    }
    build_ice_lake(); /* whose leaves above the highest repeat the highest */
    for (size_t i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++)
        assert_true(is_zero(leaf_of(leaves[i])));
    assert_true(is_zero(ask(0x1f, 0, 0, 1)));
    assert_int_equal(leaf_of(0).eax, 0x1b);
}

static void linux_on_ice_lake(void **state)
{
    struct cpuid_regs regs;

    (void)state;
    build_ice_lake();
    assert_int_equal(leaf_of(0).ebx, 0x756e6547);
    assert_int_equal(leaf_of(1).eax, 0x706e5);
    assert_int_equal(leaf_of(1).ebx, 0x02040800); /* APIC id 2 is the real one */
    /* Hypervisor, deadline timer, x2APIC, XSAVE and AVX; MTRR, PAT. */
    regs = leaf_of(1);
    assert_int_equal(regs.ecx, 0xf7fa3203);
    assert_int_equal(regs.edx, 0x1f8bfbff);
    assert_int_equal(leaf_of(7).eax, 2);
    assert_int_equal(leaf_of(7).ebx, 0xf0bf27eb & ~(BIT(2) | BIT(4) | BIT(11) | BIT(14)));
    assert_int_equal(leaf_of(7).ecx, 0x00405f4e);
    assert_int_equal(leaf_of(7).edx, 0xbc000410);
    assert_int_equal(leaf_of(0x80000001).ecx, 0x121);
    assert_int_equal(leaf_of(0x80000001).edx, 0x2c100800);
    assert_int_equal(leaf_of(0x80000008).eax, 0x3027); /* 48 linear bits */
    assert_int_equal(leaf_of(0x80000002).eax, 0x65746e49);
    assert_int_equal(leaf_of(0x80000007).edx, BIT(8));
    assert_int_equal(ask(4, 2, 0, 1).ecx, 0x3ff);
    assert_true(is_zero(ask(4, 4, 0, 1)));
}

static void clocks_are_synthesised(void **state)
{
    (void)state;
    build_ice_lake();
    assert_int_equal(leaf_of(0x15).eax, 1);
    assert_int_equal(leaf_of(0x15).ebx, 1);
    assert_int_equal(leaf_of(0x15).ecx, 1497600000);
    assert_int_equal(leaf_of(0x16).eax, 1497);
    build_boastful(boastful_intel); /* 5 GHz do not fit into ECX */
    assert_true(is_zero(leaf_of(0x15)));
    assert_int_equal(leaf_of(0x16).eax, 5000);
    build_zen3();
    assert_true(is_zero(leaf_of(0x15)));
    /* An old processor gets the leaves all the same. */
    features = SAMPLE(ice_lake);
    static struct cpuid_sample old[] = {{0, 0, {0xd, 0x756e6547, 0x6c65746e, 0x49656e69}}};
    features = SAMPLE(old);
    cpuid_build(&tables, &features, sample_cpuid);
    assert_int_equal(leaf_of(0).eax, 0x16);
    assert_int_equal(leaf_of(0x15).ecx, 1497600000);
    assert_true(is_zero(leaf_of(0xd)));
}

static void hypervisor_leaves(void **state)
{
    struct cpuid_regs regs;

    (void)state;
    build_ice_lake();
    regs = leaf_of(0x40000000);
    assert_memory_equal(&regs.ebx, "BulkheadBulk", 12);
    assert_int_equal(regs.eax, 0x40000000);
    regs = leaf_of(0x40000100);
    assert_memory_equal(&regs.ebx, "KVMKVMKVM\0\0\0", 12);
    assert_int_equal(regs.eax, 0x40000101);
    assert_true(is_zero(leaf_of(0x40000101))); /* no paravirtual feature */
}

static void bits_that_follow_cr4(void **state)
{
    (void)state;
    build_ice_lake();
    assert_false(ask(1, 0, 0, 1).ecx & BIT(27));
    assert_true(ask(1, 0, CR4_OSXSAVE, 1).ecx & BIT(27));
    assert_false(ask(7, 0, CR4_OSXSAVE, 1).ecx & BIT(4));
    assert_true(ask(7, 0, CR4_PKE, 1).ecx & BIT(4));
    assert_false(ask(7, 1, CR4_PKE, 1).ecx & BIT(4));
}

static void xsave_sizes(void **state)
{
    (void)state;
    build_ice_lake();
    assert_int_equal(features.xcr0, 0x2e7);
    assert_int_equal(ask(0xd, 0, 0, 1).eax, 0x2e7);
    assert_int_equal(ask(0xd, 0, 0, 1).ecx, 0xa88);
    assert_int_equal(ask(0xd, 0, 0, 0x1).ebx, 576);
    assert_int_equal(ask(0xd, 0, 0, 0x7).ebx, 832);
    assert_int_equal(ask(0xd, 0, 0, 0xe7).ebx, 0xa80);
    assert_int_equal(ask(0xd, 0, 0, 0x207).ebx, 0xa88);
    assert_int_equal(ask(0xd, 1, 0, 0x207).ebx, 832 + 8);
    assert_int_equal(ask(0xd, 1, 0, 0xe7).ebx, 0xa80 - (0x440 - 832));
    assert_int_equal(ask(0xd, 2, 0, 1).ebx, 0x240);
    assert_true(is_zero(ask(0xd, 8, 0, 1)));
    features_drop(&features, FEATURE_XSAVES);
    cpuid_build(&tables, &features, sample_cpuid);
    assert_int_equal(ask(0xd, 1, 0, 1).eax, 7);
}

/* In the compacted form a component may ask for 64-byte alignment. */
static void xsave_alignment(void **state)
{
    static const struct cpuid_sample odd[] = {
        {0x0, 0, {0xd, 0x756e6547, 0x6c65746e, 0x49656e69}},
        {0x1, 0, {0, 0, 1u << 26, 0}},
        {0xd, 0, {0x207, 0x240, 0x3c8, 0}},
        {0xd, 1, {0xf, 0x240, 0, 0}},
        {0xd, 2, {0x104, 0x240, 0, 0}},
        {0xd, 9, {8, 0x3c0, 2, 0}},
    };

    (void)state;
    features = SAMPLE(odd);
    cpuid_build(&tables, &features, sample_cpuid);
    assert_int_equal(ask(0xd, 1, 0, 0x207).ebx, 0x380 + 8);
    assert_int_equal(ask(0xd, 1, 0, 0x203).ebx, 0x240 + 8);
    assert_int_equal(ask(0xd, 0, 0, 0x207).ebx, 0x3c8);
}

/* As Bochs claims PKRU: Linux would take its signal frames too small. */
static void components_without_size_are_hidden(void **state)
{
    static struct cpuid_sample unsized[] = {
        {0x0, 0, {0xd, 0x756e6547, 0x6c65746e, 0x49656e69}},
        {0x1, 0, {0, 0, BIT(26), 0}},
        {0x7, 0, {0, 0, BIT(3), 0}},
        {0xd, 0, {0x207, 0x240, 0x340, 0}},
        {0xd, 2, {0x100, 0x240, 0, 0}},
        {0xd, 9, {0, 0, 0, 0}},
    };
    (void)state;
    features = SAMPLE(unsized);
    assert_int_equal(features.xcr0, 7);
    assert_false(features_have(&features, FEATURE_PKU));
}

static void topology(void **state)
{
    (void)state;
    build_ice_lake();
    assert_int_equal(ask(0xb, 0, 0, 1).edx, 2);
    assert_int_equal(ask(0xb, 1, 0, 1).ecx, 0x201);
    assert_int_equal(ask(0xb, 2, 0, 1).ecx, 2);
    assert_int_equal(ask(0xb, 7, 0, 1).ecx, 7);
    assert_int_equal(ask(0xb, 7, 0, 1).edx, 2);
    build_zen3();
    assert_int_equal(ask(0x8000001d, 3, 0, 1).ecx, 0x7fff);
    assert_true(is_zero(ask(0x8000001d, 5, 0, 1)));
    assert_int_equal(ask(0x8000001e, 0, 0, 1).eax, 5);
}

/* As Bochs 3.0 has a level of dies in leaf 0xB, of which Linux' first line is an error. */
static void topology_of_dies(void **state)
{
    static const struct cpuid_sample dies[] = {
        {0x0, 0, {0xb, 0x756e6547, 0x6c65746e, 0x49656e69}},
        {0xb, 0, {1, 2, 0x100, 9}},
        {0xb, 1, {3, 8, 0x201, 9}},
        {0xb, 2, {4, 16, 0x502, 9}},
    };
    (void)state;
    features = SAMPLE(dies);
    cpuid_build(&tables, &features, sample_cpuid);
    assert_int_equal(ask(0xb, 1, 0, 1).ebx, 8);
    assert_int_equal(ask(0xb, 2, 0, 1).eax, 0);
    assert_int_equal(ask(0xb, 2, 0, 1).ebx, 0);
    assert_int_equal(ask(0xb, 2, 0, 1).ecx, 2);
    assert_int_equal(ask(0xb, 2, 0, 1).edx, 9);
}

static void linux_on_zen3(void **state)
{
    (void)state;
    build_zen3();
    assert_true(features_have(&features, FEATURE_AMD));
    assert_true(features_have(&features, FEATURE_SPEC_CTRL));
    assert_int_equal(leaf_of(0).ecx, 0x444d4163);
    assert_int_equal(leaf_of(0x80000000).eax, 0x80000021);
    assert_int_equal(leaf_of(0x80000000).ebx, 0x68747541);
    assert_int_equal(leaf_of(0x80000001).ecx, 0x4001f3); /* no SVM, no PMU; topology, LZCNT */
    assert_int_equal(leaf_of(0x80000001).edx, 0x2dd3fbff);
    assert_int_equal(leaf_of(0x80000008).eax, 0x3030); /* no width of its own for nesting */
    assert_int_equal(leaf_of(0x80000008).ecx, 0x500f & 0xf0ff);
    assert_int_equal(leaf_of(0x80000021).eax, 5);
}

/* The backend's controls may lack what the processor has; hidden then, in every table. */
static void dropped_features_vanish(void **state)
{
    (void)state;
    features_read(&features, boastful_intel);
    features_drop(&features, FEATURE_RDTSCP);
    features_drop(&features, FEATURE_INVPCID);
    features_drop(&features, FEATURE_WAITPKG);
    features_drop(&features, FEATURE_INVARIANT_TSC);
    cpuid_build(&tables, &features, boastful_intel);
    assert_int_equal(leaf_of(0x80000001).edx & BIT(27), 0);
    assert_int_equal(leaf_of(7).ecx & (BIT(5) | BIT(22)), 0);
    assert_int_equal(leaf_of(7).ebx & BIT(10), 0);
    assert_int_equal(leaf_of(0x80000007).edx, 0);
}

/* The loader's tables serve only the processor that they were made on, as it still is. */
static void tables_are_of_one_processor(void **state)
{
    (void)state;
    build_ice_lake();
    uint32_t id = leaf_of(0xb).edx;
    struct cpu_features other = features;
    assert_true(cpuid_is_of(&tables, &features, id));
    assert_false(cpuid_is_of(&tables, &features, id + 1));
    features_drop(&other, FEATURE_INVPCID);
    assert_false(cpuid_is_of(&tables, &other, id));
    other = features;
    other.xcr0 ^= 1 << 2;
    assert_false(cpuid_is_of(&tables, &other, id));
    tables.basic[0xb] = (struct cpuid_regs){0}; /* without that leaf, leaf 1 tells */
    assert_int_equal(tables.basic[1].ebx >> 24, id);
    assert_true(cpuid_is_of(&tables, &features, id));
    assert_false(cpuid_is_of(&tables, &features, id + 1));
    build_ice_lake();
    tables.subleaf_count = CPUID_SUBLEAVES + 1; /* the look-up would leave the table */
    assert_false(cpuid_is_of(&tables, &features, id));
    tables = (struct vcpuid){0}; /* it said nothing */
    assert_false(cpuid_is_of(&tables, &features, id));
}

static void what_no_control_gives_is_dropped(void **state)
{
    static const struct {
        uint32_t control;
        enum cpu_feature feature;
    } needs[] = {{BIT(3), FEATURE_RDTSCP},
                 {BIT(12), FEATURE_INVPCID},
                 {BIT(20), FEATURE_XSAVES},
                 {BIT(26), FEATURE_WAITPKG}};
    (void)state;
    for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
        struct cpu_features all = {.has = ~0ull}, wanted = all;
        features_drop_uncontrolled(&all, ~0u);
        assert_true(all.has == ~0ull);
        features_drop_uncontrolled(&all, ~needs[i].control);
        features_drop(&wanted, needs[i].feature);
        assert_true(all.has == wanted.has);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_no_control_gives_is_dropped),
        cmocka_unit_test(tables_are_of_one_processor),
        cmocka_unit_test(dangerous_bits_are_hidden),
        cmocka_unit_test(whole_leaves_are_hidden),
        cmocka_unit_test(linux_on_ice_lake),
        cmocka_unit_test(clocks_are_synthesised),
        cmocka_unit_test(hypervisor_leaves),
        cmocka_unit_test(bits_that_follow_cr4),
        cmocka_unit_test(xsave_sizes),
        cmocka_unit_test(xsave_alignment),
        cmocka_unit_test(components_without_size_are_hidden),
        cmocka_unit_test(topology),
        cmocka_unit_test(topology_of_dies),
        cmocka_unit_test(linux_on_zen3),
        cmocka_unit_test(dropped_features_vanish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

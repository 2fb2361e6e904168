/* SPDX-License-Identifier: Apache-2.0 */
/* Writes to control registers: what the manual's checks and the allow-lists make of them. */
#include "arch/x86/grant/cr.h"
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
    poor = (struct cpu_features){.has = 1 << FEATURE_ANY | 1 << FEATURE_INTEL};
    return 0;
}

/* Linux in 64-bit mode. */
static const struct control_registers linux64 = {
    .cr0 = CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_AM | CR0_PG,
    .cr3 = 0x2000,
    .cr4 = CR4_PAE | CR4_PGE | CR4_OSFXSR | CR4_OSXMMEXCPT,
    .efer = EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE,
    .cs_long = true,
};
static const struct control_registers at_reset = {.cr0 = CR0_AT_RESET};

static bool unchanged(const struct control_registers *guest, const struct control_registers *was)
{
    return guest->cr0 == was->cr0 && guest->cr3 == was->cr3 && guest->cr4 == was->cr4 &&
           guest->efer == was->efer;
}

static void cr0_fault(const struct control_registers *was, uint64_t value)
{
    struct control_registers guest = *was;

    assert_false(cr0_write(&guest, value));
    assert_true(unchanged(&guest, was));
}

static void cr0_rules(void **state)
{
    struct control_registers guest = linux64;

    (void)state;
    cr0_fault(&at_reset, CR0_PG | CR0_ET); /* paging without protection */
    cr0_fault(&at_reset, CR0_NW | CR0_ET); /* NW without CD */
    cr0_fault(&linux64, linux64.cr0 | 1ull << 32);
    cr0_fault(&linux64, linux64.cr0 | 1ull << 63);
    cr0_fault(&linux64, linux64.cr0 & ~CR0_PG); /* in 64-bit code */
    cr0_fault(&linux64, linux64.cr0 & ~CR0_PE);
    guest.cs_long = false; /* compatibility mode may leave */
    assert_true(cr0_write(&guest, linux64.cr0 & ~CR0_PG));
    assert_int_equal(guest.efer & EFER_LMA, 0);
    assert_int_equal(guest.efer & EFER_LME, EFER_LME);
    guest = linux64;
    guest.cs_long = false;
    guest.cr4 |= CR4_PCIDE;
    assert_false(cr0_write(&guest, linux64.cr0 & ~CR0_PG));
    guest = at_reset;
    assert_true(cr0_write(&guest, 0x1ff0ffd1)); /* undefined bits stay 0 */
    assert_int_equal(guest.cr0, CR0_PE | CR0_ET);
}

/* An application processor: CD and NW go in the very write that turns long mode on. */
static void long_mode_starts_with_paging(void **state)
{
    struct control_registers guest = at_reset, was;

    (void)state;
    assert_true(cr0_write(&guest, CR0_AT_RESET | CR0_PE));
    guest.efer = EFER_LME | EFER_NXE;
    was = guest;
    cr0_fault(&was, linux64.cr0); /* without PAE */
    guest.cr4 = CR4_PAE;
    was = guest;
    was.cs_long = true;
    cr0_fault(&was, linux64.cr0); /* CS.L set */
    assert_true(cr0_write(&guest, linux64.cr0));
    assert_int_equal(guest.cr0, linux64.cr0);
    assert_int_equal(guest.efer, EFER_LME | EFER_LMA | EFER_NXE);
    guest = at_reset;
    assert_true(cr0_write(&guest, CR0_PG | CR0_PE)); /* 32-bit paging: no long mode */
    assert_int_equal(guest.efer, 0);
}

static void caches_stay_on(void **state)
{
    struct control_registers guest = linux64;

    (void)state;
    assert_true(cr0_write(&guest, linux64.cr0 | CR0_CD | CR0_NW));
    assert_int_equal(guest.cr0, linux64.cr0 | CR0_CD | CR0_NW);
    assert_int_equal(cr0_hardware(guest.cr0), linux64.cr0);
    assert_int_equal(cr0_hardware(CR0_AT_RESET), CR0_ET | CR0_NE);
    assert_int_equal(CR0_HOST_OWNED & (CR0_CD | CR0_NW), CR0_CD | CR0_NW);
}

static void cr4_fault(const struct control_registers *was, const struct cpu_features *features,
                      uint64_t value)
{
    struct control_registers guest = *was;

    assert_false(cr4_write(&guest, features, value));
    assert_true(unchanged(&guest, was));
}

static void cr4_grants_exactly_the_list(void **state)
{
    const uint64_t grant = 0x770fff; /* VME .. UMIP, FSGSBASE .. OSXSAVE, SMEP, SMAP, PKE */

    (void)state;
    for (unsigned bit = 0; bit < 64; bit++) {
        struct control_registers guest = linux64;
        uint64_t mask = 1ull << bit;
        bool granted = grant & mask;

        assert_int_equal(cr4_write(&guest, &intel, linux64.cr4 | mask), granted);
        if (!granted)
            assert_true(unchanged(&guest, &linux64));
        /* What is refused exits; what is granted does not, but for MCE. */
        assert_int_equal(!!(cr4_host_owned(&intel) & mask), !granted || mask == CR4_MCE);
        assert_int_equal(!!(cr4_host_owned(&poor) & mask), !(0x7bf & mask));
        guest = linux64;
        assert_int_equal(cr4_write(&guest, &poor, linux64.cr4 | mask), !!(0x7ff & mask));
    }
    cr4_fault(&linux64, &intel, linux64.cr4 | CR4_VMXE);
    cr4_fault(&linux64, &intel, linux64.cr4 | CR4_LA57);
}

static void cr4_rules(void **state)
{
    struct control_registers guest = linux64, was;

    (void)state;
    cr4_fault(&linux64, &intel, linux64.cr4 & ~CR4_PAE);
    assert_true(cr4_write(&guest, &intel, linux64.cr4 | CR4_PCIDE));
    guest.cr3 |= 5; /* a PCID in use may stay */
    assert_true(cr4_write(&guest, &intel, linux64.cr4 | CR4_PCIDE | CR4_SMEP));
    was = linux64;
    was.cr3 |= 5;
    cr4_fault(&was, &intel, linux64.cr4 | CR4_PCIDE);
    cr4_fault(&at_reset, &intel, CR4_PCIDE | CR4_PAE);
}

static void machine_checks_stay_on(void **state)
{
    (void)state;
    assert_true(cr4_host_owned(&intel) & CR4_MCE);
    assert_true(cr4_host_owned(&amd) & CR4_MCE);
    assert_int_equal(cr4_hardware(&intel, CR4_PAE), CR4_PAE | CR4_MCE | CR4_VMXE);
    assert_int_equal(cr4_hardware(&amd, CR4_PAE), CR4_PAE | CR4_MCE);
}

static void efer_rules(void **state)
{
    struct control_registers guest = linux64;
    const uint64_t base = EFER_LME | EFER_NXE;

    (void)state;
    assert_false(efer_write(&guest, &intel, 0)); /* LME off under paging */
    for (unsigned bit = 0; bit < 64; bit++) {
        uint64_t value = base | 1ull << bit;
        bool known = bit == 0 || bit == 8 || bit == 10 || bit == 11;

        guest = linux64;
        assert_int_equal(efer_write(&guest, &poor, EFER_LME | 1ull << bit), known && bit != 11);
        guest = linux64;
        assert_int_equal(efer_write(&guest, &amd, value), known || bit == 21);
        if (known || bit == 21)
            assert_int_equal(guest.efer, value | EFER_LMA);
        else
            assert_true(unchanged(&guest, &linux64));
    }
    guest = at_reset;
    assert_true(efer_write(&guest, &intel, base | EFER_LMA)); /* LMA is read-only */
    assert_int_equal(guest.efer, base);
    assert_int_equal(efer_hardware(&amd, base), base | EFER_SVME);
    assert_int_equal(efer_hardware(&intel, base), base);
}

static void xcr0_rules(void **state)
{
    (void)state;
    for (uint64_t value = 0; value < 0x800; value++) {
        bool avx512 = value & 0xe0;
        bool good = value & 1 && !(value & ~0x2e7ull) && (!(value & 4) || value & 2) &&
                    (!avx512 || ((value & 0xe0) == 0xe0 && value & 4));

        assert_int_equal(xcr0_write(&intel, 0, value), good);
        assert_false(xcr0_write(&intel, 1, value));
        assert_false(xcr0_write(&poor, 0, value));
    }
    for (unsigned bit = 10; bit < 64; bit++)
        assert_false(xcr0_write(&intel, 0, 7 | 1ull << bit));
    assert_false(xcr0_write(&intel, 0xffffffff, 7));
}

static void pae_pointers(void **state)
{
    uint64_t table[PDPTES] = {0x1001, 0x2019, 0x3000 | 0x1e6, 0xffffffffff001};

    (void)state;
    assert_true(pdptes_good(table, 52)); /* present with PWT and PCD; absent with anything */
    assert_false(pdptes_good(table, 51));
    static const unsigned unknown[] = {0, 31, 53, 64, 255}; /* CPUID has no such leaf */
    const uint64_t none[PDPTES] = {0};
    for (unsigned i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
        assert_false(pdptes_good(none, unknown[i]));
    assert_true(pdptes_good(none, 32));
    for (unsigned bit = 1; bit < 64; bit++) {
        uint64_t one[PDPTES] = {0, 0, 0, 1 | 1ull << bit};
        bool reserved = bit == 1 || bit == 2 || (bit >= 5 && bit <= 8) || bit >= 39;
        assert_int_equal(pdptes_good(one, 39), !reserved);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cr0_rules),
        cmocka_unit_test(pae_pointers),
        cmocka_unit_test(long_mode_starts_with_paging),
        cmocka_unit_test(caches_stay_on),
        cmocka_unit_test(cr4_grants_exactly_the_list),
        cmocka_unit_test(cr4_rules),
        cmocka_unit_test(machine_checks_stay_on),
        cmocka_unit_test(efer_rules),
        cmocka_unit_test(xcr0_rules),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}

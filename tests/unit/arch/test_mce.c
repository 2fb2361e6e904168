/* SPDX-License-Identifier: Apache-2.0 */
/* Machine checks: what a bank's status means, and in which order they are switched on (I9). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

/* In place of cpu.h: a processor that notes what is asked of it. */
#define BULKHEAD_CPU_H
#include <stdbool.h>
enum { MOST_MSRS = 0x500, MOST_NOTES = 512, CR4_NOTE = 0xffff };
static uint64_t msrs[MOST_MSRS], scalable[0x400], cr4;
static uint32_t leaf_1_edx, leaf_ras_ebx, highest_leaf;
static struct {
    bool write;
    uint32_t msr;
} notes[MOST_NOTES];
static unsigned noted;
static jmp_buf out;
static uint32_t ended;

static uint64_t *msr_at(uint32_t msr)
{
    if (msr < 0x480) /* there VT-x begins */
        return &msrs[msr];
    assert_in_range(msr, 0xc0002000, 0xc00023ff);
    return &scalable[msr % 0x400];
}

static void note(bool write, uint32_t msr)
{
    assert_true(noted < MOST_NOTES);
    notes[noted].write = write;
    notes[noted++].msr = msr;
}

static uint64_t cpu_rdmsr(uint32_t msr)
{
    note(false, msr);
    return *msr_at(msr);
}

static void cpu_wrmsr(uint32_t msr, uint64_t value)
{
    note(true, msr);
    *msr_at(msr) = value;
}

static void cpu_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t answer[4])
{
    (void)subleaf;
    memset(answer, 0, 4 * sizeof(*answer));
    if (leaf == 1)
        answer[3] = leaf_1_edx;
    else if (leaf == 0x80000000)
        answer[0] = highest_leaf;
    else if (leaf == 0x80000007)
        answer[1] = leaf_ras_ebx;
}

static uint64_t cpu_read_cr4(void)
{
    return cr4;
}

static void cpu_write_cr4(uint64_t value)
{
    note(true, CR4_NOTE);
    cr4 = value;
}

#include "kernel/abi/layout.h"
#include "kernel/abi/public.h"
static struct public_page page;
#undef VA_PUBLIC
#define VA_PUBLIC ((uint64_t)&page)

#include "arch/x86/interrupt/mce.c"
#include "arch/x86/start/mce.c"

struct cpu cpu;
struct machine machine;
struct stop_page stop_page;
volatile bool stop_own;
static struct manifest_domain rules_of_domain;
static struct handoff_domain domain;

void cpu_unblock_nmi(void)
{
}

_Noreturn void panic(const char *text, ...)
{
    (void)text;
    longjmp(out, 1);
}

_Noreturn void panic_halt(void)
{
    longjmp(out, 1);
}

_Noreturn void life_end(enum life_end cause)
{
    ended = cause;
    longjmp(out, 2);
}

#define VAL      (1ull << 63)
#define OVER     (1ull << 62)
#define UC       (1ull << 61)
#define EN       (1ull << 60)
#define PCC      (1ull << 57)
#define S        (1ull << 56)
#define AR       (1ull << 55)
#define DEFERRED (1ull << 44)

enum {
    RIPV = 1,
    EIPV = 2,
    MCIP = 4,
    HERE = MCIP | EIPV,
    HERE_BOTH = 7,
    LOST = MCIP,
    ELSEWHERE = MCIP | RIPV
};

static void each_status_by_its_row(void **state)
{
    (void)state;
    static const struct {
        uint32_t rules;
        uint64_t global, status;
        enum mce_verdict verdict;
    } rows[] = {
        /* Any processor. */
        {MCE_RECOVERY, ELSEWHERE, 0, MCE_GO_ON},
        {MCE_RECOVERY, HERE, UC | PCC | S | AR, MCE_GO_ON}, /* not valid */
        {MCE_RECOVERY, ELSEWHERE, VAL | UC | EN | PCC, MCE_STOPS},
        {MCE_RECOVERY, ELSEWHERE, VAL | UC | PCC, MCE_STOPS},
        {MCE_AMD | MCE_AMD_RECOVERY, ELSEWHERE, VAL | UC | EN | PCC, MCE_STOPS},
        {0, ELSEWHERE, VAL | UC | EN | PCC, MCE_STOPS},
        {0, ELSEWHERE, VAL | EN, MCE_GO_ON},
        {0, ELSEWHERE, VAL | OVER | EN, MCE_GO_ON},
        /* Intel, without recovery: S and AR are something else. */
        {0, ELSEWHERE, VAL | UC | EN, MCE_STOPS},
        {0, HERE_BOTH, VAL | UC | EN | S | AR, MCE_STOPS},
        /* Intel: corrected. */
        {MCE_RECOVERY, ELSEWHERE, VAL | EN, MCE_GO_ON},
        {MCE_RECOVERY, HERE, VAL | OVER | EN, MCE_GO_ON},
        {MCE_RECOVERY, HERE, VAL | EN | S | AR, MCE_GO_ON},
        {MCE_RECOVERY, HERE, VAL | PCC, MCE_STOPS},
        /* UCNA, SRAO: an overflow hides nothing worse, which would have taken the bank. */
        {MCE_RECOVERY, ELSEWHERE, VAL | UC, MCE_GO_ON},
        {MCE_RECOVERY, HERE_BOTH, VAL | UC | EN, MCE_GO_ON},
        {MCE_RECOVERY, ELSEWHERE, VAL | OVER | UC, MCE_GO_ON},
        {MCE_RECOVERY, ELSEWHERE, VAL | UC | EN | S, MCE_GO_ON},
        {MCE_RECOVERY, ELSEWHERE, VAL | OVER | UC | EN | S, MCE_GO_ON},
        /* SRAR. */
        {MCE_RECOVERY, HERE, VAL | UC | EN | S | AR, MCE_ENDS},
        {MCE_RECOVERY, HERE_BOTH, VAL | UC | EN | S | AR, MCE_ENDS},
        {MCE_RECOVERY, LOST, VAL | UC | EN | S | AR, MCE_ENDS},
        {MCE_RECOVERY, ELSEWHERE, VAL | UC | EN | S | AR, MCE_GO_ON},
        {MCE_RECOVERY, HERE, VAL | OVER | UC | EN | S | AR, MCE_STOPS},
        {MCE_RECOVERY, ELSEWHERE, VAL | OVER | UC | EN | S | AR, MCE_STOPS},
        {MCE_RECOVERY, HERE, VAL | UC | EN | AR, MCE_STOPS}, /* no such class */
        /* AMD: S and AR are other bits. */
        {MCE_AMD, ELSEWHERE, VAL | EN, MCE_GO_ON},
        {MCE_AMD, ELSEWHERE, VAL | EN | DEFERRED, MCE_GO_ON},
        {MCE_AMD, ELSEWHERE, VAL | OVER | EN | S | AR, MCE_GO_ON},
        {MCE_AMD, HERE_BOTH, VAL | UC | EN, MCE_STOPS},
        {MCE_AMD | MCE_AMD_OVERFLOW, HERE_BOTH, VAL | UC | EN, MCE_STOPS},
        {MCE_AMD | MCE_AMD_RECOVERY, HERE_BOTH, VAL | UC | EN, MCE_ENDS},
        {MCE_AMD | MCE_AMD_RECOVERY, LOST, VAL | UC | EN | AR, MCE_ENDS},
        {MCE_AMD | MCE_AMD_RECOVERY, ELSEWHERE, VAL | UC | EN, MCE_ENDS},
        {MCE_AMD | MCE_AMD_RECOVERY, HERE, VAL | OVER | UC | EN, MCE_STOPS},
        {MCE_AMD | MCE_AMD_RECOVERY | MCE_AMD_OVERFLOW, HERE, VAL | OVER | UC | EN, MCE_ENDS},
    };
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (mce_judge_bank(rows[i].rules, rows[i].global, rows[i].status) != rows[i].verdict)
            fail_msg("row %u: status 0x%lx", i, (unsigned long)rows[i].status);
}

static void all_banks_together(void **state)
{
    (void)state;
    const uint64_t none[2] = {0}, mild[2] = {VAL | EN, VAL | UC | EN | S};
    const uint64_t ends[2] = {VAL | UC | EN | S | AR, VAL | EN};
    const uint64_t stops[3] = {VAL | UC | EN | S | AR, VAL | EN, VAL | UC | PCC};
    assert_int_equal(mce_judge(MCE_RECOVERY, ELSEWHERE, none, 2), MCE_GO_ON);
    assert_int_equal(mce_judge(MCE_RECOVERY, ELSEWHERE, none, 0), MCE_GO_ON);
    assert_int_equal(mce_judge(MCE_RECOVERY, ELSEWHERE, mild, 2), MCE_GO_ON);
    assert_int_equal(mce_judge(MCE_RECOVERY, LOST, ends, 2), MCE_ENDS);
    assert_int_equal(mce_judge(MCE_RECOVERY, LOST, stops, 3), MCE_STOPS);
    assert_int_equal(mce_judge(MCE_RECOVERY, LOST, stops, 2), MCE_ENDS);
    /* Nothing explains that it can't go on; or nothing happens at all. */
    assert_int_equal(mce_judge(MCE_RECOVERY, LOST, none, 2), MCE_STOPS);
    assert_int_equal(mce_judge(MCE_RECOVERY, LOST, mild, 2), MCE_STOPS);
    assert_int_equal(mce_judge(MCE_RECOVERY, RIPV, none, 2), MCE_STOPS);
    assert_int_equal(mce_judge(0, 0, none, 0), MCE_STOPS);
}

static int reset(void **state)
{
    (void)state;
    memset(msrs, 0, sizeof(msrs));
    memset(scalable, 0, sizeof(scalable));
    machine.features.has = 0;
    leaf_1_edx = 1 << 7 | 1 << 14;
    leaf_ras_ebx = highest_leaf = ended = noted = 0;
    cr4 = 0x20;
    stop_own = false;
    cpu = (struct cpu){0};
    mce = (struct mce_banks){0};
    return 0;
}

/* Where the only note of this kind stands. */
static unsigned place(bool write, uint32_t msr)
{
    unsigned found = MOST_NOTES;
    for (unsigned i = 0; i < noted; i++)
        if (notes[i].write == write && notes[i].msr == msr) {
            assert_int_equal(found, MOST_NOTES);
            found = i;
        }
    assert_int_not_equal(found, MOST_NOTES);
    return found;
}

static void read_cleared_enabled_then_on(void **state)
{
    (void)state;
    struct mce_found found;
    msrs[0x179] = 3 | 1 << 8 | 1 << 24;
    msrs[0x17a] = 7;
    msrs[0x405] = VAL | UC | PCC | 1ull << 58;
    msrs[0x406] = 0x1234000;
    msrs[0x409] = VAL;
    mce_setup(&found);
    for (uint32_t bank = 0; bank < 3; bank++) {
        unsigned cleared = place(true, 0x401 + 4 * bank);
        assert_true(place(false, 0x401 + 4 * bank) < cleared);
        assert_true(cleared < place(true, 0x400 + 4 * bank));
        assert_true(place(true, 0x400 + 4 * bank) < place(true, CR4_NOTE));
        assert_true(place(true, 0x400 + 4 * bank) > place(true, 0x17b));
        assert_true(msrs[0x400 + 4 * bank] == ~0ull && msrs[0x401 + 4 * bank] == 0);
    }
    assert_true(place(false, 0x406) < place(true, 0x405)); /* the address goes with its status */
    assert_true(place(true, 0x17a) < place(true, CR4_NOTE));
    assert_int_equal(place(true, CR4_NOTE), noted - 1);
    assert_true(msrs[0x17b] == ~0ull && msrs[0x17a] == 0 && cr4 == 0x60);
    assert_int_equal(found.count, 2);
    assert_int_equal(found.bank, 1);
    assert_true(found.status == (VAL | UC | PCC | 1ull << 58) && found.address == 0x1234000);
    assert_int_equal(mce.rules, MCE_RECOVERY);
}

static void only_what_is_there(void **state)
{
    struct mce_found found;
    msrs[0x179] = 0xff; /* no MCG_CTL, and more banks than there is room for */
    mce_setup(&found);
    assert_int_equal(mce.banks, 32);
    assert_int_equal(mce.rules, 0);
    assert_true(msrs[0x17b] == 0 && msrs[0x400 + 4 * 31] == ~0ull && found.count == 0);

    reset(state);
    leaf_1_edx = 1 << 7;
    mce_setup(&found);
    assert_int_equal(noted, 1); /* none of its registers */
    assert_true(mce.banks == 0 && cr4 == 0x60);
}

static void amd_by_its_leaf(void **state)
{
    struct mce_found found;
    machine.features.has = 1ull << FEATURE_AMD;
    msrs[0x179] = 40 | 1 << 24; /* that bit is Intel's */
    leaf_ras_ebx = 11;
    mce_setup(&found);
    assert_int_equal(mce.rules, MCE_AMD); /* there is no such leaf */
    assert_int_equal(mce.banks, 32);

    reset(state);
    machine.features.has = 1ull << FEATURE_AMD;
    msrs[0x179] = 40;
    leaf_ras_ebx = 11;
    highest_leaf = 0x80000008;
    scalable[0x10 * 39 + 1] = VAL;
    mce_setup(&found);
    assert_int_equal(mce.rules, MCE_AMD | MCE_AMD_RECOVERY | MCE_AMD_OVERFLOW);
    assert_int_equal(mce.banks, 40);
    assert_true(found.count == 1 && found.bank == 39);
    assert_true(scalable[0x10 * 39 + 1] == 0 && scalable[0x10 * 39] == ~0ull && msrs[0x400] == 0);
}

/* How a machine check goes: 0 returned, 1 the machine stopped, 2 the domain ended. */
static int handle(uint64_t global, uint64_t status)
{
    int how;
    mce = (struct mce_banks){.first = 0x400, .stride = 4, .banks = 2, .rules = MCE_RECOVERY};
    msrs[0x17a] = global;
    msrs[0x405] = status;
    noted = 0;
    how = setjmp(out);
    if (how == 0)
        mce_handle();
    return how;
}

static void counted_and_gone_on(void **state)
{
    (void)state;
    assert_int_equal(handle(ELSEWHERE, VAL | UC | EN | S), 0);
    assert_true(msrs[0x405] == 0 && msrs[0x17a] == 0 && mce.counted == 1);
    assert_int_equal(place(true, 0x17a), noted - 1);
    assert_int_equal(handle(ELSEWHERE, VAL | EN), 0);
    assert_true(msrs[0x405] == 0 && mce.counted == 1);
    assert_int_equal(handle(ELSEWHERE, 0), 0);
    assert_true(msrs[0x17a] == 0 && mce.counted == 0);
    /* The one that it is for may read the same bank, and later. */
    assert_int_equal(handle(ELSEWHERE, VAL | UC | EN | S | AR), 0);
    assert_true(msrs[0x405] == (VAL | UC | EN | S | AR) && msrs[0x17a] == 0);
}

static void ends_whom_it_meets(void **state)
{
    (void)state;
    const uint64_t action = VAL | UC | EN | S | AR;
    assert_int_equal(handle(HERE, action), 1); /* nobody's processor */
    cpu.domain = &domain;
    cpu.rules = &rules_of_domain;
    assert_int_equal(handle(HERE, action), 1); /* at start-up */
    cpu.lives = true;
    stop_own = true;
    assert_int_equal(handle(HERE, action), 1); /* in a panic */
    stop_own = false;
    assert_int_equal(ended, 0);
    assert_int_equal(handle(HERE, action), 2);
    assert_int_equal(ended, END_MACHINE_CHECK);
    assert_true(msrs[0x405] == 0 && msrs[0x17a] == 0); /* ready for the next one */
    assert_true(page.machine_checks[0] == 1);
    assert_int_equal(handle(LOST, action), 2);
    assert_int_equal(handle(HERE, VAL | UC | PCC), 1);
    assert_true(msrs[0x405] == (VAL | UC | PCC)); /* stays to be read after a warm reset */
    assert_int_equal(handle(LOST, 0), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(each_status_by_its_row, reset),
        cmocka_unit_test_setup(all_banks_together, reset),
        cmocka_unit_test_setup(read_cleared_enabled_then_on, reset),
        cmocka_unit_test_setup(only_what_is_there, reset),
        cmocka_unit_test_setup(amd_by_its_leaf, reset),
        cmocka_unit_test_setup(counted_and_gone_on, reset),
        cmocka_unit_test_setup(ends_whom_it_meets, reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

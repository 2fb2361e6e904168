/* SPDX-License-Identifier: Apache-2.0 */
/* I9: AMD-V. What one instruction under the trap flag leaves behind, however it ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "not_called.h"

#define BACKEND_SVM
#define BULKHEAD_PERCPU_H
#define PER_CPU
#define PER_CPU_PAGES   __attribute__((aligned(4096)))
#define PER_CPU_BITMAPS __attribute__((aligned(4096)))
#define PER_DOMAIN

/* In place of cpu.h. */
#define BULKHEAD_CPU_H
static void cpu_wrmsr(uint32_t msr, uint64_t value)
{
    (void)msr, (void)value;
}
static uint64_t cpu_rdmsr(uint32_t msr)
{
    return msr & 0;
}
static uint64_t cpu_read_cr8(void)
{
    return 0;
}
static void cpu_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    (void)leaf, (void)subleaf;
    memset(out, 0, 16);
}

#include "arch/x86/svm/svm.c"
#include "arch/x86/svm/vmcb.c"

enum { TF = 1 << 8, IF = 1 << 9, BS = 1 << 14, START = 0x1000 };

struct cpu cpu;
struct machine machine;
struct vuart {
    struct uart_status status;
} devices_uart;
static uint64_t counts[PUBLIC_EXIT_KINDS];
uint64_t *vcpu_exits = counts;
static const uint8_t *code;
static unsigned knocks, checked;

uint64_t exit_gpr(unsigned n)
{
    return vcpu.gpr[n];
}

void machine_knock(uint32_t apic_id)
{
    (void)apic_id;
    knocks++;
}

/* While others look at the controls no step is left in them. */
void life_knocked(void)
{
    assert_true(svm.window < NMI_STEP_IRET);
    assert_int_equal(vmcb.exceptions, SVM_EXCEPTIONS);
    assert_true(vmcb.cr_writes & 1);
    checked++;
}

void vcpu_leave(void)
{
}

unsigned guest_fetch(uint8_t out[GUEST_FETCH_BYTES])
{
    memcpy(out, code, GUEST_FETCH_BYTES);
    return INSTRUCTION_MAX_BYTES;
}

unsigned guest_code_bits(void)
{
    return 64;
}

struct guest_code guest_code_last;
const uint8_t *guest_find_code(uint64_t linear)
{
    (void)linear;
    return NULL;
}

uint64_t cr0_hardware(uint64_t cr0)
{
    return (cr0 & ~(CR0_CD | CR0_NW)) | CR0_NE;
}

uint64_t efer_hardware(const struct cpu_features *features, uint64_t efer)
{
    (void)features;
    return efer;
}

static unsigned machine_checks;
void mce_handle(void)
{
    machine_checks++;
}

static int setup(void **state)
{
    (void)state;
    memset(&vmcb, 0, sizeof(vmcb));
    memset(&svm, 0, sizeof(svm));
    vcpu = (struct vcpu){0};
    knocks = checked = machine_checks = 0;
    vmcb.cr_writes = 0x11;
    vcpu_clear();
    vmcb.cr0 = svm.cr0 = CR0_PE | CR0_NE | CR0_PG;
    vmcb.rip = START;
    vmcb.rflags = IF | 2;
    return 0;
}

static void exits(uint64_t exit_code)
{
    vmcb.event = 0; /* hardware has taken it */
    vmcb.exit_code = exit_code;
    svm_exit();
}

static bool stepping(void)
{
    return vmcb.rflags & TF && vmcb.exceptions >> VECTOR_PF & 1;
}

static void take_nmi(void)
{
    vmcb.event = 0; /* what there was is delivered */
    vcpu.nmi_pending = 1;
    vcpu_inject_nmi_when_open();
    assert_int_equal(vmcb.event, EVENT_VALID | EVENT_NMI | VECTOR_NMI);
    assert_int_equal(svm.window, NMI_BLOCKED);
}

static void an_iret_that_is_done(void **state)
{
    (void)state;
    take_nmi();
    vcpu.nmi_pending = 2; /* one is latched */
    vcpu_inject_nmi_when_open();
    assert_int_equal(vcpu.nmi_pending, 1);
    exits(SVM_EXIT_IRET);
    assert_true(stepping());
    vmcb.rflags = 2; /* what it popped */
    vmcb.dr6 |= BS;
    exits(SVM_EXIT_EXCEPTION + VECTOR_DB);
    assert_true(!stepping() && vmcb.rflags == 2 && !(vmcb.dr6 & BS) && vmcb.event == 0);
    assert_int_equal(svm.window, NMI_OPEN);
    assert_int_equal(vcpu.knock, 1);
    vcpu_inject_nmi_when_open();
    assert_int_equal(vmcb.event, EVENT_VALID | EVENT_NMI | VECTOR_NMI);
}

static void an_iret_that_faults(void **state)
{
    (void)state;
    take_nmi();
    exits(SVM_EXIT_IRET);
    vmcb.exit_info[0] = 0xfff8;
    exits(SVM_EXIT_EXCEPTION + VECTOR_GP);
    assert_true(!stepping() && vmcb.rflags == (IF | 2));
    assert_int_equal(vmcb.event, EVENT_VALID | EVENT_EXCEPTION | EVENT_ERROR_CODE | VECTOR_GP |
                                     0xfff8ull << 32);
    assert_int_equal(svm.window, NMI_OPEN);
    take_nmi();
    exits(SVM_EXIT_IRET);
    vmcb.exit_info[0] = 2;
    vmcb.exit_info[1] = 0x1234;
    exits(SVM_EXIT_EXCEPTION + VECTOR_PF);
    assert_int_equal(vmcb.cr2, 0x1234);
    assert_int_equal(vmcb.event,
                     EVENT_VALID | EVENT_EXCEPTION | EVENT_ERROR_CODE | VECTOR_PF | 2ull << 32);
    take_nmi();
    exits(SVM_EXIT_IRET);
    exits(SVM_EXIT_EXCEPTION + VECTOR_UD);
    assert_int_equal(vmcb.event, EVENT_VALID | EVENT_EXCEPTION | VECTOR_UD);
}

/* Something else comes first: the IRET is still to be done, and NMIs stay blocked. */
static void an_iret_that_waits(void **state)
{
    (void)state;
    take_nmi();
    exits(SVM_EXIT_IRET);
    exits(SVM_EXIT_NMI);
    assert_true(!stepping() && svm.window == NMI_BLOCKED && vmcb.rflags == (IF | 2));
    assert_true(vmcb.intercepts[0] >> SVM_INTERCEPT_IRET & 1);
    exits(SVM_EXIT_IRET);
    assert_true(stepping());
    vcpu.knock = 1; /* before the entry */
    if (svm.window >= NMI_STEP_IRET)
        ends_step(SVM_EXIT_NMI);
    life_knocked();
    assert_int_equal(svm.window, NMI_BLOCKED);
    assert_true(vmcb.intercepts[0] >> SVM_INTERCEPT_IRET & 1);
}

static void a_guest_that_steps_itself(void **state)
{
    (void)state;
    take_nmi();
    vmcb.rflags |= TF;
    exits(SVM_EXIT_IRET);
    vmcb.dr6 |= BS;
    exits(SVM_EXIT_EXCEPTION + VECTOR_DB);
    assert_int_equal(vmcb.event, EVENT_VALID | EVENT_EXCEPTION | VECTOR_DB);
    assert_true(vmcb.dr6 & BS && vmcb.rflags & TF);
    setup(NULL);
    take_nmi();
    exits(SVM_EXIT_IRET);
    vmcb.dr6 |= BS | 1; /* a breakpoint of its own beside */
    exits(SVM_EXIT_EXCEPTION + VECTOR_DB);
    assert_int_equal(vmcb.event, EVENT_VALID | EVENT_EXCEPTION | VECTOR_DB);
    assert_int_equal(vmcb.dr6 & (BS | 15), 1);
}

static void the_shadow_of_sti(void **state)
{
    (void)state;
    vmcb.interrupt_shadow = 1;
    vcpu.nmi_pending = 1;
    vcpu_inject_nmi_when_open();
    assert_true(stepping() && svm.window == NMI_STEP_SHADOW && vmcb.event == 0);
    vmcb.interrupt_shadow = 0;
    vmcb.rflags &= ~(uint64_t)IF; /* CLI */
    vmcb.dr6 |= BS;
    exits(SVM_EXIT_EXCEPTION + VECTOR_DB);
    assert_true(!stepping() && vmcb.rflags == 2 && vcpu.knock && vmcb.event == 0);
    vcpu_inject_nmi_when_open();
    assert_int_equal(vmcb.event, EVENT_VALID | EVENT_NMI | VECTOR_NMI);
}

static void interrupts_are_put_back(void **state)
{
    static const uint64_t kept[] = {EVENT_INTERRUPT | 0x40, EVENT_NMI | VECTOR_NMI};
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        vmcb.exit_event = EVENT_VALID | kept[i];
        exits(SVM_EXIT_EXCEPTION + VECTOR_AC);
        assert_int_equal(vmcb.event, EVENT_VALID | kept[i]);
        exits(SVM_EXIT_EXCEPTION + VECTOR_MC);
        assert_int_equal(vmcb.event, EVENT_VALID | kept[i]);
    }
    assert_int_equal(machine_checks, 2);
    vmcb.exit_event = EVENT_VALID | EVENT_EXCEPTION | 0x40; /* as the emulator says it */
    exits(SVM_EXIT_EXCEPTION + VECTOR_AC);
    assert_int_equal(vmcb.event, EVENT_VALID | EVENT_INTERRUPT | 0x40);
    static const uint64_t replaced[] = {0, EVENT_VALID | EVENT_SOFTWARE_INTERRUPT | 0x40,
                                        EVENT_VALID | EVENT_EXCEPTION | VECTOR_BP,
                                        EVENT_VALID | EVENT_EXCEPTION | VECTOR_UD};
    for (unsigned i = 0; i < 4; i++) {
        vmcb.exit_event = replaced[i];
        exits(SVM_EXIT_EXCEPTION + VECTOR_AC);
        assert_int_equal(vmcb.event, EVENT_VALID | EVENT_EXCEPTION | EVENT_ERROR_CODE | VECTOR_AC);
    }
}

/* The hardware finds the operand; it sees the low half of CR0 as the guest does. */
static void status_word_in_memory(void **state)
{
    static const uint8_t smsw[GUEST_FETCH_BYTES] = {0x0f, 0x01, 0x23},
                         lmsw[GUEST_FETCH_BYTES] = {0x0f, 0x01, 0x33};
    const uint64_t shown = CR0_PE | CR0_PG | CR0_CD;
    (void)state;
    vcpu_set_cr0(cr0_hardware(shown), shown);
    code = smsw;
    exits(SVM_EXIT_READ_CR0);
    assert_true(stepping() && !(vmcb.rflags & IF) && vmcb.event == 0);
    assert_int_equal(vmcb.cr0 & 0xffff, shown & 0xffff);
    assert_int_equal((vmcb.cr_reads | vmcb.cr_writes) & 1, 0);
    vmcb.dr6 |= BS;
    exits(SVM_EXIT_EXCEPTION + VECTOR_DB);
    assert_true(!stepping() && vmcb.rflags == (IF | 2) && vmcb.event == 0);
    assert_true(vmcb.cr_reads & 1 && vmcb.cr_writes & 1);
    assert_int_equal(vmcb.cr0, cr0_hardware(shown));

    take_nmi(); /* and in an NMI's handler, which it leaves one */
    code = lmsw;
    exits(SVM_EXIT_WRITE_CR0);
    assert_true(stepping());
    vmcb.cr0 |= CR0_TS | CR0_NW | CR0_CD; /* only what LMSW may */
    vmcb.dr6 |= BS;
    exits(SVM_EXIT_EXCEPTION + VECTOR_DB);
    assert_int_equal(svm.cr0, shown | CR0_TS);
    assert_int_equal(vmcb.cr0, cr0_hardware(shown | CR0_TS));
    assert_int_equal(svm.window, NMI_BLOCKED);
    assert_true(vmcb.intercepts[0] >> SVM_INTERCEPT_IRET & 1);

    exits(SVM_EXIT_WRITE_CR0); /* its operand is not there */
    vmcb.exit_info[1] = 0x5000;
    exits(SVM_EXIT_EXCEPTION + VECTOR_PF);
    assert_true(!stepping() && vmcb.rflags == (IF | 2) && vmcb.cr2 == 0x5000);
    assert_int_equal(svm.cr0, shown | CR0_TS);

    static const uint8_t other[GUEST_FETCH_BYTES] = {0x0f, 0x01, 0x3b}; /* INVLPG */
    code = other;
    exits(SVM_EXIT_WRITE_CR0);
    assert_true(!stepping());
    assert_int_equal(vmcb.event, EVENT_VALID | EVENT_EXCEPTION | EVENT_ERROR_CODE | VECTOR_GP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_iret_that_is_done, setup),
        cmocka_unit_test_setup(an_iret_that_faults, setup),
        cmocka_unit_test_setup(an_iret_that_waits, setup),
        cmocka_unit_test_setup(a_guest_that_steps_itself, setup),
        cmocka_unit_test_setup(the_shadow_of_sti, setup),
        cmocka_unit_test_setup(interrupts_are_put_back, setup),
        cmocka_unit_test_setup(status_word_in_memory, setup),
    };
    return cmocka_run_group_tests_name("svm", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* I4, I12: VT-x. When a guest's NMI goes in, what an exit in the midst of a delivery puts back, and
 * the timer that brings a guest back to its processor's check. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "not_called.h"

#define BULKHEAD_PERCPU_H
#define PER_CPU
#define PER_CPU_PAGES
#define PER_CPU_BITMAPS
#define PER_DOMAIN

/* In place of cpu.h. */
#define BULKHEAD_CPU_H
static uint64_t dr6;
static uint64_t cpu_read_dr6(void)
{
    return dr6;
}
static void cpu_write_dr6(uint64_t value)
{
    dr6 = value;
}
static void cpu_write_cr2(uint64_t value)
{
    (void)value;
}
static void cpu_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t words[4])
{
    (void)leaf, (void)subleaf;
    memset(words, 0, 4 * sizeof(words[0]));
}
static uint64_t msrs[0x10]; /* from IA32_VMX_BASIC */
static uint64_t cpu_rdmsr(uint32_t msr)
{
    assert_in_range(msr, 0x480, 0x48f);
    return msrs[msr - 0x480];
}

#define vmcs_read  unused_read
#define vmcs_write unused_write
#include "arch/x86/vtx/vmcs.h"
#undef vmcs_read
#undef vmcs_write
static uint64_t fields[0x8000];
static uint64_t vmcs_read(enum vmcs_field field)
{
    return fields[field];
}
static void vmcs_write(enum vmcs_field field, uint64_t value)
{
    fields[field] = value;
}

#pragma GCC diagnostic ignored "-Wunused-function"
#include "arch/x86/vtx/vmcs.c"
#include "arch/x86/vtx/vmx.c"

enum {
    OTHERS = 1 << 28,
    WINDOWS = PROC_NMI_WINDOW | PROC_INTERRUPT_WINDOW | PROC_MONITOR_TRAP,
    NMI = VECTOR_NMI,
    PIN = 0x3e, /* what the processor demands among them */
    ON_EXIT = 0x3c0204,
    TIMER = 1 << 6,
    KEEPS_TIME = 1 << 22,
};

struct cpu cpu;
static uint64_t counts[PUBLIC_EXIT_KINDS];
uint64_t *vcpu_exits = counts;
struct vuart {
    struct uart_status status;
} devices_uart;

void cpu_unblock_nmi(void)
{
}

void mce_handle(void)
{
}

static bool timer_is(bool on)
{
    return fields[VMCS_PIN_CONTROLS] == (PIN | (on ? TIMER : 0)) &&
           fields[VMCS_EXIT_CONTROLS] == (ON_EXIT | (on ? KEEPS_TIME : 0));
}

static uint64_t time_left; /* that the check gives */
static uint32_t knocked;
void life_knocked(void)
{
    assert_true(timer_is(false)); /* or a check that begins would find it on */
    knocked++;
    if (time_left && vcpu_come_back(time_left))
        time_left = 0;
}

unsigned guest_code_bits(void)
{
    return 64;
}

NOT_CALLED(exit_gpr);
NOT_CALLED(guest_ram_above);
NOT_CALLED(pdptes_good);

static int setup(void **state)
{
    vmx_behind_sti = PROC_MONITOR_TRAP;
    (void)state;
    memset(fields, 0, sizeof(fields));
    vcpu = (struct vcpu){0};
    fields[VMCS_PROC_CONTROLS] = OTHERS;
    fields[VMCS_GUEST_CR0] = CR0_PE;
    fields[VMCS_PIN_CONTROLS] = vmcs_granted[0] = PIN;
    fields[VMCS_EXIT_CONTROLS] = vmcs_granted[3] = ON_EXIT;
    memset(msrs, 0, sizeof(msrs));
    msrs[1] = (uint64_t)TIMER << 32;
    msrs[3] = (uint64_t)KEEPS_TIME << 32;
    msrs[5] = 0xffffffe5; /* its scale is the last five bits */
    time_left = knocked = 0;
    return 0;
}

static void exits(uint32_t reason)
{
    fields[VMCS_ENTRY_EVENT] = 0; /* hardware has taken it */
    fields[VMCS_EXIT_REASON] = reason;
    vmx_exit();
}

static bool nmi_goes_in(void)
{
    return fields[VMCS_ENTRY_EVENT] == (EVENT_VALID | EVENT_NMI | NMI);
}

static uint64_t window(void)
{
    assert_true(fields[VMCS_PROC_CONTROLS] & OTHERS);
    return fields[VMCS_PROC_CONTROLS] & WINDOWS;
}

/* A processor without that flag: the window for interrupts has to do. */
static void behind_sti_without_monitor_trap(void **state)
{
    (void)state;
    vmx_behind_sti = PROC_INTERRUPT_WINDOW;
    fields[VMCS_GUEST_INTERRUPTIBILITY] = BLOCKED_BY_STI;
    vcpu.nmi_pending = 1;
    vcpu_inject_nmi_when_open();
    assert_true(!nmi_goes_in() && window() == PROC_INTERRUPT_WINDOW && vcpu.nmi_pending == 1);
    fields[VMCS_GUEST_INTERRUPTIBILITY] = 0;
    exits(VMX_EXIT_INTERRUPT_WINDOW);
    assert_true(nmi_goes_in() && window() == 0);
}

/* CLI may be the instruction there: one instruction later, and not when a window opens. */
static void behind_sti(void **state)
{
    (void)state;
    fields[VMCS_GUEST_INTERRUPTIBILITY] = BLOCKED_BY_STI;
    vcpu.nmi_pending = 1;
    vcpu_inject_nmi_when_open();
    assert_true(!nmi_goes_in() && window() == PROC_MONITOR_TRAP && vcpu.nmi_pending == 1);
    fields[VMCS_GUEST_INTERRUPTIBILITY] = 0;
    exits(VMX_EXIT_MONITOR_TRAP);
    assert_true(nmi_goes_in() && window() == 0 && vcpu.nmi_pending == 0);
}

static void the_other_windows(void **state)
{
    static const uint64_t blocked[] = {BLOCKED_BY_MOV_SS, BLOCKED_BY_NMI};
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        setup(NULL);
        fields[VMCS_GUEST_INTERRUPTIBILITY] = blocked[i];
        vcpu.nmi_pending = 2;
        vcpu_inject_nmi_when_open();
        assert_true(!nmi_goes_in() && window() == PROC_NMI_WINDOW);
        assert_int_equal(vcpu.nmi_pending, blocked[i] == BLOCKED_BY_NMI ? 1 : 2);
        fields[VMCS_GUEST_INTERRUPTIBILITY] = 0;
        exits(VMX_EXIT_NMI_WINDOW);
        assert_true(nmi_goes_in());
        assert_int_equal(window(), vcpu.nmi_pending ? PROC_NMI_WINDOW : 0);
    }
    setup(NULL);
    vcpu.nmi_pending = 2; /* one goes in, one waits */
    vcpu_inject_nmi_when_open();
    assert_true(nmi_goes_in() && window() == PROC_NMI_WINDOW && vcpu.nmi_pending == 1);
    fields[VMCS_ENTRY_EVENT] = EVENT_VALID | EVENT_INTERRUPT | 0x40; /* that one first */
    vcpu_inject_nmi_when_open();
    assert_true(!nmi_goes_in() && window() == PROC_NMI_WINDOW && vcpu.nmi_pending == 1);
}

static void exception_exits(uint32_t type, uint32_t vector, uint64_t delivered)
{
    fields[VMCS_EXIT_EVENT] =
        EVENT_VALID | type | vector | (vector == VECTOR_AC ? (uint32_t)EVENT_ERROR_CODE : 0);
    fields[VMCS_VECTORING_EVENT] = delivered;
    exits(VMX_EXIT_EXCEPTION_NMI);
}

static void interrupts_are_put_back(void **state)
{
    static const uint64_t kept[] = {EVENT_VALID | EVENT_INTERRUPT | 0x40,
                                    EVENT_VALID | EVENT_NMI | NMI};
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        fields[VMCS_GUEST_INTERRUPTIBILITY] = i ? BLOCKED_BY_NMI : 0;
        exception_exits(EVENT_EXCEPTION, VECTOR_AC, kept[i]);
        assert_int_equal(fields[VMCS_ENTRY_EVENT], kept[i]);
        assert_int_equal(fields[VMCS_GUEST_INTERRUPTIBILITY], 0);
        exception_exits(EVENT_EXCEPTION, VECTOR_DB, kept[i]);
        assert_int_equal(fields[VMCS_ENTRY_EVENT], kept[i]);
    }
    exception_exits(EVENT_EXCEPTION, VECTOR_AC, EVENT_VALID | EVENT_EXCEPTION | VECTOR_UD);
    assert_int_equal(fields[VMCS_ENTRY_EVENT],
                     EVENT_VALID | EVENT_EXCEPTION | EVENT_ERROR_CODE | VECTOR_AC);
    exception_exits(EVENT_EXCEPTION, VECTOR_AC, 0);
    assert_int_equal(fields[VMCS_ENTRY_EVENT],
                     EVENT_VALID | EVENT_EXCEPTION | EVENT_ERROR_CODE | VECTOR_AC);
}

static void a_knock_is_counted(void **state)
{
    (void)state;
    exception_exits(EVENT_NMI, NMI, EVENT_VALID | EVENT_EXCEPTION | VECTOR_UD);
    assert_true(vcpu.nmis == 1 && vcpu.knock == 1);
    assert_int_equal(fields[VMCS_ENTRY_EVENT], EVENT_VALID | EVENT_EXCEPTION | VECTOR_UD);
}

static void a_guest_comes_back(void **state)
{
    (void)state;
    time_left = 3200;
    vmx_knocked();
    assert_true(knocked == 1 && timer_is(true));
    assert_int_equal(fields[0x482e], 3200 >> 5);
    exits(52);
    assert_int_equal(vcpu.knock, 1);
    vmx_knocked();
    assert_true(knocked == 2 && timer_is(false) && vcpu.knock == 0);
}

/* By a knock before its time is over; by an end of its life, by INIT. */
static void the_timer_goes_off(void **state)
{
    (void)state;
    assert_true(vcpu_come_back(1) && timer_is(true));
    exception_exits(EVENT_NMI, NMI, 0);
    vmx_knocked();
    assert_true(timer_is(false));
    assert_true(vcpu_come_back(1) && timer_is(true));
    vcpu_leave();
    assert_true(timer_is(false));
    assert_true(vcpu_come_back(1) && timer_is(true));
    vcpu_clear();
    assert_true(timer_is(false));
}

/* One without the timer, and one that would begin it anew with each exit. */
static void no_timer_no_time(void **state)
{
    (void)state;
    for (unsigned i = 1; i <= 3; i += 2) {
        setup(NULL);
        msrs[i] = ~msrs[i];
        assert_false(vcpu_come_back(1000));
        assert_true(timer_is(false));
    }
}

/* One that comes when no check is under way has no effect. */
static void a_late_exit(void **state)
{
    (void)state;
    exits(52);
    assert_int_equal(vcpu.knock, 1);
    vmx_knocked();
    assert_true(timer_is(false) && vcpu.knock == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(behind_sti, setup),
        cmocka_unit_test_setup(behind_sti_without_monitor_trap, setup),
        cmocka_unit_test_setup(the_other_windows, setup),
        cmocka_unit_test_setup(interrupts_are_put_back, setup),
        cmocka_unit_test_setup(a_knock_is_counted, setup),
        cmocka_unit_test_setup(a_guest_comes_back, setup),
        cmocka_unit_test_setup(the_timer_goes_off, setup),
        cmocka_unit_test_setup(no_timer_no_time, setup),
        cmocka_unit_test_setup(a_late_exit, setup),
    };
    return cmocka_run_group_tests_name("vmx", tests, NULL, NULL);
}

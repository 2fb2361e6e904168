/* SPDX-License-Identifier: Apache-2.0 */
/* How a life of the attacker ends: last= on the command line. */
#include "attack.h"
#include "guests/lib/apic.h"
#include "guests/lib/boot.h"
#include "guests/lib/cpu.h"
#include "guests/lib/x86.h"
#include "residue.h"

enum { SPURIOUS_ELSEWHERE = 0x0f };

/* last.asm */
void last_triple(void);
void last_idt(void);
void last_gdt(void);
void last_cr3(void);
void last_fetch(void);
void last_hang(void);
void last_sleep(void);
void last_acloop(void);
void last_task(void);
void last_dbloop(void *stack_top);

/* Nothing is in service any more (an APIC may keep a vector that is the spurious one). */
static void let_pending_in(void)
{
    wrmsr(APIC_SVR, APIC_SVR_ENABLE | SPURIOUS_ELSEWHERE);
    wrmsr(APIC_EOI, 0);
    wrmsr(APIC_EOI, 0);
    wrmsr(APIC_TPR, 0);
}

/* The pending interrupts are let in, where no gate can be read. */
static void idt(void)
{
    let_pending_in();
    last_idt();
}

static void gdt(void)
{
    let_pending_in();
    last_gdt();
}

static void dbloop(void)
{
    last_dbloop(cpu_self()->fault_stack + CPU_FAULT_STACK_BYTES);
}

static void reset(void)
{
    outb(GUEST_RESET_PORT, GUEST_RESET_VALUE);
}

static void power_off(void)
{
    outb(GUEST_SLEEP_CONTROL, 1 << 5 | GUEST_SLEEP_S5 << 2);
}

/* The device still writes when there is no one any more to stop it. */
static void dma(void)
{
    attack_dma_begin();
    last_triple();
}

/* INIT to all processors of the machine, this one included: they wait for a SIPI for ever. */
static void init_all(void)
{
    apic_send(0, APIC_INIT | APIC_ASSERT | APIC_TO_ALL);
    apic_send(APIC_BROADCAST, APIC_INIT | APIC_ASSERT);
}

/* A packet of every kind to everyone, for as long as it is let. */
static void ipi_storm(void)
{
    for (uint64_t n = 0;; n++) {
        uint32_t command = (uint32_t)((n & 7) << 8 | (n >> 3 & 0xff) | APIC_ASSERT);
        bool to_self =
            (command & APIC_MODES) == APIC_INIT || (command & APIC_MODES) == APIC_STARTUP;
        probe_wrmsr(APIC_ICR,
                    (uint64_t)APIC_BROADCAST << 32 | command | (to_self ? APIC_TO_OTHERS : 0));
    }
}

struct act {
    const char *name;
    last_act act;
};

static const struct act acts[] = {
    {"triple", last_triple}, {"idt", idt},          {"gdt", gdt},
    {"cr3", last_cr3},       {"fetch", last_fetch}, {"acloop", last_acloop},
    {"dbloop", dbloop},      {"reset", reset},      {"s5", power_off},
    {"init", init_all},      {"storm", ipi_storm},  {"hang", last_hang},
    {"sleep", last_sleep},   {"dma", dma},          {"task", last_task},
};

last_act last_act_find(void)
{
    for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
        if (cmdline_lists("last", acts[i].name, false)) {
            return acts[i].act;
        }
    }
    return last_triple;
}

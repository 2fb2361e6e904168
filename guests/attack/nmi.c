/* SPDX-License-Identifier: Apache-2.0 */
/* I4, I9: NMIs between the domain's own processors, where their windows are narrow. */
#include "attack.h"
#include "guests/lib/apic.h"
#include "guests/lib/boot.h"
#include "guests/lib/x86.h"

/* instruction.asm */
extern const uint8_t nmi_bad_iret[], nmi_bad_iret_at[];
void sti_cli(volatile uint32_t *word, uint32_t value, uint32_t turns);

static void send_one(struct cpu *cpu)
{
    (void)cpu;
    wrmsr(APIC_ICR, (uint64_t)cpu_at(0)->apic_id << 32 | APIC_NMI | APIC_ASSERT);
}

static void send_two(struct cpu *cpu)
{
    send_one(cpu);
    send_one(cpu);
}

/* How many of `due` NMIs have come, in at most some seconds: a busy host may be slow. */
static uint32_t nmis_since(uint32_t before, uint32_t due)
{
    uint64_t end = rdtsc() + boot_info.tsc_hz * 4;
    while (cpu_self()->nmis - before < due && rdtsc() < end) {
        cpu_relax();
    }
    return cpu_self()->nmis - before;
}

/*
 * Two NMIs to the first processor, as close together as can be: one is served, one is latched. The
 * first is in no handler when they are sent, or but one would be.
 */
static void nmi_pairs(void)
{
    enum { PAIRS = 50 };
    uint32_t lost[2] = {0, 0};
    for (unsigned i = 0; i < PAIRS && !lost[0]; i++) {
        uint32_t before = cpu_self()->nmis;
        send_two(cpu_self());
        lost[0] += nmis_since(before, 2) != 2;
    }
    for (unsigned i = 0; i < PAIRS && !lost[1] && cpu_count() > 1; i++) {
        uint32_t before = cpu_self()->nmis;
        sibling_begin(1, send_two);
        sibling_wait(1);
        lost[1] += nmis_since(before, 2) != 2;
    }
    report(lost[0] + lost[1] == 0, "I4", "nmi-pairs", "%u lost from itself, %u from a sibling",
           lost[0], lost[1]);
}

/* To a processor that does nothing but `sti; cli`: no window for interrupts ever opens there. */
static void nmi_in_shadow(void)
{
    enum { NMIS = 20, TURNS = 1000 };
    uint32_t came = 0;
    for (uint32_t i = 0; i < NMIS && came == i && cpu_count() > 1; i++) {
        uint32_t before = cpu_self()->nmis;
        uint64_t end = rdtsc() + boot_info.tsc_hz * 4;
        sibling_begin(1, send_one);
        while (cpu_self()->nmis == before && rdtsc() < end) {
            sti_cli(&cpu_self()->nmis, before, TURNS);
            if (cmdline_has("kvm")) {
                cpu_yield(); /* where processors take turns its turn would never end */
            }
        }
        came += cpu_self()->nmis - before;
        sibling_wait(1);
    }
    report(came == NMIS || cpu_count() == 1, "I4", "nmi-sti-cli", "%u of %u", came, NMIS);
}

static void nmi_to_self(void *before)
{
    send_one(cpu_self());
    nmis_since(*(uint32_t *)before, 1);
}

/* The IRET of an NMI's handler faults: no trap flag but the guest's own is in that frame. */
static void nmi_iret_fault(void)
{
    enum { TF = 1 << 8 };
    uint32_t before = cpu_self()->nmis;
    interrupt_gate(VECTOR_NMI, nmi_bad_iret, IST_NMI);
    int vector = probe(nmi_to_self, &before);
    struct fault fault = cpu_self()->fault;
    interrupt_gate_default(VECTOR_NMI);
    int again = probe(nmi_to_self, &before);
    bool exact = fault.rip == (uint64_t)nmi_bad_iret_at && !(fault.rflags & TF);
    report(vector == VECTOR_GP && exact && again == NO_FAULT && cpu_self()->nmis != before, "I9",
           "nmi-iret-fault", "%s, RFLAGS 0x%lx, then %u NMIs", fault_name(vector), fault.rflags,
           cpu_self()->nmis - before);
}

void attack_nmi(void)
{
    nmi_pairs();
    nmi_in_shadow();
    nmi_iret_fault();
}

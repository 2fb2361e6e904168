/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A life that ends dirty: a marker in all that a domain can write, interrupts in service, pending
 * and armed on every processor. The next life looks for all of it (residue.c).
 */
#include "attack.h"
#include "guests/lib/apic.h"
#include "guests/lib/boot.h"
#include "guests/lib/x86.h"
#include "residue.h"

enum {
    IN_SERVICE = RESIDUE_VECTOR,
    PERIODIC = RESIDUE_VECTOR + 1,
    FROM_SIBLING = RESIDUE_VECTOR + 2,
    TO_SIBLING = RESIDUE_VECTOR + 3,
    IN_SERVICE_TOP = 0xff, /* the spurious vector too, whose EOI some APICs ignore */
    PERIOD_TICKS = 5000,
    TPR_HIGH = 0xf0,
    DR7_ALL_GLOBAL = 0x4aa,
    FCW_PLANTED = 0x77f,
    MXCSR_PLANTED = 0x9fc0,
};

static const uint8_t pending[] = {0x12, 0x1f, 0x61, 0x80, 0xa5, 0xfe};
static uint8_t state[MAX_DOMAIN_CPUS][STATE_BYTES] __attribute__((aligned(64)));

static void fill(uint64_t from, uint64_t to)
{
    uint64_t qwords = (to - from) / 8;
    __asm__ volatile("rep stosq" : "+D"(from), "+c"(qwords) : "a"(RESIDUE_MARKER) : "memory");
}

/* Everything in a range of RAM but the page tables and the payload, which are still in use. */
static void fill_around(uint64_t from, uint64_t to)
{
    const struct residue_range keep[] = {residue_filled[RESIDUE_RANGES - 3],
                                         residue_filled[RESIDUE_RANGES - 1]};
    for (unsigned i = 0; i < 2; i++) {
        if (keep[i].from < to && keep[i].to > from) {
            fill(from, keep[i].from);
            from = keep[i].to;
        }
    }
    fill(from, to);
}

static void plant_memory(void)
{
    for (uint32_t i = 0; i < boot_info.memory_count; i++) {
        const struct guest_memory *range = &boot_info.memory[i];
        if (residue_is_ram(range)) {
            fill_around(range->base, range->base + range->bytes);
        }
    }
    fill((uint64_t)residue_bss, (uint64_t)(residue_bss + 512));
    residue_data = RESIDUE_MARKER;
    text_canary = RESIDUE_MARKER;
}

static void plant_fpu(uint8_t *area)
{
    uint64_t components = 3;
    bool xsave = cpuid(1, 0).ecx & CPUID_XSAVE;
    if (xsave) {
        struct cpuid leaf = cpuid(0xd, 0);
        components = ((uint64_t)leaf.edx << 32 | leaf.eax) & STATE_PLANTED;
        write_cr4(read_cr4() | CR4_OSXSAVE);
        xcr_write(0, components);
        components = cpuid(0xd, 0).ebx <= STATE_BYTES ? components : 3;
    }
    fill((uint64_t)area, (uint64_t)area + STATE_BYTES);
    *(uint16_t *)area = FCW_PLANTED;
    *(uint16_t *)(area + 2) = 0;
    area[4] = 0xff; /* all registers in use */
    *(uint32_t *)(area + 24) = MXCSR_PLANTED;
    for (unsigned i = 0; i < 8; i++) { /* XSAVE header */
        ((uint64_t *)(area + FXSAVE_BYTES))[i] = i == 0 ? components : 0;
    }
    if (xsave) {
        state_load(area, components);
    } else {
        fpu_load(area);
    }
}

static void plant_registers(void)
{
    for (size_t i = 0; i < residue_msr_count; i++) {
        probe_wrmsr(residue_msrs[i].msr, residue_msrs[i].plant); /* if it was granted */
    }
    write_dr0(ADDRESS_MARKER);
    write_dr1(ADDRESS_MARKER);
    write_dr2(ADDRESS_MARKER);
    write_dr3(ADDRESS_MARKER);
    write_dr6(0xffff0fff);
    write_dr7(DR7_ALL_GLOBAL);
    write_cr2(RESIDUE_MARKER);
}

static void never_acknowledge(struct frame *frame)
{
    (void)frame;
}

/* Two vectors in service for ever, some pending behind a high TPR, a periodic timer. */
static void plant_apic(void)
{
    interrupt_set(IN_SERVICE, never_acknowledge);
    interrupt_set(IN_SERVICE_TOP, never_acknowledge);
    wrmsr(APIC_TPR, 0);
    wrmsr(APIC_SELF_IPI, IN_SERVICE);
    settle();
    wrmsr(APIC_SELF_IPI, IN_SERVICE_TOP);
    settle();
    wrmsr(APIC_TPR, TPR_HIGH);
    for (size_t i = 0; i < sizeof(pending); i++) {
        wrmsr(APIC_SELF_IPI, pending[i]);
    }
    probe_wrmsr(APIC_LVT_ERROR, FROM_SIBLING);
    probe_wrmsr(APIC_LVT_LINT0, FROM_SIBLING);
    probe_wrmsr(APIC_LVT_THERMAL, FROM_SIBLING);
    timer_periodic(PERIODIC, PERIOD_TICKS);
}

static void plant_processor(struct cpu *cpu)
{
    plant_apic();
    plant_fpu(state[cpu->index]);
    plant_registers();
}

/* Answers to siblings_run() no more: it ends with interrupts off, one of the first's pending. */
static void plant_sibling(struct cpu *cpu)
{
    plant_processor(cpu);
    apic_send(cpu_at(0)->apic_id, FROM_SIBLING | APIC_FIXED | APIC_ASSERT);
    cpu->up = 0;
    for (;;) {
        __asm__ volatile("cli; hlt");
    }
}

_Noreturn void residue_plant_and(last_act act)
{
    siblings_run(plant_sibling);
    plant_processor(cpu_at(0));
    for (uint32_t i = 1; i < cpu_count(); i++) {
        apic_send(cpu_at(i)->apic_id, TO_SIBLING | APIC_FIXED | APIC_ASSERT);
    }
    plant_memory();
    act();
    for (;;) {
        __asm__ volatile("cli; hlt");
    }
}

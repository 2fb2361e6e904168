/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptor tables, exception recovery and the start of siblings. */
#include "cpu.h"
#include "apic.h"
#include "boot.h"
#include "console.h"
#include "x86.h"

enum {
    FIRST_TSS = 0x40,
    GDT_ENTRIES = FIRST_TSS / 8 + 2 * MAX_DOMAIN_CPUS,
    TRAMPOLINE = 0x20000, /* a page below 1 MiB that nothing else uses */
    STARTUP_SECONDS = 1,
};

struct gate {
    uint16_t offset_low, selector;
    uint8_t ist, type;
    uint16_t offset_middle;
    uint32_t offset_high, reserved;
};

struct descriptor {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));

/* The fields at the trampoline's end, as entry.asm reads them. */
struct trampoline {
    uint32_t cr0, cr3, cr4, efer, cpu, reserved;
    uint16_t gdt_limit;
    uint32_t gdt_base;
} __attribute__((packed));

extern uint8_t cpus[MAX_DOMAIN_CPUS][CPU_BYTES];
extern const uint8_t interrupt_stubs[256][16];
extern const uint8_t trampoline[], trampoline_end[], trampoline_fields[], probe_landing[];
extern struct descriptor gdt_descriptor, idt_descriptor;
void interrupt_dispatch(struct frame *frame);
void sibling_enter(struct cpu *cpu);

uint8_t cpus[MAX_DOMAIN_CPUS][CPU_BYTES] __attribute__((aligned(PAGE_BYTES)));
static struct gate idt[256] __attribute__((aligned(16)));
static uint64_t gdt[GDT_ENTRIES] __attribute__((aligned(16))) = {
    [GUEST_CODE_SELECTOR / 8] = 0x00af9b000000ffff, [GUEST_DATA_SELECTOR / 8] = 0x00cf93000000ffff,
    [GUEST_CODE_32 / 8] = 0x00cf9b000000ffff,       [GUEST_USER_DATA / 8] = 0x00cff3000000ffff,
    [GUEST_USER_CODE / 8] = 0x00affb000000ffff,
};
struct descriptor gdt_descriptor = {sizeof(gdt) - 1, (uint64_t)gdt};
struct descriptor idt_descriptor = {sizeof(idt) - 1, (uint64_t)idt};

static interrupt_handler handlers[256];
static sibling_function sibling_entry;

_Static_assert(offsetof(struct cpu, recover) == 0, "entry.asm");
_Static_assert(offsetof(struct cpu, index) == 48, "entry.asm");
_Static_assert(sizeof(struct trampoline) == 30, "entry.asm");

struct cpu *cpu_at(uint32_t index)
{
    return (struct cpu *)cpus[index];
}

struct cpu *cpu_self(void)
{
    uint16_t selector;
    __asm__("str %0" : "=r"(selector));
    return cpu_at((selector - FIRST_TSS) / 16u);
}

uint32_t cpu_count(void)
{
    return boot_info.cpu_count;
}

void interrupt_set(uint8_t vector, interrupt_handler handler)
{
    handlers[vector] = handler;
}

void interrupt_gate(uint8_t vector, const void *code, uint8_t ist)
{
    uint64_t offset = (uint64_t)code;
    idt[vector] = (struct gate){
        .offset_low = (uint16_t)offset,
        .selector = GUEST_CODE_SELECTOR,
        .ist = ist,
        .type = 0x8e, /* present, 64-bit interrupt gate */
        .offset_middle = (uint16_t)(offset >> 16),
        .offset_high = (uint32_t)(offset >> 32),
    };
}

void interrupt_gate_default(uint8_t vector)
{
    uint8_t ist = IST_FAULT;
    if (vector == VECTOR_NMI) {
        ist = IST_NMI;
    } else if (vector == VECTOR_DF || vector == VECTOR_MC) {
        ist = IST_DOUBLE;
    } else if (vector >= VECTOR_FIRST_FREE) {
        ist = 0;
    }
    interrupt_gate(vector, interrupt_stubs[vector], ist);
}

void interrupt_table_load(void)
{
    __asm__ volatile("lidt %0" : : "m"(idt_descriptor));
}

/* A GDT entry of 16 bytes for this processor's TSS, and the stacks that the TSS names. */
static void tss_init(struct cpu *cpu)
{
    struct tss *tss = &cpu->tss;
    tss->ist[IST_FAULT - 1] = (uint64_t)cpu->fault_stack + sizeof(cpu->fault_stack);
    tss->ist[IST_NMI - 1] = (uint64_t)cpu->nmi_stack + sizeof(cpu->nmi_stack);
    tss->ist[IST_DOUBLE - 1] = (uint64_t)cpu->double_stack + sizeof(cpu->double_stack);
    tss->rsp[0] = tss->ist[IST_FAULT - 1];
    tss->io_map = sizeof(*tss);
    uint64_t base = (uint64_t)tss;
    uint64_t *entry = &gdt[FIRST_TSS / 8 + 2 * cpu->index];
    entry[0] =
        (sizeof(*tss) - 1) | (base & 0xffffff) << 16 | 0x89ull << 40 | (base >> 24 & 0xff) << 56;
    entry[1] = base >> 32;
}

void cpu_init(void)
{
    for (unsigned vector = 0; vector < 256; vector++) {
        interrupt_gate_default((uint8_t)vector);
    }
    for (uint32_t i = 0; i < cpu_count(); i++) {
        struct cpu *cpu = cpu_at(i);
        cpu->index = i;
        cpu->apic_id = boot_info.apic_ids[i];
        tss_init(cpu);
    }
    __asm__ volatile("lgdt %0" : : "m"(gdt_descriptor));
    interrupt_table_load();
    __asm__ volatile("ltr %w0" : : "r"(FIRST_TSS));
    cpu_at(0)->up = 1;
}

_Noreturn void panic(const char *why)
{
    print("%s: stopped: %s\n", boot_info.domain, why);
    console_drain();
    for (;;) {
        __asm__ volatile("cli; hlt");
    }
}

/* Ends the innermost probe() of this processor with the exception in `frame`. */
static void recover(struct cpu *cpu, struct frame *frame)
{
    cpu->fault = (struct fault){frame->vector, frame->error, frame->rip, frame->rflags,
                                frame->vector == VECTOR_PF ? read_cr2() : 0};
    frame->rip = (uint64_t)probe_landing;
    frame->cs = GUEST_CODE_SELECTOR;
    frame->ss = GUEST_DATA_SELECTOR;
    frame->rflags = 2;
    frame->rsp = cpu->recover;
    frame->rax = frame->vector;
}

/* Called by every stub, on the stack that the gate chose. */
void interrupt_dispatch(struct frame *frame)
{
    struct cpu *cpu = cpu_self();
    if (frame->vector == VECTOR_NMI) {
        cpu->nmis++;
    } else if (frame->vector >= VECTOR_FIRST_FREE) {
        if (handlers[frame->vector]) {
            handlers[frame->vector](frame);
        } else {
            apic_eoi();
        }
    } else if (cpu->recover) {
        recover(cpu, frame);
    } else {
        print("%s: exception %lu, error 0x%lx, rip 0x%lx, cr2 0x%lx\n", boot_info.domain,
              frame->vector, frame->error, frame->rip, read_cr2());
        panic("unexpected exception");
    }
}

struct msr_access {
    uint32_t msr;
    uint64_t value;
};

static void do_rdmsr(void *arg)
{
    struct msr_access *access = arg;
    access->value = rdmsr(access->msr);
}

static void do_wrmsr(void *arg)
{
    struct msr_access *access = arg;
    wrmsr(access->msr, access->value);
}

int probe_rdmsr(uint32_t msr, uint64_t *value)
{
    struct msr_access access = {msr, 0};
    int vector = probe(do_rdmsr, &access);
    *value = access.value;
    return vector;
}

int probe_wrmsr(uint32_t msr, uint64_t value)
{
    struct msr_access access = {msr, value};
    return probe(do_wrmsr, &access);
}

void sibling_enter(struct cpu *cpu)
{
    apic_enter_x2apic();
    cpu->up = 1;
    sibling_entry(cpu);
}

bool sibling_start(uint32_t index, sibling_function function)
{
    uint8_t *page = (uint8_t *)TRAMPOLINE;
    struct cpu *cpu = cpu_at(index);
    size_t bytes = (size_t)trampoline_end - (size_t)trampoline;
    for (size_t i = 0; i < bytes; i++) {
        page[i] = trampoline[i];
    }
    struct trampoline *fields =
        (struct trampoline *)(page + ((size_t)trampoline_fields - (size_t)trampoline));
    *fields = (struct trampoline){
        .cr0 = (uint32_t)read_cr0(),
        .cr3 = (uint32_t)read_cr3(),
        .cr4 = (uint32_t)read_cr4() & ~(1u << 17),       /* PCIDE: only from 64-bit mode */
        .efer = (uint32_t)rdmsr(MSR_EFER) & ~(1u << 10), /* LMA is the processor's */
        .cpu = (uint32_t)(uint64_t)cpu,
        .gdt_limit = gdt_descriptor.limit,
        .gdt_base = (uint32_t)gdt_descriptor.base,
    };
    sibling_entry = function;
    cpu->up = 0;
    cpu->recover = 0;
    gdt[FIRST_TSS / 8 + 2 * index] &= ~(2ull << 40); /* a busy TSS can't be loaded again */
    apic_send(cpu->apic_id, APIC_INIT | APIC_ASSERT);
    tsc_wait(boot_info.tsc_hz / 100);
    apic_send(cpu->apic_id, APIC_STARTUP | APIC_ASSERT | TRAMPOLINE >> 12);
    uint64_t end = rdtsc() + STARTUP_SECONDS * boot_info.tsc_hz;
    while (!cpu->up && rdtsc() < end) {
        cpu_yield();
    }
    return cpu->up;
}

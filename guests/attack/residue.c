/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I7: a life finds nothing of an earlier one. It can't know whether there was one, so it always
 * looks, before it has armed anything: registers, FPU, MSRs, local APIC, RAM.
 */
#include "residue.h"
#include "attack.h"
#include "guests/lib/apic.h"
#include "guests/lib/boot.h"
#include "guests/lib/x86.h"

enum {
    LVT_MASKED_RESET = APIC_MASKED,
    DR6_RESET = 0xffff0ff0,
    DR7_RESET = 0x400,
    FCW_RESET = 0x37f,
    MXCSR_RESET = 0x1f80,
    RFLAGS_RESET = 2,
    EFER_NXE = 1 << 11,
};

extern const uint64_t early_gprs[15], early_rsp, early_rflags, early_cr2, early_cr3, early_cr8;

uint64_t residue_bss[512];
volatile uint64_t residue_data = RESIDUE_DATA;

const struct residue_range residue_filled[RESIDUE_RANGES] = {
    {GUEST_GDT, GUEST_GDT + PAGE_BYTES, "GDT"},
    {GUEST_CMDLINE, GUEST_CMDLINE + PAGE_BYTES, "command line"},
    {GUEST_BOOT_INFO, GUEST_BOOT_INFO + PAGE_BYTES, "boot information"},
    {GUEST_STACK_TOP - 256, GUEST_STACK_TOP, "entry stack"},
    {GUEST_PAGE_TABLES, GUEST_PAGE_TABLES + 6 * PAGE_BYTES, "page tables"},
    {GUEST_ACPI, GUEST_ACPI_END, "ACPI tables"},
    {(uint64_t)image_start, (uint64_t)image_end, "payload"},
};

const struct residue_msr residue_msrs[] = {
    {0x3b, "TSC_ADJUST", 0, 0x5a17c0de, 0},
    {0x48, "SPEC_CTRL", 0, 1, 0},
    {0xe1, "UMWAIT_CONTROL", 0, 0x5a17c0d0, 0},
    {0x174, "SYSENTER_CS", 0, 0x5a10, 0},
    {0x175, "SYSENTER_ESP", 0, ADDRESS_MARKER, 0},
    {0x176, "SYSENTER_EIP", 0, ADDRESS_MARKER, 0},
    {0x1d9, "DEBUGCTL", 0, 1, 0},
    {0x277, "PAT", 0x0007040600070406, 0x0106040600010406, 0},
    {0x6a0, "U_CET", 0, 1, 0},
    {0x6a2, "S_CET", 0, 1, 0},
    {0x6a4, "PL0_SSP", 0, ADDRESS_MARKER & ~7ull, 0},
    {0x6a7, "PL3_SSP", 0, ADDRESS_MARKER & ~7ull, 0},
    {0x6a8, "INTERRUPT_SSP_TABLE", 0, ADDRESS_MARKER, 0},
    {MSR_TSC_DEADLINE, "TSC_DEADLINE", 0, 0, 0},
    {0x6e1, "PKRS", 0, 0x5a17c0de, 0},
    {0xd90, "BNDCFGS", 0, 0x5a17c000, 0},
    {0xda0, "XSS", 0, 0x100, 0},
    {MSR_EFER, "EFER", 0x500, 0xd01, EFER_NXE},
    {0xc0000081, "STAR", 0, RESIDUE_MARKER, 0},
    {0xc0000082, "LSTAR", 0, ADDRESS_MARKER, 0},
    {0xc0000083, "CSTAR", 0, ADDRESS_MARKER, 0},
    {0xc0000084, "FMASK", 0, 0x5a17c0de, 0},
    {0xc0000100, "FS_BASE", 0, ADDRESS_MARKER, 0},
    {0xc0000101, "GS_BASE", 0, ADDRESS_MARKER, 0},
    {0xc0000102, "KERNEL_GS_BASE", 0, ADDRESS_MARKER, 0},
    {0xc0000103, "TSC_AUX", 0, 0x5a17c0de, 0},
};
const size_t residue_msr_count = sizeof(residue_msrs) / sizeof(residue_msrs[0]);

struct apic_reset {
    uint32_t msr;
    uint32_t count;
    uint64_t value;
    const char *name;
};

static const struct apic_reset apic_resets[] = {
    {APIC_TPR, 1, 0, "TPR"},
    {APIC_SVR, 1, APIC_SVR_RESET, "SVR"},
    {APIC_ISR, 8, 0, "ISR"},
    {APIC_TMR, 8, 0, "TMR"},
    {APIC_IRR, 8, 0, "IRR"},
    {APIC_ESR, 1, 0, "ESR"},
    {APIC_LVT_CMCI, 1, LVT_MASKED_RESET, "LVT CMCI"},
    {APIC_ICR, 1, 0, "ICR"},
    {APIC_LVT_TIMER, 1, LVT_MASKED_RESET, "LVT timer"},
    {APIC_LVT_THERMAL, 1, LVT_MASKED_RESET, "LVT thermal"},
    {APIC_LVT_PERF, 1, LVT_MASKED_RESET, "LVT performance"},
    {APIC_LVT_LINT0, 1, LVT_MASKED_RESET, "LVT LINT0"},
    {APIC_LVT_LINT1, 1, LVT_MASKED_RESET, "LVT LINT1"},
    {APIC_LVT_ERROR, 1, LVT_MASKED_RESET, "LVT error"},
    {APIC_TMICT, 1, 0, "initial count"},
    {APIC_TMCCT, 1, 0, "current count"},
    {APIC_TDCR, 1, 0, "divide"},
};

/* What one processor has found: the first thing of each kind that was not as after reset. */
struct finding {
    const char *what;
    uint64_t value;
    unsigned looked_at, wrong;
};

struct findings {
    struct finding msrs, apic, fpu, debug;
    bool complete;
};

static volatile struct findings found[MAX_DOMAIN_CPUS];
static uint8_t state[MAX_DOMAIN_CPUS][STATE_BYTES] __attribute__((aligned(64)));

static void expect(struct finding *finding, const char *what, uint64_t value, uint64_t wanted)
{
    finding->looked_at++;
    if (value != wanted && !finding->wrong++) {
        finding->what = what;
        finding->value = value;
    }
}

static void look_at_msrs(struct finding *finding)
{
    for (size_t i = 0; i < residue_msr_count; i++) {
        uint64_t value;
        if (probe_rdmsr(residue_msrs[i].msr, &value) == NO_FAULT) {
            expect(finding, residue_msrs[i].name, value & ~residue_msrs[i].free,
                   residue_msrs[i].reset);
        }
    }
}

static void look_at_apic(struct finding *finding)
{
    for (size_t i = 0; i < sizeof(apic_resets) / sizeof(apic_resets[0]); i++) {
        for (uint32_t n = 0; n < apic_resets[i].count; n++) {
            uint64_t value;
            if (probe_rdmsr(apic_resets[i].msr + n, &value) == NO_FAULT) {
                if (apic_resets[i].msr + n == APIC_IRR && !is_intel()) {
                    value &= ~1ull; /* QEMU's APIC accepts vector 0 and never gives it back */
                }
                if (apic_resets[i].msr + n == APIC_IRR && cmdline_has("kvm")) {
                    value &= ~0xffffull; /* and KVM's 0 to 15, as CAVEATS.md says */
                }
                expect(finding, apic_resets[i].name, value, apic_resets[i].value);
            }
        }
    }
}

static void look_at_debug(struct finding *finding)
{
    expect(finding, "DR0", read_dr0(), 0);
    expect(finding, "DR1", read_dr1(), 0);
    expect(finding, "DR2", read_dr2(), 0);
    expect(finding, "DR3", read_dr3(), 0);
    expect(finding, "DR6", read_dr6(), DR6_RESET);
    expect(finding, "DR7", read_dr7(), DR7_RESET);
}

/* x87, SSE, and whatever XSAVE knows beyond them. Nothing in this payload uses these registers. */
static void look_at_fpu(struct finding *finding, uint8_t *area)
{
    enum { TAG = 4, REGISTERS = 32, XMM_END = 416, HEADER_END = 576 };
    fpu_save(area);
    expect(finding, "FCW", *(const uint16_t *)area, FCW_RESET);
    expect(finding, "FSW", *(const uint16_t *)(area + 2), 0);
    expect(finding, "FTW", area[TAG], 0);
    expect(finding, "MXCSR", *(const uint32_t *)(area + 24), MXCSR_RESET);
    size_t qwords = (XMM_END - REGISTERS) / 8;
    expect(finding, "x87 or XMM register", nonzero_at(area + REGISTERS, qwords), qwords);
    if (!(cpuid(1, 0).ecx & CPUID_XSAVE)) {
        return;
    }
    uint64_t cr4 = read_cr4();
    write_cr4(cr4 | CR4_OSXSAVE);
    expect(finding, "XCR0", xcr_read(0), 1);
    struct cpuid leaf = cpuid(0xd, 0);
    uint64_t components = (uint64_t)leaf.edx << 32 | leaf.eax;
    xcr_write(0, components);
    size_t bytes = cpuid(0xd, 0).ebx;
    expect(finding, "size of the XSAVE area", bytes <= STATE_BYTES, true);
    if (bytes > STATE_BYTES) {
        bytes = STATE_BYTES;
        components &= 3;
    }
    state_save(area, components);
    qwords = (bytes - HEADER_END) / 8;
    expect(finding, "extended register", nonzero_at(area + HEADER_END, qwords), qwords);
    xcr_write(0, 1);
    write_cr4(cr4);
}

void residue_look(struct cpu *cpu)
{
    struct findings here = {.complete = true};
    look_at_apic(&here.apic);
    look_at_msrs(&here.msrs);
    look_at_debug(&here.debug);
    look_at_fpu(&here.fpu, state[cpu->index]);
    found[cpu->index] = here;
}

static void tell(const char *name, uint32_t index, const struct finding *finding)
{
    if (!finding->looked_at) {
        report(false, "I7", name, "processor %u: nothing could be read", index);
    } else if (finding->wrong) {
        report(false, "I7", name, "processor %u: %s is 0x%lx; %u of %u values wrong", index,
               finding->what, finding->value, finding->wrong, finding->looked_at);
    } else {
        report(true, "I7", name, "processor %u: %u values as after reset", index,
               finding->looked_at);
    }
}

static void tell_all(uint32_t index)
{
    struct findings here = found[index];
    tell("residue-apic", index, &here.apic);
    tell("residue-msr", index, &here.msrs);
    tell("residue-debug", index, &here.debug);
    tell("residue-fpu", index, &here.fpu);
}

/* General registers and control registers at the first instruction. */
static void check_registers(void)
{
    struct finding finding = {0};
    for (unsigned i = 0; i < 15; i++) {
        expect(&finding, i == 5 ? "RDI" : "general register", early_gprs[i],
               i == 5 ? GUEST_BOOT_INFO : 0);
    }
    expect(&finding, "RSP", early_rsp, GUEST_STACK_TOP);
    expect(&finding, "RFLAGS", early_rflags, RFLAGS_RESET);
    expect(&finding, "CR2", early_cr2, 0);
    expect(&finding, "CR3", early_cr3, GUEST_PAGE_TABLES);
    expect(&finding, "CR8", early_cr8, 0);
    tell("residue-registers", 0, &finding);
}

/* The first range that ends behind `at`. */
static const struct residue_range *next_filled(uint64_t at)
{
    for (unsigned i = 0; i < RESIDUE_RANGES; i++) {
        if (at < residue_filled[i].to) {
            return &residue_filled[i];
        }
    }
    return NULL;
}

/* First byte of [from, to) that is not zero though nobody fills it; `to` if there is none. */
static uint64_t first_nonzero(uint64_t from, uint64_t to)
{
    while (from < to) {
        const struct residue_range *filled = next_filled(from);
        uint64_t end = filled && filled->from < to ? filled->from : to;
        if (from < end) {
            size_t qwords = (end - from) / 8;
            const uint64_t *start = (const uint64_t *)from;
            __asm__("" : "+r"(start)); /* address 0 is memory like any other */
            size_t at = nonzero_at(start, qwords);
            if (at < qwords) {
                return from + 8 * at;
            }
        }
        from = filled && filled->from < to ? filled->to : to;
    }
    return to;
}

bool residue_is_ram(const struct guest_memory *range)
{
    bool mapped = range->base < GUEST_HOLE_END; /* by the entry tables */
    return mapped && (range->type == GUEST_RAM || range->base < GUEST_LOAD_MIN);
}

static void check_ram(void)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < boot_info.memory_count; i++) {
        const struct guest_memory *range = &boot_info.memory[i];
        if (!residue_is_ram(range)) {
            continue;
        }
        uint64_t at = first_nonzero(range->base, range->base + range->bytes);
        if (at != range->base + range->bytes) {
            report(false, "I7", "residue-ram", "0x%lx holds 0x%lx", at,
                   *(const volatile uint64_t *)at);
            return;
        }
        bytes += range->bytes;
    }
    report(true, "I7", "residue-ram", "%lu KiB are zero or the loader's", bytes >> 10);
}

static bool holds_marker(const struct residue_range *range)
{
    for (uint64_t at = range->from; at < range->to; at += 8) {
        if (*(const volatile uint64_t *)at == RESIDUE_MARKER) {
            return true;
        }
    }
    return false;
}

static void check_image(void)
{
    const char *where = NULL;
    for (unsigned i = 0; i < RESIDUE_RANGES - 1; i++) {
        where = holds_marker(&residue_filled[i]) ? residue_filled[i].name : where;
    }
    where = text_canary != TEXT_CANARY ? "text" : where;
    where = residue_data != RESIDUE_DATA ? "data" : where;
    where = nonzero_at(residue_bss, 512) != 512 ? "bss" : where;
    report(!where, "I7", "residue-image", "%s", where ? where : "payload and tables are as loaded");
}

void residue_check(void)
{
    residue_look(cpu_at(0));
    check_registers();
    tell_all(0);
    check_ram();
    check_image();
}

void residue_check_siblings(void)
{
    uint64_t end = rdtsc() + boot_info.tsc_hz;
    for (uint32_t i = 1; i < cpu_count(); i++) {
        while (!found[i].complete && rdtsc() < end) {
            cpu_yield();
        }
        tell_all(i);
    }
}

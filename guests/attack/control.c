/* SPDX-License-Identifier: Apache-2.0 */
/* I9: control, debug and extended control registers, bit by bit. */
#include "attack.h"
#include "guests/lib/boot.h"
#include "guests/lib/memory.h"
#include "guests/lib/x86.h"
#include "instruction.h"
#include "residue.h"
#include <stddef.h>

enum {
    CR0_PE = 1,
    CR4_PAE = 1 << 5,
    CR4_VMXE = 1 << 13,
    CR4_SMXE = 1 << 14,
    CR4_DE = 1 << 3,
    CR0_TS = 1 << 3,
    CR0_NE = 1 << 5,
    TF = 1 << 8,
    DR7_GD = 1 << 13,
    DR6_RESET = 0xffff0ff0,
    CR8_MAX = 15,
};
#define CR0_PG (1ull << 31)
#define CR0_CD (1ull << 30)
#define CR0_NW (1ull << 29)

enum control { CR0, CR3, CR4, CR8 };

struct write {
    enum control control;
    uint64_t value;
};

static void do_write(void *arg)
{
    const struct write *write = arg;
    switch (write->control) {
    case CR0:
        write_cr0(write->value);
        break;
    case CR3:
        write_cr3(write->value);
        break;
    case CR4:
        write_cr4(write->value);
        break;
    case CR8:
        write_cr8(write->value);
        break;
    }
}

static int try_write(enum control control, uint64_t value)
{
    struct write write = {control, value};
    return probe(do_write, &write);
}

/* What flipping each bit did: refused, or taken and visible, or taken without a trace. */
struct flips {
    uint64_t refused, kept;
};

static struct flips flip_all(enum control control, uint64_t old, uint64_t (*read)(void),
                             uint64_t spare)
{
    struct flips flips = {0, 0};
    for (unsigned bit = 0; bit < 64; bit++) {
        uint64_t mask = 1ull << bit;
        if (spare & mask) {
            continue;
        }
        if (try_write(control, old ^ mask) != NO_FAULT) {
            flips.refused |= mask;
        } else {
            flips.kept |= (read() ^ old) & mask;
        }
        try_write(control, old);
    }
    return flips;
}

static void cr0(void)
{
    uint64_t old = read_cr0();
    struct flips flips = flip_all(CR0, old, read_cr0, 0);
    bool good = flips.refused & CR0_PG && flips.refused & CR0_PE && flips.refused & CR0_NW &&
                flips.refused >> 32 == 0xffffffff && read_cr0() == old;
    report(good, "I9", "cr0-bits", "refused 0x%lx, kept 0x%lx", flips.refused, flips.kept);
    int vector = try_write(CR0, old | CR0_CD);
    uint64_t shown = read_cr0();
    int both = try_write(CR0, old | CR0_CD | CR0_NW);
    try_write(CR0, old);
    report(read_cr0() == old, "I9", "cr0-cache-disable", "CD: %s, then reads 0x%lx; CD and NW: %s",
           fault_name(vector), shown, fault_name(both));
}

/* SMSW and LMSW, while what the guest sees is not what hardware holds. */
static void machine_status(void)
{
    static const struct {
        uint8_t bytes[4], count, width;
    } reads[] = {{{0x66, 0x0f, 0x01, 0xe0}, 4, 2},
                 {{0x0f, 0x01, 0xe0}, 3, 4},
                 {{0x48, 0x0f, 0x01, 0xe0}, 4, 8}};
    static const uint8_t store[] = {0x0f, 0x01, 0x23}, load[] = {0x0f, 0x01, 0x33};
    uint64_t old = read_cr0(), memory = ~0ull;
    struct code_registers registers = {.rbx = (uint64_t)&memory};
    unsigned good = 0;
    write_cr0((old | CR0_CD) & ~(uint64_t)(CR0_NE | CR0_TS));
    uint64_t cr0 = read_cr0();
    for (unsigned i = 0; i < 3; i++) {
        registers.rax = ~0ull;
        struct code_result result = code_try(reads[i].bytes, reads[i].count, 0, &registers);
        uint64_t due = reads[i].width == 2 ? cr0 | ~0xffffull : (uint32_t)cr0;
        good += result.exact && result.vector == NO_FAULT && result.registers.rax == due;
    }
    struct code_result stored = code_try(store, sizeof(store), 0, &registers);
    good += stored.exact && stored.vector == NO_FAULT && memory == ((cr0 & 0xffff) | ~0xffffull);
    memory = (cr0 & 0xffff) | CR0_TS | CR0_NE;
    struct code_result loaded = code_try(load, sizeof(load), 0, &registers);
    good += loaded.exact && loaded.vector == NO_FAULT && read_cr0() == (cr0 | CR0_TS);
    registers.rbx = (uint64_t)memory_page(2, MEMORY_NOTHING);
    const uint8_t *const faulting[] = {store, load};
    for (unsigned i = 0; i < 2; i++) {
        struct code_result result = code_try(faulting[i], 3, 0, &registers);
        good += result.exact && result.vector == VECTOR_PF && !(cpu_self()->fault.rflags & TF) &&
                cpu_self()->fault.cr2 == registers.rbx && read_cr0() == (cr0 | CR0_TS);
    }
    write_cr0(old);
    report(good == 7 && read_cr0() == old, "I9", "smsw-lmsw", "%u of 7 as on a machine of its own",
           good);
}

static void cr4(void)
{
    uint64_t old = read_cr4();
    struct flips flips = flip_all(CR4, old, read_cr4, 0);
    bool vmx = !(flips.refused & CR4_VMXE), smx = !(flips.refused & CR4_SMXE);
    bool good = !vmx && !smx && flips.refused & CR4_PAE && flips.refused >> 33 == 0x7fffffff &&
                read_cr4() == old;
    report(good, "I9", "cr4-bits", "refused 0x%lx, kept 0x%lx", flips.refused, flips.kept);
}

static void cr3(void)
{
    uint64_t old = read_cr3(), refused = 0;
    if (!is_intel()) {
        report(true, "I9", "cr3-reserved",
               "not tried: the emulator of AMD-V ends the guest for it, not the instruction");
        return;
    }
    for (unsigned bit = 52; bit < 63; bit++) {
        bool faulted = try_write(CR3, old | 1ull << bit) != NO_FAULT;
        refused |= faulted ? 1ull << bit : 0;
        try_write(CR3, old);
    }
    report(read_cr3() == old, "I9", "cr3-reserved", "refused 0x%lx", refused);
}

static void cr8(void)
{
    unsigned good = 0, refused = 0;
    for (uint64_t value = 0; value <= CR8_MAX; value++) {
        good += try_write(CR8, value) == NO_FAULT && read_cr8() == value;
    }
    for (unsigned bit = 4; bit < 64; bit++) {
        refused += try_write(CR8, 1ull << bit) != NO_FAULT;
    }
    write_cr8(0);
    /* QEMU, which emulates AMD-V, refuses none, and KVM looks at eight bits. */
    report(good == CR8_MAX + 1 &&
               (refused == 60 || !is_intel() || (refused >= 4 && cmdline_has("kvm"))),
           "I9", "cr8", "%u values taken, %u bits refused", good, refused);
}

/* Control and debug registers that don't exist: 0F 20-23 with every register number. */
static void absent_registers(void)
{
    unsigned faulted = 0, tried = 0;
    for (unsigned opcode = 0x20; opcode <= 0x23; opcode++) {
        for (unsigned number = 0; number < 16; number++) {
            bool debug = opcode & 1,
                 exists = debug ? number < 8
                                : number == 0 || (number >= 2 && number <= 4) || number == 8;
            uint8_t code[] = {number & 8 ? 0x44 : 0x40, 0x0f, (uint8_t)opcode,
                              (uint8_t)(0xc0 | (number & 7) << 3)};
            struct code_registers registers = {0};
            if (exists) {
                continue;
            }
            struct code_result result = code_try(code, sizeof(code), 0, &registers);
            tried++;
            faulted += result.vector == VECTOR_UD && result.exact;
        }
    }
    report(faulted == tried, "I9", "cr-dr-absent", "%u of %u with #UD", faulted, tried);
}

static void write_dr7_value(void *arg)
{
    write_dr7(*(const uint64_t *)arg);
}

static void read_dr7_value(void *arg)
{
    *(uint64_t *)arg = read_dr7();
}

static void read_dr6_value(void *arg)
{
    *(uint64_t *)arg = read_dr6();
}

static void debug_registers(void)
{
    static const uint64_t values[] = {0, ~0ull, RESIDUE_MARKER, 0x8000000000000000};
    bool same = true;
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        write_dr0(values[i]);
        write_dr1(~values[i]);
        write_dr2(values[i]);
        write_dr3(~values[i]);
        same &= read_dr0() == values[i] && read_dr1() == ~values[i] && read_dr2() == values[i] &&
                read_dr3() == ~values[i];
    }
    write_dr0(0);
    write_dr1(0);
    write_dr2(0);
    write_dr3(0);
    uint64_t high = 1ull << 32 | 0x400, detect = DR7_GD | 0x400, value = 0;
    int reserved = probe(write_dr7_value, &high);
    probe(write_dr7_value, &detect);
    int detected = probe(read_dr7_value, &value); /* #DB, which clears GD */
    uint64_t dr6 = 0;
    if (probe(read_dr6_value, &dr6) != NO_FAULT) {
        report(false, "I9", "dr-general-detect", "GD stays set in its handler");
        return;
    }
    write_dr6(DR6_RESET);
    write_dr7(0x400);
    report(same && reserved == VECTOR_GP, "I9", "dr-values", "kept %u; high half of DR7: %s", same,
           fault_name(reserved));
    report(detected == VECTOR_DB && dr6 & 1u << 13, "I9", "dr-general-detect", "%s, DR6 0x%lx",
           fault_name(detected), dr6);
}

struct xcr {
    uint32_t index;
    uint64_t value;
};

static void do_xsetbv(void *arg)
{
    const struct xcr *xcr = arg;
    xcr_write(xcr->index, xcr->value);
}

static void xsetbv(void)
{
    static const struct xcr bad[] = {
        {0, 0},
        {0, 2},
        {0, 4},
        {0, 5},
        {0, 1ull << 63 | 1},
        {0, ~0ull},
        {0, 1ull << 62 | 7},
        {0, 1 << 5 | 7},
        {0, 1 << 3 | 1},
        {0, 1 << 17 | 7},
        {0, 1 << 8 | 7},
        {1, 1},
        {1, 0},
        {2, 7},
        {0xffffffff, 7},
    };
    if (!(cpuid(1, 0).ecx & CPUID_XSAVE)) {
        report(true, "I9", "xsetbv", "no XSAVE here");
        return;
    }
    uint64_t cr4_before = read_cr4();
    struct xcr without = {0, 1};
    int off = probe(do_xsetbv, &without);
    write_cr4(cr4_before | CR4_OSXSAVE);
    uint64_t old = xcr_read(0);
    unsigned refused = 0, count = sizeof(bad) / sizeof(bad[0]);
    for (unsigned i = 0; i < count; i++) {
        struct xcr xcr = bad[i];
        refused += probe(do_xsetbv, &xcr) == VECTOR_GP;
    }
    struct cpuid leaf = cpuid(0xd, 0);
    struct xcr every = {0, (uint64_t)leaf.edx << 32 | leaf.eax};
    uint64_t unsupported = 0;
    for (unsigned bit = 0; bit < 64; bit++) {
        struct xcr one = {0, every.value | 1ull << bit};
        if (!(every.value >> bit & 1)) {
            unsupported += probe(do_xsetbv, &one) == NO_FAULT;
        }
    }
    int good = probe(do_xsetbv, &every);
    uint64_t taken = xcr_read(0);
    xcr_write(0, old);
    write_cr4(cr4_before);
    report(refused == count && !unsupported && good == NO_FAULT && taken == every.value &&
               off == VECTOR_UD,
           "I9", "xsetbv",
           "%u of %u bad values refused, %lu unsupported bits taken, good one: %s; "
           "without OSXSAVE: %s",
           refused, count, unsupported, fault_name(good), fault_name(off));
}

void attack_control(void)
{
    cr0();
    machine_status();
    cr3();
    cr4();
    cr8();
    absent_registers();
    debug_registers();
    xsetbv();
}

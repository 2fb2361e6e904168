/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every MSR of the ranges that processors use is read, and written with several values; what was
 * accepted is put back at once. Nothing that belongs to the machine may keep a value.
 */
#include "attack.h"
#include "guests/lib/apic.h"
#include "guests/lib/boot.h"
#include "guests/lib/console.h"
#include "guests/lib/x86.h"
#include <stddef.h>

struct range {
    uint32_t first, last;
    const char *why;
};

static const struct range ranges[] = {
    {0, 0x1fff, "low"},
    {0x40000000, 0x400000ff, "hypervisor"},
    {0xc0000000, 0xc0001fff, "extended"},
    {0xc0010000, 0xc0010fff, "AMD"},
};

/* Not written by the sweep: a good value would end or blind the attacker itself. */
static const struct range spared[] = {
    {MSR_APIC_BASE, MSR_APIC_BASE, "own APIC off: tried by name"},
    {0x800, 0x83f, "own APIC registers: tried by name"},
    {MSR_EFER, MSR_EFER, "own mode: tried by name"},
};

/* The machine's: a write must fault or leave no trace. */
static const struct range host_owned[] = {
    {0x10, 0x10, "TSC"},
    {0x17, 0x17, "platform id"},
    {0x3a, 0x3b, "feature control, TSC adjust"},
    {0x79, 0x79, "microcode update"},
    {0x8b, 0x8b, "microcode revision"},
    {0x9b, 0x9e, "SMM monitor, SMBASE"},
    {0xce, 0xce, "platform information"},
    {0xe2, 0xe2, "C-states"},
    {0x122, 0x122, "TSX control"},
    {0x150, 0x150, "voltage mailbox"},
    {0x179, 0x17b, "machine check"},
    {0x186, 0x18d, "performance event select"},
    {0x194, 0x194, "clock ratio"},
    {0x198, 0x19d, "performance and thermal control"},
    {0x1a0, 0x1a4, "miscellaneous enable, temperature, prefetchers"},
    {0x1a6, 0x1b2, "energy, package thermal"},
    {0x1d9, 0x1d9, "debug control"},
    {0x1f2, 0x1f3, "SMRR"},
    {0x1fc, 0x1fc, "power control"},
    {0x200, 0x26f, "MTRR"},
    {0x2ff, 0x2ff, "MTRR default type"},
    {0x280, 0x29f, "CMCI"},
    {0x300, 0x3ff, "performance counters"},
    {0x400, 0x47f, "machine check banks"},
    {0x480, 0x4ff, "VMX capabilities"},
    {0x500, 0x5ff, "trace"},
    {0x600, 0x6bf, "power limits"},
    {0x770, 0x777, "hardware P-states"},
    {0xc80, 0xdff, "cache allocation, debug interface"},
    {0xc0010000, 0xc0010fff, "AMD system"},
};

/* What a sweep of MSR numbers has met. */
struct tally {
    uint32_t tried, taken, stuck;
    uint32_t first_stuck;
    uint64_t digest;
};

static bool in(const struct range *list, size_t count, uint32_t msr)
{
    for (size_t i = 0; i < count; i++) {
        if (msr >= list[i].first && msr <= list[i].last) {
            return true;
        }
    }
    return false;
}
#define IN(list, msr) in(list, sizeof(list) / sizeof((list)[0]), msr)

/* 0x6a0-0x6a8, TSC_DEADLINE and PKRS lie in the power limits' range but are a guest's. */
static bool is_host_owned(uint32_t msr)
{
    bool guests = (msr >= 0x6a0 && msr <= 0x6a8) || msr == 0xda0 || msr == 0xd90;
    return !guests && IN(host_owned, msr);
}

static const char *owner_name(uint32_t msr)
{
    for (size_t i = 0; i < sizeof(host_owned) / sizeof(host_owned[0]); i++) {
        if (msr >= host_owned[i].first && msr <= host_owned[i].last) {
            return host_owned[i].why;
        }
    }
    return "";
}

static void remember(struct tally *tally, uint32_t msr)
{
    tally->taken++;
    tally->digest = (tally->digest ^ msr) * 0x100000001b3ull; /* FNV-1a, a word at a time */
}

/* Runs of numbers, printed as first-last where all is. */
struct runs {
    uint32_t first, next;
    bool open;
};

static void runs_say(const char *text)
{
    if (attack_is_verbose()) {
        print("%s", text);
    }
}

static void runs_end(struct runs *runs)
{
    bool shown = runs->open && attack_is_verbose();
    if (shown && runs->next - runs->first == 1) {
        print(" 0x%x", runs->first);
    } else if (shown) {
        print(" 0x%x-0x%x", runs->first, runs->next - 1);
    }
    runs->open = false;
}

static void runs_add(struct runs *runs, uint32_t msr)
{
    if (!runs->open || msr != runs->next) {
        runs_end(runs);
        runs->first = msr;
        runs->open = true;
    }
    runs->next = msr + 1;
}

static void read_all(void)
{
    struct tally tally = {0};
    struct runs runs = {0};
    runs_say("attack: msr readable:");
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        for (uint32_t msr = ranges[i].first; msr <= ranges[i].last; msr++) {
            uint64_t value;
            tally.tried++;
            if (probe_rdmsr(msr, &value) == NO_FAULT) {
                remember(&tally, msr);
                runs_add(&runs, msr);
            }
        }
        runs_end(&runs);
    }
    runs_say("\n");
    report(true, "I10", "msr-read", "%u tried, %u readable, digest 0x%lx", tally.tried, tally.taken,
           tally.digest);
}

/* Writes `value`; true if it was taken. The old value comes back, and a trace is noted. */
static bool write_one(struct tally *tally, uint32_t msr, uint64_t value, bool readable,
                      uint64_t old)
{
    uint64_t now = old;
    if (probe_wrmsr(msr, value) != NO_FAULT) {
        return false;
    }
    if (readable && is_host_owned(msr) && msr != MSR_TSC && value != old &&
        probe_rdmsr(msr, &now) == NO_FAULT && now == value && !tally->stuck++) {
        tally->first_stuck = msr;
    }
    if (readable) {
        probe_wrmsr(msr, old);
    }
    return true;
}

static void write_msr(struct tally *tally, struct runs *runs, uint32_t msr)
{
    static const uint64_t values[] = {0, ~0ull, 1, 0x5555555555555555, 0xffffffff};
    uint64_t old;
    bool readable = probe_rdmsr(msr, &old) == NO_FAULT, taken = false;
    /* one that can't be read can't be put back: so only the values that do nothing if taken */
    size_t count = readable ? sizeof(values) / sizeof(values[0]) : 2;
    for (size_t i = 0; i < count; i++) {
        taken |= write_one(tally, msr, values[i], readable, old);
    }
    if (readable) {
        taken |= write_one(tally, msr, old, true, old);
        for (unsigned bit = 0; bit < 64; bit++) {
            taken |= write_one(tally, msr, old ^ 1ull << bit, true, old);
        }
    }
    tally->tried++;
    if (taken) {
        remember(tally, msr);
        runs_add(runs, msr);
    }
}

static void write_all(void)
{
    struct tally tally = {0};
    struct runs runs = {0};
    uint64_t start = rdtsc();
    wrmsr(APIC_LVT_TIMER, APIC_MASKED | TIMER_VECTOR); /* deadlines that are written never come */
    runs_say("attack: msr writable:");
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        for (uint32_t msr = ranges[i].first; msr <= ranges[i].last; msr++) {
            if (!IN(spared, msr)) {
                write_msr(&tally, &runs, msr);
            }
        }
        runs_end(&runs);
    }
    runs_say("\n");
    if (tally.stuck) {
        report(false, "I10", "msr-write", "%u of the machine's keep a value, first 0x%x (%s)",
               tally.stuck, tally.first_stuck, owner_name(tally.first_stuck));
    } else {
        report(true, "I10", "msr-write", "%u tried, %u writable, digest 0x%lx", tally.tried,
               tally.taken, tally.digest);
    }
    uint64_t passed = rdtsc() - start;
    report(passed < 1ull << 40, "I10", "msr-tsc", "the TSC went on by %lu", passed);
}

/* Mode bits of EFER: what was refused must not stand there afterwards. */
static void efer(void)
{
    uint64_t old = rdmsr(MSR_EFER), kept = 0, now;
    for (unsigned bit = 0; bit < 64; bit++) {
        bool mode = bit == 8 || bit == 10; /* LME, LMA: #GP while paging is on */
        if (probe_wrmsr(MSR_EFER, old ^ 1ull << bit) == NO_FAULT) {
            now = rdmsr(MSR_EFER);
            kept |= now ^ old;
            probe_wrmsr(MSR_EFER, old);
            report(!mode || now == old, "I10", "msr-efer-bit", "bit %u is taken", bit);
        }
    }
    /* SCE 0, NXE 11, LMSLE 13, FFXSR 14, TCE 15 and above are a guest's own; SVME 12 is not */
    report(!(kept & 1u << 12), "I10", "msr-efer", "bits that can be switched 0x%lx", kept);
}

static void apic_base(void)
{
    static const uint64_t values[] = {0,          0x800,      0x400,
                                      0xc00,      0xd00,      ~0ull,
                                      0xfee00000, 0xfee00800, 0xfee00d00 ^ 0x100,
                                      0xd0000d00, 0x100000d00};
    uint64_t old = rdmsr(MSR_APIC_BASE);
    unsigned refused = 0;
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        refused += probe_wrmsr(MSR_APIC_BASE, values[i]) != NO_FAULT;
    }
    uint64_t now = rdmsr(MSR_APIC_BASE);
    report(now == old && timer_works(), "I4", "msr-apic-base", "0x%lx as before, %u refused", now,
           refused);
}

void attack_msr(void)
{
    read_all();
    write_all();
    efer();
    apic_base();
}

/* Registers of the x2APIC range that don't exist or that are read-only. */
void attack_x2apic(void)
{
    static const uint32_t read_only[] = {APIC_ID, APIC_VERSION, APIC_LDR, APIC_TMCCT};
    unsigned taken = 0, tried = 0;
    uint64_t id = rdmsr(APIC_ID), value;
    for (size_t i = 0; i < sizeof(read_only) / sizeof(read_only[0]); i++) {
        tried++;
        taken += probe_wrmsr(read_only[i], 0x55) == NO_FAULT;
    }
    for (uint32_t msr = 0x840; msr <= 0x8ff; msr++) {
        tried += 2;
        taken += probe_rdmsr(msr, &value) == NO_FAULT;
        taken += probe_wrmsr(msr, 0) == NO_FAULT;
    }
    report(rdmsr(APIC_ID) == id, "I4", "x2apic-read-only", "%u of %u taken, id 0x%lx stays", taken,
           tried, id);
    wrmsr(APIC_TPR, 0);
    unsigned reserved = 0;
    for (unsigned bit = 8; bit < 64; bit++) {
        reserved += probe_wrmsr(APIC_TPR, 1ull << bit) == NO_FAULT;
        reserved += probe_wrmsr(APIC_EOI, 1ull << bit) == NO_FAULT;
        reserved += probe_wrmsr(APIC_SELF_IPI, 1ull << bit) == NO_FAULT;
    }
    wrmsr(APIC_TPR, 0);
    report(timer_works(), "I4", "x2apic-reserved", "%u values with reserved bits taken", reserved);
}

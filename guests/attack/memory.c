/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I1: what lies outside the domain's memory reads as all ones and takes no write, wherever the
 * hypervisor, other domains or the machine's devices have something at that address.
 */
#include "guests/lib/memory.h"
#include "attack.h"
#include "guests/lib/boot.h"
#include "guests/lib/x86.h"
#include "residue.h"

enum { CANARY_QWORDS = 512, PHYSICAL_BITS_MAX = 52 };

/* What a run of addresses answered. */
struct sweep {
    uint64_t tried, ones, faults, other;
    uint64_t first_bad, bad_value;
};

struct access {
    volatile uint64_t *at;
    uint64_t before, after;
};

static uint64_t canary[CANARY_QWORDS];

/* Is there anything at `gpa` that the domain was given? */
static bool is_given(uint64_t gpa)
{
    for (uint32_t i = 0; i < boot_info.memory_count; i++) {
        const struct guest_memory *range = &boot_info.memory[i];
        if (gpa - range->base < range->bytes) {
            return true;
        }
    }
    return gpa < GUEST_LOAD_MIN || gpa - GUEST_IOAPIC < PAGE_BYTES ||
           gpa - GUEST_ECAM < LARGE_PAGE_BYTES / 2 || pci_holds(gpa);
}

static void read_write_read(void *arg)
{
    struct access *access = arg;
    access->before = *access->at;
    *access->at = RESIDUE_MARKER;
    access->after = *access->at;
}

static void touch(struct sweep *sweep, uint64_t gpa)
{
    if (is_given(gpa)) {
        return;
    }
    struct access access = {(volatile uint64_t *)memory_window(gpa & ~7ull), ~0ull, ~0ull};
    int vector = probe(read_write_read, &access);
    sweep->tried++;
    if (access.before != ~0ull || access.after != ~0ull) {
        if (!sweep->other++) {
            sweep->first_bad = gpa;
            sweep->bad_value = access.before != ~0ull ? access.before : access.after;
        }
    } else if (vector != NO_FAULT) {
        sweep->faults++;
    } else {
        sweep->ones++;
    }
}

static void tell(const struct sweep *sweep, const char *name)
{
    if (sweep->other) {
        report(false, "I1", name, "%lu of %lu addresses answer, first 0x%lx with 0x%lx",
               sweep->other, sweep->tried, sweep->first_bad, sweep->bad_value);
    } else {
        report(true, "I1", name, "%lu addresses: %lu all ones, %lu faults", sweep->tried,
               sweep->ones, sweep->faults);
    }
}

/* Every GiB up to 1 TiB, then every power of two with its neighbours to the architecture's end. */
static void every_gib(void)
{
    struct sweep sweep = {0};
    for (uint64_t gpa = 0; gpa < 1ull << 40; gpa += HUGE_PAGE_BYTES) {
        touch(&sweep, gpa);
    }
    tell(&sweep, "memory-every-gib");
    sweep = (struct sweep){0};
    for (unsigned bit = 20; bit < PHYSICAL_BITS_MAX; bit++) {
        touch(&sweep, 1ull << bit);
        touch(&sweep, (1ull << bit) + GUEST_LOAD_MIN);
        touch(&sweep, (1ull << bit) - 8);
        touch(&sweep, (1ull << bit) + (uint64_t)image_start);
    }
    tell(&sweep, "memory-powers-of-two");
}

/* Where a machine of a few GiB has the hypervisor, other domains, firmware and devices. */
static void every_large_page(void)
{
    struct sweep sweep = {0};
    for (uint64_t gpa = 0; gpa < 2 * GUEST_HOLE_END; gpa += LARGE_PAGE_BYTES) {
        touch(&sweep, gpa);
        touch(&sweep, gpa + LARGE_PAGE_BYTES - 8);
    }
    tell(&sweep, "memory-every-2mib");
}

static void edges(void)
{
    struct sweep sweep = {0};
    for (uint32_t i = 0; i < boot_info.memory_count; i++) {
        uint64_t end = boot_info.memory[i].base + boot_info.memory[i].bytes;
        for (uint64_t page = 0; page < 512; page++) {
            touch(&sweep, end + page * PAGE_BYTES);
            touch(&sweep, boot_info.memory[i].base - (page + 1) * PAGE_BYTES);
        }
        for (uint64_t offset = 0; offset < PAGE_BYTES; offset += 8) {
            touch(&sweep, end + offset);
        }
    }
    tell(&sweep, "memory-edges");
}

void attack_memory(void)
{
    for (unsigned i = 0; i < CANARY_QWORDS; i++) {
        canary[i] = ~RESIDUE_MARKER + i;
    }
    every_gib();
    every_large_page();
    edges();
    bool same = true;
    for (unsigned i = 0; i < CANARY_QWORDS; i++) {
        same &= ((volatile uint64_t *)canary)[i] == ~RESIDUE_MARKER + i;
    }
    report(same, "I1", "memory-own", "own memory %s", same ? "is unchanged" : "has changed");
}

/* Pages that are a device's on every PC: one word after the other, in all widths. */
struct window {
    const char *name;
    uint64_t base, bytes, step;
};

static const struct window windows[] = {
    {"window-apic", 0xfee00000, 0x1000, 0x10},
    {"window-apic-others", 0xfee01000, 0xff000, 0x1000},
    {"window-hpet", 0xfed00000, 0x1000, 8},
    {"window-tpm", 0xfed40000, 0x5000, 0x80},
    {"window-chipset", 0xfed10000, 0x30000, 0x100},
    {"window-iommu", 0xfed90000, 0x4000, 0x20},
    {"window-ioapic-others", 0xfec01000, 0xff000, 0x1000},
    {"window-flash", 0xff000000, 0x1000000, 0x4000},
    {"window-ecam-beyond", GUEST_ECAM + 0x100000, 0xff00000, 0x40000},
    {"window-ecam-q35", 0xb0000000, 0x10000000, 0x100000},
};

static void all_widths(void *arg)
{
    struct access *access = arg;
    volatile uint8_t *at = (volatile uint8_t *)access->at;
    uint8_t byte = *at;
    uint16_t word = *(volatile uint16_t *)at;
    uint32_t dword = *(volatile uint32_t *)at;
    bool ones = byte == 0xff && word == 0xffff && dword == 0xffffffff;
    *at = 0;
    *(volatile uint16_t *)at = 0;
    *(volatile uint32_t *)at = 0;
    access->before = ones ? ~0ull : dword;
}

void attack_windows(void)
{
    for (unsigned i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
        struct sweep sweep = {0};
        for (uint64_t offset = 0; offset < windows[i].bytes; offset += windows[i].step) {
            uint64_t gpa = windows[i].base + offset;
            touch(&sweep, gpa);
            if (is_given(gpa)) {
                continue;
            }
            struct access access = {(volatile uint64_t *)memory_window(gpa), ~0ull, ~0ull};
            if (probe(all_widths, &access) == NO_FAULT && access.before != ~0ull &&
                !sweep.other++) {
                sweep.first_bad = gpa;
                sweep.bad_value = access.before;
            }
        }
        tell(&sweep, windows[i].name);
    }
}

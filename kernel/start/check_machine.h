/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The separation check, the machine's part (kernel/check/check.h): what is nobody's own, so that no
 * processor sees it in its tables. Its functions return false with invariant and text in `result`.
 */
#ifndef BULKHEAD_CHECK_MACHINE_H
#define BULKHEAD_CHECK_MACHINE_H

#include "arch/x86/include/check_topology.h"
#include "kernel/abi/handoff.h"
#include "kernel/check/check.h"
#include "kernel/manifest.h"

#define MAX_HPA    (1ull << 52)
#define LOCAL_APIC 0xfee00000ull

/* A function's configuration space, by dwords. */
enum {
    CONFIG_ID = 0x0,
    CONFIG_COMMAND = 0x4,
    CONFIG_HEADER = 0xc,
    CONFIG_BARS = 0x10,
    CONFIG_BUSES = 0x18, /* of a bridge: above, directly below, last below */
    HEADER_TYPE = 0x7f0000,
    HEADER_BRIDGE = 0x10000,
    BAR_BITS = 15,
};

/* Whether all of a run lies in another; no sum can overflow. */
static inline bool inside(uint64_t base, uint64_t bytes, uint64_t outer, uint64_t outer_bytes)
{
    return base >= outer && base - outer < outer_bytes && bytes <= outer_bytes - (base - outer);
}

/* Whether two runs have an address in common. */
static inline bool overlap(uint64_t a, uint64_t a_bytes, uint64_t b, uint64_t b_bytes)
{
    return a_bytes && b_bytes && (inside(a, 1, b, b_bytes) || inside(b, 1, a, a_bytes));
}

/*
 * Who reads the IOMMU units' faults: the first processor that nobody has, or else management's, or
 * else domain 0's.
 */
static inline uint32_t check_reader(const struct handoff *handoff)
{
    for (uint32_t i = 0; i < handoff->cpu_count; i++)
        if (handoff->cpus[i].domain == HANDOFF_NOBODY)
            return i;
    uint64_t domain = handoff->management == HANDOFF_NOBODY ? 0 : handoff->management;
    return handoff->domains[domain].cpus[0];
}

struct check_machine {
    const struct handoff *handoff;
    const struct manifest *manifest; /* opened */
    /* What processor `cpu` of the handoff said of itself. */
    const struct check_topology *(*topology)(uint32_t cpu, void *context);
    /* The page at host-physical `hpa`, readable, or NULL if it can't be seen. */
    const void *(*frame)(uint64_t hpa, void *context);
    /* Register `index` of the I/O APIC at `address`. */
    uint32_t (*ioapic)(uint64_t address, uint32_t index, void *context);
    void *context;
    struct check_result *result;
    struct check_evidence evidence;
    uint8_t last_below[256]; /* by bus: where what its bridge leads to ends; 0: no bridge so far */
    uint32_t functions;      /* what was seen: of PCI */
    uint32_t lines;          /* and of I/O APICs */
};

/* Whether `one` holds of all numbers below `count`. */
static inline bool check_each(const struct check_machine *check, uint32_t count,
                              bool (*one)(const struct check_machine *check, uint32_t index))
{
    for (uint32_t i = 0; i < count; i++)
        if (!one(check, i))
            return false;
    return true;
}

/* Whether `bytes` are what is due, and zeros follow them to the end of the room. */
bool check_same(const void *kept, const void *due, uint64_t bytes, uint64_t room);

/* All of the machine's part, ownership first. Returns result->ok. */
bool check_machine(struct check_machine *machine);

/* Where a device answers that no domain has. */
struct check_window {
    const char *name; /* NULL: nowhere */
    uint64_t base, bytes;
};
struct check_window check_window_in(const struct handoff *handoff, uint64_t base, uint64_t bytes);

/* Whose a run is, or a part of it: an extent's owner or such a device; NULL: nobody's. */
const char *check_whose(const struct handoff *handoff, uint64_t base, uint64_t bytes);

/* Whether every frame and every processor has one owner, the manifest's, and slices say the same.
 */
bool check_owners(const struct check_machine *check);

/* Of that: who management is; and that it keeps of the others what manifest and handoff say. */
bool check_management(const struct check_machine *check);
bool check_book(const struct check_machine *check);

/*
 * Of that: no thread of a core is another domain's (I2), nor is there one where the manifest says
 * so: judged by what the loader did not look at, and CPUID leaf 0xB must agree.
 */
bool check_threads(const struct check_machine *check);

/* Of the rest, I/O APICs and PCI (check_devices.c). */
bool check_machine_devices(struct check_machine *machine);

/* IOMMU units, their tables, and who has which function (check_iommu.c). */
bool check_machine_iommu(const struct check_machine *machine);

/*
 * Each PCI function that the manifest gives, and no other, its registers where hardware has them,
 * and reached by its domain alone (I1, I3).
 */
bool check_functions(const struct check_machine *check);

/* Where a function's configuration space, a page, has a capability; 0: nowhere. */
uint32_t check_capability(const volatile uint32_t *config, uint32_t id);

/* The APIC id that the interrupt line of a serial port knocks at; HANDOFF_NOBODY: no one's. */
uint32_t check_knocked_by(const struct check_machine *machine, uint32_t line);

#endif

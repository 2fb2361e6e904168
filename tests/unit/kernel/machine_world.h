/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A machine for the tests of the machine's part of the separation check: the world of
 * check_world.h with payloads, two I/O APICs, and PCI functions of which two buses are in ECAM.
 */
#ifndef BULKHEAD_MACHINE_WORLD_H
#define BULKHEAD_MACHINE_WORLD_H

#include "check_world.h"
#include "kernel/start/check_machine.h"

#define MIB (1ull << 20)

enum {
    ECAM = 0xe0000000,
    FIRST_IOAPIC = 0xfec00000,
    SECOND_IOAPIC = 0xfec01000,
    MADE_SCRUB = 0x1a00000,
    MADE_FUNCTIONS = 8,
    MADE_UNITS = 2,
    FIRST_UNIT = 0xfed90000, /* and one every page */
    MADE_ENTRIES = 0x1c00000,
    MADE_ROOT = 0x1d00000,
    MADE_ROOT_BYTES = 0x5000, /* three context tables, and one that no bus needs */
    MADE_QUEUE = 0x1d20000,
    MADE_LIST = 0x1e00000, /* domain 0's functions, domain 1's MADE_LIST_STEP behind */
    MADE_LIST_STEP = 0x80000,
    MADE_VECTORS = 0x1e10000, /* of domain 0 */
    MADE_BAR = 0xd0000000,    /* of the card: four pages, the second trapped */
    SHA = 1 << 29,
};

struct made_function {
    uint32_t number, id, command, class, header, buses, bars[2];
    uint32_t express, acs; /* its capability's first dword; registers of its access control */
};

struct setting {
    struct world world;
    struct manifest_payload payloads[2];
    struct check_machine machine;
    uint32_t ioapics[2][0x40];
    struct made_function functions[MADE_FUNCTIONS];
    uint32_t config_address;
    uint32_t pic_masks;
    bool ecam_unseen;
    uint32_t ecam_hides; /* a function; 0: none */
    uint32_t units[MADE_UNITS][PAGE_BYTES / 4];
    struct manifest_device devices[3];
};

/* The one that was made last: ports have no context. Its handoff, and that one's domains. */
extern struct setting *the;
extern struct handoff *h;
extern struct handoff_domain *domain0, *domain1;

/* Without a fault; `world` is aimed at processor `cpu`. */
struct setting *machine_make(uint32_t cpu);

/*
 * Adds two IOMMU units: domain 0 gets the card behind the port, domain 1 the function that lacks
 * its function 0 and, silent, the disks; the last function of all is muted. Registers of the card
 * have windows below 4 GiB, those of the other a page of 2 MiB above.
 */
void machine_add_units(void);

/* Writes each domain's list of functions as the handoff has them now. */
void machine_list(void);

/* Entry `index` of the interrupt-remapping table; of the context table of a bus. */
uint64_t *made_entry(uint32_t index);
uint64_t *made_context(uint32_t requester);

/* What is broken in it, one thing a row, and how it is named. */
struct corruption {
    const char *name;
    void (*corrupt)(void);
    const char *invariant, *text;
};

#define BREAK(name, ...)                                                                           \
    static void name(void)                                                                         \
    {                                                                                              \
        __VA_ARGS__;                                                                               \
    }
/* With slices of what the handoff says now: the machine's part finds nothing, or this. */
void machine_must_accept(void);
void machine_must_refuse(const struct corruption *row);

/* A test of a row, whose state it is: a machine with units, then `corrupt`. */
void machine_refuses(void **state);

/* How the loader's arithmetic reaches its memory (boot/plan/plan.h, plan_memory). */
void *machine_reach(uint64_t hpa, uint64_t bytes, void *context);

void machine_drop(struct setting *setting);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small machine for the tests of the separation check, built by hand: four processors, two
 * domains and one parked processor, its tables written straight from the formats.
 *
 *   domain 0  cpus 0, 1   3 MiB at gpa 0 and 1 MiB at gpa 4 GiB, 4 KiB pages
 *   domain 1  cpu 2       4 MiB at gpa 0, 2 MiB pages
 *   nobody    cpu 3
 */
#ifndef BULKHEAD_CHECK_WORLD_H
#define BULKHEAD_CHECK_WORLD_H

#include "kernel/check/check.h"
#include "kernel/start/check_machine.h"

enum {
    WORLD_BYTES = 32 << 20,
    WORLD_TRAMPOLINE = 0x8000,
    WORLD_TEXT = 0x100000,
    WORLD_CONSTANTS = 0x104000,
    WORLD_HANDOFF = 0x106000,
    WORLD_HANDOFF_BYTES = 0x19000,
    WORLD_START = 0x180000,
    WORLD_START_BYTES = 0x3000,
    WORLD_BOOT = 0x184000,
    WORLD_BOOT_BYTES = 0x4000,
    WORLD_STOP = 0x170000,
    WORLD_CPU = 0x200000, /* and one every WORLD_CPU_STEP */
    WORLD_CPU_STEP = 0x40000,
    WORLD_STATE_PAGES = 8,   /* 5 of data, three stacks of 1 */
    WORLD_TABLES = 0x400000, /* and one every WORLD_DOMAIN_STEP, as all below */
    WORLD_DOMAIN_STEP = 0x100000,
    WORLD_TABLES_BYTES = 0x80000,
    WORLD_PAYLOAD = 0x480000,
    WORLD_PRIVATE = 0x490000,
    WORLD_PUBLIC = 0x498000,
    WORLD_SLICE = 0x49c000,
    WORLD_RAM = 0x800000, /* domain 0; domain 1 follows after the guard gap */
    WORLD_RAM_STEP = 0x600000,
    WORLD_NOBODY = 0x1800000,
    WORLD_GUARD = 0x63000, /* the narrowest gap: from the slice to the next domain's tables */
};

struct world {
    uint8_t *memory; /* host-physical 0 .. bytes */
    uint64_t bytes;
    bool amd;
    struct handoff handoff;
    struct manifest_header header;
    struct manifest_domain rules[2];
    struct manifest manifest;
    struct check_registers registers;
    struct check_segment segments[7];
    uint32_t cpu;                             /* that is checked */
    struct check_topology topology[MAX_CPUS]; /* as each says it */
    struct check_input input;
    struct check_result result;
    const void *(*beyond)(uint64_t hpa); /* pages behind `memory`; NULL: there are none */
    uint32_t also_granted;               /* an MSR that the policy grants too, or 0: */
    bool also_written;                   /* for writing, else for reading */
    uint64_t next_table[4]; /* by processor that is built; a domain's share its first's */
};

/* The whole machine, without a fault, registers those of processor `cpu`. */
void world_make(struct world *world, bool amd, uint32_t cpu);
void world_free(struct world *world);

/* For tables that others built: fills registers, bitmaps and input for processor `cpu`. */
void world_aim(struct world *world, uint32_t cpu, uint32_t segment_count);

/* What a processor says of the threads of its core; `context` is the world. */
const struct check_topology *world_topology(uint32_t cpu, void *context);

/* Writes each processor's slice as the handoff has it now. */
void world_slice(struct world *world);

/* The machine's part, then the part of the processor's domain, in pieces of `piece` entries. */
bool world_check(struct world *world, unsigned piece);

/* The entry of `level` (4 the top) for `address` in the tables at `root`; tables must be there. */
uint64_t *world_entry(struct world *world, uint64_t root, uint64_t address, unsigned level);

/* Maps a page of `level`; makes the tables that lack. `cpu`: whose pool they come from. */
void world_map(struct world *world, uint32_t cpu, uint64_t root, uint64_t address, uint64_t entry,
               unsigned level, uint64_t branch);

extern const uint64_t world_ept_leaf;

#endif

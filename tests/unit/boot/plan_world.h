/* SPDX-License-Identifier: Apache-2.0 */
/* A machine and a manifest for the tests of the loader's arithmetic, to be changed there. */
#ifndef BULKHEAD_PLAN_WORLD_H
#define BULKHEAD_PLAN_WORLD_H

#include "boot/plan/plan.h"
#include "made_files.h"
#include "tests/unit/made_manifest.h"

#define MIB (1ull << 20)
#define GIB (1ull << 30)

enum { WORLD_KERNEL_ROOM = 0x20000, WORLD_PAYLOAD_ROOM = 16 << 20 };

struct world {
    struct facts facts;
    bool memory_listed;
    struct made_manifest made;
    struct manifest manifest;
    struct plan_input in;
    struct handoff handoff;
    struct diagnostic why;
    uint8_t kernel[WORLD_KERNEL_ROOM];
    uint8_t payload[WORLD_PAYLOAD_ROOM];
    uint8_t *memory; /* sparse host-physical memory; NULL before world_build() */
};

/* Four processors, 2 GiB of memory as OVMF leaves it, made_kernel(), no domain. */
void world_init(struct world *world);
void world_free(struct world *world);

/* The same, allocated. */
struct world *world_make(void);
void world_drop(struct world *world);

/* Adds a payload: the ELF file, or `bytes` bytes at `data`. Returns its index. */
uint32_t world_add_elf(struct world *world, const struct made_elf *elf);
uint32_t world_add_payload(struct world *world, const char *path, const void *data, size_t bytes);

/* A small elf64 guest at 1 MiB, added as a payload. */
uint32_t world_add_guest(struct world *world);

struct manifest_domain *world_add_domain(struct world *world, const char *name, uint32_t cpus,
                                         uint64_t memory, uint32_t payload);

/* All that is free now is all the memory there is; world_place() does it if nobody did. */
void world_list_memory(struct world *world);

/* Seals and opens the manifest, then places; clears the handoff first. */
bool world_place(struct world *world);

/*
 * Builds into fresh memory filled with 0xa5. Fails the test if plan_build() reaches for a byte
 * that is in no extent, or in RAM.
 */
void world_build(struct world *world);
void *world_reach(uint64_t hpa, uint64_t bytes, void *world);

/* Must place, or the test fails; must refuse, with all of the words in the text. */
void world_must_place(struct world *world);
#define world_must_refuse(world, ...) world_refuses(world, (const char *const[]){__VA_ARGS__, NULL})
void world_refuses(struct world *world, const char *const *words);

/* I1: extents sorted, disjoint, in free memory, guard gaps between owners. Fails the test. */
void world_check_extents(const struct world *world);

#endif

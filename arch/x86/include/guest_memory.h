/* SPDX-License-Identifier: Apache-2.0 */
/* The guest's memory as its instructions see it, through this domain's private map of its RAM. */
#ifndef BULKHEAD_GUEST_MEMORY_H
#define BULKHEAD_GUEST_MEMORY_H

#include "cr_bits.h"
#include "kernel/abi/layout.h"
#include "upcalls.h"
#include "vcpu.h"
#include <stddef.h>

/*
 * The `bytes`, at most a page, at guest-physical `gpa`, or NULL where RAM does not back all of
 * them. It starts at 0, and its first segment nearly always is all there is below the hole.
 */
void *guest_ram_above(uint64_t gpa, uint64_t bytes);
static inline void *guest_ram(uint64_t gpa, uint64_t bytes)
{
    const struct handoff_ram *low = &cpu.domain->ram[0];
    return gpa <= low->bytes - bytes ? (void *)(VA_RAM + gpa) : guest_ram_above(gpa, bytes);
}

enum { GUEST_FETCH_BYTES = 16, GUEST_WALK_LEVELS = 4 };

/* A walk through 64-bit paging tables: each entry on the way, and where it was read. */
struct guest_walk {
    const uint64_t *at[GUEST_WALK_LEVELS];
    uint64_t entry[GUEST_WALK_LEVELS];
    unsigned count;
};

/* The page that the last instruction came from, and the walk that led there. */
struct guest_code {
    struct guest_walk walk;
    uint64_t cr3; /* GUEST_NO_CODE: there is none */
    uint64_t linear;
    const uint8_t *frame;
};
#define GUEST_NO_CODE (~0ull)
extern struct guest_code guest_code_last;
const uint8_t *guest_find_code(uint64_t linear);
void guest_forget_code(void);

/*
 * The bytes at RIP of a guest in long mode, GUEST_FETCH_BYTES at least; NULL: it is not in long
 * mode, RAM does not back them, or they may lie in two pages. guest_fetch() serves all of these.
 * The last walk holds for as long as each of its entries is what it was: nothing can be stale.
 */
static inline const uint8_t *guest_code(void)
{
    const struct guest_code *code = &guest_code_last;
    const struct guest_walk *walk = &code->walk;
    uint64_t linear = vcpu_cs_base() + vcpu_rip(), offset = linear - code->linear;
    if (__builtin_expect(vcpu_efer() & EFER_LMA && offset <= PAGE_BYTES - GUEST_FETCH_BYTES &&
                             code->cr3 == vcpu_cr3() && *walk->at[0] == walk->entry[0] &&
                             *walk->at[1] == walk->entry[1] && *walk->at[2] == walk->entry[2] &&
                             *walk->at[3] == walk->entry[3],
                         1))
        return code->frame + offset;
    return guest_find_code(linear);
}

/* Copies the instruction at RIP, 15 bytes as far as they can be read; returns how many. */
unsigned guest_fetch(uint8_t out[GUEST_FETCH_BYTES]);

static inline bool guest_is_64(void)
{
    enum { CS_LONG = 1 << 13 };
    return vcpu_cs_rights() & CS_LONG && vcpu_efer() & EFER_LMA;
}

/* The size of the guest's code segment: 16, 32 or 64. */
unsigned guest_code_bits(void);

#endif

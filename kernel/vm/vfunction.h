/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a domain sees of one of its PCI functions: configuration space, and the pages of its BARs
 * that are judged. Configuration space is compiled (kernel/abi/function.h); over it lie registers
 * that are virtual. A write is split by register, each with its own bytes, and of all that can be
 * written only this reaches hardware: the bus-master bit, MSI and MSI-X (vmsi.h), in Device Control
 * the read request size, relaxed ordering and extended tags, in Device Status the bits that a 1
 * clears. Memory decode and the power state are virtual; BARs answer sizing and never move.
 *
 * All functions may be called by any processor of the domain, at any time.
 */
#ifndef BULKHEAD_VFUNCTION_H
#define BULKHEAD_VFUNCTION_H

#include "lock.h"
#include "vmsi.h"

struct vfunction {
    const struct function *function;
    const uint8_t *reads, *hardware; /* pages: what it reads as, which bits are hardware's */
    volatile uint8_t *config;        /* hardware's configuration space */
    uint64_t own;                    /* dwords below 0x100 that have virtual state, a bit each */
    uint64_t table, pending, legacy; /* guest-physical addresses of what is judged */
    struct vmsi msi;
    struct lock lock;
    uint32_t command; /* as the guest wrote it */
    uint32_t power;
    uint32_t sizing; /* BARs that answer with their size, a bit each */
    bool quarantined;
};

/*
 * `pages`: both pages; `vectors`: function_vectors_bytes(). The pages that are judged are seen
 * where function->traps says. Then vfunction_reset().
 */
void vfunction_setup(struct vfunction *f, const struct function *function, const uint8_t *pages,
                     volatile uint8_t *config, uint8_t *vectors);

/* Virtual state as after power-on, and hardware with it; it decodes memory unless it is silent.
 * Ends a quarantine. */
void vfunction_reset(struct vfunction *f);

/* Bus mastering off, until the next vfunction_reset(). */
void vfunction_quarantine(struct vfunction *f);

/* `bytes` 1, 2, 4 or 8 at `offset` of configuration space, all of them inside. */
uint32_t vfunction_read_dword(const struct vfunction *f, unsigned at);
uint64_t vfunction_read_parts(const struct vfunction *f, unsigned offset, unsigned bytes);
static inline uint64_t vfunction_read(const struct vfunction *f, unsigned offset, unsigned bytes)
{
    return bytes == 4 && offset % 4 == 0 ? vfunction_read_dword(f, offset)
                                         : vfunction_read_parts(f, offset, bytes);
}
void vfunction_write(struct vfunction *f, unsigned offset, unsigned bytes, uint64_t value);

/*
 * The guest's access to a page that is judged, where `hardware` is what lies at `gpa`. Those that
 * aren't naturally aligned read all ones and write nothing, so none leaves its page.
 */
uint64_t vfunction_read_memory(const struct vfunction *f, const volatile uint8_t *hardware,
                               uint64_t gpa, unsigned bytes);
void vfunction_write_memory(struct vfunction *f, volatile uint8_t *hardware, uint64_t gpa,
                            unsigned bytes, uint64_t value);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* What a dying life leaves behind (plant.c) and the next one looks for (residue.c). */
#ifndef GUEST_RESIDUE_H
#define GUEST_RESIDUE_H

#include "kernel/abi/guest.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RESIDUE_MARKER 0x5a17c0de5a17c0deull
#define TEXT_CANARY    0x1122334455667788ull
#define ADDRESS_MARKER 0x00005a17c0de5a10ull /* canonical, for registers that hold an address */

enum { STATE_BYTES = 8192, FXSAVE_BYTES = 512, CPUID_XSAVE = 1 << 26, CR4_OSXSAVE = 1 << 18 };
#define STATE_PLANTED 0x2e7ull /* XCR0 components that take any value: all but MPX and later */

/* An MSR that a guest may have been granted: its value after reset, and one to leave there. */
struct residue_msr {
    uint32_t msr;
    const char *name;
    uint64_t reset, plant;
    uint64_t free; /* bits that the entry state leaves open */
};
extern const struct residue_msr residue_msrs[];
extern const size_t residue_msr_count;

extern uint64_t residue_bss[512];      /* zero in a new life */
extern volatile uint64_t residue_data; /* RESIDUE_DATA in a new life */
#define RESIDUE_DATA 0x0123456789abcdefull
extern volatile uint64_t text_canary;

/* Ranges of RAM that the loader fills, sorted; all other RAM is zero at entry. */
struct residue_range {
    uint64_t from, to;
    const char *name;
};
enum { RESIDUE_RANGES = 7 };
extern const struct residue_range residue_filled[RESIDUE_RANGES];

/* Is this range memory? The PC's reserved one below 1 MiB is, too. */
bool residue_is_ram(const struct guest_memory *range);

/* early.asm */
size_t nonzero_at(const void *from, size_t qwords);
void state_save(void *area, uint64_t components);
void state_load(const void *area, uint64_t components);
void fpu_save(void *area);
void fpu_load(const void *area);
uint64_t xcr_read(uint32_t index);
void xcr_write(uint32_t index, uint64_t value);

#endif

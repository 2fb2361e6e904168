/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Control registers: what a guest may set and what then stands in hardware. All functions are
 * pure: false means #GP(0) and nothing changed. Intel SDM, "MOV—Move to/from Control Registers",
 * "Control Registers", "XSETBV"; AMD APM, "EFER".
 */
#ifndef BULKHEAD_CR_H
#define BULKHEAD_CR_H

#include "arch/x86/include/cr_bits.h"
#include "arch/x86/include/features.h"

/* As the guest sees them (where a register has a shadow: the shadow). */
struct control_registers {
    uint64_t cr0, cr3, cr4, efer;
    bool cs_long; /* CS.L: with EFER.LMA, 64-bit mode */
};

/*
 * Guest/host masks: caches stay on (TRAPS 22), NE and MCE stay set (TRAPS 18), what a guest may
 * not set exits. The other bits are the guest's own and never exit.
 */
#define CR0_HOST_OWNED (CR0_NE | CR0_NW | CR0_CD)
uint64_t cr4_host_owned(const struct cpu_features *features);

/* What a write makes of `guest`. CR0.PG also switches EFER.LMA, so take over cr0 *and* efer. */
bool cr0_write(struct control_registers *guest, uint64_t value);
bool cr4_write(struct control_registers *guest, const struct cpu_features *features,
               uint64_t value);
bool efer_write(struct control_registers *guest, const struct cpu_features *features,
                uint64_t value);

/*
 * PAE paging: no present pointer has a reserved bit, with physical addresses of so many bits, 32 to
 * 52; false for any other number.
 */
enum { PDPTES = 4 };
bool pdptes_good(const uint64_t pdptes[PDPTES], unsigned physical_bits);

/* XSETBV with ECX = `index`; true: `value` may go into the hardware's XCR0. */
bool xcr0_write(const struct cpu_features *features, uint32_t index, uint64_t value);

/* The hardware's value for what the guest sees. */
uint64_t cr0_hardware(uint64_t cr0);
uint64_t cr4_hardware(const struct cpu_features *features, uint64_t cr4);
uint64_t efer_hardware(const struct cpu_features *features, uint64_t efer);

#endif

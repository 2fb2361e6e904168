/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a processor of the hypervisor sees what (I11). Every processor has page tables of its own
 * and sees its own state at the same address as every other processor sees its own: there is no
 * per-CPU pointer, and no map of anyone else's state.
 *
 * boot/ builds these tables from the kernel's ELF program headers and the handoff; the separation
 * check walks them. Pages between two segments stay unmapped: these are the stacks' guard pages.
 *
 * What only start-up needs (VA_START, VA_HANDOFF) is mapped by the tables that processors start on
 * and not by those that they keep.
 */
#ifndef BULKHEAD_ABI_LAYOUT_H
#define BULKHEAD_ABI_LAYOUT_H

/* Kernel ELF segments, by virtual address. linker.ld places the sections. */
#define VA_KERNEL      0xffffffff80000000ull /* text (read, execute) and constants (read): shared */
#define VA_KERNEL_END  0xffffffff88000000ull
#define VA_START       0xffffffff90000000ull /* start-up text and constants */
#define VA_START_END   0xffffffff98000000ull
#define VA_SLICE       0xffffffffa0000000ull /* its slice of handoff and manifest (read) */
#define VA_SLICE_END   0xffffffffa0010000ull
#define VA_HANDOFF     0xffffffffa8000000ull /* handoff and manifest whole: at start-up */
#define VA_HANDOFF_END 0xffffffffb0000000ull
#define VA_STOP        0xffffffffb0000000ull /* the stop word's page (read, write): shared */
#define VA_STOP_END    0xffffffffb0001000ull
#define VA_RECORD      0xffffffffb0002000ull /* this processor's panic record (read, write) */
#define VA_RECORD_END  0xffffffffb0003000ull
#define VA_CPU         0xffffffffc0000000ull /* this processor's state and stacks (read, write) */
#define VA_CPU_END     0xffffffffc8000000ull
#define VA_DOMAIN      0xffffffffd0000000ull /* this domain's private state (read, write) */
#define VA_DOMAIN_END  0xffffffffd8000000ull
#define VA_PUBLIC      0xffffffffe0000000ull /* this domain's public pages (read, write) */
#define VA_PUBLIC_END  0xffffffffe0040000ull

/* What boot/ fills of VA_CPU for the hardware: the MSR bitmap, with AMD-V that of ports too. Then
   what the guest reads by CPUID (arch/x86/grant/cpuid.h). */
#define BITMAPS_BYTES_VTX 0x1000
#define BITMAPS_BYTES_SVM 0x5000

/* Management's only: domain n's public pages at n * OTHERS_STRIDE, not its own; of each the first
   page (read, write), then the rest (read); if it may do nothing with that, its rings (read). */
#define VA_OTHERS     0xffffffffe4000000ull
#define VA_OTHERS_END 0xffffffffe4200000ull
#define OTHERS_STRIDE 0x20000

/* Its functions: what they are, its MSI-X tables, their registers (uncached). */
#define VA_DEVICES     0xffffffffe8000000ull /* EXTENT_DEVICES (read) */
#define VA_DEVICES_END 0xffffffffea000000ull
#define VA_VECTORS     0xffffffffea000000ull /* EXTENT_VECTORS (read, write) */
#define VA_VECTORS_END 0xffffffffec000000ull
#define VA_CONFIG      0xffffffffec000000ull /* ECAM: page n, function n's; page 32 + n, its port's */
#define VA_CONFIG_END  0xffffffffee000000ull
#define VA_TRAPPED     0xffffffffee000000ull /* trapped pages of BARs, run by run */
#define VA_TRAPPED_END 0xfffffffff0000000ull
#define VA_UNITS       0xfffffffff0000000ull /* the fault reader only: IOMMU units' registers */
#define VA_UNITS_END   0xfffffffff0100000ull
#define UNITS_PUBLIC   16 /* page 16 + n of VA_UNITS: domain n's public page (read, write) */
#define VA_REMAP       0xfffffffff1000000ull /* function n's entries of the units' tables (read) */
#define VA_REMAP_END   0xfffffffff1200000ull
#define REMAP_STRIDE                                                                               \
    0x10000             /* a function: the page of its context entry, then those of its block */
#define CONFIG_PORTS 32 /* first page of VA_CONFIG that is a port's */

/* Frames charged to this domain. */
#define VA_TABLES                                                                                  \
    0xffff820000000000ull                /* its EPT and its processors' page tables (read); a      \
                                            processor without a domain: its own page tables */
#define VA_PAYLOAD 0xffff840000000000ull /* its payloads and load templates (read) */
#define VA_RAM     0xffff880000000000ull /* its RAM: VA_RAM + guest-physical (read, write) */

/* Room for the page tables of a processor without a domain, behind its state; then its slice. */
#define PARKED_TABLES_BYTES 0x10000ull

#endif

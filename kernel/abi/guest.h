/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an `elf64` payload finds at entry. The same low-memory map serves `linux` payloads, which
 * find the fields of the Linux/x86 64-bit boot protocol instead of the boot information page.
 *
 * Processor state at entry (the domain's first processor; the others wait for INIT/SIPI):
 *   64-bit mode, CPL 0, IF=0, RIP = ELF entry, RDI = address of struct guest_boot_info,
 *   RSP = GUEST_STACK_TOP, other general registers 0; CR3 = GUEST_PAGE_TABLES mapping the first
 *   4 GiB one to one with 2 MiB pages; GDT with 64-bit code 0x10 and data 0x18 loaded; IDT limit 0;
 *   local APIC in x2APIC mode and software-disabled as after reset; CR0, CR4 and EFER as 64-bit
 *   mode needs, SSE on (CR4.OSFXSR, OSXMMEXCPT), FPU as after FINIT.
 */
#ifndef BULKHEAD_ABI_GUEST_H
#define BULKHEAD_ABI_GUEST_H

#include "guest_machine.h"
#include "limits.h"
#include <stdint.h>

/* More guest-physical addresses that boot/ fills; all else in RAM is zero at entry. */
enum {
    GUEST_CMDLINE = 0x3000,       /* zero-terminated, at most CMDLINE_BYTES */
    GUEST_CONSOLE = 0x20000,      /* the management domain: struct console_info */
    GUEST_ACPI = 0xe0000,         /* RSDP first, then the other tables; up to 0x100000 */
    GUEST_RESET_PAGE = 0xff000,   /* ends in GUEST_RESET_VECTOR */
    GUEST_RESET_VECTOR = 0xffff0, /* real-mode code, where a PC's firmware begins: resets */
    GUEST_ACPI_END = 0x100000,
    GUEST_LOAD_MIN = 0x100000, /* lowest address that an ELF segment may have */
};

#define GUEST_BOOT_MAGIC 0x4f464e49544f4f42ull /* "BOOTINFO" */
enum { GUEST_BOOT_VERSION = 1 };

enum guest_memory_type { GUEST_RAM = 1, GUEST_RESERVED = 2 }; /* as in e820 */

struct guest_memory {
    uint64_t base;
    uint64_t bytes;
    uint32_t type; /* enum guest_memory_type */
    uint32_t reserved;
};

struct guest_boot_info {
    uint64_t magic;
    uint32_t version;
    uint32_t bytes;          /* of this structure */
    char domain[NAME_BYTES]; /* the domain's name */
    uint64_t tsc_hz;
    uint64_t unix_time;     /* seconds when the machine booted; 0: unknown */
    uint64_t unix_time_tsc; /* TSC at that moment */
    uint64_t rsdp;          /* address of the ACPI RSDP */
    uint64_t cmdline;       /* address of the command line */
    uint32_t cpu_count;
    uint32_t memory_count;
    uint32_t apic_ids[MAX_DOMAIN_CPUS]; /* x2APIC ids, the first processor first */
    struct guest_memory memory[MAX_RAM_SEGMENTS + 4];
};

_Static_assert(sizeof(struct guest_memory) == 24, "guest ABI");
_Static_assert(sizeof(struct guest_boot_info) <= 4096, "guest ABI: one page");

#endif

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

#include "limits.h"
#include <stdint.h>

/* Guest-physical addresses that boot/ fills; all else in RAM is zero at entry. */
enum {
    GUEST_GDT = 0x1000,
    GUEST_BOOT_PARAMS = 0x2000,   /* linux: the "zero page" */
    GUEST_CMDLINE = 0x3000,       /* zero-terminated, at most CMDLINE_BYTES */
    GUEST_BOOT_INFO = 0x4000,     /* elf64: struct guest_boot_info */
    GUEST_STACK_TOP = 0x10000,    /* grows down to 0x5000 */
    GUEST_PAGE_TABLES = 0x10000,  /* PML4, PDPT, four page directories */
    GUEST_CONSOLE = 0x20000,      /* the management domain: struct console_info */
    GUEST_ACPI = 0xe0000,         /* RSDP first, then the other tables; up to 0x100000 */
    GUEST_RESET_PAGE = 0xff000,   /* ends in GUEST_RESET_VECTOR */
    GUEST_RESET_VECTOR = 0xffff0, /* real-mode code, where a PC's firmware begins: resets */
    GUEST_ACPI_END = 0x100000,
    GUEST_LOAD_MIN = 0x100000, /* lowest address that an ELF segment may have */
    GUEST_CODE_SELECTOR = 0x10,
    GUEST_DATA_SELECTOR = 0x18,
    GUEST_GDT_BYTES = 0x20,
};
#define GUEST_HOLE_BASE 0xc0000000ull  /* RAM below ends here at the latest */
#define GUEST_HOLE_END  0x100000000ull /* the rest of RAM starts here */
#define GUEST_IOAPIC    0xfec00000ull
#define GUEST_DEVICES   0xc0000000ull  /* registers of its functions, to GUEST_ECAM; larger ones */
                                       /* lie above RAM */
#define GUEST_ECAM       0xe0000000ull /* one bus: 1 MiB */
#define GUEST_ECAM_BYTES 0x100000ull

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

/* Ports of the machine that a domain finds. */
enum {
    GUEST_COM1 = 0x3f8, /* 16550, IRQ 4, edge */
    GUEST_COM1_IRQ = 4,
    GUEST_RTC = 0x70,         /* index, then data: MC146818, time only */
    GUEST_EVENT_IRQ = 5,      /* of its Generic Event Device, edge: the power button */
    GUEST_RESET_PORT = 0xcf9, /* FADT RESET_REG: writing GUEST_RESET_VALUE ends this life */
    GUEST_RESET_VALUE = 0x06,
    GUEST_SLEEP_CONTROL = 0x600, /* FADT SLEEP_CONTROL_REG: SLP_EN | S5 stops the domain */
    GUEST_SLEEP_STATUS = 0x601,  /* FADT SLEEP_STATUS_REG */
    GUEST_SLEEP_S5 = 5,          /* SLP_TYP of \_S5 */
};

/* Our CPUID leaf block: EAX highest leaf, EBX/ECX/EDX "BulkheadBulk"; KVM's comes at +0x100. */
#define GUEST_CPUID_BASE 0x40000000u
#define GUEST_CPUID_KVM  0x40000100u

#endif

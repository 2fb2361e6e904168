/* SPDX-License-Identifier: Apache-2.0 */
/* What of guest.h the hypervisor knows too. */
#ifndef BULKHEAD_ABI_GUEST_MACHINE_H
#define BULKHEAD_ABI_GUEST_MACHINE_H

/* Guest-physical addresses that boot/ fills. */
enum {
    GUEST_GDT = 0x1000,
    GUEST_BOOT_PARAMS = 0x2000,  /* linux: the "zero page" */
    GUEST_BOOT_INFO = 0x4000,    /* elf64: struct guest_boot_info */
    GUEST_STACK_TOP = 0x10000,   /* grows down to 0x5000 */
    GUEST_PAGE_TABLES = 0x10000, /* PML4, PDPT, four page directories */
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

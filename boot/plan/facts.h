/* SPDX-License-Identifier: Apache-2.0 */
/* What the firmware and the processor told the loader; boot/plan/plan.c turns it into a handoff. */
#ifndef BULKHEAD_BOOT_FACTS_H
#define BULKHEAD_BOOT_FACTS_H

#include "arch/x86/grant/cpuid.h"
#include "kernel/abi/console.h"
#include "kernel/abi/handoff.h"
#include <stdbool.h>
#include <stddef.h>

enum {
    MAX_FREE_RANGES = 256,
    MAX_MEMORY_RANGES = 128,
    MAX_ECAMS = 16,
    MAX_MTRRS = 32,
    MAX_FUNCTIONS = 512,
    MAX_RESERVED = 32,
    MAX_SCOPES = 256,
    DIAGNOSTIC_BYTES = 512
};

/* Why the machine does not start: what, both parties where there are two, and the remedy. */
struct diagnostic {
    char text[DIAGNOSTIC_BYTES];
};

struct free_range {
    uint64_t base, bytes; /* conventional memory, whole pages, sorted, no overlaps, below 1 << 46 */
};

struct fact_cpu {
    uint32_t apic_id;
    uint32_t uid;         /* ACPI's own number of it */
    uint32_t sources;     /* as in struct handoff_cpu */
    uint32_t topology[4]; /* EAX to EDX of CPUID leaf 0xB, as it reads them; 0: it has none */
    uint32_t core_id;     /* same number: threads of one core (I2); 0: nobody knows, refuse */
    bool boot;            /* the processor that firmware started */
    struct cpu_features features; /* that a guest may use; none: it did not say */
    struct vcpuid cpuid;          /* what a guest reads */
};

/* Memory-mapped configuration space of some buses of a PCI segment group (MCFG). */
struct fact_ecam {
    uint64_t base; /* of bus 0, whichever bus is the first */
    uint32_t segment, bus_first, bus_last;
};

/* An address as people write it, of segment group 0 and of any. */
#define PCI_NAME            "%02x:%02x.%u"
#define PCI_PARTS(pci)      (pci) >> 8 & 0xff, (pci) >> 3 & 31, (pci)&7
#define PCI_LONG_NAME       "%04x:" PCI_NAME
#define PCI_LONG_PARTS(pci) (pci) >> 16, PCI_PARTS(pci)

/* A PCI function as the scan of configuration space found it. */
struct fact_bar {
    uint64_t base, bytes; /* bytes 0: there is none, or it was not sized: nobody is to have it */
    uint32_t type;        /* low bits of the register: enum in kernel/abi/function.h */
    uint32_t reserved;
};
struct fact_function {
    uint32_t pci;        /* segment << 16 | bus << 8 | device << 3 | function */
    uint32_t id;         /* register 0: device << 16 | vendor */
    uint32_t class_code; /* register 8: class << 24 | subclass << 16 | interface << 8 | revision */
    uint8_t header;      /* type without the multi-function bit: 0 endpoint, 1 bridge, 2 CardBus */
    bool multifunction;  /* the bit, as its device's function 0 has it */
    bool master;         /* the bus-master bit was set */
    uint8_t secondary, subordinate; /* bridges: bus numbers */
    /* Capabilities: where they are, 0: none. A list that loops or leaves its room: `bad_list`. */
    bool bad_list;
    uint8_t power, msi, msix, express, advanced;
    uint8_t port_type; /* PCI Express device/port type; valid if `express` */
    uint16_t acs;      /* extended capabilities */
    uint16_t sriov, ats, pri, pasid;
    uint16_t acs_capability, acs_control; /* the second as it reads back after it was written */
    uint16_t msi_control, msix_control, power_capabilities;
    uint32_t express_capabilities; /* Device Capabilities */
    uint8_t advanced_capabilities;
    bool no_soft_reset;                /* PMCSR bit 3 */
    uint32_t msix_table, msix_pending; /* registers: offset | BAR */
    uint32_t slot_capabilities;        /* of a PCI Express port with a slot */
    bool has_serial_number;
    uint64_t serial_number;  /* Device Serial Number capability */
    uint32_t legacy_offset;  /* of an xHCI's legacy support capability in BAR 0, of those that the
                                manifest names; 0: none */
    struct fact_bar bars[6]; /* sized: of those that the manifest names */
    struct free_range windows[2]; /* of a bridge: memory that it passes on, prefetchable memory */
    const uint8_t *config; /* 4096 bytes as they read, of those that the manifest names; or NULL */
};

/* A device scope entry of the DMAR (VT-d, "Device Scope Structure"). */
enum scope_type { SCOPE_ENDPOINT = 1, SCOPE_BRIDGE = 2, SCOPE_IOAPIC = 3, SCOPE_HPET = 4 };
enum { SCOPE_PATH = 4 };
struct fact_scope {
    uint8_t type; /* enum scope_type, or another */
    uint8_t enumeration;
    uint8_t bus;  /* start bus number */
    uint8_t hops; /* of the path; SCOPE_PATH + 1: it has more than fit: covers any function */
    uint8_t path[SCOPE_PATH]; /* device << 3 | function */
};
struct fact_iommu {
    uint64_t registers;
    uint32_t segment;
    bool include_all;
    uint32_t scope_first, scope_count;        /* in scopes[] */
    uint64_t capability, extended_capability; /* registers, as they read; 0: not read yet */
};
/* Memory that firmware keeps for functions (RMRR). */
struct fact_reserved {
    uint64_t base, end; /* the last byte's address + 1 */
    uint32_t segment;
    bool any; /* its scope can't be followed or does not fit: it is of any function (TRAPS 61) */
    uint32_t scope_first, scope_count;
};

/* A watchdog that the firmware's table WDAT tells of: it runs if what the port reads as, shifted
 * and masked, is the value. */
struct fact_watchdog {
    bool there;
    uint8_t bytes; /* of the register; 0: it can't be asked */
    uint8_t shift;
    uint16_t port;
    uint32_t mask, value;
};

/* Memory type range registers of the processor that firmware started, as they read. */
struct fact_mtrr {
    uint64_t default_type; /* IA32_MTRR_DEF_TYPE */
    uint64_t forced_end;   /* AMD: from 4 GiB to here the default is write-back; 0: nowhere */
    uint32_t count;
    uint64_t base[MAX_MTRRS], mask[MAX_MTRRS];
};

struct facts {
    uint64_t entry_tsc, tsc_hz;
    uint64_t wait_tsc; /* ticks for which the loader only waited, to measure tsc_hz */
    uint64_t unix_time, unix_time_tsc;
    uint64_t boots;      /* counted by the firmware's store; 0: not known */
    uint32_t boot_store; /* enum audit_store */
    uint64_t jump_page;  /* of the loader's text, from which it enters the kernel */
    uint64_t survivors;  /* where the boot before had its stop word and records; 0: not known */
    uint64_t seed_bytes; /* for the console, of the firmware or the TPM; 0: no random numbers */
    uint8_t seed[CONSOLE_SEED_BYTES];
    uint32_t physical_address_bits; /* CPUID 0x80000008 */
    uint32_t microcode;             /* revision; 0: the processor says none */
    struct fact_mtrr mtrr;
    bool host_huge_pages;         /* CPUID: 1 GiB pages in ordinary page tables */
    bool nested_huge_pages;       /* EPT capability bit 17; AMD: as host_huge_pages */
    bool nested_large_pages;      /* EPT capability bit 16; AMD: always */
    bool large_executable_unsafe; /* CVE-2018-12207: executable RAM must get 4 KiB leaves */
    bool amd;                     /* nested tables have the format of ordinary page tables */
    uint32_t cpu_count;
    struct fact_cpu cpus[MAX_CPUS];
    uint32_t ioapic_count;
    struct handoff_ioapic ioapics[MAX_IOAPICS];
    struct handoff_screen screen; /* glyph_offset not yet set */
    const uint8_t *glyphs;        /* glyph_height rows of one byte for each of ' '..'~', or NULL */
    uint32_t ecam_count;
    struct fact_ecam ecam[MAX_ECAMS];
    uint64_t hpet_base; /* 0: no table names one */
    struct fact_watchdog watchdog;
    bool dmar;                /* there is a DMAR table */
    bool interrupt_remapping; /* DMAR flag INTR_REMAP */
    bool x2apic_opt_out;      /* DMAR flag X2APIC_OPT_OUT */
    uint32_t iommu_count;     /* VT-d units */
    struct fact_iommu iommus[MAX_IOMMUS];
    uint32_t reserved_count;
    struct fact_reserved reserved[MAX_RESERVED];
    uint32_t scope_count;
    struct fact_scope scopes[MAX_SCOPES];
    uint32_t function_count; /* ascending by `pci` */
    struct fact_function functions[MAX_FUNCTIONS];
    uint32_t boot_function; /* that the image was read from, as `pci`; FUNCTION_NONE: unknown */
    uint32_t memory_count;  /* RAM of whatever use, as the firmware's map lists it; sorted */
    struct free_range memory[MAX_MEMORY_RANGES];
    uint32_t free_count; /* of it, what nobody uses */
    struct free_range free[MAX_FREE_RANGES];
};

/* Where the registers of a window's buses lie. */
static inline struct free_range ecam_range(const struct fact_ecam *ecam)
{
    return (struct free_range){ecam->base + ((uint64_t)ecam->bus_first << 20),
                               ((uint64_t)ecam->bus_last - ecam->bus_first + 1) << 20};
}

/* The first window of segment 0, which the hypervisor is told of; NULL: there is none. */
static inline const struct fact_ecam *ecam_first(const struct facts *facts)
{
    for (uint32_t i = 0; i < facts->ecam_count; i++)
        if (facts->ecam[i].segment == 0)
            return &facts->ecam[i];
    return NULL;
}

/* Bytes of the glyphs ' '..'~' that `screen` speaks of. */
static inline uint64_t glyph_bytes(const struct handoff_screen *screen)
{
    return (uint64_t)('~' - ' ' + 1) * screen->glyph_height;
}

#endif

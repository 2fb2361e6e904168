/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hardware of a machine, as Linux shows it below /sys and /proc, or a saved copy of those
 * files, or a survey. Nothing read is trusted, and what cannot be read is named and left out.
 */
#ifndef BULKHEAD_HW_H
#define BULKHEAD_HW_H

#include "kernel/sha256.h"
#include "tools/text.h"
#include <stdbool.h>

enum {
    HW_BARS = 6,
    HW_CACHES = 4,
    HW_CONFIG_BYTES = 4096,
    HW_CONVENTIONAL_BYTES = 256, /* with fewer the capabilities were not seen */
    UARTS = 4,
};

/* Something that could not be read, and what follows from that. */
struct hw_missing {
    const char *path, *why, *lost;
};

struct hw_cache {
    uint64_t level;
    const char *type, *size, *shared; /* list of processors */
};

struct hw_cpu {
    uint32_t number, apic_id, package, core;
    const char *siblings; /* list of processors of this core, NULL: unknown */
    struct hw_cache caches[HW_CACHES];
    uint32_t cache_count;
};

struct hw_bar {
    uint64_t start, end, flags; /* flags as the kernel's resource file has them */
};

struct hw_function {
    uint32_t address; /* segment << 16 | bus << 8 | device << 3 | function */
    uint32_t vendor, device, class_code;
    const char *driver, *reset_method; /* NULL: none, not known */
    const char *name, *class_name;     /* as pci.ids has them; NULL: not known */
    int32_t group;                     /* of the IOMMU; -1: none */
    struct hw_bar bars[HW_BARS];
    uint32_t config_bytes; /* readable: 64 without privilege */
    bool is_bridge, has_express, has_flr, has_af_flr, has_d3_reset;
    uint8_t secondary, subordinate; /* buses of a bridge */
    uint32_t msi_vectors, msix_vectors, msix_bar, msix_offset;
    uint32_t pending_bar, pending_offset; /* of the MSI-X pending bits */
    bool bad_list;                        /* its list of capabilities can't be followed */
    bool has_resources;                   /* its registers' places were seen */
    struct hw_bar windows[2];             /* of a bridge: memory that it passes on; end 0: none */
    bool has_acs, has_serial, has_sriov;
    uint32_t acs_capability, express_type;
    uint64_t serial;
    int64_t physical; /* address of the function whose virtual one this is; -1: none */
    const struct hw_function *group_head; /* stands for all that reaches it past the IOMMU: a bridge
                                             above it, or the first function of a device */
};

/* A function that a scope names; of a bridge all that is behind it too. */
struct hw_scope_entry {
    int64_t address; /* -1: its path cannot be followed */
    bool is_bridge;
};

struct hw_scope {
    struct hw_scope_entry *entries;
    uint32_t count;
    bool is_open;     /* there may be more: an entry that cannot be followed, or is damaged */
    const char *text; /* by path; ">*": all behind a bridge */
};

struct hw_unit {
    uint32_t segment, flags; /* bit 0: all functions that no other unit has */
    uint64_t base;
    struct hw_scope scope;
    bool shows; /* its two registers of capabilities: */
    uint64_t capability, extended;
};

struct hw_reserved {
    uint32_t segment;
    uint64_t base, limit;
    struct hw_scope scope;
};

/* Memory as the firmware's map has it; `end` belongs to it. */
struct hw_range {
    uint64_t start, end;
    const char *type; /* "System RAM", "Reserved" ... */
};

struct hw_uart {
    uint32_t number, irq; /* irq: the kernel's number, which a driver may have made up */
    uint64_t port, memory;
};

struct survey;

struct hw {
    struct arena arena;
    int root;              /* directory that stands for / */
    struct survey *survey; /* or the files that do, of a text; NULL: the directory */
    const char *save;      /* folder for copies of all that is read; NULL: none */
    bool save_failed;
    const char *saved; /* the day on which the copy was made; NULL: no copy, or not known */
    struct sha256 hash;
    uint8_t digest[32]; /* SHA-256 of all that was read, with the paths */
    struct hw_missing *missing;
    uint32_t missing_count;

    const char *vendor, *model, *microcode, *flags, *vmx_flags; /* of the first processor */
    const char *board, *firmware;
    struct hw_cpu *cpus;
    uint32_t cpu_count;
    uint64_t memory_bytes;
    struct hw_range *ranges; /* of memory; none: not known */
    uint32_t range_count;
    const char *ecc;   /* NULL: not known; "none" of SMBIOS is "None" of EDAC */
    bool has_ipmi;     /* SMBIOS or ACPI tell of a BMC */
    uint32_t *onboard; /* addresses of the network cards that SMBIOS says are part of the board */
    uint32_t onboard_count;
    bool is_uefi, smt_active, smt_known;
    bool surveyed;                   /* firmware told it all, no Linux */
    uint64_t paging_levels;          /* with which firmware runs; 0: not known */
    int secure_boot;                 /* -1: not known, 0: off */
    bool has_tpm, lacks_tpm;         /* 2.0; both false: not known */
    bool shows_firmware, shows_ttys; /* the folders below which UEFI and UARTs would be */
    const char *itlb_multihit;

    struct hw_function *functions; /* by address */
    uint32_t function_count;
    uint32_t unread_count; /* of functions whose segment has five digits: those behind a VMD */
    bool tables_listed, lists_dmar, has_mcfg, has_ivrs; /* by the names of the ACPI tables */
    bool has_dmar;                                      /* and could be read */
    bool dmar_whole;                                    /* to its end */
    bool has_segments;  /* the MCFG has several windows, or one beyond segment group 0 */
    bool has_ecam;      /* and a window of segment group 0 could be read: */
    uint64_t ecam_base; /* where bus 0 of it would be */
    uint32_t ecam_first, ecam_last; /* buses */
    uint32_t dmar_flags;            /* bit 0: interrupt remapping, bit 1: x2APIC opt-out */
    struct hw_unit *units;
    struct hw_reserved *reserved;
    uint32_t unit_count, reserved_count;
    uint64_t *amd_units; /* registers of AMD's IOMMUs, which are not supported */
    uint32_t amd_unit_count;
    struct hw_uart *uarts;
    uint32_t uart_count;
    uint32_t *boot_functions; /* addresses of the controllers of the disks it boots from */
    uint32_t boot_count;
    bool boot_known; /* and these are all that hold the boot loader */
};

/*
 * Reads the machine, or the copy in the folder, or the survey, `from`; with `save` also makes such
 * a copy in a new folder. Returns false with a message on stderr if one of them cannot be used.
 */
bool hw_open(struct hw *hw, const char *from, const char *save);
void hw_close(struct hw *hw);

/* Writes the inventory for people. */
void hw_print(struct hw *hw, FILE *out);

/*
 * Says for each feature whether it is there, and in a last line whether that is enough; returns how
 * many required ones are not there, or cannot be seen.
 */
uint32_t hw_check(struct hw *hw, FILE *out);

/*
 * What every processor must have and these certainly have not; NULL: nothing. Of what is required,
 * a manifest may have enough processors and segments, and how Linux was booted is no fact of the
 * board.
 */
const char *hw_lacks(struct hw *hw);

/*
 * Writes a first manifest; `from` is the folder of the saved copy or NULL. Returns false with a
 * message on stderr if SOURCE_DATE_EPOCH is no date.
 */
bool hw_manifest(struct hw *hw, const char *from, FILE *out);

/* "00:1f.3", or "0001:00:1f.3" outside the first segment. */
const char *hw_address(struct hw *hw, uint32_t address);

/* Whether the function there is the controller of a disk that the machine boots from. */
bool hw_boots_from(const struct hw *hw, uint32_t address);

/* Whether its capabilities were seen, and no reset that counts was; or no MSI. */
bool hw_lacks_reset(const struct hw_function *function);
bool hw_lacks_msi(const struct hw_function *function);

/* Whether both have registers in one page of memory, and where the page begins. */
bool hw_share_page(const struct hw_function *one, const struct hw_function *other, uint64_t *page);

/* Whose processors; both false: another's, or not known. */
bool hw_is_intel(const struct hw *hw);
bool hw_is_amd(const struct hw *hw);

/* Whether the blank-separated list `words` holds `word`. */
bool hw_has_word(const char *words, const char *word);

/*
 * The APIC ids, ascending, of the processors in a list of the kernel, which has its own numbers:
 * "0, 1, 4-7" for "0,2,8-11"; NULL if the list is NULL or names no processor that is there.
 */
const char *hw_apic_ids(struct hw *hw, const char *list);

/* The function at this address, NULL if there is none. */
const struct hw_function *hw_function_at(const struct hw *hw, uint64_t address);

/* Whether the scope names the function, by itself or behind a bridge; an open one names all. */
bool hw_scope_has(const struct hw *hw, const struct hw_scope *scope,
                  const struct hw_function *function);

/* The n-th range of memory that firmware keeps for the function, NULL behind the last. */
const struct hw_reserved *hw_kept(const struct hw *hw, const struct hw_function *function,
                                  uint32_t n);

/* "0x7b000000-0x7b0fffff" */
const char *hw_range_text(struct arena *arena, const struct hw_reserved *reserved);

/* The IOMMU unit that has the function, NULL: not known. */
const struct hw_unit *hw_unit_of(const struct hw *hw, const struct hw_function *function);

/* What organ of the board the function is, which no domain may have; NULL: none. */
const char *hw_organ(const struct hw *hw, const struct hw_function *function);

/* Whether it is a bridge of any kind, which is nobody's. */
bool hw_is_bridge(const struct hw_function *function);

/* Whether Bulkhead's console drives a network card with these ids. */
bool hw_console_drives(uint32_t vendor, uint32_t device);

/* Whether it is a function of the management engine, and one by which AMT shows itself. */
bool hw_is_engine(const struct hw *hw, const struct hw_function *function);
bool hw_is_amt(const struct hw *hw, const struct hw_function *function);

/* Whether Intel's VMD hides functions, and whether this function is one. */
bool hw_is_vmd(const struct hw *hw, const struct hw_function *function);

/* What controller of removable media it is, "a USB controller"; NULL: none. */
const char *hw_removable(const struct hw_function *function);

/* Whether it is a USB controller. */
bool hw_is_usb(const struct hw_function *function);

/* Whether it is part of Intel's chipset, beside the ISA bridge: no domain can have it. */
bool hw_is_beside_isa(const struct hw_function *function);

/* Why nobody can have it, management neither; NULL: one may. */
const char *hw_refusal(struct hw *hw, const struct hw_function *function);

/* Whether the board is AMD's: its IOMMU is not supported, so no device can be assigned. */
bool hw_is_amd_board(const struct hw *hw);

/* An organ that is in one IOMMU group with the function, NULL: none. */
const struct hw_function *hw_group_organ(const struct hw *hw, const struct hw_function *function);

/*
 * What joins both, as the loader judges it: a bridge above them whose configuration shows no ACS,
 * or the first function of a device of which not all functions show it. NULL: nothing.
 */
const struct hw_function *hw_joining_port(const struct hw_function *one,
                                          const struct hw_function *other);

/* "port 00:1c.0 shows no ACS": how the function that joins others does it. */
const char *hw_joint_text(struct arena *arena, const struct hw_function *port);

/* Whether the function's bus lies below the bridge; the bridge directly above it, NULL: none. */
bool hw_is_below(const struct hw_function *function, const struct hw_function *bridge);
const struct hw_function *hw_bridge_above(const struct hw *hw, const struct hw_function *function);

/* Whether it is a root port, or an upstream or downstream port of a switch. */
bool hw_is_port(const struct hw_function *function);

/* Whether the register is one of memory, of a known place. */
bool hw_is_memory(const struct hw_bar *bar);

/* The UART com1 to com4 (1 to 4) at its port, NULL: the machine shows none there. */
const struct hw_uart *hw_uart_at(const struct hw *hw, uint64_t com);

/* Its interrupt line, 0: not known. */
uint32_t hw_uart_line(const struct hw_uart *uart);

/* Where com1 to com4 have their first port on a PC, and the line they have unless it is written. */
extern const uint64_t uart_ports[UARTS];
unsigned uart_default_line(uint64_t com);

/*
 * By what firmware may share a network card: "the management engine (AMT)", "the BMC (NC-SI)";
 * NULL: the machine shows nothing of the kind. `evidence`: what it shows.
 */
const char *hw_sideband(struct hw *hw, const struct hw_function *card, const char **evidence);

/* The functions that only the owner of this one can have, and why, as text; NULL: none. */
const char *hw_partners(struct hw *hw, const struct hw_function *function);

#endif

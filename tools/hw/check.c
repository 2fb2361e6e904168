/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Can this machine run Bulkhead: one row a feature. Required is what the loader refuses to do
 * without (boot/firmware/processor.c, boot/plan/acpi_reader.c).
 */
#include "source.h"

#include "kernel/abi/limits.h"
#include <string.h>

enum { GUEST_APIC_ID_MAX = 254 }; /* as in boot/plan/place_cpus.c */
_Static_assert(MAX_CPUS == 64, "the number stands in a row's name");

enum state { NO, YES, UNKNOWN };

/* What a processor flag says; without any flags nothing is known. */
static enum state flag(const struct hw *hw, const char *intel, const char *amd)
{
    const char *word = hw_is_intel(hw) ? intel : amd;

    if (!hw->flags)
        return UNKNOWN;
    return !word || hw_has_word(hw->flags, word) ? YES : NO;
}

/* The kernel lists VMX features apart, and EPT in both places at one time or another. */
static enum state vmx_flag(const struct hw *hw, const char *intel, const char *amd)
{
    if (hw_is_intel(hw) && hw_has_word(hw->vmx_flags, intel))
        return YES;
    if (hw_is_intel(hw) && !hw->vmx_flags && flag(hw, intel, NULL) == NO)
        return UNKNOWN;
    return flag(hw, intel, amd);
}

static enum state vendor_known(const struct hw *hw)
{
    if (!hw->vendor)
        return UNKNOWN;
    return hw_is_intel(hw) || hw_is_amd(hw) ? YES : NO;
}

static enum state virtualisation(const struct hw *hw)
{
    return flag(hw, "vmx", "svm");
}

static enum state nested_paging(const struct hw *hw)
{
    return vmx_flag(hw, "ept", "npt");
}

static enum state unrestricted_guest(const struct hw *hw)
{
    return vmx_flag(hw, "unrestricted_guest", NULL);
}

static enum state virtual_nmis(const struct hw *hw)
{
    return vmx_flag(hw, "vnmi", NULL);
}

static enum state no_execute(const struct hw *hw)
{
    return flag(hw, "nx", "nx");
}

/* Linux does not tell which of the two firmware runs with; a survey does. */
static enum state four_levels(const struct hw *hw)
{
    if (hw->paging_levels > 0)
        return hw->paging_levels == 4 ? YES : NO;
    return flag(hw, "la57", "la57") == NO ? YES : UNKNOWN;
}

static enum state x2apic(const struct hw *hw)
{
    return flag(hw, "x2apic", "x2apic");
}

static enum state constant_tsc(const struct hw *hw)
{
    return flag(hw, "nonstop_tsc", "nonstop_tsc");
}

static enum state deadline_timer(const struct hw *hw)
{
    return flag(hw, "tsc_deadline_timer", NULL);
}

static enum state smep_smap(const struct hw *hw)
{
    enum state smep = flag(hw, "smep", "smep"), smap = flag(hw, "smap", "smap");

    return smep == YES ? smap : smep;
}

static enum state umip(const struct hw *hw)
{
    return flag(hw, "umip", "umip");
}

/* Of AMD's there is no driver yet. */
static enum state dma_remapping(const struct hw *hw)
{
    if (hw->unit_count > 0)
        return YES;
    return hw_is_amd_board(hw) || (hw->tables_listed && !hw->lists_dmar) ? NO : UNKNOWN;
}

static enum state interrupt_remapping(const struct hw *hw)
{
    if (hw->has_dmar)
        return hw->dmar_flags & 1 ? YES : NO;
    return dma_remapping(hw);
}

static enum state x2apic_allowed(const struct hw *hw)
{
    if (hw->has_dmar)
        return (hw->dmar_flags & 2) != 0 ? NO : YES;
    return dma_remapping(hw) == NO ? YES : UNKNOWN;
}

static enum state uefi(const struct hw *hw)
{
    return hw->is_uefi ? YES : hw->shows_firmware ? NO : UNKNOWN;
}

static enum state ecam(const struct hw *hw)
{
    return hw->has_mcfg ? YES : hw->tables_listed ? NO : UNKNOWN;
}

static enum state one_segment(const struct hw *hw)
{
    bool many = hw->has_segments || hw->unread_count > 0;

    for (uint32_t i = 0; i < hw->function_count; i++)
        many |= hw->functions[i].address >> 16 != 0;
    return many ? NO : hw->function_count > 0 ? YES : UNKNOWN;
}

static enum state few_processors(const struct hw *hw)
{
    return hw->cpu_count == 0 ? UNKNOWN : hw->cpu_count <= MAX_CPUS ? YES : NO;
}

static enum state low_apic_ids(const struct hw *hw)
{
    enum state state = hw->cpu_count > 0 ? YES : UNKNOWN;

    for (uint32_t i = 0; i < hw->cpu_count; i++)
        state = hw->cpus[i].apic_id > GUEST_APIC_ID_MAX ? NO : state;
    return state;
}

static enum state two_processors(const struct hw *hw)
{
    return hw->cpu_count >= 2 ? YES : hw->cpu_count == 0 ? UNKNOWN : NO;
}

/* Those of memory and of cards are no ports that Bulkhead drives. */
static enum state uart(const struct hw *hw)
{
    for (uint64_t com = 1; com <= UARTS; com++) {
        if (hw_uart_at(hw, com))
            return YES;
    }
    return hw->shows_ttys ? NO : UNKNOWN;
}

static enum state ecc(const struct hw *hw)
{
    if (!hw->ecc || strcasecmp(hw->ecc, "unknown") == 0)
        return UNKNOWN;
    return strcasecmp(hw->ecc, "none") == 0 ? NO : YES;
}

static enum state no_smt(const struct hw *hw)
{
    return !hw->smt_known ? UNKNOWN : hw->smt_active ? NO : YES;
}

static enum state no_hypervisor(const struct hw *hw)
{
    return !hw->flags ? UNKNOWN : hw_has_word(hw->flags, "hypervisor") ? NO : YES;
}

static enum state large_pages(const struct hw *hw)
{
    return !hw->itlb_multihit ? UNKNOWN : strstr(hw->itlb_multihit, "Not affected") ? YES : NO;
}

enum need { REQUIRED, DEVICES, WANTED };

static const struct row {
    const char *name;
    enum state (*look)(const struct hw *hw);
    enum need need;
    const char *remedy; /* the firmware's setting, or what follows */
} rows[] = {
    {"processor of Intel or AMD", vendor_known, REQUIRED, "another processor"},
    {"VT-x or AMD-V", virtualisation, REQUIRED,
     "firmware: Intel Virtualization Technology (VMX), or SVM Mode, on"},
    {"EPT or nested paging", nested_paging, REQUIRED,
     "on a processor without it nothing helps; under a hypervisor, let it pass on nested paging"},
    {"unrestricted guest (VT-x)", unrestricted_guest, REQUIRED,
     "on a processor without it nothing helps"},
    {"virtual NMIs (VT-x)", virtual_nmis, REQUIRED,
     "on a processor without them nothing helps; under a hypervisor, let it pass them on"},
    {"x2APIC", x2apic, REQUIRED, "firmware: x2APIC on"},
    {"no-execute pages", no_execute, REQUIRED, "firmware: Execute Disable (XD, NX) on"},
    {"two processors or more", two_processors, REQUIRED,
     "firmware: all cores on; one domain needs one, management another"},
    {"at most 64 processors", few_processors, REQUIRED,
     "firmware: some cores, or the threads of all, off"},
    {"one PCI segment group", one_segment, REQUIRED,
     "firmware: the others off (Intel VMD, also named RST or RAID mode; NUMA nodes)"},
    {"64-bit UEFI", uefi, REQUIRED, "firmware: boot mode UEFI, legacy support (CSM) off"},
    {"firmware with 4-level paging", four_levels, WANTED,
     "the processor has 5 levels too; if firmware runs with them, turn that off there"},
    {"APIC ids up to 254", low_apic_ids, WANTED, "processors with higher ids stay idle"},
    {"TSC that never stops", constant_tsc, WANTED,
     "clocks of domains run wrong while the processor sleeps"},
    {"TSC-deadline timer", deadline_timer, WANTED, "guests use the APIC timer's count"},
    {"SMEP and SMAP", smep_smap, WANTED, "the hypervisor goes without this second line"},
    {"UMIP", umip, WANTED, "the hypervisor goes without this second line"},
    {"DMA remapping", dma_remapping, DEVICES,
     "firmware: VT-d (Intel VT for Directed I/O) on; without it no device can be assigned"},
    {"interrupt remapping", interrupt_remapping, DEVICES,
     "firmware: interrupt remapping or x2APIC on; without it no device can be assigned"},
    {"x2APIC not opted out", x2apic_allowed, DEVICES, "firmware: x2APIC opt-out off"},
    {"ECAM (MCFG)", ecam, DEVICES, "firmware: PCI Express base address on"},
    {"UART at com1 to com4", uart, WANTED,
     "firmware: serial port on, at its first address (3F8h, 2F8h, 3E8h or 2E8h); else the boot log "
     "goes to the display only, and no domain has a port"},
    {"ECC memory", ecc, WANTED, "bit flips, by chance or by hammering rows, go unnoticed"},
    {"SMT off", no_smt, WANTED,
     "firmware: Hyper-Threading off, or give both threads of a core to one domain"},
    {"no ITLB multi-hit erratum", large_pages, WANTED,
     "memory is mapped in 4 KiB pages, which costs tables and speed"},
    {"bare machine", no_hypervisor, WANTED,
     "a hypervisor is below; what is missing above may only be hidden by it"},
};

/* The rows of this need and state as text, NULL if there are none. */
static const char *rows_text(struct hw *hw, enum need need, enum state state)
{
    const char *text = NULL;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].need == need && rows[i].look(hw) == state)
            text = say(&hw->arena, "%s%s%s", text ? text : "", text ? ", " : "", rows[i].name);
    }
    return text;
}

const char *hw_lacks(struct hw *hw)
{
    const char *text = NULL;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool is_feature = rows[i].need == REQUIRED && rows[i].look != two_processors &&
                          rows[i].look != one_segment && rows[i].look != uefi;

        if (is_feature && rows[i].look(hw) == NO)
            text = say(&hw->arena, "%s%s%s", text ? text : "", text ? ", " : "", rows[i].name);
    }
    return text;
}

static void print_verdict(struct hw *hw, FILE *out)
{
    const char *absent = rows_text(hw, REQUIRED, NO), *unseen = rows_text(hw, REQUIRED, UNKNOWN);
    const char *device_absent = rows_text(hw, DEVICES, NO);
    const char *device_unseen = rows_text(hw, DEVICES, UNKNOWN);

    fputs("\nCan this machine run Bulkhead? ", out);
    if (absent)
        fprintf(out, "No, it lacks: %s", absent);
    else if (unseen)
        fprintf(out, "Not known, not seen: %s", unseen);
    else if (device_absent)
        fprintf(out, "Yes, but without devices for domains, it lacks: %s", device_absent);
    else if (device_unseen)
        fprintf(out, "Yes; whether with devices for domains is not known: %s", device_unseen);
    else
        fputs("Yes", out);
    fputs(".\n", out);
}

static const char *remedy(const struct hw *hw, const struct row *row)
{
    if (row->need == DEVICES && hw_is_amd_board(hw))
        return "AMD's IOMMU is not supported yet; domains run without devices";
    if (row->look == x2apic && hw_is_amd(hw))
        return "AMD's processors before Zen 2 have none: not this board";
    if (row->look == one_segment && hw->unread_count > 0)
        return "firmware: Intel VMD off (also named RST, Optane or RAID mode), disks as AHCI and "
               "NVMe";
    return row->remedy;
}

uint32_t hw_check(struct hw *hw, FILE *out)
{
    static const char *const words[] = {"no", "yes", "?"};
    static const char *const needs[] = {"required", "for devices", "wanted"};
    uint32_t lacking = 0;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        enum state state = rows[i].look(hw);

        lacking += state != YES && rows[i].need == REQUIRED;
        fprintf(out, "%-3s  %-28s %s%s%s\n", words[state], rows[i].name, needs[rows[i].need],
                state == YES ? "" : "; ", state == YES ? "" : remedy(hw, &rows[i]));
    }
    for (uint32_t i = 0; i < hw->missing_count; i++)
        fprintf(out, "?    %s: %s %s\n", hw->missing[i].lost, hw->missing[i].path,
                hw->missing[i].why);
    print_verdict(hw, out);
    return lacking;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What the rules about assigned functions share. Used by assign.c; the interface is assign.h. */
#ifndef BULKHEAD_BOOT_JUDGE_H
#define BULKHEAD_BOOT_JUDGE_H

#include "assign.h"
#include "diagnostic.h"

/* PCI Express Base Specification, "PCI Express Capabilities Register": device/port types. */
enum { PORT_ROOT = 4, PORT_UPSTREAM = 5, PORT_DOWNSTREAM = 6 };

enum pci_class {
    CLASS_STORAGE = 0x01, /* base classes */
    CLASS_BRIDGE = 0x06,
    CLASS_HOST_BRIDGE = 0x0600, /* with their subclass */
    CLASS_USB = 0x0c03,
};

/* A function that a domain is to have, while it is judged. */
struct subject {
    const struct facts *facts;
    const struct manifest *manifest;
    const struct manifest_device *device; /* as the manifest lists it */
    const struct fact_function *fact;     /* as it was found; NULL: not yet */
    uint32_t index;                       /* of `fact` in facts->functions */
    struct diagnostic *why;
};

/* "I3: domain NAME is to have the PCI function PCI, " and the text; always false. */
bool deny(const struct subject *subject, const char *text, ...)
    __attribute__((format(printf, 2, 3)));

static inline bool is_silent(const struct subject *subject)
{
    return subject->device->flags & MANIFEST_SILENT;
}

static inline bool is_bridge(const struct fact_function *function)
{
    return function->header != 0;
}

static inline bool is_memory(const struct fact_bar *bar)
{
    return bar->bytes > 0 && !(bar->type & BAR_PORTS);
}

static inline uint32_t bus_of(const struct fact_function *function)
{
    return function->pci >> 8 & 0xff;
}

/* groups.c: the bridge directly above, as an index of facts->functions; FUNCTION_NONE: none. */
uint32_t bridge_above(const struct facts *facts, uint32_t index);

/* Whether it is a root port, or an upstream or downstream port of a switch. */
bool is_port(const struct fact_function *function);

/* Whether the function's bus lies below a bridge. */
bool is_below(const struct fact_function *function, const struct fact_function *bridge);

/* Refuses bridges whose bus numbers loop or overlap: what is above what is not known then. */
bool buses_check(const struct facts *facts, struct diagnostic *why);

/* Whether a scope of the list can't be followed: it may name any function then (TRAPS 61). */
bool scope_is_lost(const struct facts *facts, uint32_t segment, uint32_t scope_first,
                   uint32_t scope_count);

/* organ.c: what part of the chipset it is; NULL: none. */
const char *organ_of(const struct facts *facts, const struct fact_function *function);

/* judge.c: is it what the manifest says, and may anybody have it? */
bool judge_function(const struct subject *subject);

/* Who has a function: its entry in the manifest; NULL: nobody. */
const struct manifest_device *owner_entry(const struct manifest *manifest, uint32_t pci);
const char *owner_name(const struct manifest *manifest, const struct manifest_device *device);

/* Whether the firmware keeps the memory for the function, or for one that `lost` says can't be
 * told. */
bool is_kept_for(const struct facts *facts, const struct fact_reserved *kept, uint32_t index,
                 bool *lost);

/* Ways to reset it, as bits of enum function_reset. */
uint32_t resets_of(const struct subject *subject);

/* registers.c: do its base address registers lie where only its owner reaches them? */
bool judge_registers(const struct subject *subject);
uint32_t vectors_of(const struct fact_function *fact); /* entries of its MSI-X table; 0: none */
uint32_t pending_bytes(uint32_t vectors);

/* remapping.c: is there DMA and interrupt remapping at all, and for this function? */
bool judge_machine(const struct subject *first);
bool judge_unit(const struct subject *subject);

/* How many domain ids a unit has that reads so (VT-d, "Capability Register": ND). */
uint32_t unit_domains(uint64_t capability);

/* registers.c: what else lies in these pages, at `where`: RAM or registers; NULL: nothing known. */
const char *taken_by(const struct facts *facts, const struct free_range *pages, uint64_t *where);

/* The address where what the function's unit can translate ends, at most 1 << 48. */
uint64_t unit_limit(const struct facts *facts, uint32_t index);

/*
 * Whether the domain has functions that do DMA, and all units that they lie behind can snoop caches
 * where a function asks that they don't (VT-d, "Extended Capability Register": SC).
 */
bool domain_is_snooped(const struct facts *facts, const struct handoff *handoff, uint32_t domain);

/* windows.c: guest-physical addresses, trapped pages and windows of a domain's functions. */
bool place_registers(const struct plan_input *in, struct handoff *handoff, uint32_t domain,
                     struct diagnostic *why);

#endif

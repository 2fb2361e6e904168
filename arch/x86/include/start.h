/* SPDX-License-Identifier: Apache-2.0 */
/* What kernel/start/ asks of arch/, while the whole handoff is mapped. */
#ifndef BULKHEAD_START_H
#define BULKHEAD_START_H

#include "mce.h"
#include "upcalls.h"

/* The whole, of which slice() is what stays. */
static inline const struct handoff *handoff(void)
{
    return (const struct handoff *)VA_HANDOFF;
}

/*
 * Once on each processor: descriptor tables, machine checks, protections of the hypervisor itself
 * (I11), local APIC, features.
 */
void machine_setup(struct mce_found *found);

/*
 * Once on each processor that a domain owns: policy tables and virtualisation. NULL, or why this
 * processor can't be used.
 */
const char *machine_setup_guest(void);

/* Turns virtualisation on for this processor. NULL, or what it refuses, for a person. */
const char *vcpu_switch_on(void);

/*
 * Lets the other processors go on from the trampoline, where boot/ left them. On the boot page
 * table, and only in VMX root mode: until then an INIT would send this one back to the firmware.
 */
void machine_release_processors(void);

/* For the boot log: what the processor granted, by name. Returns how many. */
struct vcpu_word {
    const char *name;
    uint32_t value;
};
enum { VCPU_WORDS = 5 };
uint32_t vcpu_words(struct vcpu_word words[VCPU_WORDS]);

#endif

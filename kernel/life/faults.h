/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DMA and interrupts that an IOMMU unit blocked (I3, I4). One processor, the reader, looks at the
 * units: one that nobody has, or else management's, or else the first domain's first
 * (handoff_fault_reader). It notes the
 * fault in the owner's public page, knocks at the owner's first processor, and hears nothing from
 * that unit until the owner has switched the function's bus mastering off. A function that goes on
 * after that leaves the unit deaf until its domain begins a new life, and its owner is told once
 * more, with FAULT_DEAF; so does for good whatever belongs to nobody and does not end: nobody can
 * make the reader busy (I8). com1 tells that a unit is deaf, and because of which function.
 */
#ifndef BULKHEAD_FAULTS_H
#define BULKHEAD_FAULTS_H

#include "arch/x86/include/percpu.h"
#include "kernel/abi/limits.h"
#include "kernel/abi/public.h"
#include <stdbool.h>

/* A function that somebody has. */
struct fault_source {
    uint32_t pci;
    uint32_t domain, function; /* its owner, and the how manieth of its functions it is */
    uint32_t apic_id;          /* of the owner's first processor */
    /* What the reader knows of it. */
    uint32_t unit, life; /* of the last fault that was told; lives + 1, 0: none */
    uint32_t look, late; /* the last look that found one after that, and how many did */
};

/* What this processor needs of the handoff, put there at start-up; zeros where no unit is. */
struct faults {
    bool has_reader;
    uint32_t reader;     /* x2APIC id */
    uint32_t unit_count; /* at VA_UNITS; 0: this is not the reader */
    uint32_t source_count;
    uint32_t look, found; /* looks at the units so far, and those that found something */
    bool heard[MAX_IOMMUS], begun;
    uint32_t strays[MAX_IOMMUS]; /* looks that found faults of nobody's functions */
    struct fault_source sources[MAX_DEVICES];
};
extern struct faults faults;

/* At every knock: what the units have recorded; nothing on another processor than the reader. */
void faults_look(void);

/* A number that changes before anybody knocks at the reader. */
uint32_t faults_knocks(void);

/* The owner's first processor: functions that must be quarantined now, as bits. */
uint32_t faults_taken(void);
/* They are. */
void faults_answer(uint32_t functions);
/* A new life, in which each function has a new chance. */
void faults_forget(void);

#endif

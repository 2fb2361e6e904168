/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an image answers to a guest, counted in the tables that answer it, and what that takes in
 * lines of code, counted when the tool is built.
 */
#ifndef BULKHEAD_SURFACE_H
#define BULKHEAD_SURFACE_H

#include <stdbool.h>
#include <stdint.h>

struct surface {
    uint32_t msrs;                  /* that a guest can read or write at all */
    uint32_t msrs_read, msrs_write; /* of them the processor's own, without an exit */
    uint32_t msrs_answered;         /* of them answered, read or written, by the hypervisor */
    uint32_t ports, ports_quiet;    /* with a device behind them; that read as nothing */
    uint32_t cpuid_leaves;          /* at most, on a processor that has everything */
    uint32_t exits;                 /* reasons that the dispatcher knows; others end the domain */
    uint32_t resident, start;       /* lines without blanks and comments; of start-up code */
    uint32_t loader, compiler, console;
};

/* For the backend of that vendor; `enum manifest_cpu_vendor`. */
struct surface surface_of(uint64_t vendor);

/* Exit reasons of each dispatcher; of a file each, as the backends' headers share names. */
extern const uint32_t surface_exits_intel, surface_exits_amd;

#endif

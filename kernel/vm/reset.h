/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Brings the PCI functions of a domain to rest between two lives, and to the values that they had
 * before the first (I3, I7). All functions at the same time, in pieces that never wait: the
 * processor answers knocks in between. Of each function, in this order: MSI and MSI-X off, bus
 * mastering off, transactions drained (at most 1 s), then the first reset that works of FLR,
 * AF-FLR, D3hot to D0 and a secondary bus reset.
 *
 * A reset works if the function answers again within 10 s, has lost something that its header held,
 * and takes what was noted of it. Where the header holds nothing that could be lost, the
 * specifications are trusted, but for D3hot, which devices may offer without doing anything.
 */
#ifndef BULKHEAD_RESET_H
#define BULKHEAD_RESET_H

#include "kernel/abi/function.h"
#include <stdbool.h>

enum { RESET_REGISTERS = 15 }; /* that are noted of a function */

struct reset_function {
    const struct function *function;
    volatile uint8_t *config, *port; /* configuration space: its own, and its port's */
    uint32_t noted[RESET_REGISTERS]; /* before the first reset */
    bool is_noted, is_drained;
    uint8_t step;
    uint8_t way, ways;    /* enum function_reset: that is tried, and that are left */
    uint64_t next, limit; /* TSC: not to be looked at before, not to be waited for any longer */
};

struct reset {
    uint32_t count;
    uint32_t lost;        /* as bits: who did not come to rest; bus mastering must stay off */
    uint64_t millisecond; /* TSC ticks */
    struct reset_function functions[MAX_DOMAIN_DEVICES];
};

/* Once. `config` is the window of VA_CONFIG: pages of functions, then of their ports. */
void reset_init(struct reset *reset, const struct function *functions, uint32_t count,
                volatile uint8_t *config, uint64_t tsc_hz);

/*
 * What can be done at the time `now`; nobody else uses the functions meanwhile. True: all are at
 * rest or `lost`, and the next call begins anew. Memory decode is on then, but of silent functions;
 * bus mastering, INTx, MSI and MSI-X are off.
 */
bool reset_go_on(struct reset *reset, uint64_t now);

#endif

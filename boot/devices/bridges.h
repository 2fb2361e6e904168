/* SPDX-License-Identifier: Apache-2.0 */
/* Bridges above functions that somebody has (TRAPS 40). */
#ifndef BULKHEAD_BOOT_BRIDGES_H
#define BULKHEAD_BOOT_BRIDGES_H

#include "boot/plan/facts.h"

/* Whether functions that a domain has, and that are not silent, lie below it. */
bool bridge_leads(const struct fact_function *bridge, const struct handoff *handoff);

/*
 * Lets the bridges that lead to an assigned function pass on its DMA and messages, and the accesses
 * to its registers; all others stay as pci_quiet() left them. The units know by then who may do
 * what. False, with `why`: a bridge does not take it.
 */
bool bridges_open(const struct facts *facts, const struct handoff *handoff, struct diagnostic *why);

#endif

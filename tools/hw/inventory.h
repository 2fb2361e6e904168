/* SPDX-License-Identifier: Apache-2.0 */
/* The hardware inventory that a manifest names, for the rules that compare the two. */
#ifndef BULKHEAD_INVENTORY_H
#define BULKHEAD_INVENTORY_H

#include "hw.h"
#include "tools/manifest/check.h"
#include "tools/manifest/owned.h"

enum { UARTS = 4 };

/* Where com1 to com4 have their first port on a PC. */
extern const uint64_t uart_ports[UARTS];

/* Read once a run; NULL: the manifest names none, or it cannot be used. */
struct hw *inventory(struct check *check);

/* Why the one that is named cannot be used; NULL: it can, or none is named. */
const char *inventory_problem(struct check *check);

void inventory_close(struct check *check);

/* What the inventory has at this place, NULL if nothing is there. */
const struct hw_function *inventory_function(const struct hw *hw, const struct number *pci);

/*
 * The other end of what firmware may share the network card by: the management engine's interface
 * (then `engine` is set) or the BMC's display. NULL: the machine has none for this card.
 */
const struct hw_function *sideband_of(const struct hw *hw, const struct hw_function *card,
                                      bool *engine);

/* "the inventory (line 4)", for messages. */
const char *inventory_text(struct check *check);

/* Whether `unsafe` names it. */
bool unsafe_allows(const struct model *model, uint64_t kind);

#endif

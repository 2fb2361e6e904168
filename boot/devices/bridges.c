/* SPDX-License-Identifier: Apache-2.0 */
/* Bridges pass on DMA only as bus masters: see the header. */
#include "bridges.h"
#include "access.h"
#include "boot/plan/diagnostic.h"

enum { HEADER_BRIDGE = 1, COMMAND_MEMORY = 1 << 1, COMMAND_BUS_MASTER = 1 << 2 };

bool bridge_leads(const struct fact_function *bridge, const struct handoff *handoff)
{
    if (bridge->pci >> 16 || bridge->header != HEADER_BRIDGE || bridge->secondary == 0)
        return false;
    for (uint32_t i = 0; i < handoff->function_count; i++) {
        uint32_t bus = handoff->functions[i].pci >> 8;
        if (!(handoff->functions[i].flags & FUNCTION_SILENT) && bus >= bridge->secondary &&
            bus <= bridge->subordinate)
            return true;
    }
    return false;
}

bool bridges_open(const struct facts *facts, const struct handoff *handoff, struct diagnostic *why)
{
    for (uint32_t i = 0; i < facts->function_count; i++) {
        const struct fact_function *bridge = &facts->functions[i];
        if (!bridge_leads(bridge, handoff))
            continue;
        struct pci pci = access_to(facts, bridge->pci);
        uint32_t command = pci_read(&pci, bridge->pci, PCI_COMMAND, 2);
        uint32_t due = COMMAND_MEMORY | COMMAND_BUS_MASTER;
        pci_write(&pci, bridge->pci, PCI_COMMAND, 2, command | due);
        if ((pci_read(&pci, bridge->pci, PCI_COMMAND, 2) & due) != due)
            return diagnose(why,
                            "I3: the bridge " PCI_NAME ", which leads to an assigned PCI function, "
                            "does not pass on its DMA: use another slot",
                            PCI_PARTS(bridge->pci));
    }
    return true;
}

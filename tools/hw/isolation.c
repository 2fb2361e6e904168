/* SPDX-License-Identifier: Apache-2.0 */
/* Which ports keep what is below them from reaching its like without the IOMMU. */
#include "source.h"

enum {
    ROOT_PORT = 4,
    UPSTREAM_PORT = 5, /* of a switch: what is below meets the downstream ports first */
    DOWNSTREAM_PORT = 6,
    /* PCI Express Base Specification, ACS Capability Register: source validation, peer-to-peer
       request and completion redirect, upstream forwarding */
    ACS_NEEDED = 1 << 0 | 1 << 2 | 1 << 3 | 1 << 4,
};

/*
 * By what its configuration shows. Linux knows ports that need other registers for it, and takes
 * them for isolated: the loader doesn't.
 */
static bool isolates(const struct hw_function *port)
{
    if (!port->has_express)
        return false;
    return port->express_type == UPSTREAM_PORT ||
           ((port->express_type == ROOT_PORT || port->express_type == DOWNSTREAM_PORT) &&
            port->has_acs && (port->acs_capability & ACS_NEEDED) == ACS_NEEDED);
}

/* The bridge nearest to the processor above the function that does not isolate, NULL: none. */
static const struct hw_function *joining_bridge(const struct hw *hw,
                                                const struct hw_function *function)
{
    uint32_t bus = function->address >> 8 & 0xff;
    const struct hw_function *top = NULL;

    for (uint32_t i = 0; i < hw->function_count; i++) {
        const struct hw_function *bridge = &hw->functions[i];

        if (bridge->is_bridge && bridge->address >> 16 == function->address >> 16 &&
            bridge->secondary != 0 && bridge->secondary <= bus && bus <= bridge->subordinate &&
            !isolates(bridge) && (!top || bridge->secondary < top->secondary))
            top = bridge;
    }
    return top;
}

void hw_find_joining(struct hw *hw)
{
    for (uint32_t i = 0; i < hw->function_count; i++)
        hw->functions[i].joining = joining_bridge(hw, &hw->functions[i]);
}

const struct hw_function *hw_joining_port(const struct hw_function *one,
                                          const struct hw_function *other)
{
    /* Functions of one device reach each other within it. */
    return one->joining && other->joining &&
                   one->joining->address >> 3 == other->joining->address >> 3
               ? one->joining
               : NULL;
}

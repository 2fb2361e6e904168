/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the hardware can't separate, by what its configuration shows. Linux knows ports that need
 * other registers for it, and takes them for isolated: the loader doesn't, and these are its
 * answers (boot/plan/groups.c). It switches ACS on itself, so capabilities count, not how they are
 * set.
 */
#include "source.h"

enum {
    ROOT_PORT = 4,
    UPSTREAM_PORT = 5, /* of a switch: what is below meets the downstream ports first */
    DOWNSTREAM_PORT = 6,
    /* PCI Express Base Specification, ACS Capability Register: source validation, peer-to-peer
       request and completion redirect, upstream forwarding */
    ACS_NEEDED = 1 << 0 | 1 << 2 | 1 << 3 | 1 << 4,
    INTEL = 0x8086,
    CLASS_HOST_BRIDGE = 0x0600,
    DEVICE_BITS = 3, /* of an address, for the function */
    BUS_BITS = 8,
};

/* Root ports whose ACS registers are dwords, against the standard: they count as without. */
static const uint16_t dword_acs[][2] = {
    {0xa110, 0xa11f}, {0xa167, 0xa16a}, {0xa290, 0xa29f}, {0xa2e7, 0xa2ee}, {0x9d10, 0x9d1b}};

static bool shows_acs(const struct hw_function *function)
{
    for (size_t i = 0; i < sizeof(dword_acs) / sizeof(dword_acs[0]); i++) {
        if (function->vendor == INTEL && function->device >= dword_acs[i][0] &&
            function->device <= dword_acs[i][1])
            return false;
    }
    return function->has_acs && function->has_express;
}

bool hw_is_port(const struct hw_function *function)
{
    return function->is_bridge && function->has_express && function->express_type >= ROOT_PORT &&
           function->express_type <= DOWNSTREAM_PORT;
}

static bool is_downward_port(const struct hw_function *function)
{
    return hw_is_port(function) && function->express_type != UPSTREAM_PORT;
}

static bool isolates(const struct hw_function *port)
{
    return is_downward_port(port)
               ? shows_acs(port) && (port->acs_capability & ACS_NEEDED) == ACS_NEEDED
               : hw_is_port(port);
}

static bool is_separate(const struct hw_function *function)
{
    return is_downward_port(function) ? isolates(function) : shows_acs(function);
}

bool hw_is_below(const struct hw_function *function, const struct hw_function *bridge)
{
    uint32_t bus = function->address >> BUS_BITS & 0xff;

    return bridge->is_bridge && bridge->address >> 16 == function->address >> 16 &&
           (bridge->address >> BUS_BITS & 0xff) < bridge->secondary && bridge->secondary <= bus &&
           bus <= bridge->subordinate;
}

const struct hw_function *hw_bridge_above(const struct hw *hw, const struct hw_function *function)
{
    const struct hw_function *found = NULL;

    for (uint32_t i = 0; i < hw->function_count; i++) {
        const struct hw_function *bridge = &hw->functions[i];

        if (hw_is_below(function, bridge) && (!found || bridge->secondary > found->secondary))
            found = bridge;
    }
    return found;
}

/* The processor's side, which sends nothing of its own; virtual functions go with SR-IOV. */
static bool is_apart(const struct hw_function *function)
{
    return (!function->is_bridge && function->class_code >> 8 == CLASS_HOST_BRIDGE) ||
           function->physical >= 0;
}

/*
 * The first function of its device, if some function of the device isn't separate; else NULL. Below
 * a port all of a bus is one device.
 */
static const struct hw_function *joined_device(const struct hw *hw,
                                               const struct hw_function *function)
{
    const struct hw_function *above = hw_bridge_above(hw, function), *first = NULL;
    uint32_t bits = above && hw_is_port(above) ? BUS_BITS : DEVICE_BITS, count = 0;
    bool joined = false;

    if (is_apart(function))
        return NULL;
    for (uint32_t i = 0; i < hw->function_count; i++) {
        const struct hw_function *one = &hw->functions[i];

        if (one->address >> bits != function->address >> bits || is_apart(one))
            continue;
        first = first ? first : one;
        count++;
        joined |= !is_separate(one);
    }
    return joined && count > 1 ? first : NULL;
}

static const struct hw_function *group_head(const struct hw *hw, const struct hw_function *function)
{
    const struct hw_function *head = function;

    for (const struct hw_function *at = function; at; at = hw_bridge_above(hw, at)) {
        const struct hw_function *device = joined_device(hw, at);

        if (device)
            head = device;
        else if (at != function && !isolates(at))
            head = at;
    }
    return head;
}

void hw_find_groups(struct hw *hw)
{
    for (uint32_t i = 0; i < hw->function_count; i++) {
        hw->functions[i].group_head = group_head(hw, &hw->functions[i]);
        /* No kernel made groups of a survey: these are the groups. */
        if (hw->surveyed)
            hw->functions[i].group = (int32_t)(hw->functions[i].group_head - hw->functions);
    }
}

const struct hw_function *hw_joining_port(const struct hw_function *one,
                                          const struct hw_function *other)
{
    return one->group_head == other->group_head ? one->group_head : NULL;
}

const char *hw_joint_text(struct arena *arena, const struct hw_function *port)
{
    uint32_t bus = port->address >> BUS_BITS & 0xff, slot = port->address >> DEVICE_BITS & 31;

    return port->is_bridge
               ? say(arena, "port %02x:%02x.%u shows no ACS", bus, slot, port->address & 7)
               : say(arena, "not all functions of %02x:%02x show ACS", bus, slot);
}

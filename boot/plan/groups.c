/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the hardware can't separate. Judged by what ports show when they are read back, not by
 * lists of ports that are known to separate in other ways (TRAPS 59, 71).
 */
#include "judge.h"

enum {
    /* PCI Express Base Specification, "ACS Control Register" */
    ACS_SOURCE_VALIDATION = 1 << 0,
    ACS_REQUEST_REDIRECT = 1 << 2,
    ACS_COMPLETION_REDIRECT = 1 << 3,
    ACS_UPSTREAM_FORWARDING = 1 << 4,
    ACS_EGRESS_CONTROL = 1 << 5,
    ACS_DIRECT_TRANSLATED = 1 << 6,
    ACS_GO_BEFORE = ACS_EGRESS_CONTROL | ACS_DIRECT_TRANSLATED, /* traffic that isn't redirected */
    ACS_FUNCTION = ACS_REQUEST_REDIRECT | ACS_COMPLETION_REDIRECT,
    ACS_PORT = ACS_FUNCTION | ACS_SOURCE_VALIDATION | ACS_UPSTREAM_FORWARDING,
};

const struct fact_function *fact_function(const struct facts *facts, uint32_t pci)
{
    for (uint32_t i = 0; i < facts->function_count; i++)
        if (facts->functions[i].pci == pci)
            return &facts->functions[i];
    return NULL;
}

/* One that has no bus numbers yet has nothing below. */
static bool has_buses(const struct fact_function *function)
{
    return is_bridge(function) && (function->secondary | function->subordinate) != 0;
}

bool is_below(const struct fact_function *function, const struct fact_function *bridge)
{
    uint32_t bus = bus_of(function);
    return is_bridge(bridge) && bridge->pci >> 16 == function->pci >> 16 &&
           bus_of(bridge) < bridge->secondary && bridge->secondary <= bus &&
           bus <= bridge->subordinate;
}

/* Bus numbers grow on the way down, so each step up ends at a lower one. */
uint32_t bridge_above(const struct facts *facts, uint32_t index)
{
    uint32_t found = FUNCTION_NONE;
    for (uint32_t i = 0; i < facts->function_count; i++)
        if (is_below(&facts->functions[index], &facts->functions[i]) &&
            (found == FUNCTION_NONE ||
             facts->functions[i].secondary > facts->functions[found].secondary))
            found = i;
    return found;
}

bool is_port(const struct fact_function *function)
{
    return is_bridge(function) && function->express && function->port_type >= PORT_ROOT &&
           function->port_type <= PORT_DOWNSTREAM;
}

static bool is_downward_port(const struct fact_function *function)
{
    return is_port(function) && function->port_type != PORT_UPSTREAM;
}

/* An upstream port sends on what the downstream ports below it have already let go upward. */
static bool isolates(const struct fact_function *bridge)
{
    if (is_downward_port(bridge))
        return bridge->acs && !(bridge->acs_control & ACS_GO_BEFORE) &&
               (bridge->acs_capability & bridge->acs_control & ACS_PORT) == ACS_PORT;
    return is_port(bridge);
}

/*
 * Whether its traffic to other functions of its own device goes by the IOMMU. A function that is
 * no port has those bits only whose traffic it can send.
 */
static bool is_separate(const struct fact_function *function)
{
    if (is_downward_port(function))
        return isolates(function);
    return function->acs && !(function->acs_control & ACS_GO_BEFORE) &&
           (function->acs_capability & ~function->acs_control & ACS_FUNCTION) == 0;
}

/* A host bridge stands for the processor's side: it sends nothing of its own. */
static bool is_host_bridge(const struct fact_function *function)
{
    return !is_bridge(function) && function->class_code >> 16 == CLASS_HOST_BRIDGE;
}

/*
 * The first function of its device if some function of the device isn't separate: that one
 * reaches all others, and what lies below them. Else FUNCTION_NONE. On a bus below a port all is
 * one device, whatever the device numbers: below a link these are functions of it (Alternative
 * Routing-ID Interpretation), and in a switch a downstream port without ACS sends to its
 * neighbours.
 */
static uint32_t device_of(const struct facts *facts, uint32_t index)
{
    const struct fact_function *function = &facts->functions[index];
    uint32_t above = bridge_above(facts, index), first = FUNCTION_NONE, count = 0;
    uint32_t bits = above != FUNCTION_NONE && is_port(&facts->functions[above]) ? 8 : 3;
    bool joined = false;
    if (is_host_bridge(function))
        return FUNCTION_NONE;
    for (uint32_t i = 0; i < facts->function_count; i++) {
        const struct fact_function *one = &facts->functions[i];
        if (one->pci >> bits != function->pci >> bits || is_host_bridge(one))
            continue;
        if (first == FUNCTION_NONE)
            first = i;
        count++;
        joined |= !is_separate(one);
    }
    return joined && count > 1 ? first : FUNCTION_NONE;
}

uint32_t group_of(const struct facts *facts, uint32_t index)
{
    uint32_t group = index;
    for (uint32_t at = index; at != FUNCTION_NONE; at = bridge_above(facts, at)) {
        uint32_t device = device_of(facts, at);
        if (device != FUNCTION_NONE)
            group = device;
        else if (at != index && !isolates(&facts->functions[at]))
            group = at;
    }
    return group;
}

static bool contains(const struct fact_function *bridge, uint32_t bus)
{
    return bridge->secondary <= bus && bus <= bridge->subordinate;
}

/* The other lies below this one, this one below the other, or they share no bus. */
static bool are_apart(const struct fact_function *one, const struct fact_function *other)
{
    if (contains(one, bus_of(other)))
        return contains(one, other->secondary) && contains(one, other->subordinate) &&
               other->secondary > one->secondary;
    if (contains(other, bus_of(one)))
        return are_apart(other, one);
    return one->subordinate < other->secondary || other->subordinate < one->secondary;
}

bool buses_check(const struct facts *facts, struct diagnostic *why)
{
    for (uint32_t i = 0; i < facts->function_count; i++) {
        const struct fact_function *one = &facts->functions[i];
        if (!has_buses(one))
            continue;
        if (one->secondary <= bus_of(one) || one->subordinate < one->secondary)
            return diagnose(why,
                            "I3: the bridge " PCI_NAME " leads to the buses %02x to %02x, which "
                            "can't lie below it: update the firmware",
                            PCI_PARTS(one->pci), one->secondary, one->subordinate);
        for (uint32_t j = 0; j < i; j++) {
            const struct fact_function *other = &facts->functions[j];
            if (has_buses(other) && other->pci >> 16 == one->pci >> 16 && !are_apart(one, other))
                return diagnose(why,
                                "I3: the bridges " PCI_NAME " (buses %02x to %02x) and " PCI_NAME
                                " (%02x to %02x) overlap or loop: update the firmware",
                                PCI_PARTS(other->pci), other->secondary, other->subordinate,
                                PCI_PARTS(one->pci), one->secondary, one->subordinate);
        }
    }
    return true;
}

static bool names_functions(const struct fact_scope *scope)
{
    return scope->type == SCOPE_ENDPOINT || scope->type == SCOPE_BRIDGE;
}

/* What the path leads to, there or not; FUNCTION_NONE: it can't be followed. */
static uint32_t scope_target(const struct facts *facts, uint32_t segment,
                             const struct fact_scope *scope)
{
    uint32_t bus = scope->bus;
    if (scope->hops == 0 || scope->hops > SCOPE_PATH)
        return FUNCTION_NONE;
    for (uint32_t i = 0;; i++) {
        uint32_t pci = segment << 16 | bus << 8 | scope->path[i];
        if (i + 1 == scope->hops)
            return pci;
        const struct fact_function *bridge = fact_function(facts, pci);
        if (!bridge || !is_bridge(bridge) || bridge->secondary <= bus)
            return FUNCTION_NONE;
        bus = bridge->secondary;
    }
}

/* Neither number is trusted to lie in the table. */
static bool in_table(const struct facts *facts, uint32_t scope_first, uint32_t scope_count)
{
    return facts->scope_count <= MAX_SCOPES && scope_first <= facts->scope_count &&
           scope_count <= facts->scope_count - scope_first;
}

bool scope_covers(const struct facts *facts, uint32_t segment, uint32_t scope_first,
                  uint32_t scope_count, uint32_t index)
{
    const struct fact_function *function = &facts->functions[index];
    if (!in_table(facts, scope_first, scope_count) || function->pci >> 16 != segment)
        return false;
    for (uint32_t i = scope_first; i < scope_first + scope_count; i++) {
        if (!names_functions(&facts->scopes[i]))
            continue;
        uint32_t target = scope_target(facts, segment, &facts->scopes[i]);
        const struct fact_function *there = fact_function(facts, target);
        if (target == function->pci || (there && is_below(function, there)))
            return true;
    }
    return false;
}

bool scope_is_lost(const struct facts *facts, uint32_t segment, uint32_t scope_first,
                   uint32_t scope_count)
{
    if (!in_table(facts, scope_first, scope_count))
        return true;
    for (uint32_t i = scope_first; i < scope_first + scope_count; i++) {
        const struct fact_scope *scope = &facts->scopes[i];
        if (!names_functions(scope))
            continue;
        uint32_t target = scope_target(facts, segment, scope);
        const struct fact_function *there = fact_function(facts, target);
        if (target == FUNCTION_NONE ||
            (scope->type == SCOPE_BRIDGE &&
             (!there || !is_bridge(there) || there->secondary <= bus_of(there))))
            return true;
    }
    return false;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What two partitions share in hardware. */
#include "shared.h"

#include "kernel/abi/manifest_policy.h"
#include "tools/hw/inventory.h"
#include "tools/manifest/owned.h"
#include <string.h>

enum { BUSES = 256 };

/* The n-th PCI function of a partition, NULL behind the last. */
static const struct number *function_of(const struct check *check, uint32_t index, uint32_t n)
{
    const struct model *model = &check->model;
    const struct model_domain *domain =
        index < model->domains.count ? model_domain(model, index) : NULL;
    struct owned owned;

    for (uint32_t i = 0; owned_device(model, i, &owned); i++) {
        if (owned.domain == domain && n-- == 0)
            return &owned.device->pci;
    }
    return NULL;
}

bool has_functions(const struct check *check, uint32_t index)
{
    return function_of(check, index, 0) != NULL;
}

/* Whether the inventory tells of each processor which others are threads of its core. */
static bool tells_cores(const struct hw *hw)
{
    bool tells = hw && hw->cpu_count > 0;

    for (uint32_t i = 0; tells && i < hw->cpu_count; i++)
        tells = hw->cpus[i].siblings != NULL;
    return tells;
}

bool may_split_cores(struct check *check)
{
    return unsafe_allows(&check->model, MANIFEST_SPLIT_CORE) &&
           check->model.platform.smt.value != MANIFEST_SMT_OFF && !tells_cores(inventory(check));
}

/* The n-th processor of a partition, NULL: not known which. */
static const struct hw_cpu *processor_of(const struct hw *hw, const struct count_or_list *cpus,
                                         uint32_t n)
{
    for (uint32_t i = 0; hw && cpus->is_list && i < hw->cpu_count; i++) {
        if (hw->cpus[i].apic_id == listed(&cpus->list, n)->value)
            return &hw->cpus[i];
    }
    return NULL;
}

/* Linux lists the processors that share something alike for each of them. */
static enum sharing same_list(const char *one, const char *other)
{
    return !one || !other ? SHARING_UNKNOWN : strcmp(one, other) == 0 ? SHARING_YES : SHARING_NO;
}

/* The processors that share a cache; NULL: not known. */
static const char *shared_by(const struct hw_cpu *cpu, uint32_t level)
{
    for (uint32_t i = 0; i < cpu->cache_count; i++) {
        if (cpu->caches[i].level == level)
            return cpu->caches[i].shared;
    }
    return NULL;
}

/* One shared pair is enough; without any, one that is not known leaves it open. */
static enum sharing both(enum sharing sofar, enum sharing pair)
{
    return sofar == SHARING_YES || pair == SHARING_YES           ? SHARING_YES
           : sofar == SHARING_UNKNOWN || pair == SHARING_UNKNOWN ? SHARING_UNKNOWN
                                                                 : SHARING_NO;
}

/* Whether all processors of the machine share it: then it does not matter who gets which. */
static bool all_share(const struct hw *hw, uint32_t level)
{
    bool all = hw && hw->cpu_count > 0;

    for (uint32_t i = 0; all && i < hw->cpu_count; i++)
        all = same_list(shared_by(&hw->cpus[0], level), shared_by(&hw->cpus[i], level)) ==
              SHARING_YES;
    return all;
}

enum sharing shares_cache(struct check *check, uint32_t one, uint32_t other, uint32_t level)
{
    const struct count_or_list *near = &partition(check, one)->cpus;
    const struct count_or_list *far = &partition(check, other)->cpus;
    enum sharing sharing = SHARING_NO;

    if (all_share(inventory(check), level))
        return SHARING_YES;
    for (uint32_t i = 0; i < near->value; i++) {
        const struct hw_cpu *cpu = processor_of(inventory(check), near, i);

        for (uint32_t j = 0; j < far->value; j++) {
            const struct hw_cpu *mate = processor_of(inventory(check), far, j);

            sharing =
                both(sharing, cpu && mate ? same_list(shared_by(cpu, level), shared_by(mate, level))
                                          : SHARING_UNKNOWN);
        }
    }
    return sharing;
}

typedef enum sharing pair(const struct hw *hw, const struct number *one,
                          const struct number *other);

static enum sharing any_pair(struct check *check, uint32_t one, uint32_t other, pair *shares)
{
    enum sharing sharing = SHARING_NO;
    const struct number *near, *far;

    for (uint32_t i = 0; (near = function_of(check, one, i)); i++) {
        for (uint32_t j = 0; (far = function_of(check, other, j)); j++)
            sharing = both(sharing, inventory(check) ? shares(inventory(check), near, far)
                                                     : SHARING_UNKNOWN);
    }
    return sharing;
}

static enum sharing same_group(const struct hw *hw, const struct number *one,
                               const struct number *other)
{
    const struct hw_function *near = inventory_function(hw, one);
    const struct hw_function *far = inventory_function(hw, other);

    if (near && far && hw_joining_port(near, far))
        return SHARING_YES;
    if (!near || !far || near->group < 0 || far->group < 0)
        return SHARING_UNKNOWN;
    return near->group == far->group ? SHARING_YES : SHARING_NO;
}

/* The bridge whose secondary bus has the function, NULL: it is on a root bus. */
static const struct hw_function *bridge_above(const struct hw *hw, uint32_t address)
{
    for (uint32_t i = 0; i < hw->function_count; i++) {
        const struct hw_function *bridge = &hw->functions[i];

        if (bridge->is_bridge && bridge->address >> 16 == address >> 16 &&
            bridge->secondary == (address >> 8) % BUSES && bridge->secondary != 0)
            return bridge;
    }
    return NULL;
}

/* The bridge nearest to the processor above a function, NULL: none. */
static const struct hw_function *port_of(const struct hw *hw, uint32_t address)
{
    const struct hw_function *port = NULL, *above = bridge_above(hw, address);

    /* Bridges of a damaged inventory may stand in a ring. */
    for (int i = 0; above && i < BUSES; i++) {
        port = above;
        above = bridge_above(hw, port->address);
    }
    return port;
}

static enum sharing same_port(const struct hw *hw, const struct number *one,
                              const struct number *other)
{
    const struct hw_function *near = port_of(hw, (uint32_t)one->value);

    if (!inventory_function(hw, one) || !inventory_function(hw, other))
        return SHARING_UNKNOWN;
    return near && near == port_of(hw, (uint32_t)other->value) ? SHARING_YES : SHARING_NO;
}

static enum sharing same_unit(const struct hw *hw, const struct number *one,
                              const struct number *other)
{
    const struct hw_function *near = inventory_function(hw, one);
    const struct hw_function *far = inventory_function(hw, other);
    const struct hw_unit *unit = near ? hw_unit_of(hw, near) : NULL;
    const struct hw_unit *mate = far ? hw_unit_of(hw, far) : NULL;

    return !unit || !mate ? SHARING_UNKNOWN : unit == mate ? SHARING_YES : SHARING_NO;
}

enum sharing shares_group(struct check *check, uint32_t one, uint32_t other)
{
    return any_pair(check, one, other, same_group);
}

enum sharing shares_port(struct check *check, uint32_t one, uint32_t other)
{
    return any_pair(check, one, other, same_port);
}

enum sharing shares_unit(struct check *check, uint32_t one, uint32_t other)
{
    return any_pair(check, one, other, same_unit);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about PCI functions: each has one owner. */
#include "rules.h"
#include "tools/hw/emulated.h"
#include "tools/hw/inventory.h"

#include "kernel/abi/function.h"
#include "kernel/abi/manifest.h"
#include "tools/manifest/owned.h"
#include "tools/manifest/schema_parse.h"
#include <ctype.h>
#include <string.h>

bool owned_device(const struct model *model, uint32_t n, struct owned *out)
{
    for (uint32_t i = 0; i < model->domains.count; i++) {
        const struct model_domain *domain = model_domain(model, i);

        if (n < domain->devices.count) {
            *out = (struct owned){domain, model_device(domain, n)};
            return true;
        }
        n -= domain->devices.count;
    }
    *out = (struct owned){NULL, &model->management.nic};
    return n == 0 && model->management.nic.pci.valid;
}

const char *owner_text(struct check *check, const struct owned *owned)
{
    return owned->domain ? domain_of(check, owned->domain) : "management";
}

/* What people write or leave out. */
static const char separators[] = " -:";

const char *serial_key(struct arena *arena, const char *serial)
{
    char *key = say(arena, "%s", serial), *end = key;

    for (; *serial; serial++) {
        if (!strchr(separators, *serial))
            *end++ = (char)tolower((unsigned char)*serial);
    }
    *end = 0;
    return key;
}

bool same_serial(const char *one, const char *other)
{
    while (one && other) {
        one += strspn(one, separators);
        other += strspn(other, separators);
        if (tolower((unsigned char)*one) != tolower((unsigned char)*other))
            return false;
        if (*one == 0)
            return true;
        one++;
        other++;
    }
    return false;
}

void rule_device_twice(struct check *check)
{
    struct owned owned, first;

    for (uint32_t i = 1; owned_device(&check->model, i, &owned); i++) {
        for (uint32_t j = 0; j < i && owned_device(&check->model, j, &first); j++) {
            if (!owned.domain || !owned.device->pci.valid || !first.device->pci.valid ||
                owned.device->pci.value != first.device->pci.value)
                continue;
            report(check, owned.device->pci.at,
                   say(&check->arena, "%s lists %s, which %s has (%s)", owner_text(check, &owned),
                       pci_text(&check->arena, owned.device->pci.value),
                       owned.domain == first.domain ? "it already" : owner_text(check, &first),
                       line_of(check, first.device->pci.at)),
                   "a function belongs to one domain: give one of them another card");
            break;
        }
    }
}

void rule_management_nic(struct check *check)
{
    const struct model_device *nic = &check->model.management.nic;
    struct owned owned;

    for (uint32_t i = 0; owned_device(&check->model, i, &owned) && owned.domain; i++) {
        if (nic->pci.valid && owned.device->pci.valid && owned.device->pci.value == nic->pci.value)
            report(check, owned.device->pci.at,
                   say(&check->arena, "%s lists %s, which is the network card of management (%s)",
                       owner_text(check, &owned), pci_text(&check->arena, owned.device->pci.value),
                       line_of(check, nic->pci.at)),
                   "management has a card of its own: give one of them another");
    }
}

void rule_device_count(struct check *check)
{
    struct owned owned;

    if (owned_device(&check->model, MAX_DEVICES, &owned))
        report(check, owned.device->pci.at,
               say(&check->arena, "%s lists %s, the %uth function of this manifest",
                   owner_text(check, &owned), pci_text(&check->arena, owned.device->pci.value),
                   MAX_DEVICES + 1),
               say(&check->arena, "assign at most %u functions in all", MAX_DEVICES));
}

/*
 * Whether the inventory has both: then it shows whether the device separates them, and the rules
 * about groups say if it doesn't.
 */
static bool is_judged(struct check *check, const struct model_device *one,
                      const struct model_device *other)
{
    const struct hw *hw = inventory(check);

    return hw && inventory_function(hw, &one->pci) && inventory_function(hw, &other->pci);
}

/* Functions of one device often share what no IOMMU separates. */
void rule_device_split(struct check *check)
{
    struct owned owned, first;

    for (uint32_t i = 1; owned_device(&check->model, i, &owned); i++) {
        for (uint32_t j = 0; j < i && owned_device(&check->model, j, &first); j++) {
            uint64_t one = owned.device->pci.value, other = first.device->pci.value;

            if (!owned.device->pci.valid || !first.device->pci.valid || one >> 3 != other >> 3 ||
                one == other || owned.domain == first.domain ||
                is_judged(check, owned.device, first.device))
                continue;
            report(check, owned.device->pci.at,
                   say(&check->arena, "%s of %s and %s of %s (%s) are functions of one device",
                       pci_text(&check->arena, one), owner_text(check, &owned),
                       pci_text(&check->arena, other), owner_text(check, &first),
                       line_of(check, first.device->pci.at)),
                   "give both to one domain, unless the device isolates its functions (ACS)");
            break;
        }
    }
}

/* PCI Express gives all functions of a device one serial number. */
static bool is_one_card(const struct model_device *one, const struct model_device *other)
{
    return one->pci.valid && other->pci.valid && one->pci.value != other->pci.value &&
           one->pci.value >> 3 == other->pci.value >> 3;
}

void rule_device_serial(struct check *check)
{
    struct owned owned, first;

    for (uint32_t i = 1; owned_device(&check->model, i, &owned) && owned.domain; i++) {
        for (uint32_t j = 0; j < i && owned_device(&check->model, j, &first); j++) {
            if (is_one_card(owned.device, first.device) ||
                !same_serial(owned.device->serial_number.value, first.device->serial_number.value))
                continue;
            report(check, owned.device->serial_number.at,
                   say(&check->arena, "%s has the serial number of a device of %s (%s)",
                       owner_text(check, &owned), owner_text(check, &first),
                       line_of(check, first.device->serial_number.at)),
                   "one thing is in one place: correct the serial number of one of them");
            break;
        }
    }
}

void rule_device_bridge(struct check *check)
{
    struct owned owned;

    for (uint32_t i = 0; owned_device(&check->model, i, &owned); i++) {
        if (owned.device->pci.valid && owned.device->pci.value % 0x10000 == 0)
            report(check, owned.device->pci.at,
                   say(&check->arena, "%s lists %s, which is the host bridge",
                       owner_text(check, &owned), pci_text(&check->arena, owned.device->pci.value)),
                   "name the function itself, as `lspci` on that machine shows it");
    }
}

/* No board has AMD-V and an IOMMU of Intel's; a board's inventory says more than is known here. */
void rule_emulated_reset(struct check *check)
{
    const struct model_platform *platform = &check->model.platform;
    struct owned owned;

    for (uint32_t i = 0;
         platform->cpu.value == MANIFEST_CPU_AMD && !is_written(platform->inventory.at) &&
         owned_device(&check->model, i, &owned);
         i++) {
        const struct model_device *device = owned.device;

        if (device->pci.valid && device->id.valid && !device->accept_no_reset.value &&
            device->interrupts.value != INTERRUPTS_NONE &&
            emulated_lacks_reset((uint32_t)device->id.value, (uint32_t)device->pci.value))
            report(check, device->pci.at,
                   say(&check->arena,
                       "%s lists %s, where nothing can reset %s in the emulated machine, the only "
                       "one that boots an image for AMD with functions",
                       owner_text(check, &owned), pci_text(&check->arena, device->pci.value),
                       pci_id_text(&check->arena, device->id.value)),
                   EMULATED_REMEDY);
    }
}

static uint64_t entries_of(const struct model_domain *domain, uint32_t functions)
{
    return (domain->cpus.valid ? domain->cpus.value : 0) * functions * IRTE_BLOCK;
}

/* The table is written once: an entry for each vector, of each function, on each processor. */
void rule_interrupt_entries(struct check *check)
{
    const struct model_domain *most = NULL;
    uint32_t most_functions = 0;
    uint64_t sum = 0;

    for (uint32_t i = 0; i < partition_count(check); i++) {
        const struct model_domain *domain = partition(check, i);
        uint32_t functions = domain == &check->management ? check->model.management.nic.pci.valid
                                                          : domain->devices.count;

        sum += entries_of(domain, functions);
        if (!most || entries_of(domain, functions) > entries_of(most, most_functions)) {
            most = domain;
            most_functions = functions;
        }
    }
    if (sum <= IRT_LINES)
        return;
    report(
        check, most->cpus.at,
        say(&check->arena,
            "the functions need %llu entries for their interrupts, but an IOMMU has %u for them: "
            "%u for "
            "each function and processor, most of them (%llu) for the %u functions (%s) and %llu "
            "processors (%s) of %s",
            (unsigned long long)sum, IRT_LINES, IRTE_BLOCK,
            (unsigned long long)entries_of(most, most_functions), most_functions,
            line_of(check, most == &check->management ? check->model.management.nic.pci.at
                                                      : most->devices.at),
            (unsigned long long)most->cpus.value, line_of(check, most->cpus.at),
            domain_of(check, most)),
        "give it fewer processors, or give its functions to a domain with fewer");
}

/* Whether the two lie over one another, or closer than the gap that stays between owners. */
static bool are_close(const struct model_domain *one, const struct model_domain *other,
                      uint64_t gap)
{
    return one->memory_at.value < other->memory_at.value + other->memory.value + gap &&
           other->memory_at.value < one->memory_at.value + one->memory.value + gap;
}

static void report_overlap(struct check *check, const struct model_domain *one,
                           const struct model_domain *other)
{
    const struct number *guard = &check->model.platform.memory_guard;
    const char *gap = size_text(&check->arena, guard->value);

    report(check, one->memory_at.at,
           say(&check->arena, "the memory of %s begins at %s %s that of %s (%s at %s, %s)%s",
               domain_of(check, one), size_text(&check->arena, one->memory_at.value),
               are_close(one, other, 0) ? "within" : "too close to", domain_of(check, other),
               size_text(&check->arena, other->memory.value),
               size_text(&check->arena, other->memory_at.value),
               line_of(check, other->memory_at.at),
               are_close(one, other, 0) ? ""
               : is_written(guard->at)
                   ? say(&check->arena, ": memory_guard is %s (%s)", gap, line_of(check, guard->at))
                   : say(&check->arena, ": %s between them stay free", gap)),
           "move one of them, or leave `memory_at` out");
}

void rule_memory_overlap(struct check *check)
{
    const struct model *model = &check->model;

    for (uint32_t i = 1; i < model->domains.count; i++) {
        const struct model_domain *one = model_domain(model, i);

        for (uint32_t j = 0; j < i && one->memory_at.valid && one->memory.valid; j++) {
            const struct model_domain *other = model_domain(model, j);

            if (!other->memory_at.valid || !other->memory.valid ||
                !are_close(one, other, model->platform.memory_guard.value))
                continue;
            report_overlap(check, one, other);
            break;
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about functions of two owners that an IOMMU would separate, and something else joins. */
#include "rules.h"
#include "tools/hw/inventory.h"

#include "tools/manifest/schema_parse.h"

enum {
    CLASS_STORAGE = 0x01,
    UART_PORTS = 8,
    /* as the kernel's resource files have them */
    RESOURCE_PORTS = 0x100,
    RESOURCE_UNSET = 0x20000000,
};

/* Two functions of the inventory, the first of which has an owner. */
struct pair {
    struct owned owned, other;
    const struct hw_function *function, *neighbour;
    bool is_owned; /* the neighbour, by `other`, which stands before */
};

/* Whose pairs a rule is about. */
enum owners { TWO_OWNERS, OTHERS_AND_NOBODY, ANYBODY };

/* Fills in who has the neighbour; false: the pair is no pair, or is seen from the other side. */
static bool is_divided(const struct model *model, uint32_t n, enum owners owners, struct pair *pair)
{
    pair->is_owned = false;
    for (uint32_t i = 0; owned_device(model, i, &pair->other); i++) {
        const struct number *pci = &pair->other.device->pci;

        if (!pci->valid || pci->value != pair->neighbour->address)
            continue;
        pair->is_owned = true;
        return i < n && (owners == ANYBODY || pair->other.domain != pair->owned.domain);
    }
    return owners != TWO_OWNERS;
}

static void report_pair(struct check *check, const struct pair *pair, enum owners owners,
                        const char *how, const char *remedy)
{
    const char *neighbour = pci_text(&check->arena, pair->neighbour->address);
    bool onboard = owners != ANYBODY && pair->function->address >> 8 == 0 &&
                   pair->neighbour->address >> 8 == 0;

    report(check, pair->owned.device->pci.at,
           say(&check->arena, "%s of %s and %s %s, as %s shows",
               pci_text(&check->arena, pair->function->address), owner_text(check, &pair->owned),
               pair->is_owned
                   ? say(&check->arena, "%s of %s (%s)", neighbour, owner_text(check, &pair->other),
                         line_of(check, pair->other.device->pci.at))
                   : say(&check->arena, "%s, which nobody has,", neighbour),
               how, inventory_text(check)),
           onboard ? "give both to one domain or to nobody: both are part of the board" : remedy);
}

/*
 * Calls `joins` for each function and its neighbours until it says what joins two of them.
 */
static void each_pair(struct check *check,
                      const char *(*joins)(struct check *, const struct pair *), enum owners owners,
                      const char *remedy)
{
    const struct hw *hw = inventory(check);
    struct pair pair;

    for (uint32_t i = 0; hw && owned_device(&check->model, i, &pair.owned); i++) {
        const char *how = NULL;

        pair.function = inventory_function(hw, &pair.owned.device->pci);
        if (!pair.function)
            continue;
        for (uint32_t j = 0; j < hw->function_count && !how; j++) {
            pair.neighbour = &hw->functions[j];
            if (pair.neighbour == pair.function)
                continue;
            how = joins(check, &pair);
            if (how && !is_divided(&check->model, i, owners, &pair))
                how = NULL;
        }
        if (how)
            report_pair(check, &pair, owners, how, remedy);
    }
}

static const char *joins_controller(struct check *check, const struct pair *pair)
{
    const struct hw_function *one = pair->function, *other = pair->neighbour;

    (void)check;
    if (one->address >> 3 == other->address >> 3 && one->class_code >> 16 == CLASS_STORAGE &&
        other->class_code >> 16 == CLASS_STORAGE)
        return "are functions of one storage controller";
    return NULL;
}

void rule_controller_split(struct check *check)
{
    each_pair(check, joins_controller, TWO_OWNERS,
              "no IOMMU separates what one firmware serves: give all functions of the card to one "
              "domain, or use two cards");
}

/* What firmware gave no place begins at 0 for all. */
static bool has_ports(const struct hw_bar *bar)
{
    return (bar->flags & RESOURCE_PORTS) != 0 && (bar->flags & RESOURCE_UNSET) == 0 &&
           bar->end > bar->start;
}

static bool share_ports(const struct hw_bar *bar, uint64_t start, uint64_t end)
{
    return has_ports(bar) && bar->start <= end && start <= bar->end;
}

static const char *joins_ports(struct check *check, const struct pair *pair)
{
    for (int i = 0; i < HW_BARS * HW_BARS; i++) {
        const struct hw_bar *one = &pair->function->bars[i / HW_BARS];
        const struct hw_bar *other = &pair->neighbour->bars[i % HW_BARS];

        if (has_ports(other) && share_ports(one, other->start, other->end))
            return say(&check->arena, "both have port 0x%llx",
                       (unsigned long long)(one->start > other->start ? one->start : other->start));
    }
    return NULL;
}

static const char *joins_page(struct check *check, const struct pair *pair)
{
    uint64_t page;

    if (!hw_share_page(pair->function, pair->neighbour, &page))
        return NULL;
    return say(&check->arena, "have registers in one page of memory, 0x%llx",
               (unsigned long long)page);
}

void rule_bar_page(struct check *check)
{
    each_pair(check, joins_page, ANYBODY,
              "move a card to another slot, or update the firmware, and save the inventory anew: "
              "pages are what is given away, and each has registers of one card");
}

/* The domain that has the UART, or NULL; `log`: the boot log has it. */
static const struct model_domain *uart_owner(const struct model *model, uint64_t port, bool *log)
{
    *log = port == 1 && model->platform.com1.value != COM1_DOMAIN;
    for (uint32_t i = 0; i < model->domains.count && !*log; i++) {
        const struct number *own = &model_domain(model, i)->serial.port;

        if (own->valid && own->value == port)
            return model_domain(model, i);
    }
    return NULL;
}

static void look_at_uart(struct check *check, const struct owned *owned,
                         const struct hw_function *function, uint64_t port)
{
    uint64_t start = uart_ports[port - 1];
    bool log;
    const struct model_domain *owner = uart_owner(&check->model, port, &log);

    if (!log && (!owner || owner == owned->domain))
        return;
    for (int i = 0; i < HW_BARS; i++) {
        if (!share_ports(&function->bars[i], start, start + UART_PORTS - 1))
            continue;
        report(check, owned->device->pci.at,
               say(&check->arena, "%s of %s has ports of com%llu in %s, which %s has (%s)",
                   pci_text(&check->arena, function->address), owner_text(check, owned),
                   (unsigned long long)port, inventory_text(check),
                   log ? "the boot log" : domain_of(check, owner),
                   line_of(check, log ? check->model.platform.com1.at : owner->serial.port.at)),
               "move the ports in firmware, or give the card and the UART to one domain");
        return;
    }
}

void rule_port_overlap(struct check *check)
{
    const struct hw *hw = inventory(check);
    struct owned owned;

    each_pair(
        check, joins_ports, OTHERS_AND_NOBODY,
        "give both to one domain, or move a card to another slot and save the inventory anew");
    for (uint32_t i = 0; hw && owned_device(&check->model, i, &owned); i++) {
        const struct hw_function *function = inventory_function(hw, &owned.device->pci);

        for (uint64_t port = 1; function && port <= UARTS; port++)
            look_at_uart(check, &owned, function, port);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Network cards that firmware may share: Intel's management engine (AMT) has the controllers named
 * -LM, and a BMC has cards with NC-SI where its board wires them so. An inventory does not show
 * whether firmware uses that; it shows that both ends are there.
 */
#include "rules.h"
#include "tools/hw/inventory.h"

#include "tools/manifest/schema_parse.h"

enum { INTEL = 0x8086, BROADCOM = 0x14e4 };

struct part {
    uint32_t vendor, device;
};

/* Ethernet controllers of chipsets with AMT: 82566 to I219-LM, I225-LM, I226-LM. */
static const struct part engine_cards[] = {
    {INTEL, 0x1049}, {INTEL, 0x104a}, {INTEL, 0x10bd}, {INTEL, 0x10f5}, {INTEL, 0x10cc},
    {INTEL, 0x10de}, {INTEL, 0x10ea}, {INTEL, 0x10ef}, {INTEL, 0x1502}, {INTEL, 0x153a},
    {INTEL, 0x155a}, {INTEL, 0x15a0}, {INTEL, 0x15a2}, {INTEL, 0x156f}, {INTEL, 0x15b7},
    {INTEL, 0x15b9}, {INTEL, 0x15d7}, {INTEL, 0x15e3}, {INTEL, 0x15bd}, {INTEL, 0x15bb},
    {INTEL, 0x15df}, {INTEL, 0x15e1}, {INTEL, 0x0d4e}, {INTEL, 0x0d4c}, {INTEL, 0x0d53},
    {INTEL, 0x15fb}, {INTEL, 0x15f9}, {INTEL, 0x15f4}, {INTEL, 0x1a1e}, {INTEL, 0x1a1c},
    {INTEL, 0x550a}, {INTEL, 0x550c}, {INTEL, 0x15f2}, {INTEL, 0x125b},
};

/* I210, I350, X550, X722; BCM5719, BCM5720 */
static const struct part bmc_cards[] = {
    {INTEL, 0x1533}, {INTEL, 0x1521},    {INTEL, 0x1563},
    {INTEL, 0x37d2}, {BROADCOM, 0x1657}, {BROADCOM, 0x165f},
};

/* The display of a BMC: ASPEED, and Matrox G200 for servers */
static const struct part bmc_displays[] = {
    {0x1a03, 0x2000}, {0x102b, 0x0532}, {0x102b, 0x0533},
    {0x102b, 0x0534}, {0x102b, 0x0536}, {0x102b, 0x0538},
};

static bool is_one_of(const struct hw_function *function, const struct part *parts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (parts[i].vendor == function->vendor && parts[i].device == function->device)
            return true;
    }
    return false;
}

#define IS_ONE_OF(function, parts) is_one_of(function, parts, sizeof(parts) / sizeof((parts)[0]))

/* The management engine's host interface is device 22 of the chipset. */
static bool is_engine(const struct hw_function *function)
{
    return function->address >> 3 == 0x16 && function->vendor == INTEL &&
           function->class_code >> 16 == 0x07;
}

static bool is_bmc(const struct hw_function *function)
{
    return IS_ONE_OF(function, bmc_displays);
}

static const struct hw_function *first_function(const struct hw *hw,
                                                bool (*is)(const struct hw_function *function))
{
    for (uint32_t i = 0; i < hw->function_count; i++) {
        if (is(&hw->functions[i]))
            return &hw->functions[i];
    }
    return NULL;
}

const struct hw_function *sideband_of(const struct hw *hw, const struct hw_function *card,
                                      bool *engine)
{
    *engine = IS_ONE_OF(card, engine_cards);
    if (*engine)
        return first_function(hw, is_engine);
    return IS_ONE_OF(card, bmc_cards) ? first_function(hw, is_bmc) : NULL;
}

void rule_sideband(struct check *check)
{
    const struct model_device *nic = &check->model.management.nic;
    const struct hw *hw = inventory(check);
    const struct hw_function *card = hw ? inventory_function(hw, &nic->pci) : NULL;
    bool engine;
    const struct hw_function *firmware = card ? sideband_of(hw, card, &engine) : NULL;

    if (!firmware || nic->accept_sideband.value)
        return;
    report(check, nic->pci.at,
           say(&check->arena,
               "management has the card %s (%04x:%04x), which %s may share: %s has %s at %s "
               "(%04x:%04x)",
               pci_text(&check->arena, nic->pci.value), card->vendor, card->device,
               engine ? "the management engine (AMT)" : "the BMC (NC-SI)", inventory_text(check),
               engine ? "its host interface" : "the BMC's display",
               pci_text(&check->arena, firmware->address), firmware->vendor, firmware->device),
           "use a card of its own in a slot, or turn that off in firmware and write "
           "`accept_sideband: true`");
}

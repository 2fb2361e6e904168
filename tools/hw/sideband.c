/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Network cards that firmware may share: Intel's management engine (AMT) has the controllers named
 * -LM, and where AMT shows itself every one that is part of the chipset or wireless; a BMC has
 * cards with NC-SI where its board wires them so. An inventory does not show whether firmware uses
 * that; it shows that both ends are there.
 */
#include "source.h"

#include <string.h>

enum {
    INTEL = 0x8086,
    BROADCOM = 0x14e4,
    CLASS_ETHERNET = 0x0200,
    CLASS_OTHER_NETWORK = 0x0280,
    CLASS_IPMI = 0x0c07
};

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

static bool is_amt(const struct hw *hw, const struct hw_function *function)
{
    return hw_is_amt(hw, function);
}

static bool is_engine(const struct hw *hw, const struct hw_function *function)
{
    return hw_is_engine(hw, function);
}

static bool is_bmc(const struct hw *hw, const struct hw_function *function)
{
    (void)hw;
    return IS_ONE_OF(function, bmc_displays) || function->class_code >> 8 == CLASS_IPMI;
}

static const struct hw_function *
first(const struct hw *hw, bool (*is)(const struct hw *hw, const struct hw_function *function))
{
    for (uint32_t i = 0; i < hw->function_count; i++) {
        if (is(hw, &hw->functions[i]))
            return &hw->functions[i];
    }
    return NULL;
}

static const char *function_text(struct hw *hw, const char *what,
                                 const struct hw_function *function)
{
    return say(&hw->arena, "%s at %s (%04x:%04x)", what, hw_address(hw, function->address),
               function->vendor, function->device);
}

/* What AMT can use wherever it is on: the chipset's own Ethernet, and Intel's wireless cards. */
static bool is_reach_of_amt(const struct hw_function *card)
{
    uint32_t class_code = card->class_code >> 8;

    return card->vendor == INTEL && ((class_code == CLASS_ETHERNET && card->address >> 8 == 0) ||
                                     class_code == CLASS_OTHER_NETWORK);
}

static const char *engine_of(struct hw *hw, const struct hw_function *card, const char **evidence)
{
    const struct hw_function *amt = first(hw, is_amt), *engine = first(hw, is_engine);

    if (amt && is_reach_of_amt(card))
        *evidence = function_text(hw, "a function that only AMT has", amt);
    else if (engine && IS_ONE_OF(card, engine_cards))
        *evidence = function_text(hw, "its host interface", engine);
    else
        return NULL;
    return "the management engine (AMT)";
}

static bool is_onboard(const struct hw *hw, const struct hw_function *card)
{
    for (uint32_t i = 0; i < hw->onboard_count; i++) {
        if (hw->onboard[i] == card->address)
            return true;
    }
    return false;
}

static const char *bmc_of(struct hw *hw, const struct hw_function *card, const char **evidence)
{
    const struct hw_function *bmc = first(hw, is_bmc);

    if (!IS_ONE_OF(card, bmc_cards) && !is_onboard(hw, card))
        return NULL;
    if (bmc)
        *evidence = function_text(hw, "the BMC's function", bmc);
    else if (hw->has_ipmi)
        *evidence = "a BMC by its tables (IPMI)";
    else
        return NULL;
    return "the BMC (NC-SI)";
}

const char *hw_sideband(struct hw *hw, const struct hw_function *card, const char **evidence)
{
    const char *by = engine_of(hw, card, evidence);

    return by ? by : bmc_of(hw, card, evidence);
}

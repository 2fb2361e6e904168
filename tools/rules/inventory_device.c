/* SPDX-License-Identifier: Apache-2.0 */
/* Rules that compare each PCI function of a manifest with what the inventory has there. */
#include "rules.h"
#include "tools/hw/inventory.h"

#include "tools/manifest/schema_parse.h"
#include <string.h>

enum {
    CLASS_STORAGE = 0x01,
    CLASS_NETWORK = 0x02,
    CLASS_WIRELESS = 0x0d,
    CLASS_CARD_READER = 0x0805,
};

/* "domain office lists 00:1f.2, which in the inventory (line 4)" */
static const char *lists(const struct found *found)
{
    struct check *check = found->check;

    return say(&check->arena, "%s lists %s, which in %s", owner_text(check, &found->owned),
               pci_text(&check->arena, found->owned.device->pci.value), inventory_text(check));
}

void rule_device_missing(struct check *check)
{
    const struct hw *hw = inventory(check);
    struct owned owned;

    for (uint32_t i = 0; hw && hw->function_count > 0 && owned_device(&check->model, i, &owned);
         i++) {
        const struct number *pci = &owned.device->pci;

        if (pci->valid && !inventory_function(hw, pci))
            report(check, pci->at,
                   say(&check->arena, "%s lists %s, but %s has no function there",
                       owner_text(check, &owned), pci_text(&check->arena, pci->value),
                       inventory_text(check)),
                   "name a function that `bulkhead hw --from` that folder lists, or save the "
                   "inventory anew");
    }
}

static void look_at_id(const struct found *found)
{
    struct check *check = found->check;
    const struct number *id = &found->owned.device->id;
    uint64_t there = (uint64_t)found->function->vendor << 16 | found->function->device;

    if (id->valid && id->value != there)
        report(check, id->at,
               say(&check->arena, "%s is %s, not %s", lists(found),
                   pci_id_text(&check->arena, there), pci_id_text(&check->arena, id->value)),
               "correct `pci` or `id`: another card is in that place");
}

void rule_device_id(struct check *check)
{
    inventory_each_found(check, look_at_id);
}

/*
 * Whether all of its configuration was read and has no serial number. A disk controller's is that
 * of its disk and stands elsewhere.
 */
static bool lacks_serial(const struct hw_function *function)
{
    return !function->has_serial && function->class_code >> 16 != CLASS_STORAGE &&
           function->config_bytes >=
               (function->has_express ? HW_CONFIG_BYTES : HW_CONVENTIONAL_BYTES);
}

static void look_at_serial(const struct found *found)
{
    struct check *check = found->check;
    const struct text *serial = &found->owned.device->serial_number;
    const char *there = say(&check->arena, "%016llx", (unsigned long long)found->function->serial);

    if (serial->value && found->function->has_serial && !same_serial(serial->value, there))
        report(check, serial->at,
               say(&check->arena, "%s has the serial number %s, not %s", lists(found), there,
                   serial->value),
               "correct the serial number, or put the right card into that place");
    if (serial->value && lacks_serial(found->function))
        report(
            check, serial->at,
            say(&check->arena, "%s has no serial number, so not %s", lists(found), serial->value),
            "leave the serial number out, or put the right card into that place");
}

void rule_device_serial_differs(struct check *check)
{
    inventory_each_found(check, look_at_serial);
}

static void look_at_boot(const struct found *found)
{
    if (hw_boots_from(found->hw, found->function->address))
        report(found->check, found->owned.device->pci.at,
               say(&found->check->arena, "%s is the controller that the machine boots from",
                   lists(found)),
               "who writes that disk replaces the hypervisor: leave it to nobody");
}

void rule_boot_controller(struct check *check)
{
    inventory_each_found(check, look_at_boot);
}

/* Whether a disk or a stick may hang on it, as the loader judges it. */
static bool may_boot(const struct hw_function *function)
{
    return function->class_code >> 16 == CLASS_STORAGE || hw_is_usb(function) ||
           function->class_code >> 8 == CLASS_CARD_READER;
}

static void look_at_storage(const struct found *found)
{
    if (found->owned.domain && !found->hw->boot_known && may_boot(found->function) &&
        !hw_boots_from(found->hw, found->function->address))
        report(found->check, found->owned.device->pci.at,
               say(&found->check->arena,
                   "%s is a controller of disks, sticks or cards (class %06x), and nothing there "
                   "says whether the "
                   "machine boots from it",
                   lists(found), found->function->class_code),
               "make sure that it does not: who writes that disk replaces the hypervisor; an "
               "inventory saved with the boot disk mounted at /boot/efi tells");
}

void rule_boot_controller_unknown(struct check *check)
{
    inventory_each_found(check, look_at_storage);
}

/* 00:00.0 is known without an inventory. */
static void look_at_bridge(const struct found *found)
{
    if (hw_is_bridge(found->function) && found->owned.device->pci.value % 0x10000 != 0)
        report(found->check, found->owned.device->pci.at,
               say(&found->check->arena, "%s is a bridge (class %06x)", lists(found),
                   found->function->class_code),
               "a bridge belongs to nobody: name the functions behind it");
}

void rule_device_bridge_class(struct check *check)
{
    inventory_each_found(check, look_at_bridge);
}

/* An organ of the board is none that another domain could have in its place. */
static void look_at_organ(const struct found *found)
{
    const char *organ = hw_organ(found->hw, found->function);

    if (!organ && hw_is_beside_isa(found->function))
        organ = "beside the ISA bridge, in the chipset's own device";
    if (organ && !hw_is_bridge(found->function))
        report(found->check, found->owned.device->pci.at,
               say(&found->check->arena, "%s is %s (class %06x)", lists(found), organ,
                   found->function->class_code),
               "who has it has more than a device: leave it to nobody, and what is in its IOMMU "
               "group too");
}

void rule_device_chipset(struct check *check)
{
    inventory_each_found(check, look_at_organ);
}

static void look_at_virtual(const struct found *found)
{
    if (found->function->physical >= 0)
        report(found->check, found->owned.device->pci.at,
               say(&found->check->arena,
                   "%s is a virtual function of %s (SR-IOV), which the loader switches off",
                   lists(found),
                   pci_text(&found->check->arena, (uint64_t)found->function->physical)),
               "assign the physical function itself, or a card of its own");
}

void rule_device_virtual(struct check *check)
{
    inventory_each_found(check, look_at_virtual);
}

/* Lines of INTx are not routed; what stays silent needs none. */
static void look_at_interrupts(const struct found *found)
{
    struct check *check = found->check;
    const struct hw_function *function = found->function;

    if (hw_is_bridge(function) || hw_organ(found->hw, function) ||
        found->owned.device->interrupts.value == INTERRUPTS_NONE)
        return;
    if (function->config_bytes < HW_CONVENTIONAL_BYTES)
        report(check, found->owned.device->pci.at,
               say(&check->arena, "%s does not show its capabilities", lists(found)),
               "save the inventory anew as root: whether it can be assigned is not known");
    else if (hw_lacks_msi(function))
        report(check, found->owned.device->pci.at,
               say(&check->arena, "%s has neither MSI nor MSI-X", lists(found)),
               found->owned.domain
                   ? "use another card; if it is listed for its IOMMU group's sake only, write "
                     "`interrupts: none`: it is kept silent and not shown to the domain"
                   : "use another card");
}

void rule_device_interrupts(struct check *check)
{
    inventory_each_found(check, look_at_interrupts);
}

/* Whether the domain has the function too. */
static bool has_too(const struct found *found, uint32_t address)
{
    struct owned owned;

    for (uint32_t i = 0; owned_device(&found->check->model, i, &owned); i++) {
        if (owned.device->pci.valid && owned.device->pci.value == address)
            return owned.domain == found->owned.domain;
    }
    return false;
}

/* A bus is reset only by the port directly above, and if nothing but its owner's is below. */
static bool can_reset_bus(const struct found *found)
{
    const struct hw_function *above = hw_bridge_above(found->hw, found->function);
    uint32_t bus = found->function->address >> 8;

    if (!above || above->secondary != (bus & 0xff))
        return false;
    for (uint32_t i = 0; i < found->hw->function_count; i++) {
        const struct hw_function *one = &found->hw->functions[i];

        if (hw_is_below(one, above) &&
            (one->address >> 8 != bus || one->is_bridge || !has_too(found, one->address)))
            return false;
    }
    return true;
}

/* What the loader knows to do, whatever more Linux does. */
static bool can_reset(const struct found *found)
{
    const struct hw_function *function = found->function;

    return function->has_flr || function->has_af_flr || function->has_d3_reset ||
           can_reset_bus(found);
}

static void look_at_reset(const struct found *found)
{
    const struct hw_function *function = found->function;

    if (found->owned.domain && !found->owned.device->accept_no_reset.value &&
        found->owned.device->interrupts.value != INTERRUPTS_NONE && !hw_is_bridge(function) &&
        !hw_lacks_msi(function) && function->config_bytes >= HW_CONVENTIONAL_BYTES &&
        !can_reset(found))
        report(found->check, found->owned.device->pci.at,
               say(&found->check->arena, "%s has no way to be reset%s", lists(found),
                   function->reset_method ? say(&found->check->arena, " that clears it, only %s",
                                                quote(&found->check->arena, function->reset_method,
                                                      strlen(function->reset_method)))
                                          : ""),
               "put it below a root port of its own, use another card, or accept with "
               "`accept_no_reset: true` that it keeps what it "
               "has over a restart of its domain");
}

void rule_device_no_reset(struct check *check)
{
    inventory_each_found(check, look_at_reset);
}

static void look_at_network(const struct found *found)
{
    uint32_t base = found->function->class_code >> 16;
    bool wireless = found->owned.domain && base == CLASS_WIRELESS;

    if (is_written(found->owned.device->network.at) && base != CLASS_NETWORK && !wireless)
        report(found->check, found->owned.device->network.at,
               say(&found->check->arena, "%s is no network card (class %06x), but has a `network`",
                   lists(found), found->function->class_code),
               found->owned.domain ? "name the network card, or leave `network` out"
                                   : "name the network card of management");
}

void rule_nic_class(struct check *check)
{
    inventory_each_found(check, look_at_network);
}

/* Otherwise no rule about networks would hold it. */
static void look_at_unnamed(const struct found *found)
{
    struct check *check = found->check;
    uint32_t base = found->function->class_code >> 16;

    if (is_written(check->model.levels.at) && !is_written(found->owned.device->network.at) &&
        (base == CLASS_NETWORK || base == CLASS_WIRELESS))
        report(check, found->owned.device->pci.at,
               say(&check->arena,
                   "%s is a network card (class %06x), and nothing says what it is plugged into, "
                   "but the machine has `levels` (%s)",
                   lists(found), found->function->class_code,
                   line_of(check, check->model.levels.at)),
               "write `network: NAME`, also for a card without a cable: somebody will plug one in");
}

void rule_nic_network(struct check *check)
{
    inventory_each_found(check, look_at_unnamed);
}

static void look_at_removable(const struct found *found)
{
    const char *what = hw_removable(found->function);

    if (what && found->owned.domain && !found->owned.device->removable.value)
        report(found->check, found->owned.device->pci.at,
               say(&found->check->arena, "%s is %s (class %06x), without `removable: true`",
                   lists(found), what, found->function->class_code),
               "write `removable: true`: what is plugged in carries data to and from others");
}

void rule_removable_class(struct check *check)
{
    inventory_each_found(check, look_at_removable);
}

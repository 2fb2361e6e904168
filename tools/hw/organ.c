/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Organs of the board: functions whose owner would have more than a device, such as the firmware's
 * flash or the management engine. They are told by class and place, as new chipsets keep both.
 */
#include "source.h"

#include <string.h>

enum {
    INTEL = 0x8086,
    AMD = 0x1022,
    TEXAS = 0x104c,
    RICOH = 0x1180,
    O2MICRO = 0x1217,
    JMICRON = 0x197b,
    BASE_BRIDGE = 0x06,
    BASE_COMMUNICATION = 0x07,
    CLASS_HOST_BRIDGE = 0x0600,
    CLASS_ISA_BRIDGE = 0x0601,
    CLASS_RAID = 0x0104,
    CLASS_IDE = 0x0101,
    CLASS_SERIAL_PORT = 0x0700,
    CLASS_COMMUNICATION = 0x0780,
    CLASS_USB = 0x0c03,
    USB4_HOST = 0x0c0340, /* with its interface */
    ANYWHERE = 32,
    /* The device numbers of Intel's management engine, and of its like on server boards. */
    ENGINE_SLOT = 0x16,
    INNOVATION_SLOT = 0x10,
    ATOM_SLOT = 0x18,
    CHIPSET_SLOT = 0x1f,
};

static const struct organ {
    uint32_t vendor;     /* 0: any */
    uint32_t class_code; /* base class, subclass */
    uint32_t slot;       /* on bus 0, or ANYWHERE */
    const char *what;
} organs[] = {
    {0, CLASS_HOST_BRIDGE, ANYWHERE, "a host bridge"},
    {0, CLASS_ISA_BRIDGE, ANYWHERE, "the ISA bridge"},
    {0, 0x0806, ANYWHERE, "an IOMMU"},
    {0, 0x0c05, ANYWHERE, "the SMBus"},
    {0, 0x0c07, ANYWHERE, "the BMC's interface (IPMI)"},
    {INTEL, 0x0c80, 0x1f, "the controller of the firmware's flash (SPI)"},
    {0, 0x0c80, ANYWHERE, "a serial bus of the board (SPI, I2C)"},
    {INTEL, 0x0580, 0x1f, "the chipset's sideband bridge or power controller (P2SB, PMC)"},
    {INTEL, 0x1300, 0x1f, "the chipset's trace hub"},
    {INTEL, 0x1180, 0x04, "the processor's power and thermal control"},
    {AMD, 0x1080, ANYWHERE, "the security processor"},
};

static uint32_t slot_of(const struct hw_function *function)
{
    return function->address >> 3;
}

/* An interface of the engine is in one of its places, and its other functions beside it. */
static bool is_interface(const struct hw_function *function)
{
    uint32_t slot = slot_of(function);

    if (function->vendor != INTEL)
        return false;
    return (slot == ENGINE_SLOT && function->class_code >> 16 == BASE_COMMUNICATION) ||
           ((slot == INNOVATION_SLOT || slot == ATOM_SLOT) &&
            function->class_code >> 8 == CLASS_COMMUNICATION);
}

bool hw_is_engine(const struct hw *hw, const struct hw_function *function)
{
    uint32_t slot = slot_of(function);
    bool found = false;

    if (slot != ENGINE_SLOT && slot != INNOVATION_SLOT && slot != ATOM_SLOT)
        return false;
    for (uint32_t i = 0; i < 8 && !found; i++) {
        const struct hw_function *one = hw_function_at(hw, slot << 3 | i);

        found = one && is_interface(one);
    }
    return found;
}

/* Its serial port and its disk exist only where AMT is on. */
bool hw_is_amt(const struct hw *hw, const struct hw_function *function)
{
    uint32_t class_code = function->class_code >> 8;

    return hw_is_engine(hw, function) &&
           (class_code == CLASS_SERIAL_PORT || class_code == CLASS_IDE);
}

/* Volume Management Devices hide the disks behind them, whether or not Linux has a driver. */
static const uint16_t volume_devices[] = {0x201d, 0x28c0, 0x467f, 0x4c3d, 0x7d0b,
                                          0x9a0b, 0xa77f, 0xad0b, 0xb06f, 0xb60b};

bool hw_is_vmd(const struct hw *hw, const struct hw_function *function)
{
    bool is_raid = function->vendor == INTEL && function->class_code >> 8 == CLASS_RAID;

    for (size_t i = 0; i < sizeof(volume_devices) / sizeof(volume_devices[0]); i++) {
        if (is_raid && function->device == volume_devices[i])
            return true;
    }
    return (function->driver && strcmp(function->driver, "vmd") == 0) ||
           (hw->unread_count > 0 && is_raid);
}

bool hw_is_bridge(const struct hw_function *function)
{
    return function->is_bridge || function->class_code >> 16 == BASE_BRIDGE;
}

bool hw_is_usb(const struct hw_function *function)
{
    return function->class_code >> 8 == CLASS_USB;
}

const char *hw_organ(const struct hw *hw, const struct hw_function *function)
{
    if (hw_is_engine(hw, function))
        return "part of the management engine";
    if (hw_is_vmd(hw, function))
        return "the VMD, with all disks behind it";
    if (function->class_code == USB4_HOST)
        return "the USB4 host, which makes PCI functions appear";
    for (size_t i = 0; i < sizeof(organs) / sizeof(organs[0]); i++) {
        if ((organs[i].vendor == 0 || organs[i].vendor == function->vendor) &&
            organs[i].class_code == function->class_code >> 8 &&
            (organs[i].slot == ANYWHERE || organs[i].slot == slot_of(function)))
            return organs[i].what;
    }
    return NULL;
}

bool hw_is_beside_isa(const struct hw_function *function)
{
    return function->vendor == INTEL && slot_of(function) == CHIPSET_SLOT;
}

static const struct {
    uint32_t vendor, class_code; /* vendor 0: any */
    const char *what;
} removable[] = {
    {0, 0x0102, "a floppy disk controller"},
    {0, 0x0805, "an SD card controller"},
    {0, 0x0c00, "a FireWire controller"},
    {0, CLASS_USB, "a USB controller"},
    {0, 0xff00, "a card reader"},
    {RICOH, 0x0880, "a card reader"},
    {JMICRON, 0x0880, "a card reader"},
    {O2MICRO, 0x0880, "a card reader"},
    {O2MICRO, 0x0180, "a card reader"},
    {TEXAS, 0x0180, "a card reader"},
    {TEXAS, 0x0880, "a card reader"},
};

const char *hw_removable(const struct hw_function *function)
{
    for (size_t i = 0; i < sizeof(removable) / sizeof(removable[0]); i++) {
        if ((removable[i].vendor == 0 || removable[i].vendor == function->vendor) &&
            removable[i].class_code == function->class_code >> 8)
            return removable[i].what;
    }
    return NULL;
}

const struct hw_function *hw_group_organ(const struct hw *hw, const struct hw_function *function)
{
    for (uint32_t i = 0; i < hw->function_count && function->group >= 0; i++) {
        const struct hw_function *other = &hw->functions[i];

        if (other != function && other->group == function->group && hw_organ(hw, other))
            return other;
    }
    return NULL;
}

bool hw_is_amd_board(const struct hw *hw)
{
    return !hw->lists_dmar && (hw_is_amd(hw) || hw->has_ivrs);
}

const char *hw_refusal(struct hw *hw, const struct hw_function *function)
{
    const struct hw_reserved *kept = hw_kept(hw, function, 0);
    const char *organ = hw_organ(hw, function);
    const struct hw_function *other = organ ? NULL : hw_group_organ(hw, function);

    if (hw_is_bridge(function) || organ)
        return say(&hw->arena, "it is %s, part of the chipset", organ ? organ : "a bridge");
    if (hw_boots_from(hw, function->address))
        return "the machine boots from it: who writes that disk replaces the hypervisor";
    if (hw_is_amd_board(hw))
        return "AMD's IOMMU is not supported yet";
    if (kept && !hw_is_usb(function))
        return say(
            &hw->arena, "firmware keeps memory for it (RMRR %s)%s", hw_range_text(&hw->arena, kept),
            function->class_code >> 16 == 0x03 ? ": integrated graphics can't be assigned yet"
                                               : "");
    if (other)
        return say(&hw->arena, "%s (%s) is in its IOMMU group: the group is nobody's",
                   hw_address(hw, other->address), hw_organ(hw, other));
    return hw_is_beside_isa(function) ? "it is beside the ISA bridge, in the chipset's own device"
                                      : NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Organs of the board: functions whose owner would have more than a device. Told by class and
 * place, as new chipsets keep both; `bulkhead check` gives the same answers (tools/hw/organ.c).
 */
#include "judge.h"

enum {
    INTEL = 0x8086,
    AMD = 0x1022,
    ANYWHERE = 32,
    BASE_COMMUNICATION = 0x07,
    CLASS_RAID = 0x0104,
    CLASS_COMMUNICATION = 0x0780,
    USB4_HOST = 0x0c0340, /* with its interface */
    /* Device numbers of the management engine, and of its like on server boards. */
    ENGINE_SLOT = 0x16,
    INNOVATION_SLOT = 0x10,
    ATOM_SLOT = 0x18,
    CHIPSET_SLOT = 0x1f,
};

static const struct {
    uint32_t vendor; /* 0: any */
    uint32_t class;  /* base class, subclass */
    uint32_t slot;   /* device number, or ANYWHERE */
    const char *what;
} organs[] = {
    {0, CLASS_HOST_BRIDGE, ANYWHERE, "a host bridge"},
    {0, 0x0601, ANYWHERE, "the ISA bridge"},
    {0, 0x0806, ANYWHERE, "an IOMMU"},
    {0, 0x0c05, ANYWHERE, "the SMBus"},
    {0, 0x0c07, ANYWHERE, "the BMC's interface (IPMI)"},
    {0, 0x0c80, ANYWHERE, "a serial bus of the board, as that of the firmware's flash (SPI)"},
    {INTEL, 0x0580, CHIPSET_SLOT, "the chipset's sideband bridge or power controller (P2SB, PMC)"},
    {INTEL, 0x1300, CHIPSET_SLOT, "the chipset's trace hub"},
    {INTEL, 0x1180, 0x04, "the processor's power and thermal control"},
    {AMD, 0x1080, ANYWHERE, "the security processor"},
};

/* Volume Management Devices hide the disks behind them in a segment of their own. */
static const uint16_t volume_devices[] = {0x201d, 0x28c0, 0x467f, 0x4c3d, 0x7d0b,
                                          0x9a0b, 0xa77f, 0xad0b, 0xb06f, 0xb60b};

static uint32_t class_of(const struct fact_function *function)
{
    return function->class_code >> 16;
}

static bool is_intel(const struct fact_function *function)
{
    return (function->id & 0xffff) == INTEL;
}

static bool is_volume_device(const struct fact_function *function)
{
    for (uint32_t i = 0; i < sizeof(volume_devices) / sizeof(volume_devices[0]); i++)
        if (is_intel(function) && class_of(function) == CLASS_RAID &&
            function->id >> 16 == volume_devices[i])
            return true;
    return false;
}

/* An interface of the engine is in one of its places, and its other functions beside it. */
static bool is_interface(const struct fact_function *function)
{
    uint32_t slot = function->pci >> 3;
    if (!is_intel(function))
        return false;
    return (slot == ENGINE_SLOT && class_of(function) >> 8 == BASE_COMMUNICATION) ||
           ((slot == INNOVATION_SLOT || slot == ATOM_SLOT) &&
            class_of(function) == CLASS_COMMUNICATION);
}

static bool is_engine(const struct facts *facts, const struct fact_function *function)
{
    for (uint32_t i = 0; i < facts->function_count; i++)
        if (facts->functions[i].pci >> 3 == function->pci >> 3 &&
            is_interface(&facts->functions[i]))
            return true;
    return false;
}

const char *organ_of(const struct facts *facts, const struct fact_function *function)
{
    if (is_engine(facts, function))
        return "part of the management engine";
    if (is_volume_device(function))
        return "the VMD, with all disks behind it";
    if (function->class_code >> 8 == USB4_HOST)
        return "the USB4 host, which makes PCI functions appear";
    for (uint32_t i = 0; i < sizeof(organs) / sizeof(organs[0]); i++)
        if ((organs[i].vendor == 0 || organs[i].vendor == (function->id & 0xffff)) &&
            organs[i].class == class_of(function) &&
            (organs[i].slot == ANYWHERE || organs[i].slot == function->pci >> 3))
            return organs[i].what;
    if (is_intel(function) && function->pci >> 3 == CHIPSET_SLOT)
        return "beside the ISA bridge, in the chipset's own device";
    return NULL;
}

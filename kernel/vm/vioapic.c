/* SPDX-License-Identifier: Apache-2.0 */
/* Virtual I/O APIC: see the header. */
#include "vioapic.h"

enum {
    WINDOW_INDEX = 0x00,
    WINDOW_DATA = 0x10,
    REGISTER_ID = 0x00,
    REGISTER_VERSION = 0x01,
    REGISTER_ARBITRATION = 0x02,
    REGISTER_RTE = 0x10,
    VERSION = 0x20 | (VIOAPIC_PINS - 1) << 16,
    ID_BITS = 0x0f000000,
    RTE_DELIVERY_MODE = 7 << 8,
    RTE_LOGICAL = 1 << 11,
    RTE_MASKED = 1 << 16,
    RTE_DESTINATION_SHIFT = 56,
    LOWEST_VECTOR = 16,
    BROADCAST = 0xff,
};
/* Without delivery status (12) and remote IRR (14), with the 8-bit destination (56-63) only. */
#define RTE_WRITABLE 0xff0000000001afffull

void vioapic_reset(struct vioapic *ioapic)
{
    ioapic->index = ioapic->id = 0;
    for (unsigned pin = 0; pin < VIOAPIC_PINS; pin++)
        ioapic->rte[pin] = RTE_MASKED;
}

uint32_t vioapic_read(const struct vioapic *ioapic, unsigned offset, unsigned bytes)
{
    uint32_t entry = ioapic->index - REGISTER_RTE;

    if (bytes != 4)
        return 0;
    if (offset == WINDOW_INDEX)
        return ioapic->index;
    if (offset != WINDOW_DATA)
        return 0;
    if (entry < 2 * VIOAPIC_PINS)
        return (uint32_t)(ioapic->rte[entry / 2] >> entry % 2 * 32);
    if (ioapic->index == REGISTER_VERSION)
        return VERSION;
    return ioapic->index <= REGISTER_ARBITRATION ? ioapic->id : 0;
}

void vioapic_write(struct vioapic *ioapic, unsigned offset, unsigned bytes, uint32_t value)
{
    uint32_t entry = ioapic->index - REGISTER_RTE;

    if (bytes != 4)
        return;
    if (offset == WINDOW_INDEX) {
        ioapic->index = value & 0xff;
    } else if (offset == WINDOW_DATA && entry < 2 * VIOAPIC_PINS) {
        uint64_t *rte = &ioapic->rte[entry / 2];
        uint64_t half = 0xffffffffull << entry % 2 * 32;
        *rte = ((*rte & ~half) | (uint64_t)value << entry % 2 * 32) & RTE_WRITABLE;
    } else if (offset == WINDOW_DATA && ioapic->index == REGISTER_ID) {
        ioapic->id = value & ID_BITS;
    }
}

bool vioapic_pin_edge(const struct vioapic *ioapic, unsigned pin, struct vioapic_message *out)
{
    uint64_t rte = pin < VIOAPIC_PINS ? ioapic->rte[pin] : RTE_MASKED;

    out->vector = (uint8_t)rte;
    out->logical = rte & RTE_LOGICAL;
    out->destination = (uint32_t)(rte >> RTE_DESTINATION_SHIFT);
    if (!out->logical && out->destination == BROADCAST)
        out->destination = 0xffffffff;
    return !(rte & (RTE_MASKED | RTE_DELIVERY_MODE)) && out->vector >= LOWEST_VECTOR;
}

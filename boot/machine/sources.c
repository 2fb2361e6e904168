/* SPDX-License-Identifier: Apache-2.0 */
/* Interrupt sources that no scan shows: see the header. */
#include "sources.h"

enum {
    HPET_ID = 0x00,
    HPET_PERIOD = 0x04, /* femtoseconds a tick */
    HPET_PERIOD_MAX = 100000000,
    HPET_TIMERS = 0x100,
    HPET_TIMER_BYTES = 0x20,
    HPET_INTERRUPT = 1 << 2,
    HPET_MSI = 1 << 14,
    IOMMU_VERSION = 0x00,
    IOMMU_EXTENDED = 0x10,
    IOMMU_QUEUED = 1 << 1,
    IOMMU_PAGE_REQUESTS = 1 << 29,
    IOMMU_FAULT_CONTROL = 0x38,
    IOMMU_INVALIDATION_CONTROL = 0xa0,
    IOMMU_PAGE_REQUEST_CONTROL = 0xe0,
};
#define IOMMU_MASKED (1u << 31)

static volatile uint32_t *at(volatile void *registers, uint32_t offset)
{
    return (volatile uint32_t *)((volatile uint8_t *)registers + offset);
}

bool hpet_answers(volatile void *registers)
{
    uint32_t id = *at(registers, HPET_ID), period = *at(registers, HPET_PERIOD);
    return id != 0 && id != 0xffffffff && period != 0 && period <= HPET_PERIOD_MAX;
}

bool hpet_quiet(volatile void *registers)
{
    if (!hpet_answers(registers))
        return true;
    uint32_t timers = (*at(registers, HPET_ID) >> 8 & 31) + 1;
    for (uint32_t i = 0; i < timers; i++) {
        volatile uint32_t *timer = at(registers, HPET_TIMERS + i * HPET_TIMER_BYTES);
        *timer &= ~(uint32_t)(HPET_INTERRUPT | HPET_MSI);
        if (*timer & (HPET_INTERRUPT | HPET_MSI))
            return false;
    }
    return true;
}

static bool mask(volatile void *registers, uint32_t control)
{
    *at(registers, control) = IOMMU_MASKED;
    return *at(registers, control) & IOMMU_MASKED;
}

bool iommu_quiet(volatile void *registers)
{
    uint32_t extended = *at(registers, IOMMU_EXTENDED);
    if (*at(registers, IOMMU_VERSION) == 0xffffffff || *at(registers, IOMMU_VERSION) == 0)
        return false;
    return mask(registers, IOMMU_FAULT_CONTROL) &&
           (!(extended & IOMMU_QUEUED) || mask(registers, IOMMU_INVALIDATION_CONTROL)) &&
           (!(extended & IOMMU_PAGE_REQUESTS) || mask(registers, IOMMU_PAGE_REQUEST_CONTROL));
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What a VT-d unit records: see the header. */
#include "arch/x86/include/vtd.h"
#include "kernel/abi/limits.h"

enum {
    CAPABILITY = 0x08,
    CAPABILITY_HIGH = 0x0c,
    FAULT_STATUS = 0x34,
    FAULT_CONTROL = 0x38,
    FAULT_DATA = 0x3c,
    FAULT_ADDRESS = 0x40,
    FAULT_UPPER_ADDRESS = 0x44,

    STATUS_PENDING = 1 << 1, /* some record is full */
    /* Overflow; invalidation queue, completion and time-out errors: cleared by a 1. */
    STATUS_STICKY = 1 << 0 | 1 << 4 | 1 << 5 | 1 << 6,
    STATUS_NEXT_SHIFT = 8,
    DELIVER_NMI = 4 << 8,
    RECORD_BYTES = 16,
    RECORD_SOURCE = 8,
    RECORD_REASON = 12,
};
#define CONTROL_MASKED  0x80000000u
#define RECORD_FULL     0x80000000u
#define MESSAGE_ADDRESS 0xfee00000u

void vtd_send_faults_to(volatile uint8_t *unit, uint32_t apic_id)
{
    vtd_mask_faults(unit, true);
    vtd_write(unit, FAULT_DATA, DELIVER_NMI);
    vtd_write(unit, FAULT_ADDRESS, MESSAGE_ADDRESS | (apic_id & 0xff) << 12);
    vtd_write(unit, FAULT_UPPER_ADDRESS, apic_id & ~0xffu);
}

void vtd_mask_faults(volatile uint8_t *unit, bool masked)
{
    vtd_write(unit, FAULT_CONTROL, masked ? CONTROL_MASKED : 0);
    vtd_read(unit, FAULT_CONTROL); /* it has arrived */
}

bool vtd_drain_faults(volatile uint8_t *unit,
                      void (*take)(const struct vtd_fault *fault, uint32_t context),
                      uint32_t context)
{
    uint32_t status = vtd_read(unit, FAULT_STATUS), high = vtd_read(unit, CAPABILITY_HIGH);
    uint32_t records = (high >> 8 & 0xff) + 1, at = status >> STATUS_NEXT_SHIFT & 0xff;
    uint32_t first = ((high & 3) << 8 | vtd_read(unit, CAPABILITY) >> 24) * RECORD_BYTES;
    if (!(status & (STATUS_PENDING | STATUS_STICKY)))
        return false;
    vtd_write(unit, FAULT_STATUS, status & STATUS_STICKY);
    for (uint32_t n = 0; n < 2 * records && vtd_read(unit, FAULT_STATUS) & STATUS_PENDING; n++) {
        uint32_t record = first + (at + n) % records * RECORD_BYTES;
        if (record > PAGE_BYTES - RECORD_BYTES) /* not in the page that is mapped */
            continue;
        uint32_t reason = vtd_read(unit, record + RECORD_REASON);
        if (!(reason & RECORD_FULL))
            continue;
        struct vtd_fault fault = {.address = (uint64_t)vtd_read(unit, record + 4) << 32 |
                                             vtd_read(unit, record),
                                  .source = vtd_read(unit, record + RECORD_SOURCE) & 0xffff,
                                  .reason = reason & 0xff};
        vtd_write(unit, record + RECORD_REASON, RECORD_FULL);
        take(&fault, context);
    }
    return true;
}

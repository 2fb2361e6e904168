/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The I/O APIC that a domain finds at GUEST_IOAPIC: 24 pins, all edge-triggered. A pin's message
 * becomes a fixed IPI inside the domain (TRAPS 30). Registers as in the 82093AA data sheet; all
 * functions want the domain's device lock held.
 */
#ifndef BULKHEAD_VIOAPIC_H
#define BULKHEAD_VIOAPIC_H

#include <stdbool.h>
#include <stdint.h>

enum { VIOAPIC_PINS = 24, VIOAPIC_BYTES = 4096 };

struct vioapic {
    uint32_t index, id;
    uint64_t rte[VIOAPIC_PINS];
};

struct vioapic_message {
    uint32_t destination; /* x2APIC id (0xffffffff: all), or logical destination if `logical` */
    uint8_t vector;       /* 16..255 */
    bool logical;
};

/* All pins masked, as after power-on. */
void vioapic_reset(struct vioapic *ioapic);

/*
 * The guest's access at `offset` of the window. Only 32-bit accesses are defined: others read 0
 * and write nothing. Delivery status and remote IRR are always 0.
 */
uint32_t vioapic_read(const struct vioapic *ioapic, unsigned offset, unsigned bytes);
void vioapic_write(struct vioapic *ioapic, unsigned offset, unsigned bytes, uint32_t value);

/*
 * A rising edge at `pin`. Returns whether a message is to be sent and fills `out`. Nothing is
 * delivered while the pin is masked, for a delivery mode other than fixed (I4: no NMI, INIT or
 * SMI from here) or for vectors below 16.
 */
bool vioapic_pin_edge(const struct vioapic *ioapic, unsigned pin, struct vioapic_message *out);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The devices that a domain finds (DESIGN, What a domain finds), behind ports and memory. One lock
 * a domain, taken by its own processors only (I8).
 */
#ifndef BULKHEAD_DEVICES_H
#define BULKHEAD_DEVICES_H

#include "arch/x86/grant/port.h"
#include "kernel/abi/guest.h"
#include "vuart.h"
#include <stdbool.h>
#include <stdint.h>

/* Once, by the domain's first processor; then before each life. */
void devices_setup(void);
void devices_reset(void);

/*
 * The UART's line status, which guests poll: a byte that can be read without the lock and without
 * further work, unless the port is polled.
 */
extern struct vuart devices_uart;
static inline bool devices_line_status(uint16_t port, uint8_t *status)
{
    if (port != GUEST_COM1 + UART_LSR || devices_uart.polled)
        return false;
    *status = devices_uart.lsr;
    return true;
}

uint32_t devices_in(enum port_owner owner, uint16_t port);
void devices_out(enum port_owner owner, uint16_t port, uint32_t value);

/* Memory that RAM does not back: the I/O APIC, else all ones and no effect. */
uint64_t devices_read(uint64_t gpa, unsigned bytes);
void devices_write(uint64_t gpa, unsigned bytes, uint64_t value);

/* The domain's UART may have work: called at a knock on its first processor. */
void devices_pump(void);

/* The hypervisor's own words on the domain's UART; waits, so never in an exit path. */
void devices_say(const char *text);

#endif

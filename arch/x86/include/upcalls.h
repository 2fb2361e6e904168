/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What arch/ asks of the kernel: who this processor is, and what is decided about an exit. All
 * else that arch/ includes of kernel/ is kernel/abi/.
 */
#ifndef BULKHEAD_UPCALLS_H
#define BULKHEAD_UPCALLS_H

#include "arch/x86/grant/port.h"
#include "kernel/abi/guest_machine.h"
#include "kernel/abi/layout.h"
#include "kernel/abi/management.h"
#include "kernel/abi/manifest_domain.h"
#include "kernel/abi/public.h"
#include "kernel/abi/slice.h"
#include "percpu.h"
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What this processor is and whose: set once at start-up, then constant. `domain` and `rules` are
 * NULL on a processor that no domain owns.
 */
struct cpu {
    uint32_t index; /* into handoff.cpus */
    uint32_t local; /* index within its domain */
    uint32_t apic_id;
    bool lives; /* start-up lies behind it */
    const struct handoff_cpu *place;
    const struct handoff_domain *domain; /* placement */
    const struct manifest_domain *rules; /* manifest */
};
extern struct cpu cpu;

/* What this processor keeps of the handoff. */
static inline const struct handoff_slice *slice(void)
{
    return (const struct handoff_slice *)VA_SLICE;
}

/* The domain's public page: each of its words has one writer. */
static inline struct public_page *public_page(void)
{
    return (struct public_page *)VA_PUBLIC;
}

/* The host-physical address of one of this processor's PER_CPU objects. */
static inline uint64_t cpu_own_hpa(const void *object)
{
    return cpu.place->state_hpa + ((uint64_t)object - VA_CPU);
}

/* An impossible state: records and prints the cause, and stops the machine (I9: it fails secure).
 */
_Noreturn void panic(const char *text, ...) __attribute__((format(printf, 1, 2)));
/* Keeps the cause over a warm reset, before it is told; panic() does it by itself. */
void panic_keep(const char *text, va_list args);
/* Another processor panics: this one stops. */
_Noreturn void panic_halt(void);

/* Runs this processor in its domain, or parks it if it has none. Entered on an empty stack. */
_Noreturn void life_run(void);

/* Ends this life of the domain for `cause`; the manifest's on_exit says what follows. */
_Noreturn void life_end(enum life_end cause);

/* What one processor of a domain asks of another; carried by the mailbox and a knock. */
enum life_request {
    REQUEST_INIT = 1,
    REQUEST_SIPI = 2,
    REQUEST_NMI = 4,
    REQUEST_NMI_AGAIN = 8 /* a second one before the first was taken: life_request()'s own */
};

/* Leaves `requests` (enum life_request) for the domain's processor `local`, and knocks. */
void life_request(uint32_t local, uint32_t requests, uint8_t sipi_vector);

/* Takes what the mailbox holds; called after a knock with the guest stopped on this processor. */
void life_knocked(void);

/*
 * The management call, of the management domain only. `page` is a page of its RAM that begins with
 * a request (kernel/abi/management.h), or NULL: the caller named none. What is answered, after
 * MANAGEMENT_DONE, stands there then.
 */
enum management_result management_call(void *page);

/*
 * The line status of the domain's UART, which guests poll: a byte that can be read without a lock
 * and without further work, unless the port is polled.
 */
struct uart_status {
    uint8_t lsr;
    bool polled; /* its interrupt line is not ours: every look of the guest pumps */
};
struct vuart; /* begins with a struct uart_status */
extern struct vuart devices_uart;
static inline bool devices_line_status(uint16_t port, uint8_t *status)
{
    enum { LINE_STATUS_REGISTER = 5 };
    const struct uart_status *uart = (const struct uart_status *)&devices_uart;
    if (port != GUEST_COM1 + LINE_STATUS_REGISTER || uart->polled)
        return false;
    *status = uart->lsr;
    return true;
}

/* An access to a port of the domain's machine, no wider than its owner takes. */
uint32_t devices_in(enum port_owner owner, uint16_t port);
void devices_out(enum port_owner owner, uint16_t port, unsigned bytes, uint32_t value);

/*
 * An access to memory that no table maps: configuration space, the I/O APIC, judged pages of its
 * functions, else all ones and no effect. Of one that begins in the page before, the exit tells
 * the second page only: it is judged as if it began there.
 */
uint64_t devices_read(uint64_t gpa, unsigned bytes);
void devices_write(uint64_t gpa, unsigned bytes, uint64_t value);

#endif

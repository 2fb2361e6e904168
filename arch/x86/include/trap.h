/* SPDX-License-Identifier: Apache-2.0 */
/* The hypervisor's own descriptor tables, exceptions and NMI. */
#ifndef BULKHEAD_TRAP_H
#define BULKHEAD_TRAP_H

#include <stdbool.h>
#include <stdint.h>

enum { HOST_CS = 0x08, HOST_DS = 0x10, HOST_TSS = 0x18 };
enum { HOST_STACK_BYTES = 16384, HOST_EXTRA_STACK_BYTES = 4096 };

/* While draining, an APIC's word that there was nothing: no domain's vector, needs no EOI. */
enum { VECTOR_SPURIOUS = 15 };

/*
 * While `draining`, vectors 16 to 31 only acknowledge an interrupt, like those above: a domain may
 * have sent itself one of them, and it must not look like an exception of the hypervisor. NMI, #DF
 * and #MC keep their handlers; that of #MC tells a machine check from an interrupt by itself.
 */
void trap_drain_gates(bool draining);

/* Ends NMI blocking by an IRET (TRAPS: NMIs stay blocked in root mode after an NMI exit). */
void cpu_unblock_nmi(void);

/* Waits in HLT until a knock has come, and takes it; none is lost. */
void cpu_park(void);

/* Goes on with `function` on an empty stack; the second zeroes it first. */
_Noreturn void cpu_leave_stack(void (*function)(void));
_Noreturn void cpu_fresh_stack(void (*function)(void));

extern uint8_t cpu_stack_top[];

#endif

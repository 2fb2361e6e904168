/* SPDX-License-Identifier: Apache-2.0 */
/* The end of the machine: an impossible state (DESIGN I9: it fails secure). */
#ifndef BULKHEAD_PANIC_H
#define BULKHEAD_PANIC_H

/* Records and prints the cause, stops every processor and never returns. */
_Noreturn void panic(const char *text, ...) __attribute__((format(printf, 1, 2)));

/* Another processor panics: this one stops. */
_Noreturn void panic_halt(void);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* How a payload with the network's parts starts, and how it ends when it can't go on. */
#ifndef CONSOLE_START_H
#define CONSOLE_START_H

/*
 * Calls `program` on a stack of its own, below which lies nothing, with the stack protector's
 * random canary in place and memory as protect() leaves it. An exception in it, or its return, ends
 * this life; what becomes of the domain is up to its on_exit. Only for a caller without stack
 * protector.
 */
_Noreturn void start(void (*program)(void *));

/* Says why on the serial port and ends this life. */
_Noreturn void console_end(const char *why);

#endif

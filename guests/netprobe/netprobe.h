/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GUEST_NETPROBE_H
#define GUEST_NETPROBE_H

#include <stdbool.h>
#include <stdint.h>

/* Tries the domain at `victim` from `own`, both IPv4, and reports a line for each thing. */
void attack(uint32_t own, uint32_t victim);

/* Tries what this payload may not do to itself. */
void try_limits(void);

/* Prints a thing that was tried, and counts it. */
void report(bool pass, const char *name, const char *text, ...)
    __attribute__((format(printf, 3, 4)));

#endif

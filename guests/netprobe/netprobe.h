/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GUEST_NETPROBE_H
#define GUEST_NETPROBE_H

#include <stdint.h>

/* Tries the domain at `victim` from `own`, both IPv4, and reports a line for each thing. */
void attack(uint32_t own, uint32_t victim);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* The serial ports that the manifest gives away. */
#ifndef BULKHEAD_BOOT_SERIAL_H
#define BULKHEAD_BOOT_SERIAL_H

#include "kernel/manifest.h"

/*
 * Refuses a manifest that gives a domain a UART that the machine has not, or one interrupt line to
 * two domains (I4).
 */
void serial_check(const struct manifest *manifest);

/* The interrupt line of the domain's UART, as the manifest says or as on a PC. */
unsigned serial_line(const struct manifest_domain *domain);

/* No UART asks for an interrupt. */
void serial_quiet(void);

#endif

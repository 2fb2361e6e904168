/* SPDX-License-Identifier: Apache-2.0 */
/* The version resource of an image: what file managers and inventories say that a PE file is. */
#ifndef BULKHEAD_VERSION_H
#define BULKHEAD_VERSION_H

#include <stdbool.h>
#include <stdint.h>

enum { VERSION_BYTES = 2048, VERSION_HOST_MAX = 63 };

/*
 * Writes a .rsrc section that will lie at `address`, counted from the image's base, and returns its
 * length: description with the host's name, product and version; "LAB" and the flag of a special
 * build unless `release`. PE format, "The .rsrc Section".
 */
uint32_t version_resource(uint8_t bytes[VERSION_BYTES], uint32_t address, const char *host,
                          bool release);

#endif

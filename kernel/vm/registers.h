/* SPDX-License-Identifier: Apache-2.0 */
/* A device's registers in memory, each access with one instruction of its own width. */
#ifndef BULKHEAD_REGISTERS_H
#define BULKHEAD_REGISTERS_H

#include <stdint.h>

/* `bytes` 1, 2, 4 or 8; `at` is aligned to them. */
static inline uint64_t registers_read(const volatile uint8_t *at, unsigned bytes)
{
    if (bytes == 4)
        return *(const volatile uint32_t *)at;
    if (bytes == 8)
        return *(const volatile uint64_t *)at;
    return bytes == 2 ? *(const volatile uint16_t *)at : *at;
}

static inline void registers_write(volatile uint8_t *at, unsigned bytes, uint64_t value)
{
    if (bytes == 4)
        *(volatile uint32_t *)at = (uint32_t)value;
    else if (bytes == 8)
        *(volatile uint64_t *)at = value;
    else if (bytes == 2)
        *(volatile uint16_t *)at = (uint16_t)value;
    else
        *at = (uint8_t)value;
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes that a device is to move, and whether they arrived. */
#include "attack.h"

static uint8_t pattern_at(uint32_t i, uint32_t seed)
{
    return (uint8_t)(i * 13 + (i >> 8) + seed);
}

void pattern_fill(volatile uint8_t *at, uint32_t bytes, uint32_t seed)
{
    for (uint32_t i = 0; i < bytes; i++) {
        at[i] = pattern_at(i, seed);
    }
}

uint32_t pattern_differences(const volatile uint8_t *at, uint32_t bytes, uint32_t seed)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < bytes; i++) {
        count += at[i] != pattern_at(i, seed);
    }
    return count;
}

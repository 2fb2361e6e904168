/* SPDX-License-Identifier: Apache-2.0 */
/* The MSR table as an array, for msr.c and boot/plan/bitmaps.c. */
#ifndef BULKHEAD_MSR_LINES_H
#define BULKHEAD_MSR_LINES_H

#include "msr.h"
#include <stddef.h>

enum msr_access { MSR_DENY, MSR_DIRECT, MSR_LVT, MSR_VALUE, MSR_IGNORE, MSR_ZERO, MSR_ASK };

struct msr_line {
    uint32_t first, last;
    uint8_t read, write; /* enum msr_access */
    uint8_t needs;       /* enum cpu_feature */
    uint8_t reset;       /* enum msr_reset */
    uint64_t value;
};

static const struct msr_line msr_table[] = {
#define MSR(first, last, read, write, needs, reset, value)                                         \
    {first, last, MSR_##read, MSR_##write, FEATURE_##needs, MSR_RESET_##reset, value},
#include "msr_table.h"
};
enum { MSR_LINES = sizeof(msr_table) / sizeof(msr_table[0]) };

/* Whether what a line says takes no exit: LVT entries where the APIC checks them. */
static inline bool msr_is_direct(const struct cpu_features *features, enum msr_access access)
{
    return access == MSR_DIRECT || (access == MSR_LVT && features_have(features, FEATURE_INTEL));
}

#endif

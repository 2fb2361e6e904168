/* SPDX-License-Identifier: Apache-2.0 */
/* The bitmaps that make the MSR table hold, once, at start-up. */
#include "msr_lines.h"

/* All bytes of `map` set, then `open` for each MSR and direction that a guest gets. */
static void open_granted(uint8_t *map, size_t bytes, const struct cpu_features *features,
                         void (*open)(uint8_t *map, uint32_t msr, bool write))
{
    for (size_t i = 0; i < bytes; i++)
        map[i] = 0xff;
    for (const struct msr_line *line = msr_table; line < msr_table + MSR_LINES; line++) {
        if (!features_have(features, line->needs))
            continue;
        for (uint32_t msr = line->first; msr <= line->last; msr++) {
            if (line->read == MSR_DIRECT)
                open(map, msr, false);
            if (msr_is_direct(features, line->write))
                open(map, msr, true);
        }
    }
}

/* Four bitmaps of 1 KiB: read 0-0x1fff, read 0xc0000000-0xc0001fff, and the same for write. */
static void open_vmx(uint8_t *map, uint32_t msr, bool write)
{
    uint32_t low = msr & ~0xc0000000u;

    if (low < 0x2000 && (msr < 0x2000 || msr >= 0xc0000000))
        map[(write ? 2048 : 0) + (msr < 0x2000 ? 0 : 1024) + low / 8] &= (uint8_t) ~(1 << low % 8);
}

/* Three ranges of 0x2000 MSRs, 2 KiB each: from 0, 0xc0000000 and 0xc0010000; bit 0 is read. */
static void open_svm(uint8_t *map, uint32_t msr, bool write)
{
    uint32_t low = msr & 0x1fff, range;

    if (msr < 0x2000)
        range = 0;
    else if (msr - 0xc0000000 < 0x2000)
        range = 1;
    else if (msr - 0xc0010000 < 0x2000)
        range = 2;
    else
        return;
    map[range * 2048 + low / 4] &= (uint8_t) ~((write ? 2 : 1) << low % 4 * 2);
}

void msr_bitmap_vmx(uint8_t bitmap[4096], const struct cpu_features *features)
{
    open_granted(bitmap, 4096, features, open_vmx);
}

void msr_permission_map_svm(uint8_t map[8192], const struct cpu_features *features)
{
    open_granted(map, 8192, features, open_svm);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bitmaps that make the MSR table hold, of all ones but for what is granted. Intel SDM,
 * "MSR-Bitmap Address"; AMD APM, "MSR Intercepts", "I/O Intercepts".
 */
#include "bitmaps.h"
#include "arch/x86/grant/msr_lines.h"
#include <string.h>

/* Calls `open` for each MSR and direction that a guest gets. */
static void open_granted(uint8_t *map, const struct cpu_features *features,
                         void (*open)(uint8_t *map, uint32_t msr, bool write))
{
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

void bitmaps_build(uint8_t *out, const struct cpu_features *features, bool amd)
{
    memset(out, 0xff, bitmaps_bytes(amd));
    open_granted(out, features, amd ? open_svm : open_vmx);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What hardware goes by when a guest touches an MSR or a port. The separation check holds it
 * against the table and against what each processor then says of itself.
 */
#ifndef BULKHEAD_BOOT_BITMAPS_H
#define BULKHEAD_BOOT_BITMAPS_H

#include "arch/x86/include/features.h"
#include "kernel/abi/layout.h"

/*
 * Fills the beginning of the state of a processor that has these features: with VT-x an MSR bitmap
 * of 4 KiB; with AMD-V an MSR permissions map of 8 KiB, then an I/O permissions map of 12 KiB. A
 * set bit exits.
 */
static inline uint64_t bitmaps_bytes(bool amd)
{
    return amd ? BITMAPS_BYTES_SVM : BITMAPS_BYTES_VTX;
}
void bitmaps_build(uint8_t *out, const struct cpu_features *features, bool amd);

#endif

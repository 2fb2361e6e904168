/* SPDX-License-Identifier: Apache-2.0 */
/*
 * QEMU's models that know no reset but their bus's, measured with 10.0.2: no FLR, and going to
 * D3hot and back leaves their registers as they were. virtio resets itself only behind a port.
 */
#include "emulated.h"

#include <stddef.h>

bool emulated_lacks_reset(uint32_t id, uint32_t pci)
{
    static const uint32_t ids[] = {0x808610d3, 0x1af41041, 0x1af41042,
                                   0x1b36000d, 0x123411e8, 0x80862922};
    bool known = false;

    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
        known |= ids[i] == id;
    return known && pci >> 8 == 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What of a PCI function's configuration space tells what it can do. */
#ifndef BULKHEAD_BOOT_SURVEY_CONFIG_H
#define BULKHEAD_BOOT_SURVEY_CONFIG_H

#include <stdint.h>

enum { CONFIG_BYTES = 4096, CONFIG_CONVENTIONAL = 256 };

/* What its capabilities say, for the screen. */
enum config_has {
    CONFIG_FLR = 1 << 0,
    CONFIG_D3_RESET = 1 << 1,
    CONFIG_MSI = 1 << 2,
    CONFIG_MSIX = 1 << 3,
    CONFIG_ACS = 1 << 4,
    CONFIG_SRIOV = 1 << 5,
    CONFIG_SERIAL = 1 << 6,
};

/*
 * Fills `out`, of CONFIG_BYTES, with the header and the capabilities that are known, as the dwords
 * at multiples of 4 below CONFIG_BYTES read; zero where nothing was read: some devices don't bear
 * that all is. Nothing is written. Returns how many bytes the space has, CONFIG_CONVENTIONAL or
 * CONFIG_BYTES, and in `has` enum config_has. PCI Local Bus Specification, "Capabilities List"; PCI
 * Express Base Specification, "PCI Express Extended Capabilities".
 */
uint32_t config_read(uint32_t (*read)(void *context, uint32_t offset), void *context, uint8_t *out,
                     uint32_t *has);

#endif

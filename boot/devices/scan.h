/* SPDX-License-Identifier: Apache-2.0 */
/* Which PCI functions the machine has, and how they are found before anybody gets one (I3). */
#ifndef BULKHEAD_BOOT_SCAN_H
#define BULKHEAD_BOOT_SCAN_H

#include "boot/plan/facts.h"
#include "kernel/manifest.h"

/*
 * Fills facts->functions with every function of every bus that access_to() reaches. Of those that
 * the manifest names, also the BARs, an xHCI's legacy capability and what configuration space
 * reads as, at `configs`: room for CONFIG_SPACE_BYTES for each entry of MANIFEST_DEVICES. Nobody
 * else, the firmware's timers included, may use configuration space or these functions meanwhile,
 * and facts_check() must have been passed. False, with `why`: more functions than fit, or one that
 * can't be asked.
 */
bool scan_functions(const struct manifest *manifest, struct facts *facts, uint8_t *configs,
                    struct diagnostic *why);

/*
 * Access Control Services on, as far as each port or function of a device with several has them:
 * source validation, P2P request and completion redirect, upstream forwarding; egress control
 * and direct translated P2P, which go before these, off (TRAPS 59). acs_control becomes what reads
 * back.
 */
void scan_acs_on(struct facts *facts);

/* Whether each acs_control, by which was judged, still reads back. False, with `why`: one not. */
bool scan_acs_stays(const struct facts *facts, struct diagnostic *why);

/*
 * What lets a function bypass the IOMMU or multiply, off, in this order: address translation
 * services, page requests, process address spaces, virtual functions (TRAPS 64). False, with `why`:
 * a bit stays set.
 */
bool scan_switch_off(const struct facts *facts, struct diagnostic *why);

#endif

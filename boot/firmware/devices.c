/* SPDX-License-Identifier: Apache-2.0 */
/* PCI functions and IOMMU units, asked while the firmware still runs. */
#include "boot/devices/scan.h"
#include "boot/devices/vtd.h"
#include "boot/machine/reach.h"
#include "boot/plan/place.h"
#include "firmware.h"

/* At the highest level no timer of the firmware runs its drivers between two accesses. */
void devices_collect(const struct manifest *manifest, struct facts *facts)
{
    struct diagnostic why;
    uint32_t named;
    manifest_entries(manifest, MANIFEST_DEVICES, &named);
    uint8_t *configs = named ? memory_allocate((uint64_t)named * CONFIG_SPACE_BYTES) : NULL;
    memory_collect(facts);
    if (!facts_check(facts, &why))
        refuse("%s", why.text);
    for (uint32_t i = 0; i < facts->ecam_count; i++) {
        struct free_range range = ecam_range(&facts->ecam[i]);
        reach(range.base, range.bytes, "PCI configuration space");
    }
    vtd_collect(facts);
    facts->boot_function = named ? find_boot_function() : FUNCTION_NONE;
    EFI_TPL level = firmware->BootServices->RaiseTPL(TPL_HIGH_LEVEL);
    bool scanned = scan_functions(manifest, facts, configs, &why);
    if (scanned)
        scan_acs_on(facts);
    firmware->BootServices->RestoreTPL(level);
    if (!scanned)
        refuse("%s", why.text);
}

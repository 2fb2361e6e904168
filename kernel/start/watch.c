/* SPDX-License-Identifier: Apache-2.0 */
/* Who reads the IOMMU units' faults, and whose functions they know. */
#include "watch.h"
#include "arch/x86/include/start.h"
#include "arch/x86/include/upcalls.h"
#include "kernel/abi/handoff.h"
#include "kernel/life/faults.h"

void watch_setup(void)
{
    const struct handoff *all = handoff();
    uint32_t reader = handoff_fault_reader(all), count[MAX_DOMAINS] = {0};
    if (all->iommu_count == 0)
        return;
    faults.has_reader = true;
    faults.reader = all->cpus[reader].apic_id;
    if (reader != cpu.index)
        return;
    faults.unit_count = all->iommu_count;
    faults.source_count = all->function_count;
    for (uint32_t i = 0; i < all->function_count; i++) {
        const struct function *function = &all->functions[i];
        const struct handoff_domain *owner = &all->domains[function->domain];
        faults.sources[i] = (struct fault_source){.pci = function->pci,
                                                  .domain = function->domain,
                                                  .function = count[function->domain]++,
                                                  .apic_id = all->cpus[owner->cpus[0]].apic_id};
    }
}

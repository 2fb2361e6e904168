/* SPDX-License-Identifier: Apache-2.0 */
/* Functions of nobody that may go on with DMA: see the header. */
#include "mute.h"
#include "align.h"
#include "judge.h"

enum { CLASS_DISPLAY = 0x03 };

/* Registers begin at a multiple of their size: where one that was not sized ends at the latest. */
static uint64_t end_of(const struct fact_bar *bar)
{
    return bar->base + (bar->bytes ? bar->bytes : bar->base & (~bar->base + 1));
}

uint32_t mute_display(const struct facts *facts)
{
    uint64_t screen = facts->screen.base, nearest = 0;
    uint32_t found = FUNCTION_NONE;
    for (uint32_t i = 0; i < facts->function_count * MAX_BARS; i++) {
        const struct fact_function *one = &facts->functions[i / MAX_BARS];
        const struct fact_bar *bar = &one->bars[i % MAX_BARS];
        if (bar->base == 0 || bar->type & BAR_PORTS || bar->base > screen || bar->base < nearest)
            continue;
        nearest = bar->base;
        found = one->class_code >> 24 == CLASS_DISPLAY && screen < end_of(bar) ? i / MAX_BARS
                                                                               : FUNCTION_NONE;
    }
    return found;
}

/*
 * A unit without tables for the function's segment group would take those of group 0's function
 * with the same number.
 */
static bool is_possible(const struct facts *facts, const struct handoff *handoff, uint32_t index,
                        struct diagnostic *why)
{
    uint32_t pci = facts->functions[index].pci;
    const char *remedy = NULL;
    if (is_assigned(handoff, pci))
        remedy = "it is to be a domain's, which could not be stopped: use another card";
    else if (handoff->iommu_count == 0)
        remedy = "it is nobody's, and no IOMMU is in use that would block it: remove or disable "
                 "the device, or switch VT-d and interrupt remapping on in the firmware's setup";
    else if (pci >> 16 || unit_limit(facts, index) == 0)
        remedy = "it is nobody's, and no IOMMU unit blocks it there: remove or disable the device";
    return !remedy ||
           diagnose(why, "I3: the PCI function " PCI_LONG_NAME " keeps bus mastering: %s",
                    PCI_LONG_PARTS(pci), remedy);
}

bool mute(const struct facts *facts, struct handoff *handoff, uint32_t index,
          struct diagnostic *why)
{
    if (!is_possible(facts, handoff, index, why))
        return false;
    if (handoff->muted_count == MAX_MUTED)
        return diagnose(why,
                        "I3: more than %u PCI functions keep bus mastering although they are "
                        "nobody's, of which " PCI_NAME " is the last: remove or disable some",
                        MAX_MUTED, PCI_PARTS(facts->functions[index].pci));
    handoff->muted[handoff->muted_count++] = facts->functions[index].pci;
    return true;
}

/* What is written there later would be written to a device that its owner resets. */
bool mute_screen_is_given(const struct facts *facts, const struct handoff *handoff)
{
    const struct handoff_screen *screen = &facts->screen;
    for (uint32_t i = 0; i < handoff->function_count * MAX_BARS; i++) {
        const struct function_bar *bar = &handoff->functions[i / MAX_BARS].bars[i % MAX_BARS];
        uint64_t base = align_down(bar->hpa, PAGE_BYTES);
        if (bar->bytes > 0 && ranges_overlap(base, page_up(bar->hpa + bar->bytes) - base,
                                             screen->base, screen->bytes))
            return true;
    }
    return false;
}

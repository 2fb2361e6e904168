/* SPDX-License-Identifier: Apache-2.0 */
/* The machine made quiet: see the header. */
#include "silence.h"
#include "boot/devices/pci_quiet.h"
#include "boot/devices/scan.h"
#include "boot/plan/mute.h"
#include "pins.h"
#include "reach.h"
#include "serial.h"
#include "sources.h"
#include "text.h"

enum { HPET_BYTES = 0x500, IOMMU_BYTES = 0x1000 };
#define HPET_USUAL 0xfed00000ull /* where every PC chipset has it, listed or not */

static void quiet_hpet(const struct facts *facts)
{
    uint64_t base = facts->hpet_base ? facts->hpet_base : HPET_USUAL;
    if (facts->hpet_base)
        reach(base, HPET_BYTES, "HPET");
    else if (!reach_possible(base, HPET_BYTES))
        return;
    if (facts->hpet_base && !hpet_answers((volatile void *)base))
        refuse("I4: the HPET at %lx does not answer: update the firmware", base);
    if (!hpet_quiet((volatile void *)base))
        refuse("I4: a timer of the HPET at %lx can't be switched off: switch the HPET off in the "
               "firmware's setup",
               base);
}

static void quiet_iommus(const struct facts *facts)
{
    for (uint32_t i = 0; i < facts->iommu_count; i++) {
        reach(facts->iommus[i].registers, IOMMU_BYTES, "IOMMU unit");
        if (!iommu_quiet((volatile void *)facts->iommus[i].registers))
            refuse("I4: the interrupts of the IOMMU unit at %lx can't be masked: update the "
                   "firmware, or switch VT-d off in its setup",
                   facts->iommus[i].registers);
    }
}

/* All is quiet before anything is refused: the machine may stand like that for long. */
static void quiet_functions(const struct facts *facts, struct handoff *handoff)
{
    struct diagnostic why, unused;
    uint32_t display = mute_display(facts);
    for (uint32_t i = 0; i < facts->ecam_count; i++) {
        struct free_range range = ecam_range(&facts->ecam[i]);
        reach(range.base, range.bytes, "PCI configuration space");
    }
    bool switched = scan_switch_off(facts, &why);
    if (display != FUNCTION_NONE && !mute(facts, handoff, display, &unused))
        display = FUNCTION_NONE;
    if (display == FUNCTION_NONE)
        handoff->display = (struct handoff_display){0};
    struct pci_census census = pci_quiet(facts, display);
    if (!switched)
        refuse("%s", why.text);
    if (handoff->function_count && !scan_acs_stays(facts, &why))
        refuse("%s", why.text);
    if (census.host_bridges == 0)
        refuse(
            "I3: no PCI host bridge answers, so devices can't be reached to silence them: update "
            "the firmware");
    if (census.usb_held != 0)
        refuse("I3: the firmware does not let go of the USB controller " PCI_LONG_NAME
               ": switch its "
               "\"legacy USB support\" off in the firmware's setup",
               PCI_LONG_PARTS(census.usb_function));
    for (uint32_t i = 0; i < census.stubborn; i++)
        if (!mute(facts, handoff, census.stubborn_functions[i], &why))
            refuse("%s", why.text);
}

void silence(const struct facts *facts, struct handoff *handoff)
{
    serial_quiet();
    pins_mask(facts);
    quiet_functions(facts, handoff);
    quiet_hpet(facts);
    quiet_iommus(facts);
}

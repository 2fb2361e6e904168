/* SPDX-License-Identifier: Apache-2.0 */
/* What is switched on or off in every PCI function that has it: see the header. */
#include "access.h"
#include "boot/plan/diagnostic.h"
#include "scan.h"

enum {
    ROOT_PORT = 4, /* device/port types of the PCI Express capability */
    DOWNSTREAM_PORT = 6,
    ACS_CONTROL = 6, /* from the capability */
    ACS_SOURCE_VALIDATION = 1 << 0,
    ACS_REQUEST_REDIRECT = 1 << 2,
    ACS_COMPLETION_REDIRECT = 1 << 3,
    ACS_UPSTREAM_FORWARDING = 1 << 4,
    ACS_EGRESS_CONTROL = 1 << 5, /* by a list, before redirection */
    ACS_DIRECT_TRANSLATED = 1 << 6,
    ACS_OFF = ACS_EGRESS_CONTROL | ACS_DIRECT_TRANSLATED,
    ACS_ON = ACS_SOURCE_VALIDATION | ACS_REQUEST_REDIRECT | ACS_COMPLETION_REDIRECT |
             ACS_UPSTREAM_FORWARDING,
};

void scan_acs_on(struct facts *facts)
{
    for (uint32_t i = 0; i < facts->function_count; i++) {
        struct fact_function *fact = &facts->functions[i];
        bool port =
            fact->express && (fact->port_type == ROOT_PORT || fact->port_type == DOWNSTREAM_PORT);
        if (fact->acs == 0 || !(port || fact->multifunction))
            continue;
        struct pci pci = access_to(facts, fact->pci);
        uint32_t function = fact->pci & 0xffff, at = fact->acs + ACS_CONTROL;
        uint32_t control = pci_read(&pci, function, at, 2) & ~(uint32_t)ACS_OFF;
        pci_write(&pci, function, at, 2, control | (fact->acs_capability & ACS_ON));
        fact->acs_control = (uint16_t)pci_read(&pci, function, at, 2);
    }
}

bool scan_acs_stays(const struct facts *facts, struct diagnostic *why)
{
    for (uint32_t i = 0; i < facts->function_count; i++) {
        const struct fact_function *fact = &facts->functions[i];
        struct pci pci = access_to(facts, fact->pci);
        uint32_t function = fact->pci & 0xffff;
        if (fact->acs && pci_read(&pci, function, fact->acs + ACS_CONTROL, 2) != fact->acs_control)
            return diagnose(why,
                            "I3: the access control (ACS) of the PCI function " PCI_LONG_NAME " is "
                            "not what it was a moment before: update the firmware",
                            PCI_LONG_PARTS(fact->pci));
    }
    return true;
}

/* A capability's enable bits. What a function may translate may not change under a translation. */
static const struct {
    const char *name;
    size_t place; /* in struct fact_function: where the capability is */
    uint32_t control;
    uint32_t enable;
} switches[] = {
    {"address translation (ATS)", offsetof(struct fact_function, ats), 6, 1 << 15},
    {"page requests (PRI)", offsetof(struct fact_function, pri), 4, 1 << 0},
    {"process address spaces (PASID)", offsetof(struct fact_function, pasid), 6, 1 << 0},
    {"virtual functions (SR-IOV)", offsetof(struct fact_function, sriov), 8, 1 << 0 | 1 << 3},
};

bool scan_switch_off(const struct facts *facts, struct diagnostic *why)
{
    for (uint32_t i = 0; i < facts->function_count; i++) {
        const struct fact_function *fact = &facts->functions[i];
        struct pci pci = access_to(facts, fact->pci);
        uint32_t function = fact->pci & 0xffff;
        for (unsigned k = 0; k < sizeof(switches) / sizeof(switches[0]); k++) {
            uint32_t at = *(const uint16_t *)((const uint8_t *)fact + switches[k].place);
            if (at == 0)
                continue;
            at += switches[k].control;
            uint32_t control = pci_read(&pci, function, at, 2);
            if (control & switches[k].enable)
                pci_write(&pci, function, at, 2, control & ~switches[k].enable);
            if (pci_read(&pci, function, at, 2) & switches[k].enable)
                return diagnose(why,
                                "I3: the PCI function " PCI_LONG_NAME " does not switch its %s "
                                "off: switch it off in the firmware's setup, or remove the device",
                                PCI_LONG_PARTS(fact->pci), switches[k].name);
        }
    }
    return true;
}

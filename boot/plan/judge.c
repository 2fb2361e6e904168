/* SPDX-License-Identifier: Apache-2.0 */
/* Is a function what the manifest says, and can one domain alone have it (I3)? */
#include "judge.h"
#include "kernel/format.h"

enum {
    EXPRESS_FLR = 1 << 28, /* Device Capabilities: Function Level Reset */
    ADVANCED_FLR = 3,      /* AF Capabilities: Transactions Pending and FLR, both */
    SERIAL_DIGITS = 16,
    CLASS_CARD_READER = 0x0805, /* SD host controllers */
};

bool deny(const struct subject *subject, const char *text, ...)
{
    char rest[DIAGNOSTIC_BYTES - 100];
    va_list args;
    va_start(args, text);
    vformat(rest, sizeof(rest), text, args);
    va_end(args);
    return diagnose(subject->why, "I3: domain %s is to have the PCI function " PCI_NAME "%s",
                    owner_name(subject->manifest, subject->device), PCI_PARTS(subject->device->pci),
                    rest);
}

const struct manifest_device *owner_entry(const struct manifest *manifest, uint32_t pci)
{
    uint32_t count;
    const struct manifest_device *devices = manifest_entries(manifest, MANIFEST_DEVICES, &count);
    for (uint32_t i = 0; i < count; i++)
        if (devices[i].pci == pci)
            return &devices[i];
    return NULL;
}

const char *owner_name(const struct manifest *manifest, const struct manifest_device *device)
{
    return !device                                   ? "nobody"
           : device->domain < manifest->domain_count ? manifest->domains[device->domain].name
                                                     : "management";
}

static bool judge_id(const struct subject *subject)
{
    uint32_t wanted = subject->device->id, vendor = subject->fact->id & 0xffff;
    uint32_t device = subject->fact->id >> 16;
    if (owner_entry(subject->manifest, subject->device->pci) != subject->device)
        return deny(subject, ", which the manifest lists twice: correct `pci`");
    return wanted == 0 || wanted == (vendor << 16 | device) ||
           deny(subject,
                ", which is to be %04x:%04x and is %04x:%04x: another card is in that place; "
                "correct `pci` or `id`",
                wanted >> 16, wanted & 0xffff, vendor, device);
}

/* As people write it: 16 hexadecimal digits of either case, with or without separators. */
static bool is_serial(const char *text, uint64_t number)
{
    uint32_t left = SERIAL_DIGITS;
    for (; *text; text++) {
        char c = *text >= 'A' && *text <= 'Z' ? (char)(*text - 'A' + 'a') : *text;
        if (c == ' ' || c == '-' || c == ':')
            continue;
        if (left == 0 || c != "0123456789abcdef"[number >> (4 * --left) & 15])
            return false;
    }
    return left == 0;
}

/* What is written for a disk controller may be the disk's, which stands elsewhere. */
static bool judge_serial(const struct subject *subject)
{
    const struct fact_function *fact = subject->fact;
    const char *wanted = manifest_string(subject->manifest, subject->device->serial_number);
    if (!*wanted || (!fact->has_serial_number && fact->class_code >> 24 == CLASS_STORAGE))
        return true;
    if (!fact->has_serial_number)
        return deny(subject,
                    ", which is to have the serial number %s and has none: leave it out, or put "
                    "the right card into that place",
                    wanted);
    return is_serial(wanted, fact->serial_number) ||
           deny(subject,
                ", which is to have the serial number %s and has %08x%08x: correct it, or put the "
                "right card into that place",
                wanted, (uint32_t)(fact->serial_number >> 32), (uint32_t)fact->serial_number);
}

/* Whether a disk or a stick may hang on it. */
static bool may_boot(const struct fact_function *fact)
{
    uint32_t class = fact->class_code >> 16;
    return class >> 8 == CLASS_STORAGE || class == CLASS_USB || class == CLASS_CARD_READER;
}

static bool judge_kind(const struct subject *subject)
{
    const struct fact_function *fact = subject->fact;
    const char *organ = organ_of(subject->facts, fact);
    if (organ)
        return deny(subject,
                    ", which is %s (class %04x): who has it has more than a device, so it is "
                    "nobody's; remove it from the manifest",
                    organ, fact->class_code >> 16);
    if (is_bridge(fact) || fact->class_code >> 24 == CLASS_BRIDGE)
        return deny(subject,
                    ", which is a bridge or a port (class %04x, header type %u): name the "
                    "functions behind it",
                    fact->class_code >> 16, fact->header);
    if (subject->facts->boot_function == FUNCTION_NONE && may_boot(fact))
        return deny(subject,
                    ", which this machine may have booted from: its firmware does not say; boot "
                    "the image from its own menu, or leave the function to nobody");
    return subject->device->pci != subject->facts->boot_function ||
           deny(subject, ", which this machine boots from: who writes that disk replaces the "
                         "hypervisor; leave it to nobody");
}

/* Behind it all have one requester id (TRAPS 60). */
static bool judge_place(const struct subject *subject)
{
    const struct facts *facts = subject->facts;
    for (uint32_t at = subject->index; (at = bridge_above(facts, at)) != FUNCTION_NONE;) {
        const struct fact_function *bridge = &facts->functions[at];
        if (!is_port(bridge))
            return deny(subject,
                        ", and it lies behind the PCI bridge " PCI_NAME
                        ", where an IOMMU can't tell one function from another: use a card in a "
                        "PCI Express slot",
                        PCI_PARTS(bridge->pci));
    }
    return true;
}

/* Each lies in the first 256 bytes behind the header and over no other. */
static bool judge_capabilities(const struct subject *subject)
{
    const struct fact_function *fact = subject->fact;
    const struct {
        uint32_t at, bytes;
    } list[] = {
        {fact->power, 8},
        {fact->msi, 10 + (fact->msi_control >> 7 & 1) * 4 + (fact->msi_control >> 8 & 1) * 10},
        {fact->msix, 12},
        {fact->express, 12},
        {fact->advanced, 6}};
    const uint32_t count = sizeof(list) / sizeof(list[0]);
    bool good = !fact->bad_list && fact->config;
    for (uint32_t i = 0; i < count; i++) {
        if (list[i].at == 0)
            continue;
        good &= list[i].at >= 0x40 && list[i].at % 4 == 0 && list[i].at + list[i].bytes <= 0x100;
        for (uint32_t j = 0; j < i; j++)
            good &= list[j].at == 0 || list[i].at + list[i].bytes <= list[j].at ||
                    list[j].at + list[j].bytes <= list[i].at;
    }
    return good || deny(subject, ", and its list of capabilities can't be followed: the card is "
                                 "broken, use another");
}

static bool judge_interrupts(const struct subject *subject)
{
    return is_silent(subject) || subject->fact->msi || subject->fact->msix ||
           deny(subject,
                ", and it has neither MSI nor MSI-X: use another card; if it is listed for its "
                "group's sake only, write `interrupts: none`");
}

/* A bus is reset only by the port directly above, and if nothing but its owner's is below. */
static bool can_reset_bus(const struct subject *subject)
{
    const struct facts *facts = subject->facts;
    uint32_t above = bridge_above(facts, subject->index);
    if (above == FUNCTION_NONE || facts->functions[above].secondary != bus_of(subject->fact))
        return false;
    for (uint32_t i = 0; i < facts->function_count; i++) {
        const struct fact_function *one = &facts->functions[i];
        if (!is_below(one, &facts->functions[above]))
            continue;
        const struct manifest_device *owner = owner_entry(subject->manifest, one->pci);
        if (bus_of(one) != bus_of(subject->fact) || is_bridge(one) || !owner ||
            owner->domain != subject->device->domain)
            return false;
    }
    return true;
}

uint32_t resets_of(const struct subject *subject)
{
    const struct fact_function *fact = subject->fact;
    uint32_t resets = 0;
    if (fact->express && fact->express_capabilities & EXPRESS_FLR)
        resets |= RESET_FLR;
    if (fact->advanced && (fact->advanced_capabilities & ADVANCED_FLR) == ADVANCED_FLR)
        resets |= RESET_AF_FLR;
    if (fact->power && !fact->no_soft_reset)
        resets |= RESET_D3HOT;
    if (can_reset_bus(subject))
        resets |= RESET_BUS;
    return resets;
}

static bool judge_reset(const struct subject *subject)
{
    return resets_of(subject) != 0 || is_silent(subject) ||
           subject->device->flags & MANIFEST_NO_RESET ||
           deny(subject,
                ", and it has no way to be reset: put it below a root port of its own, use "
                "another card, or accept with `accept_no_reset: true` that it keeps what it has "
                "over a restart of its domain");
}

bool is_kept_for(const struct facts *facts, const struct fact_reserved *kept, uint32_t index,
                 bool *lost)
{
    *lost = kept->any || scope_is_lost(facts, kept->segment, kept->scope_first, kept->scope_count);
    return kept->segment == facts->functions[index].pci >> 16 &&
           (*lost ||
            scope_covers(facts, kept->segment, kept->scope_first, kept->scope_count, index));
}

/* A USB controller's use ends with the hand-over (TRAPS 61). */
static bool judge_reserved(const struct subject *subject)
{
    const struct facts *facts = subject->facts;
    if (subject->fact->class_code >> 16 == CLASS_USB)
        return true;
    for (uint32_t i = 0; i < facts->reserved_count; i++) {
        const struct fact_reserved *kept = &facts->reserved[i];
        bool lost;
        if (is_kept_for(facts, kept, subject->index, &lost))
            return deny(subject,
                        ", and the firmware keeps memory at %lx to %lx for %s (RMRR): switch "
                        "that off in the firmware's setup, or use another card",
                        kept->base, kept->end, lost ? "a function that can't be told" : "it");
    }
    return true;
}

static bool judge_group(const struct subject *subject)
{
    const struct facts *facts = subject->facts;
    uint32_t group = group_of(facts, subject->index);
    for (uint32_t i = 0; i < facts->function_count; i++) {
        const struct fact_function *one = &facts->functions[i];
        const struct manifest_device *owner = owner_entry(subject->manifest, one->pci);
        if (is_bridge(one) || (owner && owner->domain == subject->device->domain) ||
            group_of(facts, i) != group)
            continue;
        return deny(subject,
                    ", and nothing separates it from " PCI_NAME
                    " of %s: give both to one domain (with `interrupts: none` if it has no use "
                    "for it), or put the card below a root port with ACS",
                    PCI_PARTS(one->pci), owner_name(subject->manifest, owner));
    }
    return true;
}

bool judge_function(const struct subject *subject)
{
    static bool (*const rules[])(const struct subject *) = {
        judge_id,    judge_serial,     judge_kind,  judge_place,   judge_capabilities,
        judge_group, judge_interrupts, judge_reset, judge_reserved};
    for (uint32_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
        if (!rules[i](subject))
            return false;
    return true;
}

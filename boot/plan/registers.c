/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Do the registers of an assigned function lie where only its owner reaches them? Pages are what
 * is given, so a base address register smaller than a page is given only if nothing else that is
 * known lies in its page (TRAPS 45): its owner then has the whole page.
 */
#include "align.h"
#include "judge.h"

enum { INTERRUPT_BYTES = 1 << 20, WINDOWS = 2 + MAX_ECAMS + MAX_IOMMUS + MAX_IOAPICS };
#define INTERRUPT_BASE 0xfee00000ull /* local APICs; writes of devices there are interrupts */

struct taken {
    uint64_t base, bytes;
    const char *what;
};

/* The whole pages that a register takes. */
static struct free_range pages_of(const struct fact_bar *bar)
{
    uint64_t base = align_down(bar->base, PAGE_BYTES);
    return (struct free_range){base, page_up(bar->base + bar->bytes) - base};
}

static bool judge_shape(const struct subject *subject, uint32_t index)
{
    const struct fact_bar *bar = &subject->fact->bars[index];
    uint64_t reach = 1ull << subject->facts->physical_address_bits;
    uint64_t limit = min_u64(reach, unit_limit(subject->facts, subject->index));
    if (bar->base == 0)
        return deny(subject,
                    ", and the firmware gave its BAR %u no address: switch on decoding above "
                    "4 GiB in its setup, or put the card into another slot",
                    index);
    bool alone = !(bar->type & BAR_64) ||
                 (index + 1 < MAX_BARS && subject->fact->bars[index + 1].bytes == 0);
    if (bar->bytes & (bar->bytes - 1) || bar->base & (bar->bytes - 1) || !alone)
        return deny(subject,
                    ", and its BAR %u of %lu bytes can't lie at %lx: update the firmware, or use "
                    "another card",
                    index, bar->bytes, bar->base);
    if (!(bar->type & BAR_64))
        limit = min_u64(limit, 1ull << 32);
    if (bar->base >= limit || bar->bytes > limit - bar->base)
        return deny(subject,
                    ", and its BAR %u at %lx (%lu bytes) lies above %lx, which the %s can't "
                    "reach: switch off decoding above 4 GiB in the firmware's setup",
                    index, bar->base, bar->bytes, limit,
                    limit == reach ? "processor" : "IOMMU unit or the register itself");
    return true;
}

/* What the hypervisor uses itself. */
static uint32_t list_windows(const struct facts *facts, struct taken list[WINDOWS])
{
    uint32_t count = 0;
    list[count++] = (struct taken){INTERRUPT_BASE, INTERRUPT_BYTES, "the local APICs"};
    if (facts->hpet_base)
        list[count++] = (struct taken){facts->hpet_base, PAGE_BYTES, "the HPET"};
    for (uint32_t i = 0; i < facts->ecam_count; i++) {
        struct free_range range = ecam_range(&facts->ecam[i]);
        list[count++] = (struct taken){range.base, range.bytes, "the configuration space (ECAM)"};
    }
    for (uint32_t i = 0; i < facts->iommu_count; i++)
        list[count++] = (struct taken){facts->iommus[i].registers, PAGE_BYTES, "an IOMMU unit"};
    for (uint32_t i = 0; i < facts->ioapic_count; i++)
        list[count++] = (struct taken){facts->ioapics[i].address, PAGE_BYTES, "an I/O APIC"};
    return count;
}

const char *taken_by(const struct facts *facts, const struct free_range *pages, uint64_t *where)
{
    struct taken list[WINDOWS];
    uint32_t count = list_windows(facts, list);
    for (uint32_t i = 0; i < facts->memory_count; i++)
        if (ranges_overlap(pages->base, pages->bytes, *where = facts->memory[i].base,
                           facts->memory[i].bytes))
            return "memory";
    for (uint32_t i = 0; i < count; i++)
        if (ranges_overlap(pages->base, pages->bytes, align_down(*where = list[i].base, PAGE_BYTES),
                           page_up(list[i].bytes)))
            return list[i].what;
    return NULL;
}

static bool judge_windows(const struct subject *subject, uint32_t index)
{
    struct free_range pages = pages_of(&subject->fact->bars[index]);
    uint64_t where;
    const char *what = taken_by(subject->facts, &pages, &where);
    return !what || deny(subject,
                         ", and its BAR %u at %lx (%lu bytes) overlaps %s at %lx: update the "
                         "firmware",
                         index, pages.base, pages.bytes, what, where);
}

/* One that was not sized takes the page where it begins: a larger one would begin a page. */
static bool judge_neighbours(const struct subject *subject, uint32_t index)
{
    const struct facts *facts = subject->facts;
    struct free_range pages = pages_of(&subject->fact->bars[index]);
    for (uint32_t i = 0; i < facts->function_count * MAX_BARS; i++) {
        const struct fact_function *one = &facts->functions[i / MAX_BARS];
        const struct fact_bar *bar = &one->bars[i % MAX_BARS];
        if (bar->base == 0 || bar->type & BAR_PORTS || bar == &subject->fact->bars[index])
            continue;
        struct free_range other = pages_of(bar);
        if (ranges_overlap(pages.base, pages.bytes, other.base,
                           other.bytes ? other.bytes : PAGE_BYTES))
            return deny(subject,
                        ", and its BAR %u at %lx (%lu bytes) shares a page with BAR %u of " PCI_NAME
                        " of %s at %lx: put one of the cards into another slot, or "
                        "update the firmware",
                        index, subject->fact->bars[index].base, subject->fact->bars[index].bytes,
                        i % MAX_BARS, PCI_PARTS(one->pci),
                        owner_name(subject->manifest, owner_entry(subject->manifest, one->pci)),
                        bar->base);
    }
    return true;
}

static bool lies_in(const struct free_range *pages, const struct free_range *window)
{
    return pages->base >= window->base && pages->bytes <= window->bytes &&
           pages->base - window->base <= window->bytes - pages->bytes;
}

static bool meets(const struct free_range *pages, const struct free_range *window)
{
    return window->bytes > 0 && (pages->base - window->base < window->bytes ||
                                 window->base - pages->base < pages->bytes);
}

/*
 * Where a register says that it lies is a device's word; what bridges pass on, and to whom, is the
 * board's. One that lies about the first would give its owner another's registers.
 */
static bool judge_bridges(const struct subject *subject, uint32_t index)
{
    const struct facts *facts = subject->facts;
    struct free_range pages = pages_of(&subject->fact->bars[index]);
    for (uint32_t i = 0; i < facts->function_count; i++) {
        const struct fact_function *bridge = &facts->functions[i];
        bool above = is_below(subject->fact, bridge);
        if (above ? lies_in(&pages, &bridge->windows[0]) || lies_in(&pages, &bridge->windows[1])
                  : !meets(&pages, &bridge->windows[0]) && !meets(&pages, &bridge->windows[1]))
            continue;
        return deny(subject,
                    ", and its BAR %u at %lx (%lu bytes) lies %s the bridge " PCI_NAME
                    " passes on: update the firmware, or use another card",
                    index, pages.base, pages.bytes, above ? "outside of what" : "in what",
                    PCI_PARTS(bridge->pci));
    }
    return true;
}

uint32_t vectors_of(const struct fact_function *fact)
{
    return fact->msix ? (fact->msix_control & 0x7ffu) + 1 : 0;
}

uint32_t pending_bytes(uint32_t vectors)
{
    return (vectors + 63) / 64 * 8;
}

/* A register of the MSI-X capability, "Table Offset/Table BIR" or the like for pending bits. */
static bool judge_table(const struct subject *subject, uint32_t where, uint32_t bytes,
                        const char *what)
{
    uint32_t index = where & 7, offset = where & ~7u;
    const struct fact_bar *bar = index < MAX_BARS ? &subject->fact->bars[index] : NULL;
    if (!bar || !is_memory(bar))
        return deny(subject,
                    ", and its MSI-X %s lies in BAR %u, which is none of memory: the card is "
                    "broken, use another",
                    what, index);
    return (bar->bytes >= bytes && offset <= bar->bytes - bytes) ||
           deny(subject,
                ", and its MSI-X %s (%u bytes at %x of BAR %u) goes past the BAR's end at %lx: "
                "the card is broken, use another",
                what, bytes, offset, index, bar->bytes);
}

static bool judge_message_registers(const struct subject *subject)
{
    const struct fact_function *fact = subject->fact;
    uint32_t vectors = vectors_of(fact), pending = pending_bytes(vectors);
    if (vectors > 0) {
        if (!judge_table(subject, fact->msix_table, vectors * 16, "table") ||
            !judge_table(subject, fact->msix_pending, pending, "pending bits"))
            return false;
        if ((fact->msix_table & 7) == (fact->msix_pending & 7) &&
            ranges_overlap(fact->msix_table & ~7u, vectors * 16ull, fact->msix_pending & ~7u,
                           pending))
            return deny(subject, ", and its MSI-X table and pending bits overlap: the card is "
                                 "broken, use another");
    }
    return fact->legacy_offset == 0 ||
           (is_memory(&fact->bars[0]) && fact->bars[0].bytes >= 8 &&
            fact->legacy_offset <= fact->bars[0].bytes - 8) ||
           deny(subject,
                ", and its legacy support capability lies at %x, past the end of BAR 0: the "
                "card is broken, use another",
                fact->legacy_offset);
}

bool judge_registers(const struct subject *subject)
{
    if (is_silent(subject))
        return true;
    for (uint32_t i = 0; i < MAX_BARS; i++)
        if (is_memory(&subject->fact->bars[i]) &&
            (!judge_shape(subject, i) || !judge_windows(subject, i) ||
             !judge_neighbours(subject, i) || !judge_bridges(subject, i)))
            return false;
    return judge_message_registers(subject);
}

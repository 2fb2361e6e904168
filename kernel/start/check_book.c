/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The separation check, the machine's part: who management is, and that what its processors keep
 * of the others is what manifest and handoff say, and no more (I5, I6).
 */
#include "check_machine.h"
#include "kernel/check/check_parts.h"
#include <string.h>

bool check_same(const void *kept, const void *due, uint64_t bytes, uint64_t room)
{
    const uint8_t *rest = kept;
    for (uint64_t i = bytes; i < room; i++)
        if (rest[i])
            return false;
    return bytes <= room && (bytes == 0 || memcmp(kept, due, bytes) == 0);
}

static bool same_machine(const struct check_machine *check,
                         const struct management_machine *machine)
{
    const struct manifest *manifest = check->manifest;
    const struct handoff *handoff = check->handoff;
    struct management_machine due = {.lab = (manifest->header->flags & MANIFEST_LAB) != 0,
                                     .own = (uint32_t)handoff->management,
                                     .counts = {[MANAGEMENT_MACHINE] = 1},
                                     .tsc_hz = handoff->tsc_hz,
                                     .unix_time = handoff->unix_time,
                                     .unix_time_tsc = handoff->unix_time_tsc};
    static const uint8_t tables[] = {MANIFEST_DOMAINS, MANIFEST_LEVELS, MANIFEST_CATEGORIES,
                                     MANIFEST_NETWORKS, MANIFEST_DEVICES};
    uint32_t count;
    for (uint32_t i = 0; i < sizeof tables; i++)
        manifest_entries(manifest, tables[i], &due.counts[MANAGEMENT_DOMAIN + i]);
    memcpy(due.digest, manifest->header->digest, sizeof due.digest);
    memcpy(due.host, manifest->header->host, sizeof due.host);
    const struct manifest_policy *policy = manifest_entries(manifest, MANIFEST_POLICY, &count);
    if (count) {
        due.level = policy->level;
        due.categories = policy->categories;
        const char *text = manifest_string(manifest, policy->classification);
        for (uint32_t i = 0; i < sizeof due.classification - 1 && text[i]; i++)
            due.classification[i] = text[i];
    }
    return memcmp(machine, &due, sizeof due) == 0;
}

static bool same_tables(const struct manifest *manifest, const struct handoff_book *book)
{
    const struct {
        enum manifest_table_id table;
        const void *kept;
        uint64_t entry_bytes, room;
    } tables[] = {
        {MANIFEST_DOMAINS, book->domains, sizeof book->domains[0], sizeof book->domains},
        {MANIFEST_LEVELS, book->levels, sizeof book->levels[0], sizeof book->levels},
        {MANIFEST_CATEGORIES, book->categories, sizeof book->categories[0],
         sizeof book->categories},
        {MANIFEST_NETWORKS, book->networks, sizeof book->networks[0], sizeof book->networks},
        {MANIFEST_DEVICES, book->devices, sizeof book->devices[0], sizeof book->devices},
    };
    for (uint32_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        uint32_t count;
        const void *due = manifest_entries(manifest, tables[i].table, &count);
        if (!check_same(tables[i].kept, due, count * tables[i].entry_bytes, tables[i].room))
            return false;
    }
    return true;
}

/* Where each domain's public page is, and whom a knock reaches. */
static bool same_domains(const struct handoff *handoff, const struct handoff_book *book)
{
    for (uint32_t i = 0; i < MAX_DOMAINS; i++) {
        struct handoff_domain none = {0};
        const struct handoff_domain *due = i < handoff->domain_count ? &handoff->domains[i] : &none;
        uint32_t apic_id = i < handoff->domain_count ? handoff->cpus[due->cpus[0]].apic_id : 0;
        if (book->public_hpa[i] != due->public_hpa || book->public_bytes[i] != due->public_bytes ||
            book->apic_ids[i] != apic_id)
            return false;
    }
    return true;
}

/* The book, whose pages lie behind one another wherever they can be seen; NULL: they do not. */
static const struct handoff_book *book_at(const struct check_machine *check, uint64_t hpa)
{
    const char *first = check->frame(hpa, check->context);
    for (uint64_t at = PAGE_BYTES; first && at < BOOK_BYTES; at += PAGE_BYTES)
        if ((const char *)check->frame(hpa + at, check->context) != first + at)
            return NULL;
    return (const struct handoff_book *)first;
}

bool check_management(const struct check_machine *check)
{
    uint64_t due = HANDOFF_NOBODY, is = check->handoff->management;
    uint32_t count = 0;
    for (uint32_t i = 0; i < check->handoff->domain_count; i++)
        if (check->manifest->domains[i].flags & MANIFEST_IS_MANAGEMENT) {
            due = i;
            count++;
        }
    return (is == due && count <= 1) ||
           check_fail(check->result, "I6", "management is domain %lx, expected %lx", is, due);
}

bool check_book(const struct check_machine *check)
{
    const struct handoff *handoff = check->handoff;
    uint32_t own = (uint32_t)handoff->management;
    if (own == HANDOFF_NOBODY)
        return true;
    uint64_t hpa = handoff->cpus[handoff->domains[own].cpus[0]].slice_hpa + PAGE_BYTES;
    const struct handoff_book *book = book_at(check, hpa);
    return (book && same_machine(check, &book->machine) && same_tables(check->manifest, book) &&
            same_domains(handoff, book) &&
            check_same(book + 1, NULL, 0, BOOK_BYTES - sizeof *book)) ||
           check_fail(check->result, "I6",
                      "domain %u: what it keeps of the others at %lx is not what is due", own, hpa);
}

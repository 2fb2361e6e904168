/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The separation check, functions: what the IOMMU units' tables say of a domain's functions is
 * exactly what is due (I3, I4), and none can raise what is no message. Intel VT-d Specification,
 * "Context Entry", "Interrupt Remapping Table Entry"; PCI Express Base Specification, "Command
 * Register", "Device Control Register".
 */
#include "arch/x86/include/paging.h"
#include "check_parts.h"
#include "kernel/abi/layout.h"

enum { ENTRY_BYTES = 16, THREE_LEVELS = 1, FOUR_LEVELS = 2, WIDTH = 7 };
enum { COMMAND = 4, MASTER = 1 << 2, SERR = 1 << 8, NO_INTX = 1 << 10, GONE = 0xffff };
enum { DEVICE_CONTROL = 8, ERROR_MESSAGES = 0xf };
#define PRESENT      1ull         /* of every entry */
#define WHOLE_SOURCE (1ull << 18) /* all 16 bits of the requester id count */

/* The entry at `hpa`; where none can be seen, one that is nowhere due. */
static const uint64_t *entry_at(const struct check *check, uint64_t hpa)
{
    static const uint64_t unseen[2] = {~0ull, ~0ull};
    const uint8_t *page = check->in->frame(hpa & ~(PAGE_BYTES - 1), check->in->context);
    return page && !(hpa % ENTRY_BYTES) ? (const uint64_t *)(page + hpa % PAGE_BYTES) : unseen;
}

/*
 * Its DMA goes through the tables that this processor's guest is on. A unit of three levels begins
 * one below their top, and reaches less. A silent function that shares the page has no entry.
 */
static bool check_context(const struct check *check, const struct function *list,
                          const struct function *function)
{
    const uint64_t *entry = entry_at(check, function->context_hpa);
    uint64_t table = check->in->registers->nested_root & PAGING_ADDRESS;
    uint64_t high = (check->slice->domain + 1ull) << 8 | FOUR_LEVELS;
    if ((entry[1] & WIDTH) == THREE_LEVELS) {
        high ^= FOUR_LEVELS ^ THREE_LEVELS;
        table = *entry_at(check, table) & PAGING_ADDRESS;
    }
    if (entry[0] != (table | PRESENT))
        return check_fail_function(check->result, function, "context entry", entry[0],
                                   table | PRESENT);
    if (entry[1] != high)
        return check_fail_function(check->result, function, "context entry, high half", entry[1],
                                   high);
    for (uint32_t i = 0; i < check->domain->function_count; i++) {
        uint64_t hpa = function->context_hpa & ~(PAGE_BYTES - 1);
        const uint64_t *other = entry_at(check, hpa + ENTRY_BYTES * (list[i].pci & 0xff));
        if (check_silent(&list[i]) && list[i].pci >> 8 == function->pci >> 8 &&
            (other[0] | other[1]))
            return check_fail_function(check->result, &list[i], "silent, with a context entry",
                                       other[0], 0);
    }
    return true;
}

/* No interrupt but messages, no system errors; of a silent function no DMA. */
static bool check_quiet(const struct check *check, const struct function *function)
{
    const volatile uint16_t *config = check->in->frame(function->config_hpa, check->in->context);
    uint16_t off = SERR | (check_silent(function) ? MASTER : 0);
    if (!config)
        return check_fail_function(check->result, function, "unseen: configuration space",
                                   function->config_hpa, 0);
    uint16_t command = config[COMMAND / 2], device = 0;
    if (function->express)
        device = config[(function->express + DEVICE_CONTROL) / 2];
    if (command != GONE && (command & (off | NO_INTX)) != NO_INTX)
        return check_fail_function(check->result, function, "Command", command,
                                   (command & ~off) | NO_INTX);
    return command == GONE || !(device & ERROR_MESSAGES) ||
           check_fail_function(check->result, function, "Device Control", device,
                               device & ~ERROR_MESSAGES);
}

/* Remapping entries from the `first` of its block to the end of a page; 0: one is wrong. */
static unsigned check_block(const struct check *check, const struct function *function,
                            uint32_t first, unsigned most)
{
    uint64_t hpa = function->entries_hpa + (uint64_t)ENTRY_BYTES * first;
    unsigned n = 0, room = (PAGE_BYTES - hpa % PAGE_BYTES - 1) / ENTRY_BYTES + 1;
    for (; n < most && n < room; n++) {
        const uint64_t *entry = entry_at(check, hpa + (uint64_t)ENTRY_BYTES * n);
        uint64_t to = check->slice->cpus[(first + n) / IRTE_BLOCK].apic_id;
        uint64_t vector = IRTE_FIRST_VECTOR + (first + n) % IRTE_BLOCK;
        uint64_t message = to << 32 | vector << 16 | PRESENT;
        uint64_t source = WHOLE_SOURCE | function->pci;
        if (entry[0] != message)
            return check_fail_function(check->result, function, "remapping entry", entry[0],
                                       message);
        if (entry[1] != source)
            return check_fail_function(check->result, function, "source of its messages", entry[1],
                                       source);
    }
    return n;
}

enum check_progress check_functions_on(struct check *check, unsigned *left, bool *good)
{
    const struct function *list = check_functions_of(check);
    while (*good && list && check->function < check->domain->function_count) {
        const struct function *function = &list[check->function];
        uint32_t block = check_silent(function) ? 0 : check->domain->cpu_count * IRTE_BLOCK;
        unsigned taken = 1, most = block + 1 - check->entry;
        if (*left == 0)
            return CHECK_GOES_ON;
        if (check->entry == 0) {
            sha256_update(&check->walk.hash, function, sizeof *function);
            *good = check_quiet(check, function) &&
                    (check_silent(function) || check_context(check, list, function));
        } else {
            taken = check_block(check, function, check->entry - 1, most < *left ? most : *left);
            *good = taken;
        }
        *left -= taken;
        check->entry += taken;
        if (check->entry > block) {
            check->function++;
            check->entry = 0;
        }
    }
    if (*good)
        sha256_final(&check->walk.hash, check->result->digest);
    return CHECK_DONE;
}

const void *check_own_window(const struct handoff_domain *domain, uint64_t hpa)
{
    const struct function *list = (const struct function *)VA_DEVICES;
    for (uint64_t i = 0; i < domain->function_count; i++) {
        uint64_t offset = hpa - check_block_base(&list[i]), va = VA_REMAP + i * REMAP_STRIDE;
        if (hpa == list[i].config_hpa)
            return (const void *)(VA_CONFIG + i * PAGE_BYTES);
        if (!check_silent(&list[i]) && hpa == (list[i].context_hpa & ~(PAGE_BYTES - 1)))
            return (const void *)va;
        if (!check_silent(&list[i]) && offset < check_block_bytes(&list[i], domain->cpu_count))
            return (const void *)(va + PAGE_BYTES + offset);
    }
    return NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The separation check, the machine's part: the registers of functions (I1, I3). What a domain
 * reaches of them is its own functions' and nobody else's, where hardware has them now.
 */
#include "check_machine.h"
#include "kernel/abi/guest_machine.h"
#include "kernel/check/check_parts.h"
#include <string.h>

/* Capabilities, and what MSI-X has of them. */
enum {
    STATUS_CAPABILITIES = 1 << 20, /* of the dword at CONFIG_COMMAND */
    CONFIG_CAPABILITIES = 0x34,
    CARDBUS_CAPABILITIES = 0x14,
    HEADER_CARDBUS = 0x20000,
    MOST_CAPABILITIES = 48,
    MSIX = 0x11,
    MSIX_SIZE = 0x7ff,
    MSIX_BAR = 7,
};

uint32_t check_capability(const volatile uint32_t *config, uint32_t id)
{
    bool cardbus = (config[CONFIG_HEADER / 4] & HEADER_TYPE) == HEADER_CARDBUS;
    uint32_t at = config[(cardbus ? CARDBUS_CAPABILITIES : CONFIG_CAPABILITIES) / 4] & 0xfc;
    if (!(config[CONFIG_COMMAND / 4] & STATUS_CAPABILITIES))
        return 0;
    for (uint32_t i = 0; at && i < MOST_CAPABILITIES; i++) {
        if ((config[at / 4] & 0xff) == id)
            return at;
        at = config[at / 4] >> 8 & 0xfc;
    }
    return 0;
}

static uint64_t page_down(uint64_t address)
{
    return address & ~(PAGE_BYTES - 1);
}

static uint64_t pages_of(const struct function_bar *bar)
{
    return bar->bytes ? page_down(bar->hpa + bar->bytes + PAGE_BYTES - 1) - page_down(bar->hpa) : 0;
}

static uint64_t config_page(const struct check_machine *check, uint32_t pci)
{
    const struct handoff *handoff = check->handoff;
    bool seen = handoff->ecam_base && pci >> 8 >= handoff->ecam_bus_first &&
                pci >> 8 <= handoff->ecam_bus_last;
    return seen ? handoff->ecam_base + ((uint64_t)pci << 12) : 0;
}

/* It is where the handoff says, and the port above it is the one that leads to its bus. */
static bool check_place(const struct check_machine *check, const struct function *function)
{
    uint64_t port = function->port == FUNCTION_NONE ? 0 : config_page(check, function->port);
    if (!function->config_hpa || function->config_hpa != config_page(check, function->pci))
        return check_fail_function(check->result, function, "configuration space at",
                                   function->config_hpa, config_page(check, function->pci));
    if (function->port_hpa != port || (function->port != FUNCTION_NONE && !port))
        return check_fail_function(check->result, function, "its port's configuration space at",
                                   function->port_hpa, port);
    const volatile uint32_t *config = check->frame(function->config_hpa, check->context);
    const volatile uint32_t *above = port ? check->frame(port, check->context) : NULL;
    uint32_t id = config ? config[CONFIG_ID] : ~0u;
    uint32_t below = above ? above[CONFIG_BUSES / 4] >> 8 & 0xff : ~0u;
    if (id != function->id || !config || config[CONFIG_HEADER / 4] & HEADER_TYPE)
        return check_fail_function(check->result, function, "id", id, function->id);
    if (port && (!above || (above[CONFIG_HEADER / 4] & HEADER_TYPE) != HEADER_BRIDGE ||
                 below != function->pci >> 8))
        return check_fail_function(check->result, function, "the port above leads to bus", below,
                                   function->pci >> 8);
    return true;
}

/* Whose the pages are, if not this function's alone; NULL: they are. */
static const char *other_owner(const struct check_machine *check, const struct function *function,
                               const struct function_bar *bar)
{
    const struct handoff *handoff = check->handoff;
    uint64_t base = page_down(bar->hpa), bytes = pages_of(bar);
    for (uint32_t i = 0; i < handoff->function_count; i++)
        for (unsigned k = 0; k < MAX_BARS; k++) {
            const struct function_bar *other = &handoff->functions[i].bars[k];
            if (other != bar && overlap(base, bytes, page_down(other->hpa), pages_of(other)))
                return &handoff->functions[i] == function ? "another of its own" : "another's";
        }
    return check_whose(handoff, base, bytes);
}

/* Each register holds what the handoff says of it; how wide it is, hardware says. */
static bool check_bars(const struct check_machine *check, const struct function *function)
{
    const volatile uint32_t *config = check->frame(function->config_hpa, check->context);
    for (unsigned i = 0; i < MAX_BARS; i++) {
        const struct function_bar *bar = &function->bars[i];
        uint32_t low = config[CONFIG_BARS / 4 + i];
        uint64_t is = low & ~(uint32_t)BAR_BITS;
        if (!bar->bytes)
            continue;
        if (low & BAR_64 && i + 1 < MAX_BARS)
            is |= (uint64_t)config[CONFIG_BARS / 4 + i + 1] << 32;
        if (is != bar->hpa || (low & BAR_BITS) != bar->type)
            return check_fail_function(check->result, function, "base address register at", is,
                                       bar->hpa);
        const char *whose = bar->hpa && bar->bytes <= MAX_HPA && bar->hpa < MAX_HPA &&
                                    !(bar->bytes & (bar->bytes - 1)) &&
                                    !((bar->hpa | bar->gpa) % bar->bytes)
                                ? other_owner(check, function, bar)
                                : "no such place";
        if (whose)
            return check_fail(check->result, "I1",
                              "PCI function %02x:%02x.%x: registers at %lx, %lx bytes: %s",
                              function->pci >> 8, function->pci >> 3 & 31, function->pci & 7,
                              bar->hpa, bar->bytes, whose);
    }
    return true;
}

/* Whether the run is of a BAR of this function, at the guest's address for that. */
static bool of_bar(const struct function *function, uint64_t gpa, uint64_t hpa, uint64_t bytes)
{
    for (unsigned i = 0; i < MAX_BARS; i++) {
        const struct function_bar *bar = &function->bars[i];
        if (bar->bytes && inside(hpa, bytes, page_down(bar->hpa), pages_of(bar)) &&
            gpa - page_down(bar->gpa) == hpa - page_down(bar->hpa))
            return true;
    }
    return false;
}

/* All pages of its functions' registers, but for the trapped ones, and nothing else. */
static bool check_windows(const struct check_machine *check, uint32_t index)
{
    const struct handoff *handoff = check->handoff;
    const struct handoff_domain *domain = &handoff->domains[index];
    uint64_t due = 0, sum = 0, last = 0, low = GUEST_HOLE_END;
    if (domain->window_count > MAX_DOMAIN_WINDOWS)
        return check_fail(check->result, "I1", "domain %u: %u windows", index,
                          domain->window_count);
    for (uint32_t i = 0; i < domain->ram_count; i++)
        if (domain->ram[i].gpa + domain->ram[i].bytes > low)
            low = domain->ram[i].gpa + domain->ram[i].bytes;
    for (uint32_t w = 0; w < domain->window_count; w++) {
        const struct handoff_window *window = &domain->windows[w];
        bool good =
            window->gpa >= last && window->bytes &&
            (inside(window->gpa, window->bytes, GUEST_DEVICES, GUEST_ECAM - GUEST_DEVICES) ||
             (window->gpa >= low && inside(window->gpa, window->bytes, 0, MAX_HPA)));
        bool own = false;
        for (uint32_t i = 0; i < handoff->function_count; i++) {
            const struct function *function = &handoff->functions[i];
            own |= function->domain == index && !check_silent(function) &&
                   of_bar(function, window->gpa, window->hpa, window->bytes);
            for (uint32_t k = 0; k < function->trap_count; k++)
                good &= !overlap(window->hpa, window->bytes, function->traps[k].hpa,
                                 function->traps[k].bytes);
        }
        if (!good || !own)
            return check_fail(check->result, "I1",
                              "domain %u: registers at gpa %lx, hpa %lx, %lx bytes: %s", index,
                              window->gpa, window->hpa, window->bytes,
                              own ? "out of place" : "not its own");
        last = window->gpa + window->bytes;
        sum += window->bytes;
    }
    for (uint32_t i = 0; i < handoff->function_count; i++) {
        const struct function *function = &handoff->functions[i];
        if (function->domain != index || check_silent(function))
            continue;
        for (unsigned k = 0; k < MAX_BARS; k++)
            due += pages_of(&function->bars[k]);
        for (uint32_t k = 0; k < function->trap_count; k++)
            due -= function->traps[k].bytes;
    }
    return sum == due ||
           check_fail(check->result, "I1", "domain %u: %lx bytes of registers, expected %lx", index,
                      sum, due);
}

static bool check_traps(const struct check_machine *check, const struct function *function)
{
    for (uint32_t i = 0; i < function->trap_count; i++) {
        const struct function_trap *trap = &function->traps[i];
        if (trap->hpa % PAGE_BYTES || trap->bytes % PAGE_BYTES ||
            !of_bar(function, trap->gpa, trap->hpa, trap->bytes))
            return check_fail_function(check->result, function, "trapped registers at", trap->hpa,
                                       trap->gpa);
    }
    return true;
}

/* Whether its owner reaches so many bytes of a BAR, told as hardware does, through traps only. */
static bool trapped(const struct function *function, uint32_t where, uint64_t bytes)
{
    if ((where & MSIX_BAR) >= MAX_BARS)
        return false;
    uint64_t base = function->bars[where & MSIX_BAR].hpa + (where & ~(uint32_t)MSIX_BAR);
    for (uint32_t i = 0; i < function->trap_count; i++)
        if (inside(base, bytes, function->traps[i].hpa, function->traps[i].bytes))
            return true;
    return false;
}

/* Its MSI-X table is where hardware says, as large, and its pages are trapped (I4). */
static bool check_messages(const struct check_machine *check, const struct function *function)
{
    const volatile uint32_t *config = check->frame(function->config_hpa, check->context);
    uint32_t at = check_capability(config, MSIX), vectors = 0, table = 0, pending = 0;
    if (check_silent(function))
        return true;
    if (at) {
        vectors = (config[at / 4] >> 16 & MSIX_SIZE) + 1;
        table = config[at / 4 + 1];
        pending = config[at / 4 + 2];
    }
    if (function->msix != at || function->vectors != vectors)
        return check_fail_function(check->result, function, "MSI-X capability and entries",
                                   function->vectors << 16 | function->msix, vectors << 16 | at);
    if (!at)
        return true;
    if ((function->table_bar | function->table_offset) != table)
        return check_fail_function(check->result, function, "MSI-X table at",
                                   function->table_bar | function->table_offset, table);
    if ((function->pending_bar | function->pending_offset) != pending)
        return check_fail_function(check->result, function, "MSI-X pending bits at",
                                   function->pending_bar | function->pending_offset, pending);
    return (trapped(function, table, vectors * 16ull) &&
            trapped(function, pending, (vectors + 63ull) / 64 * 8)) ||
           check_fail_function(check->result, function, "MSI-X table: not trapped, at", table,
                               pending);
}

/* What a domain's processors keep of its functions is what the handoff says of them, in order. */
static bool check_list(const struct check_machine *check, uint32_t index)
{
    const struct handoff *handoff = check->handoff;
    const struct handoff_domain *domain = &handoff->domains[index];
    const struct function *list =
        domain->function_count ? check->frame(domain->devices_hpa, check->context) : NULL;
    uint64_t vectors = 0;
    uint32_t count = 0;
    for (uint32_t i = 0; i < handoff->function_count; i++) {
        const struct function *function = &handoff->functions[i];
        if (function->domain != index)
            continue;
        vectors += function_vectors_bytes(function);
        if (!list || count == domain->function_count ||
            memcmp(&list[count++], function, sizeof *function) != 0)
            return check_fail_function(check->result, function, "not on its domain's list, entry",
                                       count, index);
    }
    if (count != domain->function_count || vectors != domain->vectors_bytes ||
        domain->devices_bytes != (count ? functions_bytes(count) : 0))
        return check_fail(check->result, "I3",
                          "domain %u: %u functions, %lx bytes of list, %lx of vectors: not as due",
                          index, domain->function_count, domain->devices_bytes,
                          domain->vectors_bytes);
    return true;
}

/* One after the other as the manifest has them, and nothing that it has not. */
static bool check_manifest(const struct check_machine *check)
{
    const struct handoff *handoff = check->handoff;
    uint32_t count;
    const struct manifest_device *devices =
        manifest_entries(check->manifest, MANIFEST_DEVICES, &count);
    if (handoff->function_count != count || count > MAX_DEVICES)
        return check_fail(check->result, "I3", "%u PCI functions, the manifest has %u",
                          handoff->function_count, count);
    for (uint32_t i = 0; i < count; i++) {
        const struct function *function = &handoff->functions[i];
        if (function->pci != devices[i].pci)
            return check_fail_function(check->result, function, "the manifest's is", function->pci,
                                       devices[i].pci);
        if (function->domain != devices[i].domain || function->domain >= handoff->domain_count)
            return check_fail_function(check->result, function, "domain", function->domain,
                                       devices[i].domain);
        if (function->trap_count > MAX_TRAPS)
            return check_fail_function(check->result, function, "trapped runs",
                                       function->trap_count, MAX_TRAPS);
    }
    return true;
}

static bool check_function(const struct check_machine *check, uint32_t index)
{
    const struct function *function = &check->handoff->functions[index];
    return check_place(check, function) && check_bars(check, function) &&
           check_traps(check, function) && check_messages(check, function);
}

bool check_functions(const struct check_machine *check)
{
    return check_manifest(check) &&
           check_each(check, check->handoff->function_count, check_function) &&
           check_each(check, check->handoff->domain_count, check_list) &&
           check_each(check, check->handoff->domain_count, check_windows);
}

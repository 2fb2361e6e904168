/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The separation check, the machine's part: the IOMMU units and their tables (I3, I4). Intel VT-d
 * Specification, "Register Descriptions", "Translation Structure Formats" (legacy mode),
 * "Interrupt Remapping Table Entry".
 */
#include "check_machine.h"
#include "kernel/check/check_parts.h"

enum { FAULT_CONTROL = 0x38, FAULT_NMI = 4 << 8 };
enum { BUSES = 256, PER_PAGE = PAGE_BYTES / 16, MAX_REQUESTER = 0xffff };

/* Translation and interrupt remapping on, each with its table; nothing else. */
#define STATUS_SEEN 0xff800000u
#define STATUS_DUE  0xc3000000u

#define FOUR_LEVELS   (1ull << 10) /* of the capabilities */
#define PROTECTED     (3ull << 5)
#define PRESENT       1ull /* of every entry */
#define FAULTS_UNTOLD 2ull
#define NMI           (4ull << 5) /* of a remapping entry: edge, physical destination, as without */
#define WHOLE_SOURCE  (1ull << 18)

/* What each unit's registers say, read as the dword and the one behind. */
static bool check_unit(const struct check_machine *machine, uint32_t index)
{
    const struct handoff *handoff = machine->handoff;
    const struct handoff_iommu *unit = &handoff->iommus[index];
    const volatile uint32_t *registers =
        unit->registers % PAGE_BYTES ? NULL : machine->frame(unit->registers, machine->context);
    /* The reader of faults may have begun. */
    uint64_t told = registers && !(registers[FAULT_CONTROL / 4] >> 31) ? ~0ull : 0;
    uint64_t reader = handoff->cpus[check_reader(handoff)].apic_id;
    uint64_t address = (reader & ~0xffull) << 32 | LOCAL_APIC | (reader & 0xff) << 12;
    const struct {
        const char *name;
        uint32_t offset;
        uint64_t seen, due;
    } rows[] = {
        {"capabilities", 0x08, ~0ull, unit->capability},
        {"extended capabilities", 0x10, ~0ull, unit->extended_capability},
        {"global status", 0x1c, STATUS_SEEN, STATUS_DUE},
        {"root table address", 0x20, ~0ull, handoff->iommu_root},
        {"fault event control", FAULT_CONTROL, 0x3fffffff, 0},
        {"fault event data", 0x3c, told & 0xffffffff, told & FAULT_NMI},
        {"fault event address", 0x40, told, told & address},
        {"protected memory enable", 0x64, unit->capability & PROTECTED ? 1u << 31 | 1 : 0, 0},
        {"interrupt table address", 0xb8, ~0ull, handoff->iommu_entries | 1 << 11 | 15},
    };
    for (uint32_t i = 0; registers && i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t value = registers[rows[i].offset / 4] | (uint64_t)registers[rows[i].offset / 4 + 1]
                                                             << 32;
        if ((value & rows[i].seen) != rows[i].due)
            return check_fail(machine->result, "I3", "IOMMU unit at %lx: %s %lx, expected %lx",
                              unit->registers, rows[i].name, value & rows[i].seen, rows[i].due);
    }
    for (const struct handoff_iommu *other = handoff->iommus; other < unit; other++)
        if (other->registers == unit->registers)
            registers = NULL;
    return registers ||
           check_fail(machine->result, "I3", "IOMMU unit at %lx: can't be seen, or is listed twice",
                      unit->registers);
}

static uint32_t block_of(const struct handoff *handoff, const struct function *function)
{
    return handoff->domains[function->domain].cpu_count * IRTE_BLOCK;
}

static const char *wrong_with(const struct handoff *handoff, const struct function *function)
{
    if (function->domain >= handoff->domain_count || function->pci > MAX_REQUESTER)
        return "no such owner, or no such function";
    if (!check_silent(function) &&
        (!function->slot || function->slot > MAX_DOMAIN_DEVICES ||
         !inside(function->irte, block_of(handoff, function), 0, IRT_LINES)))
        return "its slot or its remapping entries: out of bounds";
    for (const struct function *other = handoff->functions; other < function; other++) {
        if (other->pci == function->pci)
            return "given away twice";
        if (check_silent(function) || check_silent(other))
            continue;
        if (other->domain == function->domain && other->slot == function->slot)
            return "its slot is another's";
        if (overlap(other->irte, block_of(handoff, other), function->irte,
                    block_of(handoff, function)))
            return "its remapping entries are another's";
    }
    for (uint32_t i = 0; i < handoff->muted_count; i++)
        if (handoff->muted[i] == function->pci)
            return "assigned, and yet nobody's";
    for (uint32_t i = 0; i < handoff->ioapic_count; i++) /* below a port all of its bus may do so */
        if (handoff->ioapics[i].requester == function->pci ||
            (function->port != FUNCTION_NONE &&
             handoff->ioapics[i].requester >> 8 == function->pci >> 8))
            return "it can speak as an I/O APIC";
    return NULL;
}

/* What the screen's display reads, and its table; it is muted else. */
static bool display_is_good(const struct handoff *handoff)
{
    const struct handoff_display *display = &handoff->display;
    bool muted = false;
    if (!display->bytes)
        return !(display->base | display->table | display->pci);
    for (uint32_t i = 0; i < handoff->muted_count; i++)
        muted |= handoff->muted[i] == display->pci;
    return muted && !((display->base | display->bytes | display->table) % PAGE_BYTES) &&
           inside(display->base, display->bytes, 0, MAX_HPA) &&
           inside(display->table, PAGE_BYTES, handoff->iommu_root, handoff->iommu_bytes);
}

static bool check_bounds(const struct check_machine *machine)
{
    const struct handoff *handoff = machine->handoff;
    bool off = !handoff->iommu_count;
    if (handoff->function_count > MAX_DEVICES || handoff->muted_count > MAX_MUTED ||
        (off && (handoff->function_count || handoff->muted_count || handoff->iommu_root ||
                 handoff->iommu_bytes || handoff->iommu_queue || handoff->iommu_entries)))
        return check_fail(machine->result, "I3",
                          "handoff: %u functions and %u muted behind %u IOMMU units, tables at %lx",
                          handoff->function_count, handoff->muted_count, handoff->iommu_count,
                          handoff->iommu_root);
    if (!display_is_good(handoff))
        return check_fail(machine->result, "I3",
                          "handoff: the screen's display %lx reads %lx bytes at %lx by a table at "
                          "%lx: out of bounds, or not muted",
                          handoff->display.pci, handoff->display.bytes, handoff->display.base,
                          handoff->display.table);
    for (uint32_t i = 0; i < handoff->function_count; i++) {
        const struct function *function = &handoff->functions[i];
        const char *wrong = wrong_with(handoff, function);
        if (wrong)
            return check_fail(
                machine->result, "I3", "function %u, %x of domain %u, slot %u, entries from %x: %s",
                i, function->pci, function->domain, function->slot, function->irte, wrong);
    }
    return true;
}

static bool uses_bus(const struct handoff *handoff, uint32_t bus)
{
    bool uses = false;
    for (uint32_t i = 0; i < handoff->function_count; i++)
        uses |= handoff->functions[i].pci >> 8 == bus && !check_silent(&handoff->functions[i]);
    for (uint32_t i = 0; i < handoff->muted_count; i++)
        uses |= handoff->muted[i] >> 8 == bus;
    return uses;
}

/* The entry that leads to the tables at `table`, for a domain of the units. */
static void table_due(const struct check_machine *machine, uint64_t table, uint64_t domain,
                      uint64_t due[2])
{
    const struct handoff *handoff = machine->handoff;
    uint64_t common = ~0ull;
    for (uint32_t i = 0; i < handoff->iommu_count; i++)
        common &= handoff->iommus[i].capability;
    due[1] = domain << 8 | (common & FOUR_LEVELS ? 2 : 1);
    if (!(common & FOUR_LEVELS)) {
        /* Three levels begin in its first entry, and see nothing of any other (XSA-390). */
        const uint64_t *top = machine->frame(table, machine->context);
        table = top ? top[0] & PAGING_ADDRESS : 0;
        for (uint32_t k = 1; top && k < PAGING_ENTRIES; k++)
            if (top[k])
                table = 0;
    }
    due[0] = table ? due[0] | table | PRESENT : 0;
}

/* The entry that is due for a requester. */
static void context_due(const struct check_machine *machine, uint32_t requester, uint64_t due[2])
{
    const struct handoff *handoff = machine->handoff;
    due[0] = due[1] = 0;
    for (uint32_t i = 0; i < handoff->muted_count; i++)
        if (handoff->muted[i] == requester)
            due[0] = FAULTS_UNTOLD;
    if (handoff->display.bytes && handoff->display.pci == requester)
        table_due(machine, handoff->display.table, handoff->domain_count + 1ull, due);
    for (uint32_t i = 0; i < handoff->function_count; i++) {
        const struct function *function = &handoff->functions[i];
        if (function->pci != requester || check_silent(function))
            continue;
        table_due(machine, handoff->domains[function->domain].nested_root & PAGING_ADDRESS,
                  function->domain + 1ull, due);
    }
}

/*
 * The display's tables from `hpa` on, whose first entry stands for `address`: each of what it may
 * read at its own place, nothing to be written, nothing else.
 */
static bool check_reads(const struct check_machine *machine, uint64_t hpa, unsigned level,
                        uint64_t address)
{
    const struct handoff *handoff = machine->handoff;
    const struct handoff_display *display = &handoff->display;
    uint64_t room = handoff->iommu_root + handoff->iommu_bytes - display->table;
    const uint64_t *table = inside(hpa, PAGE_BYTES, display->table, room)
                                ? machine->frame(hpa, machine->context)
                                : NULL;
    uint64_t span = 1ull << paging_shift(level);
    for (uint32_t i = 0; i < PAGING_ENTRIES; i++, address += span) {
        uint64_t entry = table ? table[i] : 0;
        bool read = overlap(address, span, display->base, display->bytes);
        if (level == 1 || (level < PAGING_LEVELS && entry & EPT_LARGE)) {
            uint64_t due = address | EPT_READ | (level > 1 ? EPT_LARGE : 0);
            if (read ? entry == due && inside(address, span, display->base, display->bytes)
                     : !entry)
                continue;
        } else if (!read && !entry) {
            continue;
        } else if (read && (entry & ~PAGING_ADDRESS) == EPT_READ) {
            if (check_reads(machine, entry & PAGING_ADDRESS, level - 1, address))
                continue;
            return false;
        }
        return check_fail(machine->result, "I3",
                          "table of the screen's display at %lx, address %lx: %lx, expected %s",
                          hpa, address, entry, read ? "that place, to be read" : "nothing");
    }
    return true;
}

/* A page of entries, each held against what is due; of no bus that is: zeros. */
static bool check_contexts(const struct check_machine *machine, uint64_t hpa, uint32_t bus)
{
    const uint64_t *table = machine->frame(hpa, machine->context);
    for (uint32_t i = 0; i < PER_PAGE; i++) {
        uint64_t due[2];
        context_due(machine, bus << 8 | i, due);
        if (!table || table[2 * i] != due[0] || table[2 * i + 1] != due[1])
            return check_fail(machine->result, "I3",
                              "context table at %lx, bus %x, entry %x: %lx %lx, expected %lx %lx",
                              hpa, bus, i, table ? table[2 * i + 1] : 0, table ? table[2 * i] : 0,
                              due[1], due[0]);
    }
    return true;
}

/* Where each function's entries are said to be is where the units find them: `table` of its bus. */
static bool check_located(const struct check_machine *machine, uint32_t bus, uint64_t table)
{
    const struct handoff *handoff = machine->handoff;
    for (uint32_t i = 0; i < handoff->function_count; i++) {
        const struct function *function = &handoff->functions[i];
        uint64_t context = table + 16ull * (function->pci & 0xff);
        uint64_t entries = handoff->iommu_entries + 16ull * function->irte;
        if (check_silent(function))
            context = entries = 0;
        if (function->pci >> 8 == bus &&
            (function->context_hpa != context || function->entries_hpa != entries))
            return check_fail(machine->result, "I3",
                              "function %u, %x: its context entry at %lx, remapping entries at "
                              "%lx, expected %lx and %lx",
                              i, function->pci, function->context_hpa, function->entries_hpa,
                              context, entries);
    }
    return true;
}

/* Root table, context tables of exactly the buses that need one, zeros. */
static bool check_root(const struct check_machine *machine)
{
    const struct handoff *handoff = machine->handoff;
    const uint64_t *root = machine->frame(handoff->iommu_root, machine->context);
    uint64_t next = handoff->iommu_root + PAGE_BYTES,
             end = handoff->display.bytes ? handoff->display.table
                                          : handoff->iommu_root + handoff->iommu_bytes;
    for (uint32_t bus = 0; bus < BUSES; bus++) {
        bool needed = uses_bus(handoff, bus);
        if (!root || (needed && next >= end) || root[2 * bus + 1] ||
            root[2 * bus] != (needed ? next | PRESENT : 0))
            return check_fail(machine->result, "I3",
                              "root table at %lx, bus %x: %lx, expected %s %lx",
                              handoff->iommu_root, bus, root ? root[2 * bus] : 0,
                              needed ? "a table at" : "nothing, next is", next);
        if (!check_located(machine, bus, next) || (needed && !check_contexts(machine, next, bus)))
            return false;
        next += needed ? PAGE_BYTES : 0;
    }
    for (; next < end; next += PAGE_BYTES)
        if (!check_contexts(machine, next, BUSES))
            return false;
    return true;
}

/* The serial ports' lines end the table: the source is the I/O APIC that has the line. */
static void line_due(const struct check_machine *machine, uint32_t line, uint64_t due[2])
{
    const struct handoff *handoff = machine->handoff;
    const struct handoff_ioapic *ioapic = NULL;
    uint32_t target = check_knocked_by(machine, line);
    for (uint32_t i = 0; i < handoff->ioapic_count; i++)
        if (handoff->ioapics[i].gsi_base <= line &&
            (!ioapic || handoff->ioapics[i].gsi_base > ioapic->gsi_base))
            ioapic = &handoff->ioapics[i];
    due[0] = due[1] = 0;
    if (target == HANDOFF_NOBODY || !ioapic || ioapic->requester > MAX_REQUESTER)
        return;
    due[0] = (uint64_t)target << 32 | NMI | PRESENT;
    due[1] = ioapic->requester | WHOLE_SOURCE;
}

/* The function whose block begins next at or after an entry; NULL: none. */
static const struct function *next_block(const struct handoff *handoff, uint32_t entry)
{
    const struct function *next = NULL;
    for (uint32_t i = 0; i < handoff->function_count; i++)
        if (!check_silent(&handoff->functions[i]) && handoff->functions[i].irte >= entry &&
            (!next || handoff->functions[i].irte < next->irte))
            next = &handoff->functions[i];
    return next;
}

/* All 65,536 entries: blocks are apart and inside, so each is met once. */
static bool check_entries(const struct check_machine *machine)
{
    const struct handoff *handoff = machine->handoff;
    const struct function *function = next_block(handoff, 0);
    const uint64_t *table = NULL;
    for (uint32_t entry = 0; entry < IRT_ENTRIES; entry++) {
        uint64_t due[2] = {0, 0};
        if (entry % PER_PAGE == 0)
            table = machine->frame(handoff->iommu_entries + 16ull * entry, machine->context);
        if (entry >= IRT_LINES) {
            line_due(machine, entry - IRT_LINES, due);
        } else if (function && entry >= function->irte) {
            const struct handoff_domain *domain = &handoff->domains[function->domain];
            uint32_t at = entry - function->irte, cpu = domain->cpus[at / IRTE_BLOCK];
            due[0] = (uint64_t)handoff->cpus[cpu].apic_id << 32 |
                     (IRTE_FIRST_VECTOR + at % IRTE_BLOCK) << 16 | PRESENT;
            due[1] = function->pci | WHOLE_SOURCE;
            if (at + 1 == block_of(handoff, function))
                function = next_block(handoff, entry + 1);
        }
        if (!table || table[entry % PER_PAGE * 2] != due[0] ||
            table[entry % PER_PAGE * 2 + 1] != due[1])
            return check_fail(machine->result, "I4",
                              "interrupt-remapping entry %x: %lx %lx, expected %lx %lx", entry,
                              table ? table[entry % PER_PAGE * 2 + 1] : 0,
                              table ? table[entry % PER_PAGE * 2] : 0, due[1], due[0]);
    }
    return true;
}

bool check_machine_iommu(const struct check_machine *machine)
{
    const struct handoff *handoff = machine->handoff;
    return check_bounds(machine) && check_each(machine, handoff->iommu_count, check_unit) &&
           (!handoff->iommu_count ||
            (check_root(machine) && check_entries(machine) &&
             (!handoff->display.bytes ||
              check_reads(machine, handoff->display.table, PAGING_LEVELS, 0))));
}

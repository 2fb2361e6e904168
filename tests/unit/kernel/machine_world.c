/* SPDX-License-Identifier: Apache-2.0 */
#define BULKHEAD_TEST_IO
#include "kernel/start/check_devices.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/abi/guest.h"
#include "kernel/abi/layout.h"
#include "machine_world.h"

enum { CONFIG_DWORDS = 0x150 / 4, CARD = 0x0100, CARD_MSIX = 0x40 };

struct setting *the;
struct handoff *h;
struct handoff_domain *domain0, *domain1;

static uint32_t config_of(uint32_t number, uint32_t offset)
{
    /* The card's capabilities: three messages, in the second page of its registers. */
    static const uint32_t msix[] = {CARD_MSIX, 0, 0, 2 << 16 | 0x11, 0x1000, 0x1800};
    for (unsigned i = 0; i < MADE_FUNCTIONS; i++) {
        const struct made_function *f = &the->functions[i];
        if (number == CARD && offset >= 0x34 && offset < 0x34 + sizeof msix)
            return msix[offset / 4 - 0x34 / 4];
        if (f->id && f->number == number)
            return offset == 0       ? f->id
                   : offset == 4     ? f->command | (number == CARD || f->express ? 1u << 20 : 0)
                   : offset == 0x34  ? (f->express ? 0x40 : 0)
                   : offset == 0x40  ? f->express
                   : offset == 0x100 ? (f->acs ? 0x14810001 : 0) /* another one before it */
                   : offset == 0x148 ? (f->acs ? 0x1000d : 0)
                   : offset == 0x14c ? f->acs
                   : offset == 8     ? f->class << 16
                   : offset == 0xc   ? f->header << 16
                   : offset == 0x10  ? f->bars[0]
                   : offset == 0x14  ? f->bars[1]
                   : offset == 0x18  ? f->buses
                                     : 0;
    }
    return ~0u;
}

uint8_t inb(uint16_t port)
{
    return (uint8_t)(port == 0x21 ? the->pic_masks : the->pic_masks >> 8);
}

uint32_t inl(uint16_t port)
{
    assert_int_equal(port, 0xcfc);
    assert_true(the->config_address >> 31);
    return config_of(the->config_address >> 8 & 0xffff, the->config_address & 0xfc);
}

void outl(uint16_t port, uint32_t value)
{
    assert_int_equal(port, 0xcf8);
    the->config_address = value;
}

/* Behind memory: IOMMU units, and ECAM, of which two functions are looked at together. */
static const void *seen_beyond(uint64_t hpa)
{
    static uint32_t pages[2][PAGE_BYTES / 4], *page;
    uint64_t function = (hpa - ECAM) >> 12;
    page = page == pages[0] ? pages[1] : pages[0];
    if (hpa >= FIRST_UNIT && hpa < FIRST_UNIT + MADE_UNITS * PAGE_BYTES)
        return the->units[(hpa - FIRST_UNIT) / PAGE_BYTES];
    if (the->ecam_unseen)
        return NULL;
    for (uint32_t i = 0; i < CONFIG_DWORDS; i++)
        page[i] = (the->ecam_hides == function && function) || function > 0xffff
                      ? ~0u
                      : config_of((uint32_t)function, i * 4);
    return page;
}

static const void *seen_page(uint64_t hpa, void *context)
{
    (void)context;
    return hpa < WORLD_BYTES ? the->world.memory + hpa : seen_beyond(hpa);
}

static uint32_t read_ioapic(uint64_t address, uint32_t index, void *context)
{
    (void)context;
    if (address != FIRST_IOAPIC && address != SECOND_IOAPIC)
        return ~0u;
    return the->ioapics[address == SECOND_IOAPIC][index];
}

static void make_ioapics(void)
{
    h->ioapic_count = 2;
    h->ioapics[0] = (struct handoff_ioapic){.address = FIRST_IOAPIC};
    h->ioapics[1] = (struct handoff_ioapic){.address = SECOND_IOAPIC, .gsi_base = 24};
    for (unsigned i = 0; i < 2; i++)
        for (unsigned k = 0x10; k < 0x40; k++)
            the->ioapics[i][k] = k & 1 ? 0 : 0x10000;
    the->ioapics[0][1] = 0x170020;
    the->ioapics[1][1] = 0x70020;
    the->ioapics[0][0x10 + 2 * 4] = 0x400; /* com1: domain 0's first processor */
    the->ioapics[0][0x10 + 2 * 7] = 0x400; /* com4: domain 1's, not on its usual line */
    the->ioapics[0][0x11 + 2 * 7] = 4u << 24;
}

static void make_functions(void)
{
    static const struct made_function made[] = {
        {0x0000, 0x29c08086, 7, 0x0600, 0, 0, {0}, 0, 0}, /* host bridge, hard-wired */
        /* A root port whose access control is on. */
        {0x0008, 0x34208086, 0x0403, 0x0604, 0x01, 0x10100, {0}, 0x420010, 0x1d001f},
        {0x00f8, 0x29188086, 7, 0x0601, 0, 0, {0}, 0, 0},             /* ISA bridge, hard-wired */
        {0x00fa, 0x29228086, 0x0403, 0x0106, 0, 0, {0}, 0, 0},        /* disks */
        {0x0100, 0x10d38086, 0x0402, 0x0200, 0, 0, {MADE_BAR}, 0, 0}, /* a card behind the port */
        {0x0305, 0x15218086, 0x0402, 0x0200, 0, 0, {0xd0000004, 1}, 0, 0}, /* function 0 hidden */
        {0xffff, 0x24488086, 0x0402, 0x0200, 0, 0, {0}, 0, 0}, /* the last number of all */
    };
    memcpy(the->functions, made, sizeof made);
    h->ecam_base = ECAM;
    h->ecam_bus_first = 1;
    h->ecam_bus_last = 2;
}

static void make_payloads(void)
{
    struct manifest *manifest = &the->world.manifest;
    the->payloads[0] = (struct manifest_payload){.bytes = 0x801, .digest = {1, 2, 3}};
    the->payloads[1] = (struct manifest_payload){.bytes = 0x700, .digest = {4, 5, 6}};
    manifest->payloads = the->payloads;
    manifest->payload_count = 2;
    struct manifest_domain *rules = the->world.rules;
    rules[0].protocol = MANIFEST_BOOT_LINUX;
    rules[0].initrd = 1;
    rules[0].serial_port = 1;
    rules[1].protocol = MANIFEST_BOOT_ELF64;
    rules[1].initrd = MANIFEST_NONE;
    rules[1].serial_port = 4;
    rules[1].serial_irq = 7;
    for (uint32_t i = 0; i < 2; i++) {
        struct handoff_domain *domain = &h->domains[i];
        domain->digest_count = i ? 1 : 2;
        domain->digest[0] = (struct handoff_digest){0, 0x801, {1, 2, 3}};
        domain->load[domain->load_count++] = (struct handoff_load){0x200, MIB, 0x601};
        if (!i) {
            domain->digest[1] = (struct handoff_digest){0x1000, 0x700, {4, 5, 6}};
            domain->load[domain->load_count++] = (struct handoff_load){0x1000, 0x2ff900, 0x700};
        }
        domain->load[domain->load_count++] = (struct handoff_load){0x2000, 0x1000, 0x345};
        domain->entry = (struct handoff_entry){.rip = MIB + 0x100, .rsp = GUEST_STACK_TOP};
    }
    domain0->entry.rsi = GUEST_BOOT_PARAMS;
    domain1->entry.rdi = GUEST_BOOT_INFO;
}

static void add_extent(uint32_t kind, uint32_t index, uint64_t base, uint64_t bytes)
{
    h->extents[h->extent_count++] = (struct handoff_extent){base, bytes, kind, index};
}

static void make_unit(unsigned index)
{
    uint32_t *unit = the->units[index];
    struct handoff_iommu *place = &h->iommus[index];
    place->registers = FIRST_UNIT + index * PAGE_BYTES;
    place->capability = 0x1ull << 40 | 0x20ull << 24 | 1 << 10 | (index ? 1 << 5 : 0);
    place->extended_capability = 0xf00f5a;
    memcpy(&unit[2], &place->capability, 8);
    memcpy(&unit[4], &place->extended_capability, 8);
    unit[7] = 0xc3000000;
    unit[8] = MADE_ROOT;
    unit[14] = 0x80000000;
    unit[25] = index ? 0 : 0x80000001; /* the first has no protected memory */
    unit[46] = MADE_ENTRIES | 1 << 11 | 15;
}

uint64_t *made_entry(uint32_t index)
{
    return (uint64_t *)(the->world.memory + MADE_ENTRIES + 16ull * index);
}

uint64_t *made_context(uint32_t requester)
{
    const uint64_t *root = (const uint64_t *)(the->world.memory + MADE_ROOT);
    uint64_t table = root[2 * (requester >> 8)] & ~1ull;
    return (uint64_t *)(the->world.memory + table + 16ull * (requester & 0xff));
}

static void make_block(uint32_t first, uint32_t apic_id, uint64_t source)
{
    for (uint32_t vector = 32; vector < 256; vector++) {
        uint64_t *entry = made_entry(first + vector - 32);
        entry[0] = (uint64_t)apic_id << 32 | vector << 16 | 1;
        entry[1] = 1 << 18 | source;
    }
}

static void make_tables(void)
{
    uint64_t *root = (uint64_t *)(the->world.memory + MADE_ROOT);
    root[2 * 0x01] = (MADE_ROOT + 0x1000) | 1;
    root[2 * 0x03] = (MADE_ROOT + 0x2000) | 1;
    root[2 * 0xff] = (MADE_ROOT + 0x3000) | 1;
    made_context(0x0100)[0] = domain0->nested_root | 1;
    made_context(0x0100)[1] = 1 << 8 | 2;
    made_context(0x0305)[0] = domain1->nested_root | 1;
    made_context(0x0305)[1] = 2 << 8 | 2;
    made_context(0xffff)[0] = 2;
    make_block(1000, h->cpus[0].apic_id, 0x0100);
    make_block(1224, h->cpus[1].apic_id, 0x0100);
    make_block(32, h->cpus[2].apic_id, 0x0305);
    made_entry(0xff84)[0] = 0x81;
    made_entry(0xff84)[1] = 1 << 18 | 0xf0f8;
    made_entry(0xff87)[0] = 0x400000081;
    made_entry(0xff87)[1] = 1 << 18 | 0xf0f8;
}

enum { PRESENT = 1, WRITE = 2, UNCACHED = 0x18, EPT_LARGE_LEAF = 0x80 };
#define NO_CODE (1ull << 63)

/* Nobody's processor, which reads the units' faults, sees them, and where it tells whom. */
static void map_reader(void)
{
    const uint64_t data = NO_CODE | PRESENT | WRITE, root = h->cpus[3].page_table;
    for (uint32_t i = 0; i < MADE_UNITS; i++)
        world_map(&the->world, 3, root, VA_UNITS + i * PAGE_BYTES,
                  h->iommus[i].registers | data | UNCACHED, 1, PRESENT | WRITE);
    for (uint32_t i = 0; i < 2; i++)
        world_map(&the->world, 3, root, VA_UNITS + (UNITS_PUBLIC + i) * PAGE_BYTES,
                  h->domains[i].public_hpa | data, 1, PRESENT | WRITE);
}

void machine_list(void)
{
    for (uint32_t d = 0; d < 2; d++) {
        struct function *list = (void *)(the->world.memory + MADE_LIST + d * MADE_LIST_STEP);
        for (uint32_t i = 0; i < 3; i++)
            if (h->functions[i].domain == d)
                *list++ = h->functions[i];
    }
}

static void map(uint32_t cpu, uint64_t va, uint64_t hpa, uint64_t pages, uint64_t bits)
{
    for (uint64_t at = 0; at < pages * PAGE_BYTES; at += PAGE_BYTES)
        world_map(&the->world, cpu < 2 ? 0 : cpu, h->cpus[cpu].page_table, va + at,
                  (hpa + at) | bits | NO_CODE | PRESENT, 1, PRESENT | WRITE);
}

/* What each processor of the domains sees of its functions. */
static void map_functions(void)
{
    const uint64_t registers = WRITE | UNCACHED;
    for (uint32_t cpu = 0; cpu < 3; cpu++) {
        const struct handoff_domain *domain = &h->domains[cpu / 2];
        const struct function *function = &h->functions[cpu / 2];
        uint64_t block = function->entries_hpa & ~0xfffull;
        map(cpu, VA_DEVICES, domain->devices_hpa, domain->devices_bytes >> 12, 0);
        map(cpu, VA_CONFIG, function->config_hpa, 1, registers);
        map(cpu, VA_REMAP, function->context_hpa & ~0xfffull, 1, 0);
        map(cpu, VA_REMAP + 0x1000, block, cpu / 2 ? 1 : 3, 0);
        if (cpu == 2) {
            map(cpu, VA_CONFIG + 0x1000, h->functions[2].config_hpa, 1, registers);
            continue;
        }
        map(cpu, VA_VECTORS, MADE_VECTORS, 1, WRITE);
        map(cpu, VA_CONFIG + CONFIG_PORTS * PAGE_BYTES, function->port_hpa, 1, registers);
        map(cpu, VA_TRAPPED, function->traps[0].hpa, 1, registers);
    }
    for (uint64_t page = 0; page < 4; page++)
        if (page != 1)
            world_map(&the->world, 0, domain0->nested_root, GUEST_DEVICES + page * PAGE_BYTES,
                      (MADE_BAR + page * PAGE_BYTES) | PRESENT | WRITE, 1, 7);
    world_map(&the->world, 2, domain1->nested_root, GUEST_HOLE_END,
              0x1d0000000 | PRESENT | WRITE | EPT_LARGE_LEAF, 2, 7);
}

static void give_functions(void)
{
    struct function *card = &h->functions[0], *other = &h->functions[1];
    *card = (struct function){
        .pci = 0x0100,
        .id = 0x10d38086,
        .domain = 0,
        .slot = 1,
        .port = 0x0008,
        .irte = 1000,
        .msix = CARD_MSIX,
        .vectors = 3,
        .table_offset = 0x1000,
        .pending_offset = 0x1800,
        .trap_count = 1,
        .config_hpa = (uint64_t)ECAM + (0x0100 << 12),
        .port_hpa = (uint64_t)ECAM + (0x0008 << 12),
        .context_hpa = MADE_ROOT + 0x1000,
        .entries_hpa = MADE_ENTRIES + 16 * 1000,
        .bars = {{MADE_BAR, 0x4000, GUEST_DEVICES, 0, 0}},
        .traps = {{GUEST_DEVICES + 0x1000, (uint64_t)MADE_BAR + 0x1000, 0x1000, VA_TRAPPED}}};
    *other = (struct function){.pci = 0x0305,
                               .id = 0x15218086,
                               .domain = 1,
                               .slot = 1,
                               .port = FUNCTION_NONE,
                               .irte = 32,
                               .config_hpa = (uint64_t)ECAM + (0x0305 << 12),
                               .context_hpa = MADE_ROOT + 0x2050,
                               .entries_hpa = MADE_ENTRIES + 16 * 32,
                               .bars = {{0x1d0000000, 2 * MIB, GUEST_HOLE_END, BAR_64, 0}}};
    h->functions[2] = (struct function){.pci = 0x00fa,
                                        .id = 0x29228086,
                                        .domain = 1,
                                        .port = FUNCTION_NONE,
                                        .flags = FUNCTION_SILENT,
                                        .config_hpa = (uint64_t)ECAM + (0x00fa << 12)};
    h->function_count = 3;
    h->ecam_bus_first = 0;
    h->ecam_bus_last = 3;
    for (uint32_t i = 0; i < 3; i++)
        the->devices[i] =
            (struct manifest_device){.pci = h->functions[i].pci, .domain = h->functions[i].domain};
    the->world.header.tables[MANIFEST_DEVICES] = (struct manifest_table){
        .offset = (uint32_t)((uint8_t *)the->devices - (uint8_t *)&the->world.header),
        .count = 3,
        .entry_bytes = sizeof(struct manifest_device)};
    for (uint32_t i = 0; i < 2; i++) {
        struct handoff_domain *domain = &h->domains[i];
        domain->function_count = i + 1;
        domain->devices_hpa = MADE_LIST + i * MADE_LIST_STEP;
        domain->devices_bytes = functions_bytes(i + 1);
        add_extent(EXTENT_DEVICES, i, domain->devices_hpa, domain->devices_bytes);
        if (i == 0)
            add_extent(EXTENT_VECTORS, 0, MADE_VECTORS, PAGE_BYTES);
    }
    domain0->vectors_hpa = MADE_VECTORS;
    domain0->vectors_bytes = PAGE_BYTES;
    domain0->window_count = 2;
    domain0->windows[0] = (struct handoff_window){GUEST_DEVICES, MADE_BAR, 0x1000};
    domain0->windows[1] =
        (struct handoff_window){GUEST_DEVICES + 0x2000, (uint64_t)MADE_BAR + 0x2000, 0x2000};
    domain1->window_count = 1;
    domain1->windows[0] = (struct handoff_window){GUEST_HOLE_END, 0x1d0000000, 2 * MIB};
    machine_list();
    map_functions();
}

void machine_add_units(void)
{
    add_extent(EXTENT_IOMMU, 0, MADE_ENTRIES, IRT_BYTES);
    add_extent(EXTENT_IOMMU, 0, MADE_ROOT, MADE_ROOT_BYTES);
    add_extent(EXTENT_IOMMU, 0, MADE_QUEUE, PAGE_BYTES);
    h->iommu_entries = MADE_ENTRIES;
    h->iommu_root = MADE_ROOT;
    h->iommu_bytes = MADE_ROOT_BYTES;
    h->iommu_queue = MADE_QUEUE;
    h->iommu_count = MADE_UNITS;
    for (unsigned i = 0; i < MADE_UNITS; i++)
        make_unit(i);
    map_reader();
    h->muted[0] = 0xffff;
    h->muted_count = 1;
    the->functions[1].command |= 4; /* the port above the card */
    the->functions[6].command |= 4; /* stays so */
    make_tables();
    give_functions();
    h->ioapics[0].requester = 0xf0f8;
    h->ioapics[1].requester = FUNCTION_NONE;
    the->ioapics[0][0x10 + 2 * 4] = the->ioapics[0][0x10 + 2 * 7] = 1 << 11;
    the->ioapics[0][0x11 + 2 * 4] = 0xff090000;
    the->ioapics[0][0x11 + 2 * 7] = 0xff0f0000;
}

struct setting *machine_make(uint32_t cpu)
{
    the = calloc(1, sizeof *the);
    world_make(&the->world, false, cpu);
    the->world.beyond = seen_beyond;
    h = &the->world.handoff;
    domain0 = &h->domains[0];
    domain1 = &h->domains[1];
    the->pic_masks = 0xffff;
    h->manifest_offset = sizeof *h;
    h->manifest_bytes = the->world.header.total_bytes = 0x100;
    h->scrub_count = 2;
    h->scrubs[0] = (struct handoff_scrub){0x1000, 0x7000}; /* up to the trampoline */
    h->scrubs[1] = (struct handoff_scrub){MADE_SCRUB, MIB};
    h->screen = (struct handoff_screen){.base = 0xc0000000, .bytes = MIB};
    make_ioapics();
    make_functions();
    make_payloads();
    the->machine = (struct check_machine){
        .handoff = h,
        .manifest = &the->world.manifest,
        .topology = world_topology,
        .frame = seen_page,
        .context = &the->world,
        .result = &the->world.result,
        .evidence = {.signature = 0x706e5, .features = SHA, .cr3 = WORLD_BOOT},
        .ioapic = read_ioapic};
    world_slice(&the->world);
    return the;
}

void machine_drop(struct setting *setting)
{
    world_free(&setting->world);
    free(setting);
}

void machine_must_accept(void)
{
    world_slice(&the->world);
    if (!check_machine(&the->machine))
        fail_msg("%s: %s", the->world.result.invariant, the->world.result.text);
}

void machine_must_refuse(const struct corruption *row)
{
    const struct check_result *result = &the->world.result;
    world_slice(&the->world);
    if (check_machine(&the->machine))
        fail_msg("%s: accepted", row->name);
    if (strcmp(result->invariant, row->invariant) != 0 || !strstr(result->text, row->text))
        fail_msg("%s: expected %s \"%s\", got %s \"%s\"", row->name, row->invariant, row->text,
                 result->invariant, result->text);
}

void machine_refuses(void **state)
{
    const struct corruption *row = *state;
    struct setting *s = machine_make(0);
    machine_add_units();
    row->corrupt();
    machine_must_refuse(row);
    machine_drop(s);
}

void *machine_reach(uint64_t hpa, uint64_t bytes, void *context)
{
    (void)context;
    assert_true(hpa < WORLD_BYTES && bytes <= WORLD_BYTES - hpa);
    return the->world.memory + hpa;
}

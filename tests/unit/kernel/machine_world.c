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
#include "machine_world.h"

struct setting *the;
struct handoff *h;
struct handoff_domain *domain0, *domain1;

static uint32_t config_of(uint32_t number, uint32_t offset)
{
    for (unsigned i = 0; i < MADE_FUNCTIONS; i++) {
        const struct made_function *f = &the->functions[i];
        if (f->id && f->number == number)
            return offset == 0 ? f->id : offset == 4 ? f->command : f->class << 16;
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

/* ECAM, and what else is looked at: slices. */
static const void *seen_page(uint64_t hpa, void *context)
{
    static uint32_t page[3];
    uint64_t function = (hpa - ECAM) >> 12;
    (void)context;
    if (hpa < WORLD_BYTES)
        return the->world.memory + hpa;
    if (the->ecam_unseen)
        return NULL;
    for (uint32_t i = 0; i < 3; i++)
        page[i] = (the->ecam_hides == function && function) || function > 0xffff
                      ? ~0u
                      : config_of((uint32_t)function, i * 4);
    return page;
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
        {0x0000, 0x29c08086, 0x0007, 0x0600}, /* host bridge, hard-wired */
        {0x0008, 0x34208086, 0x0403, 0x0604}, /* root port */
        {0x00f8, 0x29188086, 0x0007, 0x0601}, /* ISA bridge, hard-wired */
        {0x00fa, 0x29228086, 0x0403, 0x0106}, /* disks */
        {0x0100, 0x10d38086, 0x0402, 0x0200}, /* a card behind the port, in ECAM */
        {0x0305, 0x15218086, 0x0402, 0x0200}, /* its function 0 is hidden */
        {0xffff, 0x24488086, 0x0402, 0x0200}, /* the last number of all */
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

struct setting *machine_make(uint32_t cpu)
{
    the = calloc(1, sizeof *the);
    world_make(&the->world, false, cpu);
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
        .owners = {.handoff = h,
                   .manifest = &the->world.manifest,
                   .topology = world_topology,
                   .frame = seen_page,
                   .context = &the->world,
                   .result = &the->world.result},
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

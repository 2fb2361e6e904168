/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I12, the machine's part: accepts a correct machine and names what is wrong with every corrupted
 * one. Each row corrupts one thing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/abi/guest.h"
#include "machine_world.h"

static struct handoff_extent *extent(uint32_t kind, uint32_t index)
{
    for (uint32_t i = 0; i < h->extent_count; i++)
        if (h->extents[i].kind == kind && h->extents[i].index == index)
            return &h->extents[i];
    return NULL;
}

/* Counts. */
BREAK(too_many_scrubs, h->scrub_count = MAX_SCRUBS + 1)
BREAK(no_ioapics, h->ioapic_count = 0)
BREAK(no_boot_cpu, h->boot_cpu = 4)
BREAK(too_many_loads, domain1->load_count = MAX_LOAD_STEPS + 1)

/* What is scrubbed. */
BREAK(scrub_of_ram, h->scrubs[1].base = WORLD_RAM - 0x1000)
BREAK(scrub_of_tables, h->scrubs[1].base = WORLD_TABLES - MIB + 0x1000)
BREAK(scrub_of_trampoline, h->scrubs[0].bytes += 0x1000)
BREAK(scrub_of_vectors, h->scrubs[0].base = 0)
BREAK(scrub_of_screen, h->scrubs[1].base = 0xc0000000 - 0x1000)
BREAK(scrub_of_ecam, h->scrubs[1].base = ECAM + 3 * MIB - 0x1000)
BREAK(scrub_of_local_apic, h->scrubs[1].base = 0xfee00000)
BREAK(scrub_of_ioapic, h->scrubs[1].base = SECOND_IOAPIC)
BREAK(scrub_odd, h->scrubs[1].bytes = 0x800)
BREAK(scrub_empty, h->scrubs[1].bytes = 0)
BREAK(scrub_wraps, h->scrubs[1].bytes = 0ull - 0x1000)

/* What it starts on. */
BREAK(boot_table_not_in_use, the->machine.evidence.cr3 = WORLD_TABLES)
BREAK(manifest_in_handoff, h->manifest_offset = 8)
static void boot_table_high(void)
{
    struct handoff_extent *from = extent(EXTENT_BOOT, 0), moved = *from;
    struct handoff_extent *last = &h->extents[h->extent_count - 1];
    memmove(from, from + 1, (size_t)(last - from) * sizeof *from);
    moved.base += 1ull << 32;
    *last = moved;
    h->boot_page_table += 1ull << 32;
    for (uint32_t i = 0; i < h->cpu_count; i++)
        h->cpus[i].start_table += 1ull << 32;
}

BREAK(manifest_beyond, h->manifest_offset = h->bytes - 0x80)
BREAK(manifest_cut, h->manifest_bytes -= 8)
BREAK(boot_cpu_other, h->boot_cpu = 1)

/* What is loaded. */
BREAK(load_beyond_payload, domain0->load[2].from = 0x2001)
BREAK(load_wraps, domain0->load[2].from = 0ull - 0x100)
BREAK(load_into_hole, domain0->load[1].gpa++)
BREAK(load_above, domain1->load[0].gpa = 4 * MIB)
BREAK(load_gpa_wraps, domain1->load[0].gpa = 0ull - 0x100)
BREAK(load_too_long, domain1->load[0].bytes = 0x2146)
BREAK(entry_outside, domain1->entry.rip = 8 * MIB)
BREAK(entry_not_loaded, domain1->entry.rip = MIB + 0x601)
BREAK(entry_stack, domain0->entry.rsp -= 8)
BREAK(entry_parameters, domain0->entry.rsi = GUEST_BOOT_INFO)
BREAK(entry_of_linux, domain0->entry.rdi = GUEST_BOOT_INFO)
BREAK(entry_of_elf, domain1->entry.rsi = GUEST_BOOT_PARAMS)
BREAK(entry_information, domain1->entry.rdi = 0)
BREAK(digest_other, domain0->digest[1].digest[31] ^= 1)
BREAK(digest_short, domain0->digest[0].bytes--)
BREAK(digest_shifted, domain0->digest[1].from += 0x1000)
BREAK(digest_lacking, domain0->digest_count = 1)
BREAK(digest_too_many, domain1->digest_count = 2)
BREAK(digest_of_no_payload, the->world.rules[1].kernel = 2)
BREAK(digest_beyond, domain0->payload_bytes = 0x16ff; domain0->load_count = 1;
      extent(EXTENT_PAYLOAD, 0)->bytes = 0x2000)

/* CVE-2018-12207. */
BREAK(leaf_odd, domain1->ram_leaf_bytes = 0x4000)
BREAK(leaf_unsafe, the->machine.evidence.features = 0)
BREAK(leaf_no_evidence, the->machine.evidence = (struct check_evidence){.cr3 = WORLD_BOOT})
BREAK(leaf_cannon_lake, the->machine.evidence.signature = 0x60663)

/* I/O APICs. */
BREAK(line_open, the->ioapics[0][0x10 + 2 * 9] = 0x31)
BREAK(line_last_open, the->ioapics[1][0x10 + 2 * 7] = 0)
BREAK(line_remote, the->ioapics[0][0x11 + 2 * 4] = 4u << 24)
BREAK(line_fixed, the->ioapics[0][0x10 + 2 * 4] = 0x31)
BREAK(line_smi, the->ioapics[0][0x10 + 2 * 4] = 0x200)
BREAK(line_level, the->ioapics[0][0x10 + 2 * 4] |= 1 << 15)
BREAK(line_logical, the->ioapics[0][0x10 + 2 * 7] |= 1 << 11)
BREAK(line_deaf, the->ioapics[0][0x10 + 2 * 7] |= 1 << 16)
BREAK(line_polled, the->world.rules[0].flags |= MANIFEST_SERIAL_POLLED)
BREAK(line_without_serial, the->world.rules[1].serial_port = 0)
BREAK(line_far, h->cpus[2].apic_id = 255; the->world.topology[2].extended[3] = 255)
BREAK(line_usual, the->world.rules[1].serial_irq = 0)
BREAK(line_base, h->ioapics[0].gsi_base = 1)
BREAK(ioapic_elsewhere, h->ioapics[1].address = 0xfed00000)
BREAK(ioapic_zero, the->ioapics[1][1] = 0)
BREAK(ioapic_too_long, the->ioapics[1][1] = 0xf00020)
BREAK(pic_open, the->pic_masks = 0xfbff)

/* PCI. */
BREAK(master, the->functions[3].command |= 4)
BREAK(master_in_ecam, the->functions[4].command |= 4)
BREAK(master_hidden, the->functions[5].command |= 4)
BREAK(master_last, the->functions[6].command |= 4)
BREAK(master_other_bridge, the->functions[2].class = 0x0680)
BREAK(master_root_port, the->functions[1].command |= 4)
BREAK(ecam_unseen, the->ecam_unseen = true)
BREAK(ecam_elsewhere, h->ecam_base += MIB)
BREAK(ecam_odd, h->ecam_base += 0x1000)
BREAK(ecam_too_high, h->ecam_base += 1ull << 52)
BREAK(ecam_hides, the->ecam_hides = 0x100)
BREAK(no_host, the->functions[0].class = 0x0601)
BREAK(no_functions, memset(the->functions, 0, sizeof the->functions))

static const struct corruption corruptions[] = {
/* clang-format off */
#define ROW(name, invariant, text) {#name, name, invariant, text}
    /* clang-format on */
    ROW(too_many_scrubs, "I12", "handoff: 193 scrub ranges"),
    ROW(no_ioapics, "I12", "handoff: 2 scrub ranges, 0 I/O APICs"),
    ROW(no_boot_cpu, "I12", "boot processor 4"),
    ROW(too_many_loads, "I12", "load steps: out of bounds"),
    ROW(scrub_of_ram, "I1", "scrub range at 7ff000, 100000 bytes: it holds RAM"),
    ROW(scrub_of_tables, "I1", "scrub range at 301000, 100000 bytes: it holds tables"),
    ROW(scrub_of_trampoline, "I1", "scrub range at 1000, 8000 bytes: it holds trampoline"),
    ROW(scrub_of_vectors, "I1", "scrub range at 0, 7000 bytes: it holds no whole pages"),
    ROW(scrub_of_screen, "I1", "bytes: it holds the screen"),
    ROW(scrub_of_ecam, "I1", "bytes: it holds PCI configuration space"),
    ROW(scrub_of_local_apic, "I1", "bytes: it holds the local APIC"),
    ROW(scrub_of_ioapic, "I1", "bytes: it holds an I/O APIC"),
    ROW(scrub_odd, "I1", "scrub range at 1a00000, 800 bytes: it holds no whole pages"),
    ROW(scrub_empty, "I1", "scrub range at 1a00000, 0 bytes: it holds no whole pages"),
    ROW(scrub_wraps, "I1", "it holds no whole pages"),
    ROW(boot_table_not_in_use, "I11", "CR3 400000, the boot page table is 184000"),
    ROW(boot_table_high, "I11", "boot page table at 100184000: processors start below 4 GiB"),
    ROW(manifest_in_handoff, "I12", "manifest at 8, 100 bytes: not in the handoff"),
    ROW(manifest_beyond, "I12", "bytes: not in the handoff"),
    ROW(manifest_cut, "I12", "f8 bytes: not in the handoff"),
    ROW(boot_cpu_other, "I2", "boot processor: APIC id 0, expected 2"),
    ROW(load_beyond_payload, "I1",
        "domain 0: load step 2, 345 bytes from 2001 to gpa 1000: not from its payloads to its RAM"),
    ROW(load_wraps, "I1", "domain 0: load step 2, 345 bytes from ffffffffffffff00 to gpa 1000"),
    ROW(load_into_hole, "I1", "domain 0: load step 1, 700 bytes from 1000 to gpa 2ff901"),
    ROW(load_above, "I1", "domain 1: load step 0, 601 bytes from 200 to gpa 400000"),
    ROW(load_gpa_wraps, "I1", "domain 1: load step 0, 601 bytes from 200 to gpa ffffffffffffff00"),
    ROW(load_too_long, "I1", "domain 1: load step 0, 2146 bytes from 200 to gpa 100000"),
    ROW(entry_outside, "I1", "domain 1: entry at 800000, RSP 10000, RSI 0, RDI 4000: nothing is"),
    ROW(entry_not_loaded, "I1", "domain 1: entry at 100601, RSP 10000"),
    ROW(entry_stack, "I1", "RSP fff8, RSI 2000, RDI 0: not as its boot protocol says"),
    ROW(entry_parameters, "I1", "RSI 4000, RDI 0: not as its boot protocol says"),
    ROW(entry_of_linux, "I1", "RSI 2000, RDI 4000: not as its boot protocol says"),
    ROW(entry_of_elf, "I1", "RSI 2000, RDI 4000: not as its boot protocol says"),
    ROW(entry_information, "I1", "RSI 0, RDI 0: not as its boot protocol says"),
    ROW(digest_other, "I12",
        "domain 0: 2 digests of its payloads, not the 2 that the manifest has"),
    ROW(digest_short, "I12", "domain 0: 2 digests of its payloads"),
    ROW(digest_shifted, "I12", "domain 0: 2 digests of its payloads"),
    ROW(digest_lacking, "I12", "domain 0: 1 digests of its payloads, not the 2"),
    ROW(digest_too_many, "I12", "domain 1: 2 digests of its payloads, not the 1"),
    ROW(digest_of_no_payload, "I12", "domain 1: 1 digests of its payloads"),
    ROW(digest_beyond, "I12", "domain 0: 2 digests of its payloads"),
    ROW(leaf_odd, "I9", "domain 1: leaves of 4000 bytes"),
    ROW(leaf_unsafe, "I9",
        "domain 1: executable leaves of 200000 bytes, but processor 706e5 may have the erratum of "
        "CVE-2018-12207"),
    ROW(leaf_no_evidence, "I9", "but processor 0 may have the erratum"),
    ROW(leaf_cannon_lake, "I9", "but processor 60663 may have the erratum"),
    ROW(line_open, "I4", "I/O APIC at fec00000, line 9: 0 31, expected masked"),
    ROW(line_last_open, "I4", "I/O APIC at fec01000, line 7: 0 0, expected masked"),
    ROW(line_remote, "I4", "line 4: 4000000 400, expected a knock at its owner"),
    ROW(line_fixed, "I4", "line 4: 0 31, expected a knock at its owner"),
    ROW(line_smi, "I4", "line 4: 0 200, expected a knock at its owner"),
    ROW(line_level, "I4", "line 4: 0 8400, expected a knock at its owner"),
    ROW(line_logical, "I4", "line 7: 4000000 c00, expected a knock at its owner"),
    ROW(line_deaf, "I4", "line 7: 4000000 10400, expected a knock at its owner"),
    ROW(line_polled, "I4", "line 4: 0 400, expected masked"),
    ROW(line_without_serial, "I4", "line 7: 4000000 400, expected masked"),
    ROW(line_far, "I4", "line 7: 4000000 400, expected masked"),
    ROW(line_usual, "I4", "line 3: 0 10000, expected a knock at its owner"),
    ROW(line_base, "I4", "line 3: 0 10000, expected a knock at its owner"),
    ROW(ioapic_elsewhere, "I4", "no I/O APIC at fed00000: it reads ffffffff"),
    ROW(ioapic_zero, "I4", "no I/O APIC at fec01000: it reads 0"),
    ROW(ioapic_too_long, "I4", "no I/O APIC at fec01000: it reads f00020"),
    ROW(pic_open, "I4", "8259 interrupt masks: fbff, expected ffff"),
    ROW(master, "I3",
        "PCI function 00:1f.2 (29228086, class 0106) is a bus master and must not be one yet"),
    ROW(master_in_ecam, "I3", "PCI function 01:00.0 (10d38086, class 0200)"),
    ROW(master_hidden, "I3", "PCI function 03:00.5 (15218086, class 0200)"),
    ROW(master_last, "I3", "PCI function ff:1f.7 (24488086, class 0200)"),
    ROW(master_other_bridge, "I3", "PCI function 00:1f.0 (29188086, class 0680)"),
    ROW(master_root_port, "I3", "PCI function 00:01.0 (34208086, class 0604)"),
    ROW(ecam_unseen, "I3", "PCI bus 1 can't be seen"),
    ROW(ecam_elsewhere, "I3",
        "PCI function 01:00.0: ECAM at e0100000 says ffffffff, ports 10d38086"),
    ROW(ecam_odd, "I3", "ECAM at e0001000: not a bus's megabyte"),
    ROW(ecam_too_high, "I3", "ECAM at 100000e0000000: not a bus's megabyte"),
    ROW(ecam_hides, "I3", "PCI function 01:00.0: ECAM at e0000000 says ffffffff, ports 10d38086"),
    ROW(no_host, "I3", "no host bridge among 7 PCI functions"),
    ROW(no_functions, "I3", "no host bridge among 0 PCI functions"),
};
enum { CORRUPTIONS = sizeof corruptions / sizeof corruptions[0] };

static void refuses(void **state)
{
    const struct corruption *row = *state;
    struct setting *s = machine_make(0);
    row->corrupt();
    machine_must_refuse(row);
    machine_drop(s);
}

static void accepts_the_machine(void **state)
{
    (void)state;
    struct setting *s = machine_make(0);
    machine_must_accept();
    assert_int_equal(s->machine.functions, 7);
    assert_int_equal(s->machine.lines, 32);
    h->ecam_base = 0; /* CF8/CFC alone */
    machine_must_accept();
    assert_int_equal(s->machine.functions, 7);
    s->ioapics[0][0x10 + 2 * 4] |= 1 << 12 | 1 << 14; /* one is just on its way */
    machine_must_accept();
    /* RAM of two runs that join: what is loaded may lie across. */
    domain0->ram[0].bytes = MIB + 0x1000;
    domain0->ram[1] =
        (struct handoff_ram){MIB + 0x1000, WORLD_RAM + MIB + 0x1000, 3 * MIB - 0x1000};
    domain0->load[0].gpa = MIB + 0xe00;
    domain0->entry.rip = MIB + 0x1000;
    machine_must_accept();
    machine_drop(s);
}

/* The second opinion about large executable pages: by what the processor has, not by its name. */
static void judges_the_erratum(void **state)
{
    (void)state;
    struct setting *s = machine_make(0);
    s->machine.evidence =
        (struct check_evidence){.amd = true, .signature = 0x800f12, .cr3 = WORLD_BOOT};
    machine_must_accept(); /* AMD */
    s->machine.evidence = (struct check_evidence){
        .signature = 0x50657, .arch_capabilities = 1 << 6, .cr3 = WORLD_BOOT};
    machine_must_accept(); /* says so itself */
    s->machine.evidence =
        (struct check_evidence){.signature = 0x50671, .features = 1 << 27, .cr3 = WORLD_BOOT};
    machine_must_accept(); /* Knights Landing */
    s->machine.evidence.features = (uint32_t) ~(SHA | 1 << 27);
    assert_false(check_machine(&s->machine));
    domain1->ram_leaf_bytes = PAGE_BYTES;
    machine_must_accept();
    machine_drop(s);
}

int main(void)
{
    static struct CMUnitTest tests[CORRUPTIONS + 2] = {cmocka_unit_test(accepts_the_machine),

                                                       cmocka_unit_test(judges_the_erratum)};
    for (size_t i = 0; i < CORRUPTIONS; i++)
        tests[2 + i] =
            (struct CMUnitTest){corruptions[i].name, refuses, NULL, NULL, (void *)&corruptions[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

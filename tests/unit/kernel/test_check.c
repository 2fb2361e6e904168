/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I12: the separation check accepts a correct machine and names the offending entry of every
 * corrupted one. Each row of the table corrupts one thing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "check_world.h"
#include "kernel/abi/layout.h"
#include "kernel/sha256.h"

#define NX   (1ull << 63)
#define MIB  (1ull << 20)
#define GIB4 (1ull << 32)

static struct handoff *the_handoff;
static struct handoff_domain *domain0, *domain1;
static uint64_t root0, root1, host; /* nested roots; CR3 of the processor that is checked */

static void aim(struct world *w)
{
    the_handoff = &w->handoff;
    domain0 = &w->handoff.domains[0];
    domain1 = &w->handoff.domains[1];
    root0 = domain0->nested_root;
    root1 = domain1->nested_root;
    host = w->handoff.cpus[w->cpu].page_table;
}

static uint64_t *nested(struct world *w, uint64_t gpa, unsigned level)
{
    return world_entry(w, w->handoff.cpus[w->cpu].domain ? root1 : root0, gpa, level);
}

static uint64_t *page(struct world *w, uint64_t va)
{
    return world_entry(w, host, va, 1);
}

static struct handoff_extent *extent(uint32_t kind, uint32_t index)
{
    for (uint32_t i = 0; i < the_handoff->extent_count; i++)
        if (the_handoff->extents[i].kind == kind && the_handoff->extents[i].index == index)
            return &the_handoff->extents[i];
    return NULL;
}

/* A word of the VMCB of processor 0. */
static uint64_t *vmcb(struct world *w, unsigned offset)
{
    return (uint64_t *)(w->memory + w->registers.structures[CHECK_CONTROL_BLOCK] + offset);
}

/* Opens an MSR, as a wrong line of the policy's table would: the policy grants it too. */
static void open_msr(struct world *w, uint32_t msr, bool write)
{
    uint8_t *map = w->memory + w->registers.structures[CHECK_MSR_BITMAP];
    uint32_t low = msr & 0x1fff, high = msr >= 0xc0000000;
    w->also_granted = msr;
    w->also_written = write;
    if (w->amd)
        map[(high ? msr >= 0xc0010000 ? 0x1000 : 0x800 : 0) + low / 4] &=
            (uint8_t) ~((write ? 2 : 1) << low % 4 * 2);
    else
        map[(write ? 0x800 : 0) + high * 0x400 + low / 8] &= (uint8_t) ~(1 << low % 8);
}

static const void *sees_nothing(uint64_t hpa, void *context)
{
    struct world *w = context; /* but the page tables, which are looked at before */
    return hpa >= WORLD_TABLES ? w->memory + hpa : NULL;
}

/* A corruption: what it does, on which machine, and what the check must say. */
struct corruption {
    const char *name;
    void (*corrupt)(struct world *w);
    const char *invariant, *text;
    uint32_t cpu; /* 0, 1: domain 0; 2: domain 1; 3: parked */
    bool amd;
    bool sliced; /* it corrupts slices */
};

#define BREAK(name, ...)                                                                           \
    static void name(struct world *w)                                                              \
    {                                                                                              \
        (void)w;                                                                                   \
        __VA_ARGS__;                                                                               \
    }

/* Nested tables. */
BREAK(leaf_to_other_domain, *nested(w, 0x5000, 1) = domain1->ram[0].hpa | 0x37)
BREAK(leaf_to_kernel, *nested(w, 0x5000, 1) = WORLD_TEXT | 0x37)
BREAK(leaf_to_own_tables, *nested(w, 0x5000, 1) = domain0->tables_hpa | 0x37)
BREAK(leaf_to_nobody, *nested(w, 0x5000, 1) = WORLD_NOBODY | 0x37)
BREAK(leaf_to_device, *nested(w, 0x5000, 1) = 0xfec00000 | 0x37)
BREAK(leaf_swapped, *nested(w, 0x5000, 1) += 0x1000; *nested(w, 0x6000, 1) -= 0x1000)
BREAK(page_missing, *nested(w, 0x5000, 1) = 0)
BREAK(first_page_missing, *nested(w, 0, 1) = 0)
BREAK(last_page_missing, *nested(w, GIB4 + MIB - 0x1000, 1) = 0)
BREAK(high_memory_missing, *nested(w, GIB4, 3) = 0)
BREAK(all_missing, *nested(w, 0, 4) = 0)
BREAK(page_in_hole, world_map(w, 0, root0, 0xfec00000, 0xfec00037, 1, 7))
BREAK(page_after_end, world_map(w, 0, root0, GIB4 + MIB, WORLD_NOBODY | 0x37, 1, 7))
BREAK(page_moved, *nested(w, GIB4, 1) = 0;
      world_map(w, 0, root0, 0xfec00000, domain0->ram[1].hpa | 0x37, 1, 7))
BREAK(page_very_high, world_map(w, 0, root0, 1ull << 47, WORLD_NOBODY | 0x37, 1, 7))
BREAK(uncached, *nested(w, 0x5000, 1) &= ~0x30ull)
BREAK(ignores_pat, *nested(w, 0x5000, 1) |= 0x40)
BREAK(large_executable, *nested(w, 0, 2) = domain0->ram[0].hpa | 0xb7)
BREAK(large_too_large, domain0->ram_leaf_bytes = LARGE_PAGE_BYTES;
      *nested(w, 2 * MIB, 2) = (domain0->ram[0].hpa + 2 * MIB) | 0xb7)
BREAK(large_unaligned, *nested(w, 0, 2) |= 0x1000)
BREAK(user_execute_bit, *nested(w, 0x5000, 1) |= 1 << 10)
BREAK(ept_dirty_bit, *nested(w, 0x5000, 1) |= 1 << 9)
BREAK(high_ignored_bit, *nested(w, 0x5000, 1) |= 1ull << 60)
BREAK(not_writable, *nested(w, 0x5000, 1) &= ~2ull)
BREAK(not_executable, *nested(w, 0x5000, 1) &= ~4ull)
BREAK(not_executable_above, *nested(w, 0x5000, 2) &= ~4ull)
BREAK(not_present_leftover, *nested(w, 0x300000, 1) = WORLD_NOBODY)
BREAK(table_outside, *nested(w, 0, 2) = domain0->ram[0].hpa | 7)
BREAK(table_of_other, *nested(w, 0, 3) = (*world_entry(w, root1, 0, 3) & ~0xfffull) | 7)
BREAK(table_link_bits, *nested(w, 0, 3) |= 1 << 5)
BREAK(table_not_readable, *nested(w, 0, 3) &= ~7ull)
BREAK(table_loop,
      for (unsigned i = 4; i < 512; i++)((uint64_t *)(w->memory + root0))[i] = root0 | 7)
BREAK(table_shared, uint64_t empty = w->next_table[0];
      for (unsigned i = 4; i < 512; i++) world_entry(w, root0, 0, 2)[i] = empty | 7)
BREAK(page_of_512_gib, *nested(w, 1ull << 39, 4) = 0xb7)
BREAK(npt_supervisor, *nested(w, 0x5000, 1) &= ~4ull)
BREAK(npt_no_execute, *nested(w, 0x5000, 1) |= NX)
BREAK(npt_uncached, *nested(w, 0x5000, 1) |= 0x10)
BREAK(npt_link_supervisor, *nested(w, 0x5000, 2) &= ~4ull)

/* Registers. */
BREAK(walk_length, w->registers.nested_root = (w->registers.nested_root & ~0x38ull) | 4 << 3)
BREAK(tables_uncached, w->registers.nested_root &= ~7ull)
BREAK(accessed_flags, w->registers.nested_root |= 0x40)
BREAK(root_of_other, w->registers.nested_root = root1 | 0x1e)
BREAK(ncr3_flags, w->registers.nested_root |= 0x10)
BREAK(cr3_of_other, w->registers.now.cr3 = w->handoff.cpus[1].page_table)
BREAK(cr3_on_exit, w->registers.on_exit.cr3 = w->handoff.cpus[1].page_table)
BREAK(cr3_flags_agreed, w->registers.now.cr3 |= 8; the_handoff->cpus[0].page_table |= 8)
BREAK(root_flags_agreed, w->registers.nested_root |= 0x40; domain0->nested_root |= 0x40)
BREAK(cr3_flags, w->registers.now.cr3 |= 0x18)
BREAK(no_write_protect, w->registers.now.cr0 &= ~(1ull << 16))
BREAK(no_write_protect_on_exit, w->registers.on_exit.cr0 &= ~(1ull << 16))
BREAK(no_nx, w->registers.now.efer &= ~(1ull << 11))
BREAK(no_smep, w->registers.now.cr4 &= ~(1ull << 20))
BREAK(smap_off_on_exit, w->registers.on_exit.cr4 &= ~(1ull << 21))
BREAK(no_mce, w->registers.now.cr4 &= ~(1ull << 6))
BREAK(five_levels, w->registers.now.cr4 |= 1 << 12)
BREAK(pat_uncached, w->registers.on_exit.pat &= ~0xffull)
BREAK(no_ac_exit, w->registers.controls[5] &= ~(1ull << 17))
BREAK(no_nmi_exit, w->registers.controls[0] &= ~8ull)
BREAK(no_io_exit, w->registers.controls[1] &= ~(1ull << 24))
BREAK(io_bitmaps, w->registers.controls[1] |= 1 << 25)
BREAK(no_msr_bitmaps, w->registers.controls[1] &= ~(1ull << 28))
BREAK(no_secondary, w->registers.controls[1] &= ~(1ull << 31))
BREAK(no_ept, w->registers.controls[2] &= ~2ull)
BREAK(virtual_x2apic, w->registers.controls[2] |= 0x10)
BREAK(vm_functions, w->registers.controls[2] |= 1 << 13)
BREAK(vmcs_shadowing, w->registers.controls[2] |= 1 << 14)
BREAK(tertiary_controls, w->registers.controls[1] |= 1 << 17)
BREAK(exceptions_to_page, w->registers.controls[2] |= 1 << 18)
BREAK(pat_kept_on_exit, w->registers.controls[3] &= ~(1ull << 19))
BREAK(caches_off, w->registers.controls[6] = 1 << 5)
BREAK(machine_checks_off, w->registers.controls[7] &= ~(1ull << 6))
BREAK(user_interrupts, w->registers.controls[7] &= ~(1ull << 25))
BREAK(stores_on_exit, w->registers.controls[8] = 1)
BREAK(svm_no_init, *vmcb(w, 8) &= ~(8ull << 32))
BREAK(svm_flushes_others, *vmcb(w, 0x10) &= ~(1ull << 32))
BREAK(svm_cr4_free, *vmcb(w, 0) &= ~(1ull << 20))
BREAK(svm_no_io, *vmcb(w, 8) &= ~(1ull << 59))
BREAK(svm_no_vmload, *vmcb(w, 0x10) &= ~4ull)
BREAK(svm_no_nested, *vmcb(w, 0x90) = 0)
BREAK(svm_avic, *vmcb(w, 0x60) |= 1ull << 31)
BREAK(msr_read_open, w->memory[WORLD_CPU + 0x1a0 / 8] &= 0xfe)
BREAK(msr_write_open, w->memory[WORLD_CPU + 0x800 + 0x830 / 8] &= 0xfe)
BREAK(msr_high_open, w->memory[WORLD_CPU + 0xc00 + 0x80 / 8] &= 0xfe)
BREAK(msr_closed, w->memory[WORLD_CPU + 0x10 / 8] |= 1)
BREAK(svm_msr_open, w->memory[WORLD_CPU + 0x1000 + 0x1029 / 4] &= 0xf7)
BREAK(svm_msr_closed, w->memory[WORLD_CPU + 0x1000 + 0x1029 / 4] |= 4)
BREAK(bitmap_in_ram, w->registers.structures[CHECK_MSR_BITMAP] = WORLD_RAM)
BREAK(bitmap_of_other_cpu, w->registers.structures[CHECK_MSR_BITMAP] = WORLD_CPU + WORLD_CPU_STEP)
BREAK(bitmap_in_private, w->registers.structures[CHECK_MSR_BITMAP] = domain0->private_hpa)
BREAK(vmcs_in_ram, w->registers.structures[CHECK_CONTROL_BLOCK] = WORLD_RAM)
BREAK(svm_port_open, w->memory[WORLD_CPU + 0x2000 + 0xcf9 / 8] &= (uint8_t) ~(1 << 0xcf9 % 8))
BREAK(svm_high_port_open, w->memory[WORLD_CPU + 0x4000] = 0xfe)

/* Whole control words: what is too much as well as what lacks. */
BREAK(rdpmc_free, w->registers.controls[1] &= ~(1ull << 11))
BREAK(monitor_free, w->registers.controls[1] &= ~(1ull << 29))
BREAK(mwait_free, w->registers.controls[1] &= ~(1ull << 10))
BREAK(tsc_offset_used, w->registers.controls[1] |= 1 << 3)
BREAK(interrupts_exit, w->registers.controls[0] |= 1)
BREAK(preemption_timer, w->registers.controls[0] |= 1 << 6)
BREAK(must_be_one_lacks, w->registers.controls[1] &= ~(1ull << 26))
BREAK(must_be_one_unknown, w->registers.offered[1] |= 1 << 15)
BREAK(wanted_lacks, w->registers.controls[2] &= ~8ull)
BREAK(wanted_not_offered, w->registers.controls[2] |= 1 << 12)
BREAK(required_not_offered, w->registers.offered[2] = 0; w->registers.controls[2] = 0)
BREAK(vpid_without_flush, w->registers.ept_vpid &= ~(1ull << 42))
BREAK(entry_loads_no_efer, w->registers.controls[4] &= ~(1ull << 15))
BREAK(entry_loads_perf, w->registers.controls[4] |= 1 << 13)
BREAK(entry_to_smm, w->registers.controls[4] |= 1 << 10)
BREAK(exit_acknowledges, w->registers.controls[3] |= 1 << 15)
BREAK(exit_keeps_debug, w->registers.controls[3] &= ~4ull)
BREAK(faults_exit, w->registers.controls[5] |= 1 << 14)
BREAK(ne_free, w->registers.controls[6] &= ~0x20ull)
BREAK(another_processor, w->registers.apic_id = 2)
BREAK(cr0_more, w->registers.now.cr0 |= 1 << 2)
BREAK(cr4_more, w->registers.on_exit.cr4 |= 1 << 16)
BREAK(cr4_not_offered, w->registers.cr4_offered |= 1 << 11)
BREAK(syscall_on, w->registers.now.efer |= 1)
BREAK(svm_sev, *vmcb(w, 0x90) |= 2)
BREAK(svm_gmet, *vmcb(w, 0x90) |= 8)
BREAK(svm_interrupts_masked, *vmcb(w, 0x60) |= 1 << 24)
BREAK(svm_virtual_interrupt, *vmcb(w, 0x60) |= 1 << 8)
BREAK(svm_no_virtual_nmi, *vmcb(w, 0x60) = 0)
BREAK(svm_virtual_nmi_unknown, w->registers.offered[0] = 0)
BREAK(svm_asid_0, *vmcb(w, 0x58) &= ~0xffffffffull)
BREAK(svm_asid_2, *vmcb(w, 0x58) ^= 3)
BREAK(svm_rdpru_free, *vmcb(w, 0x10) &= ~(1ull << 14))
BREAK(svm_tasks_free, *vmcb(w, 8) &= ~(1ull << 61))
BREAK(svm_rdtscp_exits, *vmcb(w, 0x10) |= 1 << 7)
BREAK(svm_tsc_offset, *vmcb(w, 0x50) = 1)
BREAK(svm_debug_exits, *vmcb(w, 0) |= 1ull << 32)
BREAK(svm_virtual_vmload, *vmcb(w, 0xb8) = 2)
BREAK(svm_clean_bits, *vmcb(w, 0xc0) = 1)
BREAK(svm_vmcb_unseen, w->input.frame = sees_nothing)

/* Pages that serve two purposes. */
BREAK(vmcs_is_bitmap, w->registers.structures[CHECK_CONTROL_BLOCK] = WORLD_CPU)
BREAK(vmcs_is_vmxon, w->registers.structures[CHECK_SAVE_AREA] = WORLD_CPU + 0x1000)
BREAK(vmcs_missing, w->registers.structures[CHECK_CONTROL_BLOCK] = 0)
BREAK(vmcs_odd, w->registers.structures[CHECK_CONTROL_BLOCK] += 0x800)
BREAK(svm_maps_overlap, w->registers.structures[CHECK_IO_BITMAP] = WORLD_CPU + 0x1000)
BREAK(svm_host_is_guest, w->registers.structures[CHECK_HOST_STATE] = WORLD_CPU + 0x5000)
BREAK(svm_save_area_in_map, w->registers.structures[CHECK_SAVE_AREA] = WORLD_CPU + 0x4000)
BREAK(svm_map_over_the_end, w->registers.structures[CHECK_IO_BITMAP] = WORLD_CPU + 0x6000)

/* MSRs that the policy's own table opened by mistake. */
BREAK(open_apic_base, open_msr(w, 0x1b, true))
BREAK(open_tsc, open_msr(w, 0x10, true))
BREAK(open_tsc_adjust, open_msr(w, 0x3b, true))
BREAK(open_microcode, open_msr(w, 0x79, true))
BREAK(open_mcu_opt, open_msr(w, 0x123, true))
BREAK(open_voltage, open_msr(w, 0x150, true))
BREAK(open_trace, open_msr(w, 0x570, true))
BREAK(open_rapl, open_msr(w, 0x610, true))
BREAK(open_energy, open_msr(w, 0x611, false))
BREAK(open_hwp, open_msr(w, 0x774, true))
BREAK(open_cache_class, open_msr(w, 0xc8f, true))
BREAK(open_cache_ways, open_msr(w, 0xc90, true))
BREAK(open_prefetcher, open_msr(w, 0x1a4, true))
BREAK(open_pmc, open_msr(w, 0xc1, false))
BREAK(open_icr, open_msr(w, 0x830, true))
BREAK(open_efer, open_msr(w, 0xc0000080, true))
BREAK(svm_open_lvt, open_msr(w, 0x832, true))
BREAK(svm_open_hwcr, open_msr(w, 0xc0010015, true))
BREAK(svm_open_patch, open_msr(w, 0xc0010020, true))
BREAK(svm_open_vm_cr, open_msr(w, 0xc0010114, false))

/* The hypervisor's page tables. */
BREAK(text_writable, *page(w, VA_KERNEL) |= 2)
BREAK(text_not_executable, *page(w, VA_KERNEL) |= NX)
BREAK(constants_executable, *page(w, VA_KERNEL + 0x4000) &= ~NX)
BREAK(constants_writable, *page(w, VA_KERNEL + 0x4000) |= 2)
BREAK(slice_writable, *page(w, VA_SLICE) |= 2)
BREAK(slice_of_other, *page(w, VA_SLICE) = the_handoff->cpus[2].slice_hpa | NX | 1)
BREAK(handoff_mapped, world_map(w, 0, host, VA_HANDOFF, WORLD_HANDOFF | NX | 1, 1, 3))
BREAK(start_mapped, world_map(w, 0, host, VA_START, WORLD_START | 1, 1, 3))
BREAK(stop_missing, *page(w, VA_STOP) = 0)
BREAK(stop_not_writable, *page(w, VA_STOP) &= ~2ull)
BREAK(stop_elsewhere, *page(w, VA_STOP) = WORLD_NOBODY | NX | 3)
BREAK(stop_page_next, *page(w, VA_STOP + 0x1000) = WORLD_NOBODY | NX | 3)
BREAK(record_missing, *page(w, VA_RECORD) = 0)
BREAK(record_of_other, *page(w, VA_RECORD) += PAGE_BYTES)
BREAK(record_executable, *page(w, VA_RECORD) &= ~NX)
BREAK(record_next, *page(w, VA_RECORD_END) = WORLD_NOBODY | NX | 3)
BREAK(record_shared, the_handoff->cpus[2].record = the_handoff->cpus[1].record)
BREAK(stop_not_its_extent, the_handoff->stop_hpa = WORLD_CPU)
BREAK(stack_executable, *page(w, VA_CPU + 0x6000) &= ~NX)
BREAK(ram_executable, *world_entry(w, host, VA_RAM, 2) &= ~NX)
BREAK(tables_writable, *page(w, VA_TABLES) |= 2)
BREAK(payload_writable, *page(w, VA_PAYLOAD) |= 2)
BREAK(user_page, *page(w, VA_DOMAIN) |= 4)
BREAK(user_link, *world_entry(w, host, VA_DOMAIN, 4) |= 4)
BREAK(uncached_page, *page(w, VA_DOMAIN) |= 0x10)
BREAK(global_page, *page(w, VA_KERNEL) |= 0x100)
BREAK(guard_mapped, *page(w, VA_CPU + 0x5000) = WORLD_NOBODY | NX | 3)
BREAK(guard_after_last, *page(w, VA_CPU + 0xb000) = WORLD_CPU | NX | 3)
BREAK(stack_missing, *page(w, VA_CPU + 0x6000) = 0)
BREAK(stack_is_state, *page(w, VA_CPU + 0x6000) = WORLD_CPU | NX | 3)
BREAK(public_of_other, *page(w, VA_PUBLIC) = domain1->public_hpa | NX | 3)
BREAK(public_of_other_too, *page(w, VA_PUBLIC + 0x2000) = domain1->public_hpa | NX | 3)
BREAK(private_of_other, *page(w, VA_DOMAIN) = domain1->private_hpa | NX | 3)
BREAK(state_of_other, *page(w, VA_CPU) = (WORLD_CPU + WORLD_CPU_STEP) | NX | 3)
BREAK(ram_of_other, world_map(w, 0, host, VA_RAM + 64 * MIB, domain1->ram[0].hpa | NX | 0x83, 2, 3))
BREAK(identity_left, world_map(w, 0, host, 0, NX | 0x83, 2, 3))
BREAK(host_large_pat, *world_entry(w, host, VA_RAM, 2) |= 0x1000)
BREAK(host_table_outside, *world_entry(w, host, VA_PUBLIC, 2) = domain0->private_hpa | 3)
BREAK(parked_maps_ram, world_map(w, 3, host, VA_RAM, domain0->ram[0].hpa | NX | 0x83, 2, 3))
BREAK(parked_table_outside, *world_entry(w, host, VA_CPU, 2) = WORLD_NOBODY | 3)
BREAK(parked_tables_writable, *page(w, VA_TABLES) |= 2)
BREAK(parked_without_tables, extent(EXTENT_CPU, 3)->bytes -= 0x1000)
BREAK(segments_disorder, w->segments[3].va = VA_CPU + 0x5000)
BREAK(segments_unlike_extents, w->segments[1].bytes = 0x3000)
BREAK(segments_too_few, w->input.segment_count = 5)

/* Who owns what. */
BREAK(extents_overlap, extent(EXTENT_TABLES, 0)->bytes += 0x1000)
BREAK(extents_unsorted, struct handoff_extent swap = the_handoff->extents[1];
      the_handoff->extents[1] = the_handoff->extents[2]; the_handoff->extents[2] = swap)
BREAK(extent_unaligned, extent(EXTENT_PUBLIC, 0)->bytes = 0x800)
BREAK(extent_empty, extent(EXTENT_PUBLIC, 0)->bytes = 0)
BREAK(extent_wraps, extent(EXTENT_RAM, 1)->bytes = 0ull - 0xe00000)
BREAK(extent_unknown, extent(EXTENT_PUBLIC, 0)->kind = EXTENT_KINDS)
BREAK(extent_no_owner, extent(EXTENT_PUBLIC, 0)->index = 2)
BREAK(extent_no_cpu, extent(EXTENT_CPU, 0)->index = 4)
BREAK(too_many_extents, the_handoff->extent_count = MAX_EXTENTS + 1)
BREAK(guard_too_small, w->header.memory_guard = WORLD_GUARD + 0x1000)
BREAK(ram_at_ioapic, the_handoff->ioapics[0].address = WORLD_RAM + MIB)
BREAK(ram_in_screen, the_handoff->screen.base = WORLD_RAM - MIB;
      the_handoff->screen.bytes = 2 * MIB)
BREAK(ram_in_ecam, the_handoff->ecam_base = MIB; the_handoff->ecam_bus_first = 7;
      the_handoff->ecam_bus_last = 9)
BREAK(wrong_version, the_handoff->version++)
BREAK(domain_lacking, w->manifest.domain_count = 3)
BREAK(cpu_too_few, domain0->cpu_count = 1)
BREAK(cpu_of_two, domain1->cpus[0] = 1)
BREAK(cpu_shared, domain1->cpus[0] = 0; the_handoff->cpus[2].domain = HANDOFF_NOBODY)
BREAK(cpu_claims, the_handoff->cpus[3].domain = 1)
BREAK(cpu_twice, domain0->cpus[1] = 0)
BREAK(apic_id_twice, the_handoff->cpus[3].apic_id = 0)
BREAK(other_than_pinned, w->rules[0].flags = MANIFEST_CPUS_PINNED; w->rules[0].cpus[1] = 6)
BREAK(state_not_own, the_handoff->cpus[1].state_hpa = WORLD_CPU)
BREAK(state_too_large, the_handoff->cpu_state_bytes += 0x1000)
BREAK(memory_too_little, w->rules[0].memory += 2 * MIB)
BREAK(memory_field, domain0->ram_bytes += 0x1000)
BREAK(memory_beyond, domain0->ram[1].bytes += 0x1000)
BREAK(memory_of_other, domain0->ram[1].hpa = domain1->ram[0].hpa)
BREAK(memory_gap, domain0->ram[1].gpa = 4 * MIB)
BREAK(memory_not_from_0, domain0->ram[0].gpa = 0x1000)
BREAK(memory_twice, domain0->ram[1].hpa = domain0->ram[0].hpa)
BREAK(memory_unused, domain0->ram[1].bytes /= 2; domain0->ram_bytes -= MIB / 2;
      w->rules[0].memory -= MIB / 2)
BREAK(tables_of_other, domain0->tables_hpa = domain1->tables_hpa)
BREAK(public_with_output, w->rules[0].serial_read = 1)
BREAK(public_too_small, domain0->public_bytes = 0x800)
BREAK(start_elsewhere, the_handoff->start_hpa = WORLD_RAM)
BREAK(boot_table_elsewhere, the_handoff->boot_page_table = WORLD_RAM)
BREAK(public_field_of_other, domain0->public_hpa = domain1->public_hpa)

/* Slices. */
static struct handoff_slice *slice_of(struct world *w, uint32_t cpu)
{
    world_slice(w);
    return (void *)(w->memory + the_handoff->cpus[cpu].slice_hpa);
}
BREAK(slice_ram, slice_of(w, 0)->place.ram[0].bytes += 0x1000)
BREAK(slice_cpu, slice_of(w, 0)->cpus[1].apic_id = 4)
BREAK(slice_rules, slice_of(w, 2)->rules.restart_limit = 7)
BREAK(slice_digest, slice_of(w, 2)->manifest_digest[31] ^= 1)
BREAK(slice_behind, ((uint8_t *)slice_of(w, 0))[4095] = 'x')
BREAK(slice_parked, slice_of(w, 3)->place.ram[0].hpa = 1)
BREAK(slice_elsewhere, (void)slice_of(w, 0);
      the_handoff->cpus[1].slice_hpa = the_handoff->cpus[2].slice_hpa)

/* Guard gaps, and places that are not exactly what is owned. */
BREAK(guard_of_tables, extent(EXTENT_TABLES, 1)->base -= 0x1000;
      extent(EXTENT_TABLES, 1)->bytes += 0x1000)
BREAK(guard_of_slice, extent(EXTENT_SLICE, 0)->bytes += 0x1000)
BREAK(guard_to_hypervisor, extent(EXTENT_CPU, 3)->bytes = 0x400000 - 0x2c0000 - 0x62000)
BREAK(guard_to_ram, extent(EXTENT_RAM, 0)->base = 0x5ff000)
BREAK(guard_of_owner, extent(EXTENT_PAYLOAD, 0)->index = 1)
BREAK(trampoline_elsewhere, the_handoff->trampoline_hpa = 0x9000)
BREAK(handoff_longer, the_handoff->bytes += 0x1000)
BREAK(kernel_longer, the_handoff->kernel_bytes += 0x1000; w->segments[1].bytes += 0x1000)
BREAK(constants_none, the_handoff->kernel_bytes = 0x4000)
BREAK(payload_longer, domain1->payload_bytes += 0x1000)
BREAK(private_none, domain0->private_bytes = 0)
BREAK(state_too_long, extent(EXTENT_CPU, 2)->bytes += 0x1000)
BREAK(owner_of_shared, extent(EXTENT_STOP, 0)->index = 1)
BREAK(start_table_elsewhere, the_handoff->cpus[1].start_table = WORLD_CPU)
BREAK(boot_table_longer, the_handoff->boot_table_bytes += 0x1000)
BREAK(slice_longer, extent(EXTENT_SLICE, 1)->bytes += 0x1000)
BREAK(boot_table_none, the_handoff->boot_table_bytes = 0)

/* Frames that a large page can't have: all else agrees. */
static void large_at_odd_frame(struct world *w)
{
    struct handoff_ram *ram = &domain1->ram[0];
    ram->hpa += MIB;
    extent(EXTENT_RAM, 1)->base += MIB;
    for (uint64_t at = 0; at < ram->bytes; at += LARGE_PAGE_BYTES) {
        *nested(w, at, 2) += MIB;
        *world_entry(w, host, VA_RAM + at, 2) = 0;
    }
    for (uint64_t at = 0; at < ram->bytes; at += PAGE_BYTES)
        world_map(w, 2, host, VA_RAM + at, (ram->hpa + at) | NX | 3, 1, 3);
}

/* The hole itself needs more memory than the small machine has: only its handoff grows. */
static void memory_in_hole(struct world *w)
{
    struct handoff_extent *ram = extent(EXTENT_RAM, 1);
    domain1->ram[0].bytes = ram->bytes = domain1->ram_bytes = w->rules[1].memory = 0xc0200000;
    the_handoff->ioapics[0].address = 0x1fec00000;
}

static const struct corruption corruptions[] = {
/* clang-format off */
#define ROW(name, invariant, text) {#name, name, invariant, text, 0, false, false}
#define ROW_CPU(name, cpu, invariant, text) {#name, name, invariant, text, cpu, false, false}
#define ROW_AMD(name, invariant, text) {#name, name, invariant, text, 0, true, false}
#define ROW_SLICE(name, text) {#name, name, "I11", text, 0, false, true}
    /* clang-format on */
    ROW(leaf_to_other_domain, "I1",
        "gpa 5000 level 1: e00037 (not its own) rights 7; due: RAM 805000 rights 7"),
    ROW(leaf_to_kernel, "I1",
        "gpa 5000 level 1: 100037 (the kernel's) rights 7; due: RAM 805000 rights 7"),
    ROW(leaf_to_own_tables, "I1",
        "gpa 5000 level 1: 400037 (its tables) rights 7; due: RAM 805000 rights 7"),
    ROW(leaf_to_nobody, "I1",
        "gpa 5000 level 1: 1800037 (not its own) rights 7; due: RAM 805000 rights 7"),
    ROW(leaf_to_device, "I1",
        "gpa 5000 level 1: fec00037 (not its own) rights 7; due: RAM 805000 rights 7"),
    ROW(leaf_swapped, "I1",
        "gpa 5000 level 1: 806037 (its RAM) rights 7; due: RAM 805000 rights 7"),
    ROW(page_missing, "I1", "gpa 5000 level 1: 0 (not mapped) rights 0; due: RAM 805000 rights 7"),
    ROW(first_page_missing, "I1",
        "gpa 0 level 1: 0 (not mapped) rights 0; due: RAM 800000 rights 7"),
    ROW(last_page_missing, "I1",
        "gpa 1000ff000 level 1: 0 (not mapped) rights 0; due: RAM bff000 rights 7"),
    ROW(high_memory_missing, "I1",
        "gpa 100000000 level 1: 0 (not mapped) rights 0; due: RAM b00000 rights 7"),
    ROW(all_missing, "I1", "gpa 0 level 1: 0 (not mapped) rights 0; due: RAM 800000 rights 7"),
    ROW(page_in_hole, "I1", "gpa fec00000 level 1: fec00037 (not its own) rights 7; due: nothing"),
    ROW(page_after_end, "I1",
        "gpa 100100000 level 1: 1800037 (not its own) rights 7; due: nothing"),
    ROW(page_moved, "I1", "gpa fec00000 level 1: b00037 (its RAM) rights 7; due: nothing"),
    ROW(page_very_high, "I1",
        "gpa 800000000000 level 1: 1800037 (not its own) rights 7; due: nothing"),
    ROW(uncached, "I1",
        "gpa 5000 level 1: 805007 (its RAM) rights 7; due: RAM 805000 rights 7 bits 30 up "
        "to 1000 bytes"),
    ROW(ignores_pat, "I1",
        "gpa 5000 level 1: 805077 (its RAM) rights 7; due: RAM 805000 rights 7 bits 30 up "
        "to 1000 bytes"),
    ROW(large_executable, "I1",
        "gpa 0 level 2: 8000b7 (its RAM) rights 7; due: RAM 800000 rights 7 bits 30 up to "
        "1000 bytes"),
    ROW(large_too_large, "I1",
        "gpa 200000 level 2: a000b7 (its RAM) rights 7; due: RAM a00000 rights 7 bits 30 "
        "up to 100000 bytes"),
    ROW_CPU(large_unaligned, 2, "I1",
            "gpa 0 level 2: e010b7 (its RAM) rights 7; due: RAM e00000 rights 7 bits 30 up "
            "to 200000 bytes"),
    ROW_CPU(large_at_odd_frame, 2, "I1",
            "gpa 0 level 2: f000b7 (its RAM) rights 7; due: RAM f00000 rights 7"),
    ROW(user_execute_bit, "I1",
        "gpa 5000 level 1: 805437 (its RAM) rights 7; due: RAM 805000 rights 7"),
    ROW(ept_dirty_bit, "I1",
        "gpa 5000 level 1: 805237 (its RAM) rights 7; due: RAM 805000 rights 7"),
    ROW(high_ignored_bit, "I1",
        "gpa 5000 level 1: 1000000000805037 (its RAM) rights 7; due: RAM 805000 rights 7"),
    ROW(not_writable, "I1",
        "gpa 5000 level 1: 805035 (its RAM) rights 5; due: RAM 805000 rights 7"),
    ROW(not_executable, "I1",
        "gpa 5000 level 1: 805033 (its RAM) rights 3; due: RAM 805000 rights 7"),
    ROW(not_executable_above, "I1",
        "gpa 0 level 1: 800037 (its RAM) rights 3; due: RAM 800000 rights 7"),
    ROW(not_present_leftover, "I1",
        "gpa 300000 level 1: 1800000 (not its own) rights 0; due: nothing"),
    ROW(table_outside, "I1", "gpa: table at 800000 (its RAM): outside its tables"),
    ROW(table_of_other, "I1", "gpa: table at 502000 (not its own): outside its tables"),
    ROW(table_link_bits, "I1",
        "gpa 0 level 3: 402027 (its tables) rights 7; due: link to a table, bits 0"),
    ROW(table_not_readable, "I1",
        "gpa 0 level 3: 402000 (its tables) rights 0; due: link to a table, bits 0"),
    ROW(table_loop, "I1", "gpa 20000000000 level 1: 403007 (its tables) rights 7; due: nothing"),
    ROW(table_shared, "I1", "gpa: table at 431000 (its tables): shared or in a loop"),
    ROW(page_of_512_gib, "I1",
        "gpa 8000000000 level 4: b7 (not its own) rights 7; due: link to a table, bits 0"),
    ROW_AMD(npt_supervisor, "I1",
            "gpa 5000 level 1: 805003 (its RAM) rights 7; due: RAM 805000 rights 7 bits 4 "
            "up to 1000 bytes"),
    ROW_AMD(npt_no_execute, "I1",
            "gpa 5000 level 1: 8000000000805007 (its RAM) rights 3; due: RAM 805000 rights 7"),
    ROW_AMD(npt_uncached, "I1",
            "gpa 5000 level 1: 805017 (its RAM) rights 7; due: RAM 805000 rights 7"),
    ROW_AMD(npt_link_supervisor, "I1",
            "gpa 0 level 2: 403003 (its tables) rights 7; due: link to a table, bits 4"),

    ROW(walk_length, "I1", "root of nested tables: 400026, expected 40001e"),
    ROW(tables_uncached, "I1", "root of nested tables: 400018"),
    ROW(accessed_flags, "I1", "root of nested tables: 40005e"),
    ROW(root_of_other, "I1", "root of nested tables: 50001e"),
    ROW_AMD(ncr3_flags, "I1", "root of nested tables: 400010, expected 400000"),
    ROW(cr3_of_other, "I11", "CR3: "),
    ROW(cr3_on_exit, "I11", "CR3 after a VM exit: "),
    ROW(cr3_flags_agreed, "I11", "CR3: "),
    ROW(root_flags_agreed, "I1", "root of nested tables: 40005e, expected 40001e"),
    ROW(cr3_flags, "I11", "CR3: "),
    ROW(no_write_protect, "I11", "CR0: 80000033, bits 10000 must be 1"),
    ROW(no_write_protect_on_exit, "I11", "CR0 after a VM exit: 80000033, bits 10000"),
    ROW(no_nx, "I11", "EFER: 500, bits 800"),
    ROW(no_smep, "I11", "CR4: 202260, bits 100000 must be 1"),
    ROW(smap_off_on_exit, "I11", "CR4 after a VM exit: 102260, bits 200000 must be 1"),
    ROW(no_mce, "I11", "CR4: 302220, bits 40 must be 1"),
    ROW(five_levels, "I11", "CR4: 303260, bits 1000 must be 0"),
    ROW(pat_uncached, "I11", "PAT after a VM exit"),
    ROW(no_ac_exit, "I4", "exception bitmap: 40002, bits 20000 must be 1"),
    ROW(no_nmi_exit, "I4", "pin-based controls: 36, bits 8 must be 1"),
    ROW(no_io_exit, "I4", "primary controls: b4006d72, bits 1000000 must be 1"),
    ROW(io_bitmaps, "I4", "bits 2000000 must be 0"),
    ROW(no_msr_bitmaps, "I4", "bits 10000000 must be 1"),
    ROW(no_secondary, "I4", "bits 80000000 must be 1"),
    ROW(no_ept, "I4", "secondary controls: e8, bits 2 must be 1"),
    ROW(virtual_x2apic, "I4", "secondary controls: fa, bits 10 must be 0"),
    ROW(vm_functions, "I4", "bits 2000 must be 0"),
    ROW(vmcs_shadowing, "I4", "bits 4000 must be 0"),
    ROW(tertiary_controls, "I4", "primary controls: b5026d72, bits 20000 must be 0"),
    ROW(exceptions_to_page, "I4", "secondary controls: 400ea, bits 40000 must be 0"),
    ROW(pat_kept_on_exit, "I4", "exit controls: 376fff, bits 80000 must be 1"),
    ROW_AMD(svm_no_io, "I4", "intercepts at 0xc: b444800a00060002, bits 800000000000000 must be 1"),
    ROW_AMD(svm_no_vmload, "I4", "intercepts at 0x10: 1b00007e7b, bits 4 must be 1"),
    ROW_AMD(svm_no_nested, "I4", "nested control: 0, bits 1 must be 1"),
    ROW_AMD(svm_avic, "I4", "bits 80000000 must be 0"),
    ROW(caches_off, "I4", "CR0 mask: 20, bits 60000000 must be 1"),
    ROW(machine_checks_off, "I4", "bits 40 must be 1"),
    ROW(user_interrupts, "I4", "bits 2000000 must be 1"),
    ROW(stores_on_exit, "I4", "MSRs of entry and exit: 1, bits 1 must be 0"),
    ROW_AMD(svm_no_init, "I4", "intercepts at 0xc: bc44800200060002, bits 800000000 must be 1"),
    ROW_AMD(svm_flushes_others, "I4", "intercepts at 0x10: 1a00007e7f, bits 100000000 must be 1"),
    ROW_AMD(svm_cr4_free, "I4", "CR and DR intercepts: 10001, bits 100000 must be 1"),
    ROW(msr_read_open, "I4", "MSR bitmap: read of MSR 1a0 is not granted, but does not exit"),
    ROW(msr_write_open, "I4", "MSR bitmap: write of MSR 830 is not granted, but does not exit"),
    ROW(msr_high_open, "I4", "MSR bitmap: write of MSR c0000080 is not granted, but does not exit"),
    ROW(msr_closed, "I4", "MSR bitmap: read of MSR 10 is granted, but exits"),
    ROW_AMD(svm_msr_open, "I4",
            "MSR bitmap: write of MSR c0011029 is not granted, but does not exit"),
    ROW_AMD(svm_msr_closed, "I4", "MSR bitmap: read of MSR c0011029 is granted, but exits"),
    ROW(bitmap_in_ram, "I11", "MSR bitmap at 800000 (its RAM)"),
    ROW(bitmap_of_other_cpu, "I11", "MSR bitmap at 240000 (not its own)"),
    ROW(bitmap_in_private, "I11", "MSR bitmap at 490000 (its state)"),
    ROW(vmcs_in_ram, "I11", "VMCS at 800000 (its RAM)"),
    ROW_AMD(svm_port_open, "I4", "I/O bitmap: port cf9"),
    ROW_AMD(svm_high_port_open, "I4", "I/O bitmap: port 10000"),

    ROW(rdpmc_free, "I4", "primary controls: b5006572, bits 800 must be 1"),
    ROW(monitor_free, "I4", "primary controls: 95006d72, bits 20000000 must be 1"),
    ROW(mwait_free, "I4", "primary controls: b5006972, bits 400 must be 1"),
    ROW(tsc_offset_used, "I4", "primary controls: b5006d7a, bits 8 must be 0"),
    ROW(interrupts_exit, "I4", "pin-based controls: 3f, bits 1 must be 0"),
    ROW(preemption_timer, "I4", "pin-based controls: 7e, bits 40 must be 0"),
    ROW(must_be_one_lacks, "I4", "primary controls: b1006d72, bits 4000000 must be 1"),
    ROW(must_be_one_unknown, "I4", "primary controls: b5006d72, bits 8000 must be 1"),
    ROW(wanted_lacks, "I4", "secondary controls: e2, bits 8 must be 1"),
    ROW(wanted_not_offered, "I4", "secondary controls: 10ea, bits 1000 must be 0"),
    ROW(required_not_offered, "I4", "secondary controls: 0, bits c2 must be 1"),
    ROW(vpid_without_flush, "I4", "secondary controls: ea, bits 20 must be 0"),
    ROW(entry_loads_no_efer, "I4", "entry controls: 51ff, bits 8000 must be 1"),
    ROW(entry_loads_perf, "I4", "entry controls: f1ff, bits 2000 must be 0"),
    ROW(entry_to_smm, "I4", "entry controls: d5ff, bits 400 must be 0"),
    ROW(exit_acknowledges, "I4", "exit controls: 3fefff, bits 8000 must be 0"),
    ROW(exit_keeps_debug, "I4", "exit controls: 3f6ffb, bits 4 must be 1"),
    ROW(faults_exit, "I4", "exception bitmap: 64002, bits 4000 must be 0"),
    ROW(ne_free, "I4", "CR0 mask: 60000000, bits 20 must be 1"),
    ROW(another_processor, "I2", "APIC id 2, expected 0"),
    ROW(cr0_more, "I11", "CR0: 80010037, bits 4 must be 0"),
    ROW(cr4_more, "I11", "CR4 after a VM exit: 312260, bits 10000 must be 0"),
    ROW(cr4_not_offered, "I11", "CR4: 302260, bits 800 must be 1"),
    ROW(syscall_on, "I11", "EFER: d01, bits 1 must be 0"),
    ROW_AMD(svm_sev, "I4", "nested control: 3, bits 2 must be 0"),
    ROW_AMD(svm_gmet, "I4", "nested control: 9, bits 8 must be 0"),
    ROW_AMD(svm_interrupts_masked, "I4", "virtual interrupt control: 5000000, bits 1000000 must"),
    ROW_AMD(svm_virtual_interrupt, "I4", "virtual interrupt control: 4000100, bits 100 must be 0"),
    ROW_AMD(svm_no_virtual_nmi, "I4", "virtual interrupt control: 0, bits 4000000 must be 1"),
    ROW_AMD(svm_virtual_nmi_unknown, "I4", "control: 4000000, bits 4000000 must be 0"),
    ROW_AMD(svm_asid_0, "I4", "ASID: 100000000, bits 1 must be 1"),
    ROW_AMD(svm_asid_2, "I4", "ASID: 100000002, bits 1 must be 1"),
    ROW_AMD(svm_rdpru_free, "I4", "intercepts at 0x10: 1b00003e7f, bits 4000 must be 1"),
    ROW_AMD(svm_tasks_free, "I4", "0xc: 9c44800a00060002, bits 2000000000000000 must be 1"),
    ROW_AMD(svm_rdtscp_exits, "I4", "intercepts at 0x10: 1b00007eff, bits 80 must be 0"),
    ROW_AMD(svm_tsc_offset, "I4", "TSC offset: 1, bits 1 must be 0"),
    ROW_AMD(svm_debug_exits, "I4", "CR and DR intercepts: 100110001, bits 100000000 must be 0"),
    ROW_AMD(svm_virtual_vmload, "I4", "virtual VMLOAD, branch records: 2, bits 2 must be 0"),
    ROW_AMD(svm_clean_bits, "I4", "clean bits: 1, bits 1 must be 0"),
    ROW_AMD(svm_vmcb_unseen, "I12", "VMCB at 205000 can't be seen"),
    ROW(vmcs_is_bitmap, "I11", "MSR bitmap at 200000: in use as VMCS too"),
    ROW(vmcs_is_vmxon, "I11", "VMXON region at 201000: in use as VMCS too"),
    ROW(vmcs_missing, "I11", "VMCS at 0 (not its own), expected state of its own"),
    ROW(vmcs_odd, "I11", "VMCS at 201800 (its state), expected"),
    ROW_AMD(svm_maps_overlap, "I11", "I/O bitmap at 201000: in use as MSR bitmap too"),
    ROW_AMD(svm_host_is_guest, "I11", "VMCB of the host at 205000: in use as VMCB too"),
    ROW_AMD(svm_save_area_in_map, "I11", "I/O bitmap at 202000: in use as host save area too"),
    ROW_AMD(svm_map_over_the_end, "I11", "I/O bitmap at 208000 (not its own), expected"),
#define OPENED(how, msr) "MSR bitmap: " how " of MSR " msr " must exit whatever the policy says"
    ROW(open_apic_base, "I4", OPENED("write", "1b")),
    ROW(open_tsc, "I4", OPENED("write", "10")),
    ROW(open_tsc_adjust, "I4", OPENED("write", "3b")),
    ROW(open_microcode, "I4", OPENED("write", "79")),
    ROW(open_mcu_opt, "I4", OPENED("write", "123")),
    ROW(open_voltage, "I4", OPENED("write", "150")),
    ROW(open_trace, "I4", OPENED("write", "570")),
    ROW(open_rapl, "I4", OPENED("write", "610")),
    ROW(open_energy, "I4", OPENED("read", "611")),
    ROW(open_hwp, "I4", OPENED("write", "774")),
    ROW(open_cache_class, "I4", OPENED("write", "c8f")),
    ROW(open_cache_ways, "I4", OPENED("write", "c90")),
    ROW(open_prefetcher, "I4", OPENED("write", "1a4")),
    ROW(open_pmc, "I4", OPENED("read", "c1")),
    ROW(open_icr, "I4", OPENED("write", "830")),
    ROW(open_efer, "I4", OPENED("write", "c0000080")),
    ROW_AMD(svm_open_lvt, "I4", OPENED("write", "832")),
    ROW_AMD(svm_open_hwcr, "I4", OPENED("write", "c0010015")),
    ROW_AMD(svm_open_patch, "I4", OPENED("write", "c0010020")),
    ROW_AMD(svm_open_vm_cr, "I4", OPENED("read", "c0010114")),

    ROW(text_writable, "I11",
        "va ffffffff80000000 level 1: 100003 (the kernel's) rights 7; due: kernel text 100000 "
        "rights 5"),
    ROW(text_not_executable, "I11",
        "va ffffffff80000000 level 1: 8000000000100001 (the kernel's) rights 1; due: kernel text "
        "100000 rights 5"),
    ROW(constants_executable, "I11",
        "va ffffffff80004000 level 1: 104001 (the kernel's) rights 5; due: kernel constants "
        "104000 rights 1"),
    ROW(constants_writable, "I11",
        "va ffffffff80004000 level 1: 8000000000104003 (the kernel's) rights 3; due: kernel "
        "constants 104000 rights 1"),
    ROW(slice_writable, "I11",
        "va ffffffffa0000000 level 1: 800000000049c003 (its slice) rights 3; due: slice 49c000 "
        "rights 1"),
    ROW(slice_of_other, "I11",
        "va ffffffffa0000000 level 1: 800000000059c001 (not its own) rights 1; due: slice 49c000"),
    ROW(handoff_mapped, "I11",
        "va ffffffffa8000000 level 1: 8000000000106001 (not its own) rights 1; due: nothing"),
    ROW(start_mapped, "I11",
        "va ffffffff90000000 level 1: 180001 (not its own) rights 5; due: nothing"),
    ROW(stop_missing, "I11",
        "va ffffffffb0000000 level 1: 0 (not mapped) rights 0; due: stop word 170000 rights 3"),
    ROW(stop_not_writable, "I11",
        "va ffffffffb0000000 level 1: 8000000000170001 (the stop word's) rights 1; due: stop word "
        "170000 rights 3"),
    ROW(stop_elsewhere, "I11",
        "va ffffffffb0000000 level 1: 8000000001800003 (not its own) rights 3; due: stop word "
        "170000 "
        "rights 3"),
    ROW(stop_page_next, "I11",
        "va ffffffffb0001000 level 1: 8000000001800003 (not its own) rights 3; due: nothing"),
    ROW(record_missing, "I11",
        "va ffffffffb0002000 level 1: 0 (not mapped) rights 0; due: panic record 171000 rights 3"),
    ROW(record_of_other, "I11",
        "va ffffffffb0002000 level 1: 8000000000172003 (not its own) rights 3; due: panic record "
        "171000 rights 3"),
    ROW(record_executable, "I11",
        "va ffffffffb0002000 level 1: 171003 (its record) rights 7; due: panic record 171000 "
        "rights 3"),
    ROW(record_next, "I11",
        "va ffffffffb0003000 level 1: 8000000001800003 (not its own) rights 3; due: nothing"),
    ROW(record_shared, "I11", "panic record of number 2 at 172000, 1000 bytes: no such extent"),
    ROW(stop_not_its_extent, "I11", "stop word of number 0 at 200000, 1000 bytes: no such extent"),
    ROW(stack_executable, "I11",
        "va ffffffffc0006000 level 1: 205003 (its state) rights 7; due: state 205000 rights "
        "3"),
    ROW(ram_executable, "I11",
        "va ffff880000000000 level 2: 800083 (its RAM) rights 7; due: RAM 800000 rights 3"),
    ROW(tables_writable, "I11",
        "va ffff820000000000 level 1: 8000000000400003 (its tables) rights 3; due: tables "
        "400000 rights 1"),
    ROW(payload_writable, "I11",
        "va ffff840000000000 level 1: 8000000000480003 (its payloads) rights 3; due: "
        "payloads 480000 rights 1"),
    ROW(user_page, "I11",
        "va ffffffffd0000000 level 1: 8000000000490007 (its state) rights 3; due: "
        "private state 490000 rights 3"),
    ROW(user_link, "I11",
        "va ffffff8000000000 level 4: 408007 (its tables) rights 7; due: link to a table, "
        "bits 0"),
    ROW(uncached_page, "I11",
        "va ffffffffd0000000 level 1: 8000000000490013 (its state) rights 3; due: "
        "private state 490000 rights 3"),
    ROW(global_page, "I11",
        "va ffffffff80000000 level 1: 100101 (the kernel's) rights 5; due: kernel text 100000 "
        "rights 5"),
    ROW(guard_mapped, "I11", "va ffffffffc0005000 level 1"),
    ROW(guard_after_last, "I11", "va ffffffffc000b000 level 1"),
    ROW(stack_missing, "I11",
        "va ffffffffc0006000 level 1: 0 (not mapped) rights 0; due: state 205000 rights 3"),
    ROW(stack_is_state, "I11",
        "va ffffffffc0006000 level 1: 8000000000200003 (its state) rights 3; due: state "
        "205000 rights 3"),
    ROW(public_of_other, "I11",
        "va ffffffffe0000000 level 1: 8000000000598003 (not its own) rights 3; due: "
        "public page 498000 rights 3"),
    ROW(public_of_other_too, "I11",
        "va ffffffffe0002000 level 1: 8000000000598003 (not its own) rights 3; due: "
        "nothing"),
    ROW(private_of_other, "I11",
        "va ffffffffd0000000 level 1: 8000000000590003 (not its own) rights 3; due: "
        "private state 490000 rights 3"),
    ROW(state_of_other, "I11",
        "va ffffffffc0000000 level 1: 8000000000240003 (not its own) rights 3; due: state "
        "200000 rights 3"),
    ROW(ram_of_other, "I11",
        "va ffff880004000000 level 2: 8000000000e00083 (not its own) rights 3; due: nothing"),
    ROW(identity_left, "I11",
        "va 0 level 2: 8000000000000083 (not its own) rights 3; due: nothing"),
    ROW(host_large_pat, "I11",
        "va ffff880000000000 level 2: 8000000000801083 (its RAM) rights 3; due: RAM 800000 "
        "rights 3 bits 0 up to 300000 bytes"),
    ROW(host_table_outside, "I11", "va: table at 490000 (its state): outside its tables"),
    ROW_CPU(parked_maps_ram, 3, "I11",
            "va ffff880000000000 level 2: 8000000000800083 (not its own) rights 3; due: nothing"),
    ROW_CPU(parked_table_outside, 3, "I11",
            "va: table at 1800000 (not its own): outside its tables"),
    ROW_CPU(parked_tables_writable, 3, "I11",
            "va ffff820000000000 level 1: 80000000002c8003 (its tables) rights 3; due: tables "
            "2c8000 rights 1"),
    ROW_CPU(parked_without_tables, 3, "I11",
            "state of number 3 at 2c0000, 19000 bytes: no such extent"),
    ROW(segments_disorder, "I11",
        "state due at va ffffffffc0005000, hpa 205000, 1000 bytes: out of place"),
    ROW(segments_unlike_extents, "I11",
        "segments: 8000 bytes of processor state and 7000 shared, expected 8000 and 6000"),
    ROW(segments_too_few, "I11",
        "segments: 7000 bytes of processor state and 6000 shared, expected 8000 and 6000"),

    ROW(extents_overlap, "I1",
        "payloads of domain 0 at 480000, 3000 bytes: overlaps the one before"),
    ROW(extents_unsorted, "I1", "kernel text at 100000, 4000 bytes: overlaps the one before"),
    ROW(extent_unaligned, "I1", "public page of domain 0 at 498000, 800 bytes: not whole pages"),
    ROW(extent_empty, "I1", "public page of domain 0 at 498000, 0 bytes: not whole pages"),
    ROW(extent_wraps, "I1", "RAM of domain 1 at e00000, ffffffffff200000 bytes: not whole pages"),
    ROW(extent_unknown, "I1", "extent at 498000, 2000 bytes: unknown kind"),
    ROW(extent_no_owner, "I1", "public page of domain 2 at 498000, 2000 bytes: no such owner"),
    ROW(extent_no_cpu, "I1", "state of cpu 4 at 200000, 8000 bytes: no such owner"),
    ROW(too_many_extents, "I12", "handoff version 1, 4 cpus, 386 extents, 2 domains, expected 2"),
    ROW(guard_too_small, "I1",
        "tables of domain 1 at 500000, 80000 bytes: no guard gap to the owner below"),
    ROW(ram_at_ioapic, "I1", "RAM of domain 0 at 800000: the device window at 900000 overlaps it"),
    ROW(ram_in_screen, "I1", "RAM of domain 0 at 800000: the device window at 700000 overlaps it"),
    ROW(ram_in_ecam, "I1", "RAM of domain 0 at 800000: the device window at 800000 overlaps it"),
    ROW(wrong_version, "I12", "handoff version 2, 4 cpus, 27 extents, 2 domains, expected 2"),
    ROW(domain_lacking, "I12", "2 domains, expected 3"),
    ROW(cpu_too_few, "I2", "domain 0: 1 cpus, expected 2"),
    ROW(cpu_of_two, "I2", "domain 1: number 0 is cpu 1, which says otherwise"),
    ROW(cpu_shared, "I2", "domain 1: number 0 is cpu 0, which says otherwise"),
    ROW(cpu_claims, "I2", "cpu 3: domain 1 does not list it"),
    ROW(cpu_twice, "I2", "domain 0: number 1 is cpu 0, which says otherwise"),
    ROW(apic_id_twice, "I2", "cpus 0 and 3, APIC ids 0 and 0: the same"),
    ROW(other_than_pinned, "I2", "domain 0: number 1 is cpu 1, not one that it asks for"),
    ROW(state_not_own, "I11", "state of number 1 at 200000, 8000 bytes: no such extent"),
    ROW(state_too_large, "I11", "state of number 0 at 200000, 9000 bytes: no such extent"),
    ROW(memory_too_little, "I1", "domain 0: 400000 bytes of RAM, of 400000 owned, expected 600000"),
    ROW(memory_field, "I1", "domain 0: 400000 bytes of RAM, of 400000 owned, expected 400000"),
    ROW(memory_beyond, "I1",
        "domain 0: RAM 1 at gpa 100000000, hpa b00000, 101000 bytes: not all its own"),
    ROW(memory_of_other, "I1",
        "domain 0: RAM 1 at gpa 100000000, hpa e00000, 100000 bytes: not all its own"),
    ROW(memory_gap, "I1", "domain 0: RAM 1 at gpa 400000, hpa b00000, 100000 bytes: out of place"),
    ROW(memory_not_from_0, "I1",
        "domain 0: RAM 0 at gpa 1000, hpa 800000, 300000 bytes: out of place"),
    ROW(memory_twice, "I1",
        "domain 0: RAM 1 at gpa 100000000, hpa 800000, 100000 bytes: mapped twice"),
    ROW(memory_unused, "I1", "domain 0: 380000 bytes of RAM, of 400000 owned, expected 380000"),
    ROW(memory_in_hole, "I1", "domain 1: RAM 0 at gpa 0, hpa e00000, c0200000 bytes: in the hole"),
    ROW(tables_of_other, "I11", "tables of number 0 at 500000, 80000 bytes: no such extent"),
    ROW(public_field_of_other, "I11",
        "public page of number 0 at 598000, 2000 bytes: no such extent"),
    ROW(public_with_output, "I11", "domain 0: public page of 2000 bytes, expected 6000"),
    ROW(public_too_small, "I11", "public page of number 0 at 498000, 800 bytes: no such extent"),
    ROW_SLICE(slice_ram, "cpu 0: its slice at 49c000 is not what is due"),
    ROW_SLICE(slice_cpu, "cpu 0: its slice at 49c000 is not what is due"),
    ROW_SLICE(slice_rules, "cpu 2: its slice at 59c000 is not what is due"),
    ROW_SLICE(slice_digest, "cpu 2: its slice at 59c000 is not what is due"),
    ROW_SLICE(slice_behind, "cpu 0: its slice at 49c000 is not what is due"),
    ROW_SLICE(slice_parked, "cpu 3: its slice at 2d8000 is not what is due"),
    ROW_SLICE(slice_elsewhere, "cpu 0: its slice at 49c000 is not what is due"),
    ROW(start_elsewhere, "I11", "start-up code of number 0 at 800000, 3000 bytes: no such extent"),
    ROW(boot_table_elsewhere, "I11", "boot tables of number 0 at 800000"),

    ROW(guard_of_tables, "I1", "tables of domain 1 at 4ff000, 81000 bytes: no guard gap to the"),
    ROW(guard_of_slice, "I1", "tables of domain 1 at 500000, 80000 bytes: no guard gap to the"),
    ROW(guard_to_hypervisor, "I1", "tables of domain 0 at 400000, 80000 bytes: no guard gap to"),
    ROW(guard_to_ram, "I1", "RAM of domain 0 at 5ff000, 400000 bytes: no guard gap to the owner"),
    ROW(guard_of_owner, "I1", "payloads of domain 1 at 480000, 3000 bytes: no guard gap to the"),
    ROW(trampoline_elsewhere, "I11", "trampoline of number 0 at 9000, 1000 bytes: no such extent"),
    ROW(handoff_longer, "I11", "handoff of number 0 at 106000, 1a000 bytes: no such extent"),
    ROW(kernel_longer, "I11", "kernel constants of number 0 at 104000, 3000 bytes: no such"),
    ROW(constants_none, "I11", "kernel constants of number 0 at 104000, 0 bytes: no such extent"),
    ROW(payload_longer, "I11", "payloads of number 1 at 580000, 4000 bytes: no such extent"),
    ROW(private_none, "I11", "private state of number 0 at 490000, 0 bytes: no such extent"),
    ROW(state_too_long, "I11", "state of number 2 at 280000, 8000 bytes: no such extent"),
    ROW(owner_of_shared, "I11", "stop word of number 0 at 170000, 1000 bytes: no such extent"),
    ROW(start_table_elsewhere, "I11", "cpu 1: start table at 200000: not in boot tables"),
    ROW(boot_table_longer, "I11", "cpu 0: start table at 186000: not in boot tables behind 187000"),
    ROW(slice_longer, "I11", "slice of number 1 at 59c000, 1000 bytes: no such extent"),
    ROW(boot_table_none, "I11", "boot page table of 0 bytes"),
};
enum { CORRUPTIONS = sizeof corruptions / sizeof corruptions[0] };

static void refuses(void **state)
{
    const struct corruption *row = *state;
    struct world *w = malloc(sizeof *w);
    world_make(w, row->amd, row->cpu);
    aim(w);
    row->corrupt(w);
    if (!row->sliced)
        world_slice(w);
    if (world_check(w, CHECK_PIECE))
        fail_msg("%s: accepted", row->name);
    if (w->result.ok || strcmp(w->result.invariant, row->invariant) != 0 ||
        !strstr(w->result.text, row->text))
        fail_msg("%s: expected %s \"%s\", got %s \"%s\"", row->name, row->invariant, row->text,
                 w->result.invariant, w->result.text);
    world_free(w);
    free(w);
}

static void accepts_every_processor(void **state)
{
    (void)state;
    for (int amd = 0; amd < 2; amd++)
        for (uint32_t cpu = 0; cpu < 4; cpu++) {
            struct world *w = malloc(sizeof *w);
            world_make(w, amd, cpu);
            world_slice(w);
            if (!world_check(w, CHECK_PIECE))
                fail_msg("cpu %u: %s %s", cpu, w->result.invariant, w->result.text);
            static const uint64_t leaves[] = {1024, 1024, 2, 0};
            assert_int_equal(w->result.nested_leaves, leaves[cpu]);
            assert_int_equal(w->result.nested_bytes, cpu == 3 ? 0 : 4 * MIB);
            assert_string_equal(w->result.invariant, "");
            world_free(w);
            free(w);
        }
}

static void digest_of(uint32_t cpu, void (*change)(struct world *w), uint8_t digest[DIGEST_BYTES])
{
    struct world *w = malloc(sizeof *w);
    world_make(w, false, cpu);
    aim(w);
    if (change)
        change(w);
    world_slice(w);
    assert_true(world_check(w, CHECK_PIECE));
    memcpy(digest, w->result.digest, DIGEST_BYTES);
    world_free(w);
    free(w);
}

/* The same RAM, its two segments the other way round. */
static void swap_segments(struct world *w)
{
    struct handoff_ram *ram = domain0->ram;
    ram[1].hpa = ram[0].hpa;
    ram[0].hpa += ram[1].bytes;
    *world_entry(w, host, VA_RAM, 2) = 0;
    for (uint32_t r = 0; r < 2; r++)
        for (uint64_t at = 0; at < ram[r].bytes; at += PAGE_BYTES) {
            uint64_t hpa = ram[r].hpa + at;
            *nested(w, ram[r].gpa + at, 1) = hpa | world_ept_leaf;
            world_map(w, 0, host, VA_RAM + ram[r].gpa + at, hpa | NX | 3, 1, 3);
        }
}

/* However small the pieces are, the verdict is the same. */
static void pieces_make_the_whole(void **state)
{
    static const unsigned pieces[] = {1, 7, 511, 513, CHECK_PIECE};
    uint8_t digest[DIGEST_BYTES];
    (void)state;
    digest_of(0, NULL, digest);
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        struct world *w = malloc(sizeof *w);
        world_make(w, false, 0);
        aim(w);
        world_slice(w);
        assert_true(world_check(w, pieces[i]));
        assert_memory_equal(w->result.digest, digest, DIGEST_BYTES);
        *nested(w, GIB4 + MIB - 0x1000, 1) = 0;
        assert_false(world_check(w, pieces[i]));
        world_free(w);
        free(w);
    }
}

/* The digest is the domain's, not the processor's: over the runs, whatever pages map them. */
static void digest_names_the_mapping(void **state)
{
    static const uint64_t two[] = {0, WORLD_RAM, 3 * MIB, 7, GIB4, WORLD_RAM + 3 * MIB, MIB, 7};
    static const uint64_t one[] = {0, WORLD_RAM + WORLD_RAM_STEP, 4 * MIB, 7};
    static const uint64_t swapped[] = {0, WORLD_RAM + MIB, 3 * MIB, 7, GIB4, WORLD_RAM, MIB, 7};
    const struct {
        uint32_t cpu;
        void (*change)(struct world *w);
        const uint64_t *runs;
        size_t bytes;
    } cases[] = {{0, NULL, two, sizeof two},
                 {1, NULL, two, sizeof two},
                 {2, NULL, one, sizeof one},
                 {3, NULL, NULL, 0},
                 {0, swap_segments, swapped, sizeof swapped}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t digest[DIGEST_BYTES], due[DIGEST_BYTES] = {0};
        digest_of(cases[i].cpu, cases[i].change, digest);
        if (cases[i].runs)
            sha256(cases[i].runs, cases[i].bytes, due);
        assert_memory_equal(digest, due, DIGEST_BYTES);
    }
}

static void set_ad(struct world *w, uint64_t root, uint64_t va, unsigned level)
{
    *world_entry(w, root, va, level) |= 0x60;
}

/* What the processor itself sets in page tables is no difference. */
static void accessed_and_dirty_are_ignored(void **state)
{
    struct world *w = malloc(sizeof *w);
    (void)state;
    world_make(w, true, 0);
    aim(w);
    set_ad(w, host, VA_KERNEL, 1);
    set_ad(w, host, VA_KERNEL + 0x2000, 1);
    *world_entry(w, host, VA_KERNEL, 4) |= 0x20;
    set_ad(w, root0, 0x3000, 1);
    world_slice(w);
    assert_true(world_check(w, CHECK_PIECE));
    world_free(w);
    free(w);
}

static void own_frames_are_seen(void **state)
{
    struct world *w = malloc(sizeof *w);
    (void)state;
    world_make(w, false, 1);
    world_slice(w);
    w->input.slice = (void *)(w->memory + w->handoff.cpus[1].slice_hpa);
    uint64_t state_hpa = w->handoff.cpus[1].state_hpa;
    const struct {
        uint64_t hpa, va;
    } seen[] = {{WORLD_TABLES + 0x3000, VA_TABLES + 0x3000},
                {state_hpa + 0x2000, VA_CPU + 0x2000},
                {state_hpa + 0x6000, VA_CPU + 0x8000},
                {WORLD_PRIVATE, VA_DOMAIN},
                {WORLD_TABLES + WORLD_DOMAIN_STEP, 0},
                {WORLD_RAM, 0},
                {WORLD_CPU, 0}};
    for (size_t i = 0; i < sizeof seen / sizeof seen[0]; i++)
        assert_int_equal((uint64_t)check_own_frame(seen[i].hpa, &w->input), seen[i].va);
    w->input.local = 0;
    w->input.slice = (void *)(w->memory + w->handoff.cpus[3].slice_hpa);
    state_hpa = w->handoff.cpus[3].state_hpa;
    assert_int_equal((uint64_t)check_own_frame(state_hpa + 0x8000, &w->input), VA_TABLES);
    assert_null(check_own_frame(state_hpa + 0x18000, &w->input));
    assert_null(check_own_frame(WORLD_PRIVATE, &w->input));
    world_free(w);
    free(w);
}

int main(void)
{
    static struct CMUnitTest tests[CORRUPTIONS + 6] = {
        cmocka_unit_test(accepts_every_processor),
        cmocka_unit_test(digest_names_the_mapping),
        cmocka_unit_test(accessed_and_dirty_are_ignored),
        cmocka_unit_test(own_frames_are_seen),
        cmocka_unit_test(pieces_make_the_whole),
    };
    for (size_t i = 0; i < CORRUPTIONS; i++)
        tests[6 + i] =
            (struct CMUnitTest){corruptions[i].name, refuses, NULL, NULL, (void *)&corruptions[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

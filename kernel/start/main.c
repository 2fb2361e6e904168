/* SPDX-License-Identifier: Apache-2.0 */
/* Start-up: every processor sets itself up and checks itself; when all have passed, the boot
 * processor says on one screen who owns what and lets them go. */
#include "arch/x86/include/machine_words.h"
#include "arch/x86/include/start.h"
#include "arch/x86/include/stop.h"
#include "arch/x86/include/trap.h"
#include "arch/x86/include/upcalls.h"
#include "arch/x86/include/vcpu.h"
#include "check_machine.h"
#include "kernel/abi/handoff.h"
#include "kernel/format.h"
#include "kernel/life/faults.h"
#include "kernel/life/memory.h"
#include "kernel/settle.h"
#include "show.h"
#include "trail.h"
#include "watch.h"

enum { ANSWER_SECONDS = 60, MEBIBYTE = 1 << 20, SHOWN_DIGEST_BYTES = 8 };

PER_CPU struct cpu cpu;
static PER_CPU struct manifest manifest;
static PER_CPU uint32_t seen_functions, seen_lines; /* by the machine's part of the check */
static PER_CPU struct check_topology topology;

/* What this processor is. */
static void identify(uint32_t index)
{
    const struct handoff_slice *own = slice();
    uint32_t local = handoff()->cpus[index].index;
    const struct handoff_cpu *place = &own->cpus[local];
    cpu = (struct cpu){.index = index, .local = local, .apic_id = place->apic_id, .place = place};
    if (own->domain != HANDOFF_NOBODY) {
        cpu.domain = &own->place;
        cpu.rules = &own->rules;
    }
    stop_take_nmi();
}

static void set_up(void)
{
    machine_topology(&topology);
    const char *refused = vcpu_switch_on();
    if (!refused && cpu.domain)
        refused = machine_setup_guest();
    watch_setup();
    if (refused)
        format(settle_answer.text, sizeof(settle_answer.text), "processor %u: %s", cpu.apic_id,
               refused);
}

_Noreturn void kernel_ap_main(uint32_t index);
_Noreturn void kernel_ap_main(uint32_t index)
{
    machine_setup(&settle_answer.machine_checks);
    identify(index);
    set_up();
    settle();
}

static void keep(const char *text, ...)
{
    va_list args;
    va_start(args, text);
    panic_keep(text, args);
    va_end(args);
}

static _Noreturn void refuse(const char *text)
{
    keep("refused: %s", text);
    show("bulkhead: refused: %s\nbulkhead: no domain was started\n", text);
    show_close();
    stop_others();
    panic_halt();
}

/* The boot processor reaches every other's state through the boot page table. */
static const struct answer *answer_of(uint32_t index)
{
    uint64_t offset = (uint64_t)&settle_answer - VA_CPU;
    return (const struct answer *)(handoff()->cpus[index].state_hpa + offset);
}

static void wait_for_answer(uint32_t index)
{
    const struct answer *other = answer_of(index);
    uint64_t start = machine_tsc();
    while (!__atomic_load_n(&other->ready, __ATOMIC_ACQUIRE)) {
        if (machine_tsc() - start > handoff()->tsc_hz * ANSWER_SECONDS)
            refuse("a processor was started and never answered: a firmware fault");
        stop_pause();
    }
    if (!other->ok)
        refuse(other->text);
}

/* What brought the machine down before is not to be lost with its record. */
static void show_machine_checks(void)
{
    for (uint32_t i = 0; i < handoff()->cpu_count; i++) {
        const struct mce_found *found = &answer_of(i)->machine_checks;
        if (found->count)
            show("  processor %u: %u machine checks from before this start, the first in bank %u, "
                 "status 0x%lx, address 0x%lx\n",
                 handoff()->cpus[i].apic_id, found->count, found->bank, found->status,
                 found->address);
    }
}

/* What each processor and the whole machine was found to be, below the loader's overview. */
static void show_checks(void)
{
    if (cpu.domain) {
        struct vcpu_word words[VCPU_WORDS];
        uint32_t count = vcpu_words(words);
        for (uint32_t i = 0; i < count; i++)
            show("%s%s 0x%x", i ? ", " : "  ", words[i].name, words[i].value);
        show("\n");
    }
    for (uint32_t i = 0; i < handoff()->domain_count; i++) {
        const struct check_result *check = &answer_of(handoff()->domains[i].cpus[0])->check;
        show("  %s: separation check passed: %lu entries, sha256 ", manifest.domains[i].name,
             check->nested_leaves);
        for (unsigned k = 0; k < SHOWN_DIGEST_BYTES; k++)
            show("%02x", check->digest[k]);
        show("\n");
#ifdef BENCH
        show("  %s: separation check took %lu ticks\n", manifest.domains[i].name,
             answer_of(handoff()->domains[i].cpus[0])->ticks);
#endif
    }
    show("  the machine: separation check passed: %u functions, %u lines\n", seen_functions,
         seen_lines);
    if (faults.has_reader)
        show("  IOMMU faults: processor %u reads them\n", faults.reader);
}

/* Memory of the firmware's boot time that ends with nobody (TRAPS 6). */
static uint64_t scrub(void)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < handoff()->scrub_count; i++) {
        memory_zero((void *)handoff()->scrubs[i].base, handoff()->scrubs[i].bytes);
        bytes += handoff()->scrubs[i].bytes;
    }
    return bytes;
}

/* The boot processor sets itself up as the others do, and comes back. */
static void set_up_self(void)
{
    machine_use_page_table(cpu.place->start_table);
    set_up();
    machine_use_page_table(handoff()->boot_page_table);
    if (settle_answer.text[0])
        refuse(settle_answer.text);
}

static const void *frame(uint64_t hpa, void *context)
{
    (void)context;
    return (const void *)hpa;
}

static uint32_t ioapic(uint64_t address, uint32_t index, void *context)
{
    enum { WINDOW = 0x10 };
    (void)context;
    *(volatile uint32_t *)address = index;
    return *(volatile uint32_t *)(address + WINDOW);
}

static const struct check_topology *topology_of(uint32_t index, void *context)
{
    (void)context;
    uint64_t offset = (uint64_t)&topology - VA_CPU;
    return (const struct check_topology *)(handoff()->cpus[index].state_hpa + offset);
}

/* The machine's part of the separation check. */
static void check_the_machine(void)
{
    char text[224];
    struct check_result result = {.invariant = ""};
    struct check_machine machine = {.handoff = handoff(),
                                    .manifest = &manifest,
                                    .topology = topology_of,
                                    .frame = frame,
                                    .ioapic = ioapic,
                                    .result = &result};
    machine_evidence(&machine.evidence);
    if (!check_machine(&machine)) {
        format(text, sizeof(text), "separation check, %s, the machine: %s", result.invariant,
               result.text);
        refuse(text);
    }
    seen_functions = machine.functions;
    seen_lines = machine.lines;
}

static void show_order(void)
{
    for (uint32_t i = 0; i < handoff()->domain_count; i++) {
        uint32_t after = manifest.domains[i].start_after;
        if (after == 0)
            continue;
        show("  domain %s waits until these run:", manifest.domains[i].name);
        for (uint32_t other = 0; after >> other; other++)
            if (after >> other & 1)
                show(" %s", manifest.domains[other].name);
        show("\n");
    }
}

static _Noreturn void release(void)
{
    const struct handoff *all = handoff();
    uint64_t tables = all->boot_page_table + all->boot_table_bytes, tables_bytes = 0;
    struct settle_last last = {0};
    for (uint32_t i = 0; i < all->extent_count; i++)
        if (all->extents[i].kind == EXTENT_BOOT)
            tables_bytes = all->extents[i].bytes - all->boot_table_bytes;
    last.zeroed[0] = (struct settle_range){all->start_hpa, all->start_bytes};
    last.zeroed[1] = (struct settle_range){all->trampoline_hpa, PAGE_BYTES};
    last.zeroed[2] = (struct settle_range){tables, tables_bytes};
    last.zeroed[3] = (struct settle_range){all->self_hpa, all->bytes};
    for (uint32_t i = 0; i < all->domain_count; i++)
        if (manifest.domains[i].start_after == 0) /* else it is management's to say */
            last.go[last.domains++] = &((struct public_page *)all->domains[i].public_hpa)->go;
    memory_zero(&manifest, sizeof(manifest));
    show_close();
    settle_release(&last);
}

_Noreturn void kernel_main(void);
_Noreturn void kernel_main(void)
{
    machine_setup(&settle_answer.machine_checks);
    show_open();
    if (handoff()->magic != HANDOFF_MAGIC || handoff()->version != HANDOFF_VERSION)
        refuse("loader and kernel are of different versions; build the image anew");
    enum manifest_error error =
        manifest_read((const uint8_t *)handoff() + handoff()->manifest_offset,
                      handoff()->manifest_bytes, &manifest);
    if (error != MANIFEST_OK)
        refuse("the manifest was damaged since the loader read it: boot the machine anew");
    identify(handoff()->boot_cpu);
    set_up_self();
    machine_release_processors();
    settle_check(handoff()->boot_page_table);
    for (uint32_t i = 0; i < handoff()->cpu_count; i++)
        wait_for_answer(i);
    check_the_machine();

    uint64_t start = machine_tsc(), bytes = scrub();
    show_checks();
    show_machine_checks();
    trail_begin(manifest.header->digest);
    show("bulkhead: scrubbed %lu MiB of the firmware's memory; hand-over %lu ticks, of them "
         "%lu for the TSC's measure, %lu for %lu MiB hashed, copied and zeroed\n",
         bytes / MEBIBYTE, machine_tsc() - handoff()->entry_tsc, handoff()->wait_tsc,
         handoff()->work_tsc + (machine_tsc() - start), (handoff()->work_bytes + bytes) / MEBIBYTE);
    show_order();
    show("bulkhead: %u %s\n", handoff()->domain_count,
         handoff()->domain_count == 1 ? "domain starts" : "domains start");
    release();
}

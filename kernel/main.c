/* SPDX-License-Identifier: Apache-2.0 */
/* Start-up: every processor sets itself up and checks itself; when all have passed, the boot
 * processor says on one screen who owns what and lets them go. */
#include "arch/x86/include/machine_words.h"
#include "arch/x86/include/trap.h"
#include "arch/x86/include/vcpu.h"
#include "manifest.h"
#include "format.h"
#include "arch/x86/include/upcalls.h"
#include "kernel/check/separation.h"
#include "kernel/life/log.h"
#include "kernel/life/memory.h"

enum { ANSWER_SECONDS = 60, MEBIBYTE = 1 << 20 };

PER_CPU struct cpu cpu;
static PER_CPU struct manifest manifest;
static PER_CPU struct check_result result;

/* How this processor's start-up went; the boot processor reads it through the boot page table. */
struct answer {
    volatile uint32_t ready; /* the rest is valid */
    bool ok;                 /* set up, and the separation check passed (I12) */
    uint64_t leaves;         /* entries that map the domain's RAM */
    uint8_t digest[DIGEST_BYTES];
    char text[224]; /* what was wrong */
};
static PER_CPU struct answer answer;

/* What this processor is, from the handoff. */
static void identify(uint32_t index)
{
    const struct handoff_cpu *place = &handoff()->cpus[index];
    cpu = (struct cpu){
        .index = index, .local = place->index, .apic_id = place->apic_id, .place = place};
    if (place->domain != HANDOFF_NOBODY) {
        cpu.domain = &handoff()->domains[place->domain];
        cpu.rules = &manifest.domains[place->domain];
    }
}

static enum manifest_error open_manifest(void)
{
    return manifest_open((const uint8_t *)handoff() + handoff()->manifest_offset,
                         handoff()->manifest_bytes, &manifest);
}

/* Sets this processor up and checks it, on its own page tables. */
static void prepare(void)
{
    const char *refused = vcpu_switch_on();
    if (!refused && cpu.domain)
        refused = machine_setup_guest();
    if (refused) {
        format(answer.text, sizeof(answer.text), "processor %u: %s", cpu.apic_id, refused);
    } else if (!separation_check(&manifest, &result)) {
        format(answer.text, sizeof(answer.text), "separation check, %s, processor %u: %s",
               result.invariant, cpu.apic_id, result.text);
    } else {
        answer.ok = true;
        answer.leaves = result.nested_leaves;
        memory_copy(answer.digest, result.digest, DIGEST_BYTES);
    }
    __atomic_store_n(&answer.ready, 1, __ATOMIC_RELEASE);
}

_Noreturn void kernel_ap_main(uint32_t index);
_Noreturn void kernel_ap_main(uint32_t index)
{
    machine_setup();
    open_manifest();
    identify(index);
    prepare();
    if (cpu.domain)
        while (!__atomic_load_n(&((struct public_page *)VA_PUBLIC)->go, __ATOMIC_ACQUIRE))
            __builtin_ia32_pause();
    cpu_leave_stack(life_run);
}

static _Noreturn void refuse(const char *text)
{
    log_print("bulkhead: refused: %s\nbulkhead: no domain was started\n", text);
    panic_halt();
}

/* The boot processor reaches every other's state through the boot page table. */
static const struct answer *answer_of(uint32_t index)
{
    return (const struct answer *)(handoff()->cpus[index].state_hpa + ((uint64_t)&answer - VA_CPU));
}

static void wait_for_answer(uint32_t index)
{
    const struct answer *other = answer_of(index);
    uint64_t start = machine_tsc();
    while (!__atomic_load_n(&other->ready, __ATOMIC_ACQUIRE)) {
        if (machine_tsc() - start > handoff()->tsc_hz * ANSWER_SECONDS)
            refuse("a processor was started and never answered: a firmware fault");
        __builtin_ia32_pause();
    }
    if (!other->ok)
        refuse(other->text);
}

static void start_others(void)
{
    uint32_t failed;
    char text[96];
    if (machine_start_processors(&failed))
        return;
    format(text, sizeof(text), "processor %u does not start: update the firmware",
           handoff()->cpus[failed].apic_id);
    refuse(text);
}

static void show_processors(uint32_t owner)
{
    for (uint32_t i = 0; i < handoff()->cpu_count; i++)
        if (handoff()->cpus[i].domain == owner)
            log_print(" %u", handoff()->cpus[i].apic_id);
}

static void show_domain(uint32_t index)
{
    const struct handoff_domain *place = &handoff()->domains[index];
    const struct manifest_domain *rules = &manifest.domains[index];
    const struct answer *first = answer_of(place->cpus[0]);
    const uint8_t *digest = first->digest;
    log_print("  %s: processors", rules->name);
    show_processors(index);
    log_print(", memory %lu MiB at 0x%lx, ", place->ram_bytes / MEBIBYTE, place->ram[0].hpa);
    if (rules->serial_port)
        log_print("serial com%u%s", rules->serial_port,
                  rules->flags & MANIFEST_SERIAL_POLLED ? " (polled)" : "");
    else
        log_print("no serial");
    log_print(", on exit %s\n", rules->on_exit == MANIFEST_EXIT_RESTART ? "restart" : "stop");
    log_print("    separation check passed: %lu entries, sha256 %02x%02x%02x%02x%02x%02x%02x%02x\n",
              first->leaves, digest[0], digest[1], digest[2], digest[3], digest[4], digest[5],
              digest[6], digest[7]);
}

/* Who owns what, on one screen. */
static void show_machine(void)
{
    uint32_t policies;
    log_print("bulkhead: host %s%s, %u processors, TSC %lu kHz\n", manifest.header->host,
              manifest.header->flags & MANIFEST_LAB ? " (LAB image)" : "", handoff()->cpu_count,
              handoff()->tsc_hz / 1000);
    const struct manifest_policy *policy = manifest_entries(&manifest, MANIFEST_POLICY, &policies);
    if (policies && policy->classification)
        log_print("  classified %s\n", manifest_string(&manifest, policy->classification));
    if (cpu.domain) {
        struct vcpu_word words[VCPU_WORDS];
        uint32_t count = vcpu_words(words);
        for (uint32_t i = 0; i < count; i++)
            log_print("%s%s 0x%x", i ? ", " : "  ", words[i].name, words[i].value);
        log_print("\n");
    }
    for (uint32_t i = 0; i < handoff()->domain_count; i++)
        show_domain(i);
    log_print("  nobody: processors");
    show_processors(HANDOFF_NOBODY);
    log_print("; every PCI endpoint (no IOMMU in use: bus mastering off), all interrupt lines but "
              "the serial ports'\n");
    if (handoff()->domain_count && handoff()->domains[0].ram_leaf_bytes == PAGE_BYTES)
        log_print("  memory is mapped in 4 KiB pages: this processor may have the erratum of "
                  "CVE-2018-12207\n");
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

/* The boot processor checks itself on its own page tables too. */
static void prepare_self(void)
{
    machine_use_page_table(cpu.place->page_table);
    prepare();
    machine_use_page_table(handoff()->boot_page_table);
}

static void release_domains(void)
{
    for (uint32_t i = 0; i < handoff()->domain_count; i++) {
        struct public_page *page = (struct public_page *)handoff()->domains[i].public_hpa;
        __atomic_store_n(&page->go, 1, __ATOMIC_RELEASE);
    }
}

_Noreturn void kernel_main(void);
_Noreturn void kernel_main(void)
{
    machine_setup();
    log_open();
    if (handoff()->magic != HANDOFF_MAGIC || handoff()->version != HANDOFF_VERSION)
        refuse("loader and kernel are of different versions; build the image anew");
    enum manifest_error error = open_manifest();
    if (error != MANIFEST_OK)
        refuse(manifest_error_text(error));
    identify(handoff()->boot_cpu);
    start_others();
    prepare_self();
    for (uint32_t i = 0; i < handoff()->cpu_count; i++)
        wait_for_answer(i);

    uint64_t start = machine_tsc(), bytes = scrub();
    show_machine();
    log_print("bulkhead: scrubbed %lu MiB of the firmware's memory; hand-over %lu ticks, of them "
              "%lu for %lu MiB hashed, copied and zeroed\n",
              bytes / MEBIBYTE, machine_tsc() - handoff()->entry_tsc,
              handoff()->work_tsc + (machine_tsc() - start),
              (handoff()->work_bytes + bytes) / MEBIBYTE);
    log_print("bulkhead: %u %s\n", handoff()->domain_count,
              handoff()->domain_count == 1 ? "domain starts" : "domains start");
    log_open_uart();
    release_domains();
    machine_use_page_table(cpu.place->page_table);
    cpu_leave_stack(life_run);
}

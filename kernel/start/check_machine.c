/* SPDX-License-Identifier: Apache-2.0 */
/* The separation check, the machine's part: what is scrubbed, loaded, entered, and started on. */
#include "check_machine.h"
#include "kernel/abi/guest_machine.h"
#include "kernel/check/check_parts.h"

#define LOW_MEMORY 0x100000ull

/* CPUID 7, EBX, and what the erratum is about. */
#define FEATURE_AVX512ER (1u << 27)
#define FEATURE_SHA      (1u << 29)
#define PSCHANGE_MC_NO   (1ull << 6)
enum { CANNON_LAKE = 0x60660, FAMILY_AND_MODEL = 0x0fff0ff0 };

static uint64_t page_up(uint64_t bytes)
{
    return (bytes + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
}

/* The counts that ownership has no use for. No I/O APIC named would be none masked. */
static bool check_counts(const struct check_machine *machine)
{
    const struct handoff *handoff = machine->handoff;
    bool good = handoff->scrub_count <= MAX_SCRUBS && handoff->ioapic_count &&
                handoff->boot_cpu < handoff->cpu_count;
    for (uint32_t i = 0; i < handoff->domain_count; i++)
        good &= handoff->domains[i].load_count <= MAX_LOAD_STEPS;
    return good || check_fail(machine->result, "I12",
                              "handoff: %u scrub ranges, %u I/O APICs, boot processor %u, "
                              "load steps: out of bounds",
                              handoff->scrub_count, handoff->ioapic_count, handoff->boot_cpu);
}

/* What is zeroed before the first domain starts is nobody's, and memory. */
static bool check_scrub(const struct check_machine *machine, uint32_t index)
{
    uint64_t base = machine->handoff->scrubs[index].base;
    uint64_t bytes = machine->handoff->scrubs[index].bytes;
    const char *wrong = check_whose(machine->handoff, base, bytes);
    if (!base || !bytes || (base | bytes) % PAGE_BYTES || base >= MAX_HPA || bytes > MAX_HPA - base)
        wrong = "no whole pages";
    return !wrong || check_fail(machine->result, "I1", "scrub range at %lx, %lx bytes: it holds %s",
                                base, bytes, wrong);
}

static bool check_start(const struct check_machine *machine)
{
    const struct handoff *handoff = machine->handoff;
    if (handoff->trampoline_hpa >= LOW_MEMORY)
        return check_fail(machine->result, "I11", "trampoline at %lx: processors start below 1 MiB",
                          handoff->trampoline_hpa);
    if (handoff->boot_page_table >> 32)
        return check_fail(machine->result, "I11",
                          "boot page table at %lx: processors start below 4 GiB",
                          handoff->boot_page_table);
    if (machine->evidence.cr3 != handoff->boot_page_table)
        return check_fail(machine->result, "I11", "CR3 %lx, the boot page table is %lx",
                          machine->evidence.cr3, handoff->boot_page_table);
    if (handoff->cpus[handoff->boot_cpu].apic_id != machine->evidence.apic_id)
        return check_fail(machine->result, "I2", "boot processor: APIC id %u, expected %u",
                          machine->evidence.apic_id, handoff->cpus[handoff->boot_cpu].apic_id);
    return (handoff->manifest_offset >= sizeof *handoff &&
            handoff->manifest_bytes == machine->manifest->header->total_bytes &&
            inside(handoff->manifest_offset, handoff->manifest_bytes, 0, handoff->bytes)) ||
           check_fail(machine->result, "I12", "manifest at %x, %x bytes: not in the handoff",
                      handoff->manifest_offset, handoff->manifest_bytes);
}

static bool in_ram(const struct handoff_domain *domain, uint64_t gpa, uint64_t bytes)
{
    for (uint32_t i = 0; i < domain->ram_count && bytes; i++) {
        uint64_t offset = gpa - domain->ram[i].gpa;
        if (gpa < domain->ram[i].gpa || offset >= domain->ram[i].bytes)
            continue;
        uint64_t part = domain->ram[i].bytes - offset;
        part = part < bytes ? part : bytes;
        gpa += part;
        bytes -= part;
    }
    return !bytes;
}

/* What is copied into RAM at every start comes from its payloads, and what it begins with is that.
 */
static bool check_loads(const struct check_machine *machine, uint32_t index)
{
    const struct handoff_domain *domain = &machine->handoff->domains[index];
    const struct handoff_entry *entry = &domain->entry;
    bool linux = machine->manifest->domains[index].protocol == MANIFEST_BOOT_LINUX, loaded = false;
    for (uint32_t i = 0; i < domain->load_count; i++) {
        const struct handoff_load *load = &domain->load[i];
        if (!inside(load->from, load->bytes, 0, domain->payload_bytes) ||
            !in_ram(domain, load->gpa, load->bytes))
            return check_fail(machine->result, "I1",
                              "domain %u: load step %u, %lx bytes from %lx to gpa %lx: not "
                              "from its payloads to its RAM",
                              index, i, load->bytes, load->from, load->gpa);
        loaded |= inside(entry->rip, 1, load->gpa, load->bytes);
    }
    if (!loaded || entry->rsp != GUEST_STACK_TOP ||
        entry->rsi != (linux ? (uint64_t)GUEST_BOOT_PARAMS : 0) ||
        entry->rdi != (linux ? 0 : (uint64_t)GUEST_BOOT_INFO))
        return check_fail(machine->result, "I1",
                          "domain %u: entry at %lx, RSP %lx, RSI %lx, RDI %lx: %s", index,
                          entry->rip, entry->rsp, entry->rsi, entry->rdi,
                          loaded ? "not as its boot protocol says" : "nothing is loaded there");
    return true;
}

/* What is hashed at every start is held against the manifest's digests, file by file. */
static bool check_digests(const struct check_machine *machine, uint32_t index)
{
    const struct handoff_domain *domain = &machine->handoff->domains[index];
    const struct manifest_domain *rules = &machine->manifest->domains[index];
    const uint32_t files[] = {rules->kernel, rules->initrd};
    uint32_t due = rules->initrd == MANIFEST_NONE ? 1 : 2;
    uint64_t from = 0;
    bool same = domain->digest_count == due;
    for (uint32_t i = 0; i < due && same; i++) {
        const struct handoff_digest *digest = &domain->digest[i];
        same = files[i] < machine->manifest->payload_count;
        if (!same)
            break;
        const struct manifest_payload *file = &machine->manifest->payloads[files[i]];
        same = digest->from == from && digest->bytes == file->bytes &&
               inside(from, file->bytes, 0, domain->payload_bytes);
        for (uint32_t k = 0; k < DIGEST_BYTES; k++)
            same &= digest->digest[k] == file->digest[k];
        from += page_up(file->bytes);
    }
    return same || check_fail(machine->result, "I12",
                              "domain %u: %u digests of its payloads, not the %u that the "
                              "manifest has",
                              index, domain->digest_count, due);
}

/*
 * CVE-2018-12207, by other evidence than the loader's list of models: the processor is AMD's, says
 * that it is safe, or has what none with the erratum has. SHA instructions came with Goldmont and
 * with Ice Lake, but for Cannon Lake; AVX512ER only the Knights have.
 */
static bool large_leaves_are_safe(const struct check_evidence *evidence)
{
    if (evidence->amd || evidence->arch_capabilities & PSCHANGE_MC_NO)
        return true;
    return evidence->features & (FEATURE_SHA | FEATURE_AVX512ER) &&
           (evidence->signature & FAMILY_AND_MODEL) != CANNON_LAKE;
}

static bool check_domain(const struct check_machine *machine, uint32_t index)
{
    uint64_t leaf = machine->handoff->domains[index].ram_leaf_bytes;
    if (leaf != PAGE_BYTES && leaf != LARGE_PAGE_BYTES && leaf != HUGE_PAGE_BYTES)
        return check_fail(machine->result, "I9", "domain %u: leaves of %lx bytes", index, leaf);
    if (leaf != PAGE_BYTES && !large_leaves_are_safe(&machine->evidence))
        return check_fail(machine->result, "I9",
                          "domain %u: executable leaves of %lx bytes, but processor %x may "
                          "have the erratum of CVE-2018-12207",
                          index, leaf, machine->evidence.signature);
    return check_loads(machine, index) && check_digests(machine, index);
}

bool check_machine(struct check_machine *machine)
{
    const struct handoff *handoff = machine->handoff;
    machine->functions = machine->lines = 0;
    machine->result->ok = check_owners(machine) && check_counts(machine) && check_start(machine) &&
                          check_each(machine, handoff->scrub_count, check_scrub) &&
                          check_each(machine, handoff->domain_count, check_domain) &&
                          check_machine_iommu(machine) && check_machine_devices(machine) &&
                          check_functions(machine);
    return machine->result->ok;
}

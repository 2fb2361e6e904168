/* SPDX-License-Identifier: Apache-2.0 */
/* Rules that compare a manifest with the machine's inventory: processors, memory, UARTs. */
#include "tools/hw/inventory.h"
#include "rules.h"

#include "kernel/abi/manifest_policy.h"
#include "tools/manifest/schema_parse.h"
#include <stdlib.h>
#include <string.h>

enum { IDS_SHOWN = 16 };

void rule_inventory_missing(struct check *check)
{
    const struct text *named = &check->model.platform.inventory;
    const char *problem = inventory_problem(check);

    if (problem)
        report(check, named->at, say(&check->arena, "the inventory cannot be used: %s", problem),
               "save it on that machine with `bulkhead hw --save DIR` and name that folder, or "
               "leave `inventory` out");
}

/* Of an image that is built for another vendor than the manifest's nothing can be said. */
void rule_vendor_differs(struct check *check)
{
    const struct model_platform *platform = &check->model.platform;
    const struct hw *hw = inventory(check);
    bool amd = platform->cpu.value == MANIFEST_CPU_AMD;

    if (!hw || !hw->vendor || check->cpu_vendor || !platform->cpu.valid ||
        strcmp(hw->vendor, amd ? "AuthenticAMD" : "GenuineIntel") == 0)
        return;
    report(check, is_written(platform->cpu.at) ? platform->cpu.at : platform->inventory.at,
           say(&check->arena, "platform.cpu is %s (%s), but %s has processors of %s",
               amd ? "amd" : "intel", line_of(check, platform->cpu.at), inventory_text(check),
               quote(&check->arena, hw->vendor, strlen(hw->vendor))),
           "write the vendor of that machine, or name the inventory of the right one");
}

/* The answer of `hw check`; of a processor that the image is not for it says nothing. */
void rule_platform_lacks(struct check *check)
{
    const struct model_platform *platform = &check->model.platform;
    struct hw *hw = inventory(check);
    bool amd = platform->cpu.value == MANIFEST_CPU_AMD;
    bool is_other = hw && hw->vendor && platform->cpu.valid &&
                    strcmp(hw->vendor, amd ? "AuthenticAMD" : "GenuineIntel") != 0;
    const char *lacks = hw && !is_other ? hw_lacks(hw) : NULL;

    if (lacks)
        report(check, platform->inventory.at,
               say(&check->arena,
                   "the machine of the inventory cannot run Bulkhead, as it lacks: %s", lacks),
               "change the settings that `bulkhead hw check --from` that inventory names and save "
               "it anew, or take another machine");
}

void rule_smt_state(struct check *check)
{
    const struct number *smt = &check->model.platform.smt;
    const struct hw *hw = inventory(check);

    if (!hw || !hw->smt_known || !smt->valid || (smt->value == MANIFEST_SMT_ON) == hw->smt_active)
        return;
    report(check, smt->at,
           say(&check->arena, "platform.smt is %s, but in %s it is %s",
               hw->smt_active ? "off" : "on", inventory_text(check), hw->smt_active ? "on" : "off"),
           "change the setting in firmware and save the inventory anew, or correct platform.smt");
}

void rule_microcode_old(struct check *check)
{
    const struct number *least = &check->model.platform.microcode;
    const struct hw *hw = inventory(check);
    uint64_t revision;

    if (!hw || !hw->microcode || !least->valid || !parse_hex(hw->microcode, &revision) ||
        revision >= least->value)
        return;
    report(check, least->at,
           say(&check->arena, "platform.microcode is at least 0x%llx, but %s has revision 0x%llx",
               (unsigned long long)least->value, inventory_text(check),
               (unsigned long long)revision),
           "update the firmware and save the inventory anew, or correct platform.microcode");
}

void rule_tpm_missing(struct check *check)
{
    const struct number *tpm = &check->model.platform.tpm;
    const struct hw *hw = inventory(check);

    if (hw && hw->lacks_tpm && tpm->value == TPM_REQUIRED)
        report(check, tpm->at,
               say(&check->arena, "platform.tpm is required, but %s has no TPM 2.0",
                   inventory_text(check)),
               "switch the TPM on in the firmware's set-up (2.0, not 1.2) and save the inventory "
               "anew, or remove `tpm: required`");
}

void rule_no_ecc(struct check *check)
{
    const struct hw *hw = inventory(check);

    if (hw && hw->ecc && strcasecmp(hw->ecc, "none") == 0)
        report(check, check->model.platform.inventory.at,
               "the inventory has memory without ECC: bit flips, by chance or by hammering rows, "
               "go unnoticed",
               "use a board with ECC memory, or separate what matters by machines");
}

static const struct hw_cpu *processor_of(const struct hw *hw, const struct number *apic_id)
{
    for (uint32_t i = 0; i < hw->cpu_count && apic_id->valid; i++) {
        if (hw->cpus[i].apic_id == apic_id->value)
            return &hw->cpus[i];
    }
    return NULL;
}

/* The n-th physical id that the manifest lists, and whose it is; false behind the last. */
static bool nth_pinned(struct check *check, uint32_t n, const struct model_domain **domain,
                       const struct number **apic_id)
{
    for (uint32_t i = 0; i < partition_count(check); i++) {
        const struct model_domain *one = partition(check, i);
        uint32_t count = one->cpus.valid && one->cpus.is_list ? one->cpus.list.count : 0;

        if (n < count) {
            *domain = one;
            *apic_id = listed(&one->cpus.list, n);
            return true;
        }
        n -= count;
    }
    return false;
}

/* The APIC ids of a machine, the first ones. */
static const char *apic_ids(struct check *check, const struct hw *hw)
{
    const char *text = "";

    for (uint32_t i = 0; i < hw->cpu_count && i < IDS_SHOWN; i++)
        text = say(&check->arena, "%s%s%u", text, i ? ", " : "", hw->cpus[i].apic_id);
    return hw->cpu_count > IDS_SHOWN ? say(&check->arena, "%s and more", text) : text;
}

/* Both are threads of one core; the kernel lists a core's threads alike for each. */
static bool are_siblings(const struct hw_cpu *one, const struct hw_cpu *other)
{
    return one && other && one != other && one->siblings && other->siblings &&
           strcmp(one->siblings, other->siblings) == 0;
}

static bool has_threads(const struct hw *hw)
{
    for (uint32_t i = 1; i < hw->cpu_count; i++) {
        for (uint32_t j = 0; j < i; j++) {
            if (are_siblings(&hw->cpus[i], &hw->cpus[j]))
                return true;
        }
    }
    return false;
}

/* A processor and who gets it, NULL: nobody yet. */
struct seat {
    const struct hw_cpu *cpu;
    const struct model_domain *domain;
};

static int by_apic_id(const void *left, const void *right)
{
    const struct seat *a = left, *b = right;

    return a->cpu->apic_id == b->cpu->apic_id ? 0 : a->cpu->apic_id < b->cpu->apic_id ? -1 : 1;
}

/* All processors in the order in which the loader gives them away; those that are listed first. */
static struct seat *seats_of(struct check *check, const struct hw *hw)
{
    struct seat *seats = arena_take(&check->arena, hw->cpu_count * sizeof(*seats));
    const struct model_domain *domain;
    const struct number *apic_id;

    for (uint32_t i = 0; i < hw->cpu_count; i++)
        seats[i] = (struct seat){&hw->cpus[i], NULL};
    qsort(seats, hw->cpu_count, sizeof(*seats), by_apic_id);
    for (uint32_t i = 0; nth_pinned(check, i, &domain, &apic_id); i++) {
        for (uint32_t j = 0; j < hw->cpu_count && apic_id->valid; j++) {
            if (seats[j].cpu->apic_id == apic_id->value)
                seats[j].domain = domain;
        }
    }
    return seats;
}

/* Whether another domain has a thread of this processor's core. */
static bool is_foreign(const struct seat *seats, uint32_t count, const struct hw_cpu *cpu,
                       const struct model_domain *domain)
{
    for (uint32_t i = 0; i < count; i++) {
        if (seats[i].domain && seats[i].domain != domain && are_siblings(seats[i].cpu, cpu))
            return true;
    }
    return false;
}

static bool is_left(const struct seat *seats, uint32_t count, uint32_t at,
                    const struct model_domain *domain)
{
    return !seats[at].domain && seats[at].cpu->apic_id <= HIGHEST_APIC_ID &&
           !is_foreign(seats, count, seats[at].cpu, domain);
}

/* What a core is to a domain that wants more processors, from bad to good. */
enum core_serves { SERVES_NOT, SERVES_IN_PART, SERVES_WHOLE, SERVES_EVEN };

static enum core_serves core_serves(const struct seat *seats, uint32_t count, uint32_t at,
                                    const struct model_domain *domain, uint64_t wanted)
{
    uint64_t threads = 1;

    if (!is_left(seats, count, at, domain))
        return SERVES_NOT;
    for (uint32_t i = 0; i < count; i++)
        threads += are_siblings(seats[i].cpu, seats[at].cpu) && is_left(seats, count, i, domain);
    if (threads > wanted)
        return SERVES_IN_PART;
    return (wanted - threads) % 2 ? SERVES_WHOLE : SERVES_EVEN;
}

/* The number of processors that the domain gets: each time the first core that serves it best. */
static uint64_t take_seats(struct seat *seats, uint32_t count, const struct model_domain *domain)
{
    uint64_t taken = 0;

    while (taken < domain->cpus.value) {
        enum core_serves most = SERVES_NOT;
        uint32_t best = 0;

        for (uint32_t i = 0; i < count; i++) {
            enum core_serves serves =
                core_serves(seats, count, i, domain, domain->cpus.value - taken);

            if (serves > most) {
                most = serves;
                best = i;
            }
        }
        if (most == SERVES_NOT)
            break;
        for (uint32_t i = best; i < count && taken < domain->cpus.value; i++) {
            if ((i == best || are_siblings(seats[i].cpu, seats[best].cpu)) &&
                is_left(seats, count, i, domain)) {
                seats[i].domain = domain;
                taken++;
            }
        }
    }
    return taken;
}

/* "domain office has 0, 1 (line 5), domain plant has 2 (line 9), nobody has 3" */
static const char *seats_text(struct check *check, const struct seat *seats, uint32_t count)
{
    const char *text = "";

    for (uint32_t i = 0; i <= partition_count(check); i++) {
        const struct model_domain *domain = i < partition_count(check) ? partition(check, i) : NULL;
        const char *ids = NULL;
        uint32_t shown = 0;

        for (uint32_t j = 0; j < count && shown <= IDS_SHOWN; j++) {
            if (seats[j].domain == domain && shown++ < IDS_SHOWN)
                ids = say(&check->arena, "%s%s%u", ids ? ids : "", ids ? ", " : "",
                          seats[j].cpu->apic_id);
        }
        if (ids)
            text = say(&check->arena, "%s%s%s has APIC id %s%s%s", text, *text ? "; " : "",
                       domain ? domain_of(check, domain) : "nobody", ids,
                       shown > IDS_SHOWN ? " and more" : "",
                       domain ? say(&check->arena, " (%s)", line_of(check, domain->cpus.at)) : "");
    }
    return text;
}

/*
 * Does what the loader will do (boot/plan/place_cpus.c), whatever `unsafe` allows, and says at
 * which domain it will give up.
 */
static void look_at_places(struct check *check, const struct hw *hw)
{
    bool threads = has_threads(hw);
    struct seat *seats = seats_of(check, hw);

    for (uint32_t i = 0; i < partition_count(check); i++) {
        const struct model_domain *domain = partition(check, i);

        if (!domain->cpus.valid || domain->cpus.is_list)
            continue;
        uint64_t taken = take_seats(seats, hw->cpu_count, domain);
        if (taken == domain->cpus.value)
            continue;
        report(check, domain->cpus.at,
               say(&check->arena, "%s wants %llu of the %u processors in %s, but gets %llu%s: %s",
                   domain_of(check, domain), (unsigned long long)domain->cpus.value, hw->cpu_count,
                   inventory_text(check), (unsigned long long)taken,
                   threads ? ", as threads of one core go to one domain" : "",
                   seats_text(check, seats, hw->cpu_count)),
               threads ? "give the domains fewer processors (each takes whole cores), or take a "
                         "larger machine"
                       : "give the domains fewer processors, or take a larger machine");
        return;
    }
}

void rule_inventory_cpu(struct check *check)
{
    const struct number *processors = &check->model.platform.processors;
    const struct hw *hw = inventory(check);
    const struct model_domain *domain;
    const struct number *apic_id;

    if (!hw || hw->cpu_count == 0)
        return;
    if (processors->valid && processors->value > hw->cpu_count)
        report(check, processors->at,
               say(&check->arena, "platform.processors is %llu, but %s has %u",
                   (unsigned long long)processors->value, inventory_text(check), hw->cpu_count),
               "correct platform.processors, or enable all processors in firmware");
    for (uint32_t i = 0; nth_pinned(check, i, &domain, &apic_id); i++) {
        if (apic_id->valid && !processor_of(hw, apic_id))
            report(check, apic_id->at,
                   say(&check->arena,
                       "%s lists the processor with APIC id %llu, which %s has not: it has %s",
                       domain_of(check, domain), (unsigned long long)apic_id->value,
                       inventory_text(check), apic_ids(check, hw)),
                   "list one that the machine has, or write how many processors it shall be");
    }
    look_at_places(check, hw);
}

void rule_smt_split(struct check *check)
{
    const struct hw *hw = inventory(check);
    const struct model_domain *domain, *other;
    const struct number *apic_id, *first;

    if (!hw)
        return;
    for (uint32_t i = 1; nth_pinned(check, i, &domain, &apic_id); i++) {
        const struct hw_cpu *cpu = processor_of(hw, apic_id);

        for (uint32_t j = 0; cpu && j < i && nth_pinned(check, j, &other, &first); j++) {
            if (domain == other || !are_siblings(cpu, processor_of(hw, first)))
                continue;
            report(check, apic_id->at,
                   say(&check->arena,
                       "%s has APIC id %u and %s has %llu (%s): in %s they are threads of one "
                       "core, package %u, core %u",
                       domain_of(check, domain), cpu->apic_id, domain_of(check, other),
                       (unsigned long long)first->value, line_of(check, first->at),
                       inventory_text(check), cpu->package, cpu->core),
                   "give both threads to one domain, or turn SMT off in firmware");
            break;
        }
    }
}

/* Of them nothing is known but that they are there. */
void rule_pci_segments(struct check *check)
{
    const struct hw *hw = inventory(check);

    if (hw && hw->unread_count > 0)
        report(check, check->model.platform.inventory.at,
               say(&check->arena,
                   "the inventory has %u PCI function%s in segments that Bulkhead cannot reach: "
                   "Intel's VMD is on",
                   hw->unread_count, hw->unread_count == 1 ? "" : "s"),
               "turn VMD off in firmware (also named RST, Optane or RAID mode), disks as AHCI and "
               "NVMe, and save the inventory anew");
}

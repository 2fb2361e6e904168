/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about domains: names, processors, memory, what they boot and how they end. */
#include "rules.h"
#include "tools/hw/inventory.h"

#include "kernel/abi/manifest.h"
#include "tools/image/payload.h"
#include "tools/manifest/schema.h"
#include <string.h>

/* Of the machine's memory, what firmware, loader and hypervisor keep for themselves. */
#define RESERVED_BYTES (32ull << 20)
/* A domain's tables: leaves of 4 KiB at worst, eight bytes each, and what stands above them. */
#define TABLE_BYTES(memory) ((memory) / 512 + (1ull << 20))

/* The first place where a physical processor is listed before entry `entry` of `domain`. */
static const struct number *listed_before(struct check *check, uint32_t domain, uint32_t entry,
                                          uint64_t id, uint32_t *owner)
{
    for (*owner = 0; *owner <= domain; ++*owner) {
        const struct list *list = &partition(check, *owner)->cpus.list;

        for (uint32_t i = 0; i < (*owner == domain ? entry : list->count); i++) {
            if (listed(list, i)->valid && listed(list, i)->value == id)
                return listed(list, i);
        }
    }
    return NULL;
}

void rule_cpu_twice(struct check *check)
{
    for (uint32_t i = 0; i < partition_count(check); i++) {
        const struct model_domain *domain = partition(check, i);

        for (uint32_t j = 0; j < domain->cpus.list.count; j++) {
            const struct number *id = listed(&domain->cpus.list, j);
            uint32_t owner;
            const struct number *first =
                id->valid ? listed_before(check, i, j, id->value, &owner) : NULL;

            if (first)
                report(check, id->at,
                       say(&check->arena, "%s lists processor %llu, which %s has on %s",
                           domain_of(check, domain), (unsigned long long)id->value,
                           owner == i ? "it already" : domain_of(check, partition(check, owner)),
                           line_of(check, first->at)),
                       "a processor runs one domain for ever: list another one");
        }
    }
}

/* How domains that want more than `room` processors together can be made to fit. */
static const char *cpus_remedy(struct check *check, const struct model_domain *domain,
                               uint64_t room)
{
    uint64_t others = 0, wanted = domain->cpus.value;

    for (uint32_t i = 0; i < partition_count(check); i++) {
        const struct model_domain *other = partition(check, i);

        if (other != domain && other->cpus.valid)
            others += other->cpus.value;
    }
    const char *less = others < room ? say(&check->arena, "give it at most %llu%s",
                                           (unsigned long long)(room - others),
                                           others ? ", as the others have the rest" : "")
                                     : "";
    const char *take = others ? say(&check->arena, "%stake %llu from another domain",
                                    *less ? ", " : "", (unsigned long long)(others + wanted - room))
                              : "";
    return say(&check->arena, "%s%s%s", less, take,
               check->model.platform.processors.valid ? ", or correct platform.processors" : "");
}

void rule_cpus_platform(struct check *check)
{
    const struct model *model = &check->model;
    const struct number *limit = &model->platform.processors;
    uint64_t room = limit->valid ? limit->value : MAX_CPUS, taken = 0;
    const char *owners = "";

    for (uint32_t i = 0; i < partition_count(check); i++) {
        const struct model_domain *domain = partition(check, i);

        if (!domain->cpus.valid)
            continue;
        if (taken + domain->cpus.value > room) {
            report(check, domain->cpus.at,
                   say(&check->arena,
                       "%s wants %llu processor%s, but %llu of %llu are left: %s%s%s",
                       domain_of(check, domain), (unsigned long long)domain->cpus.value,
                       domain->cpus.value == 1 ? "" : "s", (unsigned long long)(room - taken),
                       (unsigned long long)room,
                       limit->valid ? say(&check->arena, "platform.processors is %llu (%s)",
                                          (unsigned long long)room, line_of(check, limit->at))
                                    : "the hypervisor drives at most 64",
                       *owners ? ", of which " : "", owners),
                   cpus_remedy(check, domain, room));
            return;
        }
        taken += domain->cpus.value;
        owners = say(&check->arena, "%s%s%s has %llu (%s)", owners, *owners ? ", " : "",
                     domain_of(check, domain), (unsigned long long)domain->cpus.value,
                     line_of(check, domain->cpus.at));
    }
}

/* A partition that has no ways of its own, and so needs one that nobody else has; or NULL. */
static const struct model_domain *sharer_of_ways(struct check *check)
{
    for (uint32_t i = 0; i < partition_count(check); i++) {
        if (!is_written(partition(check, i)->cache_ways.at))
            return partition(check, i);
    }
    return NULL;
}

void rule_cache_ways(struct check *check)
{
    const struct model_domain *sharer = sharer_of_ways(check);
    uint64_t most = key_at("domains[].cache_ways")->max, room = most - (sharer ? 1 : 0);
    uint64_t taken = 0;
    const char *owners = "";

    for (uint32_t i = 0; i < check->model.domains.count; i++) {
        const struct model_domain *domain = model_domain(&check->model, i);
        const struct number *ways = &domain->cache_ways;

        if (taken + ways->value > room) {
            report(check, ways->at,
                   say(&check->arena,
                       "%s wants %llu way%s of the last-level cache for itself, but %llu of %llu "
                       "are left%s%s%s%s",
                       domain_of(check, domain), (unsigned long long)ways->value,
                       ways->value == 1 ? "" : "s", (unsigned long long)(room - taken),
                       (unsigned long long)most, *owners ? ": " : "", owners,
                       sharer ? ", and one stays for " : "",
                       sharer ? domain_of(check, sharer) : ""),
                   say(&check->arena, "give the domains together at most %llu",
                       (unsigned long long)room));
            return;
        }
        taken += ways->value;
        if (ways->valid)
            owners = say(&check->arena, "%s%s%s has %llu (%s)", owners, *owners ? ", " : "",
                         domain_of(check, domain), (unsigned long long)ways->value,
                         line_of(check, ways->at));
    }
}

static uint64_t payload_bytes(struct check *check, const struct model_domain *domain)
{
    const struct text *paths[] = {&domain->boot.bzimage, &domain->boot.initrd, &domain->boot.elf64};
    uint64_t bytes = 0;

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        if (paths[i]->value)
            bytes += (payload_open(check, paths[i]->value)->size + PAGE_BYTES - 1) / PAGE_BYTES *
                     PAGE_BYTES;
    }
    return bytes;
}

/* The image as firmware loaded it holds every payload too, until domains run. */
static uint64_t image_bytes(struct check *check)
{
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < partition_count(check); i++)
        bytes += payload_bytes(check, partition(check, i));
    return bytes;
}

/* Rounded up to whole MiB, as nobody reads bytes here. */
static const char *about(struct check *check, uint64_t bytes)
{
    return say(&check->arena, "%lluM", (unsigned long long)((bytes + (1 << 20) - 1) >> 20));
}

/* ", WORDS" of a share that is not nothing. */
static const char *share(struct check *check, uint64_t bytes, const char *words)
{
    return bytes ? say(&check->arena, ", %s %s", about(check, bytes), words) : "";
}

/* What all share: the less of what is written and of what the inventory has; 0: not known. */
static uint64_t memory_limit(struct check *check, const char **text)
{
    const struct number *written = &check->model.platform.memory;
    const struct hw *hw = inventory(check);
    uint64_t there = hw && hw->range_count > 0 ? hw->memory_bytes : 0;

    if (written->valid && (there == 0 || written->value <= there)) {
        *text = say(&check->arena, "platform.memory %s (%s)",
                    size_text(&check->arena, written->value), line_of(check, written->at));
        return written->value;
    }
    *text = there == 0
                ? ""
                : say(&check->arena, "the %s in %s", about(check, there), inventory_text(check));
    return there;
}

void rule_memory_platform(struct check *check)
{
    const struct model *model = &check->model;
    uint64_t image = image_bytes(check), taken = RESERVED_BYTES + image;
    const char *limit_text;
    const char *owners = say(&check->arena, "the hypervisor and firmware keep 32M%s",
                             share(check, image, "the loaded image itself"));
    uint64_t limit = memory_limit(check, &limit_text);

    for (uint32_t i = 0; i < partition_count(check) && limit > 0; i++) {
        const struct model_domain *domain = partition(check, i);
        uint64_t payloads = payload_bytes(check, domain);
        uint64_t guard = 2 * model->platform.memory_guard.value; /* before its memory, the rest */

        if (!domain->memory.valid)
            continue;
        uint64_t tables = TABLE_BYTES(domain->memory.value);
        uint64_t need = domain->memory.value + payloads + tables + guard;
        if (taken + need > limit) {
            uint64_t left = limit > taken ? limit - taken : 0;

            report(check, domain->memory.at,
                   say(&check->arena,
                       "%s needs %s (%s memory%s, %s tables%s), but %s of %s are left: %s",
                       domain_of(check, domain), about(check, need),
                       size_text(&check->arena, domain->memory.value),
                       share(check, payloads, "payloads kept for restarts"), about(check, tables),
                       share(check, guard, "guard gaps"), about(check, left), limit_text, owners),
                   say(&check->arena, "give the domains together at least %s less, or %s",
                       about(check, taken + need - limit),
                       model->platform.memory.valid ? "correct platform.memory"
                                                    : "take a machine with more"));
            return;
        }
        taken += need;
        owners = say(&check->arena, "%s, %s takes %s (%s)", owners, domain_of(check, domain),
                     about(check, need), line_of(check, domain->memory.at));
    }
}

void rule_boot_protocol(struct check *check)
{
    for (uint32_t i = 0; i < check->model.domains.count; i++) {
        const struct model_domain *domain = model_domain(&check->model, i);
        const struct model_boot *boot = &domain->boot;
        bool linux_image = is_written(boot->bzimage.at), elf64 = is_written(boot->elf64.at);
        const char *who = domain_of(check, domain);

        if (!is_written(boot->at))
            continue;
        if (!linux_image && !elf64)
            report(check, boot->at, say(&check->arena, "%s has nothing to boot", who),
                   "write `linux: PATH` for a Linux kernel or `elf64: PATH` for a bare program");
        if (linux_image && elf64)
            report(check, boot->elf64.at,
                   say(&check->arena, "%s has both `elf64` and `linux` (%s)", who,
                       line_of(check, boot->bzimage.at)),
                   "keep the one that it shall boot");
        if (elf64 && !linux_image && is_written(boot->initrd.at))
            report(check, boot->initrd.at,
                   say(&check->arena, "%s has an `initrd`, but `elf64` (%s) takes none", who,
                       line_of(check, boot->elf64.at)),
                   "remove `initrd`, or boot a kernel with `linux`");
    }
}

void rule_on_exit_stop(struct check *check)
{
    for (uint32_t i = 0; i < check->model.domains.count; i++) {
        const struct model_domain *domain = model_domain(&check->model, i);
        const struct model_on_exit *on_exit = &domain->on_exit;
        const struct number *odd =
            is_written(on_exit->limit.at) ? &on_exit->limit : &on_exit->within;

        if (!is_written(odd->at) || !on_exit->action.valid ||
            domain->on_dma_fault.value == MANIFEST_DMA_RESTART ||
            (is_written(on_exit->action.at) && on_exit->action.value != MANIFEST_EXIT_STOP))
            continue;
        report(check, odd->at,
               say(&check->arena, "%s counts restarts, but it never restarts: `do` is stop (%s)",
                   domain_of(check, domain), line_of(check, on_exit->action.at)),
               "write `do: restart`, or remove `limit` and `within`");
    }
}

void rule_restart_window(struct check *check)
{
    for (uint32_t i = 0; i < check->model.domains.count; i++) {
        const struct model_domain *domain = model_domain(&check->model, i);
        const struct model_on_exit *on_exit = &domain->on_exit;

        if (is_written(on_exit->within.at) && !is_written(on_exit->limit.at))
            report(check, on_exit->within.at,
                   say(&check->arena, "%s has a window `within` but no `limit` to count against",
                       domain_of(check, domain)),
                   "add for instance `limit: 3`, or remove `within`");
    }
}

void rule_restart_rate(struct check *check)
{
    for (uint32_t i = 0; i < check->model.domains.count; i++) {
        const struct model_domain *domain = model_domain(&check->model, i);
        const struct number *limit = &domain->on_exit.limit, *within = &domain->on_exit.within;

        if (limit->valid && within->valid && limit->value > within->value)
            report(check, limit->at,
                   say(&check->arena,
                       "%s may restart %llu times in %llus (%s), which it hardly can: that "
                       "is no limit",
                       domain_of(check, domain), (unsigned long long)limit->value,
                       (unsigned long long)within->value, line_of(check, within->at)),
                   "write for instance `limit: 3, within: 60s`");
    }
}

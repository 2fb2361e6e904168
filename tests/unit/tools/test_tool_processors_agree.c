/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I2: `bulkhead check` and the loader give processors to domains alike: on the same machine, of
 * which the one sees an inventory and the other what the processors say, and whatever `unsafe`
 * allows, what the one refuses the other does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "boot/plan/place.h"
#include "boot/plan/threads.h"
#include "memory_folder.h"
#include "tests/fixtures/board.h"
#include "tests/unit/made_manifest.h"
#include "tools/rules/rules.h"
#include <stdio.h>

enum { ROUNDS = 600, MOST_CORES = 4, DOMAINS = 3, TEXT_BYTES = 1 << 12, LEAF_THREADS = 1 << 8 };

static struct world {
    struct facts facts;
    struct manifest_header header;
    struct manifest manifest;
    struct manifest_domain domains[DOMAINS];
    struct handoff handoff;
    struct diagnostic why;
    bool splits; /* `unsafe` allows split-core */
} world;

static uint32_t random_state = 5;

static uint32_t random_below(uint32_t limit)
{
    random_state = random_state * 1664525 + 1013904223;
    return (random_state >> 8) % limit;
}

static void add_core(uint32_t core, uint32_t threads)
{
    for (uint32_t i = 0; i < threads; i++)
        world.facts.cpus[world.facts.cpu_count++] = (struct fact_cpu){
            .apic_id = core * 2 + i, .topology = {1, threads, LEAF_THREADS, core * 2 + i}};
}

static struct manifest_domain *add_domain(uint32_t cpus)
{
    struct manifest_domain *domain = &world.domains[world.manifest.domain_count++];

    snprintf(domain->name, sizeof(domain->name), "d%u", world.manifest.domain_count);
    domain->cpu_count = cpus;
    return domain;
}

/* Processors that nobody has been given yet, as far as there are any. */
static void pin(struct manifest_domain *domain, uint32_t *first)
{
    uint32_t count = world.facts.cpu_count - *first;

    domain->flags = MANIFEST_CPUS_PINNED;
    domain->cpu_count = domain->cpu_count < count ? domain->cpu_count : count;
    for (uint32_t i = 0; i < domain->cpu_count; i++)
        domain->cpus[i] = world.facts.cpus[(*first)++].apic_id;
}

static void make_world(void)
{
    uint32_t first = random_below(2);

    world = (struct world){.splits = random_below(2)};
    world.manifest.header = &world.header;
    world.manifest.domains = world.domains;
    for (uint32_t core = 0; core < MOST_CORES; core++)
        add_core(core, random_below(3));
    if (world.facts.cpu_count < 2)
        add_core(MOST_CORES, 2);
    for (uint32_t i = random_below(DOMAINS) + 1; i > 0; i--) {
        struct manifest_domain *domain = add_domain(random_below(3) + 1);

        if (random_below(2) && first < world.facts.cpu_count)
            pin(domain, &first);
    }
}

static void keep(const char *path, unsigned char *bytes, size_t count)
{
    FILE *out = fopen(path, "wb");

    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, count, out), count);
    fclose(out);
}

static void write_inventory(void)
{
    char text[TEXT_BYTES] = "vendor_id : GenuineIntel\n", path[128], list[32];
    const struct fact_cpu *cpus = world.facts.cpus;

    for (uint32_t i = 0; i < world.facts.cpu_count; i++) {
        bool has_mate = cpus[i].topology[1] == 2;
        uint32_t lower = i - (has_mate && cpus[i].apic_id % 2);

        sprintf(text + strlen(text), "processor : %u\napicid : %u\n", i, cpus[i].apic_id);
        snprintf(path, sizeof(path), "sys/devices/system/cpu/cpu%u/topology/thread_siblings_list",
                 i);
        snprintf(list, sizeof(list), has_mate ? "%u-%u\\n" : "%u\\n", lower, lower + 1);
        board_text(folder, path, list, keep);
    }
    keep(board_path(folder, "proc/cpuinfo"), (unsigned char *)text, strlen(text));
}

static void write_manifest(char *text, size_t room)
{
    FILE *out = fmemopen(text, room, "w");

    assert_non_null(out);
    fprintf(out, "host: board\nplatform: {inventory: %s}\n", folder);
    if (world.splits)
        fputs("unsafe: [{allow: split-core, reason: lab}]\n", out);
    fputs("domains:\n", out);
    for (uint32_t d = 0; d < world.manifest.domain_count; d++) {
        const struct manifest_domain *domain = &world.domains[d];

        fprintf(out, "  - name: %s\n    memory: 64M\n    boot: {elf64: build/fixtures/good.elf}\n",
                domain->name);
        if (!(domain->flags & MANIFEST_CPUS_PINNED))
            fprintf(out, "    cpus: %u\n", domain->cpu_count);
        for (uint32_t i = 0; domain->flags & MANIFEST_CPUS_PINNED && i < domain->cpu_count; i++)
            fprintf(out, "%s%u%s", i ? ", " : "    cpus: [", domain->cpus[i],
                    i + 1 < domain->cpu_count ? "" : "]\n");
    }
    assert_int_equal(fclose(out), 0);
}

static bool tool_accepts(char *what, size_t room)
{
    static char text[TEXT_BYTES];
    struct check check = {0};
    bool accepts = true;

    write_inventory();
    write_manifest(text, sizeof(text));
    check_text(&check, "test", text, strlen(text));
    for (size_t i = 0; i < check.finding_count; i++) {
        const struct finding *finding = &check.findings[i];

        if (strcmp(finding->rule->name, "smt-split") != 0 &&
            strcmp(finding->rule->name, "inventory-cpu") != 0)
            continue;
        accepts = false;
        snprintf(what, room, "%s", finding->what);
    }
    check_close(&check);
    return accepts;
}

static bool loader_accepts(void)
{
    const struct placement placement = {&world.facts, &world.manifest, &world.handoff, &world.why};

    memset(&world.handoff, 0, sizeof(world.handoff));
    return threads_judge(&world.facts, &world.why) && place_cpus(&placement);
}

static void must_agree(bool expected)
{
    char what[512] = "";
    bool loader = loader_accepts(), tool = tool_accepts(what, sizeof(what));

    if (loader != tool)
        fail_msg("loader: %s; tool: %s", loader ? "good" : world.why.text, tool ? "good" : what);
    assert_int_equal(loader, expected);
}

/* One core's threads for two domains, pinned; one more thread than whole cores give. */
static void nothing_allows_to_split_a_core(void **state)
{
    (void)state;
    for (int splits = 0; splits < 2; splits++) {
        uint32_t first = 0;

        world = (struct world){.splits = splits};
        world.manifest.header = &world.header;
        world.manifest.domains = world.domains;
        add_core(0, 2);
        pin(add_domain(1), &first);
        pin(add_domain(1), &first);
        must_agree(false);
        world.domains[0].flags = world.domains[1].flags = 0;
        must_agree(false);
        add_core(1, 1);
        must_agree(true);
    }
}

static void random_machines_are_judged_alike(void **state)
{
    uint32_t accepted = 0;

    (void)state;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        make_world();
        bool accepts = loader_accepts();
        must_agree(accepts);
        accepted += accepts;
    }
    assert_in_range(accepted, ROUNDS / 20, ROUNDS - ROUNDS / 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_allows_to_split_a_core),
        cmocka_unit_test(random_machines_are_judged_alike),
    };

    return cmocka_run_group_tests_name("tool_processors_agree", tests, make_folder, remove_folder);
}

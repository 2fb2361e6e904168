/* SPDX-License-Identifier: Apache-2.0 */
/* Writes what plan.c has placed. */
#include "align.h"
#include "assign.h"
#include "bitmaps.h"
#include "boot/guest/guest_memory.h"
#include "judge.h"
#include "records.h"
#include "remap.h"
#include "spaces.h"
#include <string.h>

struct build {
    const struct plan_input *in;
    struct handoff *handoff;
    plan_memory memory;
    void *context;
    struct kernel_image image;
    struct spaces spaces;
};

static uint64_t ticks(const struct build *build)
{
    return build->in->ticks ? build->in->ticks() : 0;
}

static void account(struct build *build, uint64_t start, uint64_t bytes)
{
    build->handoff->work_tsc += ticks(build) - start;
    build->handoff->work_bytes += bytes;
}

static void copy_to(struct build *build, uint64_t hpa, const void *from, uint64_t bytes)
{
    uint64_t start = ticks(build);
    memcpy(build->memory(hpa, bytes, build->context), from, bytes);
    account(build, start, bytes);
}

static void zero(struct build *build, uint64_t hpa, uint64_t bytes)
{
    uint64_t start = ticks(build);
    memset(build->memory(hpa, bytes, build->context), 0, bytes);
    account(build, start, bytes);
}

/* Whether the words are such as were written, and not all zeros. */
static bool survived(const struct survivor *survivor, uint64_t *words)
{
    uint64_t any = 0, wrong = 0;
    for (uint32_t i = 0; i < SURVIVOR_HEAD_WORDS; i++) {
        words[i] = survivor->word[SURVIVOR_HEAD + i];
        any |= words[i];
        wrong |= words[i] ^ ~survivor->complement[SURVIVOR_HEAD + i];
    }
    return any != 0 && wrong == 0;
}

static struct panic_record *record_page(const struct build *build, uint32_t cpu)
{
    return build->memory(handoff_record(&build->handoff->cpus[cpu], build->handoff->stop_hpa),
                         PAGE_BYTES, build->context);
}

/* What the boot before has left; before its pages are zeroed. */
static void read_survivor(struct build *build)
{
    struct handoff_audit *audit = &build->handoff->audit;
    const struct survivor *survivor = build->memory(build->handoff->stop_hpa + SURVIVOR_OFFSET,
                                                    sizeof(*survivor), build->context);
    if (survived(survivor, audit->head))
        audit->survived |= HANDOFF_HEAD_SURVIVED;
    for (uint32_t i = 0; i < build->handoff->cpu_count; i++) {
        struct panic_record record;
        if (!record_read(record_page(build, i), audit->boots, &record))
            continue;
        memcpy(audit->panic, record.text, sizeof(audit->panic));
        audit->survived |= HANDOFF_PANIC_SURVIVED;
        return;
    }
}

/* Whose each record will be. */
static void begin_records(struct build *build)
{
    const struct handoff *handoff = build->handoff;
    for (uint32_t i = 0; i < handoff->cpu_count; i++) {
        struct panic_record *record = record_page(build, i);
        record->processor = handoff->cpus[i].apic_id;
        record->boots = handoff->audit.boots;
        if (handoff->cpus[i].domain != HANDOFF_NOBODY)
            memcpy(record->domain, build->in->manifest->domains[handoff->cpus[i].domain].name,
                   sizeof(record->domain));
    }
}

/* RAM is zeroed by its own processor; the payloads' frames are filled to the last byte below. */
static void zero_extents(struct build *build)
{
    for (uint32_t i = 0; i < build->handoff->extent_count; i++) {
        const struct handoff_extent *extent = &build->handoff->extents[i];
        if (extent->kind != EXTENT_RAM && extent->kind != EXTENT_PAYLOAD)
            zero(build, extent->base, extent->bytes);
    }
}

static void copy_kernel(struct build *build)
{
    for (uint32_t i = 0; i < build->image.count; i++) {
        const struct kernel_segment *segment = &build->image.segments[i];
        uint64_t block = segment->area >= KERNEL_START_TEXT ? build->handoff->start_hpa
                                                            : build->handoff->kernel_hpa;
        if (segment->area <= KERNEL_START_CONSTANTS)
            copy_to(build, block + segment->block_offset,
                    (const uint8_t *)build->in->kernel + segment->offset, segment->file_bytes);
    }
}

static enum paging_format nested_format(const struct build *build, uint32_t domain)
{
    const struct facts *facts = build->in->facts;
    return facts->amd                                         ? PAGING_NESTED
           : domain_is_snooped(facts, build->handoff, domain) ? PAGING_SNOOP
                                                              : PAGING_EPT;
}

/* What a guest may do there. Of a processor that said nothing of itself all is closed, which the
 * check does not take. */
static void build_grants(struct build *build, const struct handoff_cpu *cpu)
{
    const struct facts *facts = build->in->facts;
    uint64_t bytes = bitmaps_bytes(facts->amd);
    struct fact_cpu none = {0};
    const struct fact_cpu *own = &none;
    for (uint32_t i = 0; i < facts->cpu_count; i++)
        if (facts->cpus[i].apic_id == cpu->apic_id)
            own = &facts->cpus[i];
    bitmaps_build(build->memory(cpu->state_hpa, bytes, build->context), &own->features, facts->amd);
    memcpy(build->memory(cpu->state_hpa + bytes, sizeof(own->cpuid), build->context), &own->cpuid,
           sizeof(own->cpuid));
}

static void build_tables(struct build *build)
{
    const struct handoff *handoff = build->handoff;
    struct paging_space space;
    for (uint32_t i = 0; i < handoff->cpu_count; i++) {
        space_of_cpu(&build->spaces, i, &space);
        paging_build(&space, PAGING_HOST, handoff->cpus[i].page_table, build->memory,
                     build->context);
        space_of_start(&build->spaces, i, &space);
        paging_build(&space, PAGING_HOST, handoff->cpus[i].start_table, build->memory,
                     build->context);
    }
    for (uint32_t i = 0; i < handoff->domain_count; i++) {
        space_of_domain(&build->spaces, i, &space);
        paging_build(&space, nested_format(build, i), handoff->domains[i].nested_root,
                     build->memory, build->context);
    }
    if (handoff->iommu_count)
        remap_build(handoff, build->memory, build->context);
    space_of_boot(&build->spaces, &space);
    paging_build(&space, PAGING_HOST, handoff->boot_page_table, build->memory, build->context);
}

/* A payload file, then zeros to the end of its last page; returns the address behind. */
static uint64_t copy_payload(struct build *build, uint64_t hpa, uint32_t index)
{
    const struct manifest_payload *payload = &build->in->manifest->payloads[index];
    uint64_t end = page_up(payload->bytes);
    copy_to(build, hpa, build->in->payload + payload->offset, payload->bytes);
    zero(build, hpa + payload->bytes, end - payload->bytes);
    return hpa + end;
}

static void build_domain(struct build *build, uint32_t index)
{
    const struct manifest_domain *domain = &build->in->manifest->domains[index];
    uint64_t hpa = copy_payload(build, build->handoff->domains[index].payload_hpa, domain->kernel);
    uint64_t bytes = guest_template_bytes(build->in, index);
    if (domain->initrd != MANIFEST_NONE)
        hpa = copy_payload(build, hpa, domain->initrd);
    zero(build, hpa, bytes);
    guest_build_templates(build->in, build->handoff, index,
                          build->memory(hpa, bytes, build->context));
}

/* What domain `index` keeps of its functions: one after the other, then two pages of each. */
static void build_functions(struct build *build, uint32_t index)
{
    const struct handoff *handoff = build->handoff;
    const struct handoff_domain *domain = &handoff->domains[index];
    if (domain->function_count == 0)
        return;
    uint8_t *list = build->memory(domain->devices_hpa, domain->devices_bytes, build->context);
    uint8_t *pages = list + function_pages_offset(domain->function_count);
    for (uint32_t i = 0; i < handoff->function_count; i++) {
        const struct function *function = &handoff->functions[i];
        if (function->domain != index)
            continue;
        memcpy(list, function, sizeof(*function));
        config_space_build(fact_function(build->in->facts, function->pci), function, pages,
                           pages + CONFIG_SPACE_BYTES);
        list += sizeof(*function);
        pages += 2 * CONFIG_SPACE_BYTES;
    }
}

/* A port that several domains' ends wait for is a channel between them: not in a release. */
static bool tells_on_com1(const struct manifest *manifest)
{
    bool tells = manifest->header->flags & MANIFEST_LAB;
    for (uint32_t i = 0; i < manifest->domain_count; i++)
        tells &= manifest->domains[i].serial_port != 1;
    return tells;
}

static void copy_table(const struct manifest *manifest, enum manifest_table_id table, void *to,
                       size_t entry_bytes, uint32_t *count)
{
    const void *from = manifest_entries(manifest, table, count);
    if (*count > 0)
        memcpy(to, from, *count * entry_bytes);
}

static void build_machine(const struct build *build, struct management_machine *machine)
{
    const struct manifest *manifest = build->in->manifest;
    uint32_t policies;
    const struct manifest_policy *policy = manifest_entries(manifest, MANIFEST_POLICY, &policies);
    memcpy(machine->digest, manifest->header->digest, DIGEST_BYTES);
    memcpy(machine->host, manifest->header->host, sizeof(machine->host));
    if (policies > 0) {
        const char *text = manifest_string(manifest, policy->classification);
        for (size_t i = 0; i + 1 < sizeof(machine->classification) && text[i]; i++)
            machine->classification[i] = text[i];
        machine->level = policy->level;
        machine->categories = policy->categories;
    }
    machine->lab = (manifest->header->flags & MANIFEST_LAB) != 0;
    machine->own = (uint32_t)build->handoff->management;
    machine->counts[MANAGEMENT_MACHINE] = 1;
    machine->tsc_hz = build->handoff->tsc_hz;
    machine->unix_time = build->handoff->unix_time;
    machine->unix_time_tsc = build->handoff->unix_time_tsc;
}

/* What the management domain keeps of all others, in zeroed memory behind its slice. */
static void build_book(const struct build *build, struct handoff_book *book)
{
    const struct manifest *manifest = build->in->manifest;
    const struct handoff *handoff = build->handoff;
    uint32_t *counts = book->machine.counts;
    build_machine(build, &book->machine);
    copy_table(manifest, MANIFEST_DOMAINS, book->domains, sizeof(book->domains[0]),
               &counts[MANAGEMENT_DOMAIN]);
    copy_table(manifest, MANIFEST_LEVELS, book->levels, sizeof(book->levels[0]),
               &counts[MANAGEMENT_LEVEL]);
    copy_table(manifest, MANIFEST_CATEGORIES, book->categories, sizeof(book->categories[0]),
               &counts[MANAGEMENT_CATEGORY]);
    copy_table(manifest, MANIFEST_NETWORKS, book->networks, sizeof(book->networks[0]),
               &counts[MANAGEMENT_NETWORK]);
    copy_table(manifest, MANIFEST_DEVICES, book->devices, sizeof(book->devices[0]),
               &counts[MANAGEMENT_DEVICE]);
    for (uint32_t i = 0; i < handoff->domain_count; i++) {
        book->apic_ids[i] = handoff->cpus[handoff->domains[i].cpus[0]].apic_id;
        book->public_hpa[i] = handoff->domains[i].public_hpa;
        book->public_bytes[i] = handoff->domains[i].public_bytes;
    }
}

/* What processor `cpu`, the first of its domain or a parked one, keeps of the handoff. */
static void build_slice(struct build *build, uint32_t cpu)
{
    const struct handoff *handoff = build->handoff;
    const struct handoff_cpu *first = &handoff->cpus[cpu];
    struct handoff_slice *slice = build->memory(first->slice_hpa, PAGE_BYTES, build->context);
    *slice = (struct handoff_slice){.bytes = sizeof(*slice),
                                    .domain = first->domain,
                                    .cpu_count = 1,
                                    .cpus = {*first},
                                    .self_hpa = first->slice_hpa,
                                    .tsc_hz = handoff->tsc_hz,
                                    .unix_time = handoff->unix_time,
                                    .unix_time_tsc = handoff->unix_time_tsc,
                                    .kernel_hpa = handoff->kernel_hpa,
                                    .kernel_bytes = handoff->kernel_bytes,
                                    .cpu_state_bytes = handoff->cpu_state_bytes,
                                    .stop_hpa = handoff->stop_hpa,
                                    .auditor = handoff_auditor(handoff)};
    if (handoff->iommu_count > 0 && handoff_fault_reader(handoff) == cpu) {
        slice->unit_count = handoff->iommu_count;
        slice->public_count = handoff->domain_count;
        for (uint32_t i = 0; i < handoff->iommu_count; i++)
            slice->units[i] = handoff->iommus[i].registers;
        for (uint32_t i = 0; i < handoff->domain_count; i++)
            slice->public_pages[i] = handoff->domains[i].public_hpa;
    }
    slice->tells_on_com1 = tells_on_com1(build->in->manifest);
    if (first->domain == HANDOFF_NOBODY)
        return;
    slice->place = handoff->domains[first->domain];
    slice->rules = build->in->manifest->domains[first->domain];
    memcpy(slice->manifest_digest, build->in->manifest->header->digest, DIGEST_BYTES);
    slice->cpu_count = slice->place.cpu_count;
    for (uint32_t i = 0; i < slice->cpu_count; i++)
        slice->cpus[i] = handoff->cpus[slice->place.cpus[i]];
    if (first->domain == handoff->management)
        build_book(build, build->memory(first->slice_hpa + PAGE_BYTES, BOOK_BYTES, build->context));
}

static void copy_handoff(struct build *build)
{
    const struct facts *facts = build->in->facts;
    const struct handoff *handoff = build->handoff;
    uint8_t *self = build->memory(handoff->self_hpa, handoff->bytes, build->context);
    if (handoff->screen.glyph_height > 0)
        memcpy(self + handoff->screen.glyph_offset, facts->glyphs, glyph_bytes(&handoff->screen));
    memcpy(self + handoff->manifest_offset, build->in->manifest->header, handoff->manifest_bytes);
    memcpy(self, handoff, sizeof(*handoff));
}

void plan_build(const struct plan_input *in, struct handoff *handoff, plan_memory memory,
                void *context)
{
    struct diagnostic why;
    struct build build = {.in = in,
                          .handoff = handoff,
                          .memory = memory,
                          .context = context,
                          .spaces = {in->facts, handoff, &build.image, in->manifest}};
    kernel_image_parse(in->kernel, in->kernel_bytes, &build.image, &why);
    remap_locate(handoff);
    read_survivor(&build);
    zero_extents(&build);
    begin_records(&build);
    copy_kernel(&build);
    build_tables(&build);
    for (uint32_t i = 0; i < handoff->domain_count; i++) {
        build_domain(&build, i);
        build_functions(&build, i);
    }
    for (uint32_t i = 0; i < handoff->cpu_count; i++)
        if (handoff->cpus[i].domain == HANDOFF_NOBODY || handoff->cpus[i].index == 0)
            build_slice(&build, i);
    for (uint32_t i = 0; i < handoff->cpu_count; i++)
        build_grants(&build, &handoff->cpus[i]);
    copy_handoff(&build);
}

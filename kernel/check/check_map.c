/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The separation check, address spaces: walks nested tables and page tables from the root that
 * the hardware uses, and demands exactly the runs that are due, in ascending order: the walk
 * stands at the next address that must come, so a missing page shows like a page too many.
 */
#include "arch/x86/include/paging.h"
#include "check_parts.h"
#include "kernel/abi/layout.h"
#include "kernel/format.h"

/* EPT pointer: write-back tables, a walk of four levels, no accessed and dirty flags. */
#define EPTP_BITS (MEMORY_WB | (PAGING_LEVELS - 1) << 3)

/* Tables of one format. Bits of an entry that no field here names must be 0. */
struct table_format {
    const char *name, *invariant;
    uint64_t rights;  /* bits that say read, write, execute */
    uint64_t branch;  /* further bits of every entry that leads to a table */
    uint64_t leaf;    /* further bits of every entry that maps a page of memory */
    uint64_t device;  /* and of registers: uncached */
    uint64_t ignored; /* bits that the processor sets, or passes over */
    uint64_t sign;    /* of addresses: bits to set above the upper half's */
};

#define EPT_RIGHTS        (EPT_READ | EPT_WRITE | EPT_EXECUTE)
#define PAGE_TABLE_RIGHTS (PAGE_PRESENT | PAGE_WRITE | PAGE_NX)
static const struct table_format page_tables = {.name = "page table va",
                                                .invariant = "I11",
                                                .rights = PAGE_TABLE_RIGHTS,
                                                .device = PAGE_PWT | PAGE_PCD,
                                                .ignored = PAGE_ACCESSED | PAGE_DIRTY,
                                                .sign = 0xffffull << 48};
/* EPT_TYPE(MEMORY_UC) is 0. */
static const struct table_format nested_formats[] = {
    [CHECK_EPT] = {"EPT gpa", "I1", EPT_RIGHTS, 0, EPT_TYPE(MEMORY_WB), 0, EPT_SNOOP, 0},
    [CHECK_NPT] = {"NPT gpa", "I1", PAGE_TABLE_RIGHTS, PAGE_USER, PAGE_USER,
                   PAGE_USER | PAGE_PWT | PAGE_PCD, PAGE_ACCESSED | PAGE_DIRTY, 0},
};

static uint64_t rights_of(const struct table_format *format, uint64_t entry)
{
    if (format->rights == EPT_RIGHTS)
        return entry & EPT_RIGHTS;
    return (entry & (PAGE_PRESENT | PAGE_WRITE)) | (entry & PAGE_NX ? 0 : CHECK_EXECUTE);
}

/* Further bits of an entry that maps what is due. */
static uint64_t leaf_bits(const struct table_format *format, const struct check_due *due)
{
    return due->kind >= CHECK_WINDOW ? format->device : format->leaf;
}

/*
 * The one message about an entry: where it stands, whose memory it names, with which rights in
 * all, and what is due. `entry` 0: it is missing.
 */
static bool fail_entry(const struct check *check, uint64_t address, unsigned level, uint64_t entry,
                       uint64_t rights, bool link)
{
    const struct check_walk *walk = &check->walk;
    const struct check_due *due = walk->run;
    char expected[80] = "nothing";
    uint64_t most = due->bytes;
    if (due->rights & CHECK_EXECUTE && most > walk->executable_leaf)
        most = walk->executable_leaf;
    if (link)
        format(expected, sizeof expected, "link to a table, bits %lx", walk->format->branch);
    else if (address >= due->address)
        format(expected, sizeof expected, "%s %lx rights %lx bits %lx up to %lx bytes",
               check_kinds[due->kind].name, due->hpa, due->rights, leaf_bits(walk->format, due),
               most);
    return check_fail(
        check->result, walk->format->invariant, "%s %lx level %u: %lx (%s) rights %lx; due: %s",
        walk->format->name, address, level, entry,
        entry ? check_owner(check, entry & PAGING_ADDRESS) : "not mapped", rights, expected);
}

static void hash_joined(struct check_walk *walk)
{
    if (walk->hashed && walk->joined[2])
        sha256_update(&walk->hash, walk->joined, sizeof walk->joined);
}

/* Books `bytes` of the run that is due as mapped in `leaves` entries. */
static void accept(struct check_walk *walk, uint64_t bytes, uint64_t leaves)
{
    struct check_due *run = walk->run;
    uint64_t *joined = walk->joined;
    if (run->address != joined[0] + joined[2] || run->hpa != joined[1] + joined[2] ||
        run->rights != joined[3]) {
        hash_joined(walk);
        joined[0] = run->address;
        joined[1] = run->hpa;
        joined[2] = 0;
        joined[3] = run->rights;
    }
    joined[2] += bytes;
    walk->leaves += leaves;
    walk->bytes += bytes;
    run->address += bytes;
    run->hpa += bytes;
    run->bytes -= bytes;
    if (!run->bytes)
        walk->run++;
}

/*
 * The leaf `entries[0]` at `address`; `above` is what the levels above allow. Takes as many of
 * the `count` entries as simply go on from it, and returns how many; 0 is a failure.
 */
static unsigned check_leaf(struct check *check, const uint64_t *entries, unsigned count,
                           unsigned level, uint64_t address, uint64_t above)
{
    struct check_walk *walk = &check->walk;
    const struct table_format *rules = walk->format;
    const struct check_due *due = walk->run;
    uint64_t size = 1ull << paging_shift(level), large = level > 1 ? PAGE_LARGE : 0;
    uint64_t entry = entries[0] & ~rules->ignored;
    uint64_t rights = above & rights_of(rules, entry);
    uint64_t bits = entry & ~(rules->rights | PAGING_ADDRESS | large);
    if (address > due->address)
        return fail_entry(check, due->address, 1, 0, 0, false);
    if (address != due->address || (entry & PAGING_ADDRESS) != due->hpa || rights != due->rights ||
        bits != leaf_bits(rules, due) || size > due->bytes || due->hpa % size ||
        (rights & CHECK_EXECUTE && size > walk->executable_leaf))
        return fail_entry(check, address, level, entries[0], rights, false);
    uint64_t most = due->bytes / size < count ? due->bytes / size : count;
    unsigned n = 1;
    for (entry += size; n < most && (entries[n] & ~rules->ignored) == entry; entry += size)
        n++;
    accept(walk, n * size, n);
    return n;
}

/* Goes down to the table at `hpa`. False: it is none of those that there may be. */
static bool enter_table(struct check *check, uint64_t hpa, unsigned level, uint64_t address,
                        uint64_t rights)
{
    const struct check_input *in = check->in;
    struct check_walk *walk = &check->walk;
    const uint64_t *table = NULL;
    const char *why = "outside its tables";
    if (hpa - walk->tables_hpa < walk->tables_bytes) {
        why = walk->tables_left ? "not to be seen" : "shared or in a loop";
        if (walk->tables_left && walk->tables_left--)
            table = in->frame(hpa, in->context);
    }
    if (!table)
        return check_fail(check->result, walk->format->invariant, "%s: table at %lx (%s): %s",
                          walk->format->name, hpa, check_owner(check, hpa), why);
    walk->level = level;
    walk->levels[level] = (struct check_level){table, 0, address, rights};
    return true;
}

/* Looks at the entries that come next, `left` at most; false: at one that is wrong. */
static bool check_entries(struct check *check, unsigned *left)
{
    struct check_walk *walk = &check->walk;
    const struct table_format *rules = walk->format;
    unsigned level = walk->level;
    struct check_level *here = &walk->levels[level];
    unsigned i = here->next, taken = 1, most = PAGING_ENTRIES - i;
    uint64_t entry = here->table[i], at = here->address + ((uint64_t)i << paging_shift(level));
    if (most > *left)
        most = *left;
    if (level == PAGING_LEVELS && i >= PAGING_ENTRIES / 2)
        at |= rules->sign;
    if (entry && (level == 1 || (level < PAGING_LEVELS && entry & PAGE_LARGE))) {
        taken = check_leaf(check, here->table + i, most, level, at, here->rights);
    } else if (entry) {
        uint64_t bits = entry & ~(rules->rights | rules->ignored | PAGING_ADDRESS);
        uint64_t rights = rights_of(rules, entry);
        if (bits != rules->branch || !(rights & CHECK_READ))
            return fail_entry(check, at, level, entry, here->rights & rights, true);
        if (!enter_table(check, entry & PAGING_ADDRESS, level - 1, at, here->rights & rights))
            return false;
    }
    here->next += taken;
    *left -= taken;
    return taken;
}

enum check_progress check_walk_on(struct check *check, unsigned *left, bool *good)
{
    struct check_walk *walk = &check->walk;
    while (*good && walk->level <= PAGING_LEVELS) {
        if (walk->levels[walk->level].next == PAGING_ENTRIES)
            walk->level++;
        else if (*left == 0)
            return CHECK_GOES_ON;
        else
            *good = check_entries(check, left);
    }
    if (*good && walk->run != walk->runs + walk->run_count)
        *good = fail_entry(check, walk->run->address, 1, 0, 0, false);
    if (!*good)
        return CHECK_DONE;
    hash_joined(walk);
    if (walk->hashed) {
        check->result->nested_leaves = walk->leaves;
        check->result->nested_bytes = walk->bytes;
    } else {
        check->result->host_leaves = walk->leaves;
    }
    return CHECK_DONE;
}

static bool begin_walk(struct check *check, uint64_t root)
{
    struct check_walk *walk = &check->walk;
    walk->run = walk->runs;
    walk->runs[walk->run_count].address = UINT64_MAX;
    walk->tables_left = walk->tables_bytes / PAGE_BYTES;
    return enter_table(check, root, PAGING_LEVELS, 0, CHECK_READ | CHECK_WRITE | CHECK_EXECUTE);
}

static uint64_t parked_tables(const struct check_input *in)
{
    return in->slice->cpus[in->local].state_hpa + in->slice->cpu_state_bytes;
}

bool check_expect(struct check *check, uint32_t kind, uint64_t va, uint64_t hpa, uint64_t bytes)
{
    struct check_walk *walk = &check->walk;
    const struct check_kind *rules = &check_kinds[kind];
    const struct check_due *last = walk->run_count ? &walk->runs[walk->run_count - 1] : NULL;
    uint64_t guard = last && last->kind == EXTENT_CPU ? PAGE_BYTES : 0;
    if (!bytes || (va | hpa | bytes) % PAGE_BYTES || va < rules->window ||
        va >= rules->window_end || bytes > rules->window_end - va ||
        (last && va < last->address + last->bytes + guard) || walk->run_count == CHECK_RUNS)
        return check_fail(check->result, "I11",
                          "%s due at va %lx, hpa %lx, %lx bytes: out of place", rules->name, va,
                          hpa, bytes);
    walk->runs[walk->run_count++] = (struct check_due){va, hpa, bytes, rules->rights, kind};
    return true;
}

const struct function *check_functions_of(const struct check *check)
{
    const struct handoff_domain *domain = check->domain;
    return domain && domain->function_count
               ? check->in->frame(domain->devices_hpa, check->in->context)
               : NULL;
}

/* What a domain's processors see of its functions: the list, configuration space, what is trapped.
 */
static bool expect_functions(struct check *check, const struct handoff_domain *domain)
{
    const struct function *functions = check_functions_of(check);
    uint64_t own = VA_CONFIG, port = VA_CONFIG + CONFIG_PORTS * PAGE_BYTES;
    if (!domain->function_count)
        return true;
    if (!functions || domain->function_count > MAX_DOMAIN_DEVICES ||
        domain->cpu_count > MAX_DOMAIN_CPUS ||
        domain->devices_bytes != functions_bytes(domain->function_count))
        return check_fail(check->result, "I3", "list of %u functions at %lx, %lx bytes: unseen",
                          domain->function_count, domain->devices_hpa, domain->devices_bytes);
    if (!check_expect(check, EXTENT_DEVICES, VA_DEVICES, domain->devices_hpa,
                      domain->devices_bytes) ||
        (domain->vectors_bytes && !check_expect(check, EXTENT_VECTORS, VA_VECTORS,
                                                domain->vectors_hpa, domain->vectors_bytes)))
        return false;
    for (uint32_t i = 0; i < domain->function_count; i++, own += PAGE_BYTES)
        if (!check_expect(check, CHECK_CONFIG, own, functions[i].config_hpa, PAGE_BYTES))
            return false;
    for (uint32_t i = 0; i < domain->function_count; i++, port += PAGE_BYTES)
        if (functions[i].port_hpa &&
            !check_expect(check, CHECK_CONFIG, port, functions[i].port_hpa, PAGE_BYTES))
            return false;
    for (uint32_t i = 0; i < domain->function_count; i++)
        for (uint32_t k = 0; k < functions[i].trap_count && k < MAX_TRAPS; k++)
            if (!check_expect(check, CHECK_TRAPPED, functions[i].traps[k].va,
                              functions[i].traps[k].hpa, functions[i].traps[k].bytes))
                return false;
    return true;
}

/* What the reader of faults sees of the units, and where it tells whom. */
static bool expect_units(struct check *check)
{
    const struct handoff_slice *slice = check->slice;
    if (check->cpu->index || !slice->unit_count)
        return true;
    if (slice->unit_count > MAX_IOMMUS || slice->public_count > MAX_DOMAINS)
        return check_fail(check->result, "I11", "%u IOMMU units, %u public pages: too many",
                          slice->unit_count, slice->public_count);
    for (uint32_t i = 0; i < slice->unit_count; i++)
        if (!check_expect(check, CHECK_UNIT, VA_UNITS + i * PAGE_BYTES, slice->units[i],
                          PAGE_BYTES))
            return false;
    for (uint32_t i = 0; i < slice->public_count; i++)
        if (!check_expect(check, CHECK_TOLD, VA_UNITS + (UNITS_PUBLIC + i) * PAGE_BYTES,
                          slice->public_pages[i], PAGE_BYTES))
            return false;
    return true;
}

/* What they see of the units' tables: entries of its functions, and what shares their pages. */
static bool expect_remap(struct check *check, const struct handoff_domain *domain)
{
    const struct function *functions = check_functions_of(check);
    for (uint32_t i = 0; functions && i < domain->function_count; i++) {
        const struct function *function = &functions[i];
        uint64_t va = VA_REMAP + (uint64_t)i * REMAP_STRIDE;
        if (!check_silent(function) &&
            (!check_expect(check, CHECK_REMAP, va, function->context_hpa & ~(PAGE_BYTES - 1),
                           PAGE_BYTES) ||
             !check_expect(check, CHECK_REMAP, va + PAGE_BYTES, check_block_base(function),
                           check_block_bytes(function, domain->cpu_count))))
            return false;
    }
    return true;
}

/* What a domain's processors see of it below the kernel. */
static bool expect_domain(struct check *check, const struct handoff_domain *domain)
{
    uint64_t payload = (domain->payload_bytes + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
    if (payload && !check_expect(check, EXTENT_PAYLOAD, VA_PAYLOAD, domain->payload_hpa, payload))
        return false;
    for (uint32_t i = 0; i < domain->ram_count; i++)
        if (!check_expect(check, EXTENT_RAM, VA_RAM + domain->ram[i].gpa, domain->ram[i].hpa,
                          domain->ram[i].bytes))
            return false;
    return true;
}

/*
 * Where the frames of the kernel's segment `i` are: shared ones in one block as in VA_KERNEL, a
 * processor's and a domain's packed, in blocks of their own.
 */
static uint64_t segment_hpa(const struct check_input *in, uint32_t i)
{
    const struct check_segment *segment = &in->segments[i];
    uint64_t hpa = in->slice->cpus[in->local].state_hpa;
    if (segment->kind == EXTENT_TEXT || segment->kind == EXTENT_CONSTANTS)
        return in->slice->kernel_hpa + (segment->va - VA_KERNEL);
    if (segment->kind == EXTENT_PRIVATE)
        hpa = in->slice->place.private_hpa;
    while (i--)
        if (in->segments[i].kind == segment->kind)
            hpa += in->segments[i].bytes;
    return hpa;
}

static bool expect_kernel(struct check *check)
{
    const struct check_input *in = check->in;
    const struct handoff_slice *slice = in->slice;
    uint64_t state = 0, shared = 0;
    for (uint32_t i = 0; i < in->segment_count; i++) {
        const struct check_segment *segment = &in->segments[i];
        if (segment->kind == EXTENT_CPU && !state &&
            (!check_expect(check, EXTENT_SLICE, VA_SLICE, slice->self_hpa,
                           handoff_slice_bytes(slice->rules.flags)) ||
             !check_expect(check, EXTENT_STOP, VA_STOP, slice->stop_hpa, PAGE_BYTES) ||
             !check_expect(check, EXTENT_RECORD, VA_RECORD,
                           handoff_record(check->cpu, slice->stop_hpa), PAGE_BYTES)))
            return false;
        if (segment->kind == EXTENT_CPU)
            state += segment->bytes;
        if (segment->kind == EXTENT_TEXT || segment->kind == EXTENT_CONSTANTS)
            shared += segment->bytes;
        if ((check->domain || segment->kind != EXTENT_PRIVATE) &&
            !check_expect(check, segment->kind, segment->va, segment_hpa(in, i), segment->bytes))
            return false;
    }
    if (state != slice->cpu_state_bytes || shared != slice->kernel_bytes)
        return check_fail(check->result, "I11",
                          "segments: %lx bytes of processor state and %lx shared, expected %lx and "
                          "%lx",
                          state, shared, slice->cpu_state_bytes, slice->kernel_bytes);
    return !check->domain || check_expect(check, EXTENT_PUBLIC, VA_PUBLIC,
                                          check->domain->public_hpa, check->domain->public_bytes);
}

/* A parked processor's tables lie behind its state, a domain's processors' among its tables. */
bool check_begin_page_tables(struct check *check)
{
    const struct handoff_domain *domain = check->domain;
    check->walk = (struct check_walk){
        .format = &page_tables,
        .tables_hpa = domain ? domain->tables_hpa : parked_tables(check->in),
        .tables_bytes = domain ? domain->tables_bytes : PARKED_TABLES_BYTES,
        .executable_leaf = UINT64_MAX,
    };
    return check_expect(check, EXTENT_TABLES, VA_TABLES, check->walk.tables_hpa,
                        check->walk.tables_bytes) &&
           (!domain || expect_domain(check, domain)) && expect_kernel(check) &&
           check_expect_others(check) && (!domain || expect_functions(check, domain)) &&
           expect_units(check) && (!domain || expect_remap(check, domain)) &&
           begin_walk(check, check->in->registers->now.cr3);
}

bool check_begin_nested_tables(struct check *check)
{
    const struct handoff_domain *domain = check->domain;
    const struct check_registers *registers = check->in->registers;
    uint64_t due =
        (domain->nested_root & PAGING_ADDRESS) | (registers->nested == CHECK_EPT ? EPTP_BITS : 0);
    check->walk = (struct check_walk){.format = &nested_formats[registers->nested],
                                      .tables_hpa = domain->tables_hpa,
                                      .tables_bytes = domain->tables_bytes,
                                      .executable_leaf = domain->ram_leaf_bytes,
                                      .hashed = true};
    if (domain->ram_count > MAX_RAM_SEGMENTS || domain->window_count > MAX_DOMAIN_WINDOWS)
        return check_fail(check->result, "I1", "%u pieces of RAM, %u of registers: too many",
                          domain->ram_count, domain->window_count);
    if (registers->nested_root != due)
        return check_fail(check->result, "I1", "root of nested tables: %lx, expected %lx",
                          registers->nested_root, due);
    for (uint32_t i = 0, k = 0; i < domain->ram_count || k < domain->window_count;)
        if (k == domain->window_count ||
            (i < domain->ram_count && domain->ram[i].gpa < domain->windows[k].gpa)) {
            const struct handoff_ram *ram = &domain->ram[i++];
            check->walk.runs[check->walk.run_count++] =
                (struct check_due){ram->gpa, ram->hpa, ram->bytes,
                                   CHECK_READ | CHECK_WRITE | CHECK_EXECUTE, EXTENT_RAM};
        } else {
            const struct handoff_window *window = &domain->windows[k++];
            check->walk.runs[check->walk.run_count++] = (struct check_due){
                window->gpa, window->hpa, window->bytes, CHECK_READ | CHECK_WRITE, CHECK_WINDOW};
        }
    sha256_init(&check->walk.hash);
    return begin_walk(check, registers->nested_root & PAGING_ADDRESS);
}

const void *check_own_frame(uint64_t hpa, void *context)
{
    const struct check_input *in = context;
    const struct handoff_domain *domain =
        in->slice->domain == HANDOFF_NOBODY ? NULL : &in->slice->place;
    uint64_t tables = domain ? domain->tables_hpa : parked_tables(in);
    if (domain && hpa - domain->devices_hpa < domain->devices_bytes)
        return (const void *)(VA_DEVICES + (hpa - domain->devices_hpa));
    const void *window = domain ? check_own_window(domain, hpa) : NULL;
    if (window)
        return window;
    if (hpa - tables < (domain ? domain->tables_bytes : PARKED_TABLES_BYTES))
        return (const void *)(VA_TABLES + (hpa - tables));
    for (uint32_t i = 0; i < in->segment_count; i++) {
        uint64_t offset = hpa - segment_hpa(in, i);
        if (offset < in->segments[i].bytes && (domain || in->segments[i].kind != EXTENT_PRIVATE))
            return (const void *)(in->segments[i].va + offset);
    }
    return NULL;
}

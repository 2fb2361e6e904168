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
#include "kernel/sha256.h"

/* EPT pointer: write-back tables, a walk of four levels, no accessed and dirty flags. */
#define EPTP_BITS (MEMORY_WB | (PAGING_LEVELS - 1) << 3)

enum { MAX_RUNS = MAX_RAM_SEGMENTS + 16 };

/* Tables of one format. Bits of an entry that no field here names must be 0. */
struct table_format {
    const char *name, *invariant;
    uint64_t rights;  /* bits that say read, write, execute */
    uint64_t branch;  /* further bits of every entry that leads to a table */
    uint64_t leaf;    /* further bits of every entry that maps a page */
    uint64_t ignored; /* bits that the processor sets */
    uint64_t sign;    /* of addresses: bits to set above the upper half's */
};

#define EPT_RIGHTS        (EPT_READ | EPT_WRITE | EPT_EXECUTE)
#define PAGE_TABLE_RIGHTS (PAGE_PRESENT | PAGE_WRITE | PAGE_NX)
static const struct table_format page_tables = {.name = "page table va",
                                                .invariant = "I11",
                                                .rights = PAGE_TABLE_RIGHTS,
                                                .ignored = PAGE_ACCESSED | PAGE_DIRTY,
                                                .sign = 0xffffull << 48};
static const struct table_format nested_formats[] = {
    [CHECK_EPT] = {"EPT gpa", "I1", EPT_RIGHTS, 0, EPT_TYPE(MEMORY_WB), 0, 0},
    [CHECK_NPT] = {"NPT gpa", "I1", PAGE_TABLE_RIGHTS, PAGE_USER, PAGE_USER,
                   PAGE_ACCESSED | PAGE_DIRTY, 0},
};

/* What must be mapped: consecutive frames at consecutive addresses. */
struct run {
    uint64_t address, hpa, bytes;
    uint64_t rights; /* enum check_rights */
    uint32_t kind;   /* enum handoff_extent_kind */
};

struct walk {
    const struct check *check;
    const struct table_format *format;
    uint64_t tables_hpa, tables_bytes; /* where every table must lie */
    uint64_t tables_left;              /* each frame serves once: no loop, no sharing */
    uint64_t executable_leaf;          /* the largest page that may be executable */
    struct run runs[MAX_RUNS + 1];     /* what is due; after the last one nothing is */
    uint32_t run_count;
    struct run *run; /* the next that is due, less what of it has been seen */
    uint64_t leaves, bytes;
    struct sha256 *hash; /* NULL: no digest wanted */
    uint64_t joined[4];  /* gpa, hpa, bytes, rights: leaves not hashed yet */
};

static uint64_t rights_of(const struct table_format *format, uint64_t entry)
{
    if (format->rights == EPT_RIGHTS)
        return entry & EPT_RIGHTS;
    return (entry & (PAGE_PRESENT | PAGE_WRITE)) | (entry & PAGE_NX ? 0 : CHECK_EXECUTE);
}

/*
 * The one message about an entry: where it stands, whose memory it names, with which rights in
 * all, and what is due. `entry` 0: it is missing.
 */
static bool fail_entry(const struct walk *walk, uint64_t address, unsigned level, uint64_t entry,
                       uint64_t rights, bool link)
{
    const struct run *due = walk->run;
    char owner[48] = "not mapped", expected[80] = "nothing";
    uint64_t most = due->bytes;
    if (entry)
        check_owner(walk->check, entry & PAGING_ADDRESS, owner, sizeof owner);
    if (due->rights & CHECK_EXECUTE && most > walk->executable_leaf)
        most = walk->executable_leaf;
    if (link)
        format(expected, sizeof expected, "link to a table, bits %lx", walk->format->branch);
    else if (address >= due->address)
        format(expected, sizeof expected, "%s %lx rights %lx bits %lx up to %lx bytes",
               check_kinds[due->kind].name, due->hpa, due->rights, walk->format->leaf, most);
    return check_fail(walk->check, walk->format->invariant,
                      "%s %lx level %u: %lx (%s) rights %lx; due: %s", walk->format->name, address,
                      level, entry, owner, rights, expected);
}

static void hash_joined(struct walk *walk)
{
    if (walk->hash && walk->joined[2])
        sha256_update(walk->hash, walk->joined, sizeof walk->joined);
}

/* Books `bytes` of the run that is due as mapped in `leaves` entries. */
static void accept(struct walk *walk, uint64_t bytes, uint64_t leaves)
{
    struct run *run = walk->run;
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
static unsigned check_leaf(struct walk *walk, const uint64_t *entries, unsigned count,
                           unsigned level, uint64_t address, uint64_t above)
{
    const struct table_format *rules = walk->format;
    const struct run *due = walk->run;
    uint64_t size = 1ull << paging_shift(level), large = level > 1 ? PAGE_LARGE : 0;
    uint64_t entry = entries[0] & ~rules->ignored;
    uint64_t rights = above & rights_of(rules, entry);
    uint64_t bits = entry & ~(rules->rights | PAGING_ADDRESS | large);
    if (address > due->address)
        return fail_entry(walk, due->address, 1, 0, 0, false);
    if (address != due->address || (entry & PAGING_ADDRESS) != due->hpa || rights != due->rights ||
        bits != rules->leaf || size > due->bytes || due->hpa % size ||
        (rights & CHECK_EXECUTE && size > walk->executable_leaf))
        return fail_entry(walk, address, level, entries[0], rights, false);
    uint64_t most = due->bytes / size < count ? due->bytes / size : count;
    unsigned n = 1;
    for (entry += size; n < most && (entries[n] & ~rules->ignored) == entry; entry += size)
        n++;
    accept(walk, n * size, n);
    return n;
}

static const uint64_t *open_table(struct walk *walk, uint64_t hpa)
{
    const struct check_input *in = walk->check->in;
    const uint64_t *table = NULL;
    const char *why = "outside its tables";
    char owner[48];
    if (hpa - walk->tables_hpa < walk->tables_bytes) {
        why = walk->tables_left ? "not to be seen" : "shared or in a loop";
        if (walk->tables_left && walk->tables_left--)
            table = in->frame(hpa, in->context);
    }
    if (table)
        return table;
    check_owner(walk->check, hpa, owner, sizeof owner);
    check_fail(walk->check, walk->format->invariant, "%s: table at %lx (%s): %s",
               walk->format->name, hpa, owner, why);
    return NULL;
}

/* Recursion ends at level 1, and after as many tables as there are frames for them. */
static bool walk_table(struct walk *walk, uint64_t hpa, unsigned level, uint64_t address,
                       uint64_t above)
{
    const struct table_format *rules = walk->format;
    const uint64_t *table = open_table(walk, hpa);
    for (unsigned i = 0, taken; table && i < PAGING_ENTRIES; i += taken) {
        uint64_t entry = table[i], at = address + ((uint64_t)i << paging_shift(level));
        taken = 1;
        if (!entry)
            continue;
        if (level == PAGING_LEVELS && i >= PAGING_ENTRIES / 2)
            at |= rules->sign;
        if (level == 1 || (level < PAGING_LEVELS && entry & PAGE_LARGE)) {
            taken = check_leaf(walk, table + i, PAGING_ENTRIES - i, level, at, above);
            if (!taken)
                return false;
            continue;
        }
        uint64_t bits = entry & ~(rules->rights | rules->ignored | PAGING_ADDRESS);
        uint64_t rights = rights_of(rules, entry);
        if (bits != rules->branch || !(rights & CHECK_READ))
            return fail_entry(walk, at, level, entry, above & rights, true);
        if (!walk_table(walk, entry & PAGING_ADDRESS, level - 1, at, above & rights))
            return false;
    }
    return table;
}

static bool walk_all(struct walk *walk, uint64_t root)
{
    walk->run = walk->runs;
    walk->runs[walk->run_count].address = UINT64_MAX;
    walk->tables_left = walk->tables_bytes / PAGE_BYTES;
    if (!walk_table(walk, root, PAGING_LEVELS, 0, CHECK_READ | CHECK_WRITE | CHECK_EXECUTE))
        return false;
    if (walk->run != walk->runs + walk->run_count)
        return fail_entry(walk, walk->run->address, 1, 0, 0, false);
    hash_joined(walk);
    return true;
}

static uint64_t parked_tables(const struct check_input *in)
{
    return in->handoff->cpus[in->cpu].state_hpa + in->handoff->cpu_state_bytes;
}

/* Adds a run that must be mapped next; it must lie in a window and in an extent of its kind. */
static bool expect(struct walk *walk, uint32_t kind, uint64_t va, uint64_t hpa, uint64_t bytes)
{
    const struct check_kind *rules = &check_kinds[va == VA_TABLES ? EXTENT_TABLES : kind];
    const struct run *last = walk->run_count ? &walk->runs[walk->run_count - 1] : NULL;
    uint64_t guard = last && last->kind == EXTENT_CPU ? PAGE_BYTES : 0;
    bool placed = bytes && (va | hpa | bytes) % PAGE_BYTES == 0 && va >= rules->window &&
                  va < rules->window_end && bytes <= rules->window_end - va &&
                  (!last || va >= last->address + last->bytes + guard);
    if (!placed || !check_own_extent(walk->check, kind, hpa, bytes) || walk->run_count == MAX_RUNS)
        return check_fail(walk->check, "I11", "%s due at va %lx, hpa %lx, %lx bytes: %s",
                          rules->name, va, hpa, bytes,
                          placed ? "not its own extent" : "out of place");
    walk->runs[walk->run_count++] = (struct run){va, hpa, bytes, rules->rights, kind};
    return true;
}

/* What a domain's processors see of it below the kernel. */
static bool expect_domain(struct walk *walk, const struct handoff_domain *domain)
{
    uint64_t payload = (domain->payload_bytes + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
    if (payload && !expect(walk, EXTENT_PAYLOAD, VA_PAYLOAD, domain->payload_hpa, payload))
        return false;
    for (uint32_t i = 0; i < domain->ram_count; i++)
        if (!expect(walk, EXTENT_RAM, VA_RAM + domain->ram[i].gpa, domain->ram[i].hpa,
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
    const struct handoff_cpu *cpu = &in->handoff->cpus[in->cpu];
    uint64_t hpa = cpu->state_hpa;
    if (segment->kind == EXTENT_TEXT || segment->kind == EXTENT_CONSTANTS)
        return in->handoff->kernel_hpa + (segment->va - VA_KERNEL);
    if (segment->kind == EXTENT_PRIVATE && cpu->domain < MAX_DOMAINS)
        hpa = in->handoff->domains[cpu->domain].private_hpa;
    while (i--)
        if (in->segments[i].kind == segment->kind)
            hpa += in->segments[i].bytes;
    return hpa;
}

static bool expect_kernel(struct walk *walk)
{
    const struct check *check = walk->check;
    const struct handoff *handoff = check->handoff;
    uint64_t state = 0;
    for (uint32_t i = 0; i < check->in->segment_count; i++) {
        const struct check_segment *segment = &check->in->segments[i];
        if (segment->kind == EXTENT_CPU && !state &&
            (!expect(walk, EXTENT_HANDOFF, VA_HANDOFF, handoff->self_hpa, handoff->bytes) ||
             !expect(walk, EXTENT_STOP, VA_STOP, handoff->stop_hpa, PAGE_BYTES)))
            return false;
        if (segment->kind == EXTENT_CPU)
            state += segment->bytes;
        if ((check->domain || segment->kind != EXTENT_PRIVATE) &&
            !expect(walk, segment->kind, segment->va, segment_hpa(check->in, i), segment->bytes))
            return false;
    }
    if (state != handoff->cpu_state_bytes)
        return check_fail(check, "I11", "segments: %lx bytes of processor state, expected %lx",
                          state, handoff->cpu_state_bytes);
    return !check->domain ||
           expect(walk, EXTENT_PUBLIC, VA_PUBLIC, check->domain->public_hpa,
                  check->domain->public_bytes);
}

/* A parked processor's tables lie behind its state, a domain's processors' among its tables. */
bool check_page_tables(const struct check *check)
{
    const struct handoff_domain *domain = check->domain;
    struct walk walk = {
        .check = check,
        .format = &page_tables,
        .tables_hpa = domain ? domain->tables_hpa : parked_tables(check->in),
        .tables_bytes = domain ? domain->tables_bytes : PARKED_TABLES_BYTES,
        .executable_leaf = UINT64_MAX,
    };
    if (!expect(&walk, domain ? EXTENT_TABLES : EXTENT_CPU, VA_TABLES, walk.tables_hpa,
                walk.tables_bytes) ||
        (domain && !expect_domain(&walk, domain)) || !expect_kernel(&walk) ||
        !walk_all(&walk, check->in->registers->now.cr3))
        return false;
    check->result->host_leaves = walk.leaves;
    return true;
}

bool check_nested_tables(const struct check *check)
{
    const struct handoff_domain *domain = check->domain;
    const struct check_registers *registers = check->in->registers;
    uint64_t due =
        (domain->nested_root & PAGING_ADDRESS) | (registers->nested == CHECK_EPT ? EPTP_BITS : 0);
    struct sha256 hash;
    struct walk walk = {.check = check,
                        .format = &nested_formats[registers->nested],
                        .tables_hpa = domain->tables_hpa,
                        .tables_bytes = domain->tables_bytes,
                        .executable_leaf = domain->ram_leaf_bytes,
                        .hash = &hash,
                        .run_count = domain->ram_count};
    if (registers->nested_root != due)
        return check_fail(check, "I1", "root of nested tables: %lx, expected %lx",
                          registers->nested_root, due);
    for (uint32_t i = 0; i < domain->ram_count; i++)
        walk.runs[i] = (struct run){domain->ram[i].gpa, domain->ram[i].hpa, domain->ram[i].bytes,
                                    CHECK_READ | CHECK_WRITE | CHECK_EXECUTE, EXTENT_RAM};
    sha256_init(&hash);
    if (!walk_all(&walk, registers->nested_root & PAGING_ADDRESS))
        return false;
    sha256_final(&hash, check->result->digest);
    check->result->nested_leaves = walk.leaves;
    check->result->nested_bytes = walk.bytes;
    return true;
}

const void *check_own_frame(uint64_t hpa, void *context)
{
    const struct check_input *in = context;
    uint32_t index = in->handoff->cpus[in->cpu].domain;
    const struct handoff_domain *domain = index < MAX_DOMAINS ? &in->handoff->domains[index] : NULL;
    uint64_t tables = domain ? domain->tables_hpa : parked_tables(in);
    if (hpa - tables < (domain ? domain->tables_bytes : PARKED_TABLES_BYTES))
        return (const void *)(VA_TABLES + (hpa - tables));
    for (uint32_t i = 0; i < in->segment_count; i++) {
        uint64_t offset = hpa - segment_hpa(in, i);
        if (offset < in->segments[i].bytes && (domain || in->segments[i].kind != EXTENT_PRIVATE))
            return (const void *)(in->segments[i].va + offset);
    }
    return NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The separation check, address spaces: walks nested tables and page tables from the root that
 * the hardware uses, and demands exactly the runs that are due, in ascending order: the walk
 * stands at the next address that must come, so a missing page shows like a page too many.
 */
#include "check_parts.h"
#include "abi/layout.h"
#include "../arch/x86/include/check_layout.h"
#include "format.h"
#include "sha256.h"

enum { MAX_RUNS = MAX_RAM_SEGMENTS + 16, ENTRIES = 512 };

/* Tables of one format. Bits of an entry that no field here names must be 0. */
struct table_format {
    const char *name;
    const char *invariant;
    uint64_t rights;  /* bits that say read, write, execute */
    uint64_t branch;  /* further bits of every entry that leads to a table */
    uint64_t leaf;    /* further bits of every entry that maps a page */
    uint64_t ignored; /* bits that the processor sets */
    bool signed_addresses;
    struct {
        uint64_t bits;
        const char *why;
    } faults[2]; /* bits that have a name when they are wrong */
};

static const struct table_format page_tables = {
    .name = "page tables, va", .invariant = "I11", .signed_addresses = true,
    .rights = ENTRY_PRESENT | ENTRY_WRITE | ENTRY_NO_EXECUTE,
    .ignored = ENTRY_ACCESSED | ENTRY_DIRTY,
    .faults = {{ENTRY_USER, "user access"}}};
static const struct table_format nested_formats[] = {
    [CHECK_EPT] = {.name = "EPT, gpa", .invariant = "I1", .rights = EPT_RIGHTS,
                   .leaf = EPT_WRITE_BACK,
                   .faults = {{EPT_MEMORY_TYPE, "memory type not write-back"},
                              {EPT_IGNORE_PAT, "ignores the guest's PAT"}}},
    [CHECK_NPT] = {.name = "nested page tables, gpa", .invariant = "I1",
                   .rights = ENTRY_PRESENT | ENTRY_WRITE | ENTRY_NO_EXECUTE,
                   .branch = ENTRY_USER, .leaf = ENTRY_USER,
                   .ignored = ENTRY_ACCESSED | ENTRY_DIRTY,
                   .faults = {{ENTRY_USER, "no user access"}}},
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
    struct run runs[MAX_RUNS];
    uint32_t run_count, run;
    uint64_t done;      /* bytes of runs[run] seen */
    uint64_t leaves, bytes;
    struct sha256 *hash; /* NULL: no digest wanted */
    uint64_t joined[4]; /* gpa, hpa, bytes, rights: leaves not hashed yet */
};

static uint64_t rights_of(const struct table_format *format, uint64_t entry)
{
    if (format->rights == EPT_RIGHTS)
        return entry & EPT_RIGHTS;
    return (entry & (ENTRY_PRESENT | ENTRY_WRITE)) |
           (entry & ENTRY_NO_EXECUTE ? 0 : CHECK_EXECUTE);
}

static bool fail_missing(const struct walk *walk)
{
    const struct run *run = &walk->runs[walk->run];
    return check_fail(walk->check, walk->format->invariant, "%s %llx: not mapped, expected %s at "
                      "%llx", walk->format->name, (unsigned long long)(run->address + walk->done),
                      check_kinds[run->kind].name, (unsigned long long)(run->hpa + walk->done));
}

static bool fail_entry(const struct walk *walk, uint64_t address, unsigned level, uint64_t entry,
                       const char *why)
{
    char owner[48];
    check_owner(walk->check, entry & ENTRY_ADDRESS, owner, sizeof owner);
    return check_fail(walk->check, walk->format->invariant, "%s %llx level %u: entry %llx (%s): %s",
                      walk->format->name, (unsigned long long)address, level,
                      (unsigned long long)entry, owner, why);
}

static void hash_joined(struct walk *walk)
{
    if (walk->hash && walk->joined[2])
        sha256_update(walk->hash, walk->joined, sizeof walk->joined);
}

/* Books `bytes` of the current run as mapped in `leaves` entries. */
static void accept(struct walk *walk, uint64_t address, uint64_t hpa, uint64_t bytes,
                   uint64_t leaves)
{
    const struct run *run = &walk->runs[walk->run];
    uint64_t *joined = walk->joined;
    if (address == joined[0] + joined[2] && hpa == joined[1] + joined[2] &&
        run->rights == joined[3] && joined[2]) {
        joined[2] += bytes;
    } else {
        hash_joined(walk);
        joined[0] = address;
        joined[1] = hpa;
        joined[2] = bytes;
        joined[3] = run->rights;
    }
    walk->leaves += leaves;
    walk->bytes += bytes;
    walk->done += bytes;
    if (walk->done == run->bytes) {
        walk->run++;
        walk->done = 0;
    }
}

/* Why this leaf is not what is due next, or NULL; `text` is room for the answer. */
static const char *leaf_fault(const struct walk *walk, uint64_t entry, unsigned level,
                              uint64_t address, uint64_t rights, char *text, size_t room)
{
    const struct table_format *format_of = walk->format;
    const struct run *run = &walk->runs[walk->run];
    uint64_t size = PAGE_BYTES << 9 * (level - 1), hpa = entry & ENTRY_ADDRESS;
    uint64_t large = level > 1 ? ENTRY_LARGE : 0;
    uint64_t wrong = (entry & ~(format_of->rights | ENTRY_ADDRESS | large)) ^ format_of->leaf;
    if (walk->run == walk->run_count || address < run->address + walk->done)
        return "nothing is due here";
    for (unsigned i = 0; i < 2; i++)
        if (wrong & format_of->faults[i].bits)
            return format_of->faults[i].why;
    if (wrong || hpa % size || level > 3)
        return "reserved or unused bits set";
    if (rights != run->rights) {
        format(text, room, "rights %x, expected %x of %s", (unsigned)rights, (unsigned)run->rights,
               check_kinds[run->kind].name);
        return text;
    }
    if (hpa != run->hpa + walk->done) {
        format(text, room, "expected %s at %llx", check_kinds[run->kind].name,
               (unsigned long long)(run->hpa + walk->done));
        return text;
    }
    if (size > run->bytes - walk->done)
        return "larger than what is due";
    return rights & CHECK_EXECUTE && size > walk->executable_leaf ? "too large to be executable"
                                                                  : NULL;
}

/*
 * The leaf `entries[0]` at `address`; `above` is what the levels above allow. Takes as many of
 * the `count` entries as simply go on from it, and returns how many; 0 is a failure.
 */
static unsigned check_leaf(struct walk *walk, const uint64_t *entries, unsigned count,
                           unsigned level, uint64_t address, uint64_t above)
{
    const struct run *run = &walk->runs[walk->run];
    uint64_t size = PAGE_BYTES << 9 * (level - 1), changed = walk->format->ignored;
    uint64_t entry = entries[0] & ~changed;
    char text[64];
    if (walk->run < walk->run_count && address > run->address + walk->done) {
        fail_missing(walk);
        return 0;
    }
    const char *why = leaf_fault(walk, entry, level, address,
                                 above & rights_of(walk->format, entry), text, sizeof text);
    if (why) {
        fail_entry(walk, address, level, entries[0], why);
        return 0;
    }
    uint64_t due = (run->bytes - walk->done) / size;
    unsigned most = due < count ? (unsigned)due : count, n = 1;
    for (entry += size; n < most && (entries[n] & ~changed) == entry; entry += size)
        n++;
    accept(walk, address, entries[0] & ENTRY_ADDRESS, n * size, n);
    return n;
}

static const uint64_t *open_table(struct walk *walk, uint64_t hpa)
{
    const struct check_input *in = walk->check->in;
    char owner[48];
    check_owner(walk->check, hpa, owner, sizeof owner);
    if (hpa - walk->tables_hpa >= walk->tables_bytes)
        check_fail(walk->check, walk->format->invariant, "%s: a table at %llx (%s), not among the "
                   "tables at %llx", walk->format->name, (unsigned long long)hpa, owner,
                   (unsigned long long)walk->tables_hpa);
    else if (!walk->tables_left--)
        check_fail(walk->check, walk->format->invariant, "%s: more tables than frames for them: "
                   "shared or a loop", walk->format->name);
    else {
        const uint64_t *table = in->frame(hpa, in->context);
        if (!table)
            check_fail(walk->check, walk->format->invariant, "%s: table at %llx (%s) can't be seen",
                       walk->format->name, (unsigned long long)hpa, owner);
        return table;
    }
    return NULL;
}

/* Recursion ends at level 1, and after as many tables as there are frames for them. */
static bool walk_table(struct walk *walk, uint64_t hpa, unsigned level, uint64_t address,
                       uint64_t above)
{
    const struct table_format *format_of = walk->format;
    const uint64_t *table = open_table(walk, hpa);
    if (!table)
        return false;
    for (unsigned i = 0; i < ENTRIES;) {
        uint64_t entry = table[i];
        if (!entry) {
            i++;
            continue;
        }
        uint64_t at = address + ((uint64_t)i << (12 + 9 * (level - 1)));
        if (level == 4 && i >= ENTRIES / 2 && format_of->signed_addresses)
            at |= 0xffffull << 48;
        if (level == 1 || entry & ENTRY_LARGE) {
            unsigned taken = check_leaf(walk, table + i, ENTRIES - i, level, at, above);
            if (!taken)
                return false;
            i += taken;
            continue;
        }
        uint64_t flags = entry & ~(format_of->rights | format_of->ignored | ENTRY_ADDRESS);
        uint64_t rights = rights_of(format_of, entry);
        if (flags != format_of->branch || !(rights & CHECK_READ))
            return fail_entry(walk, at, level, entry, "not a link to a table");
        if (!walk_table(walk, entry & ENTRY_ADDRESS, level - 1, at, above & rights))
            return false;
        i++;
    }
    return true;
}

static bool walk_all(struct walk *walk, uint64_t root)
{
    walk->tables_left = walk->tables_bytes / PAGE_BYTES;
    if (!walk_table(walk, root, 4, 0, CHECK_READ | CHECK_WRITE | CHECK_EXECUTE))
        return false;
    if (walk->run < walk->run_count)
        return fail_missing(walk);
    hash_joined(walk);
    return true;
}

/* Adds a run that must be mapped next; it must lie in a window and in an extent of its kind. */
static bool expect(struct walk *walk, uint32_t kind, uint64_t va, uint64_t hpa, uint64_t bytes)
{
    const struct check_kind *rules = &check_kinds[kind];
    const struct run *last = walk->run_count ? &walk->runs[walk->run_count - 1] : NULL;
    uint64_t guard = last && last->kind == EXTENT_CPU ? PAGE_BYTES : 0;
    if (walk->run_count == MAX_RUNS || !bytes || (va | hpa | bytes) % PAGE_BYTES ||
        va < rules->window || bytes > rules->window_end - va ||
        (last && va < last->address + last->bytes + guard))
        return check_fail(walk->check, "I11", "%s: %llx bytes at va %llx: out of order or place",
                          rules->name, (unsigned long long)bytes, (unsigned long long)va);
    if (!check_own_extent(walk->check, kind, hpa, bytes))
        return check_fail(walk->check, "I11", "%s at %llx, %llx bytes: not an extent of its own",
                          rules->name, (unsigned long long)hpa, (unsigned long long)bytes);
    walk->runs[walk->run_count++] = (struct run){va, hpa, bytes, rules->rights, kind};
    return true;
}

static bool expect_domain(struct walk *walk)
{
    const struct handoff_domain *domain = walk->check->domain;
    if (!expect(walk, EXTENT_TABLES, VA_TABLES, domain->tables_hpa, domain->tables_bytes))
        return false;
    uint64_t payload = (domain->payload_bytes + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
    if (payload && !expect(walk, EXTENT_PAYLOAD, VA_PAYLOAD, domain->payload_hpa, payload))
        return false;
    for (uint32_t i = 0; i < domain->ram_count; i++)
        if (!expect(walk, EXTENT_RAM, VA_RAM + domain->ram[i].gpa, domain->ram[i].hpa,
                    domain->ram[i].bytes))
            return false;
    return true;
}

/* The kernel's segments: shared ones in one block, a processor's and a domain's packed. */
static bool expect_segments(struct walk *walk)
{
    const struct check *check = walk->check;
    const struct handoff *handoff = check->handoff;
    uint64_t cpu = check->cpu->state_hpa, private = check->domain ? check->domain->private_hpa : 0;
    bool handoff_done = false;
    for (uint32_t i = 0; i < check->in->segment_count; i++) {
        const struct check_segment *segment = &check->in->segments[i];
        uint64_t hpa = handoff->kernel_hpa + (segment->va - VA_KERNEL);
        if (segment->kind == EXTENT_PRIVATE && !check->domain)
            continue;
        if (!handoff_done && segment->va > VA_HANDOFF) {
            handoff_done = true;
            if (!expect(walk, EXTENT_HANDOFF, VA_HANDOFF, handoff->self_hpa, handoff->bytes))
                return false;
        }
        if (segment->kind == EXTENT_CPU || segment->kind == EXTENT_PRIVATE) {
            uint64_t *next = segment->kind == EXTENT_CPU ? &cpu : &private;
            hpa = *next;
            *next += segment->bytes;
        } else if (segment->kind != EXTENT_TEXT && segment->kind != EXTENT_CONSTANTS) {
            return check_fail(check, "I11", "segment %u: kind %u", i, segment->kind);
        }
        if (!expect(walk, segment->kind, segment->va, hpa, segment->bytes))
            return false;
    }
    if (!handoff_done || cpu - check->cpu->state_hpa != handoff->cpu_state_bytes)
        return check_fail(check, "I11", "segments: %llx bytes of processor state, expected %llx",
                          (unsigned long long)(cpu - check->cpu->state_hpa),
                          (unsigned long long)handoff->cpu_state_bytes);
    return !check->domain || expect(walk, EXTENT_PUBLIC, VA_PUBLIC, check->domain->public_hpa,
                                    PAGE_BYTES);
}

/* A parked processor's tables lie behind its state, a domain's processors' among its tables. */
bool check_page_tables(struct check *check)
{
    const struct handoff *handoff = check->handoff;
    struct walk walk = {.check = check, .format = &page_tables, .executable_leaf = ~0ull};
    if (check->domain) {
        walk.tables_hpa = check->domain->tables_hpa;
        walk.tables_bytes = check->domain->tables_bytes;
    } else {
        const struct handoff_extent *own =
            check_own_extent(check, EXTENT_CPU, check->cpu->state_hpa, handoff->cpu_state_bytes);
        walk.tables_hpa = check->cpu->state_hpa + handoff->cpu_state_bytes;
        walk.tables_bytes = own ? own->base + own->bytes - walk.tables_hpa : 0;
    }
    if ((check->domain && !expect_domain(&walk)) || !expect_segments(&walk))
        return false;
    if (!walk_all(&walk, check->in->registers->now.cr3))
        return false;
    check->result->host_leaves = walk.leaves;
    return true;
}

bool check_nested_tables(struct check *check)
{
    const struct handoff_domain *domain = check->domain;
    const struct check_registers *registers = check->in->registers;
    uint64_t due = domain->nested_root |
                   (registers->nested == CHECK_EPT ? EPTP_WRITE_BACK_4_LEVELS : 0);
    struct sha256 hash;
    struct walk walk = {.check = check, .format = &nested_formats[registers->nested],
                        .tables_hpa = domain->tables_hpa, .tables_bytes = domain->tables_bytes,
                        .executable_leaf = domain->ram_leaf_bytes, .hash = &hash,
                        .run_count = domain->ram_count};
    if (registers->nested_root != due)
        return check_fail(check, "I1", "root of nested tables: %llx, expected %llx",
                          (unsigned long long)registers->nested_root, (unsigned long long)due);
    for (uint32_t i = 0; i < domain->ram_count; i++)
        walk.runs[i] = (struct run){domain->ram[i].gpa, domain->ram[i].hpa, domain->ram[i].bytes,
                                    CHECK_READ | CHECK_WRITE | CHECK_EXECUTE, EXTENT_RAM};
    sha256_init(&hash);
    if (!walk_all(&walk, registers->nested_root & ENTRY_ADDRESS))
        return false;
    sha256_final(&hash, check->result->digest);
    check->result->nested_leaves = walk.leaves;
    check->result->nested_bytes = walk.bytes;
    return true;
}

const void *check_own_frame(uint64_t hpa, void *context)
{
    const struct check_input *in = context;
    const struct handoff_cpu *cpu = &in->handoff->cpus[in->cpu];
    const struct handoff_domain *domain = NULL;
    if (cpu->domain < MAX_DOMAINS)
        domain = &in->handoff->domains[cpu->domain];
    if (domain && hpa - domain->tables_hpa < domain->tables_bytes)
        return (const void *)(VA_TABLES + (hpa - domain->tables_hpa));
    uint64_t state = cpu->state_hpa, private = domain ? domain->private_hpa : 0;
    for (uint32_t i = 0; i < in->segment_count; i++) {
        const struct check_segment *segment = &in->segments[i];
        uint64_t *next = segment->kind == EXTENT_CPU ? &state : &private;
        if (segment->kind != EXTENT_CPU && (segment->kind != EXTENT_PRIVATE || !domain))
            continue;
        if (hpa - *next < segment->bytes)
            return (const void *)(segment->va + (hpa - *next));
        *next += segment->bytes;
    }
    return NULL;
}

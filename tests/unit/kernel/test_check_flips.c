/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I12: whatever single bit of what a processor reads back, of its control block, its bitmaps or its
 * tables is wrong, the separation check refuses.
 */
#include "check_world.h"
#include "flips.h"
#include <stdlib.h>

#define MEMBER(name)    offsetof(struct check_registers, name), sizeof(uint64_t)
#define STRUCTURE(name) MEMBER(structures[name])
#define ANOTHER_PAGE    (7ull << 12)
#define CR4_OF_GUEST    0x770fbfull

static struct world *make(bool amd, uint32_t cpu)
{
    struct world *w = malloc(sizeof *w);
    world_make(w, amd, cpu);
    world_slice(w);
    return w;
}

static void drop(struct world *w)
{
    world_free(w);
    free(w);
}

static bool accepted(void *context)
{
    return world_check(context, CHECK_PIECE);
}

/* Bits that come and go or that belong to a feature; on both makers' processors. */
#define OF_THE_HOST                                                                                \
    {"VMX or XSAVE in use is no weakness", MEMBER(now.cr4), 1 << 13 | 1 << 18},                    \
        {"the same after an exit", MEMBER(on_exit.cr4), 1 << 13 | 1 << 18},                        \
        {"AMD-V in use is no weakness", MEMBER(now.efer), 1 << 12},                                \
        {"the same after an exit", MEMBER(on_exit.efer), 1 << 12},                                 \
        {"required as well, or in use", MEMBER(cr4_offered), 0x42260},                             \
        {"entries select only the first type", MEMBER(now.pat), ~0xffull},                         \
        {"the same after an exit", MEMBER(on_exit.pat), ~0xffull},                                 \
    {                                                                                              \
        "padding", offsetof(struct check_registers, apic_id) + 4, 4, ALL_BITS                      \
    }

static const struct harmless of_vtx[] = {
    OF_THE_HOST,
    {"windows come and go", MEMBER(controls[1]), 1 << 2 | 1 << 22 | 1 << 27},
    {"follows the guest's mode", MEMBER(controls[4]), 1 << 9},
    {"the host owns more: more exits", MEMBER(controls[7]), CR4_OF_GUEST},
    {"required as well; offered and not wanted", MEMBER(offered[0]), 0xffffffff00000028},
    {"required as well; offered and not wanted", MEMBER(offered[1]), 0xffffffffb9400c04},
    {"required as well; offered and not wanted", MEMBER(offered[2]), 0xfbefefd7000000ea},
    {"required as well; offered and not wanted", MEMBER(offered[3]), 0xffffffff003c0204},
    {"required as well; offered and not wanted", MEMBER(offered[4]), 0xffffffff0000c204},
    {"no flush that VPID needs", MEMBER(ept_vpid), ~(1ull << 32 | 1ull << 42)},
    {"another page of its own", STRUCTURE(CHECK_CONTROL_BLOCK), ANOTHER_PAGE},
    {"another page of its own", STRUCTURE(CHECK_SAVE_AREA), ANOTHER_PAGE},
    {"AMD-V's", STRUCTURE(CHECK_IO_BITMAP), ALL_BITS},
    {"AMD-V's", STRUCTURE(CHECK_HOST_STATE), ALL_BITS},
};

static const struct harmless of_svm[] = {
    OF_THE_HOST,
    {"VT-x's", offsetof(struct check_registers, controls), CHECK_CONTROLS * 8, ALL_BITS},
    {"offered and not wanted", MEMBER(offered[0]), ~(1ull << 58 | 0xffffffff)},
    {"wanted as well, or has come and gone", MEMBER(offered[0]), 1ull << 26 | 0x18ff},
    {"VT-x's", offsetof(struct check_registers, offered[1]), 4 * 8, ALL_BITS},
    {"VT-x's", MEMBER(ept_vpid), ALL_BITS},
};

/* `nested` comes from the code that is linked; a processor of the other maker would not start. */
static void flip_registers(bool amd, const struct harmless *harmless, size_t count)
{
    struct world *w = make(amd, 0);
    bool needed[MAX_HARMLESS] = {false};
    size_t from = offsetof(struct check_registers, now);
    const struct flips flips = {.what = amd ? "registers, AMD-V" : "registers, VT-x",
                                .base = (uint8_t *)&w->registers,
                                .from = from,
                                .bytes = sizeof w->registers - from,
                                .stride = 1,
                                .harmless = harmless,
                                .harmless_count = count,
                                .accepted = accepted,
                                .context = w};
    flip_all(&flips, needed);
    all_needed(&flips, needed);
    drop(w);
}

static void registers_vtx(void **state)
{
    (void)state;
    flip_registers(false, of_vtx, sizeof of_vtx / sizeof of_vtx[0]);
}

static void registers_svm(void **state)
{
    (void)state;
    flip_registers(true, of_svm, sizeof of_svm / sizeof of_svm[0]);
}

static const struct harmless of_vmcb[] = {
    {"reads exit while a shadow differs", 0x0, 8, 0x11},
    {"come and go with a waiting NMI", 0x8, 8, 0x01100000ull << 32},
    {"pause filter, without its intercept; the bitmaps' addresses, read back", 0x18, 0x38,
     ALL_BITS},
    {"what the next entry flushes", 0x58, 8, 0xffull << 32},
    {"task priority and state of a virtual NMI", 0x60, 8, 0x18ff},
    {"state of an exit and of the guest", 0x68, 0x28, ALL_BITS},
    {"used with bits of other words only", 0x98, 0x10, ALL_BITS},
    {"an event for the guest; the nested root, read back", 0xa8, 0x10, ALL_BITS},
};

static void control_block_svm(void **state)
{
    (void)state;
    struct world *w = make(true, 0);
    bool needed[MAX_HARMLESS] = {false};
    flip_all(&(struct flips){.what = "VMCB",
                             .base = w->memory + w->registers.structures[CHECK_CONTROL_BLOCK],
                             .bytes = 0xc8,
                             .stride = 1,
                             .harmless = of_vmcb,
                             .harmless_count = sizeof of_vmcb / sizeof of_vmcb[0],
                             .accepted = accepted,
                             .context = w},
             needed);
    drop(w);
}

static void bitmaps(void **state)
{
    (void)state;
    static const struct harmless beyond[] = {{"no MSR there", 0x1800, 0x800, ALL_BITS}};
    for (int amd = 0; amd < 2; amd++) {
        struct world *w = make(amd, 0);
        bool needed[MAX_HARMLESS] = {false};
        flip_all(&(struct flips){.what = "MSR bitmap",
                                 .base = w->memory + w->registers.structures[CHECK_MSR_BITMAP],
                                 .bytes = amd ? 0x2000 : 0x1000,
                                 .stride = 3,
                                 .harmless = beyond,
                                 .harmless_count = amd ? 1 : 0,
                                 .accepted = accepted,
                                 .context = w},
                 needed);
        if (amd)
            flip_all(&(struct flips){.what = "I/O bitmap",
                                     .base = w->memory + w->registers.structures[CHECK_IO_BITMAP],
                                     .bytes = 0x3000,
                                     .stride = 31,
                                     .accepted = accepted,
                                     .context = w},
                     needed);
        drop(w);
    }
}

/* The domain's processors share one pool of tables; one of them must refuse. */
static bool accepted_by_both(void *context)
{
    struct world *w = context;
    for (uint32_t cpu = 0; cpu < 2; cpu++) {
        w->cpu = cpu;
        w->input.local = w->handoff.cpus[cpu].index;
        w->registers.apic_id = w->handoff.cpus[cpu].apic_id;
        w->registers.now.cr3 = w->registers.on_exit.cr3 = w->handoff.cpus[cpu].page_table;
        for (int i = 0; i < CHECK_STRUCTURES; i++)
            if (w->registers.structures[i])
                w->registers.structures[i] =
                    w->registers.structures[i] % WORLD_CPU_STEP + w->handoff.cpus[cpu].state_hpa;
        if (!world_check(w, CHECK_PIECE))
            return false;
    }
    return true;
}

/*
 * An entry that leads to a table may allow what no page below it has, or forbid what none may: what
 * counts is both together. Only such entries are writable, executable and lead into the pool.
 */
static bool right_of_a_link(const struct flips *flips, size_t byte, unsigned bit)
{
    const struct world *w = flips->context;
    uint64_t entry = *(const uint64_t *)(flips->base + byte / 8 * 8);
    uint64_t pool = w->handoff.domains[0].tables_hpa, at = entry & 0xffffffffff000;
    return (byte % 8 * 8 + bit == 1 || byte % 8 * 8 + bit == 63) && (entry & 0x87) == 3 &&
           entry >> 63 == 0 && at >= pool && at < w->next_table[0];
}

static void tables(void **state)
{
    (void)state;
    for (int amd = 0; amd < 2; amd++) {
        struct world *w = make(amd, 1);
        bool needed[MAX_HARMLESS] = {false};
        world_aim(w, 0, 7); /* both have bitmaps now */
        uint64_t nested = w->handoff.domains[0].tables_hpa, own = w->handoff.cpus[0].page_table;
        const struct harmless rules[] = {
            {"accessed and dirty of page tables", own - nested, w->next_table[0] - own, 0x60},
            {amd ? "accessed and dirty of nested tables" : "snooping by IOMMU units", 0,
             own - nested, amd ? 0x60 : 0x800}};
        flip_all(&(struct flips){.what = "tables",
                                 .base = w->memory + nested,
                                 .bytes = w->next_table[0] - nested,
                                 .stride = 101,
                                 .harmless = rules,
                                 .harmless_count = 2,
                                 .accepted = accepted_by_both,
                                 .context = w,
                                 .excuses = right_of_a_link},
                 needed);
        drop(w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(registers_vtx), cmocka_unit_test(registers_svm),
        cmocka_unit_test(control_block_svm), cmocka_unit_test(bitmaps), cmocka_unit_test(tables)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

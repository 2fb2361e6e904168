/* SPDX-License-Identifier: Apache-2.0 */
/* The separation check, a domain's part: the order of things, and the names of what is whose. */
#include "check_parts.h"
#include "kernel/abi/layout.h"
#include "kernel/format.h"

enum { RW = CHECK_READ | CHECK_WRITE };

const struct check_kind check_kinds[CHECK_KINDS] = {
    [EXTENT_TEXT] = {"kernel text", SCOPE_SHARED, CHECK_READ | CHECK_EXECUTE, VA_KERNEL,
                     VA_KERNEL_END},
    [EXTENT_CONSTANTS] = {"kernel constants", SCOPE_SHARED, CHECK_READ, VA_KERNEL, VA_KERNEL_END},
    [EXTENT_START] = {"start-up code", SCOPE_SHARED, 0, 0, 0},
    [EXTENT_HANDOFF] = {"handoff", SCOPE_SHARED, 0, 0, 0},
    [EXTENT_CPU] = {"state", SCOPE_CPU, RW, VA_CPU, VA_CPU_END},
    [EXTENT_TRAMPOLINE] = {"trampoline", SCOPE_SHARED, 0, 0, 0},
    [EXTENT_BOOT] = {"boot tables", SCOPE_SHARED, 0, 0, 0},
    [EXTENT_STOP] = {"stop word", SCOPE_SHARED, RW, VA_STOP, VA_STOP_END},
    [EXTENT_RECORD] = {"panic record", SCOPE_CPU, RW, VA_RECORD, VA_RECORD_END},
    [EXTENT_IOMMU] = {"IOMMU tables", SCOPE_SHARED, 0, 0, 0},
    [EXTENT_RAM] = {"RAM", SCOPE_DOMAIN, RW, VA_RAM, VA_KERNEL},
    [EXTENT_TABLES] = {"tables", SCOPE_DOMAIN, CHECK_READ, VA_TABLES, VA_PAYLOAD},
    [EXTENT_PAYLOAD] = {"payloads", SCOPE_DOMAIN, CHECK_READ, VA_PAYLOAD, VA_RAM},
    [EXTENT_PRIVATE] = {"private state", SCOPE_DOMAIN, RW, VA_DOMAIN, VA_DOMAIN_END},
    [EXTENT_SLICE] = {"slice", SCOPE_DOMAIN, CHECK_READ, VA_SLICE, VA_SLICE_END},
    [EXTENT_PUBLIC] = {"public page", SCOPE_DOMAIN, RW, VA_PUBLIC, VA_PUBLIC_END},
    [EXTENT_DEVICES] = {"its functions", SCOPE_DOMAIN, CHECK_READ, VA_DEVICES, VA_DEVICES_END},
    [EXTENT_VECTORS] = {"its MSI-X tables", SCOPE_DOMAIN, RW, VA_VECTORS, VA_VECTORS_END},
    [CHECK_TOLD] = {"a public page", SCOPE_SHARED, RW, VA_UNITS, VA_UNITS_END},
    [CHECK_ASKED] = {"a public page", SCOPE_SHARED, RW, VA_OTHERS, VA_OTHERS_END},
    [CHECK_COUNTED] = {"a public page's rest", SCOPE_SHARED, CHECK_READ, VA_OTHERS, VA_OTHERS_END},
    [CHECK_REMAP] = {"IOMMU tables", SCOPE_SHARED, CHECK_READ, VA_REMAP, VA_REMAP_END},
    [CHECK_UNIT] = {"IOMMU unit", SCOPE_SHARED, RW, VA_UNITS, VA_UNITS_END},
    [CHECK_WINDOW] = {"registers", SCOPE_DOMAIN, 0, 0, 0},
    [CHECK_CONFIG] = {"configuration space", SCOPE_DOMAIN, RW, VA_CONFIG, VA_CONFIG_END},
    [CHECK_TRAPPED] = {"trapped registers", SCOPE_DOMAIN, RW, VA_TRAPPED, VA_TRAPPED_END},
};

bool check_fail(struct check_result *result, const char *invariant, const char *text, ...)
{
    va_list args;
    va_start(args, text);
    vformat(result->text, sizeof result->text, text, args);
    va_end(args);
    result->invariant = invariant;
    return false;
}

bool check_fail_function(struct check_result *result, const struct function *function,
                         const char *what, uint64_t is, uint64_t due)
{
    return check_fail(result, "I3", "PCI function %02x:%02x.%x: %s %lx, expected %lx",
                      function->pci >> 8, function->pci >> 3 & 31, function->pci & 7, what, is,
                      due);
}

static bool within(uint64_t hpa, uint64_t base, uint64_t bytes)
{
    return hpa - base < bytes;
}

bool check_cpu_state(const struct check *check, uint64_t hpa)
{
    return within(hpa, check->cpu->state_hpa, check->slice->cpu_state_bytes);
}

static bool own_state(const struct check *check, uint64_t hpa)
{
    return check_cpu_state(check, hpa) ||
           (check->domain && within(hpa, check->domain->private_hpa, check->domain->private_bytes));
}

const char *check_owner(const struct check *check, uint64_t hpa)
{
    const struct handoff_slice *slice = check->slice;
    const struct handoff_domain *place = &slice->place; /* of a parked processor all zeros */
    const struct {
        const char *name;
        uint64_t base, bytes;
    } own[] = {{"the kernel's", slice->kernel_hpa, slice->kernel_bytes},
               {"the stop word's", slice->stop_hpa, PAGE_BYTES},
               {"its record", handoff_record(check->cpu, slice->stop_hpa), PAGE_BYTES},
               {"its slice", slice->self_hpa, PAGE_BYTES},
               {"its tables", check->walk.tables_hpa, check->walk.tables_bytes},
               {"its payloads", place->payload_hpa, place->payload_bytes},
               {"its public page", place->public_hpa, place->public_bytes},
               {"its functions", place->devices_hpa, place->devices_bytes},
               {"its MSI-X tables", place->vectors_hpa, place->vectors_bytes}};
    if (own_state(check, hpa))
        return "its state";
    for (uint32_t i = 0; i < place->ram_count; i++)
        if (within(hpa, place->ram[i].hpa, place->ram[i].bytes))
            return "its RAM";
    for (unsigned i = 0; i < sizeof own / sizeof own[0]; i++)
        if (within(hpa, own[i].base, own[i].bytes))
            return own[i].name;
    return "not its own";
}

void check_begin(struct check *check, const struct check_input *in, struct check_result *result)
{
    *result = (struct check_result){.invariant = ""};
    check->in = in;
    check->slice = in->slice;
    check->cpu = &in->slice->cpus[in->local];
    check->domain = in->slice->domain == HANDOFF_NOBODY ? NULL : &in->slice->place;
    check->result = result;
    check->walk = (struct check_walk){0};
    check->function = check->entry = 0;
    check->stage = CHECK_OF_REGISTERS;
}

/* One thing after the other; false: it failed. */
static bool next_stage(struct check *check)
{
    if (check->stage == CHECK_OF_REGISTERS) {
        check->stage = CHECK_OF_PAGE_TABLES;
        return check_host_state(check) && (!check->domain || check_guest_state(check)) &&
               check_begin_page_tables(check);
    }
    if (check->stage == CHECK_OF_PAGE_TABLES && check->domain) {
        check->stage = CHECK_OF_NESTED_TABLES;
        return check_begin_nested_tables(check);
    }
    if (check->stage == CHECK_OF_NESTED_TABLES) {
        check->stage = CHECK_OF_FUNCTIONS;
        return true;
    }
    check->result->ok = true;
    return false;
}

enum check_progress check_go_on(struct check *check, unsigned entries)
{
    bool good = true;
    if (check->stage == CHECK_OF_REGISTERS)
        return next_stage(check) ? CHECK_GOES_ON : CHECK_DONE;
    for (;;) {
        enum check_progress part = check->stage == CHECK_OF_FUNCTIONS
                                       ? check_functions_on(check, &entries, &good)
                                       : check_walk_on(check, &entries, &good);
        if (part == CHECK_GOES_ON)
            return CHECK_GOES_ON;
        if (!good || !next_stage(check))
            return CHECK_DONE;
    }
}

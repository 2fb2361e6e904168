/* SPDX-License-Identifier: Apache-2.0 */
/* What a domain finds in its RAM at entry. */
#include "guest_memory.h"
#include "acpi.h"
#include "boot/plan/align.h"
#include "boot/plan/diagnostic.h"
#include "boot/plan/paging.h"
#include "console_info.h"
#include "elf64.h"
#include "kernel/format.h"
#include "linux.h"
#include <string.h>

enum {
    GUEST_PAGE_TABLE_BYTES = 6 * 4096,
    LOW_MEMORY_END = 0xa0000, /* then the window of old video cards and firmware */
    LOW_MEMORY_TOP = 0x100000,
};

/* Runs of the templates; everything between them stays zero. */
static const struct template
{
    uint64_t gpa, bytes;
}
templates[] = {
    {GUEST_GDT, GUEST_BOOT_INFO + PAGE_BYTES - GUEST_GDT},
    {GUEST_PAGE_TABLES, GUEST_PAGE_TABLE_BYTES},
    {GUEST_ACPI, ACPI_BYTES},
    {GUEST_RESET_PAGE, PAGE_BYTES},
    {GUEST_CONSOLE, PAGE_BYTES}, /* the last: the management domain's alone */
};
enum { TEMPLATES = sizeof(templates) / sizeof(templates[0]) };
_Static_assert(TEMPLATES + ELF64_MAX_SEGMENTS <= MAX_LOAD_STEPS, "load steps");

uint64_t guest_low_bytes(uint64_t ram_bytes)
{
    return min_u64(ram_bytes, GUEST_HOLE_BASE);
}

uint32_t guest_memory_map(uint64_t ram_bytes, struct guest_memory map[GUEST_MEMORY_MAX])
{
    uint64_t low = guest_low_bytes(ram_bytes);
    const struct guest_memory all[GUEST_MEMORY_MAX] = {
        {.base = 0, .bytes = LOW_MEMORY_END, .type = GUEST_RAM},
        {.base = LOW_MEMORY_END, .bytes = LOW_MEMORY_TOP - LOW_MEMORY_END, .type = GUEST_RESERVED},
        {.base = LOW_MEMORY_TOP, .bytes = low - LOW_MEMORY_TOP, .type = GUEST_RAM},
        {.base = GUEST_ECAM, .bytes = GUEST_ECAM_BYTES, .type = GUEST_RESERVED},
        {.base = GUEST_IOAPIC, .bytes = PAGE_BYTES, .type = GUEST_RESERVED},
        {.base = GUEST_HOLE_END, .bytes = ram_bytes - low, .type = GUEST_RAM},
    };
    uint32_t count = ram_bytes > low ? GUEST_MEMORY_MAX : GUEST_MEMORY_MAX - 1;
    memcpy(map, all, count * sizeof(all[0]));
    return count;
}

/* A payload's bytes; manifest_open() has checked them against the section's size. */
static const uint8_t *payload_data(const struct plan_input *in,
                                   const struct manifest_payload *payload)
{
    return in->payload + payload->offset;
}

static const char *payload_path(const struct plan_input *in, const struct manifest_payload *payload)
{
    return manifest_string(in->manifest, payload->path);
}

static const struct manifest_payload *kernel_of(const struct plan_input *in, uint32_t index)
{
    return &in->manifest->payloads[in->manifest->domains[index].kernel];
}

/* NULL: none. */
static const struct manifest_payload *initrd_of(const struct plan_input *in, uint32_t index)
{
    uint32_t initrd = in->manifest->domains[index].initrd;
    return initrd == MANIFEST_NONE ? NULL : &in->manifest->payloads[initrd];
}

static bool is_management(const struct plan_input *in, uint32_t index)
{
    return in->manifest->domains[index].flags & MANIFEST_IS_MANAGEMENT;
}

static uint32_t template_count(const struct plan_input *in, uint32_t index)
{
    return is_management(in, index) ? TEMPLATES : TEMPLATES - 1;
}

uint64_t guest_template_bytes(const struct plan_input *in, uint32_t index)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < template_count(in, index); i++)
        bytes += templates[i].bytes;
    return bytes;
}

uint64_t guest_template_offset(const struct plan_input *in, uint32_t index)
{
    const struct manifest_payload *initrd = initrd_of(in, index);
    return page_up(kernel_of(in, index)->bytes) + (initrd ? page_up(initrd->bytes) : 0);
}

static void add_load(struct handoff_domain *out, uint64_t from, uint64_t gpa, uint64_t bytes)
{
    if (bytes > 0)
        out->load[out->load_count++] = (struct handoff_load){from, gpa, bytes};
}

static void add_digest(struct handoff_domain *out, uint64_t from,
                       const struct manifest_payload *payload)
{
    struct handoff_digest *digest = &out->digest[out->digest_count++];
    digest->from = from;
    digest->bytes = payload->bytes;
    memcpy(digest->digest, payload->digest, DIGEST_BYTES);
}

/*
 * AMD processors tell neither the TSC's frequency nor, by TSC_ADJUST, that nobody moves it: without
 * these words Linux doubts it and reads a slower clock.
 */
#define AMD_WORDS "tsc=reliable tsc_early_khz="

/* The whole command line into `out` (CMDLINE_BYTES); returns its length. */
static size_t write_cmdline(const struct plan_input *in, uint32_t index, char *out)
{
    const struct manifest_domain *domain = &in->manifest->domains[index];
    const char *text = manifest_string(in->manifest, domain->cmdline);
    if (in->facts->amd && domain->protocol == MANIFEST_BOOT_LINUX)
        return format(out, CMDLINE_BYTES, "%s " AMD_WORDS "%lu", text, in->facts->tsc_hz / 1000);
    return format(out, CMDLINE_BYTES, "%s", text);
}

/* The initrd lies as high as the kernel allows, away from where that unpacks itself. */
static uint64_t initrd_address(const struct linux_kernel *kernel, uint64_t low,
                               uint64_t initrd_bytes)
{
    uint64_t end = min_u64(low, kernel->initrd_end_max);
    uint64_t start = end < initrd_bytes ? 0 : align_down(end - initrd_bytes, PAGE_BYTES);
    return start < kernel->load + kernel->memory_bytes ? 0 : start;
}

static bool plan_linux(const struct plan_input *in, uint32_t index, struct handoff_domain *out,
                       struct diagnostic *why)
{
    const struct manifest_domain *domain = &in->manifest->domains[index];
    const struct manifest_payload *payload = kernel_of(in, index), *initrd = initrd_of(in, index);
    uint64_t low = guest_low_bytes(domain->memory), initrd_bytes = initrd ? initrd->bytes : 0;
    char cmdline[CMDLINE_BYTES];
    struct linux_kernel kernel;
    enum linux_error error = linux_parse(payload_data(in, payload), payload->bytes, &kernel);
    if (error)
        return diagnose(why, "domain %s: the payload %s %s", domain->name,
                        payload_path(in, payload), linux_error_text(error));
    uint64_t initrd_at = initrd_address(&kernel, low, initrd_bytes);
    if (kernel.load + kernel.memory_bytes > low || (initrd && initrd_at == 0))
        return diagnose(why,
                        "domain %s: the kernel %s needs the memory from %lu to %lu KiB and room "
                        "for %lu KiB of initrd above it, but %lu KiB below 3 GiB are all there "
                        "is: raise `memory`",
                        domain->name, payload_path(in, payload), kernel.load >> 10,
                        (kernel.load + kernel.memory_bytes + 1023) >> 10,
                        (initrd_bytes + 1023) >> 10, low >> 10);
    size_t length = write_cmdline(in, index, cmdline);
    if (length > kernel.cmdline_max || length + 1 >= CMDLINE_BYTES)
        return diagnose(why,
                        "domain %s: the command line has %lu characters, the kernel %s takes %u: "
                        "shorten `cmdline`",
                        domain->name, length, payload_path(in, payload), kernel.cmdline_max);
    add_load(out, kernel.code_offset, kernel.load, kernel.code_bytes);
    add_load(out, page_up(payload->bytes), initrd_at, initrd_bytes);
    out->entry = (struct handoff_entry){
        .rip = linux_entry(&kernel), .rsp = GUEST_STACK_TOP, .rsi = GUEST_BOOT_PARAMS};
    return true;
}

static bool plan_elf64(const struct plan_input *in, uint32_t index, struct handoff_domain *out,
                       struct diagnostic *why)
{
    const struct manifest_domain *domain = &in->manifest->domains[index];
    const struct manifest_payload *payload = kernel_of(in, index);
    uint64_t low = guest_low_bytes(domain->memory);
    struct elf64 elf;
    enum elf64_error error = elf64_parse(payload_data(in, payload), payload->bytes, &elf);
    if (error)
        return diagnose(why, "domain %s: the payload %s %s: link it again", domain->name,
                        payload_path(in, payload), elf64_error_text(error));
    for (uint32_t i = 0; i < elf.count; i++) {
        const struct elf64_segment *segment = &elf.segments[i];
        if (segment->physical != segment->address)
            return diagnose(why,
                            "domain %s: the payload %s has a segment at %lx whose physical "
                            "address is %lx, but memory is mapped one to one: link it so",
                            domain->name, payload_path(in, payload), segment->address,
                            segment->physical);
        if (segment->address < GUEST_LOAD_MIN || segment->address > low ||
            segment->bytes > low - segment->address)
            return diagnose(why,
                            "domain %s: the payload %s has a segment of %lu bytes at %lx, outside "
                            "of the domain's memory from %x to %lx: link it elsewhere or raise "
                            "`memory`",
                            domain->name, payload_path(in, payload), segment->bytes,
                            segment->address, GUEST_LOAD_MIN, low);
        add_load(out, segment->offset, segment->address, segment->file_bytes);
    }
    out->entry =
        (struct handoff_entry){.rip = elf.entry, .rsp = GUEST_STACK_TOP, .rdi = GUEST_BOOT_INFO};
    return true;
}

bool guest_plan(const struct plan_input *in, uint32_t index, struct handoff_domain *out,
                struct diagnostic *why)
{
    const struct manifest_domain *domain = &in->manifest->domains[index];
    const struct manifest_payload *kernel = kernel_of(in, index), *initrd = initrd_of(in, index);
    uint64_t from = guest_template_offset(in, index);
    if (!(domain->protocol == MANIFEST_BOOT_LINUX ? plan_linux : plan_elf64)(in, index, out, why) ||
        (is_management(in, index) && !console_info_check(in, why)))
        return false;
    for (uint32_t i = 0; i < template_count(in, index); i++) {
        add_load(out, from, templates[i].gpa, templates[i].bytes);
        from += templates[i].bytes;
    }
    out->payload_bytes = from;
    add_digest(out, 0, kernel);
    if (initrd)
        add_digest(out, page_up(kernel->bytes), initrd);
    return true;
}

static uint8_t *at_gpa(uint8_t *all, uint64_t gpa)
{
    for (uint32_t i = 0; i < TEMPLATES; i++) {
        if (gpa >= templates[i].gpa && gpa - templates[i].gpa < templates[i].bytes)
            return all + (gpa - templates[i].gpa);
        all += templates[i].bytes;
    }
    return NULL;
}

static void *guest_table(uint64_t gpa, uint64_t bytes, void *all)
{
    (void)bytes;
    return at_gpa(all, gpa);
}

static void build_page_tables(uint8_t *all)
{
    struct paging_space space = {.count = 0};
    paging_add(&space, 0, 0, GUEST_HOLE_END, LARGE_PAGE_BYTES, PAGING_WRITE | PAGING_EXECUTE);
    paging_build(&space, PAGING_HOST, GUEST_PAGE_TABLES, guest_table, all);
}

static void build_gdt(uint8_t *all)
{
    const uint64_t code = 0x00af9b000000ffff, data = 0x00cf93000000ffff;
    memcpy(at_gpa(all, GUEST_GDT + GUEST_CODE_SELECTOR), &code, sizeof(code));
    memcpy(at_gpa(all, GUEST_GDT + GUEST_DATA_SELECTOR), &data, sizeof(data));
}

/*
 * Linux prefers UEFI's reset where ACPI is hardware-reduced; without UEFI it jumps to F000:FFF0 as
 * its next choice, and never tries the reset register.
 */
static void build_reset_vector(uint8_t *all)
{
    static const uint8_t code[] = {
        0xb0,
        GUEST_RESET_VALUE, /* mov al, 6 */
        0xba,
        GUEST_RESET_PORT & 0xff,
        GUEST_RESET_PORT >> 8, /* mov dx, 0xcf9 */
        0xee,
        0xf4, /* out dx, al; hlt */
    };
    memcpy(at_gpa(all, GUEST_RESET_VECTOR), code, sizeof(code));
}

static void build_boot_info(const struct plan_input *in, const struct handoff_domain *placed,
                            uint32_t index, const uint32_t *apic_ids, uint8_t *all)
{
    const struct manifest_domain *domain = &in->manifest->domains[index];
    struct guest_boot_info info = {
        .magic = GUEST_BOOT_MAGIC,
        .version = GUEST_BOOT_VERSION,
        .bytes = sizeof(info),
        .tsc_hz = in->facts->tsc_hz,
        .unix_time = in->facts->unix_time,
        .unix_time_tsc = in->facts->unix_time_tsc,
        .rsdp = GUEST_ACPI,
        .cmdline = GUEST_CMDLINE,
        .cpu_count = placed->cpu_count,
    };
    memcpy(info.domain, domain->name, sizeof(info.domain));
    memcpy(info.apic_ids, apic_ids, placed->cpu_count * sizeof(apic_ids[0]));
    info.memory_count = guest_memory_map(domain->memory, info.memory);
    memcpy(at_gpa(all, GUEST_BOOT_INFO), &info, sizeof(info));
}

static void build_boot_params(const struct plan_input *in, uint32_t index, uint8_t *all)
{
    const struct manifest_domain *domain = &in->manifest->domains[index];
    const struct manifest_payload *payload = kernel_of(in, index), *initrd = initrd_of(in, index);
    struct guest_memory map[GUEST_MEMORY_MAX];
    struct linux_boot boot = {.memory_count = guest_memory_map(domain->memory, map), .memory = map};
    struct linux_kernel kernel;
    linux_parse(payload_data(in, payload), payload->bytes, &kernel);
    if (initrd) {
        boot.initrd_bytes = initrd->bytes;
        boot.initrd = initrd_address(&kernel, guest_low_bytes(domain->memory), initrd->bytes);
    }
    linux_boot_params(payload_data(in, payload), &kernel, &boot, at_gpa(all, GUEST_BOOT_PARAMS));
}

/* The hole's own, and above RAM what did not fit there; none without a function. */
static struct acpi_windows windows_of(const struct handoff *handoff, uint32_t index)
{
    struct acpi_windows windows = {0};
    uint64_t low = UINT64_MAX, high = 0;
    if (handoff->domains[index].function_count == 0)
        return windows;
    windows.base[0] = GUEST_DEVICES;
    windows.bytes[0] = GUEST_ECAM - GUEST_DEVICES;
    for (uint32_t i = 0; i < handoff->function_count * MAX_BARS; i++) {
        const struct function *function = &handoff->functions[i / MAX_BARS];
        const struct function_bar *bar = &function->bars[i % MAX_BARS];
        if (function->domain != index || bar->bytes == 0 || bar->gpa < GUEST_HOLE_END)
            continue;
        low = min_u64(low, align_down(bar->gpa, PAGE_BYTES));
        high = page_up(bar->gpa + bar->bytes) > high ? page_up(bar->gpa + bar->bytes) : high;
    }
    windows.count = high > 0 ? 2 : 1;
    windows.base[1] = low;
    windows.bytes[1] = high - low;
    return windows;
}

void guest_build_templates(const struct plan_input *in, const struct handoff *handoff,
                           uint32_t index, uint8_t *all)
{
    const struct handoff_domain *placed = &handoff->domains[index];
    uint32_t apic_ids[MAX_DOMAIN_CPUS];
    for (uint32_t i = 0; i < placed->cpu_count; i++)
        apic_ids[i] = handoff->cpus[placed->cpus[i]].apic_id;
    build_gdt(all);
    build_page_tables(all);
    build_reset_vector(all);
    struct acpi_windows windows = windows_of(handoff, index);
    acpi_build(apic_ids, placed->cpu_count, &windows, at_gpa(all, GUEST_ACPI));
    write_cmdline(in, index, (char *)at_gpa(all, GUEST_CMDLINE));
    if (in->manifest->domains[index].protocol == MANIFEST_BOOT_LINUX)
        build_boot_params(in, index, all);
    else
        build_boot_info(in, placed, index, apic_ids, all);
    if (is_management(in, index))
        console_info_fill(in, (struct console_info *)at_gpa(all, GUEST_CONSOLE));
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about `linux` payloads (The Linux/x86 Boot Protocol). */
#include "rules.h"

#include "kernel/abi/guest.h"
#include "kernel/abi/manifest.h"
#include "tools/image/bzimage.h"
#include "tools/image/payload.h"
#include <string.h>

/* " tsc=reliable tsc_early_khz=4294967295", which the loader adds on AMD processors. */
enum { LOADER_CMDLINE_BYTES = 39, LINUX_CMDLINE_MAX = CMDLINE_BYTES - 2 };

/* A domain's kernel, when it is there at all. */
struct kernel {
    const struct model_domain *domain;
    const char *who, *file;
    struct bzimage image;
    uint64_t low_memory; /* end of the RAM below the hole; 0: unknown */
    uint64_t end;        /* of the memory that the kernel needs to start */
};

static bool kernel_of(struct check *check, uint32_t index, struct kernel *out)
{
    const struct model_domain *domain = model_domain(&check->model, index);

    if (!domain->boot.bzimage.value)
        return false;
    const struct payload *payload = payload_open(check, domain->boot.bzimage.value);
    if (payload->state != PAYLOAD_GOOD)
        return false;
    *out = (struct kernel){domain,
                           domain_of(check, domain),
                           payload->resolved,
                           bzimage_read(payload->bytes, payload->size),
                           0,
                           0};
    if (domain->memory.valid)
        out->low_memory =
            domain->memory.value < GUEST_HOLE_BASE ? domain->memory.value : GUEST_HOLE_BASE;
    if (__builtin_add_overflow(out->image.preferred_address, out->image.init_bytes, &out->end))
        out->end = UINT64_MAX;
    return true;
}

static bool can_boot(const struct kernel *kernel)
{
    const struct bzimage *image = &kernel->image;

    return image->is_bzimage && image->is_whole && image->entry_64 && image->is_aligned &&
           image->preferred_address >= GUEST_LOAD_MIN;
}

static const char *other_format(const struct payload *payload)
{
    static const struct {
        const char *magic;
        size_t length;
        const char *remedy;
    } formats[] = {
        {"\177ELF", 4,
         "it is an ELF file: boot it with `elf64`, or name the bzImage that the "
         "kernel build leaves in arch/x86/boot/"},
        {"\037\213", 2, "it is a gzip file: unpack it first"},
        {"MZ", 2, "it is an EFI program that is no Linux kernel: name a bzImage (vmlinuz)"},
        {"070701", 6, "it is a cpio archive: name it as `initrd`"},
    };

    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (payload->size >= formats[i].length &&
            memcmp(payload->bytes, formats[i].magic, formats[i].length) == 0)
            return formats[i].remedy;
    }
    return "name a bzImage, which distributions call vmlinuz";
}

void rule_linux_bzimage(struct check *check)
{
    struct kernel kernel;

    for (uint32_t i = 0; i < check->model.domains.count; i++) {
        if (!kernel_of(check, i, &kernel))
            continue;
        const struct text *path = &kernel.domain->boot.bzimage;
        if (!kernel.image.is_bzimage)
            report(check, path->at,
                   say(&check->arena, "%s: %s is no bzImage", kernel.who, kernel.file),
                   other_format(payload_open(check, path->value)));
        else if (!kernel.image.is_whole)
            report(check, path->at,
                   say(&check->arena,
                       "%s: %s is cut off: its header promises more than the file "
                       "has",
                       kernel.who, kernel.file),
                   "copy or build the kernel again");
    }
}

void rule_linux_64bit(struct check *check)
{
    struct kernel kernel;

    for (uint32_t i = 0; i < check->model.domains.count; i++) {
        if (!kernel_of(check, i, &kernel) || !kernel.image.is_bzimage || kernel.image.entry_64)
            continue;
        report(check, kernel.domain->boot.bzimage.at,
               say(&check->arena, "%s: %s has boot protocol %u.%02u and no 64-bit entry",
                   kernel.who, kernel.file, kernel.image.version >> 8, kernel.image.version & 0xff),
               "use an x86-64 kernel of Linux 3.8 or later");
    }
}

void rule_linux_address(struct check *check)
{
    struct kernel kernel;

    for (uint32_t i = 0; i < check->model.domains.count; i++) {
        if (!kernel_of(check, i, &kernel) || !kernel.image.entry_64)
            continue;
        unsigned long long address = kernel.image.preferred_address;
        if (address < GUEST_LOAD_MIN || !kernel.image.is_aligned)
            report(check, kernel.domain->boot.bzimage.at,
                   say(&check->arena, "%s: %s wants to be loaded at 0x%llx, %s", kernel.who,
                       kernel.file, address,
                       address < GUEST_LOAD_MIN
                           ? "below 0x100000, where the domain's boot parameters and tables are"
                           : "which does not suit its own alignment or a page"),
                   "the kernel's header is damaged or unusual: build it again with the default "
                   "CONFIG_PHYSICAL_START and CONFIG_PHYSICAL_ALIGN");
    }
}

void rule_linux_fit(struct check *check)
{
    struct kernel kernel;

    for (uint32_t i = 0; i < check->model.domains.count; i++) {
        if (!kernel_of(check, i, &kernel) || !can_boot(&kernel) || kernel.low_memory == 0 ||
            kernel.end <= kernel.low_memory)
            continue;
        unsigned long long wanted = ((kernel.end - 1) >> 21) + 1; /* in units of 2 MiB */
        report(check, kernel.domain->boot.bzimage.at,
               say(&check->arena,
                   "%s: to start, %s needs memory up to 0x%llx, but the domain's ends at 0x%llx "
                   "(memory is %s, %s)",
                   kernel.who, kernel.file, (unsigned long long)kernel.end,
                   (unsigned long long)kernel.low_memory,
                   size_text(&check->arena, kernel.domain->memory.value),
                   line_of(check, kernel.domain->memory.at)),
               kernel.end > GUEST_HOLE_BASE
                   ? "use a kernel that starts below 3G"
                   : say(&check->arena, "give the domain at least %lluM", 2 * wanted));
    }
}

void rule_initrd_fit(struct check *check)
{
    struct kernel kernel;

    for (uint32_t i = 0; i < check->model.domains.count; i++) {
        if (!kernel_of(check, i, &kernel) || !kernel.domain->boot.initrd.value ||
            !can_boot(&kernel) || kernel.low_memory == 0 || kernel.end > kernel.low_memory)
            continue;
        const struct payload *initrd = payload_open(check, kernel.domain->boot.initrd.value);
        uint64_t reach = kernel.image.initrd_max + 1;
        uint64_t top = kernel.low_memory < reach ? kernel.low_memory : reach;
        uint64_t first = (kernel.end + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
        uint64_t room = top > first ? (top - first) / PAGE_BYTES * PAGE_BYTES : 0;

        if (initrd->state != PAYLOAD_GOOD || initrd->size <= room)
            continue;
        report(check, kernel.domain->boot.initrd.at,
               say(&check->arena,
                   "%s: %s has %llu bytes, but between the kernel's end 0x%llx (%s) and 0x%llx "
                   "(%s) there are %llu",
                   kernel.who, initrd->resolved, (unsigned long long)initrd->size,
                   (unsigned long long)first, line_of(check, kernel.domain->boot.bzimage.at),
                   (unsigned long long)top,
                   top == reach ? "the highest address the kernel takes an initrd at"
                                : say(&check->arena, "the end of memory, %s",
                                      line_of(check, kernel.domain->memory.at)),
                   (unsigned long long)room),
               top == reach ? "make the initrd smaller"
                            : "give the domain more memory, or make the initrd smaller");
    }
}

/* The room for a command line, and why it is no more. */
static uint64_t cmdline_room(struct check *check, const struct model_domain *domain, uint32_t index,
                             const char **reason)
{
    uint64_t room = is_written(domain->boot.bzimage.at) ? LINUX_CMDLINE_MAX : CMDLINE_BYTES - 1;
    struct kernel kernel;

    *reason = say(&check->arena, "the loader passes at most %llu", (unsigned long long)room);
    if (kernel_of(check, index, &kernel) && can_boot(&kernel) &&
        kernel.image.cmdline_length < room) {
        room = kernel.image.cmdline_length;
        *reason = say(&check->arena, "%s takes at most %llu (%s)", kernel.file,
                      (unsigned long long)room, line_of(check, domain->boot.bzimage.at));
    }
    if (is_written(domain->boot.bzimage.at) &&
        check->model.platform.cpu.value == MANIFEST_CPU_AMD) {
        room = room > LOADER_CMDLINE_BYTES ? room - LOADER_CMDLINE_BYTES : 0;
        *reason = say(&check->arena, "%s, and adds up to %d for `tsc=` and `tsc_early_khz=` on AMD",
                      *reason, LOADER_CMDLINE_BYTES);
    }
    return room;
}

void rule_cmdline_length(struct check *check)
{
    for (uint32_t i = 0; i < check->model.domains.count; i++) {
        const struct model_domain *domain = model_domain(&check->model, i);
        const struct text *cmdline = &domain->boot.cmdline;
        const char *reason;
        uint64_t room = cmdline_room(check, domain, i, &reason);

        if (cmdline->value && strlen(cmdline->value) > room)
            report(check, cmdline->at,
                   say(&check->arena, "%s: the command line has %zu bytes; %s",
                       domain_of(check, domain), strlen(cmdline->value), reason),
                   say(&check->arena, "shorten it to %llu bytes", (unsigned long long)room));
    }
}

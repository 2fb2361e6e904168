/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about `elf64` payloads. */
#include "rules.h"

#include "kernel/abi/guest.h"
#include "tools/image/elf64.h"
#include "tools/image/payload.h"
#include <elf.h>

/* One elf64 payload; `look` gets only files whose headers are good. */
struct program {
    struct check *check;
    const struct model_domain *domain;
    const char *who, *file;
    struct place at;
    const struct payload *payload;
    struct elf64 elf;
};

static bool program_of(struct check *check, uint32_t index, struct program *out)
{
    const struct model_domain *domain = partition(check, index);

    if (!domain->boot.elf64.value)
        return false;
    out->check = check;
    out->domain = domain;
    out->payload = payload_open(check, domain->boot.elf64.value);
    out->who = domain_of(check, domain);
    out->file = out->payload->resolved;
    out->at = domain->boot.elf64.at;
    return out->payload->state == PAYLOAD_GOOD;
}

void rule_elf_format(struct check *check)
{
    struct program program;

    for (uint32_t i = 0; i < partition_count(check); i++) {
        if (!program_of(check, i, &program))
            continue;
        const char *remedy;
        const char *complaint =
            elf64_open(program.payload->bytes, program.payload->size, &program.elf, &remedy);
        if (complaint)
            report(check, program.at,
                   say(&check->arena, "%s: %s %s", program.who, program.file, complaint), remedy);
    }
}

static void each_program(struct check *check, void (*look)(const struct program *program))
{
    struct program program;
    const char *remedy;

    for (uint32_t i = 0; i < partition_count(check); i++) {
        if (program_of(check, i, &program) &&
            !elf64_open(program.payload->bytes, program.payload->size, &program.elf, &remedy))
            look(&program);
    }
}

/* "segment 2 (0x100000-0x101fff)" */
static const char *segment_text(const struct program *program, const struct elf64_segment *segment)
{
    unsigned long long first = segment->address, last = first + (segment->bytes - 1);

    return say(&program->check->arena, "segment %u (0x%llx-0x%llx)", segment->number, first, last);
}

static bool is_whole(const struct program *program, const struct elf64_segment *segment)
{
    return elf64_segment_is_whole(segment, program->payload->size);
}

static void look_truncated(const struct program *program)
{
    for (uint32_t i = 0; i < program->elf.count; i++) {
        const struct elf64_segment *segment = &program->elf.segments[i];

        if (!is_whole(program, segment))
            report(program->check, program->at,
                   say(&program->check->arena,
                       "%s: %s: segment %u has %llu bytes at file offset 0x%llx and %llu bytes in "
                       "memory at 0x%llx, which the file of %llu bytes or the address space does "
                       "not hold",
                       program->who, program->file, segment->number,
                       (unsigned long long)segment->file_bytes, (unsigned long long)segment->offset,
                       (unsigned long long)segment->bytes, (unsigned long long)segment->address,
                       (unsigned long long)program->payload->size),
                   "the file is damaged: build or copy it again");
    }
}

void rule_elf_truncated(struct check *check)
{
    each_program(check, look_truncated);
}

static void look_alignment(const struct program *program)
{
    for (uint32_t i = 0; i < program->elf.count; i++) {
        const struct elf64_segment *segment = &program->elf.segments[i];
        uint64_t align = segment->align > 1 ? segment->align : 1;
        bool power = (align & (align - 1)) == 0;

        if (!power || segment->address % align != segment->offset % align)
            report(
                program->check, program->at,
                say(&program->check->arena,
                    "%s: %s: %s at file offset 0x%llx breaks its alignment 0x%llx%s", program->who,
                    program->file, segment_text(program, segment),
                    (unsigned long long)segment->offset, (unsigned long long)align,
                    power ? ": address and offset differ modulo it" : ", which is no power of two"),
                "correct the linker script: place each segment with ALIGN(4096), and link "
                "with -z max-page-size=4096");
    }
}

void rule_elf_alignment(struct check *check)
{
    each_program(check, look_alignment);
}

static void look_range(const struct program *program)
{
    const struct number *memory = &program->domain->memory;
    uint64_t end =
        memory->valid && memory->value < GUEST_HOLE_BASE ? memory->value : GUEST_HOLE_BASE;

    for (uint32_t i = 0; i < program->elf.count; i++) {
        const struct elf64_segment *segment = &program->elf.segments[i];
        const char *limit =
            end == GUEST_HOLE_BASE
                ? "reaches into the device hole at 0xc0000000"
                : say(&program->check->arena, "lies beyond the domain's memory of %s (%s)",
                      size_text(&program->check->arena, end), line_of(program->check, memory->at));

        if (!is_whole(program, segment) ||
            (segment->address >= GUEST_LOAD_MIN && segment->address < end &&
             segment->bytes <= end - segment->address))
            continue;
        report(program->check, program->at,
               say(&program->check->arena, "%s: %s: %s %s", program->who, program->file,
                   segment_text(program, segment),
                   segment->address < GUEST_LOAD_MIN ? "lies below 0x100000, where the domain's "
                                                       "boot information and ACPI tables are"
                                                     : limit),
               end != GUEST_HOLE_BASE && segment->address >= GUEST_LOAD_MIN
                   ? "give the domain more memory, or link the program lower"
                   : "link the program to addresses from 0x100000 on, below 3 GiB");
    }
}

void rule_elf_range(struct check *check)
{
    each_program(check, look_range);
}

static void look_physical(const struct program *program)
{
    for (uint32_t i = 0; i < program->elf.count; i++) {
        const struct elf64_segment *segment = &program->elf.segments[i];

        if (is_whole(program, segment) && segment->physical != segment->address)
            report(program->check, program->at,
                   say(&program->check->arena,
                       "%s: %s: %s has the physical address 0x%llx, but a domain's memory is "
                       "mapped one to one",
                       program->who, program->file, segment_text(program, segment),
                       (unsigned long long)segment->physical),
                   "remove AT(...) from the linker script");
    }
}

void rule_elf_physical(struct check *check)
{
    each_program(check, look_physical);
}

static void look_order(const struct program *program)
{
    for (uint32_t i = 1; i < program->elf.count; i++) {
        const struct elf64_segment *one = &program->elf.segments[i];
        const struct elf64_segment *before = &program->elf.segments[i - 1];

        if (is_whole(program, one) && is_whole(program, before) &&
            one->address + (one->bytes - 1) < before->address)
            report(program->check, program->at,
                   say(&program->check->arena, "%s: %s: %s stands behind %s in the table",
                       program->who, program->file, segment_text(program, one),
                       segment_text(program, before)),
                   "name the program headers in ascending order in the linker script (PHDRS)");
    }
}

void rule_elf_order(struct check *check)
{
    each_program(check, look_order);
}

static void look_overlap(const struct program *program)
{
    for (uint32_t i = 1; i < program->elf.count; i++) {
        const struct elf64_segment *one = &program->elf.segments[i];

        for (uint32_t j = 0; j < i; j++) {
            const struct elf64_segment *other = &program->elf.segments[j];

            if (is_whole(program, one) && is_whole(program, other) &&
                one->address <= other->address + (other->bytes - 1) &&
                other->address <= one->address + (one->bytes - 1))
                report(program->check, program->at,
                       say(&program->check->arena, "%s: %s: %s overlaps %s", program->who,
                           program->file, segment_text(program, one), segment_text(program, other)),
                       "correct the linker script: each segment begins after the end of the one "
                       "before, its zeroed part (.bss) included");
        }
    }
}

void rule_elf_overlap(struct check *check)
{
    each_program(check, look_overlap);
}

static void look_entry(const struct program *program)
{
    uint64_t entry = program->elf.entry;

    for (uint32_t i = 0; i < program->elf.count; i++) {
        const struct elf64_segment *segment = &program->elf.segments[i];

        if ((segment->flags & PF_X) && entry >= segment->address &&
            entry - segment->address < segment->file_bytes)
            return;
    }
    report(program->check, program->at,
           say(&program->check->arena, "%s: %s: entry point 0x%llx lies in no executable segment",
               program->who, program->file, (unsigned long long)entry),
           "name the entry in the linker script (ENTRY) or with -e, in a segment with flag X");
}

void rule_elf_entry(struct check *check)
{
    each_program(check, look_entry);
}

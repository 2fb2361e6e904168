/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the separation check (I12) on this processor: registers read back, kernel segments. */
#include "separation.h"
#include "arch/x86/include/machine_words.h"
#include "arch/x86/include/upcalls.h"

extern const uint8_t text_end[], constants_end[], cpu_begin[], cpu_end[], stack_begin[],
    stack_end[], nmi_stack_begin[], nmi_stack_end[], fault_stack_begin[], fault_stack_end[],
    domain_begin[], domain_end[];

static struct check_segment segment(const uint8_t *begin, const uint8_t *end, uint32_t kind)
{
    return (struct check_segment){(uint64_t)begin, (uint64_t)end - (uint64_t)begin, kind};
}

bool separation_check(const struct manifest *manifest, struct check_result *result)
{
    const struct check_segment segments[] = {
        segment((const uint8_t *)VA_KERNEL, text_end, EXTENT_TEXT),
        segment(text_end, constants_end, EXTENT_CONSTANTS),
        segment(cpu_begin, cpu_end, EXTENT_CPU),
        segment(stack_begin, stack_end, EXTENT_CPU),
        segment(nmi_stack_begin, nmi_stack_end, EXTENT_CPU),
        segment(fault_stack_begin, fault_stack_end, EXTENT_CPU),
        segment(domain_begin, domain_end, EXTENT_PRIVATE),
    };
    struct check_registers registers;
    machine_read_back(&registers);
    struct check_input in = {.handoff = handoff(),
                             .manifest = manifest,
                             .registers = &registers,
                             .segments = segments,
                             .segment_count = sizeof(segments) / sizeof(segments[0]),
                             .cpu = cpu.index,
                             .frame = check_own_frame,
                             .granted = machine_msr_granted};
    in.context = &in;
    return check_processor(&in, result);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a domain's part of the separation check on this processor: registers read back, segments. */
#include "separation.h"
#include "arch/x86/include/machine_words.h"
#include "arch/x86/include/upcalls.h"

extern const uint8_t text_end[], constants_end[], cpu_begin[], cpu_end[], stack_begin[],
    stack_end[], nmi_stack_begin[], nmi_stack_end[], fault_stack_begin[], fault_stack_end[],
    mc_stack_begin[], mc_stack_end[], domain_begin[], domain_end[];

PER_CPU struct check_result separation_result;
static PER_CPU struct check_registers registers;
static PER_CPU struct check_input in;
static PER_CPU struct check check;
static PER_CPU struct check_segment segments[8];

static struct check_segment segment(const uint8_t *begin, const uint8_t *end, uint32_t kind)
{
    return (struct check_segment){(uint64_t)begin, (uint64_t)end - (uint64_t)begin, kind};
}

void separation_begin(void)
{
    segments[0] = segment((const uint8_t *)VA_KERNEL, text_end, EXTENT_TEXT);
    segments[1] = segment(text_end, constants_end, EXTENT_CONSTANTS);
    segments[2] = segment(cpu_begin, cpu_end, EXTENT_CPU);
    segments[3] = segment(stack_begin, stack_end, EXTENT_CPU);
    segments[4] = segment(nmi_stack_begin, nmi_stack_end, EXTENT_CPU);
    segments[5] = segment(fault_stack_begin, fault_stack_end, EXTENT_CPU);
    segments[6] = segment(mc_stack_begin, mc_stack_end, EXTENT_CPU);
    segments[7] = segment(domain_begin, domain_end, EXTENT_PRIVATE);
    machine_read_back(&registers);
    in = (struct check_input){.slice = slice(),
                              .local = cpu.local,
                              .registers = &registers,
                              .segments = segments,
                              .segment_count = sizeof(segments) / sizeof(segments[0]),
                              .frame = check_own_frame,
                              .context = &in,
                              .granted = machine_msr_granted};
    check_begin(&check, &in, &separation_result);
}

enum check_progress separation_go_on(void)
{
    return check_go_on(&check, CHECK_PIECE);
}

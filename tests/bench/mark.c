/* SPDX-License-Identifier: Apache-2.0 */
/* Of kernels built with -DBENCH: says the exit counts so far on the domain's UART. */
#include "arch/x86/include/machine_words.h"
#include "arch/x86/include/upcalls.h"
#include "kernel/format.h"
#include "kernel/vm/devices.h"

/* A line of "kind count" pairs, all processors together. */
void life_mark(uint32_t mark)
{
    struct public_page *page = (struct public_page *)VA_PUBLIC;
    char line[512];
    size_t length =
        format(line, sizeof(line), "\nbulkhead: mark %u, tsc %lu:", mark, machine_tsc());
    for (uint32_t kind = 0; kind < PUBLIC_EXIT_KINDS; kind++) {
        uint64_t sum = 0;
        for (uint32_t local = 0; local < cpu.domain->cpu_count; local++)
            sum += public_exits(page, local)[kind];
        if (sum)
            length += format(line + length, sizeof(line) - length, " %u %lu", kind, sum);
    }
    format(line + length, sizeof(line) - length, "\n");
    devices_say(line);
}

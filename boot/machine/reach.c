/* SPDX-License-Identifier: Apache-2.0 */
/* Can the loader touch a device's registers: see the header. Intel SDM, "4-Level Paging". */
#include "reach.h"
#include "arch/x86/include/cpu.h"
#include "text.h"

enum { PRESENT = 1, LARGE = 0x80 };
#define ADDRESS 0x000ffffffffff000ull

bool reach_maps(uint64_t root, uint64_t base, uint64_t bytes)
{
    uint64_t at = base, end = base + bytes;
    if (end < base || end > 1ull << 47)
        return false;
    while (at < end) {
        uint64_t table = root & ADDRESS, span = 0, entry = 0;
        for (unsigned shift = 39; span == 0; shift -= 9) {
            entry = ((const volatile uint64_t *)table)[at >> shift & 511];
            if (!(entry & PRESENT))
                return false;
            if (shift == 12 || (shift < 39 && entry & LARGE))
                span = 1ull << shift;
            table = entry & ADDRESS;
        }
        if ((entry & ADDRESS & ~(span - 1)) != (at & ~(span - 1)))
            return false;
        at = (at & ~(span - 1)) + span;
    }
    return true;
}

bool reach_possible(uint64_t base, uint64_t bytes)
{
    return reach_maps(cpu_read_cr3(), base, bytes);
}

void reach(uint64_t base, uint64_t bytes, const char *what)
{
    if (!reach_possible(base, bytes))
        refuse("the firmware maps nothing where it says that the machine's %s is (%lx): update the "
               "firmware",
               what, base);
}

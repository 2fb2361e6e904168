/* SPDX-License-Identifier: Apache-2.0 */
/* Shadow LVT entries. Intel SDM, "Local Vector Table". */
#include "lvt.h"
#include "arch/x86/grant/msr_index.h"

enum {
    LVT_MASKED = 1 << 16,
    LVT_WRITABLE = LVT_MASKED | 0x7ff,         /* vector and delivery mode */
    LVT_LINT_WRITABLE = LVT_WRITABLE | 0xa000, /* polarity and trigger mode */
    LVT_OWN_WRITABLE = LVT_MASKED | 0xff,
    LVT_TIMER_PERIODIC = 1 << 17,
    LVT_TIMER_DEADLINE = 1 << 18,
    LVT_READ_ONLY = 1 << 12,                     /* delivery status */
    LVT_LINT_READ_ONLY = LVT_READ_ONLY | 1 << 14 /* remote IRR */
};

void lvt_init(struct lvt *lvt)
{
    for (unsigned i = 0; i < LVT_SHADOWS; i++)
        lvt->entry[i] = LVT_MASKED;
}

uint32_t lvt_read(const struct lvt *lvt, uint32_t msr)
{
    return lvt->entry[msr - IA32_X2APIC_LVT_THERMAL];
}

bool lvt_write(struct lvt *lvt, uint32_t msr, uint64_t value)
{
    unsigned index = msr - IA32_X2APIC_LVT_THERMAL;
    bool lint = index >= LVT_LINT0;
    uint32_t writable = lint ? LVT_LINT_WRITABLE : LVT_WRITABLE;
    uint32_t read_only = lint ? LVT_LINT_READ_ONLY : LVT_READ_ONLY;

    if (value & ~(uint64_t)(writable | read_only))
        return false;
    lvt->entry[index] = (uint32_t)value & writable;
    return true;
}

bool lvt_own(uint32_t msr, uint64_t *value, bool deadline)
{
    uint64_t mode = *value & (LVT_TIMER_PERIODIC | LVT_TIMER_DEADLINE);
    bool good =
        mode == 0 || (msr == IA32_X2APIC_LVT_TIMER &&
                      (mode == LVT_TIMER_PERIODIC || (mode == LVT_TIMER_DEADLINE && deadline)));
    if (!good || *value & ~(mode | LVT_OWN_WRITABLE | LVT_READ_ONLY))
        return false;
    *value &= ~(uint64_t)LVT_READ_ONLY;
    return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The MSR table at work. It is expanded as an array (msr_lines.h), from which the bitmaps are made
 * and a restart resets, and as the cases of the exit handlers, so that a denied access is decided
 * in a dozen instructions. The separation check compares the one with the other.
 */
#include "msr_lines.h"

/* TRAPS 23: what is granted for writing has a way back to its reset value. */
#define MSR(first, last, read, write, needs, reset, value)                                         \
    _Static_assert((MSR_##write == MSR_DIRECT || MSR_##write == MSR_LVT) ==                        \
                       (MSR_RESET_##reset != MSR_RESET_NONE),                                      \
                   "written by a guest, so reset: " #first);
#include "msr_table.h"

/*
 * Bits of IA32_ARCH_CAPABILITIES that only inform: RDCL_NO, IBRS_ALL, RSBA, SKIP_L1DFL_VMENTRY,
 * SSB_NO, MDS_NO, IF_PSCHANGE_MC_NO, TAA_NO, SBDR_SSDP_NO, FBSDP_NO, PSDP_NO, FB_CLEAR, RRSBA,
 * BHI_NO, PBRSB_NO, GDS_NO, RFDS_NO, RFDS_CLEAR.
 */
#define ARCH_CAPABILITIES_SHOWN 0x1d1ae17full

void msr_init(struct vmsr *state, const struct cpu_features *features, bool first)
{
    *state = (struct vmsr){
        .features = features,
        .apic_base =
            APIC_BASE_ADDRESS | APIC_BASE_EN | APIC_BASE_EXTD | (first ? APIC_BASE_BSP : 0),
    };
    lvt_init(&state->lvt);
}

static bool msr_read_asked(const struct vmsr *state, uint32_t msr, uint64_t *value)
{
    switch (msr) {
    case IA32_APIC_BASE:
        *value = state->apic_base;
        return true;
    case IA32_ARCH_CAPABILITIES:
        *value = state->features->arch_capabilities & ARCH_CAPABILITIES_SHOWN;
        return true;
    case IA32_X2APIC_ICR:
        *value = state->icr;
        return true;
    case IA32_EFER:
        return false;
    default:
        *value = lvt_read(&state->lvt, msr);
        return true;
    }
}

static bool msr_write_asked(struct vmsr *state, uint32_t msr, uint64_t value)
{
    switch (msr) {
    case IA32_APIC_BASE: /* its mode and place are fixed */
        return value == state->apic_base;
    case IA32_X2APIC_SIVR:
    case IA32_X2APIC_ICR:
    case IA32_X2APIC_LVT_TIMER:
    case IA32_X2APIC_LVT_ERROR:
    case IA32_EFER:
        return false;
    default:
        return lvt_write(&state->lvt, msr, value);
    }
}

bool msr_read(const struct vmsr *state, uint32_t msr, uint64_t *value)
{
    switch (msr) {
#define MSR(first, last, read, write, needs, reset, number)                                        \
    case first ... last:                                                                           \
        if (MSR_##read != MSR_VALUE && MSR_##read != MSR_ASK)                                      \
            return false;                                                                          \
        if (!features_have(state->features, FEATURE_##needs))                                      \
            return false;                                                                          \
        if (MSR_##read == MSR_ASK)                                                                 \
            return msr_read_asked(state, msr, value);                                              \
        *value = number;                                                                           \
        return true;
#include "msr_table.h"
    default:
        return false;
    }
}

bool msr_write(struct vmsr *state, uint32_t msr, uint64_t value)
{
    switch (msr) {
#define MSR(first, last, read, write, needs, reset, number)                                        \
    case first ... last:                                                                           \
        if (MSR_##write == MSR_DENY || MSR_##write == MSR_DIRECT)                                  \
            return false;                                                                          \
        if (!features_have(state->features, FEATURE_##needs))                                      \
            return false;                                                                          \
        if (MSR_##write == MSR_ASK || MSR_##write == MSR_LVT)                                      \
            return msr_write_asked(state, msr, value);                                             \
        return MSR_##write == MSR_IGNORE || value == 0;
#include "msr_table.h"
    default:
        return false;
    }
}

bool msr_granted(const struct cpu_features *features, uint32_t msr, bool write)
{
    switch (msr) {
#define MSR(first, last, read, write_access, needs, reset, number)                                 \
    case first ... last:                                                                           \
        return msr_is_direct(features, write ? MSR_##write_access : MSR_##read) &&                 \
               features_have(features, FEATURE_##needs);
#include "msr_table.h"
    default:
        return false;
    }
}

void msr_reset_walk(const struct cpu_features *features, msr_reset_function *reset, void *context)
{
    for (const struct msr_line *line = msr_table; line < msr_table + MSR_LINES; line++) {
        if (line->reset != MSR_RESET_WRITE && line->reset != MSR_RESET_STATE)
            continue;
        if (!features_have(features, line->needs))
            continue;
        for (uint32_t msr = line->first; msr <= line->last; msr++)
            reset(context, msr, line->value, line->reset);
    }
}

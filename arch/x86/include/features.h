/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this processor can do and a guest may use. The policy tables (MSRs, CPUID, CR4, XCR0) ask
 * this one structure, so that a feature that one table hides is hidden by all of them.
 */
#ifndef BULKHEAD_FEATURES_H
#define BULKHEAD_FEATURES_H

#include <stdbool.h>
#include <stdint.h>

enum cpu_feature {
    FEATURE_ANY, /* every x86-64 processor */
    FEATURE_INTEL,
    FEATURE_AMD,
    FEATURE_RDTSCP, /* or RDPID: TSC_AUX exists */
    FEATURE_TSC_ADJUST,
    FEATURE_TSC_DEADLINE,
    FEATURE_INVARIANT_TSC,
    FEATURE_SPEC_CTRL,
    FEATURE_PRED_CMD,
    FEATURE_FLUSH_CMD,
    FEATURE_ARCH_CAPABILITIES,
    FEATURE_AUTO_IBRS,
    FEATURE_NX,
    FEATURE_UMIP,
    FEATURE_FSGSBASE,
    FEATURE_PCID,
    FEATURE_INVPCID,
    FEATURE_SMEP,
    FEATURE_SMAP,
    FEATURE_PKU,
    FEATURE_XSAVE,
    FEATURE_XSAVES,
    FEATURE_WAITPKG,
    FEATURES,
};

struct cpu_features {
    uint64_t has;               /* bit n: enum cpu_feature n */
    uint64_t xcr0;              /* XCR0 bits that a guest may set; 0 without XSAVE */
    uint64_t arch_capabilities; /* IA32_ARCH_CAPABILITIES, which the backend sets */
    uint64_t tsc_hz;            /* for CPUID: the loader's to set */
};

/* CPUID of the processor; tests answer with recorded leaves. cpu_cpuid() has this type. */
typedef void features_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t out[4]);

/*
 * Fills `features` from CPUID. Before the tables are built the two fields marked as others' are
 * set, and with VT-x what its controls can't give to a guest is dropped.
 */
void features_read(struct cpu_features *features, features_cpuid *cpuid);

/*
 * Drops what needs a control that is not among `secondary`. Intel SDM, "Secondary Processor-Based
 * VM-Execution Controls".
 */
void features_drop_uncontrolled(struct cpu_features *features, uint32_t secondary);

static inline bool features_have(const struct cpu_features *features, enum cpu_feature feature)
{
    return features->has >> feature & 1;
}

static inline void features_drop(struct cpu_features *features, enum cpu_feature feature)
{
    features->has &= ~(1ull << feature);
}

#endif

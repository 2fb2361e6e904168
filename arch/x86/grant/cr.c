/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of CR0, CR4, EFER and XCR0 for writes that exit: hardware no longer checks these. */
#include "cr.h"
#include <stddef.h>

/* CR4 bits of every x86-64 processor. PCE is harmless: RDPMC exits. */
#define CR4_BASE                                                                                   \
    (CR4_VME | CR4_PVI | CR4_TSD | CR4_DE | CR4_PSE | CR4_PAE | CR4_MCE | CR4_PGE | CR4_PCE |      \
     CR4_OSFXSR | CR4_OSXMMEXCPT)

/* Those that come with a feature. Not here, so refused: LA57, VMXE, SMXE, CET, PKS and later. */
static const struct {
    uint64_t bit;
    enum cpu_feature feature;
} cr4_bits[] = {
    {CR4_UMIP, FEATURE_UMIP},     {CR4_FSGSBASE, FEATURE_FSGSBASE}, {CR4_PCIDE, FEATURE_PCID},
    {CR4_OSXSAVE, FEATURE_XSAVE}, {CR4_SMEP, FEATURE_SMEP},         {CR4_SMAP, FEATURE_SMAP},
    {CR4_PKE, FEATURE_PKU},
};

static uint64_t cr4_allowed(const struct cpu_features *features)
{
    uint64_t allowed = CR4_BASE;

    for (size_t i = 0; i < sizeof(cr4_bits) / sizeof(cr4_bits[0]); i++)
        if (features_have(features, cr4_bits[i].feature))
            allowed |= cr4_bits[i].bit;
    return allowed;
}

uint64_t cr4_host_owned(const struct cpu_features *features)
{
    return ~cr4_allowed(features) | CR4_MCE;
}

bool cr0_write(struct control_registers *guest, uint64_t value)
{
    uint64_t efer = guest->efer & ~EFER_LMA;
    bool long_mode = guest->efer & EFER_LMA;

    if (value >> 32)
        return false;
    if ((value & CR0_PG && !(value & CR0_PE)) || (value & CR0_NW && !(value & CR0_CD)))
        return false;
    if (value & CR0_PG) {
        if (!(guest->cr0 & CR0_PG) && efer & EFER_LME &&
            (!(guest->cr4 & CR4_PAE) || guest->cs_long))
            return false;
        if (efer & EFER_LME)
            efer |= EFER_LMA;
    } else if (guest->cr4 & CR4_PCIDE || (long_mode && guest->cs_long)) {
        return false;
    }
    guest->cr0 = (value & CR0_DEFINED) | CR0_ET;
    guest->efer = efer;
    return true;
}

bool cr4_write(struct control_registers *guest, const struct cpu_features *features, uint64_t value)
{
    bool long_mode = guest->efer & EFER_LMA;

    if (value & ~cr4_allowed(features))
        return false;
    if (long_mode && !(value & CR4_PAE))
        return false;
    if (value & ~guest->cr4 & CR4_PCIDE && (!long_mode || guest->cr3 & 0xfff))
        return false;
    guest->cr4 = value;
    return true;
}

bool efer_write(struct control_registers *guest, const struct cpu_features *features,
                uint64_t value)
{
    uint64_t allowed = EFER_SCE | EFER_LME | EFER_LMA;

    if (features_have(features, FEATURE_NX))
        allowed |= EFER_NXE;
    if (features_have(features, FEATURE_AUTO_IBRS))
        allowed |= EFER_AIBRS;
    if (value & ~allowed)
        return false;
    if (guest->cr0 & CR0_PG && (value ^ guest->efer) & EFER_LME)
        return false;
    guest->efer = (value & ~EFER_LMA) | (guest->efer & EFER_LMA);
    return true;
}

bool pdptes_good(const uint64_t pdptes[PDPTES], unsigned physical_bits)
{
    enum { PRESENT = 1, RESERVED = 0x1e6, LEAST_BITS = 32, MOST_BITS = 52 };

    if (physical_bits < LEAST_BITS || physical_bits > MOST_BITS)
        return false; /* the processor does not say how many */
    for (unsigned i = 0; i < PDPTES; i++)
        if (pdptes[i] & PRESENT && (pdptes[i] & RESERVED || pdptes[i] >> physical_bits))
            return false;
    return true;
}

bool xcr0_write(const struct cpu_features *features, uint32_t index, uint64_t value)
{
    uint64_t avx512 = value & XCR0_AVX512;

    if (index != 0 || value & ~features->xcr0 || !(value & XCR0_X87))
        return false;
    if (value & XCR0_AVX && !(value & XCR0_SSE))
        return false;
    return avx512 == 0 || (avx512 == XCR0_AVX512 && value & XCR0_AVX);
}

uint64_t cr0_hardware(uint64_t cr0)
{
    return (cr0 & ~(CR0_CD | CR0_NW)) | CR0_NE | CR0_ET;
}

uint64_t cr4_hardware(const struct cpu_features *features, uint64_t cr4)
{
    return cr4 | CR4_MCE | (features_have(features, FEATURE_INTEL) ? CR4_VMXE : 0);
}

uint64_t efer_hardware(const struct cpu_features *features, uint64_t efer)
{
    return efer | (features_have(features, FEATURE_AMD) ? EFER_SVME : 0);
}

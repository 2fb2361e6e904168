/* SPDX-License-Identifier: Apache-2.0 */
/* What the processor says of itself: see the header. */
#include "cpuid.h"
#include "arch/x86/include/cpu.h"
#include <string.h>

enum { MSR_ARCH_CAPABILITIES = 0x10a, PSCHANGE_MC_NO = 1 << 6 };

uint32_t cpuid_word(uint32_t leaf, uint32_t subleaf, unsigned word)
{
    uint32_t out[4];
    cpu_cpuid(leaf & 0x80000000u, 0, out);
    if (out[0] < leaf)
        return 0;
    cpu_cpuid(leaf, subleaf, out);
    return out[word];
}

bool cpuid_vendor_is(const char *vendor)
{
    uint32_t out[4];
    cpu_cpuid(0, 0, out);
    uint32_t text[3] = {out[1], out[3], out[2]};
    return memcmp(text, vendor, sizeof(text)) == 0;
}

/* Families that CVE-2018-12207 does not concern, by model number of family 6: Atoms, and cores
 * from Ice Lake on. Others say so in ARCH_CAPABILITIES, or get small pages (TRAPS 19). */
static const uint8_t safe_models[] = {
    0x37, 0x4a, 0x4c, 0x4d, 0x5a, 0x5c, 0x5d, 0x5f, 0x75, 0x7a, /* Silvermont to Goldmont+ */
    0x57, 0x85,                                                 /* Knights */
    0x6a, 0x6c, 0x7d, 0x7e, 0x8c, 0x8d, 0x8f, 0x96, 0x9c, 0x86, /* Ice Lake, Tiger Lake, Tremont */
    0x97, 0x9a, 0xaa, 0xad, 0xae, 0xaf, 0xb6, 0xb7, 0xba, 0xbe, 0xbf, 0xc5, 0xc6, 0xcf};

bool cpuid_large_executable_unsafe(void)
{
    if (cpuid_word(7, 0, 3) & 1u << 29 && cpu_rdmsr(MSR_ARCH_CAPABILITIES) & PSCHANGE_MC_NO)
        return false;
    uint32_t signature = cpuid_word(1, 0, 0);
    uint32_t family = signature >> 8 & 15, model = (signature >> 4 & 15) | (signature >> 12 & 0xf0);
    for (unsigned i = 0; family == 6 && i < sizeof(safe_models); i++)
        if (safe_models[i] == model)
            return false;
    return true;
}

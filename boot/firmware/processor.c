/* SPDX-License-Identifier: Apache-2.0 */
/* Can this processor run Bulkhead? Intel SDM, "VMX Capability Reporting Facility"; AMD APM,
 * "Enabling SVM". */
#include "processor.h"
#include "arch/x86/include/cpu.h"
#include "boot/plan/align.h"
#include "cpuid.h"
#include "kernel/format.h"
#include <string.h>

enum {
    MSR_FEATURE_CONTROL = 0x3a,
    MSR_VMX_PROC_CONTROLS = 0x482,
    MSR_VMX_PIN_CONTROLS = 0x481,
    MSR_VMX_PROC2_CONTROLS = 0x48b,
    MSR_VMX_EPT_VPID = 0x48c,
    MSR_BIOS_SIGN_ID = 0x8b, /* AMD: PATCH_LEVEL */
    MSR_VM_CR = 0xc0010114,
    MSR_MTRRCAP = 0xfe,
    MSR_MTRR_PHYSBASE0 = 0x200, /* then the mask, then the next one's base */
    MSR_MTRR_DEF_TYPE = 0x2ff,
    MSR_SYSCFG = 0xc0010010,
    MSR_TOP_MEM2 = 0xc001001d,
    SYSCFG_TOM2_WRITE_BACK = 3 << 21, /* MtrrTom2En, Tom2ForceMemTypeWB */
    FEATURE_CONTROL_LOCKED = 1,
    FEATURE_CONTROL_VMX = 4,
    VM_CR_SVM_DISABLED = 1 << 4,
    EPT_WALK_4 = 1 << 6,
    EPT_WRITE_BACK = 1 << 14,
    EPT_LARGE = 1 << 16,
    EPT_HUGE = 1 << 17,
    EPT_INVEPT = 1 << 20,
    CR4_LA57 = 1 << 12,
};

/* What a machine lacks, gathered for one message. */
struct findings {
    char text[1024];
    size_t length;
};

static void require(struct findings *findings, bool present, const char *what)
{
    if (!present)
        findings->length += format(findings->text + findings->length,
                                   sizeof(findings->text) - findings->length, "\n  - %s", what);
}

static void check_intel(struct findings *findings, struct facts *facts)
{
    bool vmx = cpuid_word(1, 0, 2) & 1u << 5;
    require(findings, vmx,
            "VT-x (VMX): enable \"Intel Virtualization Technology\" in the firmware; "
            "in a virtual machine, nested virtualisation");
    if (!vmx)
        return;
    uint64_t control = cpu_rdmsr(MSR_FEATURE_CONTROL);
    require(findings, !(control & FEATURE_CONTROL_LOCKED) || (control & FEATURE_CONTROL_VMX),
            "VT-x is locked off by the firmware (IA32_FEATURE_CONTROL): enable \"Intel "
            "Virtualization Technology\" there and switch the machine off and on");
    uint64_t pin = cpu_rdmsr(MSR_VMX_PIN_CONTROLS) >> 32;
    uint64_t processor = cpu_rdmsr(MSR_VMX_PROC_CONTROLS) >> 32;
    uint64_t second = processor & 1u << 31 ? cpu_rdmsr(MSR_VMX_PROC2_CONTROLS) >> 32 : 0;
    uint64_t ept = second & 1 << 1 ? cpu_rdmsr(MSR_VMX_EPT_VPID) : 0;
    require(findings, pin & 1 << 3 && pin & 1 << 5, "NMI exiting and virtual NMIs");
    require(findings, processor & 1 << 28, "MSR bitmaps");
    require(findings, processor & 1 << 24, "unconditional I/O exiting");
    require(findings, second & 1 << 1, "EPT (extended page tables): a newer processor is needed");
    require(findings, second & 1 << 7, "unrestricted guest: a newer processor is needed");
    if (second & 1 << 1)
        require(findings, ept & EPT_WALK_4 && ept & EPT_WRITE_BACK && ept & EPT_INVEPT,
                "EPT with 4-level walk, write-back memory type and INVEPT");
    facts->nested_large_pages = ept & EPT_LARGE;
    facts->nested_huge_pages = ept & EPT_HUGE;
    facts->large_executable_unsafe = cpuid_large_executable_unsafe();
}

static void check_amd(struct findings *findings, struct facts *facts)
{
    bool svm = cpuid_word(0x80000001, 0, 2) & 1u << 2;
    require(findings, svm,
            "AMD-V (SVM): enable \"SVM Mode\" in the firmware; in a virtual machine, "
            "nested virtualisation");
    if (!svm)
        return;
    require(findings, !(cpu_rdmsr(MSR_VM_CR) & VM_CR_SVM_DISABLED),
            "AMD-V is locked off by the firmware (VM_CR.SVMDIS): enable \"SVM Mode\" there and "
            "switch the machine off and on");
    require(findings, cpuid_word(0x8000000a, 0, 3) & 1,
            "nested paging: a newer processor is needed");
    facts->amd = true;
    facts->nested_large_pages = true;
    facts->nested_huge_pages = facts->host_huge_pages;
}

/* AMD's processors may have a default of their own above 4 GiB. */
static void read_mtrrs(struct findings *findings, struct fact_mtrr *mtrr, bool amd)
{
    bool has = cpuid_word(1, 0, 3) & 1u << 12;
    require(findings, has, "memory type ranges (MTRR), by which memory is known to be write-back");
    if (!has)
        return;
    mtrr->default_type = cpu_rdmsr(MSR_MTRR_DEF_TYPE);
    mtrr->count = cpu_rdmsr(MSR_MTRRCAP) & 0xff;
    require(findings, mtrr->count <= MAX_MTRRS,
            "memory type ranges that can be judged: it has more than Bulkhead knows of");
    for (uint32_t i = 0; i < mtrr->count && i < MAX_MTRRS; i++) {
        mtrr->base[i] = cpu_rdmsr(MSR_MTRR_PHYSBASE0 + 2 * i);
        mtrr->mask[i] = cpu_rdmsr(MSR_MTRR_PHYSBASE0 + 2 * i + 1);
    }
    if (amd && (cpu_rdmsr(MSR_SYSCFG) & SYSCFG_TOM2_WRITE_BACK) == SYSCFG_TOM2_WRITE_BACK)
        mtrr->forced_end = cpu_rdmsr(MSR_TOP_MEM2);
}

void processor_check(const struct manifest *manifest, struct facts *facts)
{
    bool intel = manifest->header->cpu_vendor == MANIFEST_CPU_INTEL;
    if (!cpuid_vendor_is(intel ? "GenuineIntel" : "AuthenticAMD"))
        refuse("this image is for %s processors (platform: {cpu: %s}) and this is another maker's: "
               "build it with the other value",
               intel ? "Intel" : "AMD", intel ? "intel" : "amd");

    struct findings findings = {.length = 0};
    require(
        &findings, cpuid_word(1, 0, 2) & 1u << 21,
        "x2APIC: switch off the firmware's \"x2APIC opt-out\"; in a virtual machine, add x2apic");
    require(&findings, cpuid_word(0x80000001, 0, 3) & 1u << 20,
            "no-execute pages: enable \"Execute Disable\" in the firmware");
    require(&findings, !(cpu_read_cr4() & CR4_LA57),
            "4-level paging: the firmware runs with 5 levels; switch that off there");
    facts->host_huge_pages = cpuid_word(0x80000001, 0, 3) & 1u << 26;
    uint32_t bits = cpuid_word(0x80000008, 0, 0) & 0xff;
    facts->physical_address_bits = bits ? bits : 36;
    /* Intel SDM, "Determining the Signature": CPUID(1), as above, loads it. */
    uint64_t signature = cpu_rdmsr(MSR_BIOS_SIGN_ID);
    facts->microcode = (uint32_t)(intel ? signature >> 32 : signature);
    read_mtrrs(&findings, &facts->mtrr, !intel);
    if (intel)
        check_intel(&findings, facts);
    else
        check_amd(&findings, facts);
    if (findings.length != 0)
        refuse("this processor lacks:%s", findings.text);
}

void processor_features(struct cpu_features *features)
{
    features_read(features, cpu_cpuid);
    if (features_have(features, FEATURE_INTEL))
        features_drop_uncontrolled(features, (uint32_t)(cpu_rdmsr(MSR_VMX_PROC2_CONTROLS) >> 32));
}

bool processor_uses(uint64_t page)
{
    struct __attribute__((packed)) {
        uint16_t limit;
        uint64_t base;
    } tables[2];
    const uint64_t single[] = {cpu_read_cr3() & ~(PAGE_BYTES - 1),
                               (uint64_t)__builtin_frame_address(0) & ~(PAGE_BYTES - 1)};
    __asm__ volatile("sgdt %0; sidt %1" : "=m"(tables[0]), "=m"(tables[1]));
    for (unsigned i = 0; i < 2; i++)
        if (page == single[i] ||
            ranges_overlap(page, PAGE_BYTES, tables[i].base, tables[i].limit + 1ull))
            return true;
    return false;
}

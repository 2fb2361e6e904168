/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The processors, in the words of Linux' /proc/cpuinfo. The firmware knows which of them share a
 * core; what each can do is taken from the one that runs. Intel SDM, "CPUID", "VMX Capability
 * Reporting Facility"; AMD APM, "CPUID"; UEFI Platform Initialization Specification, "MP Services
 * Protocol".
 */
#include "arch/x86/include/cpu.h"
#include "boot/firmware/cpuid.h"
#include "boot/firmware/firmware.h"
#include "kernel/abi/survey.h"
#include "kernel/format.h"
#include "report.h"
#include "survey.h"
#include <string.h>

enum {
    EAX,
    EBX,
    ECX,
    EDX,
    CPUS_MOST = 256,
    LIST_BYTES = 512,
    MSR_FEATURE_CONTROL = 0x3a,
    FEATURE_CONTROL_LOCKED = 1,
    FEATURE_CONTROL_VMX = 4,
    MSR_VM_CR = 0xc0010114,
    VM_CR_SVM_DISABLED = 1 << 4,
    MSR_BIOS_SIGN_ID = 0x8b,
    MSR_VMX_PIN_CONTROLS = 0x481,
    MSR_VMX_PROC_CONTROLS = 0x482,
    MSR_VMX_PROC2_CONTROLS = 0x48b,
    CR4_LA57 = 1 << 12,
    CACHES_MOST = 4,
    CACHE_LEAF = 4,
    CACHE_LEAF_AMD = 0x8000001d,
};

struct mp_processor {
    UINT64 id; /* APIC id */
    UINT32 status;
    UINT32 package, core, thread;
    UINT32 location[6];
};
enum { MP_ENABLED = 2, MP_HEALTHY = 4 };

struct mp_services {
    EFI_STATUS(EFIAPI *count)(struct mp_services *, UINTN *all, UINTN *enabled);
    EFI_STATUS(EFIAPI *info)(struct mp_services *, UINTN index, struct mp_processor *);
};

static struct mp_processor cpus[CPUS_MOST];
static uint32_t cpu_count;
static char list[LIST_BYTES];

static const struct {
    uint32_t leaf;
    unsigned word, bit;
    const char *name;
} features[] = {
    {1, ECX, 5, "vmx"},          {0x80000001, ECX, 2, "svm"},
    {0x8000000a, EDX, 0, "npt"}, {0x80000001, EDX, 20, "nx"},
    {1, ECX, 21, "x2apic"},      {1, ECX, 24, "tsc_deadline_timer"},
    {1, ECX, 31, "hypervisor"},  {0x80000007, EDX, 8, "nonstop_tsc"},
    {7, EBX, 7, "smep"},         {7, EBX, 20, "smap"},
    {7, ECX, 2, "umip"},         {7, ECX, 16, "la57"},
};

static void add(const char *text)
{
    size_t used = strlen(list);
    format(list + used, sizeof(list) - used, "%s", text);
}

/* Whether firmware let it be: Linux does not name what can't be used either. */
static bool usable(const char *name)
{
    if (memcmp(name, "vmx", 4) == 0) {
        uint64_t control = cpu_rdmsr(MSR_FEATURE_CONTROL);
        return !(control & FEATURE_CONTROL_LOCKED) || control & FEATURE_CONTROL_VMX;
    }
    return memcmp(name, "svm", 4) != 0 || !(cpu_rdmsr(MSR_VM_CR) & VM_CR_SVM_DISABLED);
}

static bool has(unsigned i)
{
    return cpuid_word(features[i].leaf, 0, features[i].word) >> features[i].bit & 1 &&
           usable(features[i].name);
}

static void write_features(void)
{
    list[0] = 0;
    for (unsigned i = 0; i < sizeof(features) / sizeof(features[0]); i++)
        if (has(i)) {
            add(" ");
            add(features[i].name);
        }
    report_more("flags\t\t:%s", list);
    if (!has(0))
        return;
    uint64_t processor = cpu_rdmsr(MSR_VMX_PROC_CONTROLS) >> 32;
    uint64_t second = processor & 1u << 31 ? cpu_rdmsr(MSR_VMX_PROC2_CONTROLS) >> 32 : 0;
    report_more("vmx flags\t:%s%s%s", cpu_rdmsr(MSR_VMX_PIN_CONTROLS) >> 32 & 1 << 5 ? " vnmi" : "",
                second & 1 << 1 ? " ept" : "", second & 1 << 7 ? " unrestricted_guest" : "");
}

static void list_processors(void)
{
    EFI_GUID guid = {0x3fdda605, 0xa76e, 0x4f46, {0xad, 0x29, 0x12, 0xf4, 0x53, 0x1b, 0x3d, 0x08}};
    struct mp_services *services = NULL;
    UINTN all = 0, enabled = 0;
    if (firmware->BootServices->LocateProtocol(&guid, NULL, (void **)&services) != EFI_SUCCESS ||
        services->count(services, &all, &enabled) != EFI_SUCCESS)
        report_say("the firmware offers no MP Services: the processors are not known");
    for (UINTN i = 0; i < all && cpu_count < CPUS_MOST; i++) {
        struct mp_processor *cpu = &cpus[cpu_count];
        memset(cpu, 0, sizeof(*cpu));
        if (services->info(services, i, cpu) == EFI_SUCCESS &&
            (cpu->status & (MP_ENABLED | MP_HEALTHY)) == (MP_ENABLED | MP_HEALTHY))
            cpu_count++;
    }
}

/* Lists the processors that have what `same` compares in common with this one: "0,4". */
static uint32_t list_same(uint32_t self, uint32_t shift)
{
    uint32_t count = 0;
    char number[16];
    list[0] = 0;
    for (uint32_t i = 0; i < cpu_count; i++) {
        bool same = shift < 32
                        ? cpus[i].id >> shift == cpus[self].id >> shift
                        : cpus[i].package == cpus[self].package && cpus[i].core == cpus[self].core;
        if (!same)
            continue;
        format(number, sizeof(number), "%s%u", count++ ? "," : "", i);
        add(number);
    }
    return count;
}

/* One cache of a processor; false: there is none of that number. */
static bool write_cache(uint32_t cpu, uint32_t leaf, uint32_t index)
{
    static const char *const types[] = {"", "Data", "Instruction", "Unified"};
    uint32_t a = cpuid_word(leaf, index, EAX), b = cpuid_word(leaf, index, EBX), shift = 0;
    uint32_t type = a & 31, sharers = (a >> 14 & 0xfff) + 1;
    uint64_t bytes = ((uint64_t)(b >> 22) + 1) * ((b >> 12 & 0x3ff) + 1) * ((b & 0xfff) + 1) *
                     ((uint64_t)cpuid_word(leaf, index, ECX) + 1);
    char folder[64];
    if (type == 0 || type > 3)
        return false;
    while (shift < 31 && 1u << shift < sharers)
        shift++;
    format(folder, sizeof(folder), "sys/devices/system/cpu/cpu%u/cache/index%u", cpu, index);
    list_same(cpu, shift);
    report_line(report_path("%s/level", folder), "%u", a >> 5 & 7);
    report_line(report_path("%s/type", folder), "%s", types[type]);
    report_line(report_path("%s/size", folder), "%luK", bytes >> 10);
    report_line(report_path("%s/shared_cpu_list", folder), "%s", list);
    return true;
}

static void write_neighbours(void)
{
    uint32_t leaf = cpuid_vendor_is("AuthenticAMD") ? CACHE_LEAF_AMD : CACHE_LEAF, threads = 1;
    for (uint32_t i = 0; i < cpu_count; i++) {
        uint32_t count = list_same(i, 32);
        threads = count > threads ? count : threads;
        report_line(report_path("sys/devices/system/cpu/cpu%u/topology/thread_siblings_list", i),
                    "%s", list);
        for (uint32_t k = 0; k < CACHES_MOST && write_cache(i, leaf, k); k++)
            ;
    }
    report_line("sys/devices/system/cpu/smt/active", "%u", threads > 1);
    report_say("processors: %u%s", cpu_count, threads > 1 ? ", some are threads of one core" : "");
}

static void write_maker(void)
{
    uint32_t maker[4] = {cpuid_word(0, 0, EBX), cpuid_word(0, 0, EDX), cpuid_word(0, 0, ECX)};
    uint32_t model[13] = {0};
    bool intel = cpuid_vendor_is("GenuineIntel");
    for (uint32_t i = 0; i < 12; i++)
        model[i] = cpuid_word(0x80000002 + i / 4, 0, i % 4);
    report_more("vendor_id\t: %s", (const char *)maker);
    report_more("model name\t: %s", (const char *)model);
    report_say("%s", (const char *)model);
    if (!intel && !cpuid_vendor_is("AuthenticAMD"))
        return;            /* its registers are not known */
    cpuid_word(1, 0, EAX); /* loads the revision */
    uint64_t revision = cpu_rdmsr(MSR_BIOS_SIGN_ID);
    report_more("microcode\t: 0x%lx", intel ? revision >> 32 : revision & UINT32_MAX);
    write_features();
    report_say("x2APIC %s, VT-x or AMD-V %s", cpuid_word(1, 0, ECX) >> 21 & 1 ? "yes" : "no",
               has(0) || has(1) ? "yes" : "no, or off in the firmware");
}

void survey_processors(void)
{
    list_processors();
    report_text("proc/cpuinfo");
    write_maker();
    for (uint32_t i = 0; i < cpu_count; i++) {
        report_more("processor\t: %u", i);
        report_more("physical id\t: %u", cpus[i].package);
        report_more("core id\t\t: %u", cpus[i].core);
        report_more("apicid\t\t: %u", (uint32_t)cpus[i].id);
    }
    write_neighbours();
    report_line(SURVEY_PAGING, "%u", cpu_read_cr4() & CR4_LA57 ? 5 : 4);
    bool unsafe = cpuid_vendor_is("GenuineIntel") && cpuid_large_executable_unsafe();
    report_line("sys/devices/system/cpu/vulnerabilities/itlb_multihit", "%s",
                unsafe ? "Vulnerable" : "Not affected");
}

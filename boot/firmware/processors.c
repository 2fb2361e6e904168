/* SPDX-License-Identifier: Apache-2.0 */
/* Processors: who they are where there are no ACPI tables, and what each says of its core. UEFI
 * Platform Initialization Specification, "MP Services Protocol". */
#include "arch/x86/include/cpu.h"
#include "boot/plan/threads.h"
#include "firmware.h"
#include "processor.h"
#include <string.h>

enum { TOPOLOGY_LEAF = 0xb, ANSWER_MICROSECONDS = 1000000 };

struct mp_processor {
    UINT64 id; /* APIC id */
    UINT32 status;
    UINT32 location[3 + 6];
};
enum { MP_BOOT = 1, MP_ENABLED = 2, MP_HEALTHY = 4 };

struct mp_services {
    EFI_STATUS(EFIAPI *count)(struct mp_services *, UINTN *all, UINTN *enabled);
    EFI_STATUS(EFIAPI *info)(struct mp_services *, UINTN index, struct mp_processor *);
    EFI_STATUS(EFIAPI *start_all)
    (struct mp_services *, void(EFIAPI *)(void *), BOOLEAN one_by_one, EFI_EVENT,
     UINTN microseconds, void *argument, UINTN **failed);
};

/* What each processor says of itself, in the order in which they answered. */
struct answers {
    uint64_t tsc_hz;
    uint32_t count;
    struct answer {
        uint32_t leaf[4]; /* CPUID leaf 0xB */
        struct cpu_features features;
        struct vcpuid cpuid;
    } of[MAX_CPUS];
};
static struct answers answers;

/* Runs on every processor. */
static void EFIAPI describe_self(void *context)
{
    struct answers *out = context;
    uint32_t leaf[4], at = __atomic_fetch_add(&out->count, 1, __ATOMIC_RELAXED);
    if (at >= MAX_CPUS)
        return;
    cpu_cpuid(0, 0, leaf);
    if (leaf[0] >= TOPOLOGY_LEAF)
        cpu_cpuid(TOPOLOGY_LEAF, 0, out->of[at].leaf);
    processor_features(&out->of[at].features);
    out->of[at].features.tsc_hz = out->tsc_hz;
    cpuid_build(&out->of[at].cpuid, &out->of[at].features, cpu_cpuid);
}

static uint32_t own_apic_id(void)
{
    uint32_t leaf[4];
    cpu_cpuid(0, 0, leaf);
    if (leaf[0] >= TOPOLOGY_LEAF) {
        cpu_cpuid(TOPOLOGY_LEAF, 0, leaf);
        if (leaf[1] != 0)
            return leaf[3];
    }
    cpu_cpuid(1, 0, leaf);
    return leaf[1] >> 24;
}

static struct mp_services *find_services(void)
{
    EFI_GUID guid = {0x3fdda605, 0xa76e, 0x4f46, {0xad, 0x29, 0x12, 0xf4, 0x53, 0x1b, 0x3d, 0x08}};
    struct mp_services *services = NULL;
    if (firmware->BootServices->LocateProtocol(&guid, NULL, (void **)&services) != EFI_SUCCESS)
        refuse(
            "the firmware offers no MP Services, by which the other processors are asked: update "
            "the firmware");
    return services;
}

static void list_processors(struct facts *facts)
{
    struct mp_services *services = find_services();
    UINTN all = 0, enabled = 0;
    if (services->count(services, &all, &enabled) != EFI_SUCCESS)
        refuse("neither ACPI tables nor MP Services list the processors; update the firmware");
    if (all > MAX_CPUS)
        refuse("the machine has %lu processors, and Bulkhead can hold %u: switch some, or their "
               "threads, off in the firmware",
               all, MAX_CPUS);
    for (UINTN i = 0; i < all; i++) {
        struct mp_processor processor;
        if (services->info(services, i, &processor) != EFI_SUCCESS ||
            (processor.status & (MP_ENABLED | MP_HEALTHY)) != (MP_ENABLED | MP_HEALTHY))
            continue;
        facts->cpus[facts->cpu_count++].apic_id = (uint32_t)processor.id;
    }
}

/* Threads of one core, and what a guest may use, by what each says of itself: cores may differ. */
static void ask_processors(struct facts *facts)
{
    struct mp_services *services = facts->cpu_count > 1 ? find_services() : NULL;
    answers.tsc_hz = facts->tsc_hz;
    describe_self(&answers);
    if (services && services->start_all(services, describe_self, FALSE, NULL, ANSWER_MICROSECONDS,
                                        &answers, NULL) != EFI_SUCCESS)
        refuse("the firmware's MP Services do not start the other processors; update the firmware");
    for (uint32_t i = 0; i < facts->cpu_count; i++)
        for (uint32_t k = 0; k < answers.count && k < MAX_CPUS; k++) {
            const struct answer *answer = &answers.of[k];
            if (facts->cpu_count > 1 &&
                (answer->leaf[1] == 0 || answer->leaf[3] != facts->cpus[i].apic_id))
                continue;
            memcpy(facts->cpus[i].topology, answer->leaf, sizeof(answer->leaf));
            facts->cpus[i].features = answer->features;
            facts->cpus[i].cpuid = answer->cpuid;
        }
}

/*
 * The others' entries are as after an INIT: where the firmware takes the thermal interrupt as an
 * SMI, it does so on all. Intel SDM, "Thermal Sensor", "Local Vector Table".
 */
static bool thermal_is_firmwares(void)
{
    enum { VERSION = 3, THERMAL = 0x33, THERMAL_NUMBER = 5, MODE = 7 << 8, SMI = 2 << 8 };
    enum { MSR_APIC_BASE = 0x1b, APIC_BASE_EXTD = 1 << 10, MSR_X2APIC_FIRST = 0x800 };
    uint64_t base = cpu_rdmsr(MSR_APIC_BASE);
    const volatile uint32_t *page = (const volatile uint32_t *)(base & ~(uint64_t)(PAGE_BYTES - 1));
    bool x2apic = base & APIC_BASE_EXTD;
    uint32_t version = x2apic ? (uint32_t)cpu_rdmsr(MSR_X2APIC_FIRST + VERSION) : page[4 * VERSION];
    if ((version >> 16 & 0xff) < THERMAL_NUMBER)
        return false;
    uint32_t entry = x2apic ? (uint32_t)cpu_rdmsr(MSR_X2APIC_FIRST + THERMAL) : page[4 * THERMAL];
    return (entry & MODE) == SMI;
}

void processors_collect(struct facts *facts)
{
    struct diagnostic why;
    uint32_t self = own_apic_id(), found = 0;
    uint32_t thermal = thermal_is_firmwares() ? HANDOFF_THERMAL_SMI : 0;
    if (facts->cpu_count == 0)
        list_processors(facts);
    for (uint32_t i = 0; i < facts->cpu_count; i++) {
        facts->cpus[i].boot = facts->cpus[i].apic_id == self;
        facts->cpus[i].sources |= thermal;
        found += facts->cpus[i].boot;
    }
    if (found != 1)
        refuse("the firmware's list of %u processors has the running one (APIC id %u) %u times; "
               "update the firmware",
               facts->cpu_count, self, found);
    ask_processors(facts);
    if (!threads_judge(facts, &why))
        refuse("%s", why.text);
}

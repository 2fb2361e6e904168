/* SPDX-License-Identifier: Apache-2.0 */
/* Processors where there are no ACPI tables. UEFI Platform Initialization Specification, "MP
 * Services Protocol". */
#include "arch/x86/include/cpu.h"
#include "firmware.h"

struct mp_processor {
    UINT64 id; /* APIC id */
    UINT32 status;
    UINT32 location[3 + 6];
};
enum { MP_BOOT = 1, MP_ENABLED = 2, MP_HEALTHY = 4 };

struct mp_services {
    EFI_STATUS(EFIAPI *count)(struct mp_services *, UINTN *all, UINTN *enabled);
    EFI_STATUS(EFIAPI *info)(struct mp_services *, UINTN index, struct mp_processor *);
};

static uint32_t own_apic_id(void)
{
    uint32_t leaf[4];
    cpu_cpuid(0, 0, leaf);
    if (leaf[0] >= 0xb) {
        cpu_cpuid(0xb, 0, leaf);
        if (leaf[1] != 0)
            return leaf[3];
    }
    cpu_cpuid(1, 0, leaf);
    return leaf[1] >> 24;
}

/*
 * Processors whose APIC ids differ only in this many low bits are threads of one core. Intel SDM,
 * "CPUID Extended Topology Enumeration"; every processor with an x2APIC has the leaf. Where a core
 * has one thread the number of bits says nothing: Bochs 3.0 gives one.
 */
static uint32_t thread_bits(void)
{
    uint32_t leaf[4];
    cpu_cpuid(0, 0, leaf);
    if (leaf[0] < 0xb)
        return 0;
    cpu_cpuid(0xb, 0, leaf);
    return (leaf[2] >> 8 & 0xff) == 1 && (leaf[1] & 0xffff) != 1 ? leaf[0] & 31 : 0;
}

static void collect_by_mp_services(struct facts *facts)
{
    EFI_GUID guid = {0x3fdda605, 0xa76e, 0x4f46, {0xad, 0x29, 0x12, 0xf4, 0x53, 0x1b, 0x3d, 0x08}};
    struct mp_services *services = NULL;
    UINTN all = 0, enabled = 0;
    if (firmware->BootServices->LocateProtocol(&guid, NULL, (void **)&services) != EFI_SUCCESS ||
        services->count(services, &all, &enabled) != EFI_SUCCESS)
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

void processors_collect(struct facts *facts)
{
    uint32_t self = own_apic_id(), found = 0;
    if (facts->cpu_count == 0)
        collect_by_mp_services(facts);
    for (uint32_t i = 0; i < facts->cpu_count; i++) {
        facts->cpus[i].boot = facts->cpus[i].apic_id == self;
        facts->cpus[i].core_id = (facts->cpus[i].apic_id >> thread_bits()) + 1;
        found += facts->cpus[i].boot;
    }
    if (found != 1)
        refuse("the firmware's list of %u processors has the running one (APIC id %u) %u times; "
               "update the firmware",
               facts->cpu_count, self, found);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Whether this host's KVM lends VT-x to its guests: asked of KVM, not of the file's existence. */
#include "machine.h"
#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
    MAX_LEAVES = 256,
    CPUID_VMX = 1 << 5, /* leaf 1, ECX */
    MSR_PROCBASED = 0x482,
    MSR_SECONDARY = 0x48b,
    MSR_EPT = 0x48c,
};
#define PROCBASED_SECONDARY    (1ull << (32 + 31)) /* allowed-1 half */
#define SECONDARY_EPT          (1ull << (32 + 1))
#define SECONDARY_UNRESTRICTED (1ull << (32 + 7))
#define EPT_FOUR_LEVELS        (1ull << 6)
#define EPT_WRITE_BACK         (1ull << 14)

static bool cpuid_has_vmx(int kvm)
{
    struct kvm_cpuid2 *leaves =
        calloc(1, sizeof(*leaves) + MAX_LEAVES * sizeof(struct kvm_cpuid_entry2));
    bool found = false;
    if (!leaves)
        return false;
    leaves->nent = MAX_LEAVES;
    if (ioctl(kvm, KVM_GET_SUPPORTED_CPUID, leaves) == 0)
        for (unsigned i = 0; i < leaves->nent; i++)
            found |= leaves->entries[i].function == 1 && (leaves->entries[i].ecx & CPUID_VMX);
    free(leaves);
    return found;
}

static uint64_t feature_msr(int kvm, uint32_t index)
{
    union {
        struct kvm_msrs list;
        char room[sizeof(struct kvm_msrs) + sizeof(struct kvm_msr_entry)];
    } request = {.list = {.nmsrs = 1}};
    struct kvm_msr_entry *entry = (void *)(request.room + sizeof(struct kvm_msrs));
    entry->index = index;
    return ioctl(kvm, KVM_GET_MSRS, &request) == 1 ? entry->data : 0;
}

bool kvm_offers_vtx(char *why, size_t room)
{
    unsigned eax, ebx, ecx = 0, edx;
    /* Whoever has no VT-x needs no hint about the device. */
    if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || !(ecx & CPUID_VMX)) {
        snprintf(why, room, "this processor offers no VT-x here");
        return false;
    }
    int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    if (kvm < 0) {
        snprintf(why, room, "/dev/kvm can't be opened (%s)%s", strerror(errno),
                 errno == EACCES ? ": its group, kvm, wants you as a member" : "");
        return false;
    }
    const char *missing = NULL;
    uint64_t secondary = feature_msr(kvm, MSR_SECONDARY), ept = feature_msr(kvm, MSR_EPT);
    if (ioctl(kvm, KVM_GET_API_VERSION, 0) != KVM_API_VERSION)
        missing = "is no KVM";
    else if (!cpuid_has_vmx(kvm))
        missing = "offers its guests no VT-x";
    else if (!(feature_msr(kvm, MSR_PROCBASED) & PROCBASED_SECONDARY) ||
             !(secondary & SECONDARY_EPT) || !(ept & EPT_FOUR_LEVELS) || !(ept & EPT_WRITE_BACK))
        missing = "offers its guests VT-x without EPT";
    else if (!(secondary & SECONDARY_UNRESTRICTED))
        missing = "offers its guests no unrestricted guest";
    close(kvm);
    snprintf(why, room, "/dev/kvm %s", missing ? missing : "offers VT-x with EPT");
    return missing == NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Preloaded into the nested machine's QEMU, for speed. Where a PC has nothing a read brings ones,
 * and here an exit through KVM to QEMU, 10,000 instructions. So KVM gets read-only memory of ones
 * for:
 *
 *   a TPM: QEMU's zeros, where there is none, make OVMF wait for one, by 150,000 exits;
 *   configuration space of buses that no bridge leads to, in the window that begins at $WINDOW: the
 *   loader and the separation check look at all of it. If there should be something after all,
 * ports show it, and the check refuses.
 */
#define _GNU_SOURCE
#include <linux/kvm.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LARGE_PAGE (2ull << 20)
#define PAGES      0xfed40000ull /* of the TPM, five */
#define PAGES_SIZE 0x5000ull
#define BUSES      (32ull << 20) /* of its window */
#define BUSES_SIZE (224ull << 20)
enum { FIRST_SLOT = 32000 }; /* QEMU counts from 0 */

/* One large page of ones, over and over, where it is aligned as the guest's addresses are. */
static uint8_t *map_ones(void)
{
    int file = memfd_create("ones", MFD_HUGETLB);
    uint8_t *room = mmap(NULL, BUSES_SIZE + LARGE_PAGE, PROT_NONE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (file < 0 || room == MAP_FAILED || ftruncate(file, LARGE_PAGE) != 0)
        return NULL;
    room += -(uintptr_t)room % LARGE_PAGE;
    for (uint64_t at = 0; at < BUSES_SIZE; at += LARGE_PAGE)
        if (mmap(room + at, LARGE_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0) ==
            MAP_FAILED)
            return NULL;
    memset(room, 0xff, LARGE_PAGE);
    return room;
}

static long add(int machine, uint32_t slot, uint64_t address, uint64_t bytes, const uint8_t *ones)
{
    struct kvm_userspace_memory_region region = {.slot = slot,
                                                 .flags = KVM_MEM_READONLY,
                                                 .guest_phys_addr = address,
                                                 .memory_size = bytes,
                                                 .userspace_addr = (uintptr_t)ones};
    return syscall(SYS_ioctl, machine, KVM_SET_USER_MEMORY_REGION, &region);
}

int ioctl(int file, unsigned long request, ...)
{
    va_list rest;
    va_start(rest, request);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    int result = (int)syscall(SYS_ioctl, file, request, argument);
    if (request != KVM_CREATE_VM || result < 0)
        return result;
    const char *window = getenv("WINDOW");
    uint8_t *ones = map_ones();
    if (!window || !ones || add(result, FIRST_SLOT, PAGES, PAGES_SIZE, ones) != 0 ||
        add(result, FIRST_SLOT + 1, strtoull(window, NULL, 16) + BUSES, BUSES_SIZE, ones) != 0)
        perror("what is absent stays slow");
    return result;
}

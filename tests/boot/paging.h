/* SPDX-License-Identifier: Apache-2.0 */
/* The firmware's page tables, for applications that it starts before the image: Intel SDM, "4-Level
 * Paging". Whoever changes them has CR0.WP off meanwhile, as they may be read-only. */
#ifndef BULKHEAD_TESTS_PAGING_H
#define BULKHEAD_TESTS_PAGING_H

#include <efi.h>
#include <efilib.h>

enum {
    PAGE = 4096,
    PRESENT = 1,
    WRITABLE = 2,
    LARGE = 0x80,
    LARGE_PAT = 0x1000,
    SMALL_PAT = 0x80,
    CR0_WP = 1 << 16,
    CR4_PGE = 1 << 7,
    CR4_LA57 = 1 << 12,
};
#define ADDRESS 0x000ffffffffff000ull
#define NX      (1ull << 63)

static UINT8 *paging_spare; /* for tables */
static UINTN paging_spare_left;

static inline UINT64 read_cr0(void)
{
    UINT64 value;
    __asm__ volatile("mov %%cr0, %0" : "=r"(value));
    return value;
}

static inline void write_cr0(UINT64 value)
{
    __asm__ volatile("mov %0, %%cr0" ::"r"(value) : "memory");
}

static inline UINT64 read_cr3(void)
{
    UINT64 value;
    __asm__ volatile("mov %%cr3, %0" : "=r"(value));
    return value;
}

static inline UINT64 read_cr4(void)
{
    UINT64 value;
    __asm__ volatile("mov %%cr4, %0" : "=r"(value));
    return value;
}

static inline void paging_flush(void)
{
    UINT64 cr4 = read_cr4();
    __asm__ volatile("mov %0, %%cr3" ::"r"(read_cr3()) : "memory");
    __asm__ volatile("mov %0, %%cr4; mov %1, %%cr4" ::"r"(cr4 ^ CR4_PGE), "r"(cr4) : "memory");
}

static inline BOOLEAN paging_take_spare(UINTN pages)
{
    EFI_PHYSICAL_ADDRESS at = 0;
    if (BS->AllocatePages(AllocateAnyPages, EfiBootServicesData, pages, &at) != EFI_SUCCESS)
        return FALSE;
    paging_spare = (UINT8 *)at;
    paging_spare_left = pages;
    return TRUE;
}

/* A table of the next level in place of a large page; its bit for the PAT lies elsewhere in leaves
 * of the last level. */
static inline BOOLEAN paging_split(UINT64 *entry, unsigned shift)
{
    UINT64 *next = (UINT64 *)paging_spare, flags = *entry & ~ADDRESS, base = *entry & ADDRESS;
    if (paging_spare_left == 0)
        return FALSE;
    paging_spare += PAGE;
    paging_spare_left--;
    if (shift == 21) {
        flags &= ~(UINT64)LARGE;
        if (base & LARGE_PAT)
            flags |= SMALL_PAT;
        base &= ~(UINT64)LARGE_PAT;
    }
    for (UINT64 i = 0; i < 512; i++)
        next[i] = (base + (i << (shift - 9))) | flags;
    *entry = (UINT64)next | PRESENT | WRITABLE;
    return TRUE;
}

/* The entry of a page of 4 KiB, alone in it; NULL: not mapped, or no room for its table. */
static inline UINT64 *paging_entry_of(UINT64 page)
{
    UINT64 table = read_cr3();
    for (unsigned shift = 39;; shift -= 9) {
        UINT64 *entry = (UINT64 *)(table & ADDRESS) + (page >> shift & 511);
        if (!(*entry & PRESENT))
            return NULL;
        if (shift == 12)
            return entry;
        if (*entry & LARGE && !paging_split(entry, shift))
            return NULL;
        *entry &= ~NX; /* the last level decides */
        *entry |= WRITABLE;
        table = *entry;
    }
}

#endif

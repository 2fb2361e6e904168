/* SPDX-License-Identifier: Apache-2.0 */
/* Windows onto guest-physical memory. */
#include "memory.h"
#include "kernel/abi/guest.h"
#include "x86.h"

enum { PRESENT_WRITABLE = 3, PAGE_USER = 4, LARGE = 0x80, WINDOW_GIB = 4 };
#define WINDOW (WINDOW_GIB * HUGE_PAGE_BYTES)
#define PAGES  (WINDOW + LARGE_PAGE_BYTES)

static uint64_t directory[512] __attribute__((aligned(4096)));
static uint64_t pages[512] __attribute__((aligned(4096)));

/* The entry tables leave the fifth GiB free; the domain's first processor hooks in there. */
static void attach(void)
{
    if (!(directory[1] & 1)) {
        uint64_t *pdpt = (uint64_t *)(GUEST_PAGE_TABLES + PAGE_BYTES);
        directory[1] = (uint64_t)pages | PRESENT_WRITABLE;
        pdpt[WINDOW_GIB] = (uint64_t)directory | PRESENT_WRITABLE;
    }
}

volatile void *memory_window(uint64_t gpa)
{
    attach();
    directory[0] = (gpa & ~(LARGE_PAGE_BYTES - 1)) | PRESENT_WRITABLE | LARGE;
    invlpg(WINDOW);
    return (volatile void *)(WINDOW + (gpa & (LARGE_PAGE_BYTES - 1)));
}

void *memory_page(uint32_t slot, uint64_t gpa)
{
    attach();
    uint64_t address = PAGES + slot * PAGE_BYTES;
    pages[slot] = gpa == MEMORY_NOTHING ? 0 : gpa | PRESENT_WRITABLE;
    invlpg(address);
    return (void *)address;
}

void memory_open(bool open)
{
    uint64_t *pml4 = (uint64_t *)GUEST_PAGE_TABLES;
    uint64_t *pdpt = pml4 + 512, *low = pdpt + 512; /* the first GiB's directory */
    uint64_t *entries[] = {pml4, pdpt, low, low + 1, low + 2};
    for (unsigned i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
        *entries[i] = open ? *entries[i] | PAGE_USER : *entries[i] & ~(uint64_t)PAGE_USER;
    }
    write_cr3(read_cr3());
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Who finds a way to write where it should not finds no code there, and no way to run data. */
#include "protect.h"
#include "guests/lib/boot.h"
#include "guests/lib/memory.h"
#include "guests/lib/x86.h"
#include "start.h"

enum {
    PRESENT = 1 << 0,
    WRITABLE = 1 << 1,
    ENTRIES = 512,
    DIRECTORIES = 4,
    FINE = 8, /* tables of small pages: the payload has so many times 2 MiB at most */
    EFER_NXE = 1 << 11,
    CR0_WP = 1 << 16,
};
#define NO_EXECUTE (1ull << 63)

extern const uint8_t text_end[], constants_end[]; /* guest.lds */

static uint64_t fine[FINE][ENTRIES] __attribute__((aligned(4096)));

static uint64_t small_page(uint64_t address)
{
    if (address >= (uint64_t)image_start && address < (uint64_t)text_end) {
        return address | PRESENT;
    }
    if (address >= (uint64_t)image_start && address < (uint64_t)constants_end) {
        return address | PRESENT | NO_EXECUTE;
    }
    return address == 0 ? 0 : address | PRESENT | WRITABLE | NO_EXECUTE;
}

void protect(void)
{
    uint64_t *pointers = (uint64_t *)(GUEST_PAGE_TABLES + PAGE_BYTES);
    uint64_t *directory = pointers + ENTRIES;
    if ((uint64_t)image_end > FINE * LARGE_PAGE_BYTES) {
        console_end("the payload is too large to be protected");
    }
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_NXE);
    for (uint64_t i = 0; i < DIRECTORIES * ENTRIES; i++) {
        if (i < FINE && i * LARGE_PAGE_BYTES < (uint64_t)image_end) {
            for (uint64_t k = 0; k < ENTRIES; k++) {
                fine[i][k] = small_page(i * LARGE_PAGE_BYTES + k * PAGE_BYTES);
            }
            directory[i] = (uint64_t)fine[i] | PRESENT | WRITABLE;
        } else {
            directory[i] |= NO_EXECUTE;
        }
    }
    memory_page(0, MEMORY_NOTHING); /* its windows hang in the next entry */
    pointers[DIRECTORIES] |= NO_EXECUTE;
    write_cr0(read_cr0() | CR0_WP);
    write_cr3(read_cr3());
}

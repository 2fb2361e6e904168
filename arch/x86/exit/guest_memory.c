/* SPDX-License-Identifier: Apache-2.0 */
/* The guest's memory as its instructions see it. Intel SDM, "Paging". Nothing that the guest
 * wrote is trusted: each step stays inside the domain's own RAM. */
#include "arch/x86/include/guest_memory.h"
#include "arch/x86/grant/cr.h"
#include "arch/x86/include/exit.h"
#include "arch/x86/include/machine.h"
#include "arch/x86/include/upcalls.h"
#include "arch/x86/include/vcpu.h"
#include "decode.h"

enum { PRESENT = 1, LARGE = 1 << 7, CS_DEFAULT_32 = 1 << 14 };
#define ADDRESS_MASK 0x000ffffffffff000ull

PER_CPU struct guest_code guest_code_last;

void *guest_ram_above(uint64_t gpa, uint64_t bytes)
{
    for (uint32_t i = 0; i < cpu.domain->ram_count; i++) {
        const struct handoff_ram *ram = &cpu.domain->ram[i];
        if (gpa - ram->gpa < ram->bytes && bytes <= ram->bytes - (gpa - ram->gpa))
            return (void *)(VA_RAM + gpa);
    }
    return NULL;
}

/*
 * Levels of 9 bits, from the one whose entries cover 1 << `shift` bytes; a leaf above the last
 * level has LARGE set.
 */
static inline bool walk_wide(uint64_t linear, uint64_t table, unsigned shift, uint64_t *gpa,
                             struct guest_walk *walk)
{
    for (;; shift -= 9) {
        const uint64_t *at = guest_ram(table + (linear >> shift & 0x1ff) * 8, 8);
        if (!at || !(*at & PRESENT))
            return false;
        uint64_t entry = *at;
        walk->at[walk->count] = at;
        walk->entry[walk->count++] = entry;
        if (shift == 12 || (entry & LARGE && shift <= 30)) {
            uint64_t offset = (1ull << shift) - 1;
            *gpa = (entry & ADDRESS_MASK & ~offset) | (linear & offset);
            return true;
        }
        table = entry & ADDRESS_MASK;
    }
}

static bool walk_pae(uint64_t linear, uint64_t *gpa)
{
    const uint64_t *pdpte = guest_ram((vcpu_cr3() & 0xffffffe0) + (linear >> 30 & 3) * 8, 8);
    struct guest_walk walk = {.count = 0};
    return pdpte && *pdpte & PRESENT && walk_wide(linear, *pdpte & ADDRESS_MASK, 21, gpa, &walk);
}

static bool read_entry(uint64_t gpa, uint64_t *entry)
{
    const uint32_t *at = guest_ram(gpa, sizeof(*at));
    if (!at)
        return false;
    *entry = *at;
    return *entry & PRESENT;
}

/* 32-bit paging: two levels of 10 bits. */
static bool walk_narrow(uint64_t linear, uint64_t *gpa)
{
    uint64_t entry, table = vcpu_cr3() & 0xfffff000;
    if (!read_entry(table + (linear >> 22 & 0x3ff) * 4, &entry))
        return false;
    if (entry & LARGE && vcpu_cr4() & CR4_PSE) {
        *gpa = (entry & 0xffc00000) | (linear & 0x3fffff);
        return true;
    }
    if (!read_entry((entry & 0xfffff000) + (linear >> 12 & 0x3ff) * 4, &entry))
        return false;
    *gpa = (entry & 0xfffff000) | (linear & 0xfff);
    return true;
}

static bool translate(uint64_t linear, uint64_t *gpa)
{
    struct guest_walk walk = {.count = 0};
    if (vcpu_efer() & EFER_LMA)
        return walk_wide(linear, vcpu_cr3() & ADDRESS_MASK, 39, gpa, &walk);
    if (!(vcpu_cr0() & CR0_PG)) {
        *gpa = linear & 0xffffffff;
        return true;
    }
    if (vcpu_cr4() & CR4_PAE)
        return walk_pae(linear & 0xffffffff, gpa);
    return walk_narrow(linear & 0xffffffff, gpa);
}

unsigned guest_code_bits(void)
{
    return guest_is_64() ? 64 : vcpu_cs_rights() & CS_DEFAULT_32 ? 32 : 16;
}

/* The rest of an instruction that is not known to lie in one page. */
static unsigned fetch_bytewise(uint64_t linear, uint8_t *out)
{
    uint64_t gpa;
    unsigned done = 0;
    for (; done < INSTRUCTION_MAX_BYTES && translate(linear + done, &gpa); done++) {
        const uint8_t *from = guest_ram(gpa, 1);
        if (!from)
            break;
        out[done] = *from;
    }
    return done;
}

void guest_forget_code(void)
{
    guest_code_last.cr3 = GUEST_NO_CODE;
}

const uint8_t *guest_find_code(uint64_t linear)
{
    struct guest_code *code = &guest_code_last;
    struct guest_walk *walk = &code->walk;
    uint64_t offset = linear % PAGE_BYTES, gpa;
    guest_forget_code();
    walk->count = 0;
    if (!(vcpu_efer() & EFER_LMA) || offset > PAGE_BYTES - GUEST_FETCH_BYTES ||
        !walk_wide(linear, vcpu_cr3() & ADDRESS_MASK, 39, &gpa, walk))
        return NULL;
    while (walk->count < GUEST_WALK_LEVELS) { /* a large page: an entry counts twice */
        walk->at[walk->count] = walk->at[0];
        walk->entry[walk->count++] = walk->entry[0];
    }
    code->linear = linear - offset;
    code->frame = guest_ram(gpa - offset, PAGE_BYTES);
    if (!code->frame)
        return NULL;
    code->cr3 = vcpu_cr3();
    return code->frame + offset;
}

unsigned guest_fetch(uint8_t out[GUEST_FETCH_BYTES])
{
    const uint8_t *from = guest_code();
    if (!from)
        return fetch_bytewise(vcpu_cs_base() + vcpu_rip(), out);
    __builtin_memcpy(out, from, GUEST_FETCH_BYTES);
    return INSTRUCTION_MAX_BYTES;
}

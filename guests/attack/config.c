/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I3: every write to the configuration space of the domain's functions. Nothing but the bits that
 * a driver needs may change; after a write of what was there before all is as before. And accesses
 * of sizes and places that no driver uses, there and at the device's registers (I9).
 */
#include "attack.h"
#include "guests/lib/x86.h"
#include "kernel/abi/guest.h"

enum { WORDS = PCI_SPACE / 4, ODD_BYTES = 64, SPARE_REGISTERS = 0x100 };
enum pattern { ONES, ZEROS, RANDOM, PATTERNS };

/* What a configuration space was, which of its bits a guest may change, and which of these writing
 * can't bring back. */
struct space {
    uint32_t before[WORDS];
    uint32_t writable[WORDS], clearable[WORDS];
};
static struct space space;

/* `bits` are those of the bytes from `offset` on. */
static void allow(uint32_t *map, uint32_t offset, uint64_t bits)
{
    for (; bits; bits >>= 8, offset++) {
        map[offset / 4] |= (uint32_t)(bits & 0xff) << 8 * (offset % 4);
    }
}

static void allow_capabilities(uint32_t function)
{
    uint32_t at = pci_capability(function, PCI_MSI);
    if (at) {
        uint32_t control = pci_read(function, at + PCI_MSI_CONTROL, 2);
        uint32_t data = at + PCI_MSI_ADDRESS + (control & PCI_MSI_64 ? 8 : 4);
        allow(space.writable, at + PCI_MSI_CONTROL, 0x71);
        allow(space.writable, at + PCI_MSI_ADDRESS, 0xfffffffc);
        allow(space.writable, data - 4, control & PCI_MSI_64 ? 0xffffffff : 0);
        allow(space.writable, data, 0xffff);
        allow(space.writable, data + 4, control & PCI_MSI_MASKABLE ? 0xffffffff : 0);
    }
    at = pci_capability(function, PCI_MSIX);
    if (at) {
        allow(space.writable, at + PCI_MSIX_CONTROL, PCI_MSIX_ENABLE | PCI_MSIX_MASK);
    }
    at = pci_capability(function, PCI_POWER);
    if (at) {
        allow(space.writable, at + PCI_POWER_CONTROL, 0x9f03);
        allow(space.clearable, at + PCI_POWER_CONTROL, 0x8000);
    }
    at = pci_capability(function, PCI_EXPRESS);
    if (at) {
        allow(space.writable, at + 8, 0x000f7fff); /* Device Control, Device Status */
        allow(space.clearable, at + 10, 0x0f);
    }
}

void config_look(uint32_t function)
{
    space = (struct space){0};
    for (uint32_t i = 0; i < PCI_BARS; i++) {
        struct pci_bar bar = pci_bar(function, i);
        if (bar.bytes) {
            uint64_t bits = ~(bar.bytes - 1) & ~0xfull;
            allow(space.writable, PCI_BAR + 4 * i, bar.is_64 ? bits : bits & 0xffffffff);
        }
        i += bar.is_64;
    }
    allow(space.writable, PCI_COMMAND, 0x07ff);
    allow(space.writable, PCI_STATUS, 0xf900);
    allow(space.clearable, PCI_STATUS, 0xf900);
    allow(space.writable, PCI_CACHE_LINE, 0xffff);
    allow(space.writable, PCI_INTERRUPT_LINE, 0xff);
    allow_capabilities(function);
    for (uint32_t i = 0; i < WORDS; i++) {
        space.before[i] = pci_read(function, 4 * i, 4);
    }
}

/* Words that have changed in other bits than those of `but`; `first` is where the first is. */
static uint32_t changed(uint32_t function, const uint32_t *but, uint32_t *first)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < WORDS; i++) {
        if ((pci_read(function, 4 * i, 4) ^ space.before[i]) & ~but[i] && !count++) {
            *first = 4 * i;
        }
    }
    return count;
}

/* Command comes last, so that a function decodes nothing where it isn't. */
static void put_back(uint32_t function)
{
    for (uint32_t i = PCI_CACHE_LINE / 4; i < WORDS; i++) {
        pci_write(function, 4 * i, 4, space.before[i]);
    }
    pci_write(function, PCI_COMMAND, 2, space.before[PCI_COMMAND / 4]);
}

uint32_t config_restore(uint32_t function, uint32_t *left, uint32_t *first)
{
    uint32_t bad = changed(function, space.writable, first);
    put_back(function);
    *left = changed(function, space.clearable, first);
    return bad;
}

static uint32_t value_of(enum pattern pattern)
{
    return pattern == ONES ? 0xffffffff : pattern == ZEROS ? 0 : next_random();
}

static void write_everywhere(uint32_t function, enum pattern pattern, uint32_t bytes)
{
    static const char *const names[] = {"ones", "zeros", "random values"};
    uint32_t first = 0, written = 0;
    for (uint32_t offset = 0; offset + bytes <= PCI_SPACE; offset++, written++) {
        pci_write(function, offset, bytes, value_of(pattern));
    }
    for (uint32_t offset = 0; offset + bytes <= PCI_PORT_SPACE; offset += bytes, written++) {
        pci_port_write(function, offset, bytes, value_of(pattern));
    }
    uint32_t left, bad = config_restore(function, &left, &first);
    report(bad == 0 && left == 0, "I3", "config-write",
           "function 0x%x: %u writes of %s, %u bytes: %u words changed, %u not put back, 0x%x",
           function, written, names[pattern], bytes, bad, left, first);
}

/* An access to `at` in a form of its own. What it writes is what it read. */
struct odd {
    const char *name;
    void (*access)(volatile uint8_t *at);
    uint32_t offset; /* in its page */
};

static void odd_16(volatile uint8_t *at)
{
    volatile uint16_t *word = (volatile uint16_t *)at;
    uint16_t value = *word;
    *word = value;
}

static void odd_32(volatile uint8_t *at)
{
    volatile uint32_t *word = (volatile uint32_t *)at;
    uint32_t value = *word;
    *word = value;
}

static void odd_64(volatile uint8_t *at)
{
    volatile uint64_t *word = (volatile uint64_t *)at;
    uint64_t value = *word;
    *word = value;
}

static void odd_string(volatile uint8_t *at)
{
    static uint8_t copy[ODD_BYTES];
    const volatile uint8_t *from = at;
    uint8_t *to = copy;
    uint64_t count = ODD_BYTES;
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
    from = at;
    to = copy;
    count = ODD_BYTES / 8;
    __asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
}

static void odd_locked(volatile uint8_t *at)
{
    __asm__ volatile("lock addl $0, %0" : "+m"(*(volatile uint32_t *)at));
}

static void odd_exchange(volatile uint8_t *at)
{
    uint32_t value = *(volatile uint32_t *)at;
    __asm__ volatile("xchgl %0, %1" : "+r"(value), "+m"(*(volatile uint32_t *)at));
}

static void odd_16_bytes(volatile uint8_t *at)
{
    uint64_t low = 0, high = 0, zero = 0;
    __asm__ volatile("lock cmpxchg16b %0"
                     : "+m"(*(volatile unsigned __int128 *)at), "+a"(low), "+d"(high)
                     : "b"(zero), "c"(zero)
                     : "cc");
}

static void odd_jump(volatile uint8_t *at)
{
    __asm__ volatile("call *%0" : : "r"(at) : "memory");
}

static const struct odd odds[] = {
    {"qword", odd_64, 0x08},
    {"misaligned-word", odd_16, 0x03},
    {"misaligned-dword", odd_32, 0x02},
    {"misaligned-dword", odd_32, 0x3d},
    {"misaligned-qword", odd_64, 0x07},
    {"page-end-word", odd_16, 0xfff},
    {"page-end-dword", odd_32, 0xffe},
    {"page-end-qword", odd_64, 0xffc},
    {"string", odd_string, 0},
    {"page-end-string", odd_string, 0xff8 - ODD_BYTES / 2},
    {"locked", odd_locked, 0},
    {"exchange", odd_exchange, 0},
    {"16-bytes", odd_16_bytes, 0},
    {"jump", odd_jump, 0},
};

struct odd_try {
    const struct odd *odd;
    volatile uint8_t *page;
};

static void do_odd(void *arg)
{
    struct odd_try *try = arg;
    try->odd->access(try->page + try->odd->offset);
}

/* Whatever happens, the function and its registers are there as before, and so is this domain. */
static void odd_accesses(const struct edu *edu, const char *where, volatile uint8_t *page)
{
    for (unsigned i = 0; i < sizeof(odds) / sizeof(odds[0]); i++) {
        struct odd_try try = {&odds[i], page};
        int vector = probe(do_odd, &try);
        uint32_t first = 0;
        bool same = changed(edu->function, space.clearable, &first) == 0 &&
                    edu_get(edu, EDU_REGISTER_VERSION) == EDU_VERSION;
        report(same, "I9", odds[i].name, "%s + 0x%x: %s%s", where, odds[i].offset,
               fault_name(vector), same ? "" : ", and it is not as before");
        if (!same) {
            put_back(edu->function);
        }
    }
}

void attack_config(void)
{
    const struct edu *edu = own_edu();
    for (uint32_t function = 0; (function = pci_next(function)) != PCI_NONE;) {
        config_look(function);
        for (enum pattern pattern = 0; pattern < PATTERNS; pattern++) {
            for (uint32_t bytes = 1; bytes <= 4; bytes *= 2) {
                write_everywhere(function, pattern, bytes);
            }
        }
    }
    report(edu_get(edu, EDU_REGISTER_VERSION) == EDU_VERSION, "I3", "config-answers",
           "the device answers as before");
    config_look(edu->function);
    odd_accesses(edu, "configuration space",
                 (volatile uint8_t *)(GUEST_ECAM + ((uint64_t)edu->function << 12)));
    odd_accesses(edu, "registers", edu->registers + SPARE_REGISTERS);
    odd_accesses(edu, "configuration space of nobody",
                 (volatile uint8_t *)(GUEST_ECAM + (PCI_DEVICES * PCI_FUNCTIONS - 2) * 4096ull));
}

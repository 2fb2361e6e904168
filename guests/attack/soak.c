/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I3, I4: operations by chance on the domain's functions: configuration space by both ways, base
 * address registers, MSI and the MSI-X table, while the edu device interrupts. After each thousand
 * only bits that a driver needs have changed, and all can be put back.
 *
 * Command line: soak= how many operations (20000), seed= of their choice; the same numbers make the
 * same operations.
 */
#include "attack.h"
#include "guests/lib/apic.h"
#include "guests/lib/boot.h"
#include "guests/lib/console.h"
#include "guests/lib/memory.h"
#include "guests/lib/x86.h"

enum {
    OPERATIONS = 20000,
    A_ROUND = 1000, /* on one function, before it is looked at */
    ROUNDS_A_LINE = 5,
    TABLE_PAGE = 4096,
    ENTRY_BYTES = 16,
    FIRST_VECTOR = 32,
    VECTORS = 256,
};

static uint64_t state;

/* Knuth's linear congruential generator (MMIX); the upper bits are the better ones. */
static uint32_t chance(uint32_t below)
{
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)((state >> 33) % below);
}

static uint32_t any_value(void)
{
    uint32_t bit = 1u << chance(32);
    switch (chance(4)) {
    case 0:
        return 0;
    case 1:
        return 0xffffffff;
    case 2:
        return bit;
    default:
        return chance(0x10000) << 16 | chance(0x10000);
    }
}

/* Half of them where something is: the header, or a capability. */
static uint32_t any_offset(uint32_t space, uint32_t bytes)
{
    uint32_t end = chance(2) ? space : 0x100;
    return chance(end - bytes + 1);
}

static void configuration(uint32_t function)
{
    uint32_t bytes = 1u << chance(3), at = any_offset(PCI_SPACE, bytes);
    if (chance(4) == 0) {
        (void)pci_read(function, at, bytes);
    } else {
        pci_write(function, at, bytes, any_value());
    }
}

static void ports(uint32_t function)
{
    uint32_t bytes = 1u << chance(3), at = any_offset(PCI_PORT_SPACE, bytes) & ~(bytes - 1);
    if (chance(4) == 0) {
        (void)pci_port_read(function, at, bytes);
    } else {
        pci_port_write(function, at, bytes, any_value());
    }
}

static void registers(uint32_t function)
{
    static const uint64_t places[] = {0, 0x100000, 0xc0000000, 0xd0000000, 0xfee00000, 0xfffffff0};
    uint32_t place = (uint32_t)places[chance(sizeof(places) / sizeof(places[0]))];
    pci_write(function, PCI_BAR + 4 * chance(PCI_BARS), 4, chance(2) ? place : any_value());
}

/* A message that may well be good, or to somewhere else; now and then it is on. */
static void message(uint32_t function)
{
    uint64_t address = message_address(chance(2) ? cpu_self()->apic_id : chance(256));
    pci_msi_set(function, chance(4) ? address : any_value(), (uint16_t)any_value());
    pci_msi_enable(function, chance(2));
    pci_msix_enable(function, chance(2));
}

/* Somewhere in the first page of the table, whose address was taken before BARs were written. */
static void table(volatile uint8_t *page)
{
    uint32_t bytes = 1u << chance(4), at = chance(TABLE_PAGE - bytes + 1);
    at = chance(4) ? at & ~(bytes - 1) : at;
    if (chance(4) == 0) {
        (void)*(volatile uint32_t *)(page + (at & ~3u));
    } else if (bytes == 1) {
        page[at] = (uint8_t)any_value();
    } else if (bytes == 2) {
        *(volatile uint16_t *)(page + at) = (uint16_t)any_value();
    } else if (bytes == 4) {
        *(volatile uint32_t *)(page + at) = any_value();
    } else {
        *(volatile uint64_t *)(page + at) = (uint64_t)any_value() << 32 | any_value();
    }
}

/* NULL: it has no MSI-X. */
static volatile uint8_t *table_of(uint32_t function)
{
    uint32_t msix = pci_capability(function, PCI_MSIX);
    if (!msix) {
        return NULL;
    }
    uint32_t place = pci_read(function, msix + PCI_MSIX_TABLE, 4);
    struct pci_bar bar = pci_bar(function, place & 7);
    return memory_window((bar.base + (place & ~7u)) & ~(TABLE_PAGE - 1ull));
}

static void round(uint32_t function, const struct edu *edu, uint32_t count)
{
    volatile uint8_t *page = table_of(function);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t kind = chance(8);
        if (kind < 3) {
            configuration(function);
        } else if (kind == 3) {
            ports(function);
        } else if (kind == 4) {
            registers(function);
        } else if (kind == 5 || !page) {
            message(function);
        } else {
            table(page);
        }
        if (chance(16) == 0) {
            edu_raise(edu);
            interrupts_on();
            cpu_relax(); /* none comes at once after STI */
            interrupts_off();
            edu_acknowledge(edu);
        }
    }
    for (uint32_t at = 0; page && at < TABLE_PAGE; at += ENTRY_BYTES) {
        *(volatile uint32_t *)(page + at + ENTRY_BYTES - 4) = 1;
    }
}

static void on_interrupt(struct frame *frame)
{
    (void)frame;
    apic_eoi();
}

void attack_soak(void)
{
    const struct edu *edu = own_edu();
    uint64_t wanted = cmdline_number("soak", OPERATIONS), done = 0;
    uint32_t function = 0, rounds = 0, bad = 0, lost = 0;
    state = cmdline_number("seed", 1);
    for (unsigned vector = FIRST_VECTOR; vector < TIMER_VECTOR; vector++) {
        interrupt_set((uint8_t)vector, on_interrupt);
    }
    while (done < wanted) {
        uint32_t left, first = 0;
        uint32_t count = wanted - done < A_ROUND ? (uint32_t)(wanted - done) : A_ROUND;
        function = pci_next(function);
        function = function == PCI_NONE ? pci_next(0) : function;
        config_look(function);
        round(function, edu, count);
        uint32_t wrong = config_restore(function, &left, &first);
        if (wrong || left) {
            report(false, "I3", "soak-round",
                   "round %u, function 0x%x: %u words changed, %u not put back, 0x%x", rounds,
                   function, wrong, left, first);
        }
        bad += wrong + left;
        lost += edu_get(edu, EDU_REGISTER_VERSION) != EDU_VERSION;
        done += count;
        if (++rounds % ROUNDS_A_LINE == 0) {
            print("attack: soak: %lu operations\n", done);
        }
    }
    settle();
    report(bad == 0 && lost == 0, "I3", "soak",
           "%lu operations by chance (seed %lu): %u words wrong, the device was lost %u times",
           done, cmdline_number("seed", 1), bad, lost);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Intel's network cards. What they have in common is a descriptor of four words for either
 * direction: the buffer's address, a word of command or state, and a word that begins with "done"
 * (transmit) or the length (receive). The 82574 does so with extended receive and legacy transmit
 * descriptors, the others with advanced ones.
 */
#include "nic.h"
#include "cards.h"
#include "guests/lib/apic.h"
#include "guests/lib/boot.h"
#include "guests/lib/pci.h"
#include "guests/lib/x86.h"

enum {
    CONTROL = 0x0000,
    STATUS = 0x0008,
    MDI = 0x0020,
    RECEIVE_CONTROL = 0x0100,
    TRANSMIT_CONTROL = 0x0400,
    RECEIVE_FILTER = 0x5008,
    ADDRESS_LOW = 0x5400,
    ADDRESS_HIGH = 0x5404,
    SPLIT_CONTROL = 0x0c, /* of a receive ring; not the 82574's */
    RING_LOW = 0x00,      /* offsets of a ring's registers */
    RING_HIGH = 0x04,
    RING_BYTES = 0x08,
    RING_HEAD = 0x10,
    RING_TAIL = 0x18,
    RING_CONTROL = 0x28,
    REGISTERS_BYTES = 0x20000,
    MULTICAST_TABLE = 0x5200,
    MULTICAST_WORDS = 128,

    CONTROL_LINK_UP = 1 << 6,
    STATUS_LINK = 1 << 1,
    RECEIVE_ENABLE = 1 << 1,
    RECEIVE_BROADCAST = 1 << 15,
    RECEIVE_STRIP_SUM = 1 << 26,
    TRANSMIT_ENABLE = 1 << 1,
    TRANSMIT_PAD = 1 << 3,
    FILTER_EXTENDED = 1 << 15, /* descriptors of the 82574 */
    SPLIT_ADVANCED = 1 << 25,  /* descriptors of the others, one buffer each */
    SPLIT_KIB = 2,             /* of BUFFER_BYTES */
    MDI_WRITE = 1 << 26,
    MDI_READY = 1 << 28,
    MDI_REGISTER_CONTROL = 0 << 16,
    PHY_NEGOTIATE = 1 << 12 | 1 << 9, /* IEEE 802.3, Control register: enable and restart */

    RING = 256, /* descriptors; one of each ring stays unused */
    BUFFER_BYTES = 2048,
    DONE = 1 << 0,
    RECEIVED_END = 1 << 1, /* the frame ends in this buffer */
};
#define ADDRESS_VALID   (1u << 31)
#define RECEIVED_ERRORS 0x97000000u /* sum, symbol, sequence, carrier, and all that is left */

/* Where a family differs. Offsets are of registers, the rest their bits. */
struct family {
    const char *name;
    uint32_t reset;                   /* of CONTROL */
    uint32_t receive, transmit;       /* offsets of the rings */
    uint32_t receive_on, transmit_on; /* of RING_CONTROL */
    uint32_t send;                    /* a frame's command, without its length */
    uint32_t send_length;             /* where the length stands once more in the last word */
    int phy;                          /* its number at MDI, NO_PHY: the link comes by itself */
    bool advanced;                    /* descriptors, by SPLIT_CONTROL */
    /*
     * MSI-X entry 0 for what arrives: the mode, which entry it is, and the causes that its message
     * clears; then the mask, which is written at each look, as a card may clear that too.
     */
    struct {
        uint32_t mode, mode_bits, entry, entry_bits, clear, mask, cause;
    } interrupt;
};
enum { NO_PHY = -1 };

/* The 82576 and all that came after it. */
#define LATER(name_, reset_, phy_)                                                                 \
    {                                                                                              \
        .name = (name_), .reset = (reset_), .receive = 0xc000, .transmit = 0xe000,                 \
        .receive_on = 1 << 25, .transmit_on = 1 << 25, .send = 0x2b300000, .send_length = 14,      \
        .phy = (phy_), .advanced = true, .interrupt = {                                            \
            .mode = 0x1514,                                                                        \
            .mode_bits = 1u << 31 | 1 << 4 | 1 << 0,                                               \
            .entry = 0x1700,                                                                       \
            .entry_bits = 1 << 7,                                                                  \
            .clear = 0x152c,                                                                       \
            .mask = 0x1524,                                                                        \
            .cause = 1 << 0                                                                        \
        }                                                                                          \
    }

enum { I82574, I82576, I350, I210, I225 };
static const struct family families[] = {
    [I82574] = {.name = "82574",
                .reset = 1 << 26,
                .receive = 0x2800,
                .transmit = 0x3800,
                .transmit_on = 1 << 22,
                .send = 0x0b000000,
                .phy = NO_PHY,
                .interrupt = {.mode = 0x0018, /* CTRL_EXT: the pending bits are the card's */
                              .mode_bits = 1u << 31,
                              .entry = 0x00e4,
                              .entry_bits = 1 << 3,
                              .clear = 0x00dc,
                              .mask = 0x00d0,
                              .cause = 1 << 20}},
    [I82576] = LATER("82576", 1 << 26, 1),
    [I350] = LATER("I350", 1 << 26, 1),
    [I210] = LATER("I210 or I211", 1 << 26, 1),
    [I225] = LATER("I225 or I226", 1 << 29, 0),
};

static const struct {
    uint16_t device;
    uint8_t family;
#define KNOWN(device, family) {device, family},
} known[] = {CONSOLE_CARDS(KNOWN)};

struct descriptor {
    uint64_t address;
    uint32_t state, last;
};

struct ring {
    volatile struct descriptor descriptors[RING] __attribute__((aligned(4096)));
    uint8_t buffers[RING][BUFFER_BYTES];
    uint32_t next; /* that the card will have done, or that we fill, next */
    uint32_t registers;
};

static struct ring receive, transmit;
static uint32_t done; /* first frame handed out that the card may still be sending */
static const struct family *family;
static volatile uint8_t *registers;
static uint8_t own_address[NIC_ADDRESS_BYTES];
static bool skipping; /* the rest of a frame that is too long */

static uint32_t get(uint32_t offset)
{
    return *(volatile uint32_t *)(registers + offset);
}

static void set(uint32_t offset, uint32_t value)
{
    *(volatile uint32_t *)(registers + offset) = value;
}

/* Waits up to a second for bits of a register. */
static bool await(uint32_t offset, uint32_t bits)
{
    uint64_t end = rdtsc() + boot_info.tsc_hz;
    while (!(get(offset) & bits)) {
        if (rdtsc() > end) {
            return false;
        }
        cpu_relax();
    }
    return true;
}

static uint32_t find(void)
{
    for (uint32_t function = pci_next(0); function != PCI_NONE; function = pci_next(function)) {
        uint32_t id = pci_read(function, PCI_ID, 4);
        for (unsigned i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
            if ((id & 0xffff) == 0x8086 && id >> 16 == known[i].device) {
                family = &families[known[i].family];
                return function;
            }
        }
    }
    return PCI_NONE;
}

/* The address comes out of the card's non-volatile memory once a reset is over. */
static const char *reset(void)
{
    set(RECEIVE_CONTROL, 0);
    set(TRANSMIT_CONTROL, 0);
    set(CONTROL, get(CONTROL) | family->reset);
    tsc_wait(boot_info.tsc_hz / 50);
    if (!await(ADDRESS_HIGH, ADDRESS_VALID)) {
        return "the network card has no address a second after its reset";
    }
    uint64_t address = (uint64_t)get(ADDRESS_HIGH) << 32 | get(ADDRESS_LOW);
    uint8_t any = 0;
    for (unsigned i = 0; i < NIC_ADDRESS_BYTES; i++) {
        own_address[i] = (uint8_t)(address >> 8 * i);
        any |= own_address[i];
    }
    if (!any || own_address[0] & 1) {
        return "the network card's address is none of a station";
    }
    return NULL;
}

/* Some cards have no link before they are told to negotiate one. */
static const char *bring_link_up(void)
{
    set(CONTROL, get(CONTROL) | CONTROL_LINK_UP);
    if (family->phy == NO_PHY) {
        return NULL;
    }
    set(MDI, (uint32_t)family->phy << 21 | MDI_WRITE | MDI_REGISTER_CONTROL | PHY_NEGOTIATE);
    return await(MDI, MDI_READY) ? NULL : "the network card's PHY does not answer";
}

static bool place(struct ring *ring, uint32_t at, uint32_t on)
{
    uint64_t address = (uint64_t)ring->descriptors;
    ring->registers = at;
    set(at + RING_LOW, (uint32_t)address);
    set(at + RING_HIGH, (uint32_t)(address >> 32));
    set(at + RING_BYTES, sizeof(ring->descriptors));
    set(at + RING_HEAD, 0);
    set(at + RING_TAIL, 0);
    set(at + RING_CONTROL, get(at + RING_CONTROL) | on);
    return on == 0 || await(at + RING_CONTROL, on);
}

static void post(uint32_t i)
{
    receive.descriptors[i].state = 0;
    receive.descriptors[i].last = 0;
    receive.descriptors[i].address = (uint64_t)receive.buffers[i];
}

static const char *start_rings(void)
{
    for (uint32_t i = 0; i < MULTICAST_WORDS; i++) {
        set(MULTICAST_TABLE + 4 * i, 0);
    }
    if (family->advanced) {
        set(family->receive + SPLIT_CONTROL, SPLIT_ADVANCED | SPLIT_KIB);
    } else {
        set(RECEIVE_FILTER, get(RECEIVE_FILTER) | FILTER_EXTENDED);
    }
    for (uint32_t i = 0; i < RING; i++) {
        post(i);
    }
    set(RECEIVE_CONTROL, RECEIVE_ENABLE | RECEIVE_BROADCAST | RECEIVE_STRIP_SUM);
    set(TRANSMIT_CONTROL, get(TRANSMIT_CONTROL) | TRANSMIT_ENABLE | TRANSMIT_PAD);
    if (!place(&receive, family->receive, family->receive_on) ||
        !place(&transmit, family->transmit, family->transmit_on)) {
        return "the network card does not switch its rings on";
    }
    set(receive.registers + RING_TAIL, RING - 1);
    return NULL;
}

static const char *start_interrupt(uint32_t function, uint8_t vector)
{
    if (!pci_msix_set(function, 0, message_address(boot_info.apic_ids[0]), vector) ||
        !pci_msix_enable(function, true)) {
        return "the network card has no MSI-X";
    }
    set(family->interrupt.mode, get(family->interrupt.mode) | family->interrupt.mode_bits);
    set(family->interrupt.entry, family->interrupt.entry_bits);
    set(family->interrupt.clear, family->interrupt.cause);
    set(family->interrupt.mask, family->interrupt.cause);
    return NULL;
}

const char *nic_start(uint8_t vector)
{
    uint32_t function = find();
    if (function == PCI_NONE) {
        return "there is no network card of Intel's that is known here";
    }
    struct pci_bar bar = pci_bar(function, 0);
    if (bar.bytes < REGISTERS_BYTES || bar.base + bar.bytes > GUEST_HOLE_END) {
        return "the network card's registers are not where they can be reached";
    }
    registers = (volatile uint8_t *)bar.base;
    pci_command(function, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 0);
    const char *wrong = reset();
    wrong = wrong ? wrong : bring_link_up();
    wrong = wrong ? wrong : start_rings();
    return wrong ? wrong : start_interrupt(function, vector);
}

const char *nic_name(void)
{
    return family->name;
}

const uint8_t *nic_address(void)
{
    return own_address;
}

bool nic_has_link(void)
{
    return get(STATUS) & STATUS_LINK;
}

/* Whole and good: the card should hand over nothing else, and is asked all the same. */
static bool is_good(uint32_t state, uint32_t bytes)
{
    bool rest = skipping;
    skipping = !(state & RECEIVED_END);
    return !skipping && !rest && !(state & RECEIVED_ERRORS) && bytes >= NIC_HEADER_BYTES &&
           bytes <= NIC_FRAME_BYTES;
}

unsigned nic_receive(unsigned most, void (*take)(const uint8_t *frame, size_t bytes))
{
    unsigned looked = 0;
    set(family->interrupt.mask, family->interrupt.cause);
    for (; looked < most; looked++) {
        uint32_t i = receive.next, state = receive.descriptors[i].state;
        if (!(state & DONE)) {
            break;
        }
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        uint32_t bytes = receive.descriptors[i].last & 0xffff;
        if (is_good(state, bytes)) {
            take(receive.buffers[i], bytes);
        }
        post(i);
        receive.next = (i + 1) % RING;
    }
    if (looked) {
        __atomic_thread_fence(__ATOMIC_RELEASE);
        set(receive.registers + RING_TAIL, (receive.next + RING - 1) % RING);
    }
    return looked;
}

uint8_t *nic_room(void)
{
    while (done != transmit.next && transmit.descriptors[done].last & DONE) {
        done = (done + 1) % RING;
    }
    return (transmit.next + 1) % RING == done ? NULL : transmit.buffers[transmit.next];
}

void nic_send(size_t bytes)
{
    uint32_t i = transmit.next;
    transmit.descriptors[i].address = (uint64_t)transmit.buffers[i];
    transmit.descriptors[i].last = family->send_length ? (uint32_t)bytes << family->send_length : 0;
    transmit.descriptors[i].state = family->send | (uint32_t)bytes;
    transmit.next = (i + 1) % RING;
    __atomic_thread_fence(__ATOMIC_RELEASE);
    set(transmit.registers + RING_TAIL, transmit.next);
}

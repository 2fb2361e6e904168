/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I1, I3, I8 by way of a network card's own descriptors: many of them behind one doorbell lead to
 * where the domain may not reach. Another kind in each life, since the card is taken away from
 * whoever tries; the edu device counts the lives. The card loops what it sends, so that a frame can
 * be written to any address at will, and what a forbidden read brings is seen.
 *
 * Command line: bad= as many (4,096; at least 128), storm, after that the doorbell for each
 * descriptor, while the life lasts.
 */
#include "guests/lib/card.h"
#include "attack.h"
#include "guests/lib/apic.h"
#include "guests/lib/boot.h"
#include "guests/lib/console.h"
#include "guests/lib/x86.h"
#include "kernel/abi/function.h"

enum {
    MOST_BAD = 4096, /* descriptors */
    SPECIALS = 128,  /* of them, to the places below */
    STEP = 128 << 10,
    MESSAGE_STEP = 128,
    FRAME_BYTES = 1024,
    CANARY_QWORDS = 8192,
    MOST_TRIES = 20,
    WAITS_A_SECOND = 4,
    LIFE_MARK = 13, /* to port 0x80: kernels that measure say the time there */
    MARK_PORT = 0x80,
};
#define MARKER 0xc0de5afe00000000ull

/* What stands in the descriptors, or where these stand themselves. */
enum kind { TO_MEMORY, FROM_MEMORY, RECEIVE_RING, TRANSMIT_RING, TO_UNIT, TO_MESSAGES, KINDS };

static const char *const names[KINDS] = {
    [TO_MEMORY] = "card-write-memory",    [FROM_MEMORY] = "card-read-memory",
    [TO_UNIT] = "card-write-iommu",       [TO_MESSAGES] = "card-write-window",
    [RECEIVE_RING] = "card-receive-ring", [TRANSMIT_RING] = "card-transmit-ring",
};

/* Firmware, I/O APIC, ECAM, IOMMU units, holes. */
static const uint64_t specials[] = {
    0xfff00000, GUEST_IOAPIC, GUEST_ECAM, 0xfed90000,
    0xd0000000, 0xb0000000,   1ull << 38, 1ull << 46,
};

static struct card card;
static uint32_t bad; /* descriptors */
static struct card_descriptor receive[CARD_RING] __attribute__((aligned(4096)));
static struct card_descriptor transmit[CARD_RING] __attribute__((aligned(4096)));
static uint8_t from[CARD_BUFFER_BYTES] __attribute__((aligned(4096)));
static uint8_t to[CARD_BUFFER_BYTES] __attribute__((aligned(4096)));
static volatile uint64_t canary[CANARY_QWORDS];

static bool is_marked(void)
{
    for (uint32_t i = 0; i < CANARY_QWORDS; i++) {
        if (canary[i] != MARKER + i) {
            return false;
        }
    }
    return true;
}

/* Outside of this domain's 16 MiB: a step that meets what any other domain has marked. */
static uint64_t forbidden(enum kind kind, uint32_t i)
{
    if (kind == TO_UNIT) {
        return 0xfed90000 + i;
    }
    if (kind == TO_MESSAGES) { /* of the remappable format, to entries that nobody has */
        return irte_message_address(IRT_ENTRIES / 4) + i * MESSAGE_STEP;
    }
    if (i >= bad - SPECIALS) {
        return specials[i % (sizeof(specials) / sizeof(specials[0]))] + i * 16;
    }
    return ram_end() + (uint64_t)i * STEP;
}

/* Of the receive ring, or of the other one? */
static bool is_received(enum kind kind)
{
    return kind != FROM_MEMORY && kind != TRANSMIT_RING;
}

/* All descriptors lead to the two buffers. */
static void own_descriptors(uint32_t bytes)
{
    for (uint32_t i = 0; i < CARD_RING; i++) {
        receive[i] = (struct card_descriptor){.address = (uint64_t)to};
        transmit[i] = (struct card_descriptor){
            .address = (uint64_t)from, .length = (uint16_t)bytes, .command = CARD_SEND};
    }
}

static void bad_descriptors(enum kind kind)
{
    /* Where a message's data would be, zeros: an interrupt that no processor takes. */
    own_descriptors(kind == TO_MESSAGES ? CARD_FRAME_BYTES_MIN : FRAME_BYTES);
    for (uint32_t i = 0; i < bad; i++) {
        if (kind == FROM_MEMORY) {
            transmit[i].address = forbidden(kind, i);
        } else if (is_received(kind)) {
            receive[i].address = forbidden(kind, i);
        }
    }
}

/* Until the card has sent so many, or a while. */
static void wait_for(uint32_t sent)
{
    uint64_t end = rdtsc() + boot_info.tsc_hz / WAITS_A_SECOND;
    while (card_head(&card, CARD_TRANSMIT) != sent && rdtsc() < end) {
        cpu_relax();
    }
}

/* Does one frame come back as it was sent? */
static bool is_looping(uint32_t seed)
{
    own_descriptors(FRAME_BYTES);
    pattern_fill(from, FRAME_BYTES, seed);
    pattern_fill(to, FRAME_BYTES, ~seed);
    bool up = card_start(&card, (uint64_t)receive, (uint64_t)transmit);
    card_ring(&card, CARD_RECEIVE, CARD_RING - 1);
    card_ring(&card, CARD_TRANSMIT, 1);
    wait_for(1);
    return up && pattern_differences(to, FRAME_BYTES, seed) == 0;
}

/*
 * The card's first MSI-X message, to this processor. QEMU's e1000e sends it once more when the time
 * between two is over.
 */
static void own_message(void)
{
    uint32_t before = interrupts_seen(0, MESSAGE_VECTOR), sum = interrupts_of_all();
    bool set = pci_msix_set(card.function, 0, message_address(cpu_at(0)->apic_id), MESSAGE_VECTOR);
    set &= pci_msix_enable(card.function, true);
    card_interrupt(&card);
    uint64_t end = rdtsc() + boot_info.tsc_hz; /* an emulator without time may be late */
    do {
        settle();
    } while (interrupts_of_all() == sum && rdtsc() < end);
    pci_msix_enable(card.function, false);
    settle();
    uint32_t came = interrupts_seen(0, MESSAGE_VECTOR) - before;
    report(set && came != 0 && interrupts_of_all() - sum == came, "I4", "card-message",
           "%u arrived, %u in all", came, interrupts_of_all() - sum);
}

/* One doorbell, and with `storm` one for each that follows. How far the card went. */
static uint32_t reach_out(enum kind kind, uint32_t life)
{
    uint64_t bad_ring = ram_end() + LARGE_PAGE_BYTES;
    bad_descriptors(kind);
    pattern_fill(from, FRAME_BYTES, life);
    pattern_fill(to, FRAME_BYTES, ~life);
    if (kind == TO_MESSAGES) {
        for (uint32_t i = 0; i < CARD_BUFFER_BYTES; i++) {
            from[i] = 0;
        }
    }
    card_start(&card, kind == RECEIVE_RING ? bad_ring : (uint64_t)receive,
               kind == TRANSMIT_RING ? bad_ring : (uint64_t)transmit);
    card_ring(&card, CARD_RECEIVE, is_received(kind) ? bad : CARD_RING - 1);
    uint32_t sent = bad;
    card_ring(&card, CARD_TRANSMIT, sent);
    wait_for(sent);
    while (cmdline_has("storm")) {
        sent = (sent + 1) % CARD_RING;
        card_ring(&card, CARD_RECEIVE, (sent + CARD_RING - 1) % CARD_RING);
        card_ring(&card, CARD_TRANSMIT, sent);
        wait_for(sent);
    }
    return card_head(&card, is_received(kind) ? CARD_RECEIVE : CARD_TRANSMIT);
}

/* What a forbidden read brought: nothing at all, or zeros, or ones. */
static bool brought_nothing(uint32_t life)
{
    uint32_t zeros = 0, ones = 0;
    for (uint32_t i = 0; i < FRAME_BYTES; i++) {
        uint8_t byte = ((volatile uint8_t *)to)[i];
        zeros += byte == 0;
        ones += byte == 0xff;
    }
    return pattern_differences(to, FRAME_BYTES, ~life) == 0 || zeros == FRAME_BYTES ||
           ones == FRAME_BYTES;
}

static void check_silence(const char *name, uint32_t life)
{
    uint32_t tries = 0;
    while (tries < MOST_TRIES && is_looping(life + tries)) {
        tries++;
    }
    pci_command(card.function, PCI_COMMAND_MASTER, 0);
    bool silent = !is_looping(life);
    report(silent, "I3", name, "%u frames more, then %s", tries,
           silent ? "none, whatever Command says" : "it is still at it");
}

void attack_card(void)
{
    uint32_t life = count_life();
    enum kind kind = life % KINDS;
    outb(MARK_PORT, LIFE_MARK);
    uint64_t wanted = cmdline_number("bad", MOST_BAD);
    bad = wanted >= SPECIALS && wanted < MOST_BAD ? (uint32_t)wanted : MOST_BAD;
    if (!card_find(&card)) {
        report(false, "I3", "card", "there is none");
        return;
    }
    for (uint32_t i = 0; i < CANARY_QWORDS; i++) {
        canary[i] = MARKER + i;
    }
    report(is_looping(life), "I1", "card-own", "a frame of own memory comes back there");
    own_message();
    print("attack: %s: %u bad descriptors in life %u\n", names[kind], bad, life);
    console_drain();
    uint32_t interrupts = interrupts_of_all(), nmis = nmis_of_all();
    uint32_t done = reach_out(kind, life);
    settle();
    report(done == bad, "I3", names[kind], "the card went through %u", done);
    report(is_marked(), "I1", names[kind], "own memory is %s",
           is_marked() ? "unchanged" : "changed");
    if (kind == FROM_MEMORY) {
        report(brought_nothing(life), "I1", names[kind], "%u frames came back, of zeros or ones",
               card_head(&card, CARD_RECEIVE));
    }
    report(interrupts_of_all() == interrupts && nmis_of_all() == nmis, "I4", names[kind],
           "%u interrupts, %u NMIs", interrupts_of_all() - interrupts, nmis_of_all() - nmis);
    if (kind != TO_MESSAGES) { /* of these QEMU records no source, so nobody is silenced */
        check_silence(names[kind], life);
    }
}

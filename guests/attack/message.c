/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I4 by way of the device's MSI: every delivery mode and destination. Messages to the domain's own
 * processors arrive; all else reaches nobody, as far as this domain sees. Others count for
 * themselves (guests/probe).
 */
#include "attack.h"
#include "guests/lib/apic.h"
#include "guests/lib/boot.h"
#include "guests/lib/x86.h"

enum {
    FIRST_VECTOR = TIMER_VECTOR, /* from here on interrupts are counted */
    LAST_VECTOR = 0xfe,
    ADDRESS_LOGICAL = 1 << 2,
    ADDRESS_HINT = 1 << 3,
    BROADCAST = 0xff,
    WILD_WRITES = 2000,
    WILD_RAISES_EACH = 8,
};

/* What a message did. */
struct outcome {
    uint32_t interrupts, nmis;
    int vector; /* of an exception, NO_FAULT */
};

static const struct edu *edu;
static volatile uint64_t canary[512] __attribute__((aligned(4096)));

static void raise_and_settle(void *arg)
{
    (void)arg;
    edu_raise(edu);
    settle();
}

static struct outcome raise(void)
{
    uint32_t interrupts = interrupts_of_all(), nmis = nmis_of_all();
    int vector = probe(raise_and_settle, NULL);
    interrupts_off();
    edu_acknowledge(edu);
    return (struct outcome){interrupts_of_all() - interrupts, nmis_of_all() - nmis, vector};
}

static struct outcome send(uint64_t address, uint32_t data)
{
    pci_msi_set(edu->function, address, (uint16_t)data);
    pci_msi_enable(edu->function, true);
    return raise();
}

static bool is_nothing(const struct outcome *outcome)
{
    return !outcome->interrupts && !outcome->nmis && outcome->vector == NO_FAULT;
}

static void add(struct outcome *sum, struct outcome outcome)
{
    sum->interrupts += outcome.interrupts;
    sum->nmis += outcome.nmis;
    if (outcome.vector != NO_FAULT) {
        sum->vector = outcome.vector;
    }
}

static bool is_own(uint32_t apic_id)
{
    for (uint32_t i = 0; i < cpu_count(); i++) {
        if (cpu_at(i)->apic_id == apic_id) {
            return true;
        }
    }
    return false;
}

/* The ordinary use first: if that does not work, the rest says nothing. */
static bool to_own(void)
{
    bool all = true;
    for (uint32_t i = 0; i < cpu_count(); i++) {
        uint32_t before = interrupts_seen(i, MESSAGE_VECTOR);
        uint32_t sum = interrupts_of_all();
        struct outcome outcome = send(message_address(cpu_at(i)->apic_id), MESSAGE_VECTOR);
        uint64_t end = rdtsc() + boot_info.tsc_hz; /* an emulator without time may be late */
        while (interrupts_of_all() == sum && rdtsc() < end) {
            settle();
        }
        outcome.interrupts = interrupts_of_all() - sum;
        uint32_t there = interrupts_seen(i, MESSAGE_VECTOR) - before;
        bool good = there == 1 && outcome.interrupts == 1 && !outcome.nmis;
        report(good, "I4", "message-own", "to processor %u: %u arrived, %u in all", i, there,
               outcome.interrupts);
        all &= good;
    }
    return all;
}

static void every_vector(void)
{
    uint32_t lost = 0, wrong = 0;
    for (uint32_t vector = FIRST_VECTOR; vector <= LAST_VECTOR; vector++) {
        uint32_t before = interrupts_seen(0, (uint8_t)vector);
        struct outcome outcome = send(message_address(cpu_at(0)->apic_id), vector);
        lost += interrupts_seen(0, (uint8_t)vector) - before != 1;
        wrong += outcome.interrupts != 1 || outcome.nmis || outcome.vector != NO_FAULT;
    }
    report(lost == 0 && wrong == 0, "I4", "message-vectors", "%u of %u lost, %u with others", lost,
           LAST_VECTOR - FIRST_VECTOR + 1, wrong);
    struct outcome sum = {.vector = NO_FAULT};
    for (uint32_t vector = 0; vector < VECTOR_FIRST_FREE; vector++) {
        add(&sum, send(message_address(cpu_at(0)->apic_id), vector));
    }
    report(is_nothing(&sum), "I4", "message-low-vectors", "%u interrupts, %u NMIs, %s",
           sum.interrupts, sum.nmis, fault_name(sum.vector));
}

static void foreign(void)
{
    struct outcome sum = {.vector = NO_FAULT};
    uint32_t sent = 0;
    for (uint32_t id = 0; id < BROADCAST; id++) {
        if (!is_own(id) && (id < 16 || id % 16 == 0 || id == BROADCAST - 1)) {
            add(&sum, send(message_address(id), MESSAGE_VECTOR));
            sent++;
        }
    }
    report(is_nothing(&sum), "I4", "message-foreign", "%u ids, %u interrupts here, %u NMIs, %s",
           sent, sum.interrupts, sum.nmis, fault_name(sum.vector));
    struct outcome all = send(message_address(BROADCAST), MESSAGE_VECTOR);
    report(all.interrupts <= cpu_count() && !all.nmis && all.vector == NO_FAULT, "I4",
           "message-broadcast", "%u interrupts here, %u NMIs", all.interrupts, all.nmis);
}

/* Lowest priority and logical destinations may arrive once a processor; nothing else may. */
static void modes(void)
{
    static const char *const names[] = {"message-fixed",  "message-lowest", "message-smi",
                                        "message-mode-3", "message-nmi",    "message-init",
                                        "message-mode-6", "message-extint"};
    for (uint32_t mode = 0; mode < 8; mode++) {
        struct outcome sum = {.vector = NO_FAULT};
        uint32_t sent = 0;
        for (uint32_t form = 0; form <= (ADDRESS_LOGICAL | ADDRESS_HINT); form += ADDRESS_LOGICAL) {
            for (uint32_t level = 0; level <= 3; level++, sent++) {
                uint32_t data = MESSAGE_VECTOR | mode << 8 | level << 14;
                add(&sum, send(message_address(cpu_at(0)->apic_id) | form, data));
                add(&sum, send(message_address(BROADCAST) | form, data));
            }
        }
        uint32_t most = mode <= 1 ? sent * 2 * cpu_count() : 0;
        report(sum.interrupts <= most && !sum.nmis && sum.vector == NO_FAULT, "I4", names[mode],
               "%u interrupts of %u messages, %u NMIs, %s", sum.interrupts, 2 * sent, sum.nmis,
               fault_name(sum.vector));
    }
}

/* Addresses that are no message's: memory of its own, the I/O APIC, a remappable format. */
static void elsewhere(void)
{
    static const uint64_t addresses[] = {0,          0xfec00000,        0xfed90000,
                                         0xfef00000, 0x1fee00000ull,    0xfffffffffee00000ull,
                                         0x3c000000, 0x1000000000000ull};
    for (uint32_t i = 0; i < sizeof(canary) / sizeof(canary[0]); i++) {
        canary[i] = ~(uint64_t)i;
    }
    struct outcome sum = send((uint64_t)canary, MESSAGE_VECTOR);
    for (uint32_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        add(&sum, send(addresses[i], MESSAGE_VECTOR));
    }
    bool same = true;
    for (uint32_t i = 0; i < sizeof(canary) / sizeof(canary[0]); i++) {
        same &= canary[i] == ~(uint64_t)i;
    }
    report(is_nothing(&sum) && same, "I4", "message-elsewhere",
           "%u interrupts, %u NMIs, own memory %s", sum.interrupts, sum.nmis,
           same ? "is unchanged" : "has changed");
    sum = (struct outcome){.vector = NO_FAULT};
    uint32_t sent = 0;
    for (uint32_t i = 0; i < 32; i++, sent++) {
        add(&sum, send(0xfee00010 | next_random() % 0xfffe0, MESSAGE_VECTOR));
    }
    report(sum.interrupts <= sent * cpu_count() && !sum.nmis && sum.vector == NO_FAULT, "I4",
           "message-remappable", "%u messages, %u interrupts here, %u NMIs", sent, sum.interrupts,
           sum.nmis);
}

static void read_back(void)
{
    static const uint64_t addresses[] = {0xfee00000, 0xfeeff00c, 0x12345678fee01000ull, 0x5a5a5a58};
    static const uint16_t values[] = {0x0041, 0x00fe, 0x0500, 0xffff};
    pci_msi_enable(edu->function, false);
    uint32_t wrong = 0, count = sizeof(addresses) / sizeof(addresses[0]);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t address = 0;
        uint16_t data = 0;
        pci_msi_set(edu->function, addresses[i], values[i]);
        wrong += !pci_msi_get(edu->function, &address, &data) || address != addresses[i] ||
                 data != values[i];
    }
    report(wrong == 0, "I3", "message-read-back", "%u of %u read otherwise", wrong, count);
}

/* Switched off it neither sends a message nor pulls a line; then it works as before. */
static void off_and_on(void)
{
    pci_msi_set(edu->function, message_address(cpu_at(0)->apic_id), MESSAGE_VECTOR);
    pci_msi_enable(edu->function, false);
    struct outcome off = raise();
    pci_msi_enable(edu->function, true);
    settle();
    struct outcome on = raise();
    report(is_nothing(&off) && on.interrupts == 1, "I4", "message-off",
           "%u interrupts while it was off, %u after", off.interrupts, on.interrupts);
    pci_command(edu->function, 0, PCI_COMMAND_MASTER);
    off = raise();
    pci_command(edu->function, PCI_COMMAND_MASTER, 0);
    settle();
    on = raise();
    report(is_nothing(&off) && on.interrupts == 1, "I4", "message-master-off",
           "%u interrupts without bus mastering, %u after", off.interrupts, on.interrupts);
}

/* Halves of addresses and data change while interrupts fly. */
static void wild(void *arg)
{
    (void)arg;
    uint32_t msi = pci_capability(edu->function, PCI_MSI);
    pci_msi_enable(edu->function, true);
    interrupts_on();
    for (uint32_t i = 0; i < WILD_WRITES; i++) {
        uint32_t word = next_random() % 3, value = next_random();
        if (word == 0) {
            value = 0xfee00000 | (value & 0xffffc);
        } else if (word == 1) {
            value = value % 4 ? 0 : value;
        }
        pci_write(edu->function, msi + PCI_MSI_ADDRESS + 4 * word, 4, value);
        if (i % WILD_RAISES_EACH == 0) {
            edu_raise(edu);
        }
    }
    interrupts_off();
}

void attack_message(void)
{
    edu = own_edu();
    if (!to_own()) {
        return;
    }
    every_vector();
    foreign();
    modes();
    elsewhere();
    read_back();
    off_and_on();
    uint32_t nmis = nmis_of_all();
    int vector = probe(wild, NULL);
    interrupts_off();
    settle();
    edu_acknowledge(edu);
    report(vector == NO_FAULT && nmis_of_all() == nmis, "I4", "message-wild",
           "%u writes: %u NMIs, %s", (unsigned)WILD_WRITES, nmis_of_all() - nmis,
           fault_name(vector));
    to_own();
    pci_msi_enable(edu->function, false);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I4: no interrupt leaves the domain. Every kind of packet to every destination; what this
 * domain's own processors may see of it is counted, what others see is for them to count.
 */
#include "attack.h"
#include "guests/lib/apic.h"
#include "guests/lib/boot.h"
#include "guests/lib/x86.h"
#include <stddef.h>

enum { DESTINATIONS = 256, CLUSTERS = 24, VECTORS_FROM = 0x20 };

/* What own processors may get of a packet that names them. */
enum effect {
    EXACT, /* once each */
    MAYBE, /* once or not at all */
    NEVER,
    STARTS, /* INIT, SIPI: not sent to own processors */
};

struct packet {
    const char *name;
    uint32_t command;
    enum effect effect;
};

static const struct packet packets[] = {
    {"fixed", IPI_VECTOR | APIC_FIXED | APIC_ASSERT, EXACT},
    {"fixed-level", IPI_VECTOR | APIC_FIXED | APIC_ASSERT | APIC_LEVEL, MAYBE},
    {"lowest-priority", IPI_VECTOR | APIC_LOWEST | APIC_ASSERT, MAYBE},
    {"smi", APIC_SMI | APIC_ASSERT, NEVER},
    {"smi-vector", IPI_VECTOR | APIC_SMI | APIC_ASSERT, NEVER},
    {"reserved-mode", IPI_VECTOR | 3 << 8 | APIC_ASSERT, NEVER},
    {"nmi", APIC_NMI | APIC_ASSERT, EXACT},
    {"nmi-level", IPI_VECTOR | APIC_NMI | APIC_ASSERT | APIC_LEVEL, MAYBE},
    {"init", APIC_INIT | APIC_ASSERT, STARTS},
    {"init-level", APIC_INIT | APIC_ASSERT | APIC_LEVEL, STARTS},
    {"init-deassert", APIC_INIT | APIC_LEVEL, STARTS},
    {"sipi", APIC_STARTUP | APIC_ASSERT | 0x99, STARTS},
    {"extint", IPI_VECTOR | APIC_EXTINT | APIC_ASSERT, NEVER},
};
enum { PACKETS = sizeof(packets) / sizeof(packets[0]) };

/* What arrived at a processor of this domain: IPIs, NMIs, anything else. */
struct tally {
    uint32_t ipis, nmis, others;
};

static struct tally tally(uint32_t index)
{
    struct tally now = {interrupts_seen(index, IPI_VECTOR), cpu_at(index)->nmis, 0};
    for (unsigned vector = VECTORS_FROM; vector < 256; vector++) {
        now.others += vector == IPI_VECTOR ? 0 : interrupts_seen(index, (uint8_t)vector);
    }
    return now;
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

/* Result of a volley: what each own processor has got, against how often it was named. */
struct volley {
    const struct packet *packet;
    struct tally before[MAX_DOMAIN_CPUS];
    uint32_t named[MAX_DOMAIN_CPUS];
    uint32_t sent, faults;
};

static void volley_begin(struct volley *volley, const struct packet *packet)
{
    *volley = (struct volley){.packet = packet};
    for (uint32_t i = 0; i < cpu_count(); i++) {
        volley->before[i] = tally(i);
    }
}

static void volley_send(struct volley *volley, uint32_t destination, uint32_t command)
{
    volley->sent++;
    volley->faults += probe_wrmsr(APIC_ICR, (uint64_t)destination << 32 | command) != NO_FAULT;
}

static bool within(uint32_t got, uint32_t named, enum effect effect)
{
    switch (effect) {
    case EXACT:
        return got == named;
    case MAYBE:
        return got <= named;
    default:
        return got == 0;
    }
}

/* name = prefix first-second */
static void join(char *name, const char *prefix, const char *first, const char *second)
{
    const char *const parts[] = {prefix, first, "-", second};
    for (unsigned i = 0; i < 4; i++) {
        for (const char *part = parts[i]; *part; part++) {
            *name++ = *part;
        }
    }
    *name = 0;
}

static bool volley_arrived(const struct volley *volley, bool is_nmi)
{
    bool all = true;
    for (uint32_t i = 0; i < cpu_count(); i++) {
        struct tally now = tally(i);
        all &= is_nmi ? now.nmis - volley->before[i].nmis >= volley->named[i]
                      : now.ipis - volley->before[i].ipis >= volley->named[i];
    }
    return all;
}

/*
 * An emulated processor runs when its host finds time, so what has to arrive is waited for; what
 * may arrive gets a while, or it would come in the midst of the next volley.
 */
static void volley_wait(const struct volley *volley, bool is_nmi)
{
    uint64_t patience = volley->packet->effect == EXACT   ? 2 * boot_info.tsc_hz
                        : volley->packet->effect == MAYBE ? boot_info.tsc_hz / 10
                                                          : 0;
    uint64_t end = rdtsc() + patience;
    interrupts_on();
    while (!volley_arrived(volley, is_nmi) && rdtsc() < end) {
        continue;
    }
    interrupts_off();
}

static void volley_end(struct volley *volley, const char *how)
{
    const struct packet *packet = volley->packet;
    bool is_nmi = (packet->command & APIC_MODES) == APIC_NMI;
    bool good = true;
    uint32_t arrived = 0;
    char name[48];
    volley_wait(volley, is_nmi);
    settle();
    for (uint32_t i = 0; i < cpu_count(); i++) {
        struct tally now = tally(i);
        uint32_t ipis = now.ipis - volley->before[i].ipis;
        uint32_t nmis = now.nmis - volley->before[i].nmis;
        uint32_t others = now.others - volley->before[i].others;
        good &= within(is_nmi ? nmis : ipis, volley->named[i], packet->effect);
        good &= (is_nmi ? ipis : nmis) == 0 && others == 0;
        arrived += ipis + nmis;
    }
    join(name, "icr-", packet->name, how);
    report(good, "I4", name, "%u sent, %u refused by #GP, %u arrived in the domain", volley->sent,
           volley->faults, arrived);
}

/* Ids 0 to 255, a few large ones, and what only looks like an own id in eight or sixteen bits. */
static void to_ids(const struct packet *packet)
{
    struct volley volley;
    volley_begin(&volley, packet);
    for (uint32_t id = 0; id < DESTINATIONS; id++) {
        if (packet->effect == STARTS && is_own(id)) {
            continue;
        }
        for (uint32_t i = 0; i < cpu_count(); i++) {
            volley.named[i] += cpu_at(i)->apic_id == id;
        }
        volley_send(&volley, id, packet->command);
    }
    for (unsigned bit = 8; bit < 32; bit++) {
        volley_send(&volley, cpu_at(0)->apic_id | 1u << bit, packet->command);
    }
    volley_end(&volley, "ids");
}

/*
 * Logical destinations: whole clusters. An x2APIC's logical id follows from its id. INIT and SIPI
 * only go to clusters that hold no own processor.
 */
static void to_clusters(const struct packet *packet)
{
    struct volley volley;
    volley_begin(&volley, packet);
    for (uint32_t cluster = 0; cluster < CLUSTERS; cluster++) {
        bool own = false;
        for (uint32_t i = 0; i < cpu_count(); i++) {
            bool here = cpu_at(i)->apic_id >> 4 == cluster;
            volley.named[i] += here;
            own |= here;
        }
        if (packet->effect != STARTS || !own) {
            volley_send(&volley, cluster << 16 | 0xffff, packet->command | APIC_LOGICAL);
        }
    }
    volley_end(&volley, "clusters");
}

/* Destination 0xffffffff, physical and logical, and the shorthands. */
static void broadcast(const struct packet *packet, const char *how, uint32_t destination,
                      uint32_t bits, bool to_self, bool to_others)
{
    struct volley volley;
    volley_begin(&volley, packet);
    for (uint32_t i = 0; i < cpu_count(); i++) {
        volley.named[i] = i == 0 ? to_self : to_others;
    }
    volley_send(&volley, destination, packet->command | bits);
    volley_end(&volley, how);
}

static void broadcasts(const struct packet *packet)
{
    /* A shorthand that names the sender is only valid with fixed delivery: so for the others the
       sender may get it or not. Packets that start processors are for last=init. */
    struct packet loose = *packet;
    if (packet->effect == EXACT && (packet->command & APIC_MODES) != APIC_FIXED) {
        loose.effect = MAYBE;
    }
    broadcast(packet, "broadcast", APIC_BROADCAST, 0, true, true);
    broadcast(packet, "logical-broadcast", APIC_BROADCAST, APIC_LOGICAL, true, true);
    broadcast(&loose, "self", 0, APIC_TO_SELF, true, false);
    broadcast(&loose, "all", 0, APIC_TO_ALL, true, true);
    broadcast(packet, "others", 0, APIC_TO_OTHERS, false, true);
}

/* INIT and SIPI to all but oneself may reset siblings, which have to come up again. */
static void start_packets(void)
{
    uint32_t sent = 0;
    for (unsigned i = 0; i < PACKETS; i++) {
        if (packets[i].effect == STARTS) {
            probe_wrmsr(APIC_ICR, packets[i].command | APIC_TO_OTHERS);
            sent++;
        }
    }
    settle();
    uint32_t up = siblings_start();
    report(up + 1 == cpu_count(), "I4", "icr-start-others",
           "%u sent; %u of %u siblings start again", sent, up, cpu_count() - 1);
}

/* Reserved bits and vectors that no interrupt may have. */
static void bad_values(void)
{
    struct volley volley;
    struct packet packet = {"reserved-bits", IPI_VECTOR | APIC_ASSERT, NEVER};
    volley_begin(&volley, &packet);
    for (unsigned bit = 12; bit < 32; bit++) {
        bool defined = bit == 14 || bit == 15 || bit == 18 || bit == 19;
        if (!defined) {
            volley_send(&volley, cpu_at(0)->apic_id, packet.command | 1u << bit);
            /* 12 is read-only: the packet is good without it */
            volley.named[0] += bit == 12;
        }
    }
    packet.effect = MAYBE;
    volley_end(&volley, "self");
    packet = (struct packet){"low-vector", APIC_ASSERT, NEVER};
    volley_begin(&volley, &packet);
    for (uint32_t vector = 0; vector < 16; vector++) {
        volley_send(&volley, cpu_at(0)->apic_id, APIC_ASSERT | vector);
    }
    volley_end(&volley, "self");
    probe_wrmsr(APIC_ESR, 0);
    uint64_t errors;
    probe_rdmsr(APIC_ESR, &errors);
    /* On AMD-V they are dropped without a word: its emulator would deliver them. KVM has no word.
     */
    report(errors & 0x60 || !is_intel() || cmdline_has("kvm"), "I4", "icr-low-vector-esr",
           "ESR is 0x%lx", errors);
    probe_wrmsr(APIC_ESR, 0);
}

void attack_icr(void)
{
    for (unsigned i = 0; i < PACKETS; i++) {
        to_ids(&packets[i]);
        to_clusters(&packets[i]);
        if (packets[i].effect != STARTS) {
            broadcasts(&packets[i]);
        }
    }
    bad_values();
    start_packets();
}

struct lvt_entry {
    const char *name;
    uint32_t msr;
};

static const struct lvt_entry lvt_entries[] = {
    {"lvt-cmci", APIC_LVT_CMCI},        {"lvt-thermal", APIC_LVT_THERMAL},
    {"lvt-performance", APIC_LVT_PERF}, {"lvt-lint0", APIC_LVT_LINT0},
    {"lvt-lint1", APIC_LVT_LINT1},      {"lvt-error", APIC_LVT_ERROR},
    {"lvt-timer", APIC_LVT_TIMER},
};

/* Each delivery mode in each entry, unmasked; the timer entry also with the timer running. */
static void try_lvt(const struct lvt_entry *entry)
{
    uint32_t modes_taken = 0, faults = 0;
    struct tally before = tally(0);
    uint32_t timer_before = interrupts_seen(0, LVT_VECTOR);
    bool timer = entry->msr == APIC_LVT_TIMER;
    if (timer) {
        timer_periodic(LVT_VECTOR, 2000);
    }
    for (uint32_t mode = 0; mode < 8; mode++) {
        for (uint32_t extra = 0; extra <= APIC_LEVEL; extra += APIC_LEVEL) {
            uint32_t value = LVT_VECTOR | mode << 8 | extra | (timer ? APIC_TIMER_PERIODIC : 0);
            uint64_t back = 0;
            if (probe_wrmsr(entry->msr, value) != NO_FAULT ||
                probe_rdmsr(entry->msr, &back) != NO_FAULT) {
                faults++;
                continue;
            }
            modes_taken |= (back >> 8 & 7) == mode ? 1u << mode : 0;
            settle();
        }
    }
    if (timer) {
        timer_stop();
    }
    settle();
    probe_wrmsr(entry->msr, APIC_MASKED);
    struct tally after = tally(0);
    uint32_t ticks = interrupts_seen(0, LVT_VECTOR) - timer_before;
    uint32_t others = after.others - before.others - ticks;
    bool good = after.nmis == before.nmis && others == 0 && (timer || ticks == 0);
    report(good, "I4", entry->name, "modes kept 0x%x, %u refused by #GP, %u NMIs", modes_taken,
           faults, after.nmis - before.nmis);
}

void attack_lvt(void)
{
    for (size_t i = 0; i < sizeof(lvt_entries) / sizeof(lvt_entries[0]); i++) {
        try_lvt(&lvt_entries[i]);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Frames made by hand. */
#include "wire.h"
#include "guests/console/nic.h"
#include "guests/console/platform.h"
#include "guests/lib/x86.h"

enum { VECTOR = 0x41, ARP_BYTES = 28, IP_BYTES = 20, TCP_BYTES = 20, IP_TTL = 64 };

static uint32_t own_address, victim_address;
static uint8_t victim_mac[6];
static bool victim_known;

static struct {
    wire_match match;
    void *arg;
    bool met;
} waiting;

uint32_t wire_get(const uint8_t *at, size_t bytes)
{
    uint32_t value = 0;
    for (size_t i = 0; i < bytes; i++) {
        value = value << 8 | at[i];
    }
    return value;
}

void wire_put(uint8_t *at, size_t bytes, uint32_t value)
{
    for (size_t i = bytes; i-- > 0; value >>= 8) {
        at[i] = (uint8_t)value;
    }
}

static bool is_equal(const uint8_t *a, const uint8_t *b, size_t bytes)
{
    return __builtin_memcmp(a, b, bytes) == 0;
}

static void copy(uint8_t *to, const void *from, size_t bytes)
{
    if (bytes) {
        __builtin_memcpy(to, from, bytes);
    }
}

/* The Internet checksum of `bytes`, on top of `sum`. */
static uint16_t internet_sum(const uint8_t *at, size_t bytes, uint32_t sum)
{
    for (size_t i = 0; i < bytes; i++) {
        sum += i % 2 ? at[i] : (uint32_t)at[i] << 8;
    }
    while (sum >> 16) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (uint16_t)~sum;
}

static struct frame make_arp(uint32_t operation, const uint8_t *to, uint32_t address)
{
    struct frame frame = {.used = NIC_HEADER_BYTES + ARP_BYTES};
    uint8_t *arp = frame.bytes + NIC_HEADER_BYTES;
    for (unsigned i = 0; i < 6; i++) {
        frame.bytes[i] = to ? to[i] : 0xff;
        arp[18 + i] = to ? to[i] : 0;
    }
    copy(frame.bytes + 6, nic_address(), 6);
    wire_put(frame.bytes + 12, 2, 0x0806);
    wire_put(arp, 4, 0x00010800);
    wire_put(arp + 4, 2, 0x0604);
    wire_put(arp + 6, 2, operation);
    copy(arp + 8, nic_address(), 6);
    wire_put(arp + 14, 4, own_address);
    wire_put(arp + 24, 4, address);
    return frame;
}

struct frame wire_arp(uint32_t address)
{
    return make_arp(1, NULL, address);
}

void wire_sum(struct frame *frame)
{
    uint8_t *ip = frame->bytes + WIRE_IP;
    size_t bytes = (ip[0] & 15u) * 4;
    wire_put(ip + 10, 2, 0);
    wire_put(ip + 10, 2, internet_sum(ip, bytes, 0));
}

struct frame wire_packet(uint8_t protocol, const void *inner, size_t bytes)
{
    struct frame frame = {.used = WIRE_INNER + bytes};
    uint8_t *ip = frame.bytes + WIRE_IP;
    copy(frame.bytes, victim_mac, 6);
    copy(frame.bytes + 6, nic_address(), 6);
    wire_put(frame.bytes + 12, 2, 0x0800);
    ip[0] = 0x45;
    wire_put(ip + 2, 2, (uint32_t)(IP_BYTES + bytes));
    ip[8] = IP_TTL;
    ip[9] = protocol;
    wire_put(ip + 12, 4, own_address);
    wire_put(ip + 16, 4, victim_address);
    wire_sum(&frame);
    copy(frame.bytes + WIRE_INNER, inner, bytes);
    if (protocol == WIRE_ICMP) {
        uint8_t *icmp = frame.bytes + WIRE_INNER;
        wire_put(icmp + 2, 2, internet_sum(icmp, bytes, 0));
    }
    return frame;
}

struct frame wire_tcp(const struct segment *segment)
{
    uint8_t inner[sizeof(((struct frame *)0)->bytes)] = {0};
    size_t header = TCP_BYTES + segment->option_bytes, bytes = header + segment->bytes;
    wire_put(inner, 2, segment->from);
    wire_put(inner + 2, 2, segment->to);
    wire_put(inner + 4, 4, segment->number);
    wire_put(inner + 8, 4, segment->acknowledged);
    inner[12] = (uint8_t)(header / 4 << 4);
    inner[13] = segment->flags;
    wire_put(inner + 14, 2, 0xffff);
    copy(inner + TCP_BYTES, segment->options, segment->option_bytes);
    copy(inner + header, segment->data, segment->bytes);
    uint32_t pseudo = (own_address >> 16) + (own_address & 0xffff) + (victim_address >> 16) +
                      (victim_address & 0xffff) + WIRE_TCP + (uint32_t)bytes;
    wire_put(inner + 16, 2, internet_sum(inner, bytes, pseudo));
    return wire_packet(WIRE_TCP, inner, bytes);
}

void wire_send(const struct frame *frame)
{
    uint8_t *room = nic_room();
    while (!room) {
        cpu_relax();
        room = nic_room();
    }
    copy(room, frame->bytes, frame->used);
    nic_send(frame->used);
}

/* What others want to know of this card is answered; the rest is for whoever waits. */
static void take(const uint8_t *frame, size_t bytes)
{
    const uint8_t *arp = frame + NIC_HEADER_BYTES;
    bool is_arp = wire_get(frame + 12, 2) == 0x0806 && bytes >= NIC_HEADER_BYTES + ARP_BYTES;
    if (is_arp && wire_get(arp + 6, 2) == 1 && wire_get(arp + 24, 4) == own_address) {
        struct frame answer = make_arp(2, arp + 8, wire_get(arp + 14, 4));
        wire_send(&answer);
        return;
    }
    bool from_victim = !victim_known || is_equal(frame + 6, victim_mac, 6);
    if (from_victim && is_equal(frame, nic_address(), 6) && !waiting.met) {
        waiting.met = waiting.match(frame, bytes, waiting.arg);
    }
}

bool wire_await(unsigned milliseconds, wire_match match, void *arg)
{
    uint64_t end = platform_milliseconds() + milliseconds;
    waiting.match = match;
    waiting.arg = arg;
    waiting.met = false;
    do {
        nic_receive(1, take);
    } while (!waiting.met && platform_milliseconds() < end);
    return waiting.met;
}

const char *wire_start(uint32_t own, uint32_t victim)
{
    own_address = own;
    victim_address = victim;
    return nic_start(VECTOR);
}

static bool is_answer(const uint8_t *frame, size_t bytes, void *arg)
{
    const uint8_t *arp = frame + NIC_HEADER_BYTES;
    (void)arg;
    if (bytes < NIC_HEADER_BYTES + ARP_BYTES || wire_get(frame + 12, 2) != 0x0806 ||
        wire_get(arp + 6, 2) != 2 || wire_get(arp + 14, 4) != victim_address) {
        return false;
    }
    copy(victim_mac, arp + 8, 6);
    return true;
}

bool wire_find_victim(void)
{
    for (unsigned i = 0; i < 50 && !victim_known; i++) {
        struct frame frame = wire_arp(victim_address);
        wire_send(&frame);
        victim_known = wire_await(100, is_answer, NULL);
    }
    return victim_known;
}

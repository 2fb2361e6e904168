/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the console's network answers, tried from the same wire. Each thing reports one line,
 *   netprobe: PASS I6 udp: what was seen
 */
#include "guests/console/platform.h"
#include "guests/lib/boot.h"
#include "guests/lib/console.h"
#include "netprobe.h"
#include "wire.h"

enum {
    SILENCE_MS = 150,
    PORT = 443,
    FIRST_PORT = 2000, /* that nothing else uses */
    SYN_FLOOD = 60,
    MOST_HALF_OPEN = 8,
    AGAIN_MS = 5000, /* in which a half-open connection's answer comes again */
    CONNECTIONS = 30,
    SERVED = 18,
    TRANSFER = 400 << 10,
    FLOOD_FRAMES = 20000,
};

static unsigned passed, failed;
static uint16_t next_port = FIRST_PORT;

void report(bool pass, const char *name, const char *text, ...)
{
    va_list args;
    *(pass ? &passed : &failed) += 1;
    va_start(args, text);
    print("netprobe: %s I6 %s: ", pass ? "PASS" : "FAIL", name);
    vprint(text, args);
    print("\n");
    va_end(args);
}

static bool is_packet(const uint8_t *frame, size_t bytes, void *arg)
{
    (void)arg;
    return bytes >= WIRE_INNER && wire_get(frame + 12, 2) == 0x0800;
}

static bool is_any(const uint8_t *frame, size_t bytes, void *arg)
{
    (void)frame;
    (void)bytes;
    (void)arg;
    return true;
}

static bool is_echo(const uint8_t *frame, size_t bytes, void *arg)
{
    return is_packet(frame, bytes, arg) && frame[WIRE_IP + 9] == WIRE_ICMP &&
           frame[WIRE_INNER] == 0;
}

static struct frame syn_to(uint16_t port)
{
    const struct segment segment = {
        .from = next_port++, .to = port, .number = 1000, .flags = TCP_SYN};
    return wire_tcp(&segment);
}

static struct frame echo_request(void)
{
    uint8_t echo[40] = {8, 0, 0, 0, 1, 2, 0, 1};
    return wire_packet(WIRE_ICMP, echo, sizeof(echo));
}

static bool is_none(const uint8_t *frame, size_t bytes, void *arg)
{
    (void)frame;
    (void)bytes;
    (void)arg;
    return false;
}

/* Notes where in the protocols an answer was. */
struct answer {
    wire_match match;
    uint32_t type, protocol;
};

static bool note(const uint8_t *frame, size_t bytes, void *arg)
{
    struct answer *answer = arg;
    answer->type = wire_get(frame + 12, 2);
    answer->protocol = frame[WIRE_IP + 9];
    return answer->match(frame, bytes, NULL);
}

/* Nothing may come back that `match` takes, once late answers to what was before have come. */
static void silent(const char *name, const struct frame *frame, wire_match match)
{
    struct answer answer = {.match = match};
    wire_await(SILENCE_MS / 2, is_none, NULL);
    wire_send(frame);
    if (wire_await(SILENCE_MS, note, &answer)) {
        report(false, name, "answered, type %x, protocol %u", answer.type, answer.protocol);
    } else {
        report(true, name, "not answered");
    }
}

static void try_arp(uint32_t victim)
{
    struct frame frame = wire_arp(victim + 60);
    silent("arp-other", &frame, is_any);
    frame = wire_arp(victim);
    frame.bytes[WIRE_IP + 1] = 6; /* hardware that is no Ethernet */
    silent("arp-hardware", &frame, is_any);
    frame = wire_arp(victim);
    frame.used = 30;
    frame.bytes[15] = 0;
    silent("arp-short", &frame, is_any);
    frame = wire_arp(victim);
    wire_put(frame.bytes + 12, 2, 0x88cc);
    silent("other-ethertype", &frame, is_any);
}

static void try_echo(void)
{
    bool wanted = cmdline_has("echo");
    struct frame frame = echo_request();
    wire_send(&frame);
    bool answered = wire_await(2 * SILENCE_MS, is_echo, NULL);
    report(answered == wanted, "echo", "%s, as %s", answered ? "answered" : "not answered",
           wanted ? "asked for" : "not asked for");
    __builtin_memset(frame.bytes, 0xff, 6);
    silent("echo-broadcast", &frame, is_packet);
    frame = echo_request();
    frame.bytes[WIRE_INNER] = 13; /* timestamp */
    silent("timestamp", &frame, is_packet);
}

static void try_protocols(void)
{
    static const uint16_t ports[] = {53, 67, 123, PORT};
    uint8_t udp[16] = {0x10, 0, 0, 0, 0, sizeof(udp)};
    struct frame frame;
    for (unsigned i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
        wire_put(udp + 2, 2, ports[i]);
        frame = wire_packet(WIRE_UDP, udp, sizeof(udp));
        silent("udp", &frame, is_packet);
    }
    frame = wire_packet(2, udp, sizeof(udp));
    silent("igmp", &frame, is_packet);
    frame = wire_packet(4, udp, sizeof(udp));
    silent("tunnel", &frame, is_packet);
    frame = syn_to(80);
    silent("port-80", &frame, is_packet);
    frame = syn_to(PORT + 1);
    silent("port-444", &frame, is_packet);
}

/* A SYN that would be answered, but for one thing. */
static void try_headers(uint32_t victim)
{
    struct frame frame = syn_to(PORT);
    frame.bytes[WIRE_IP + 10] ^= 1;
    silent("ip-sum", &frame, is_packet);
    frame = syn_to(PORT);
    frame.bytes[WIRE_INNER + 16] ^= 1;
    silent("tcp-sum", &frame, is_packet);
    frame = syn_to(PORT);
    frame.bytes[WIRE_IP + 6] = 0x20; /* more fragments */
    wire_sum(&frame);
    silent("first-fragment", &frame, is_packet);
    frame.bytes[WIRE_IP + 6] = 0;
    frame.bytes[WIRE_IP + 7] = 1;
    wire_sum(&frame);
    silent("last-fragment", &frame, is_packet);
    frame = syn_to(PORT);
    wire_put(frame.bytes + WIRE_IP + 12, 4, victim);
    wire_sum(&frame);
    silent("own-source", &frame, is_packet);
    frame = syn_to(PORT);
    frame.bytes[WIRE_IP] = 0x44; /* a header of 16 bytes */
    silent("ip-header-short", &frame, is_packet);
    frame = syn_to(PORT);
    wire_put(frame.bytes + WIRE_IP + 2, 2, 1400); /* more than came */
    wire_sum(&frame);
    silent("ip-length", &frame, is_packet);
    frame = syn_to(PORT);
    frame.bytes[WIRE_INNER + 12] = 0xf0; /* options beyond the end */
    silent("tcp-header-long", &frame, is_packet);
    frame = syn_to(PORT);
    frame.used = 30;
    wire_put(frame.bytes + WIRE_IP + 2, 2, 16);
    silent("ip-short", &frame, is_packet);
}

static void try_options(void)
{
    static const uint8_t all[] = {2, 4,  5, 0xb4, 1, 3, 3, 7, 1, 1, 4, 2,
                                  8, 10, 1, 2,    3, 4, 0, 0, 0, 0, 0, 0};
    static const uint8_t bad[] = {2, 0, 0, 0, 0xfd, 40, 1, 1};
    struct stream stream;
    bool open = stream_open(&stream, next_port++, all, sizeof(all));
    report(open && stream.option_bytes == 4 && stream.options >> 16 == 0x0204, "options",
           "MSS, window scale, timestamps and SACK offered: %lu bytes of options come back, %x",
           stream.option_bytes, stream.options);
    stream_reset(&stream);
    open = stream_open(&stream, next_port++, bad, sizeof(bad));
    bool echoes = open && stream_echo(&stream, all, sizeof(all));
    report(open == echoes, "bad-options", "%s", open ? "taken for none" : "not answered");
    stream_reset(&stream);
}

/* RFC 6528: the same connection's numbers follow a clock, others' have nothing to do with it. */
static void try_numbers(void)
{
    uint32_t first[4] = {0};
    bool open = true;
    for (unsigned i = 0; i < 4; i++) {
        struct stream stream;
        uint16_t port = (uint16_t)(next_port + (i < 2 ? 0 : i));
        open &= stream_open(&stream, port, NULL, 0);
        stream_reset(&stream);
        first[i] = stream.first;
    }
    next_port += 4;
    bool same = first[1] - first[0] < 2000000;
    bool other = first[2] - first[1] > 2000000 && first[3] - first[2] > 2000000;
    report(open && same && other, "sequence-numbers", "%x %x, other ports %x %x", first[0],
           first[1], first[2], first[3]);
}

static bool is_answer_of_flood(const uint8_t *frame, size_t bytes, void *arg)
{
    uint8_t *seen = arg;
    uint32_t port = wire_get(frame + WIRE_INNER + 2, 2) - next_port;
    if (is_packet(frame, bytes, NULL) && bytes >= WIRE_DATA && port < SYN_FLOOD) {
        seen[port] = 1;
    }
    return false;
}

/* Half-open connections: a new one is served, and no more than the last few are kept. */
static void try_syn_flood(const uint8_t *data)
{
    uint8_t seen[SYN_FLOOD] = {0};
    struct stream stream;
    for (unsigned i = 0; i < SYN_FLOOD; i++) {
        const struct segment segment = {
            .from = (uint16_t)(next_port + i), .to = PORT, .number = i, .flags = TCP_SYN};
        struct frame frame = wire_tcp(&segment);
        wire_send(&frame);
    }
    uint64_t before = platform_milliseconds();
    bool open = stream_open(&stream, (uint16_t)(next_port + SYN_FLOOD), NULL, 0);
    uint64_t took = platform_milliseconds() - before;
    open = open && stream_echo(&stream, data, WIRE_MSS) && stream_close(&stream);
    report(open, "syn-flood", "served after %lu ms", took);
    unsigned again = 0;
    wire_await(AGAIN_MS, is_answer_of_flood, seen);
    for (unsigned i = 0; i < SYN_FLOOD; i++) {
        again += seen[i];
    }
    report(again >= 1 && again <= MOST_HALF_OPEN, "half-open", "%u of %u are kept", again,
           SYN_FLOOD);
    next_port += SYN_FLOOD + 1;
}

static void try_connections(const uint8_t *data)
{
    static struct stream streams[CONNECTIONS];
    unsigned served = 0;
    for (unsigned i = 0; i < CONNECTIONS; i++) {
        stream_open(&streams[i], next_port++, NULL, 0);
    }
    for (unsigned i = 0; i < CONNECTIONS; i++) {
        served += !streams[i].reset && stream_echo(&streams[i], data + i, 100);
    }
    for (unsigned i = 0; i < CONNECTIONS; i++) {
        stream_reset(&streams[i]);
    }
    report(served == SERVED, "connections", "%u of %u served", served, CONNECTIONS);
    struct stream stream;
    bool good = stream_open(&stream, next_port++, NULL, 0) && stream_echo(&stream, data, 1000) &&
                stream_close(&stream);
    report(good, "connections-again", "%s", good ? "served after these" : "not served");
}

static void try_transfer(const uint8_t *data)
{
    struct stream stream;
    size_t sent = 0;
    uint64_t before = platform_milliseconds();
    bool good = stream_open(&stream, next_port++, NULL, 0);
    while (good && sent < TRANSFER) {
        size_t piece = TRANSFER - sent < WIRE_MSS ? TRANSFER - sent : WIRE_MSS;
        good = stream_echo(&stream, data + sent % 251, piece);
        sent += piece;
    }
    report(good && stream_close(&stream), "transfer", "%lu bytes there and back in %lu ms", sent,
           platform_milliseconds() - before);
}

/* Frames as fast as they go, and then somebody who wants something. */
static void try_flood(const uint8_t *data)
{
    struct frame frames[] = {wire_arp(0), syn_to(80), echo_request()};
    struct stream stream;
    for (unsigned i = 0; i < FLOOD_FRAMES; i++) {
        wire_send(&frames[i % 3]);
    }
    uint64_t before = platform_milliseconds();
    bool good = stream_open(&stream, next_port++, NULL, 0) && stream_echo(&stream, data, 1000) &&
                stream_close(&stream);
    report(good, "flood", "%s %lu ms after %u frames", good ? "served" : "not served",
           platform_milliseconds() - before, FLOOD_FRAMES);
}

void attack(uint32_t own, uint32_t victim)
{
    static uint8_t data[2 * WIRE_MSS];
    const char *wrong = wire_start(own, victim);
    if (wrong) {
        report(false, "card", "%s", wrong);
        return;
    }
    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = (uint8_t)(i * 7 + i / 256);
    }
    bool found = wire_find_victim();
    report(found, "arp", "%s", found ? "the other one answers" : "nobody answers");
    if (found) {
        try_arp(victim);
        try_echo();
        try_protocols();
        try_headers(victim);
        try_options();
        try_numbers();
        try_transfer(data);
        try_syn_flood(data);
        try_connections(data);
        try_flood(data);
    }
    print("netprobe: %u passed, %u failed\n", passed, failed);
}

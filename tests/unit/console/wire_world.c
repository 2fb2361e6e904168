/* SPDX-License-Identifier: Apache-2.0 */
/* The wire between the console's network and netprobe. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guests/console/net.h"
#include "guests/console/start.h"
#include "guests/lib/boot.h"
#include "guests/lib/console.h"
#include "guests/netprobe/wire.h"
#include "wire_world.h"

#include <cmocka.h>

enum { QUEUE = 4096 };

/* Frames on their way, in one direction. */
struct queue {
    struct frame frames[QUEUE];
    unsigned first, count;
};

typedef void (*taker)(const uint8_t *frame, size_t bytes);

/* Either end's driver: of the console (nic.h), and of netprobe, whose names rules.mk changes. */
const char *nic_start(uint8_t vector);
const uint8_t *nic_address(void);
unsigned nic_receive(unsigned most, taker take);
uint8_t *nic_room(void);
void nic_send(size_t bytes);
const char *peer_start(uint8_t vector);
const uint8_t *peer_address(void);
unsigned peer_receive(unsigned most, taker take);
uint8_t *peer_room(void);
void peer_send(size_t bytes);
void random_bytes(void *bytes, size_t count);
uint64_t platform_milliseconds(void);
uint64_t platform_tsc(void);

struct guest_boot_info boot_info = {.tsc_hz = 1000000000};
uint64_t world_now;
bool world_echo, world_serves = true, world_is_deaf;
unsigned world_failed, world_sent;
static struct queue to_console, to_peer;
static bool open[NET_CONNECTIONS];

static bool get_frame(struct queue *queue, taker take)
{
    if (queue->count == 0)
        return false;
    /* A buffer of its own, so that a sanitizer sees who reads beyond it. */
    const struct frame *frame = &queue->frames[queue->first];
    uint8_t *bytes = malloc(frame->used);
    size_t used = frame->used;
    assert_non_null(bytes);
    memcpy(bytes, frame->bytes, used);
    queue->first = (queue->first + 1) % QUEUE;
    queue->count--;
    take(bytes, used);
    free(bytes);
    return true;
}

static uint8_t *room(struct queue *queue)
{
    return queue->count < QUEUE ? queue->frames[(queue->first + queue->count) % QUEUE].bytes : NULL;
}

static void put_frame(struct queue *queue, size_t bytes)
{
    queue->frames[(queue->first + queue->count++) % QUEUE].used = bytes < 60 ? 60 : bytes;
}

const char *nic_start(uint8_t vector)
{
    (void)vector;
    return NULL;
}

const uint8_t *nic_address(void)
{
    return (const uint8_t *)"\x52\x54\x00\x00\x00\x01";
}

unsigned nic_receive(unsigned most, taker take)
{
    unsigned taken = 0;
    while (taken < most && get_frame(&to_console, take))
        taken++;
    return taken;
}

uint8_t *nic_room(void)
{
    return room(&to_peer);
}

void nic_send(size_t bytes)
{
    world_sent++;
    if (!world_is_deaf)
        put_frame(&to_peer, bytes);
}

const char *peer_start(uint8_t vector)
{
    return nic_start(vector);
}

const uint8_t *peer_address(void)
{
    return (const uint8_t *)"\x52\x54\x00\x00\x00\x02";
}

static void serve(void)
{
    const uint8_t *bytes;
    int accepted;
    while ((accepted = net_accept()) >= 0)
        open[accepted] = true;
    for (unsigned i = 0; i < NET_CONNECTIONS && world_serves; i++) {
        if (!open[i])
            continue;
        size_t count = net_received(i, &bytes);
        net_consume(i, net_send(i, bytes, count));
        if (net_received(i, &bytes) == 0 && !net_is_open(i)) {
            net_close(i, false);
            open[i] = false;
        }
    }
}

static void look(void)
{
    net_poll(world_now);
    serve();
}

unsigned peer_receive(unsigned most, taker take)
{
    unsigned taken = 0;
    look();
    while (taken < most && get_frame(&to_peer, take))
        taken++;
    return taken;
}

uint8_t *peer_room(void)
{
    if (!room(&to_console))
        look();
    return room(&to_console);
}

void peer_send(size_t bytes)
{
    put_frame(&to_console, bytes);
}

void world_put(const struct frame *frame)
{
    wire_send(frame);
    look();
}

void world_pass(unsigned milliseconds)
{
    for (unsigned i = 0; i < milliseconds; i++) {
        world_now++;
        look();
    }
    to_peer.count = 0;
}

void random_bytes(void *bytes, size_t count)
{
    memset(bytes, 0x5a, count);
}

uint64_t platform_milliseconds(void)
{
    return world_now++;
}

uint64_t platform_tsc(void)
{
    return world_now * 1000000;
}

bool cmdline_has(const char *word)
{
    return strcmp(word, "echo") == 0 && world_echo;
}

void vprint(const char *text, va_list args)
{
    vprintf(text, args);
}

void print(const char *text, ...)
{
    va_list args;
    va_start(args, text);
    if (strstr(text, "%s I6")) {
        va_list copy;
        va_copy(copy, args);
        world_failed += strcmp(va_arg(copy, const char *), "PASS") != 0;
        va_end(copy);
    }
    vprintf(text, args);
    va_end(args);
}

_Noreturn void console_end(const char *why)
{
    fprintf(stderr, "the console ended: %s\n", why);
    abort();
}

void world_start(void)
{
    static struct console_info info = {.address = WORLD_SERVED, .prefix = 16, .icmp_echo = 1};
    static bool started;
    world_serves = true;
    world_is_deaf = false;
    world_failed = 0;
    if (!started) {
        info.icmp_echo = world_echo;
        assert_null(net_start(&info));
    }
    started = true;
}

unsigned world_open_connections(void)
{
    unsigned count = 0;
    for (unsigned i = 0; i < NET_CONNECTIONS; i++)
        count += open[i];
    return count;
}

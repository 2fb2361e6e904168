/* SPDX-License-Identifier: Apache-2.0 */
/* A network in memory: see the header. */
#include "net_made.h"
#include "guests/console/session.h"
#include "made_machine.h"
#include "tls_plain.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IN_BYTES = 1 << 16 };

static struct peer {
    bool taken, told, open, closed, reset;
    uint32_t address;
    uint8_t in[IN_BYTES];
    size_t in_bytes;
    char out[WORLD_BYTES];
    size_t out_bytes, room;
} peers[NET_CONNECTIONS];

void world_start(void)
{
    for (unsigned i = 0; i < NET_CONNECTIONS; i++) {
        peers[i].taken = false;
    }
    plain_admin = 0;
    made_start();
    session_start(made_info());
}

void world_turn(uint64_t milliseconds)
{
    made.now += milliseconds;
    for (unsigned i = 0; i < 1000; i++) {
        session_poll(made.now);
        if (session_sleep(made.now) > 0) {
            return;
        }
    }
    fprintf(stderr, "the session does not come to rest\n");
    abort();
}

int world_connect(uint32_t address)
{
    for (int i = 0; i < NET_CONNECTIONS; i++) {
        struct peer *peer = &peers[i];
        if (!peer->taken) {
            peer->taken = peer->open = true;
            peer->told = peer->closed = peer->reset = false;
            peer->address = address;
            peer->in_bytes = peer->out_bytes = 0;
            peer->out[0] = 0;
            peer->room = WORLD_BYTES - 1;
            return i;
        }
    }
    return -1;
}

void world_say_bytes(int connection, const void *bytes, size_t count)
{
    struct peer *peer = &peers[connection];
    if (count > IN_BYTES - peer->in_bytes) {
        count = IN_BYTES - peer->in_bytes;
    }
    memcpy(peer->in + peer->in_bytes, bytes, count);
    peer->in_bytes += count;
}

void world_say(int connection, const char *text)
{
    world_say_bytes(connection, text, strlen(text));
}

void world_hang_up(int connection)
{
    peers[connection].open = false;
}

void world_read(int connection, size_t room)
{
    peers[connection].room = room;
}

bool world_is_closed(int connection)
{
    return peers[connection].closed;
}

bool world_was_reset(int connection)
{
    return peers[connection].reset;
}

const char *world_heard(int connection)
{
    return peers[connection].out;
}

void world_forget(int connection)
{
    peers[connection].out_bytes = 0;
    peers[connection].out[0] = 0;
}

int net_accept(void)
{
    for (unsigned i = 0; i < NET_CONNECTIONS; i++) {
        if (peers[i].taken && !peers[i].told) {
            peers[i].told = true;
            return (int)i;
        }
    }
    return -1;
}

uint32_t net_peer(unsigned connection)
{
    return peers[connection].address;
}

bool net_is_open(unsigned connection)
{
    return peers[connection].open;
}

size_t net_received(unsigned connection, const uint8_t **bytes)
{
    *bytes = peers[connection].in;
    return peers[connection].in_bytes;
}

void net_consume(unsigned connection, size_t count)
{
    struct peer *peer = &peers[connection];
    if (count > peer->in_bytes) {
        abort();
    }
    peer->in_bytes -= count;
    memmove(peer->in, peer->in + count, peer->in_bytes);
}

size_t net_send(unsigned connection, const void *bytes, size_t count)
{
    struct peer *peer = &peers[connection];
    size_t taken = count < peer->room ? count : peer->room;
    if (peer->closed || taken >= WORLD_BYTES - peer->out_bytes) {
        return 0;
    }
    memcpy(peer->out + peer->out_bytes, bytes, taken);
    peer->out_bytes += taken;
    peer->out[peer->out_bytes] = 0;
    peer->room -= taken;
    return taken;
}

void net_close(unsigned connection, bool abort_it)
{
    struct peer *peer = &peers[connection];
    if (!peer->taken) {
        abort();
    }
    peer->taken = peer->open = false;
    peer->closed = true;
    peer->reset = abort_it;
}

static bool take_chunks(const char *text, struct heard *out)
{
    size_t used = 0;
    for (;;) {
        char *end;
        unsigned long bytes = strtoul(text, &end, 16);
        if (end == text || strncmp(end, "\r\n", 2) != 0 || strlen(end + 2) < bytes + 2) {
            return false;
        }
        memcpy(out->body + used, end + 2, bytes);
        used += bytes;
        out->body[used] = 0;
        text = end + 2 + bytes;
        if (strncmp(text, "\r\n", 2) != 0) {
            return false;
        }
        text += 2;
        out->rest = text;
        if (bytes == 0) {
            return true;
        }
    }
}

bool world_parse(const char *text, struct heard *out)
{
    static char head[4096];
    const char *end = strstr(text, "\r\n\r\n"), *length;
    out->body[0] = 0;
    out->whole = false;
    if (!end || sscanf(text, "HTTP/1.1 %d ", &out->status) != 1) {
        return false;
    }
    snprintf(head, sizeof(head), "%.*s", (int)(end + 2 - text), text);
    out->head = head;
    out->rest = end + 4;
    length = strstr(head, "Content-Length: ");
    if (length) {
        size_t bytes = strtoul(length + 16, NULL, 10), there = strlen(end + 4);
        out->whole = there >= bytes;
        bytes = out->whole ? bytes : there;
        memcpy(out->body, end + 4, bytes);
        out->body[bytes] = 0;
        out->rest += bytes;
    } else if (strstr(head, "Transfer-Encoding: chunked\r\n")) {
        out->whole = take_chunks(end + 4, out);
    }
    return true;
}

const struct heard *world_ask(unsigned admin, const char *line, const char *headers,
                              const char *body)
{
    static struct heard heard;
    static char request[IN_BYTES];
    int connection = world_connect(0x7f000001);
    snprintf(request, sizeof(request), "admin %u\n%s HTTP/1.1\r\n" WORLD_HOST "%s\r\n%s", admin,
             line, headers, body);
    memset(&heard, 0, offsetof(struct heard, body));
    if (connection < 0) {
        return &heard;
    }
    world_say(connection, request);
    world_turn(1);
    world_parse(world_heard(connection), &heard);
    world_hang_up(connection);
    world_turn(0);
    return &heard;
}

const struct heard *world_get(unsigned admin, const char *target)
{
    char line[512];
    snprintf(line, sizeof(line), "GET %s", target);
    return world_ask(admin, line, "", "");
}

const struct heard *world_post(unsigned admin, const char *target, const char *body)
{
    char line[512], headers[256];
    snprintf(line, sizeof(line), "POST %s", target);
    snprintf(headers, sizeof(headers),
             "Bulkhead-Request: 1\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n",
             strlen(body));
    return world_ask(admin, line, headers, body);
}

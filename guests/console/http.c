/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP/1.1: see the header. */
#include "http.h"
#include "api.h"
#include "door.h"
#include "events.h"
#include "machine.h"
#include "names.h"
#include "reply.h"
#include "request.h"
#include "tls.h"
#include <string.h>

enum {
    TURN_STEPS = 8,     /* pieces that one connection may send before the others' turn */
    CHUNK_TAIL = 2 + 5, /* "\r\n", and behind the last "0\r\n\r\n" */
};

enum stage {
    STAGE_READS,   /* a request, or nothing yet */
    STAGE_ANSWERS, /* pieces of an answer follow */
    STAGE_LINGERS, /* the last answer is out */
};

static struct channel {
    enum stage stage;
    uint32_t admin;
    uint64_t since; /* of what it waits for: an answer's last byte, a request's first */
    uint64_t due;
    char in[REQUEST_HEAD_BYTES + REQUEST_BODY_BYTES];
    size_t in_bytes, scanned, head_bytes;
    struct request request;
    struct reply reply;
    char out[REPLY_BYTES];
    size_t sent;
    bool flush; /* there is something in TLS that has not gone out as a record */
} channels[NET_CONNECTIONS];

void http_begin(unsigned connection, uint32_t admin, uint64_t now)
{
    struct channel *channel = &channels[connection];
    memset(channel, 0, sizeof(*channel));
    channel->admin = admin;
    channel->since = now;
    channel->due = now;
}

void http_end(unsigned connection)
{
    memset(&channels[connection], 0, sizeof(channels[connection]));
}

uint64_t http_due(unsigned connection)
{
    return channels[connection].due;
}

static unsigned streams_of(uint32_t admin)
{
    unsigned count = 0;
    for (unsigned i = 0; i < NET_CONNECTIONS; i++) {
        count += channels[i].admin == admin && channels[i].reply.is_stream;
    }
    return count;
}

static void begin_reply(struct channel *channel)
{
    memset(&channel->reply, 0, sizeof(channel->reply));
    channel->reply.to = (struct writer){.text = channel->out, .room = sizeof(channel->out)};
    channel->reply.admin = channel->admin;
    channel->reply.streams = streams_of(channel->admin);
    channel->stage = STAGE_ANSWERS;
    channel->sent = 0;
}

/* What follows is not understood any more, or would be a body that nobody wants. */
static void refuse(struct channel *channel, struct refusal refusal)
{
    begin_reply(channel);
    channel->reply.ends = true;
    reply_problem(&channel->reply, refusal.status, refusal.why, NULL, NULL);
}

/* Judges what holds for all paths. */
static void answer(struct channel *channel, uint64_t now)
{
    const struct request *request = &channel->request;
    struct reply *reply = &channel->reply;
    begin_reply(channel);
    reply->ends = request->ends;
    reply->is_bare = request->is_head;
    enum standing standing = machine_standing(channel->admin);
    if (!names_host_is_ours(request->host)) {
        reply_problem(reply, 421, "Host is none of management.names, nor the address", NULL, NULL);
    } else if (request->origin.text && !names_origin_is_ours(request->origin)) {
        reply_problem(reply, 403, "Origin is not this console", NULL, NULL);
    } else if (request->method == REQUEST_POST && !request->marked) {
        reply_problem(reply, 403, "a POST needs the header Bulkhead-Request: 1", NULL, NULL);
    } else if (standing != STANDING_GOOD) {
        door_note(channel->admin, standing, now);
        reply->ends = true;
        reply_problem(reply, 401,
                      standing == STANDING_CLOCK
                          ? "the machine's clock is not to be believed, and keys expire: until it "
                            "is set in the firmware only auditors are let in"
                          : "the key has expired: enter a new one in the manifest",
                      NULL, NULL);
    } else {
        door_seen(channel->admin, now);
        const struct span body = {channel->in + channel->head_bytes, request->body_bytes};
        api_answer(reply, request, body, now);
    }
}

/* The request is answered: what came behind it is the next one. */
static void forget_request(struct channel *channel)
{
    size_t bytes = channel->head_bytes + channel->request.body_bytes;
    memmove(channel->in, channel->in + bytes, channel->in_bytes - bytes);
    channel->in_bytes -= bytes;
    channel->scanned = channel->head_bytes = 0;
}

static bool take_bytes(unsigned connection, struct channel *channel)
{
    const uint8_t *bytes;
    size_t room = sizeof(channel->in) - channel->in_bytes;
    size_t count = tls_received(connection, &bytes);
    count = count < room ? count : room;
    if (count == 0) {
        return false;
    }
    memcpy(channel->in + channel->in_bytes, bytes, count);
    channel->in_bytes += count;
    tls_consume(connection, count);
    return true;
}

/* Reads until a request is whole; says whether it did anything. */
static bool read_request(unsigned connection, struct channel *channel, uint64_t now)
{
    struct refusal refusal = {0, NULL};
    bool began = channel->in_bytes > 0, took = take_bytes(connection, channel);
    if (!began && took) {
        channel->since = now;
    }
    if (channel->head_bytes == 0) {
        size_t most =
            channel->in_bytes < REQUEST_HEAD_BYTES ? channel->in_bytes : REQUEST_HEAD_BYTES;
        channel->head_bytes = request_scan(channel->in, most, &channel->scanned, &refusal);
        if (channel->head_bytes > 0) {
            refusal = request_parse(&channel->request, channel->in, channel->head_bytes);
        }
        if (refusal.status) {
            refuse(channel, refusal);
            return true;
        }
    }
    if (channel->head_bytes > 0 &&
        channel->in_bytes - channel->head_bytes >= channel->request.body_bytes) {
        answer(channel, now);
        channel->since = now;
        return true;
    }
    return took;
}

/* Puts what a step wrote between the marks of a chunk. */
static void make_piece(struct channel *channel)
{
    struct reply *reply = &channel->reply;
    size_t frame = reply->chunked ? REPLY_FRAME_BYTES : 0;
    reply->to = (struct writer){.text = channel->out,
                                .room = sizeof(channel->out) - CHUNK_TAIL,
                                .used = frame,
                                .comma = reply->to.comma};
    channel->sent = 0;
    bool more = reply->step(reply);
    size_t bytes = reply->to.used - frame;
    reply->to.room = sizeof(channel->out);
    if (reply->chunked && bytes == 0) {
        reply->to.used = 0;
    } else if (reply->chunked) {
        struct writer size = {/* "00000a\r\n" */ .text = channel->out, .room = REPLY_FRAME_BYTES};
        write_hex(&size, bytes, REPLY_FRAME_BYTES - 2);
        write_text(&size, "\r\n");
        write_text(&reply->to, "\r\n");
    }
    if (!more) {
        reply->step = NULL;
        if (reply->chunked) {
            write_text(&reply->to, "0\r\n\r\n");
        }
    }
}

/* Hands bytes to the peer; says whether there are none left. */
static bool send_out(unsigned connection, struct channel *channel, uint64_t now)
{
    size_t left = channel->reply.to.used - channel->sent;
    size_t count = left ? tls_send(connection, channel->out + channel->sent, left) : 0;
    if (count > 0) {
        channel->sent += count;
        channel->since = now;
        channel->flush = true;
    }
    return count == left;
}

/* Says whether it did anything. */
static bool go_on_answering(unsigned connection, struct channel *channel, uint64_t now)
{
    struct reply *reply = &channel->reply;
    size_t before = channel->sent;
    if (!send_out(connection, channel, now)) {
        return channel->sent > before;
    }
    if (reply->step) {
        make_piece(channel);
        return !reply->is_stream || reply->to.used > 0;
    }
    channel->since = now;
    if (reply->ends) {
        channel->stage = STAGE_LINGERS;
        return true;
    }
    channel->stage = STAGE_READS;
    forget_request(channel);
    return true;
}

static enum http_wish linger(unsigned connection, struct channel *channel, uint64_t now)
{
    const uint8_t *bytes;
    for (size_t count; (count = tls_received(connection, &bytes)) > 0;) {
        tls_consume(connection, count);
    }
    bool gone = !net_is_open(connection);
    uint64_t enough = channel->since + HTTP_LINGER_MS, end = channel->since + HTTP_STALL_MS;
    channel->due = now < enough ? enough : end; /* what goes out meanwhile ends the sleep */
    return tls_is_sent(connection) && (gone || now >= enough) ? HTTP_CLOSE
           : now >= end                                       ? HTTP_ABORT
                                                              : HTTP_GO_ON;
}

/* Whether it waited too long, and when that will be so. */
static bool is_overdue(unsigned connection, struct channel *channel, uint64_t now)
{
    uint64_t patience = channel->stage == STAGE_ANSWERS ? HTTP_STALL_MS
                        : channel->in_bytes > 0         ? HTTP_REQUEST_MS
                                                        : HTTP_IDLE_MS;
    if (channel->stage == STAGE_ANSWERS && channel->reply.is_stream && tls_is_sent(connection) &&
        channel->sent == channel->reply.to.used) {
        channel->since = now; /* the peer has all that there is to tell */
    }
    channel->due = channel->since + patience;
    return now >= channel->due;
}

/* The peer of a stream has nothing to say; and a key that expires takes its streams along. */
static bool stream_must_end(unsigned connection, const struct channel *channel)
{
    const uint8_t *bytes;
    return channel->stage == STAGE_ANSWERS && channel->reply.is_stream &&
           (tls_received(connection, &bytes) > 0 ||
            channel->in_bytes > channel->head_bytes + channel->request.body_bytes ||
            machine_standing(channel->admin) != STANDING_GOOD);
}

enum http_wish http_run(unsigned connection, uint64_t now)
{
    struct channel *channel = &channels[connection];
    bool moved = true;
    for (unsigned i = 0; i < TURN_STEPS && moved && channel->stage != STAGE_LINGERS; i++) {
        moved = channel->stage == STAGE_READS ? read_request(connection, channel, now)
                                              : go_on_answering(connection, channel, now);
        if (channel->reply.to.full) {
            return HTTP_ABORT; /* a piece that is cut must not look like a whole one */
        }
    }
    if (channel->flush) {
        tls_flush(connection);
        channel->flush = false;
    }
    if (channel->stage == STAGE_LINGERS) {
        return linger(connection, channel, now);
    }
    if (is_overdue(connection, channel, now) || stream_must_end(connection, channel)) {
        return HTTP_ABORT;
    }
    if (moved) {
        channel->due = now;
    } else if (channel->stage == STAGE_ANSWERS && channel->reply.is_stream) {
        door_seen(channel->admin, now);
        channel->due = now + EVENTS_LOOK_MS < channel->due ? now + EVENTS_LOOK_MS : channel->due;
    }
    return HTTP_GO_ON;
}

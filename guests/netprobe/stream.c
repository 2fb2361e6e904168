/* SPDX-License-Identifier: Apache-2.0 */
/* TCP just so far that a server can be tried: one segment at a time, sent again until it is there.
 */
#include "wire.h"

enum { TRIES = 20, TRY_MS = 100, PORT = 443, TCP_BYTES = 20 };

struct expectation {
    struct stream *stream;
    uint8_t flags;       /* that the segment must have */
    const uint8_t *data; /* that must come, of `bytes`, of which `got` are there */
    size_t bytes, got;
    bool wrong;
};

static void send_segment(const struct stream *stream, uint8_t flags, const uint8_t *data,
                         size_t bytes)
{
    const struct segment segment = {.from = stream->port,
                                    .to = PORT,
                                    .number = stream->next,
                                    .acknowledged = stream->expected,
                                    .flags = flags,
                                    .data = data,
                                    .bytes = bytes};
    struct frame frame = wire_tcp(&segment);
    wire_send(&frame);
}

/* Is the frame a segment of this stream? Then where its data are. */
static const uint8_t *segment_of(const struct stream *stream, const uint8_t *frame, size_t bytes,
                                 size_t *data_bytes)
{
    const uint8_t *ip = frame + WIRE_IP, *tcp = frame + WIRE_INNER;
    if (bytes < WIRE_DATA || wire_get(frame + 12, 2) != 0x0800 || ip[9] != WIRE_TCP ||
        wire_get(tcp, 2) != PORT || wire_get(tcp + 2, 2) != stream->port) {
        return NULL;
    }
    size_t header = (size_t)(tcp[12] >> 4) * 4, total = wire_get(ip + 2, 2);
    if (header < TCP_BYTES || total < 20 + header || WIRE_IP + total > bytes) {
        return NULL;
    }
    *data_bytes = total - 20 - header;
    return tcp + header;
}

static bool is_opened(const uint8_t *frame, size_t bytes, void *arg)
{
    struct stream *stream = arg;
    size_t data_bytes;
    const uint8_t *tcp = frame + WIRE_INNER, *data = segment_of(stream, frame, bytes, &data_bytes);
    if (!data) {
        return false;
    }
    stream->reset = tcp[13] & TCP_RST;
    if (tcp[13] == (TCP_SYN | TCP_ACK) && wire_get(tcp + 8, 4) == stream->next + 1) {
        stream->first = wire_get(tcp + 4, 4);
        stream->option_bytes = (size_t)(data - tcp) - TCP_BYTES;
        stream->options = wire_get(tcp + TCP_BYTES, 4);
        return true;
    }
    return stream->reset;
}

bool stream_open(struct stream *stream, uint16_t port, const uint8_t *options, size_t bytes)
{
    *stream = (struct stream){.port = port, .next = 0x10000u * port};
    const struct segment segment = {.from = port,
                                    .to = PORT,
                                    .number = stream->next,
                                    .flags = TCP_SYN,
                                    .options = options,
                                    .option_bytes = bytes};
    bool answered = false;
    for (unsigned i = 0; i < TRIES && !answered; i++) {
        struct frame frame = wire_tcp(&segment);
        wire_send(&frame);
        answered = wire_await(TRY_MS, is_opened, stream);
    }
    if (!answered || stream->reset) {
        return false;
    }
    stream->next++;
    stream->expected = stream->first + 1;
    send_segment(stream, TCP_ACK, NULL, 0);
    return true;
}

/* Takes data in their order, and says so to the other side. */
static bool is_expected(const uint8_t *frame, size_t bytes, void *arg)
{
    struct expectation *wait = arg;
    struct stream *stream = wait->stream;
    size_t count;
    const uint8_t *tcp = frame + WIRE_INNER, *data = segment_of(stream, frame, bytes, &count);
    if (!data) {
        return false;
    }
    stream->reset |= tcp[13] & TCP_RST;
    bool in_order = wire_get(tcp + 4, 4) == stream->expected;
    for (size_t i = 0; in_order && i < count; i++, wait->got++) {
        wait->wrong |= wait->got >= wait->bytes || data[i] != wait->data[wait->got];
    }
    bool ends = in_order && tcp[13] & TCP_FIN;
    stream->expected += (in_order ? (uint32_t)count : 0) + ends;
    stream->ended |= ends;
    if (count || ends) {
        send_segment(stream, TCP_ACK, NULL, 0);
    }
    return stream->reset || (wait->flags ? stream->ended : wait->got >= wait->bytes);
}

bool stream_echo(struct stream *stream, const uint8_t *data, size_t bytes)
{
    struct expectation wait = {.stream = stream, .data = data, .bytes = bytes};
    uint32_t first = stream->next;
    bool met = false;
    for (unsigned i = 0; i < TRIES && !met; i++) {
        stream->next = first;
        send_segment(stream, TCP_ACK | TCP_PSH, data, bytes);
        stream->next = first + (uint32_t)bytes;
        met = wire_await(TRY_MS, is_expected, &wait);
    }
    return met && !stream->reset && !wait.wrong;
}

bool stream_close(struct stream *stream)
{
    struct expectation wait = {.stream = stream, .flags = TCP_FIN};
    uint32_t first = stream->next;
    for (unsigned i = 0; i < TRIES && !stream->ended && !stream->reset; i++) {
        stream->next = first;
        send_segment(stream, TCP_FIN | TCP_ACK, NULL, 0);
        stream->next = first + 1;
        wire_await(TRY_MS, is_expected, &wait);
    }
    return stream->ended && !stream->reset;
}

void stream_reset(const struct stream *stream)
{
    send_segment(stream, TCP_RST | TCP_ACK, NULL, 0);
}

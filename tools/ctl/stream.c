/* SPDX-License-Identifier: Apache-2.0 */
/* Opening, losing and finding again. */
#include "stream.h"

enum { RETRY_MS = 2000, BOOT_SECONDS = 5, TOO_MANY = 503, TOO_OFTEN = 429 };

static bool take(const char *bytes, size_t count, void *context)
{
    struct stream *stream = context;

    stream->came = true;
    stream->malformed = !sse_put(bytes, count, &stream->sse);
    return !stream->malformed;
}

static void begin(struct stream *stream)
{
    struct transport *transport = stream->ctl->transport;
    const struct request request = {
        .method = "GET", .path = stream->path, .sink = take, .context = stream};

    sse_open(&stream->sse, stream->sse.sink, stream->sse.context);
    stream->open = true;
    stream->came = false;
    transport->begin(transport, LANE_STREAM, &request);
}

/* When the machine booted, by our clock. */
static enum exit_status ask_boot(struct stream *stream, int64_t *booted, json_t **object)
{
    struct ctl *ctl = stream->ctl;
    struct machine_view machine;
    enum exit_status status = api_object(ctl, "GET", "/v1/machine", NULL, object);

    if (status != EXIT_GOOD)
        return status;
    const char *problem = machine_read(&ctl->arena, *object, &machine);
    *booted = INT64_MIN;
    if (!problem && machine.uptime >= 0)
        *booted = (int64_t)(ctl->transport->now(ctl->transport) / 1000) - machine.uptime;
    return problem ? api_malformed(ctl, problem) : EXIT_GOOD;
}

enum exit_status stream_open(struct stream *stream, struct ctl *ctl, const char *path,
                             sse_sink sink, void *context, json_t **machine)
{
    json_t *object = NULL;

    *stream = (struct stream){.ctl = ctl, .path = path};
    sse_open(&stream->sse, sink, context);
    stream->status = ask_boot(stream, &stream->booted, &object);
    if (stream->status == EXIT_GOOD)
        begin(stream);
    if (machine && stream->status == EXIT_GOOD)
        *machine = object;
    else
        json_decref(object);
    return stream->status;
}

void stream_close(struct stream *stream)
{
    stream->ctl->transport->drop(stream->ctl->transport, LANE_STREAM);
    stream->open = false;
}

/* The console can't be reached, or has no room yet for a stream whose end it has not noticed. */
static bool may_come_back(const struct stream *stream, const struct reply *reply)
{
    return stream->was_open && (reply->status == 0 || reply->status == 200 ||
                                reply->status == TOO_MANY || reply->status == TOO_OFTEN);
}

static enum stream_news lose(struct stream *stream, struct reply *reply)
{
    struct transport *transport = stream->ctl->transport;
    enum stream_news news = STREAM_OVER;

    stream->open = false;
    if (stream->malformed) {
        stream->status = api_malformed(stream->ctl, "an event of the stream");
    } else if (may_come_back(stream, reply)) {
        transport->drop(transport, LANE_ASK);
        stream->retry = transport->now(transport) + RETRY_MS;
        news = stream->came ? STREAM_BROKE : STREAM_NOTHING;
    } else {
        stream->status = api_judge(stream->ctl, reply);
        if (stream->status == EXIT_GOOD)
            stream->status = api_malformed(stream->ctl, "the stream ended before it began");
    }
    reply_close(reply);
    return news;
}

/* Looks whether it is still the same boot, then opens it again. */
static enum stream_news try_again(struct stream *stream)
{
    struct transport *transport = stream->ctl->transport;
    json_t *object = NULL;
    int64_t booted;

    stream->ctl->quiet = true;
    enum exit_status status = ask_boot(stream, &booted, &object);
    stream->ctl->quiet = false;
    json_decref(object);
    stream->retry = transport->now(transport) + RETRY_MS;
    if (status != EXIT_GOOD)
        return STREAM_NOTHING;
    bool anew = booted != INT64_MIN && stream->booted != INT64_MIN &&
                booted - stream->booted > BOOT_SECONDS;
    stream->booted = booted != INT64_MIN ? booted : stream->booted;
    begin(stream);
    return anew ? STREAM_ANEW : STREAM_AGAIN;
}

enum stream_news stream_turn(struct stream *stream, int file, int milliseconds, bool *readable)
{
    struct transport *transport = stream->ctl->transport;
    struct reply reply;

    *readable = transport->turn(transport, file, milliseconds);
    stream->was_open |= stream->came;
    if (stream->open && transport->ended(transport, LANE_STREAM, &reply))
        return lose(stream, &reply);
    if (!stream->open && transport->now(transport) >= stream->retry)
        return try_again(stream);
    return STREAM_NOTHING;
}

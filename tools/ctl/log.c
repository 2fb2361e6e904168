/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `log`: the audit trail, with its chain looked at as it comes. With -f events only ring the bell
 * for what is missing: records in their order come from the trail itself, so that none is left out
 * while the stream was away.
 */
#include "chain.h"
#include "commands.h"
#include "stream.h"
#include "terminal.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { TURN_MS = 250, AGAIN_MS = 2000, KIND_COLUMNS = 13, DOMAIN_COLUMNS = 12 };

struct log {
    struct ctl *ctl;
    struct stream stream;
    struct chain chain;
    uint64_t next; /* number of the record that comes next */
    bool reading;  /* the trail is being read: what the stream tells is in it */
    bool behind;   /* something is there to be read */
    uint64_t hold; /* when it may be tried again */
    bool broken;
};

struct record {
    const char *time, *kind, *domain, *text, *body, *hash;
    int64_t number;
};

static const struct field record_fields[] = {
    {"number", FIELD_NUMBER, false, offsetof(struct record, number)},
    {"time", FIELD_TEXT, true, offsetof(struct record, time)},
    {"kind", FIELD_TEXT, false, offsetof(struct record, kind)},
    {"domain", FIELD_TEXT, true, offsetof(struct record, domain)},
    {"text", FIELD_TEXT, false, offsetof(struct record, text)},
    {"record", FIELD_TEXT, false, offsetof(struct record, body)},
    {"hash", FIELD_TEXT, false, offsetof(struct record, hash)},
};

/* What must not be overlooked. */
static void warn(struct log *log, const char *what, int64_t number)
{
    log->broken = true;
    fflush(stdout);
    ctl_complain(log->ctl, EXIT_FINDINGS, "%s at record %lld", what, (long long)number);
}

static void print_record(struct log *log, const struct record *record, const json_t *object)
{
    if (log->ctl->json) {
        json_print(object, false);
        return;
    }
    printf("%6lld  ", (long long)record->number);
    put_safely(stdout, record->time ? record->time : "time unknown");
    printf("  ");
    put_safely(stdout, record->kind);
    printf("%*s  ", (int)(KIND_COLUMNS - strnlen(record->kind, KIND_COLUMNS)), "");
    const char *domain = record->domain ? record->domain : "-";
    put_safely(stdout, domain);
    printf("%*s  ", (int)(DOMAIN_COLUMNS - strnlen(domain, DOMAIN_COLUMNS)), "");
    put_safely(stdout, record->text);
    putchar('\n');
}

/* Its bytes are the record; what stands beside them is the console's reading. NULL: it is good. */
static const char *judge_record(struct log *log, const struct record *record)
{
    uint8_t body[AUDIT_BODY_BYTES], hash[DIGEST_BYTES];
    uint64_t number;

    if (!hex_bytes(record->body, body, sizeof(body)) ||
        !hex_bytes(record->hash, hash, sizeof(hash)))
        return "`record` or `hash` has not its bytes";
    memcpy(&number, body, sizeof(number));
    if (number != (uint64_t)record->number)
        return "`number` is not the record's own";
    enum chain_verdict verdict = chain_put(&log->chain, body, hash);
    if (verdict == CHAIN_BROKEN)
        warn(log, "THE CHAIN IS BROKEN", record->number);
    else if (verdict == CHAIN_GAP)
        warn(log, "records are missing", record->number);
    log->next = number + 1;
    return NULL;
}

/* A line of the trail, or the data of an event. NULL: it is good, else what is wrong. */
static const char *take_record(struct log *log, struct arena *arena, const char *text, size_t bytes)
{
    static const struct field lost_fields[] = {{"lost", FIELD_NUMBER, true, 0}};
    json_t *object = api_parse(text, bytes);
    struct record record;
    int64_t lost = -1;
    const char *problem = object ? API_READ(arena, object, lost_fields, &lost) : "no JSON object";

    if (!problem && lost >= 0) {
        fprintf(stderr, "%lld records before this are not kept any more\n", (long long)lost);
        log->chain = (struct chain){0};
    } else if (!problem) {
        problem = API_READ(arena, object, record_fields, &record);
        problem = problem ? problem : judge_record(log, &record);
        if (!problem)
            print_record(log, &record, object);
    }
    json_decref(object);
    return problem;
}

/* Everything from `next` on. `gone`: what failed is the way there. */
static enum exit_status read_trail(struct log *log, bool *gone)
{
    struct arena arena = {0};
    struct reply reply;
    const char *problem = NULL,
               *path = say(&arena, "/v1/audit?from=%llu", (unsigned long long)log->next);

    log->reading = true;
    log->behind = false;
    enum exit_status status = api_ask(log->ctl, "GET", path, NULL, &reply);
    for (const char *line = reply.body; status == EXIT_GOOD && !problem && line && *line;) {
        size_t bytes = strcspn(line, "\n");

        problem = take_record(log, &arena, line, bytes);
        line += bytes + (line[bytes] == '\n');
    }
    if (status == EXIT_GOOD)
        reply_close(&reply);
    *gone = status == EXIT_ENVIRONMENT;
    if (problem)
        status = api_malformed(log->ctl, problem);
    log->reading = false;
    arena_free(&arena);
    fflush(stdout);
    return status;
}

/* The same while the stream is there, which breaks where the way is gone for good. */
static enum exit_status catch_up(struct log *log)
{
    struct transport *transport = log->ctl->transport;
    bool gone;

    if (!log->behind || !log->stream.open || transport->now(transport) < log->hold)
        return EXIT_GOOD;
    enum exit_status status = read_trail(log, &gone);
    if (!gone)
        return status;
    log->behind = true;
    log->hold = transport->now(transport) + AGAIN_MS;
    return EXIT_GOOD;
}

static bool take_event(const char *event, const char *data, size_t bytes, void *context)
{
    struct log *log = context;
    struct arena arena = {0};
    static const struct field fields[] = {{"number", FIELD_NUMBER, true, 0}};
    json_t *object = strcmp(event, "audit") == 0 ? api_parse(data, bytes) : NULL;
    int64_t number = -1;
    bool good = true;

    if (object && !API_READ(&arena, object, fields, &number) && !log->reading && !log->behind &&
        number >= 0 && (uint64_t)number == log->next)
        good = take_record(log, &arena, data, bytes) == NULL;
    else if (number < 0 || (uint64_t)number >= log->next)
        log->behind |= strcmp(event, "audit") == 0;
    json_decref(object);
    arena_free(&arena);
    fflush(stdout);
    return good;
}

static enum exit_status follow(struct log *log)
{
    enum exit_status status = EXIT_GOOD;
    bool readable, came = false;

    while (status == EXIT_GOOD && !terminal_ended && !ferror(stdout)) {
        enum stream_news news = stream_turn(&log->stream, -1, TURN_MS, &readable);

        if (news == STREAM_OVER)
            return log->stream.status;
        if (news == STREAM_BROKE)
            fputs("the console is gone; trying again\n", stderr);
        if (news == STREAM_ANEW) {
            fputs("the machine has booted anew\n", stderr);
            log->chain = (struct chain){0};
            log->next = 0;
        }
        log->behind |= news == STREAM_AGAIN || news == STREAM_ANEW;
        /* Records of the moment before the stream began are in no event. */
        log->behind |= log->stream.came && !came;
        came = log->stream.came;
        status = catch_up(log);
    }
    return status;
}

enum exit_status ctl_log(struct ctl *ctl, int64_t from, bool goes_on)
{
    struct log *log = arena_take(&ctl->arena, sizeof(*log));
    enum exit_status status;
    bool gone;

    *log = (struct log){.ctl = ctl, .next = (uint64_t)from, .behind = true};
    if (goes_on) {
        terminal_signals();
        status = stream_open(&log->stream, ctl, "/v1/events?audit=1", take_event, log, NULL);
        if (status == EXIT_GOOD)
            status = follow(log);
        stream_close(&log->stream);
    } else {
        status = read_trail(log, &gone);
    }
    return status == EXIT_GOOD && log->broken ? EXIT_FINDINGS : status;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `serial`: what a domain prints, in lines that carry its name and can't steer the terminal, and
 * what one types for it.
 */
#include "commands.h"
#include "stream.h"
#include "terminal.h"
#include "tools/run/screen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    TURN_MS = 250,
    KEYS = 4096,
    CHUNK = 512,
    BUSY_MS = 100,
    PARTIAL_MS = 300,
    DETAIL_CHARACTERS = 160
};

struct attach {
    struct ctl *ctl;
    const char *name, *path;
    struct stream stream;
    struct screen screen;
    struct line line;
    char *text;         /* of the request that is under way to the domain */
    uint8_t keys[KEYS]; /* typed, not taken yet */
    size_t key_count, sent;
    uint64_t hold;  /* when it may be tried again to write */
    uint64_t heard; /* when its last byte came */
    int64_t next;   /* number of its next byte; -1: any */
    bool raw, asking, deaf, leave;
    bool typed;    /* one types, and sees what comes of it */
    bool was_deaf; /* something was sent that went nowhere */
    int input;     /* -1: nothing is typed */
    char state[SSE_NAME_BYTES];
};

static uint64_t now(const struct attach *attach)
{
    return attach->ctl->transport->now(attach->ctl->transport);
}

static void show_line(const char *line, void *context)
{
    struct attach *attach = context;

    screen_line(&attach->screen, 0, NULL, line);
}

/* Bytes that it printed, of which the first has the number `from`. */
static void take_bytes(struct attach *attach, int64_t from, int64_t lost, const uint8_t *bytes,
                       size_t count)
{
    size_t old = 0;

    if (attach->next >= 0 && from > attach->next)
        lost = from - attach->next;
    else if (attach->next >= 0)
        lost = 0;
    if (lost > 0)
        screen_note(&attach->screen, "%lld bytes before this are lost", (long long)lost);
    if (attach->next > from)
        old = (uint64_t)(attach->next - from) < count ? (size_t)(attach->next - from) : count;
    for (size_t i = old; i < count; i++)
        line_put(&attach->line, bytes[i], show_line, attach);
    if (from + (int64_t)count > attach->next)
        attach->next = from + (int64_t)count;
    attach->heard = now(attach);
}

static bool take_serial(struct attach *attach, const json_t *object)
{
    struct {
        const char *domain, *base64;
        int64_t from, lost;
    } event;
    static const struct field fields[] = {{"domain", FIELD_TEXT, false, 0},
                                          {"base64", FIELD_TEXT, false, sizeof(char *)},
                                          {"from", FIELD_NUMBER, false, 2 * sizeof(char *)},
                                          {"lost", FIELD_NUMBER, true, 3 * sizeof(char *)}};
    static uint8_t bytes[SSE_DATA_BYTES];

    _Static_assert(sizeof(event) == 4 * sizeof(char *), "offsets above");
    if (API_READ(&attach->ctl->arena, object, fields, &event))
        return false;
    if (strcmp(event.domain, attach->name) != 0)
        return true; /* of another, which was not asked for: not ours to show */
    long count = base64_bytes(event.base64, bytes, sizeof(bytes));
    if (count >= 0)
        take_bytes(attach, event.from, event.lost, bytes, (size_t)count);
    return count >= 0;
}

/* That its state is another one now: a line of our own. */
static bool take_domain(struct attach *attach, const json_t *object)
{
    struct arena arena = {0};
    struct domain domain;
    bool good = domain_read(&arena, object, &domain) == NULL;

    if (good && strcmp(domain.name, attach->name) == 0 && domain.state &&
        strncmp(domain.state, attach->state, SSE_NAME_BYTES - 1) != 0) {
        snprintf(attach->state, SSE_NAME_BYTES, "%s", domain.state);
        screen_note(&attach->screen, "%s is %s", attach->name,
                    safe_text(&arena, attach->state, SSE_NAME_BYTES));
    }
    arena_free(&arena);
    return good;
}

static bool take_event(const char *event, const char *data, size_t bytes, void *context)
{
    struct attach *attach = context;
    bool serial = strcmp(event, "serial") == 0, good = true;

    if (!serial && strcmp(event, "domain") != 0)
        return true;
    json_t *object = api_parse(data, bytes);
    good = object && (serial ? take_serial(attach, object) : take_domain(attach, object));
    json_decref(object);
    return good;
}

/* One key; Ctrl-] leaves. Where the terminal edits lines, they end as the key does. */
static void type(struct attach *attach, uint8_t key)
{
    if (attach->raw && key == LEAVE_KEY)
        attach->leave = true;
    else if (attach->key_count < KEYS)
        attach->keys[attach->key_count++] = !attach->raw && key == '\n' ? '\r' : key;
}

static void read_keys(struct attach *attach)
{
    uint8_t keys[CHUNK];
    ssize_t got = read(attach->input, keys, sizeof(keys));

    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (got <= 0) {
        attach->leave |= attach->raw; /* the terminal has gone */
        attach->input = -1;
    }
    for (ssize_t i = 0; i < got; i++)
        type(attach, keys[i]);
}

static void send_keys(struct attach *attach)
{
    struct transport *transport = attach->ctl->transport;
    struct arena arena = {0};
    struct request request = {.method = "POST", .path = attach->path};

    if (attach->asking || attach->key_count == 0 || !attach->stream.open ||
        now(attach) < attach->hold)
        return;
    attach->sent = attach->key_count < CHUNK ? attach->key_count : CHUNK;
    json_t *body = json_pack("{s:s}", "base64", base64_text(&arena, attach->keys, attach->sent));
    attach->text = json_dumps(body, JSON_COMPACT);
    request.body = attach->text;
    transport->begin(transport, LANE_ASK, &request);
    attach->asking = true;
    json_decref(body);
    arena_free(&arena);
}

/* What was typed goes nowhere: said once, until something is taken again. */
static void go_deaf(struct attach *attach, const struct reply *reply)
{
    enum { NO_RIGHT = 403 };
    static const struct field fields[] = {{"detail", FIELD_TEXT, true, 0}};
    struct arena arena = {0};
    json_t *problem = api_parse(reply->body, reply->bytes);
    const char *detail = NULL;

    if (problem && API_READ(&arena, problem, fields, &detail))
        detail = NULL;
    if (!attach->deaf)
        screen_note(&attach->screen, "what is typed goes nowhere: %s",
                    detail ? safe_text(&arena, detail, DETAIL_CHARACTERS)
                           : "the console did not take it");
    attach->deaf = attach->was_deaf = true;
    attach->leave |= !attach->typed && reply->status == NO_RIGHT; /* it will not be better */
    attach->key_count = 0;
    json_decref(problem);
    arena_free(&arena);
}

/* How many bytes the domain has room for now; the rest is tried again. */
static void take_written(struct attach *attach, const struct reply *reply)
{
    enum { TOO_OFTEN = 429 };
    static const struct field fields[] = {{"written", FIELD_NUMBER, false, 0}};
    struct arena arena = {0};
    json_t *object = reply->status == 200 ? api_parse(reply->body, reply->bytes) : NULL;
    int64_t written = 0;

    if (object && !API_READ(&arena, object, fields, &written) && written <= (int64_t)attach->sent) {
        attach->key_count -= (size_t)written;
        memmove(attach->keys, attach->keys + written, attach->key_count);
        attach->deaf = false;
    } else if (reply->status != TOO_OFTEN) {
        go_deaf(attach, reply);
        written = 1;
    }
    if (written == 0)
        attach->hold = now(attach) + BUSY_MS;
    json_decref(object);
    arena_free(&arena);
}

static void look_for_answer(struct attach *attach)
{
    struct transport *transport = attach->ctl->transport;
    struct reply reply;

    if (!attach->asking || !transport->ended(transport, LANE_ASK, &reply))
        return;
    attach->asking = false;
    take_written(attach, &reply);
    reply_close(&reply);
    free(attach->text);
    attach->text = NULL;
}

static void take_news(struct attach *attach, enum stream_news news)
{
    if (news == STREAM_BROKE) {
        screen_note(&attach->screen, "the console is gone; trying again%s",
                    attach->key_count > 0 ? ", and what was typed last may be lost" : "");
        attach->asking = false;
        attach->key_count = 0;
        free(attach->text);
        attach->text = NULL;
    } else if (news == STREAM_AGAIN) {
        screen_note(&attach->screen, "the console is there again");
    } else if (news == STREAM_ANEW) {
        screen_note(&attach->screen, "the machine has booted anew");
        attach->next = -1;
        attach->state[0] = 0;
    }
}

static void show_partial(struct attach *attach)
{
    char text[LINE_BYTES];

    if (attach->screen.terminal || now(attach) - attach->heard >= PARTIAL_MS) {
        line_partial(&attach->line, text);
        if (*text || *attach->screen.open[0])
            screen_partial(&attach->screen, 0, text);
    }
    if (terminal_resized) {
        terminal_resized = 0;
        screen_layout(&attach->screen);
        screen_refresh(&attach->screen);
    }
}

static enum exit_status loop(struct attach *attach, int64_t wait)
{
    uint64_t end = now(attach) + (uint64_t)wait * 1000;
    bool readable;

    while (!attach->leave && !terminal_ended) {
        bool room = attach->key_count + CHUNK <= KEYS;
        enum stream_news news =
            stream_turn(&attach->stream, room ? attach->input : -1, TURN_MS, &readable);

        if (news == STREAM_OVER)
            return attach->stream.status;
        take_news(attach, news);
        if (readable)
            read_keys(attach);
        look_for_answer(attach);
        send_keys(attach);
        show_partial(attach);
        if (ferror(stdout) || (wait >= 0 && now(attach) >= end))
            break;
    }
    return EXIT_GOOD;
}

/* NAME (LABEL), where that fits and can't be taken for something else. */
static void name_screen(struct attach *attach, const struct domain *domain)
{
    char *name = attach->screen.names[0];

    attach->screen.self = "ctl";
    attach->screen.keyboard = 0;
    snprintf(name, OWNER_BYTES, "%s", attach->name);
    for (const char *at = domain->label; at && *at; at++) {
        if (*at < 0x20 || *at > 0x7e)
            return;
    }
    if (domain->label && strlen(name) + strlen(domain->label) + sizeof(" ()") <= OWNER_BYTES)
        snprintf(name + strlen(name), OWNER_BYTES - strlen(name), " (%s)", domain->label);
}

static enum exit_status prepare(struct attach *attach)
{
    struct ctl *ctl = attach->ctl;
    struct domain domain;
    json_t *object, *machine = NULL;
    enum exit_status status =
        api_object(ctl, "GET", domain_path(&ctl->arena, attach->name, ""), NULL, &object);

    if (status != EXIT_GOOD)
        return status;
    const char *problem = domain_read(&ctl->arena, object, &domain);
    if (problem) {
        json_decref(object);
        return api_malformed(ctl, problem);
    }
    screen_open(&attach->screen, false);
    name_screen(attach, &domain);
    screen_layout(&attach->screen);
    line_open(&attach->line, LINE_CELLS, attach->screen.ascii);
    json_decref(object);
    status =
        stream_open(&attach->stream, ctl, say(&ctl->arena, "/v1/events?serial=%s", attach->name),
                    take_event, attach, &machine);
    json_decref(machine);
    return status;
}

enum exit_status ctl_serial(struct ctl *ctl, const char *name, int64_t wait)
{
    struct attach *attach = arena_take(&ctl->arena, sizeof(*attach));

    *attach = (struct attach){
        .ctl = ctl, .name = name, .next = -1, .input = -1, .typed = isatty(STDIN_FILENO)};
    attach->path = domain_path(&ctl->arena, name, "serial");
    enum exit_status status = prepare(attach);
    if (status != EXIT_GOOD)
        return status;
    terminal_signals();
    if (!attach->typed || isatty(STDOUT_FILENO))
        attach->input = STDIN_FILENO;
    attach->raw = attach->typed && attach->screen.terminal && terminal_raw();
    screen_note(&attach->screen, "%s of %s%s", name, ctl->host->name,
                attach->raw ? "; Ctrl-] leaves" : "");
    status = loop(attach, wait);
    stream_close(&attach->stream);
    ctl->transport->drop(ctl->transport, LANE_ASK);
    free(attach->text);
    screen_close(&attach->screen);
    terminal_restore();
    return status == EXIT_GOOD && attach->was_deaf && !attach->typed ? EXIT_FINDINGS : status;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* A console made of answers in a list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctl_world.h"
#include "tools/ctl/terminal.h"
#include <stdlib.h>
#include <string.h>

static FILE *kept_out, *kept_err;

static struct world *own(struct transport *transport)
{
    return (struct world *)transport;
}

static void begin(struct transport *transport, enum lane lane, const struct request *request)
{
    struct world *world = own(transport);
    struct lane_state *state = &world->lanes[lane];
    size_t used = strlen(world->asked);

    assert_false(state->busy);
    snprintf(world->asked + used, sizeof(world->asked) - used, "%s %s %s\n", request->method,
             request->path, request->body ? request->body : "");
    *state = (struct lane_state){.request = *request, .busy = true};
    for (int i = 0; world->answers[i].method; i++) {
        struct answer *answer = &world->answers[i];

        if (strcmp(answer->method, request->method) != 0 ||
            strcmp(answer->path, request->path) != 0 ||
            (answer->times > 0 && world->used[i] == answer->times))
            continue;
        world->used[i]++;
        state->answer = answer;
        return;
    }
    fail_msg("nobody answers %s %s", request->method, request->path);
}

static bool ended(struct transport *transport, enum lane lane, struct reply *reply)
{
    struct lane_state *state = &own(transport)->lanes[lane];
    const struct answer *answer = state->answer;
    int64_t retry_after = own(transport)->retry_after;

    if (!state->busy || state->told <= (state->request.sink != NULL) || answer->stays)
        return false;
    *reply = (struct reply){.status = answer->status, .retry_after = retry_after};
    if (answer->status == 0) {
        snprintf(reply->trouble, TROUBLE_BYTES, "%s", answer->body);
    } else if (answer->body && (!state->request.sink || answer->status != 200)) {
        reply->body = strdup(answer->body);
        reply->bytes = strlen(answer->body);
    }
    state->busy = false;
    return true;
}

static void drop(struct transport *transport, enum lane lane)
{
    own(transport)->lanes[lane].busy = false;
}

static bool turn(struct transport *transport, int file, int milliseconds)
{
    struct world *world = own(transport);

    world->now += (uint64_t)milliseconds + 1;
    if (world->most_turns && ++world->turns >= world->most_turns)
        terminal_ended = 1;
    for (int lane = 0; lane < LANES; lane++) {
        struct lane_state *state = &world->lanes[lane];
        const struct request *request = &state->request;

        if (!state->busy || state->told++ > 0)
            continue;
        if (request->sink && state->answer->status == 200 && state->answer->body &&
            !request->sink(state->answer->body, strlen(state->answer->body), request->context))
            world->answers[state->answer - world->answers].stays = false;
    }
    return file >= 0;
}

static uint64_t now(struct transport *transport)
{
    return own(transport)->now;
}

static void close_transport(struct transport *transport)
{
    (void)transport;
}

void world_open(struct world *world, struct answer *answers)
{
    *world = (struct world){.answers = answers};
    world->transport = (struct transport){begin, ended, drop, turn, now, close_transport};
    world->host = (struct host){.name = "gate-7", .address = "gate-7"};
    world->ctl.host = &world->host;
    world->ctl.transport = &world->transport;
    terminal_ended = 0;
}

void world_close(struct world *world)
{
    arena_free(&world->ctl.arena);
}

void world_hear(struct world *world)
{
    memset(world->out, 0, sizeof(world->out));
    memset(world->said, 0, sizeof(world->said));
    kept_out = stdout;
    kept_err = stderr;
    stdout = fmemopen(world->out, sizeof(world->out) - 1, "w");
    stderr = fmemopen(world->said, sizeof(world->said) - 1, "w");
}

void world_hear_no_more(struct world *world)
{
    (void)world;
    fclose(stdout);
    fclose(stderr);
    stdout = kept_out;
    stderr = kept_err;
}

char *world_file(const char *name)
{
    char path[256], *text = calloc(1, 1 << 16);

    snprintf(path, sizeof(path), "tests/unit/tools/ctl/%s", name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_true(fread(text, 1, (1 << 16) - 1, file) > 0);
    fclose(file);
    return text;
}

char *world_replace(const char *text, const char *old, const char *new)
{
    const char *at = strstr(text, old);
    char *all = calloc(1, strlen(text) + strlen(new) + 1);

    if (!at)
        fail_msg("%s is not in %s", old, text);
    sprintf(all, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old));
    return all;
}

bool world_is_plain(const char *text)
{
    for (; *text; text++) {
        if (*text != '\n' && (*text < 0x20 || *text > 0x7e))
            return false;
    }
    return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Lines against expectations: see the header. */
#include "expect.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Not waited for: looked at for as long as the test lasts. */
static bool is_always(const struct step *step)
{
    return step->kind == STEP_NEVER || step->kind == STEP_HUSH;
}

/* Everything before this step that must appear has appeared. */
static bool all_above_done(const struct spec *spec, const struct step *step)
{
    for (const struct step *at = spec->steps; at < step; at++)
        if (!at->done)
            return false;
    return true;
}

bool expect_met(const struct expect *expect)
{
    return all_above_done(expect->spec, expect->spec->steps + expect->spec->step_count);
}

struct step *expect_due(const struct expect *expect)
{
    struct spec *spec = expect->spec;
    for (unsigned i = 0; i < spec->step_count; i++)
        if (!spec->steps[i].done)
            return spec->steps[i].kind == STEP_SEND ? &spec->steps[i] : NULL;
    return NULL;
}

void expect_break(struct expect *expect, const struct step *step, const char *line)
{
    if (expect->broken)
        return;
    expect->broken = step->text;
    snprintf(expect->broken_line, sizeof(expect->broken_line), "%s", line);
}

static void check_number(struct expect *expect, struct step *step, const char *line,
                         const regmatch_t *group)
{
    unsigned long long value = strtoull(line + group->rm_so, NULL, 10);
    step->done = true;
    if (group->rm_so < 0 || value > step->number)
        expect_break(expect, step, line);
}

static void heed_line(struct expect *expect, int port, const char *line, bool whole)
{
    struct spec *spec = expect->spec;
    const struct step *last_done = NULL; /* a line meets at most one step of a sequence */
    for (unsigned i = 0; i < spec->step_count; i++) {
        struct step *step = &spec->steps[i];
        regmatch_t groups[2];
        if (step->kind == STEP_SEND || step->port != port || (step->done && !is_always(step)) ||
            (step->kind == STEP_THEN && last_done) ||
            ((step->kind == STEP_THEN || step->kind == STEP_HUSH) && !all_above_done(spec, step)) ||
            (!whole && step->kind != STEP_MUST && step->kind != STEP_THEN) ||
            regexec(&step->regex, line, 2, groups, 0) != 0)
            continue;
        switch (step->kind) {
        case STEP_NEVER:
        case STEP_HUSH:
            expect_break(expect, step, line);
            break;
        case STEP_BELOW:
            check_number(expect, step, line, &groups[1]);
            break;
        case STEP_TIMES:
            step->done = --step->number == 0;
            break;
        default:
            step->done = true;
        }
        if (step->done && !is_always(step))
            last_done = step;
    }
}

void expect_partial(struct expect *expect, int port, const char *text)
{
    heed_line(expect, port, text, false);
}

void expect_keep(struct expect *expect, int port, const char *line)
{
    struct kept_lines *kept = &expect->kept[port];
    if (kept->count == kept->room) {
        kept->room = kept->room ? 2 * kept->room : 64;
        kept->lines = realloc(kept->lines, kept->room * sizeof(*kept->lines));
    }
    char *copy = strdup(line);
    if (!kept->lines || !copy)
        abort();
    kept->lines[kept->count++] = copy;
}

static bool has_lines(const struct expect *expect, int port)
{
    return expect->kept[port].taken < expect->kept[port].count;
}

/* Whether the next step of this port's waits for words of another that has some to be heeded. */
static bool must_wait(const struct expect *expect, int port)
{
    const struct spec *spec = expect->spec;
    bool others = false;
    for (const struct step *at = spec->steps; at < spec->steps + spec->step_count; at++) {
        if (at->done)
            continue;
        if (at->kind == STEP_THEN && at->port == port)
            return others;
        others |= at->kind != STEP_SEND && at->port != port && has_lines(expect, at->port);
    }
    return false;
}

/*
 * The port whose line is next; -1: there are no lines. It is that of the first step which is still
 * to be met and need not wait, or, when all wait for each other, of the first at all.
 */
static int next_port(const struct expect *expect)
{
    const struct spec *spec = expect->spec;
    int first = -1;
    for (unsigned i = 0; i < spec->step_count; i++) {
        const struct step *step = &spec->steps[i];
        if (step->done || step->kind == STEP_SEND || !has_lines(expect, step->port))
            continue;
        if (!must_wait(expect, step->port))
            return step->port;
        first = first < 0 ? step->port : first;
    }
    for (int port = 0; first < 0 && port < SPEC_PORTS; port++)
        if (has_lines(expect, port))
            first = port;
    return first;
}

void expect_heed(struct expect *expect)
{
    for (int port; (port = next_port(expect)) >= 0;) {
        struct kept_lines *kept = &expect->kept[port];
        heed_line(expect, port, kept->lines[kept->taken], true);
        free(kept->lines[kept->taken++]);
    }
    for (int port = 0; port < SPEC_PORTS; port++)
        expect->kept[port].count = expect->kept[port].taken = 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one wishes of a domain. A console takes a wish and gives a ticket; whether it came true
 * shows in the domain's state once the ticket is answered.
 */
#include "commands.h"

#include <string.h>

enum {
    FIRST_PAUSE_MS = 50,
    LONGEST_PAUSE_MS = 1000,
    USUAL_SECONDS = 120,
    GRACE_SECONDS = 10, /* for a stop that is due */
    SLACK_MS = 2000,    /* `stop_in` counts begun seconds, and answers take their time */
};

/* How a domain stands, of the last answer. */
struct view {
    json_t *object; /* what the rest lies in */
    struct domain domain;
};

static void view_close(struct view *view)
{
    json_decref(view->object);
    *view = (struct view){0};
}

static enum exit_status look(struct ctl *ctl, const char *name, struct view *view)
{
    view_close(view);
    enum exit_status status =
        api_object(ctl, "GET", domain_path(&ctl->arena, name, ""), NULL, &view->object);
    const char *problem =
        status == EXIT_GOOD ? domain_read(&ctl->arena, view->object, &view->domain) : NULL;

    return problem ? api_malformed(ctl, problem) : status;
}

static void pause_for(struct ctl *ctl, uint64_t milliseconds)
{
    uint64_t end = ctl->transport->now(ctl->transport) + milliseconds, now;

    while ((now = ctl->transport->now(ctl->transport)) < end)
        ctl->transport->turn(ctl->transport, -1, (int)(end - now));
}

static bool is_down(const struct domain *domain)
{
    return strcmp(domain->state, "stopped") == 0 || strcmp(domain->state, "refused") == 0;
}

/* Tickets are numbers of 32 bits that go on from 0 behind the last. */
static bool is_answered(const struct domain *domain, int64_t ticket)
{
    return (int32_t)((uint32_t)domain->answered - (uint32_t)ticket) >= 0;
}

/* What is waited for. */
struct goal {
    int64_t ticket;           /* that it is answered; -1: that the domain is down */
    int64_t life;             /* that the console stops, or no longer; -1: it was not asked to */
    uint64_t earliest, until; /* when that stop is due, in milliseconds */
};

static bool is_running(const struct domain *domain)
{
    return strcmp(domain->state, "running") == 0;
}

/* Whether the stop is another's matter now: until it is due the console counts its seconds. */
static bool is_off(const struct goal *goal, const struct domain *domain, uint64_t now)
{
    if (goal->life < 0 || !is_running(domain))
        return false;
    if (domain->lives != goal->life)
        return true;
    return domain->stop_in > 0 ? now + (uint64_t)domain->stop_in * 1000 > goal->until + SLACK_MS
                               : now + SLACK_MS < goal->earliest;
}

static bool is_reached(const struct goal *goal, const struct domain *domain, uint64_t now)
{
    if (goal->ticket >= 0)
        return is_answered(domain, goal->ticket);
    return is_down(domain) || is_off(goal, domain, now);
}

/*
 * Looks until the goal is reached, or until `seconds` are over: then `late`. A stop that is under
 * way has its usual time then. A state that may not be read ends it, too. A console that is away is
 * said once and looked for again: it may be on its way back, and what was asked goes on without it.
 */
static enum exit_status await(struct ctl *ctl, const char *name, const struct goal *goal,
                              int64_t seconds, struct view *view, bool *late)
{
    uint64_t end = ctl->transport->now(ctl->transport) + (uint64_t)seconds * 1000, now;
    uint64_t pause = FIRST_PAUSE_MS;

    for (;;) {
        enum exit_status status = look(ctl, name, view);
        const struct domain *domain = &view->domain;
        bool away = status == EXIT_ENVIRONMENT && !view->object;

        ctl->quiet = away;
        if (away && ctl->transport->now(ctl->transport) < end) {
            pause_for(ctl, LONGEST_PAUSE_MS);
            continue;
        }
        ctl->quiet = false;
        if (status != EXIT_GOOD || !domain->state || domain->answered < 0)
            return status;
        now = ctl->transport->now(ctl->transport);
        if (is_reached(goal, domain, now))
            return status;
        *late = now >= end + (goal->life < 0 || is_running(domain) ? 0 : USUAL_SECONDS * 1000);
        if (*late)
            return status;
        pause_for(ctl, pause);
        pause = pause * 2 < LONGEST_PAUSE_MS ? pause * 2 : LONGEST_PAUSE_MS;
    }
}

/* Whether a domain that has come to rest is as it was wished. */
static bool is_fulfilled(const char *action, const struct domain *domain)
{
    if (strcmp(action, "check") == 0)
        return domain->check_failed <= 0;
    if (strcmp(action, "stop") == 0)
        return is_down(domain);
    return strcmp(action, "power-button") == 0 || is_running(domain);
}

/* What came of it, on standard output. */
static enum exit_status tell(struct ctl *ctl, const char *action, const struct view *view)
{
    const struct domain *domain = &view->domain;
    bool good = !domain->state || is_fulfilled(action, domain);

    if (ctl->json) {
        json_print(view->object, true);
    } else if (good) {
        put_safely(stdout, domain->name);
        fputs(": ", stdout);
        if (!domain->state)
            fputs("taken; your key may not read what came of it", stdout);
        else if (strcmp(action, "check") == 0)
            fputs("the separation check found nothing", stdout);
        else if (strcmp(action, "power-button") == 0)
            fprintf(stdout, is_down(domain) ? "is down" : "was told to shut down");
        else
            put_safely(stdout, domain->state);
        putchar('\n');
    }
    if (good)
        return EXIT_GOOD;
    if (strcmp(action, "check") == 0)
        return ctl_complain(ctl, EXIT_FINDINGS, "the separation check of %s FAILED (%lld)",
                            domain->name, (long long)domain->check_failed);
    return ctl_complain(ctl, EXIT_FINDINGS, "%s of %s came to nothing: it is %s%s%s", action,
                        domain->name, domain->state, domain->last_end ? ", last end: " : "",
                        domain->last_end ? domain->last_end : "");
}

/* `body`: NULL: none. */
static enum exit_status post(struct ctl *ctl, const char *name, const char *action,
                             const char *body, int64_t *ticket)
{
    static const struct field fields[] = {{"ticket", FIELD_NUMBER, false, 0}};
    json_t *object;
    enum exit_status status =
        api_object(ctl, "POST", domain_path(&ctl->arena, name, action), body, &object);

    if (status != EXIT_GOOD)
        return status;
    const char *problem = API_READ(&ctl->arena, object, fields, ticket);
    if (problem || *ticket > UINT32_MAX)
        status = api_malformed(ctl, problem ? problem : "`ticket` is larger than 2^32");
    json_decref(object);
    return status;
}

/* Asks, and waits until it is answered. */
static enum exit_status ask_and_wait(struct ctl *ctl, const char *name, const char *action,
                                     const char *body, int64_t seconds, struct view *view)
{
    const struct domain *domain = &view->domain;
    int64_t ticket;
    bool late = false;
    enum exit_status status = post(ctl, name, action, body, &ticket);

    if (status == EXIT_GOOD)
        status = await(ctl, name, &(struct goal){ticket, -1, 0, 0}, seconds, view, &late);
    if (status != EXIT_GOOD || !late)
        return status;
    return ctl_complain(ctl, EXIT_FINDINGS,
                        "%s of %s is not answered after %lld s: it is %s; starts after: %s", action,
                        name, (long long)seconds, domain->state,
                        api_texts(&ctl->arena, domain->start_after));
}

/* Why the console has not stopped it, or does not any more; `ticket` is the button's. */
static enum exit_status tell_off(struct ctl *ctl, const struct wish *wish, const struct goal *goal,
                                 const struct domain *domain, int64_t ticket)
{
    const char *why = !is_running(domain) ? "its end takes long"
                      : domain->lives != goal->life
                          ? "the life that was to be stopped has ended, and another one begun"
                      : domain->stop_in > 0 ? "another press put the stop off"
                      : domain->ticket != ticket
                          ? "another press took the stop back"
                          : "the stop is forgotten: another press took the stop back, or its "
                            "console was started again";

    return ctl_complain(ctl, EXIT_FINDINGS, "%s is %s: %s; `stop` stops it", wish->name,
                        domain->state, why);
}

/*
 * The button; the console stops what is still up then, whether we are there or not. `action`
 * becomes "stop" if it did.
 */
static enum exit_status press(struct ctl *ctl, const struct wish *wish, struct view *view,
                              const char **action)
{
    const struct domain *domain = &view->domain;
    uint64_t began = ctl->transport->now(ctl->transport), all = (uint64_t)wish->wait * 1000;
    int64_t patience = wish->wait + (wish->then_stop ? GRACE_SECONDS : 0);
    const char *body =
        wish->then_stop ? say(&ctl->arena, "{\"stop_after\":%lld}", (long long)wish->wait) : NULL;
    enum exit_status status =
        ask_and_wait(ctl, wish->name, *action, body,
                     wish->then_stop && patience < USUAL_SECONDS ? patience : USUAL_SECONDS, view);
    bool late = false;

    if (status != EXIT_GOOD || wish->wait < 0)
        return status;
    const struct goal goal = {-1, wish->then_stop ? domain->lives : -1, began + all,
                              ctl->transport->now(ctl->transport) + all};
    int64_t ticket = domain->ticket;
    status = await(ctl, wish->name, &goal, patience, view, &late);
    if (status != EXIT_GOOD || !domain->state)
        return status;
    if (wish->then_stop && !is_down(domain))
        return tell_off(ctl, wish, &goal, domain, ticket);
    if (late)
        return ctl_complain(ctl, EXIT_FINDINGS,
                            "%s is still %s after %lld s; --then-stop would stop it", wish->name,
                            domain->state, (long long)wish->wait);
    bool waited = ctl->transport->now(ctl->transport) - began >= all;
    if (wish->then_stop && waited && domain->last_end && strcmp(domain->last_end, "asked") == 0) {
        *action = "stop";
        if (!ctl->json)
            printf("%s: still up after %lld s, so it was stopped\n", wish->name,
                   (long long)wish->wait);
    }
    return EXIT_GOOD;
}

enum exit_status ctl_act(struct ctl *ctl, const struct wish *wish)
{
    struct view view = {0};
    enum exit_status status;
    int64_t ticket;

    if (wish->no_wait) {
        status = post(ctl, wish->name, wish->action, NULL, &ticket);
        if (status == EXIT_GOOD)
            printf(ctl->json ? "{\"ticket\":%lld}\n" : "ticket %lld\n", (long long)ticket);
        return status;
    }
    const char *action = wish->action;
    if (strcmp(action, "power-button") == 0)
        status = press(ctl, wish, &view, &action);
    else
        status = ask_and_wait(ctl, wish->name, action, NULL,
                              wish->wait < 0 ? USUAL_SECONDS : wish->wait, &view);
    if (status == EXIT_GOOD)
        status = tell(ctl, action, &view);
    view_close(&view);
    return status;
}

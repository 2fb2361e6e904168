/* SPDX-License-Identifier: Apache-2.0 */
/* Server-sent events: see the header. */
#include "events.h"
#include "api.h"
#include "door.h"
#include "platform.h"
#include <string.h>

/* Ends an event, or takes back what of it is there: then the next step tells it. */
static bool end_event(struct writer *to, size_t before)
{
    write_text(to, "\n\n");
    to->comma = false;
    if (!to->full) {
        return true;
    }
    if (before > REPLY_FRAME_BYTES) {
        to->used = before;
        to->full = false;
    }
    return false; /* `full` stays where even an empty buffer does not hold it */
}

static void begin_event(struct writer *to, const char *event)
{
    write_text(to, "event: ");
    write_text(to, event);
    write_text(to, "\n");
}

/* One domain's change, if there is one. False: no room left. */
static bool tell_domain(struct reply *reply, uint32_t index)
{
    struct event_stream *events = &reply->events;
    struct management_status status = {0};
    bool known = domain_status(index, reply->admin, &status);
    if (events->seen[index].told && events->seen[index].state == status.state &&
        events->seen[index].lives == status.lives &&
        events->seen[index].answered == status.answered) {
        return true;
    }
    size_t before = reply->to.used;
    begin_event(&reply->to, "domain");
    write_text(&reply->to, "data: ");
    json_begin(&reply->to, NULL, '{');
    domain_members(&reply->to, index, reply->admin, known ? &status : NULL);
    json_end(&reply->to, '}');
    if (!end_event(&reply->to, before)) {
        return false;
    }
    events->seen[index].told = true;
    events->seen[index].state = status.state;
    events->seen[index].lives = status.lives;
    events->seen[index].answered = status.answered;
    return true;
}

static bool tell_record(struct reply *reply, const struct audit_record *record, uint64_t number)
{
    size_t before = reply->to.used;
    begin_event(&reply->to, "audit");
    write_text(&reply->to, "id: ");
    write_number(&reply->to, number);
    write_text(&reply->to, "\ndata: ");
    record_object(&reply->to, record);
    return end_event(&reply->to, before);
}

static bool tell_lost_records(struct reply *reply, uint64_t count)
{
    size_t before = reply->to.used;
    begin_event(&reply->to, "audit");
    write_text(&reply->to, "data: ");
    json_begin(&reply->to, NULL, '{');
    json_number(&reply->to, "lost", count);
    json_end(&reply->to, '}');
    return end_event(&reply->to, before);
}

static bool tell_records(struct reply *reply)
{
    struct event_stream *events = &reply->events;
    static struct management_audit page;
    if (!audit_read(events->audit_at, reply->admin, &page)) {
        return true;
    }
    if (page.first > events->audit_at) {
        if (!tell_lost_records(reply, page.first - events->audit_at)) {
            return false;
        }
        events->audit_at = page.first;
    }
    for (uint32_t i = 0; i < page.count; i++) {
        if (!tell_record(reply, &page.records[i], events->audit_at)) {
            return false;
        }
        events->audit_at++;
    }
    return page.count == 0;
}

static bool tell_serial(struct reply *reply, uint32_t index)
{
    static struct management_serial page;
    uint64_t *at = &reply->events.serial_at[index];
    const struct management_request request = {
        .call = MANAGEMENT_SERIAL_READ, .index = index, .from = *at, .admin = reply->admin};
    if (platform_call(&request, NULL, &page, sizeof(page)) != MANAGEMENT_DONE || page.bytes == 0 ||
        page.bytes > sizeof(page.text)) {
        return true;
    }
    size_t before = reply->to.used;
    begin_event(&reply->to, "serial");
    write_text(&reply->to, "data: ");
    json_begin(&reply->to, NULL, '{');
    json_text(&reply->to, "domain", machine.domains[index].name);
    json_number(&reply->to, "from", page.from);
    json_number(&reply->to, "lost", page.from > *at ? page.from - *at : 0);
    json_base64(&reply->to, "base64", page.text, page.bytes);
    json_end(&reply->to, '}');
    if (!end_event(&reply->to, before)) {
        return false;
    }
    *at = page.from + page.bytes;
    return false; /* there may be more at once, of others too */
}

/* Ports in turn: one that never pauses must not keep the others' lines back. */
static bool tell_ports(struct reply *reply)
{
    struct event_stream *events = &reply->events;
    bool all = true;
    for (uint32_t i = 0; i < MAX_DOMAINS; i++) {
        uint32_t index = (events->first + i) % MAX_DOMAINS;
        if (events->serial & 1u << index) {
            all &= tell_serial(reply, index);
        }
        if (reply->to.full || reply->to.used > REPLY_BYTES / 2) {
            events->first = (index + 1) % MAX_DOMAINS;
            return false;
        }
    }
    return all;
}

/* Never the last one. */
static bool events_step(struct reply *reply)
{
    struct event_stream *events = &reply->events;
    uint64_t now = platform_milliseconds();
    size_t before = reply->to.used;
    if (now < events->look) {
        return true;
    }
    bool all = true;
    for (uint32_t i = 0; all && i < machine.domain_count; i++) {
        all = machine_is_own(i) || tell_domain(reply, i);
    }
    all = all && (!events->audit || tell_records(reply));
    all = tell_ports(reply) && all;
    if (all) {
        events->look = now + EVENTS_LOOK_MS;
    }
    if (reply->to.used == before && now - events->spoke >= EVENTS_ALIVE_MS) {
        write_text(&reply->to, ":\n\n");
    }
    if (reply->to.used > before) {
        events->spoke = now;
    }
    return true;
}

/* serial=NAME,NAME; false: it was answered why not. */
static bool take_names(struct reply *reply, struct span names, uint64_t now)
{
    while (names.text) {
        struct span name = span_cut(&names, ',');
        int index = machine_find(name.text, name.bytes);
        if (index < 0) {
            reply_problem(reply, 404, "serial= names a domain that there is not", NULL, NULL);
            return false;
        }
        if (!machine_may_read(reply->admin, (uint32_t)index)) {
            const char *domain = machine.domains[index].name;
            REPLY_DETAIL(detail, "the manifest does not grant `serial-read` of ", domain,
                         " to this role; add the role to serial.read");
            door_role(reply->admin, MANAGEMENT_SERIAL_READ, (uint32_t)index, now);
            reply_problem(reply, 403, detail, "serial-read", domain);
            return false;
        }
        reply->events.serial |= 1u << index;
    }
    return true;
}

static bool take_query(struct reply *reply, struct span query, uint64_t now, bool *has_from)
{
    unsigned long long number;
    while (query.text) {
        struct span value = span_cut(&query, '&'), key = span_cut(&value, '=');
        if (span_is(key, "serial") && value.bytes > 0) {
            if (!take_names(reply, value, now)) {
                return false;
            }
        } else if (span_is(key, "audit") && span_is(value, "1")) {
            reply->events.audit = true;
        } else if (span_is(key, "from") && span_number(value, &number)) {
            reply->events.audit_at = number;
            *has_from = true;
        } else {
            reply_problem(reply, 400, "the query is of serial=NAME,NAME and audit=1 and from=N",
                          NULL, NULL);
            return false;
        }
    }
    return true;
}

/* Where the records begin: behind what the client has, or with the next. */
static void find_place(struct reply *reply, struct span last_event, bool has_from)
{
    struct event_stream *events = &reply->events;
    static struct management_audit page;
    unsigned long long number;
    if (span_number(last_event, &number) && number < ~0ull) {
        events->audit_at = number + 1;
    } else if (!has_from && audit_read(~0ull, reply->admin, &page)) {
        events->audit_at = page.next;
    }
}

void events_answer(struct reply *reply, const struct request *request, uint64_t now)
{
    bool has_from = false;
    if (reply->streams >= EVENTS_STREAMS) {
        reply_problem(reply, 503, "this key has two streams open", NULL, NULL);
        return;
    }
    if (!take_query(reply, request->query, now, &has_from)) {
        return;
    }
    if (reply->events.audit) {
        find_place(reply, request->last_event, has_from);
    }
    reply->events.spoke = now;
    reply->is_stream = true;
    reply_steps(reply, "text/event-stream", events_step);
}

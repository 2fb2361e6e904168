/* SPDX-License-Identifier: Apache-2.0 */
/* POST /v1/domains/NAME/ACT. */
#include "api.h"
#include "body.h"
#include "door.h"
#include "pending.h"
#include "platform.h"
#include "words.h"

static const struct act {
    const char *path;
    enum management_call call;
} acts[] = {
    {"start", MANAGEMENT_START},     {"stop", MANAGEMENT_STOP},
    {"restart", MANAGEMENT_RESTART}, {"power-button", MANAGEMENT_POWER_BUTTON},
    {"check", MANAGEMENT_CHECK},
};

/* What the hypervisor did not do. */
static void reply_refused(struct reply *reply, enum management_result result, const char *right,
                          uint32_t index)
{
    const char *domain = machine.domains[index].name;
    switch (result) {
    case MANAGEMENT_NO_RIGHT:
        reply_no_right(reply, right, index);
        return;
    case MANAGEMENT_TOO_OFTEN:
        reply_problem(reply, 429, "too soon after the last request to this domain", right, domain);
        return;
    case MANAGEMENT_BAD_CALL:
        reply_problem(reply, 501, "this hypervisor does not do that", right, domain);
        return;
    default:
        reply_problem(reply, 500, word_of_result(result), right, domain);
    }
}

/*
 * Before a power button with a stop behind it: whether the stop could come true. The hypervisor is
 * asked for what it does not grant, which puts that on record.
 */
static bool may_stop_later(struct reply *reply, uint32_t index, struct management_status *status)
{
    struct management_ticket ticket;
    if (!machine_may(reply->admin, index, MANIFEST_MAY_STOP)) {
        reply_refused(reply,
                      machine_ask(MANAGEMENT_STOP, index, 0, reply->admin, &ticket, sizeof(ticket)),
                      "stop", index);
        return false;
    }
    enum management_result result =
        machine_ask(MANAGEMENT_STATUS, index, 0, reply->admin, status, sizeof(*status));
    if (result != MANAGEMENT_DONE) {
        reply_refused(reply, result, "status", index);
    }
    return result == MANAGEMENT_DONE;
}

/* `stop_after`: seconds, 0: not said. */
static void do_act(struct reply *reply, uint32_t index, const struct act *act, uint32_t stop_after,
                   uint64_t now)
{
    const char *domain = machine.domains[index].name;
    struct management_status status = {0};
    struct management_ticket ticket;
    if (!machine_is_operator(reply->admin)) {
        REPLY_DETAIL(detail, "an auditor only reads: `", act->path, "` is for operators");
        door_role(reply->admin, act->call, index, now);
        reply_problem(reply, 403, detail, act->path, domain);
        return;
    }
    if (stop_after && !may_stop_later(reply, index, &status)) {
        return;
    }
    /* Who may not is asked for all the same: the hypervisor refuses, and puts it on record. */
    enum management_result result =
        machine_ask(act->call, index, 0, reply->admin, &ticket, sizeof(ticket));
    if (result != MANAGEMENT_DONE) {
        reply_refused(reply, result, act->path, index);
        return;
    }
    if (act->call == MANAGEMENT_POWER_BUTTON) {
        pending_set(index, reply->admin, &status, stop_after, now);
    }
    struct writer body = reply_body();
    json_begin(&body, NULL, '{');
    json_number(&body, "ticket", ticket.ticket);
    json_end(&body, '}');
    write_text(&body, "\n");
    reply_whole(reply, 202, REPLY_JSON, &body);
}

static bool is_json(struct span type)
{
    struct span first = span_cut(&type, ';');
    while (first.bytes && first.text[first.bytes - 1] == ' ') {
        first.bytes--;
    }
    return span_is_alike(first, REPLY_JSON);
}

static void write_serial(struct reply *reply, uint32_t index, const void *bytes, size_t count)
{
    const struct management_request request = {.call = MANAGEMENT_SERIAL_WRITE,
                                               .index = index,
                                               .admin = reply->admin,
                                               .bytes = (uint32_t)count};
    struct management_written written = {0};
    enum management_result result = platform_call(&request, bytes, &written, sizeof(written));
    if (result != MANAGEMENT_DONE) {
        reply_refused(reply, result, "serial-write", index);
        return;
    }
    struct writer body = reply_body();
    json_begin(&body, NULL, '{');
    json_number(&body, "written", written.bytes);
    json_end(&body, '}');
    write_text(&body, "\n");
    reply_whole(reply, 200, REPLY_JSON, &body);
}

static void do_serial(struct reply *reply, uint32_t index, const struct request *request,
                      struct span body, uint64_t now)
{
    static uint8_t bytes[MANAGEMENT_WRITE_BYTES];
    const char *domain = machine.domains[index].name;
    size_t count = 0;
    if (!machine_may_write(reply->admin, index)) {
        REPLY_DETAIL(detail, "the manifest does not grant `serial-write` of ", domain,
                     " to this role; add the role to serial.write");
        door_role(reply->admin, MANAGEMENT_SERIAL_WRITE, index, now);
        reply_problem(reply, 403, detail, "serial-write", domain);
        return;
    }
    if (!request->has_length) {
        reply_problem(reply, 411, "a body needs its Content-Length", NULL, domain);
        return;
    }
    if (!is_json(request->type)) {
        reply_problem(reply, 415, "the body is of Content-Type: application/json", NULL, domain);
        return;
    }
    const char *wrong = body_base64(body, bytes, sizeof(bytes), &count);
    if (wrong) {
        reply_problem(reply, count > sizeof(bytes) ? 413 : 400, wrong, NULL, domain);
        return;
    }
    write_serial(reply, index, bytes, count);
}

/* The act's body: none, {}, or with the power button a time. Returns NULL, or what is wrong. */
static const char *read_body(const struct act *act, struct span body, uint32_t *stop_after)
{
    if (body.bytes == 0 || body_is_empty_object(body)) {
        return NULL;
    }
    return act->call == MANAGEMENT_POWER_BUTTON ? body_stop_after(body, stop_after)
                                                : "this needs no body; {} is taken as none";
}

static void do_plain(struct reply *reply, uint32_t index, const struct act *act,
                     const struct request *request, struct span body, uint64_t now)
{
    uint32_t stop_after = 0;
    const char *wrong = read_body(act, body, &stop_after);
    if (body.bytes > 0 && !is_json(request->type)) {
        reply_problem(reply, 415, "the body is of Content-Type: application/json", NULL, NULL);
    } else if (wrong) {
        reply_problem(reply, 400, wrong, NULL, NULL);
    } else {
        do_act(reply, index, act, stop_after, now);
    }
}

void api_act(struct reply *reply, uint32_t index, struct span act, const struct request *request,
             struct span body, uint64_t now)
{
    bool is_serial = span_is(act, "serial");
    const struct act *is = NULL;
    for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
        is = span_is(act, acts[i].path) ? &acts[i] : is;
    }
    if (!is && !is_serial) {
        reply_problem(reply, 404, "a domain has no such act", NULL, machine.domains[index].name);
    } else if (request->method != REQUEST_POST) {
        reply_method(reply, "POST");
    } else if (is_serial) {
        do_serial(reply, index, request, body, now);
    } else {
        do_plain(reply, index, is, request, body, now);
    }
}

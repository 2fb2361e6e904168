/* SPDX-License-Identifier: Apache-2.0 */
/* Asking, and what to do about refusals. */
#include "api.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { POLL_MS = 1000, SHOWN_BYTES = 300 };

void reply_close(struct reply *reply)
{
    free(reply->body);
    *reply = (struct reply){0};
}

enum exit_status ctl_complain(const struct ctl *ctl, enum exit_status status, const char *text, ...)
{
    char what[2048];
    va_list args;

    if (ctl->quiet)
        return status;
    va_start(args, text);
    vsnprintf(what, sizeof(what), text, args);
    va_end(args);
    fprintf(stderr, "bulkhead ctl: %s: ", ctl->host->name);
    put_safely(stderr, what);
    fputc('\n', stderr);
    return status;
}

enum exit_status api_malformed(struct ctl *ctl, const char *what)
{
    return ctl_complain(ctl, EXIT_ENVIRONMENT,
                        "the answer is not as docs/console-api.md has it: %s", what);
}

json_t *api_parse(const char *text, size_t bytes)
{
    json_t *value = text ? json_loadb(text, bytes, JSON_REJECT_DUPLICATES, NULL) : NULL;

    if (value && !json_is_object(value)) {
        json_decref(value);
        return NULL;
    }
    return value;
}

/* What to do about it, where the status alone tells. */
static const char *remedy(struct ctl *ctl, const struct reply *reply)
{
    enum { MISDIRECTED = 421, TOO_OFTEN = 429 };

    if (reply->status == MISDIRECTED)
        return say(&ctl->arena,
                   "; add %s to management.names of its manifest, or use an address that is there",
                   ctl->host->address);
    if (reply->status == TOO_OFTEN && reply->retry_after > 0)
        return say(&ctl->arena, "; try again after %lld s", (long long)reply->retry_after);
    return "";
}

/* What the console has against it: application/problem+json, if it is that. */
static enum exit_status say_refusal(struct ctl *ctl, const struct reply *reply)
{
    static const struct field fields[] = {{"detail", FIELD_TEXT, true, 0}};
    json_t *problem = api_parse(reply->body, reply->bytes);
    const char *detail = NULL;

    if (problem && API_READ(&ctl->arena, problem, fields, &detail))
        detail = NULL;
    ctl_complain(ctl, EXIT_FINDINGS, "refused (%ld): %.*s%s", reply->status, SHOWN_BYTES,
                 detail ? detail : "the console does not say why", remedy(ctl, reply));
    json_decref(problem);
    return EXIT_FINDINGS;
}

enum exit_status api_judge(struct ctl *ctl, const struct reply *reply)
{
    if (reply->status == 0)
        return ctl_complain(ctl, EXIT_ENVIRONMENT, "%s", reply->trouble);
    if (reply->status >= 400 && reply->status < 600)
        return say_refusal(ctl, reply);
    if (reply->status < 200 || reply->status > 299)
        return api_malformed(ctl, say(&ctl->arena, "status %ld", reply->status));
    return EXIT_GOOD;
}

enum exit_status api_ask(struct ctl *ctl, const char *method, const char *path, const char *body,
                         struct reply *reply)
{
    const struct request request = {.method = method, .path = path, .body = body};
    struct transport *transport = ctl->transport;

    transport->begin(transport, LANE_ASK, &request);
    while (!transport->ended(transport, LANE_ASK, reply))
        transport->turn(transport, -1, POLL_MS);
    enum exit_status status = api_judge(ctl, reply);
    if (status != EXIT_GOOD)
        reply_close(reply);
    return status;
}

enum exit_status api_object(struct ctl *ctl, const char *method, const char *path, const char *body,
                            json_t **object)
{
    struct reply reply;
    enum exit_status status = api_ask(ctl, method, path, body, &reply);

    *object = NULL;
    if (status != EXIT_GOOD)
        return status;
    *object = api_parse(reply.body, reply.bytes);
    reply_close(&reply);
    return *object ? EXIT_GOOD : api_malformed(ctl, "it is no JSON object");
}

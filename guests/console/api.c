/* SPDX-License-Identifier: Apache-2.0 */
/* Which request is for whom: see the header. */
#include "api.h"
#include "events.h"
#include "page.h"
#include <string.h>

static bool page_step(struct reply *reply)
{
    size_t left = page_html_bytes - (size_t)reply->from;
    size_t room = reply->to.room - reply->to.used, bytes = left < room ? left : room;
    write_bytes(&reply->to, page_html + reply->from, bytes);
    reply->from += bytes;
    return left > bytes;
}

static void answer_page(struct reply *reply)
{
    reply_page(reply, page_html_bytes, page_policy, page_step);
}

static void answer_nobody(struct reply *reply, struct span name)
{
    char text[NAME_BYTES] = "";
    size_t bytes = name.bytes < sizeof(text) ? name.bytes : sizeof(text) - 1;
    memcpy(text, name.text, bytes);
    reply_problem(reply, 404, "there is no domain of that name", NULL, text);
}

/* /v1/domains/ is gone from `rest`. */
static void answer_domain(struct reply *reply, const struct request *request, struct span rest,
                          struct span body, uint64_t now)
{
    struct span name = span_cut(&rest, '/');
    bool act = rest.text != NULL;
    int index = machine_find(name.text, name.bytes);
    if (index < 0) {
        answer_nobody(reply, name);
    } else if (act) {
        api_act(reply, (uint32_t)index, rest, request, body, now);
    } else if (request->method != REQUEST_GET) {
        reply_method(reply, "GET");
    } else {
        api_domain(reply, (uint32_t)index);
    }
}

static void answer_audit(struct reply *reply, struct span query)
{
    unsigned long long from = 0;
    if (query.text) {
        struct span value = query, key = span_cut(&value, '=');
        if (!span_is(key, "from") || !span_number(value, &from)) {
            reply_problem(reply, 400, "the query is from=N, a decimal number below 2^64", NULL,
                          NULL);
            return;
        }
    }
    api_audit(reply, from);
}

void reply_no_right(struct reply *reply, const char *right, uint32_t index)
{
    const char *domain = machine.domains[index].name;
    REPLY_DETAIL(detail, "the manifest does not grant `", right, "` for ", domain,
                 "; add it to manage:");
    reply_problem(reply, 403, detail, right, domain);
}

static const struct {
    const char *path;
    void (*answer)(struct reply *reply);
} plain[] = {
    {"/", answer_page},
    {"/v1/machine", api_machine},
    {"/v1/domains", api_domains},
    {"/metrics", api_metrics},
};

static bool answer_plain(struct reply *reply, const struct request *request)
{
    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
        if (!span_is(request->path, plain[i].path)) {
            continue;
        }
        if (request->method != REQUEST_GET) {
            reply_method(reply, "GET");
        } else if (request->query.text) {
            reply_problem(reply, 400, "this path takes no query", NULL, NULL);
        } else {
            plain[i].answer(reply);
        }
        return true;
    }
    return false;
}

void api_answer(struct reply *reply, const struct request *request, struct span body, uint64_t now)
{
    static const char domains[] = "/v1/domains/";
    size_t bytes = sizeof(domains) - 1;
    bool is_domain = request->path.bytes > bytes && memcmp(request->path.text, domains, bytes) == 0;
    if (answer_plain(reply, request)) {
        return;
    }
    if (is_domain && request->query.text) {
        reply_problem(reply, 400, "this path takes no query", NULL, NULL);
    } else if (is_domain) {
        const struct span rest = {request->path.text + bytes, request->path.bytes - bytes};
        answer_domain(reply, request, rest, body, now);
    } else if (!span_is(request->path, "/v1/audit") && !span_is(request->path, "/v1/events")) {
        reply_problem(reply, 404, "there is nothing at that path", NULL, NULL);
    } else if (request->method != REQUEST_GET) {
        reply_method(reply, "GET");
    } else if (span_is(request->path, "/v1/audit")) {
        answer_audit(reply, request->query);
    } else {
        events_answer(reply, request, now);
    }
}

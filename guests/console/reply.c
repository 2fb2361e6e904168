/* SPDX-License-Identifier: Apache-2.0 */
/* The answer to one request: see the header. */
#include "reply.h"
#include "machine.h"
#include "platform.h"
#include <string.h>

static const char *title_of(unsigned status)
{
    static const struct {
        unsigned status;
        const char *title;
    } titles[] = {
        {200, "OK"},
        {202, "Accepted"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {411, "Length Required"},
        {413, "Content Too Large"},
        {415, "Unsupported Media Type"},
        {417, "Expectation Failed"},
        {421, "Misdirected Request"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {503, "Service Unavailable"},
        {505, "HTTP Version Not Supported"},
    };
    for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++) {
        if (titles[i].status == status) {
            return titles[i].title;
        }
    }
    return "Unknown";
}

/*
 * For every answer. No Strict-Transport-Security: nothing listens on port 80, and the header would
 * hold for every port of a name like localhost.
 */
static const char common_headers[] = "Cache-Control: no-store\r\n"
                                     "X-Content-Type-Options: nosniff\r\n"
                                     "X-Frame-Options: DENY\r\n"
                                     "Referrer-Policy: no-referrer\r\n"
                                     "Cross-Origin-Opener-Policy: same-origin\r\n"
                                     "Cross-Origin-Embedder-Policy: require-corp\r\n"
                                     "Cross-Origin-Resource-Policy: same-origin\r\n";
static const char no_page_policy[] = "default-src 'none'; frame-ancestors 'none'";

/* The head but for the headers about length, and the empty line. */
static void begin_head(struct reply *reply, unsigned status, const char *type, const char *policy)
{
    struct writer *to = &reply->to;
    reply->status = status;
    write_text(to, "HTTP/1.1 ");
    write_number(to, status);
    write_text(to, " ");
    write_text(to, title_of(status));
    write_text(to, "\r\nContent-Type: ");
    write_text(to, type);
    write_text(to, "\r\nContent-Security-Policy: ");
    write_text(to, policy);
    write_text(to, "\r\n");
    write_text(to, common_headers);
    if (machine_clock_is_good()) {
        char now[TIME_TEXT_BYTES];
        http_time_text(now, platform_unix_time());
        write_text(to, "Date: ");
        write_text(to, now);
        write_text(to, "\r\n");
    }
    if (status == 429 || status == 503) {
        write_text(to, "Retry-After: 1\r\n");
    }
    if (status == 401) { /* RFC 9110 wants a challenge; no scheme that browsers know is this one */
        write_text(to, "WWW-Authenticate: ClientCertificate\r\n");
    }
    if (reply->ends) {
        write_text(to, "Connection: close\r\n");
    }
}

static void end_head_with_length(struct reply *reply, size_t bytes)
{
    write_text(&reply->to, "Content-Length: ");
    write_number(&reply->to, bytes);
    write_text(&reply->to, "\r\n\r\n");
}

struct writer reply_body(void)
{
    static char bytes[REPLY_BYTES / 2];
    return (struct writer){.text = bytes, .room = sizeof(bytes)};
}

static void send_whole(struct reply *reply, const struct writer *body)
{
    end_head_with_length(reply, body->used);
    write_bytes(&reply->to, body->text, reply->is_bare ? 0 : body->used);
    reply->to.full |= body->full;
}

void reply_whole(struct reply *reply, unsigned status, const char *type, const struct writer *body)
{
    begin_head(reply, status, type, no_page_policy);
    send_whole(reply, body);
}

void reply_steps(struct reply *reply, const char *type, bool (*step)(struct reply *))
{
    begin_head(reply, 200, type, no_page_policy);
    write_text(&reply->to, "Transfer-Encoding: chunked\r\n\r\n");
    reply->chunked = true;
    reply->step = step;
}

void reply_page(struct reply *reply, size_t bytes, const char *policy, bool (*step)(struct reply *))
{
    begin_head(reply, 200, "text/html; charset=utf-8", policy);
    end_head_with_length(reply, bytes);
    reply->step = step;
}

static struct writer make_problem(unsigned status, const char *detail, const char *right,
                                  const char *domain)
{
    struct writer body = reply_body();
    json_begin(&body, NULL, '{');
    json_text(&body, "type", "about:blank");
    json_text(&body, "title", title_of(status));
    json_number(&body, "status", status);
    json_text(&body, "detail", detail);
    if (right) {
        json_text(&body, "right", right);
    }
    if (domain) {
        json_text(&body, "domain", domain);
    }
    json_end(&body, '}');
    write_text(&body, "\n");
    return body;
}

void reply_problem(struct reply *reply, unsigned status, const char *detail, const char *right,
                   const char *domain)
{
    const struct writer body = make_problem(status, detail, right, domain);
    reply_whole(reply, status, REPLY_PROBLEM, &body);
}

void reply_method(struct reply *reply, const char *allowed)
{
    REPLY_DETAIL(detail, "here the method is ", allowed);
    const struct writer body = make_problem(405, detail, NULL, NULL);
    begin_head(reply, 405, REPLY_PROBLEM, no_page_policy);
    write_text(&reply->to, "Allow: ");
    write_text(&reply->to, allowed);
    write_text(&reply->to, "\r\n");
    send_whole(reply, &body);
}

void reply_join(char *out, size_t room, const char *const *pieces)
{
    struct writer to = {.text = out, .room = room - 1};
    for (; *pieces; pieces++) {
        write_text(&to, *pieces);
    }
    out[to.used] = 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The head of a request: see the header. */
#include "request.h"
#include <http_parser.h>
#include <stdint.h>
#include <string.h>

struct parsing {
    struct request *request;
    struct refusal refusal;
    struct span url, name, value, mark;
    unsigned hosts;
    bool whole, in_value, coded, expects;
};

/* Where `c` first stands, or NULL. */
static const char *find(const char *text, size_t bytes, char c)
{
    for (size_t i = 0; i < bytes; i++) {
        if (text[i] == c) {
            return text + i;
        }
    }
    return NULL;
}

static bool is_in_line(char c)
{
    return (c >= ' ' && c <= '~') || c == '\t';
}

size_t request_scan(const char *text, size_t count, size_t *scanned, struct refusal *refusal)
{
    for (size_t i = *scanned; i < count; i++) {
        char c = text[i], before = i ? text[i - 1] : '\n';
        bool good = c == '\n' ? before == '\r' : before != '\r' && (c == '\r' || is_in_line(c));
        if (!good) {
            *refusal = (struct refusal){400, "a head is lines of ASCII that end with CR LF"};
            return 0;
        }
        if (c == '\n' && i >= 3 && text[i - 2] == '\n') {
            *scanned = i + 1;
            return i + 1;
        }
    }
    *scanned = count;
    if (count >= REQUEST_HEAD_BYTES) {
        *refusal = (struct refusal){431, "request line and headers are more than 8192 bytes"};
    }
    return 0;
}

static struct parsing *parsing_of(http_parser *parser)
{
    return parser->data;
}

/* http-parser may hand a string over in pieces that lie one behind the other. */
static int grow(struct span *span, const char *at, size_t bytes)
{
    if (!span->text) {
        *span = (struct span){at, bytes};
        return 0;
    }
    if (span->text + span->bytes != at) {
        return 1;
    }
    span->bytes += bytes;
    return 0;
}

static int refuse(struct parsing *parsing, unsigned status, const char *why)
{
    if (parsing->refusal.status == 0) {
        parsing->refusal = (struct refusal){status, why};
    }
    return 1;
}

/* A header that may stand there once; the library leaves spaces behind its value. */
static int take(struct parsing *parsing, struct span *to)
{
    if (to->text) {
        return refuse(parsing, 400, "a header that may be there once is there twice");
    }
    *to = parsing->value;
    if (!to->text) {
        *to = (struct span){"", 0};
    }
    while (to->bytes > 0 && (to->text[to->bytes - 1] == ' ' || to->text[to->bytes - 1] == '\t')) {
        to->bytes--;
    }
    return 0;
}

/* The header that is whole now. */
static int end_header(struct parsing *parsing)
{
    struct request *request = parsing->request;
    struct span name = parsing->name;
    int bad = 0;
    if (!name.text) {
        return 0;
    }
    if (span_is_alike(name, "host")) {
        parsing->hosts++;
        bad = take(parsing, &request->host);
    } else if (span_is_alike(name, "origin")) {
        bad = take(parsing, &request->origin);
    } else if (span_is_alike(name, "content-type")) {
        bad = take(parsing, &request->type);
    } else if (span_is_alike(name, "last-event-id")) {
        bad = take(parsing, &request->last_event);
    } else if (span_is_alike(name, "bulkhead-request")) {
        bad = take(parsing, &parsing->mark);
        request->marked = span_is(parsing->mark, "1");
    } else if (span_is_alike(name, "transfer-encoding")) {
        parsing->coded = true;
    } else if (span_is_alike(name, "expect")) {
        parsing->expects = true;
    }
    parsing->name = parsing->value = (struct span){NULL, 0};
    return bad;
}

static int on_url(http_parser *parser, const char *at, size_t bytes)
{
    return grow(&parsing_of(parser)->url, at, bytes);
}

static int on_field(http_parser *parser, const char *at, size_t bytes)
{
    struct parsing *parsing = parsing_of(parser);
    if (parsing->in_value && end_header(parsing)) {
        return 1;
    }
    parsing->in_value = false;
    return grow(&parsing->name, at, bytes);
}

static int on_value(http_parser *parser, const char *at, size_t bytes)
{
    struct parsing *parsing = parsing_of(parser);
    parsing->in_value = true;
    return grow(&parsing->value, at, bytes);
}

static int on_head(http_parser *parser)
{
    struct parsing *parsing = parsing_of(parser);
    struct request *request = parsing->request;
    if (end_header(parsing)) {
        return -1;
    }
    request->method = parser->method == HTTP_GET    ? REQUEST_GET
                      : parser->method == HTTP_POST ? REQUEST_POST
                                                    : REQUEST_OTHER;
    request->is_head = parser->method == HTTP_HEAD;
    request->ends = !http_should_keep_alive(parser);
    request->has_length = parser->flags & F_CONTENTLENGTH;
    if (request->has_length && parser->content_length > REQUEST_BODY_BYTES) {
        refuse(parsing, 413, "the body is more than 4096 bytes");
    } else if (request->has_length) {
        request->body_bytes = (size_t)parser->content_length;
    }
    parsing->whole = true;
    return 1; /* the body is not the parser's */
}

static bool is_name_character(char c)
{
    static const char others[] = "!#$%&'*+-.^_`|~";
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           find(others, sizeof(others) - 1, c);
}

/*
 * The library takes an empty line before the first, more spaces than two in that, and others than
 * these in names; and it takes a line that begins with a space for more of the one before.
 */
static bool is_well_formed(const char *head, size_t bytes)
{
    const char *line = find(head, bytes, '\n');
    unsigned spaces = 0;
    for (const char *at = head; at < line; at++) {
        spaces += *at == ' ' || *at == '\t';
    }
    while (line) {
        const char *at = line + 1, *end = head + bytes;
        for (; at < end && *at != ':' && *at != '\r'; at++) {
            if (!is_name_character(*at)) {
                return false;
            }
        }
        line = find(at, (size_t)(end - at), '\n');
    }
    return spaces <= 2;
}

static struct refusal judge(const struct parsing *parsing, const http_parser *parser)
{
    const struct request *request = parsing->request;
    struct span url = parsing->url;
    if (parsing->refusal.status == 413 && !parsing->coded) {
        return parsing->refusal;
    }
    if (parser->http_major != 1 || parser->http_minor != 1) {
        return (struct refusal){505, "this is HTTP/1.1"};
    }
    if (parsing->hosts != 1) {
        return (struct refusal){400, "a request has one Host"};
    }
    if (parsing->coded) {
        return request->has_length
                   ? (struct refusal){400, "a length and an encoding: one of them lies"}
                   : (struct refusal){501, "a body comes with its length, in one piece"};
    }
    if (parsing->expects) {
        return (struct refusal){417, "nothing is to be expected here: send the body"};
    }
    if (url.bytes == 0 || url.text[0] != '/') {
        return (struct refusal){400, "a target is a path here"};
    }
    if (find(url.text, url.bytes, '%') || find(url.text, url.bytes, '#')) {
        return (struct refusal){400, "nothing in a target needs to be percent-encoded here"};
    }
    if (request->method == REQUEST_GET && request->body_bytes > 0) {
        return (struct refusal){400, "a GET has no body"};
    }
    return (struct refusal){0, NULL};
}

static struct refusal refusal_of(const struct parsing *parsing, enum http_errno error)
{
    if (parsing->refusal.status) {
        return parsing->refusal;
    }
    switch (error) {
    case HPE_INVALID_VERSION:
        return (struct refusal){505, "this is HTTP/1.1"};
    case HPE_UNEXPECTED_CONTENT_LENGTH:
        return (struct refusal){400, "the length is there twice, or beside an encoding"};
    case HPE_INVALID_CONTENT_LENGTH:
        return (struct refusal){400, "the length is no number below 2^64"};
    default:
        return (struct refusal){400, "this is no request of HTTP/1.1"};
    }
}

struct refusal request_parse(struct request *request, const char *head, size_t bytes)
{
    static const http_parser_settings settings = {
        .on_url = on_url,
        .on_header_field = on_field,
        .on_header_value = on_value,
        .on_headers_complete = on_head,
    };
    struct parsing parsing = {.request = request};
    http_parser parser;
    memset(request, 0, sizeof(*request));
    if (!is_well_formed(head, bytes)) {
        return (struct refusal){400, "a space too many, or a character that names do not have"};
    }
    http_parser_init(&parser, HTTP_REQUEST);
    parser.data = &parsing;
    http_parser_execute(&parser, &settings, head, bytes);
    enum http_errno error = HTTP_PARSER_ERRNO(&parser);
    if (error != HPE_OK || !parsing.whole) {
        return refusal_of(&parsing, error);
    }
    request->query = parsing.url;
    request->path = span_cut(&request->query, '?');
    return judge(&parsing, &parser);
}

bool span_is(struct span span, const char *text)
{
    size_t bytes = strlen(text);
    return span.text && span.bytes == bytes && memcmp(span.text, text, bytes) == 0;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool span_is_alike(struct span span, const char *text)
{
    if (!span.text || span.bytes != strlen(text)) {
        return false;
    }
    for (size_t i = 0; i < span.bytes; i++) {
        if (lower(span.text[i]) != lower(text[i])) {
            return false;
        }
    }
    return true;
}

bool span_number(struct span span, unsigned long long *out)
{
    unsigned long long value = 0;
    for (size_t i = 0; i < span.bytes; i++) {
        unsigned digit = (unsigned char)span.text[i] - (unsigned)'0';
        if (digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, digit, &value)) {
            return false;
        }
    }
    *out = value;
    return span.bytes > 0;
}

struct span span_cut(struct span *rest, char end)
{
    const char *at = find(rest->text, rest->bytes, end);
    struct span first = {rest->text, at ? (size_t)(at - rest->text) : rest->bytes};
    size_t taken = first.bytes + (at ? 1 : 0);
    rest->text = at ? at + 1 : NULL;
    rest->bytes -= taken;
    return first;
}

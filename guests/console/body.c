/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies of requests: see the header. */
#include "body.h"

#define JSMN_STATIC
#define JSMN_STRICT
#define JSMN_PARENT_LINKS
#include <jsmn.h>

enum { TOKENS = 8, MOST_SECONDS = 3600 };

/* The tokens of `body`, of which the first is an object that is all of it; how many, or -1. */
static int parse(struct span body, jsmntok_t *tokens)
{
    jsmn_parser parser;
    jsmn_init(&parser);
    int count = body.bytes ? jsmn_parse(&parser, body.text, body.bytes, tokens, TOKENS) : -1;
    if (count < 1 || tokens[0].type != JSMN_OBJECT) {
        return -1;
    }
    for (int i = 1; i < count; i++) {
        if (tokens[i].parent < 0) {
            return -1; /* something follows the object */
        }
    }
    return count;
}

static struct span text_of(struct span body, const jsmntok_t *token)
{
    return (struct span){body.text + token->start, (size_t)(token->end - token->start)};
}

static int digit_of(char c)
{
    return c >= 'A' && c <= 'Z'   ? c - 'A'
           : c >= 'a' && c <= 'z' ? c - 'a' + 26
           : c >= '0' && c <= '9' ? c - '0' + 52
           : c == '+'             ? 62
           : c == '/'             ? 63
                                  : -1;
}

/* RFC 4648, section 4, padded. The one escape that JSON has for a character of it is \/. */
static const char *decode(struct span text, uint8_t *out, size_t room, size_t *count)
{
    uint32_t bits = 0;
    size_t digits = 0, padding = 0;
    for (size_t i = 0; i < text.bytes; i++) {
        char c = text.text[i];
        if (c == '\\') {
            c = ++i < text.bytes && text.text[i] == '/' ? '/' : ' ';
        }
        int digit = digit_of(c);
        if (c == '=' ? digits % 4 + padding < 2 : digit < 0 || padding > 0) {
            return "this is no base64";
        }
        padding += c == '=';
        digits += c != '=';
        bits = c == '=' ? bits : bits << 6 | (uint32_t)digit;
        if (c != '=' && digits % 4 != 1) {
            if (*count == room) {
                *count = room + 1;
                return "more bytes than one write takes";
            }
            unsigned left = digits % 4 == 2 ? 4 : digits % 4 == 3 ? 2 : 0;
            out[(*count)++] = (uint8_t)(bits >> left);
        }
    }
    unsigned rest = digits % 4 == 2 ? 4 : digits % 4 == 3 ? 2 : 0; /* bits of no byte */
    if ((digits + padding) % 4 || padding > 2 || (bits & ((1u << rest) - 1))) {
        return "this is no base64";
    }
    return NULL;
}

const char *body_base64(struct span body, void *out, size_t room, size_t *count)
{
    jsmntok_t tokens[TOKENS];
    *count = 0;
    if (parse(body, tokens) != 3 || tokens[1].type != JSMN_STRING || tokens[1].size != 1 ||
        tokens[2].type != JSMN_STRING || !span_is(text_of(body, &tokens[1]), "base64")) {
        return "the body is {\"base64\": \"...\"} and nothing else";
    }
    return decode(text_of(body, &tokens[2]), out, room, count);
}

const char *body_stop_after(struct span body, uint32_t *seconds)
{
    jsmntok_t tokens[TOKENS];
    unsigned long long number = 0;
    if (parse(body, tokens) != 3 || tokens[1].type != JSMN_STRING || tokens[1].size != 1 ||
        !span_is(text_of(body, &tokens[1]), "stop_after")) {
        return "the body is {\"stop_after\": SECONDS} and nothing else; {} is taken as none";
    }
    struct span text = text_of(body, &tokens[2]);
    if (tokens[2].type != JSMN_PRIMITIVE || text.text[0] == '0' || !span_number(text, &number) ||
        number > MOST_SECONDS) {
        return "`stop_after` is a whole number of seconds from 1 to 3600";
    }
    *seconds = (uint32_t)number;
    return NULL;
}

bool body_is_empty_object(struct span body)
{
    jsmntok_t tokens[TOKENS];
    return parse(body, tokens) == 1;
}

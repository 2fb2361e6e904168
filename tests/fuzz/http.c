/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a peer with a key sends, to the whole console but TLS: the first byte says whose key, the
 * second in which pieces. Each answer is one of HTTP, and what says that it is JSON is.
 */
#include "tests/console/made_machine.h"
#include "tests/console/net_made.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JSMN_STATIC
#define JSMN_STRICT
#define JSMN_PARENT_LINKS
#include <jsmn.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "fuzz: %s\n", what);
        abort();
    }
}

static void expect_json(const char *text, size_t bytes)
{
    static jsmntok_t tokens[8192];
    jsmn_parser parser;
    jsmn_init(&parser);
    expect(jsmn_parse(&parser, text, bytes, tokens, 8192) > 0, "an answer that is no JSON");
    for (size_t i = 0; i < bytes; i++) {
        expect(text[i] == '\n' || (unsigned char)text[i] >= ' ', "an answer with control bytes");
    }
}

/* Returns what follows it, NULL: nothing more can be judged. */
static const char *judge(const char *text)
{
    static struct heard heard;
    expect(world_parse(text, &heard), "an answer without a head");
    expect(heard.status >= 200 && heard.status <= 505, "a status of nothing");
    expect(strstr(heard.head, "Cache-Control: no-store\r\n"), "an answer that may be kept");
    if (strstr(heard.head, "text/event-stream")) {
        return NULL;
    }
    expect(heard.whole, "an answer that is not whole");
    if (strstr(heard.head, "json\r\n") && !strstr(heard.head, "ndjson")) {
        expect_json(heard.body, strlen(heard.body));
    }
    for (const char *line = heard.body; strstr(heard.head, "ndjson") && *line;) {
        const char *end = strchr(line, '\n');
        expect(end != NULL, "half a line");
        expect_json(line, (size_t)(end - line));
        line = end + 1;
    }
    return heard.rest;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char admin[16];
    if (size < 2) {
        return 0;
    }
    world_start();
    int connection = world_connect(1);
    snprintf(admin, sizeof(admin), "admin %u\n", data[0] % (MADE_ADMINS + 1u));
    world_say(connection, admin);
    size_t piece = data[1] ? data[1] : size;
    for (size_t at = 2; at < size && !world_is_closed(connection); at += piece) {
        world_say_bytes(connection, data + at, size - at < piece ? size - at : piece);
        world_turn(1);
    }
    world_turn(200);
    for (const char *text = world_heard(connection); text && *text;) {
        text = judge(text);
    }
    world_turn(300000);
    expect(world_is_closed(connection) || strstr(world_heard(connection), "text/event-stream"),
           "a connection that stays for ever");
    return 0;
}

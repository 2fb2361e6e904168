/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to the console's API, and answers that are what they say. */
#ifndef TESTS_ASKED_H
#define TESTS_ASKED_H

#include "tests/console/net_made.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define JSMN_STATIC
#define JSMN_STRICT
#define JSMN_PARENT_LINKS
#include <jsmn.h>

/* That a body is JSON to the letter, one value. */
static inline void expect_json(const char *text)
{
    static jsmntok_t tokens[4096];
    jsmn_parser parser;
    jsmn_init(&parser);
    int count = jsmn_parse(&parser, text, strlen(text), tokens, 4096);
    if (count < 1) {
        print_error("no JSON (%d): %s\n", count, text);
    }
    assert_true(count >= 1);
    for (int i = 1; i < count; i++) {
        assert_true(tokens[i].parent >= 0);
    }
}

static inline const struct heard *get(unsigned admin, const char *target, int status)
{
    const struct heard *heard = world_get(admin, target);
    if (heard->status != status) {
        print_error("%s: %d\n", target, heard->status);
    }
    assert_int_equal(heard->status, status);
    assert_true(heard->whole);
    return heard;
}

static inline const struct heard *post(unsigned admin, const char *target, const char *body,
                                       int status)
{
    const struct heard *heard = world_post(admin, target, body);
    if (heard->status != status) {
        print_error("%s: %d %s\n", target, heard->status, heard->body);
    }
    assert_int_equal(heard->status, status);
    assert_true(heard->whole);
    expect_json(heard->body);
    return heard;
}

#define HAS(heard, text)     assert_non_null(strstr((heard)->body, text))
#define HAS_NOT(heard, text) assert_null(strstr((heard)->body, text))

#endif

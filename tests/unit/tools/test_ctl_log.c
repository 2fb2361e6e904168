/* SPDX-License-Identifier: Apache-2.0 */
/* `ctl log`, `ctl serial`: the chain is looked at, streams break and go on, lines stay lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctl_world.h"
#include "tools/ctl/sse.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct world world;

static int read_log(const char *trail, int64_t from, bool json)
{
    char path[64];
    struct answer answers[] = {{"GET", path, 200, trail, 0, false}, {0}};

    snprintf(path, sizeof(path), "/v1/audit?from=%lld", (long long)from);
    world_open(&world, answers);
    world.ctl.json = json;
    world_hear(&world);
    int result = (int)ctl_log(&world.ctl, from, false);
    world_hear_no_more(&world);
    world_close(&world);
    return result;
}

/* The beginning of line `number` of the trail. */
static char *line_at(char *trail, int number)
{
    for (; number > 0; number--)
        trail = strchr(trail, '\n') + 1;
    return trail;
}

static void cut_line(char *trail, int number)
{
    char *at = line_at(trail, number), *next = line_at(at, 1);

    memmove(at, next, strlen(next) + 1);
}

static void test_whole(void **state)
{
    char *trail = world_file("audit.txt");

    (void)state;
    assert_int_equal(read_log(trail, 0, false), EXIT_GOOD);
    assert_string_equal(world.said, "");
    assert_non_null(strstr(world.out, "     0  2026-11-30T10:40:33.000Z  boot "));
    assert_int_equal(read_log(trail, 0, true), EXIT_GOOD);
    assert_string_equal(world.out, trail);
    assert_int_equal(read_log(line_at(trail, 3), 3, false), EXIT_GOOD); /* a later beginning */
    assert_string_equal(world.said, "");
    assert_int_equal(read_log("", 0, false), EXIT_GOOD);
    free(trail);
}

static void test_broken(void **state)
{
    (void)state;
    char *trail = world_file("audit.txt");
    cut_line(trail, 4);
    assert_int_equal(read_log(trail, 0, false), EXIT_FINDINGS);
    assert_non_null(strstr(world.said, "records are missing at record 5"));
    free(trail);
    /* Another TSC in one of them, which neither the number nor the words show. */
    trail = world_file("audit.txt");
    char *at = strstr(line_at(trail, 5), "\"record\":\"") + strlen("\"record\":\"") + 20;
    *at = *at == '0' ? '1' : '0';
    assert_int_equal(read_log(trail, 0, false), EXIT_FINDINGS);
    assert_non_null(strstr(world.said, "THE CHAIN IS BROKEN at record 5"));
    assert_null(strstr(world.said, "record 6"));
    free(trail);
    /* The first record's hash is of zeros and itself. */
    trail = world_file("audit.txt");
    at = strstr(trail, "\"hash\":\"") + strlen("\"hash\":\"");
    *at = *at == '0' ? '1' : '0';
    assert_int_equal(read_log(trail, 0, false), EXIT_FINDINGS);
    assert_non_null(strstr(world.said, "THE CHAIN IS BROKEN at record 0"));
    free(trail);
    /* A record twice. */
    trail = world_file("audit.txt");
    char *twice = calloc(1, 2 * strlen(trail) + 1);
    strcpy(twice, trail);
    strcat(twice, line_at(trail, 11));
    assert_int_equal(read_log(twice, 0, false), EXIT_FINDINGS);
    assert_non_null(strstr(world.said, "THE CHAIN IS BROKEN at record 11"));
    free(twice);
    free(trail);
}

static void test_lost(void **state)
{
    char *trail = world_file("audit.txt");
    char *all = calloc(1, strlen(trail) + 64);

    (void)state;
    sprintf(all, "{\"lost\":4}\n%s", line_at(trail, 4));
    assert_int_equal(read_log(all, 0, false), EXIT_GOOD);
    assert_non_null(strstr(world.said, "4 records before this are not kept any more"));
    free(all);
    free(trail);
}

static void test_hostile(void **state)
{
    static const char *const bad[][2] = {
        {"\"number\":0", "\"number\":1"},      {"\"number\":0", "\"number\":\"0\""},
        {"\"record\":\"00", "\"record\":\"0"}, {"\"record\":\"00", "\"record\":\"0g"},
        {"\"hash\":\"", "\"hash\":\"00"},      {"\"kind\":\"boot\"", "\"kind\":null"},
        {"{\"number\"", "[\"number\""},        {"{\"number\"", "{\"lost\":-1,\"number\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char *trail = world_file("audit.txt"), *body = world_replace(trail, bad[i][0], bad[i][1]);

        assert_int_equal(read_log(body, 0, false), EXIT_ENVIRONMENT);
        assert_string_equal(world.out, "");
        free(body);
        free(trail);
    }
    char *trail = world_file("audit.txt");
    char *body = world_replace(trail, "\"text\":\"boot", "\"text\":\"\\u001b[2J\\nboot");
    assert_int_equal(read_log(body, 0, false), EXIT_GOOD);
    assert_true(world_is_plain(world.out));
    assert_non_null(strstr(world.out, "\\x1b[2J\\x0aboot"));
    free(body);
    free(trail);
}

static char *machine_up(int uptime)
{
    char *text = world_file("machine.txt"), word[32];

    snprintf(word, sizeof(word), "\"uptime\":%d", uptime);
    char *all = world_replace(text, "\"uptime\":174", word);
    free(text);
    return all;
}

/* Lines `from` to `to` of the trail. */
static char *lines_of(const char *trail, int from, int to)
{
    char *all = strdup(trail), *begin = line_at(all, from);

    *line_at(all, to + 1) = 0;
    char *lines = strdup(begin);
    free(all);
    return lines;
}

static char *event_of(const char *line)
{
    char *all = calloc(1, strlen(line) + 64);

    sprintf(all, ": hello\r\nevent: audit\r\nid: 5\r\ndata: %s\r\n", line);
    return all;
}

static int follow(struct answer *answers)
{
    world_open(&world, answers);
    world.most_turns = 200;
    world_hear(&world);
    int result = (int)ctl_log(&world.ctl, 0, true);
    world_hear_no_more(&world);
    world_close(&world);
    return result;
}

static int lines(const char *text)
{
    int count = 0;

    for (; *text; text++)
        count += *text == '\n';
    return count;
}

/* What the stream tells comes once, in order, and what it left out is read. */
static void test_follow(void **state)
{
    char *trail = world_file("audit.txt"), *machine = machine_up(100);
    char *first = lines_of(trail, 0, 3), *more = lines_of(trail, 4, 5),
         *fifth = lines_of(trail, 5, 5);
    char *event = event_of(fifth);
    struct answer answers[] = {{"GET", "/v1/machine", 200, machine, 0, false},
                               {"GET", "/v1/events?audit=1", 200, event, 1, false},
                               {"GET", "/v1/events?audit=1", 200, ":\n\n", 0, true},
                               {"GET", "/v1/audit?from=0", 200, first, 1, false},
                               {"GET", "/v1/audit?from=4", 0, "no way", 1, false},
                               {"GET", "/v1/audit?from=4", 200, more, 1, false},
                               {"GET", "/v1/audit?from=6", 200, "", 0, false},
                               {0}};

    (void)state;
    assert_int_equal(follow(answers), EXIT_GOOD);
    assert_int_equal(lines(world.out), 6);
    assert_non_null(strstr(world.said, "the console is gone; trying again"));
    assert_non_null(strstr(world.said, "no way")); /* and is tried again */
    assert_null(strstr(world.said, "anew"));
    free(event);
    free(fifth);
    free(more);
    free(first);
    free(machine);
    free(trail);
}

/* A machine that has booted meanwhile begins with record 0. */
static void test_follow_anew(void **state)
{
    char *trail = world_file("audit.txt"), *before = machine_up(100), *after = machine_up(1);
    char *first = lines_of(trail, 0, 3), *less = lines_of(trail, 0, 1);
    struct answer answers[] = {{"GET", "/v1/machine", 200, before, 1, false},
                               {"GET", "/v1/machine", 0, "no answer", 2, false},
                               {"GET", "/v1/machine", 200, after, 0, false},
                               {"GET", "/v1/events?audit=1", 200, ":\n\n", 1, false},
                               {"GET", "/v1/events?audit=1", 200, ":\n\n", 0, true},
                               {"GET", "/v1/audit?from=0", 200, first, 1, false},
                               {"GET", "/v1/audit?from=4", 200, "", 0, false},
                               {"GET", "/v1/audit?from=0", 200, less, 1, false},
                               {"GET", "/v1/audit?from=2", 200, "", 0, false},
                               {0}};

    (void)state;
    assert_int_equal(follow(answers), EXIT_GOOD);
    assert_int_equal(lines(world.out), 6);
    assert_non_null(strstr(world.said, "the machine has booted anew"));
    assert_null(strstr(world.said, "no answer"));
    free(less);
    free(first);
    free(after);
    free(before);
    free(trail);
}

static void test_follow_refused(void **state)
{
    char *machine = machine_up(100);
    struct answer answers[] = {
        {"GET", "/v1/machine", 200, machine, 0, false},
        {"GET", "/v1/events?audit=1", 503, "{\"detail\":\"two streams\"}", 1, false},
        {"GET", "/v1/audit?from=0", 200, "", 0, false},
        {0}};

    (void)state;
    assert_int_equal(follow(answers), EXIT_FINDINGS);
    assert_non_null(strstr(world.said, "refused (503): two streams"));
    free(machine);
}

static int attach(struct answer *answers)
{
    world_open(&world, answers);
    world.most_turns = 60;
    world_hear(&world);
    int result = (int)ctl_serial(&world.ctl, "office", -1);
    world_hear_no_more(&world);
    world_close(&world);
    return result;
}

/* `events` as office's serial port tells them; standard input is what `typed` says. */
static int serial(const char *events, long status, const char *written, const char *typed)
{
    char *office = world_file("office.txt"), *machine = machine_up(100);
    int pipes[2], kept = dup(STDIN_FILENO);
    struct answer answers[] = {{"GET", "/v1/domains/office", 200, office, 0, false},
                               {"GET", "/v1/machine", 200, machine, 0, false},
                               {"GET", "/v1/events?serial=office", 200, events, 0, true},
                               {"POST", "/v1/domains/office/serial", status, written, 0, false},
                               {0}};

    assert_int_equal(pipe(pipes), 0);
    assert_int_equal(write(pipes[1], typed, strlen(typed)), strlen(typed));
    close(pipes[1]);
    dup2(pipes[0], STDIN_FILENO);
    int result = attach(answers);
    dup2(kept, STDIN_FILENO);
    close(pipes[0]);
    close(kept);
    free(office);
    free(machine);
    return result;
}

#define EVENT(from, lost, bytes)                                                                   \
    "event: serial\ndata: {\"domain\":\"office\",\"from\":" #from ",\"lost\":" #lost               \
    ",\"base64\":\"" bytes "\"}\n\n"

static void test_serial(void **state)
{
    (void)state;
    /* "ab\n", then "\033[2Jc\n" */
    assert_int_equal(serial(EVENT(0, 0, "YWIK") EVENT(3, 0, "G1sySmMK"), 200, "{}", ""), EXIT_GOOD);
    assert_non_null(strstr(world.out, "office (public) | ab\noffice (public) | c\n"));
    assert_true(world_is_plain(world.out));
    /* What was shown comes once, what is missing is said. */
    assert_int_equal(
        serial(EVENT(0, 0, "YWIK") EVENT(1, 0, "YgpjCg==") EVENT(9, 0, "ZAo="), 200, "{}", ""),
        EXIT_GOOD);
    assert_non_null(strstr(world.out, "| ab\noffice (public) | c\n"));
    assert_non_null(strstr(world.out, "* 4 bytes before this are lost\noffice (public) | d\n"));
    /* Of another domain: not in this one's name. */
    assert_int_equal(serial("event: serial\ndata: {\"domain\":\"secrets\",\"from\":0,\"lost\":0,"
                            "\"base64\":\"YWIK\"}\n\n",
                            200, "{}", ""),
                     EXIT_GOOD);
    assert_null(strstr(world.out, "ab"));
}

static void test_serial_hostile(void **state)
{
    static const char *const bad[] = {
        EVENT(0, 0, "YWI"),
        EVENT(0, 0, "Y=IK"),
        EVENT(-1, 0, "YWIK"),
        EVENT("0", 0, "YWIK"),
        EVENT(0, 0, "YW\\u0000K"),
        "event: serial\ndata: [\n\n",
        "event: domain\ndata: {}\n\n",
    };
    char *large = malloc(SSE_DATA_BYTES + 64);

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        serial(bad[i], 200, "{}", "");
    memset(large, 'x', SSE_DATA_BYTES + 63);
    large[SSE_DATA_BYTES + 63] = 0;
    for (size_t i = 0; i <= sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(serial(i < sizeof(bad) / sizeof(bad[0]) ? bad[i] : large, 200, "{}", ""),
                         EXIT_ENVIRONMENT);
        assert_non_null(strstr(world.said, "an event of the stream"));
    }
    free(large);
}

/* Typed lines end as the key does; what the domain has no room for is sent again. */
static void test_typed(void **state)
{
    (void)state;
    assert_int_equal(serial("", 200, "{\"written\":2}", "abc\n"), EXIT_GOOD);
    assert_non_null(strstr(world.asked, "/serial {\"base64\":\"YWJjDQ==\"}\n"));
    assert_non_null(strstr(world.asked, "/serial {\"base64\":\"Yw0=\"}\n"));
    assert_int_equal(serial("", 200, "{\"written\":5}", "abc\n"), EXIT_FINDINGS);
    assert_non_null(strstr(world.out, "what is typed goes nowhere: the console did not take it"));
    assert_int_equal(serial("", 403, "{}", ""), EXIT_GOOD); /* nothing was to be sent */
    assert_int_equal(serial("", 403, "{\"detail\":\"\\u001b no\"}", "abc\n"), EXIT_FINDINGS);
    assert_non_null(strstr(world.out, "what is typed goes nowhere: \\x1b no"));
    assert_true(world_is_plain(world.out));
}

static bool take_event(const char *event, const char *data, size_t bytes, void *context)
{
    char *all = context;

    assert_int_equal(strlen(data), bytes);
    sprintf(all + strlen(all), "<%s|%s>", event, data);
    return true;
}

/* Whatever pieces the bytes come in. */
static void test_events(void **state)
{
    static const char text[] = "event: a\ndata: 1\n\n:comment\ndata:2\rdata\rdata:  3\r\n\r\n"
                               "event: b\n\ndata: 4\nid: 7\nretry: 1\n\ndata: not whole\n";
    struct sse *sse = malloc(sizeof(*sse));
    char all[256];

    (void)state;
    for (size_t step = 1; step < sizeof(text); step++) {
        all[0] = 0;
        sse_open(sse, take_event, all);
        for (size_t i = 0; i < sizeof(text) - 1; i += step)
            assert_true(
                sse_put(text + i, step < sizeof(text) - 1 - i ? step : sizeof(text) - 1 - i, sse));
        assert_string_equal(all, "<a|1><|2\n\n 3><|4>");
    }
    free(sse);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),          cmocka_unit_test(test_broken),
        cmocka_unit_test(test_lost),           cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_follow),         cmocka_unit_test(test_follow_anew),
        cmocka_unit_test(test_follow_refused), cmocka_unit_test(test_serial),
        cmocka_unit_test(test_serial_hostile), cmocka_unit_test(test_typed),
        cmocka_unit_test(test_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

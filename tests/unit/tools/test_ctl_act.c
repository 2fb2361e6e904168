/* SPDX-License-Identifier: Apache-2.0 */
/* `ctl start` and the like: what is asked, how long it is waited for, and what counts as done. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctl_world.h"
#include <stdlib.h>
#include <string.h>

#define OFFICE "/v1/domains/office"

static struct world world;

static int act(struct answer *answers, const char *action, struct wish wish, bool json)
{
    wish.name = "office";
    wish.action = action;
    world_open(&world, answers);
    world.ctl.json = json;
    world_hear(&world);
    int result = (int)ctl_act(&world.ctl, &wish);
    world_hear_no_more(&world);
    world_close(&world);
    return result;
}

static const struct wish plain = {.wait = -1};

/* Office, in a state, with so many tickets answered. */
static char *office(const char *state, unsigned answered)
{
    char *text = world_file("office.txt"), word[64], count[64];

    snprintf(word, sizeof(word), "\"state\":\"%s\"", state);
    snprintf(count, sizeof(count), "\"answered\":%u", answered);
    char *half = world_replace(text, "\"state\":\"stopped\"", word);
    char *all = world_replace(half, "\"answered\":8", count);
    free(text);
    free(half);
    return all;
}

static int asked(const char *what)
{
    int count = 0;

    for (const char *at = world.asked; (at = strstr(at, what)) != NULL; at++)
        count++;
    return count;
}

static void test_done(void **state)
{
    char *leaving = office("leaving", 8), *stopped = office("stopped", 9);
    struct answer answers[] = {{"POST", OFFICE "/stop", 202, "{\"ticket\":9}", 1, false},
                               {"GET", OFFICE, 200, leaving, 3, false},
                               {"GET", OFFICE, 200, stopped, 0, false},
                               {0}};

    (void)state;
    assert_int_equal(act(answers, "stop", plain, false), EXIT_GOOD);
    assert_string_equal(world.out, "office: stopped\n");
    assert_int_equal(asked("GET"), 4);
    assert_int_equal(act(answers, "stop", plain, true), EXIT_GOOD);
    assert_non_null(strstr(world.out, "\"answered\": 9"));
    /* Tickets go on from 0 behind 2^32 - 1; one that others asked for later answers ours, too. */
    answers[0].body = "{\"ticket\":4294967295}";
    answers[1].times = 0;
    char *wrapped = office("stopped", 1);
    answers[1].body = wrapped;
    assert_int_equal(act(answers, "stop", plain, false), EXIT_GOOD);
    assert_int_equal(asked("GET"), 1);
    free(wrapped);
    free(leaving);
    free(stopped);
}

/* Answered, and not as it was wished. */
static void test_came_to_nothing(void **state)
{
    char *refused = office("refused", 9), *stopped = office("stopped", 9);
    struct answer answers[] = {{"POST", OFFICE "/start", 202, "{\"ticket\":9}", 0, false},
                               {"POST", OFFICE "/stop", 202, "{\"ticket\":9}", 0, false},
                               {"POST", OFFICE "/restart", 202, "{\"ticket\":9}", 0, false},
                               {"GET", OFFICE, 200, refused, 0, false},
                               {0}};

    (void)state;
    assert_int_equal(act(answers, "start", plain, false), EXIT_FINDINGS);
    assert_non_null(
        strstr(world.said, "start of office came to nothing: it is refused, last end:"));
    assert_int_equal(act(answers, "stop", plain, false), EXIT_GOOD);
    answers[3].body = stopped;
    assert_int_equal(act(answers, "restart", plain, false), EXIT_FINDINGS);
    free(refused);
    free(stopped);
}

static void test_waits_no_longer(void **state)
{
    char *waits = office("new", 8);
    struct answer answers[] = {{"POST", OFFICE "/start", 202, "{\"ticket\":9}", 0, false},
                               {"GET", OFFICE, 200, waits, 0, false},
                               {0}};

    (void)state;
    assert_int_equal(act(answers, "start", (struct wish){.wait = 5}, false), EXIT_FINDINGS);
    assert_non_null(strstr(world.said, "not answered after 5 s: it is new; starts after: -"));
    assert_true(world.now >= 5000 && world.now < 20000);
    assert_int_equal(act(answers, "start", (struct wish){.wait = -1, .no_wait = true}, false),
                     EXIT_GOOD);
    assert_string_equal(world.out, "ticket 9\n");
    assert_int_equal(asked("GET"), 0);
    free(waits);
}

static void test_refused(void **state)
{
    char *text = office("running", 8);
    struct answer answers[] = {
        {"POST", OFFICE "/stop", 403, "{\"detail\":\"no `stop`\"}", 0, false},
        {"GET", OFFICE, 404, "{}", 0, false},
        {0}};

    (void)state;
    assert_int_equal(act(answers, "stop", plain, false), EXIT_FINDINGS);
    assert_non_null(strstr(world.said, "refused (403): no `stop`"));
    assert_int_equal(asked("GET"), 0);
    answers[0].status = 429;
    answers[0].body = "{\"detail\":\"too soon\"}";
    assert_int_equal(act(answers, "stop", plain, false), EXIT_FINDINGS);
    assert_non_null(strstr(world.said, "refused (429): too soon\n"));
    answers[0].status = 421;
    assert_int_equal(act(answers, "stop", plain, false), EXIT_FINDINGS);
    assert_non_null(strstr(world.said, "; add gate-7 to management.names of its manifest"));
    answers[0].status = 202;
    answers[0].body = "{\"ticket\":9}";
    assert_int_equal(act(answers, "stop", plain, false), EXIT_FINDINGS);
    static const char *const bad[] = {"{}", "{\"ticket\":\"9\"}", "{\"ticket\":-9}",
                                      "{\"ticket\":4294967296}", "9"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        answers[0].body = bad[i];
        assert_int_equal(act(answers, "stop", plain, false), EXIT_ENVIRONMENT);
        assert_int_equal(asked("GET"), 0);
    }
    free(text);
}

/* What the status tells about the remedy. */
static void test_retry_after(void **state)
{
    struct answer answers[] = {{"GET", OFFICE, 429, "{\"detail\":\"too soon\"}", 0, false}, {0}};
    json_t *object;

    (void)state;
    world_open(&world, answers);
    world.retry_after = 7;
    world_hear(&world);
    assert_int_equal(api_object(&world.ctl, "GET", OFFICE, NULL, &object), EXIT_FINDINGS);
    world_hear_no_more(&world);
    world_close(&world);
    assert_non_null(strstr(world.said, "refused (429): too soon; try again after 7 s\n"));
}

/* The console dies and comes back while its domain does what was asked. */
static void test_console_away(void **state)
{
    char *stopped = office("stopped", 9);
    struct answer answers[] = {{"POST", OFFICE "/stop", 202, "{\"ticket\":9}", 1, false},
                               {"GET", OFFICE, 0, "refused", 3, false},
                               {"GET", OFFICE, 200, stopped, 0, false},
                               {0}};

    (void)state;
    assert_int_equal(act(answers, "stop", plain, false), EXIT_GOOD);
    assert_string_equal(world.out, "office: stopped\n");
    assert_string_equal(world.said, "bulkhead ctl: gate-7: refused\n");
    answers[1].times = 0;
    assert_int_equal(act(answers, "stop", (struct wish){.wait = 5}, false), EXIT_ENVIRONMENT);
    assert_true(world.now >= 5000 && world.now < 20000);
    assert_string_equal(world.said, "bulkhead ctl: gate-7: refused\n");
    assert_false(world.ctl.quiet);
    free(stopped);
}

/* A key that may stop, and not look. */
static void test_blind(void **state)
{
    char *text = world_file("office.txt");
    char *half = world_replace(text, "\"state\":\"stopped\"", "\"state\":null");
    char *blind = world_replace(half, "\"answered\":8", "\"answered\":null");
    struct answer answers[] = {{"POST", OFFICE "/stop", 202, "{\"ticket\":9}", 0, false},
                               {"GET", OFFICE, 200, blind, 0, false},
                               {0}};

    (void)state;
    assert_int_equal(act(answers, "stop", plain, false), EXIT_GOOD);
    assert_non_null(strstr(world.out, "taken; your key may not read what came of it"));
    free(text);
    free(half);
    free(blind);
}

static void test_check(void **state)
{
    char *good = office("running", 9);
    char *failed = world_replace(good, "\"check_failed\":null", "\"check_failed\":12");
    struct answer answers[] = {{"POST", OFFICE "/check", 202, "{\"ticket\":9}", 0, false},
                               {"GET", OFFICE, 200, good, 0, false},
                               {0}};

    (void)state;
    assert_int_equal(act(answers, "check", plain, false), EXIT_GOOD);
    assert_string_equal(world.out, "office: the separation check found nothing\n");
    answers[1].body = failed;
    assert_int_equal(act(answers, "check", plain, false), EXIT_FINDINGS);
    assert_non_null(strstr(world.said, "the separation check of office FAILED (12)"));
    free(good);
    free(failed);
}

/* Office, up or down, with another last end than being asked to. */
static char *ended(const char *state, unsigned answered, const char *end)
{
    char *text = office(state, answered), *all = NULL, word[64];

    snprintf(word, sizeof(word), "\"last_end\":\"%s\"", end);
    all = world_replace(text, "\"last_end\":\"asked\"", word);
    free(text);
    return all;
}

/* The guest is told, and waited for. */
static void test_power_button(void **state)
{
    char *up = office("running", 9), *down = ended("stopped", 9, "power-off");
    struct answer answers[] = {{"POST", OFFICE "/power-button", 202, "{\"ticket\":9}", 0, false},
                               {"GET", OFFICE, 200, up, 0, false},
                               {"GET", OFFICE, 200, down, 0, false},
                               {0}};

    (void)state;
    assert_int_equal(act(answers, "power-button", plain, false), EXIT_GOOD);
    assert_string_equal(world.out, "office: was told to shut down\n");
    assert_int_equal(asked("stop_after"), 0);
    assert_int_equal(act(answers, "power-button", (struct wish){.wait = 3}, false), EXIT_FINDINGS);
    assert_non_null(strstr(world.said, "office is still running after 3 s; --then-stop"));
    answers[1].times = 4;
    assert_int_equal(act(answers, "power-button", (struct wish){.wait = 60}, false), EXIT_GOOD);
    assert_string_equal(world.out, "office: is down\n");
    assert_int_equal(asked("stop_after"), 0);
    free(up);
    free(down);
}

/* Office, up, with so many seconds left until it is stopped. */
static char *pending(const char *seconds)
{
    char *text = office("running", 9), *all = NULL, word[64];

    snprintf(word, sizeof(word), "\"stop_in\":%s,\"checks\":1", seconds);
    all = world_replace(text, "\"checks\":1", word);
    free(text);
    return all;
}

/* The console stops it: nothing is asked of it but the button. */
static void test_then_stop(void **state)
{
    const struct wish wish = {.wait = 3, .then_stop = true};
    char *up = pending("3"), *down = ended("stopped", 9, "power-off");
    char *stopped = office("stopped", 10), *leaving = office("leaving", 9);
    struct answer answers[] = {{"POST", OFFICE "/power-button", 202, "{\"ticket\":9}", 0, false},
                               {"GET", OFFICE, 200, up, 2, false},
                               {"GET", OFFICE, 200, down, 0, false},
                               {0}};

    (void)state;
    assert_int_equal(act(answers, "power-button", wish, false), EXIT_GOOD);
    assert_string_equal(world.out, "office: is down\n");
    assert_non_null(strstr(world.asked, "{\"stop_after\":3}"));
    char *due = pending("1");
    struct answer long_answers[] = {
        {"POST", OFFICE "/power-button", 202, "{\"ticket\":9}", 0, false},
        {"GET", OFFICE, 200, up, 2, false},
        {"GET", OFFICE, 200, due, 2, false},
        {"GET", OFFICE, 200, leaving, 40, false}, /* much memory to be emptied */
        {"GET", OFFICE, 200, stopped, 0, false},
        {0}};
    assert_int_equal(act(long_answers, "power-button", wish, false), EXIT_GOOD);
    assert_string_equal(world.out, "office: still up after 3 s, so it was stopped\n"
                                   "office: stopped\n");
    assert_int_equal(asked("POST"), 1);
    long_answers[3].times = 0;
    assert_int_equal(act(long_answers, "power-button", wish, false), EXIT_FINDINGS);
    assert_non_null(strstr(world.said, "office is leaving: its end takes long"));
    answers[2].body = stopped; /* by somebody else, before it was time */
    answers[1].body = due;
    assert_int_equal(
        act(answers, "power-button", (struct wish){.wait = 60, .then_stop = true}, false),
        EXIT_GOOD);
    assert_string_equal(world.out, "office: is down\n");
    free(up);
    free(down);
    free(due);
    free(leaving);
    free(stopped);
}

/* What becomes of the stop is no longer this press's matter: said at once. */
static void test_stop_is_off(void **state)
{
    const struct wish wish = {.wait = 60, .then_stop = true};
    char *up = pending("60"), *none = pending("null"), *later = pending("300");
    char *pressed = world_replace(none, "\"ticket\":8", "\"ticket\":10");
    char *anew = world_replace(up, "\"lives\":4", "\"lives\":5");
    const struct {
        const char *body, *said;
    } cases[] = {{pressed, "office is running: another press took the stop back; `stop`"},
                 {none, "the stop is forgotten: another press took the stop back, or its console"},
                 {later, "another press put the stop off"},
                 {anew, "the life that was to be stopped has ended"}};
    struct answer answers[] = {{"POST", OFFICE "/power-button", 202, "{\"ticket\":9}", 0, false},
                               {"GET", OFFICE, 200, up, 2, false},
                               {"GET", OFFICE, 200, none, 0, false},
                               {0}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        answers[2].body = cases[i].body;
        assert_int_equal(act(answers, "power-button", wish, false), EXIT_FINDINGS);
        if (!strstr(world.said, cases[i].said))
            fail_msg("%s", world.said);
        assert_true(world.now < 10000);
        assert_int_equal(asked("POST"), 1);
    }
    answers[1].times = 5; /* the stop is due, and does not come */
    answers[1].body = answers[2].body = none;
    assert_int_equal(
        act(answers, "power-button", (struct wish){.wait = 2, .then_stop = true}, false),
        EXIT_FINDINGS);
    assert_true(world.now >= 12000 && world.now < 18000);
    free(up);
    free(none);
    free(later);
    free(pressed);
    free(anew);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_done),
        cmocka_unit_test(test_came_to_nothing),
        cmocka_unit_test(test_waits_no_longer),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_retry_after),
        cmocka_unit_test(test_console_away),
        cmocka_unit_test(test_blind),
        cmocka_unit_test(test_check),
        cmocka_unit_test(test_power_button),
        cmocka_unit_test(test_then_stop),
        cmocka_unit_test(test_stop_is_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

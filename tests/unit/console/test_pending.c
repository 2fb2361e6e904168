/* SPDX-License-Identifier: Apache-2.0 */
/* I6: a power button with a stop behind it: who may ask for that, when it comes, and when not. */
#include "asked.h"
#include "guests/console/pending.h"
#include "guests/console/session.h"
#include "tests/console/made_machine.h"

#define BUTTON "/v1/domains/office/power-button"
#define OFFICE "/v1/domains/office"

/* The console sleeps as long as it says and no longer, so that its own timer is what is tested. */
static void sleep_through(uint64_t milliseconds)
{
    uint64_t end = made.now + milliseconds;
    while (made.now < end) {
        uint64_t sleep = session_sleep(made.now), left = end - made.now;
        world_turn(sleep < left ? sleep : left);
    }
}

static void start(void)
{
    world_start();
    made.deaf = true;
    world_turn(0);
}

static void stops_who_stays(void **state)
{
    (void)state;
    start();
    assert_true(session_sleep(made.now) == NET_NEVER);
    assert_string_equal(post(MADE_OPERATOR, BUTTON, "{\"stop_after\": 30}", 202)->body,
                        "{\"ticket\":1}\n");
    HAS(get(MADE_AUDITOR, OFFICE, 200), "\"stop_in\":30,");
    sleep_through(29000);
    HAS(get(MADE_AUDITOR, OFFICE, 200), "\"stop_in\":1,");
    assert_int_equal(made.calls[MANAGEMENT_STOP], 0);
    sleep_through(1000);
    assert_int_equal(made.calls[MANAGEMENT_STOP], 1);
    HAS(get(MADE_AUDITOR, OFFICE, 200), "\"stop_in\":null,");
    sleep_through(2000);
    HAS(get(MADE_AUDITOR, OFFICE, 200), "\"state\":\"stopped\"");
    HAS(get(MADE_AUDITOR, "/v1/audit", 200), "\"text\":\"ops asked: stop of office, ticket 2\"");
    assert_true(session_sleep(made.now) == NET_NEVER);
    sleep_through(PENDING_AGAIN_MS * 100);
    assert_int_equal(made.calls[MANAGEMENT_STOP], 1);
}

static void who_shuts_down_is_left_alone(void **state)
{
    (void)state;
    start();
    made.deaf = false;
    post(MADE_OPERATOR, BUTTON, "{\"stop_after\":30}", 202);
    sleep_through(5000);
    get(MADE_OPERATOR, OFFICE, 200); /* the made-up machine goes on when it is asked */
    const struct heard *heard = get(MADE_OPERATOR, OFFICE, 200);
    HAS(heard, "\"state\":\"stopped\"");
    HAS(heard, "\"stop_in\":null");
    /* Started anew before the time is over: that is another life. */
    post(MADE_OPERATOR, "/v1/domains/office/start", "", 202);
    sleep_through(60000);
    heard = get(MADE_OPERATOR, OFFICE, 200);
    HAS(heard, "\"state\":\"running\"");
    HAS(heard, "\"lives\":2");
    assert_int_equal(made.calls[MANAGEMENT_STOP], 0);
    /* At rest already: nothing will be due. */
    post(MADE_OPERATOR, "/v1/domains/office/stop", "", 202);
    sleep_through(2000);
    post(MADE_OPERATOR, BUTTON, "{\"stop_after\":30}", 202);
    assert_true(session_sleep(made.now) == NET_NEVER);
}

/* A guest that starts again by itself, as after a reset, is one that somebody may be using. */
static void another_life_is_left_alone(void **state)
{
    (void)state;
    start();
    post(MADE_OPERATOR, BUTTON, "{\"stop_after\":10}", 202);
    made_status(MADE_OFFICE)->lives++;
    HAS(get(MADE_OPERATOR, OFFICE, 200), "\"stop_in\":null");
    sleep_through(20000);
    assert_int_equal(made.calls[MANAGEMENT_STOP], 0);
    post(MADE_OPERATOR, BUTTON, "{\"stop_after\":10}", 202);
    made_status(MADE_OFFICE)->state = LIFE_REFUSED;
    sleep_through(20000);
    assert_int_equal(made.calls[MANAGEMENT_STOP], 0);
}

/* Started again just before the time is over: its memory is zeroed, and its lives are not counted
 * yet. */
static void one_that_is_made_ready_is_left_alone(void **state)
{
    static const enum life_state between[] = {LIFE_RESETTING, LIFE_ZEROING, LIFE_LOADING,
                                              LIFE_LEAVING};
    (void)state;
    for (size_t i = 0; i < sizeof(between) / sizeof(between[0]); i++) {
        start();
        post(MADE_OPERATOR, BUTTON, "{\"stop_after\":10}", 202);
        made_status(MADE_OFFICE)->state = between[i];
        HAS(get(MADE_OPERATOR, OFFICE, 200), "\"stop_in\":null");
        made_status(MADE_OFFICE)->state = between[i];
        sleep_through(10000);
        assert_int_equal(made.calls[MANAGEMENT_STOP], 0);
        /* Nor is there a life to stop for one who presses now. */
        made_status(MADE_OFFICE)->state = between[i];
        post(MADE_OPERATOR, BUTTON, "{\"stop_after\":10}", 202);
        assert_true(session_sleep(made.now) == NET_NEVER);
    }
}

/* The last press says when, or that there is no time. */
static void the_last_press_counts(void **state)
{
    (void)state;
    start();
    post(MADE_OPERATOR, BUTTON, "{\"stop_after\":10}", 202);
    sleep_through(5000);
    post(MADE_OPERATOR, BUTTON, "{\"stop_after\":3600}", 202);
    HAS(get(MADE_OPERATOR, OFFICE, 200), "\"stop_in\":3600,");
    sleep_through(3599000);
    assert_int_equal(made.calls[MANAGEMENT_STOP], 0);
    post(MADE_OPERATOR, BUTTON, "{}", 202);
    HAS(get(MADE_OPERATOR, OFFICE, 200), "\"stop_in\":null,");
    sleep_through(100000);
    assert_int_equal(made.calls[MANAGEMENT_STOP], 0);
    /* One that is refused changes nothing. */
    post(MADE_OPERATOR, BUTTON, "{\"stop_after\":10}", 202);
    post(MADE_OPERATOR, BUTTON, "{\"stop_after\":20}", 429);
    post(MADE_OPERATOR, BUTTON, "{\"stop_after\":0}", 400);
    post(MADE_AUDITOR, BUTTON, "{}", 403);
    HAS(get(MADE_OPERATOR, OFFICE, 200), "\"stop_in\":10,");
}

static void without_a_right(void **state)
{
    (void)state;
    start();
    HAS(post(MADE_AUDITOR, BUTTON, "{\"stop_after\":10}", 403), "\"right\":\"power-button\"");
    made_domain(MADE_OFFICE)->manage = MANIFEST_RIGHTS & ~MANIFEST_MAY_STOP;
    session_start(made_info());
    HAS(post(MADE_OPERATOR, BUTTON, "{\"stop_after\":10}", 403), "\"right\":\"stop\"");
    HAS(get(MADE_AUDITOR, "/v1/audit", 200), "ops asked: stop of office; refused: the manifest");
    made_domain(MADE_OFFICE)->manage = MANIFEST_MAY_STOP | MANIFEST_MAY_POWER_BUTTON;
    session_start(made_info());
    HAS(post(MADE_OPERATOR, BUTTON, "{\"stop_after\":10}", 403), "\"right\":\"status\"");
    assert_int_equal(made.calls[MANAGEMENT_POWER_BUTTON], 0);
    made_domain(MADE_OFFICE)->manage = MANIFEST_MAY_STATUS | MANIFEST_MAY_STOP;
    session_start(made_info());
    HAS(post(MADE_OPERATOR, BUTTON, "{\"stop_after\":10}", 403), "\"right\":\"power-button\"");
    assert_true(session_sleep(made.now) == NET_NEVER);
    /* Without a time neither of the other rights is needed. */
    made_domain(MADE_OFFICE)->manage = MANIFEST_MAY_POWER_BUTTON;
    session_start(made_info());
    post(MADE_OPERATOR, BUTTON, "", 202);
}

static void bodies(void **state)
{
    static const char *const bad[] = {"{\"stop_after\":0}",    "{\"stop_after\":3601}",
                                      "{\"stop_after\":1.5}",  "{\"stop_after\":\"60\"}",
                                      "{\"stop_after\":1e99}", "{\"stop_after\":60,\"force\":1}",
                                      "{\"wait\":60}",         "[60]"};
    (void)state;
    start();
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        HAS(post(MADE_OPERATOR, BUTTON, bad[i], 400), "stop_after");
    }
    post(MADE_OPERATOR, "/v1/domains/office/stop", "{\"stop_after\":60}", 400);
    assert_int_equal(made.calls[MANAGEMENT_POWER_BUTTON], 0);
    assert_int_equal(made.calls[MANAGEMENT_STOP], 0);
}

/* Too soon after another's request it is tried again; what the hypervisor refuses is given up. */
static void a_stop_that_is_refused(void **state)
{
    (void)state;
    start();
    post(MADE_OPERATOR, BUTTON, "{\"stop_after\":10}", 202);
    sleep_through(9990);
    uint64_t status = made.calls[MANAGEMENT_STATUS];
    post(MADE_OPERATOR, "/v1/domains/office/serial", "{\"base64\":\"Zg==\"}", 200);
    sleep_through(10);
    assert_int_equal(made.calls[MANAGEMENT_STATUS], status + 1);
    assert_int_equal(made.calls[MANAGEMENT_STOP], 1);
    HAS(get(MADE_OPERATOR, OFFICE, 200), "\"state\":\"running\"");
    HAS(get(MADE_OPERATOR, OFFICE, 200), "\"stop_in\":1,");
    sleep_through(2000);
    assert_int_equal(made.calls[MANAGEMENT_STOP], 2);
    HAS(get(MADE_OPERATOR, OFFICE, 200), "\"state\":\"stopped\"");
    start();
    post(MADE_OPERATOR, BUTTON, "{\"stop_after\":10}", 202);
    made.refuses = MANAGEMENT_BAD_CALL;
    sleep_through(20000);
    assert_int_equal(made.calls[MANAGEMENT_STOP], 0);
    made.refuses = MANAGEMENT_DONE;
    HAS(get(MADE_OPERATOR, OFFICE, 200), "\"stop_in\":null,");
}

/* A console that is started again knows of none. */
static void forgotten_with_the_console(void **state)
{
    (void)state;
    start();
    post(MADE_OPERATOR, BUTTON, "{\"stop_after\":10}", 202);
    session_start(made_info());
    HAS(get(MADE_OPERATOR, OFFICE, 200), "\"stop_in\":null,");
    sleep_through(20000);
    assert_int_equal(made.calls[MANAGEMENT_STOP], 0);
}

/* Each domain has its own. */
static void two_domains(void **state)
{
    (void)state;
    start();
    made_domain(MADE_PLANT)->manage = MANIFEST_RIGHTS;
    session_start(made_info());
    post(MADE_OPERATOR, BUTTON, "{\"stop_after\":20}", 202);
    post(MADE_OPERATOR, "/v1/domains/plant/power-button", "{\"stop_after\":10}", 202);
    sleep_through(15000);
    HAS(get(MADE_OPERATOR, "/v1/domains/plant", 200), "\"state\":\"stopped\"");
    HAS(get(MADE_OPERATOR, OFFICE, 200), "\"state\":\"running\"");
    sleep_through(10000);
    HAS(get(MADE_OPERATOR, OFFICE, 200), "\"state\":\"stopped\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stops_who_stays),
        cmocka_unit_test(who_shuts_down_is_left_alone),
        cmocka_unit_test(another_life_is_left_alone),
        cmocka_unit_test(one_that_is_made_ready_is_left_alone),
        cmocka_unit_test(the_last_press_counts),
        cmocka_unit_test(without_a_right),
        cmocka_unit_test(bodies),
        cmocka_unit_test(a_stop_that_is_refused),
        cmocka_unit_test(forgotten_with_the_console),
        cmocka_unit_test(two_domains),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

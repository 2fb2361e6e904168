/* SPDX-License-Identifier: Apache-2.0 */
/* I7, I9: the states of a domain's life: every state with every event, and all ways through them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/life/step.h"

#define EACH(state, stay, event)                                                                   \
    for (int state = 0; state < LIFE_STATES; state++)                                              \
        for (int stay = 0; stay < 2; stay++)                                                       \
            for (int event = 0; event < EVENTS; event++)

/* What must happen, written down by hand. ANY: whether it is to stay or not; KEPT: as before. */
enum { ANY = 2, KEPT = 2 };
static const struct row {
    enum life_state state;
    int stay;
    enum life_event event;
    enum life_state next;
    int next_stay;
    enum life_action action;
} rows[] = {
    {LIFE_NEW, ANY, EVENT_START, LIFE_RESETTING, false, ACTION_SET_UP},
    {LIFE_NEW, ANY, EVENT_STOP, LIFE_RESETTING, true, ACTION_SET_UP},
    {LIFE_NEW, ANY, EVENT_RESTART, LIFE_RESETTING, false, ACTION_SET_UP},
    {LIFE_RESETTING, ANY, EVENT_DONE, LIFE_EMPTYING, KEPT, ACTION_NONE},
    {LIFE_RESETTING, ANY, EVENT_FAILED, LIFE_EMPTYING, KEPT, ACTION_NONE},
    {LIFE_RESETTING, ANY, EVENT_START, LIFE_RESETTING, false, ACTION_NONE},
    {LIFE_RESETTING, ANY, EVENT_STOP, LIFE_RESETTING, true, ACTION_NONE},
    {LIFE_RESETTING, ANY, EVENT_RESTART, LIFE_RESETTING, false, ACTION_NONE},
    {LIFE_EMPTYING, ANY, EVENT_DONE, LIFE_ZEROING, KEPT, ACTION_NONE},
    {LIFE_EMPTYING, ANY, EVENT_FAILED, LIFE_ZEROING, KEPT, ACTION_NONE},
    {LIFE_EMPTYING, ANY, EVENT_START, LIFE_EMPTYING, false, ACTION_NONE},
    {LIFE_EMPTYING, ANY, EVENT_STOP, LIFE_EMPTYING, true, ACTION_NONE},
    {LIFE_EMPTYING, ANY, EVENT_RESTART, LIFE_EMPTYING, false, ACTION_NONE},
    {LIFE_ZEROING, ANY, EVENT_DONE, LIFE_SETTLING, KEPT, ACTION_NONE},
    {LIFE_ZEROING, ANY, EVENT_FAILED, LIFE_REFUSED, true, ACTION_REFUSE},
    {LIFE_ZEROING, ANY, EVENT_START, LIFE_ZEROING, false, ACTION_NONE},
    {LIFE_ZEROING, ANY, EVENT_STOP, LIFE_ZEROING, true, ACTION_NONE},
    {LIFE_ZEROING, ANY, EVENT_RESTART, LIFE_ZEROING, false, ACTION_NONE},
    {LIFE_SETTLING, false, EVENT_DONE, LIFE_LOADING, false, ACTION_NONE},
    {LIFE_SETTLING, true, EVENT_DONE, LIFE_STOPPED, true, ACTION_NONE},
    {LIFE_SETTLING, false, EVENT_FAILED, LIFE_REFUSED, true, ACTION_REFUSE},
    {LIFE_SETTLING, true, EVENT_FAILED, LIFE_STOPPED, true, ACTION_NONE},
    {LIFE_SETTLING, ANY, EVENT_START, LIFE_SETTLING, false, ACTION_NONE},
    {LIFE_SETTLING, ANY, EVENT_STOP, LIFE_SETTLING, true, ACTION_NONE},
    {LIFE_SETTLING, ANY, EVENT_RESTART, LIFE_SETTLING, false, ACTION_NONE},
    {LIFE_LOADING, false, EVENT_DONE, LIFE_RUNNING, false, ACTION_COUNT},
    {LIFE_LOADING, true, EVENT_DONE, LIFE_EMPTYING, true, ACTION_NONE},
    {LIFE_LOADING, ANY, EVENT_FAILED, LIFE_REFUSED, true, ACTION_REFUSE},
    {LIFE_LOADING, ANY, EVENT_START, LIFE_LOADING, false, ACTION_NONE},
    {LIFE_LOADING, ANY, EVENT_STOP, LIFE_LOADING, true, ACTION_NONE},
    {LIFE_LOADING, ANY, EVENT_RESTART, LIFE_LOADING, false, ACTION_NONE},
    {LIFE_RUNNING, ANY, EVENT_START, LIFE_RUNNING, KEPT, ACTION_NONE},
    {LIFE_RUNNING, ANY, EVENT_STOP, LIFE_LEAVING, true, ACTION_CALL},
    {LIFE_RUNNING, ANY, EVENT_RESTART, LIFE_LEAVING, false, ACTION_CALL},
    {LIFE_LEAVING, ANY, EVENT_DONE, LIFE_RESETTING, KEPT, ACTION_TELL},
    {LIFE_LEAVING, ANY, EVENT_FAILED, LIFE_RESETTING, KEPT, ACTION_TELL},
    {LIFE_LEAVING, ANY, EVENT_START, LIFE_LEAVING, false, ACTION_NONE},
    {LIFE_LEAVING, ANY, EVENT_STOP, LIFE_LEAVING, true, ACTION_NONE},
    {LIFE_LEAVING, ANY, EVENT_RESTART, LIFE_LEAVING, false, ACTION_NONE},
    {LIFE_STOPPED, ANY, EVENT_START, LIFE_RESETTING, false, ACTION_CALL},
    {LIFE_STOPPED, ANY, EVENT_STOP, LIFE_STOPPED, true, ACTION_NONE},
    {LIFE_STOPPED, ANY, EVENT_RESTART, LIFE_RESETTING, false, ACTION_CALL},
    {LIFE_REFUSED, ANY, EVENT_START, LIFE_RESETTING, false, ACTION_CALL},
    {LIFE_REFUSED, ANY, EVENT_STOP, LIFE_REFUSED, true, ACTION_NONE},
    {LIFE_REFUSED, ANY, EVENT_RESTART, LIFE_RESETTING, false, ACTION_CALL},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

/* Without a row nothing happens. */
static struct life_step due(enum life_state state, bool stay, enum life_event event)
{
    struct life_step step = {state, stay, ACTION_NONE};
    for (int i = 0; i < ROWS; i++)
        if (rows[i].state == state && rows[i].event == event &&
            (rows[i].stay == ANY || rows[i].stay == stay))
            step = (struct life_step){
                rows[i].next, rows[i].next_stay == KEPT ? stay : rows[i].next_stay, rows[i].action};
    return step;
}

static void every_state_with_every_event(void **unused)
{
    (void)unused;
    EACH(state, stay, event)
    {
        struct life_step is = life_next(state, stay, event), wanted = due(state, stay, event);
        if (is.state != wanted.state || is.stay != wanted.stay || is.action != wanted.action)
            fail_msg("state %d, stay %d, event %d: state %d, stay %d, action %d; due: %d, %d, %d",
                     state, stay, event, is.state, is.stay, is.action, wanted.state, wanted.stay,
                     wanted.action);
    }
}

/* All states that can be reached from `state` without passing `barred`, as bits. */
static unsigned reach(enum life_state from, enum life_state barred)
{
    unsigned seen = 1u << from, before = 0;
    while (seen != before) {
        before = seen;
        EACH(state, stay, event)
        {
            enum life_state next = life_next(state, stay, event).state;
            if (before >> state & 1 && next != barred)
                seen |= 1u << next;
        }
    }
    return seen;
}

static void no_way_to_run_but_reset_emptied_zeroed_settled_and_loaded(void **unused)
{
    static const enum life_state due_before[] = {LIFE_RESETTING, LIFE_EMPTYING, LIFE_ZEROING,
                                                 LIFE_SETTLING, LIFE_LOADING};
    (void)unused;
    for (int from = 0; from < LIFE_STATES; from++)
        for (int i = 0; i < 5; i++) {
            /* Who is behind that place already has passed it. */
            bool before = from == LIFE_NEW || from == LIFE_LEAVING || from == LIFE_STOPPED ||
                          from == LIFE_REFUSED ||
                          (from >= LIFE_RESETTING && from < (int)due_before[i]);
            if (before)
                assert_false(reach(from, due_before[i]) >> LIFE_RUNNING & 1);
        }
}

/* I7: what a device writes after the RAM was zeroed would be there in the next life. */
static void ram_is_zeroed_after_the_devices_rest(void **unused)
{
    (void)unused;
    for (int from = 0; from < LIFE_STATES; from++)
        if (from == LIFE_NEW || from == LIFE_RUNNING || life_rests(from) || from == LIFE_LEAVING)
            assert_false(reach(from, LIFE_RESETTING) >> LIFE_ZEROING & 1);
}

static void runs_only_what_did_not_fail_and_may_go_on(void **unused)
{
    (void)unused;
    EACH(state, stay, event)
    {
        struct life_step next = life_next(state, stay, event);
        if (next.state == LIFE_RUNNING && state != LIFE_RUNNING) {
            assert_int_equal(state, LIFE_LOADING);
            assert_int_equal(event, EVENT_DONE);
            assert_false(stay);
        }
        assert_int_equal(next.action == ACTION_SET_UP, state == LIFE_NEW && next.state != LIFE_NEW);
    }
}

/* Asked once and left alone, a domain comes to rest, and there is as it was asked to be. */
static enum life_state settle(enum life_state state, bool stay, enum life_event event, bool fails)
{
    struct life_step at = life_next(state, stay, event);
    for (int i = 0; i < LIFE_STATES && !life_rests(at.state); i++)
        at = life_next(at.state, at.stay, fails ? EVENT_FAILED : EVENT_DONE);
    return at.state;
}

static void what_is_asked_for_comes_to_pass(void **unused)
{
    (void)unused;
    for (int state = 0; state < LIFE_STATES; state++)
        for (int stay = 0; stay < 2; stay++) {
            assert_int_equal(settle(state, stay, EVENT_START, false), LIFE_RUNNING);
            assert_int_equal(settle(state, stay, EVENT_RESTART, false), LIFE_RUNNING);
            assert_int_equal(settle(state, stay, EVENT_STOP, false),
                             state == LIFE_REFUSED ? LIFE_REFUSED : LIFE_STOPPED);
            enum life_state failed = settle(state, stay, EVENT_RESTART, true);
            assert_int_equal(failed, LIFE_REFUSED);
        }
}

/* Who sleeps or runs the guest must be called, or would never see that the state has changed. */
static void rest_ends_with_a_call(void **unused)
{
    (void)unused;
    EACH(state, stay, event)
    {
        struct life_step next = life_next(state, stay, event);
        bool leaves = life_rests(state) && next.state != (enum life_state)state;
        assert_int_equal(next.action == ACTION_CALL || next.action == ACTION_SET_UP, leaves);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_with_every_event),
        cmocka_unit_test(no_way_to_run_but_reset_emptied_zeroed_settled_and_loaded),
        cmocka_unit_test(ram_is_zeroed_after_the_devices_rest),
        cmocka_unit_test(runs_only_what_did_not_fail_and_may_go_on),
        cmocka_unit_test(what_is_asked_for_comes_to_pass),
        cmocka_unit_test(rest_ends_with_a_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

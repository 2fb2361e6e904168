/* SPDX-License-Identifier: Apache-2.0 */
/* What a boot test expects, against lines that were read in any portions. */
#include "tests/boot/expect.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct spec spec;
static struct expect expect;

static void add(enum step_kind kind, int port, const char *text)
{
    struct step *step = &spec.steps[spec.step_count++];
    *step = (struct step){.kind = kind, .port = port, .number = 1};
    step->done = kind == STEP_NEVER || kind == STEP_HUSH;
    snprintf(step->text, sizeof(step->text), "%s", text);
    assert_int_equal(regcomp(&step->regex, text, REG_EXTENDED), 0);
}

static void keep(int port, const char *line)
{
    expect_keep(&expect, port, line);
}

static int setup(void **state)
{
    (void)state;
    spec = (struct spec){.step_count = 0};
    expect = (struct expect){.spec = &spec};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (unsigned i = 0; i < spec.step_count; i++)
        regfree(&spec.steps[i].regex);
    for (int port = 0; port < SERIAL_PORTS; port++)
        free(expect.kept[port].lines);
    return 0;
}

/* A domain lives and dies before anybody reads a line: all of it counts, in order. */
static void all_at_once(void **state)
{
    (void)state;
    add(STEP_MUST, 0, "^check");
    add(STEP_MUST, 2, "^other");
    add(STEP_THEN, 1, "^life");
    add(STEP_THEN, 0, "^restart");
    add(STEP_THEN, 1, "^life");
    add(STEP_THEN, 2, "^other goes on");
    for (int port = SERIAL_PORTS; port-- > 0;) { /* ports.c reads com1 last */
        if (port == 2) {
            keep(port, "other");
            keep(port, "other goes on");
        }
        if (port == 1) {
            keep(port, "life");
            keep(port, "life");
        }
        if (port == 0) {
            keep(port, "check");
            keep(port, "restart");
        }
    }
    expect_heed(&expect);
    assert_true(expect_met(&expect));
}

/* What was read before is over: one life does not count for two. */
static void order_between_readings(void **state)
{
    (void)state;
    add(STEP_THEN, 0, "^restart");
    add(STEP_THEN, 1, "^life");
    keep(1, "life");
    expect_heed(&expect);
    keep(0, "restart");
    expect_heed(&expect);
    assert_false(expect_met(&expect));
    keep(1, "life");
    expect_heed(&expect);
    assert_true(expect_met(&expect));
}

/* Within a port the order of lines is that of the steps. */
static void order_within_a_port(void **state)
{
    (void)state;
    add(STEP_THEN, 1, "^two");
    add(STEP_THEN, 1, "^one");
    keep(1, "one");
    keep(1, "two");
    expect_heed(&expect);
    assert_false(expect_met(&expect));
}

/* Two ports that wait for each other are not waited for. */
static void no_deadlock(void **state)
{
    (void)state;
    add(STEP_MUST, 0, "^never comes");
    add(STEP_MUST, 1, "^nor this");
    add(STEP_THEN, 1, "^b");
    add(STEP_THEN, 0, "^a");
    keep(0, "a");
    keep(1, "b");
    expect_heed(&expect);
    assert_false(expect_met(&expect));
    assert_int_equal(expect.kept[0].count + expect.kept[1].count, 0);
}

/* Kept lines are held against what must not be, too; the first breach is told. */
static void breaks(void **state)
{
    (void)state;
    add(STEP_NEVER, 1, "FAIL");
    add(STEP_MUST, 0, "^check");
    add(STEP_THEN, 1, "^life");
    add(STEP_HUSH, 2, "^late");
    keep(2, "late"); /* before "life": com3 is read first, but waits for nobody */
    keep(1, "life");
    expect_heed(&expect);
    assert_null(expect.broken);
    keep(1, "FAIL it");
    keep(0, "check");
    keep(1, "life");
    expect_heed(&expect);
    assert_string_equal(expect.broken, "FAIL");
    assert_string_equal(expect.broken_line, "FAIL it");
}

static void texts_are_due_in_turn(void **state)
{
    (void)state;
    add(STEP_THEN, 1, "[$] $");
    add(STEP_SEND, 1, "ls");
    add(STEP_THEN, 1, "^bin");
    assert_null(expect_due(&expect));
    expect_partial(&expect, 1, "linux:/$ ");
    assert_ptr_equal(expect_due(&expect), &spec.steps[1]);
    spec.steps[1].done = true;
    assert_null(expect_due(&expect));
    keep(1, "bin");
    expect_heed(&expect);
    assert_true(expect_met(&expect));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(order_between_readings, setup, teardown),
        cmocka_unit_test_setup_teardown(order_within_a_port, setup, teardown),
        cmocka_unit_test_setup_teardown(no_deadlock, setup, teardown),
        cmocka_unit_test_setup_teardown(breaks, setup, teardown),
        cmocka_unit_test_setup_teardown(texts_are_due_in_turn, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

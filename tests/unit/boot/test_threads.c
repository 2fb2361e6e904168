/* SPDX-License-Identifier: Apache-2.0 */
/* I2: threads of one core by what each processor says of itself; what isn't said is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "boot/plan/threads.h"

enum { THREADS = 1 << 8, CORES = 2 << 8 };

static struct facts facts;
static struct diagnostic why;

static void add(uint32_t apic_id, uint32_t shift, uint32_t count, uint32_t type)
{
    facts.cpus[facts.cpu_count++] =
        (struct fact_cpu){.apic_id = apic_id, .topology = {shift, count, type, apic_id}};
}

static int setup(void **state)
{
    (void)state;
    memset(&facts, 0, sizeof(facts));
    why.text[0] = 0;
    return 0;
}

static bool together(uint32_t one, uint32_t other)
{
    assert_int_not_equal(facts.cpus[one].core_id, 0);
    return facts.cpus[one].core_id == facts.cpus[other].core_id;
}

static void expect_refused(const char *part)
{
    assert_false(threads_judge(&facts, &why));
    if (!strstr(why.text, part))
        fail_msg("%s", why.text);
}

static void two_threads_a_core(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 4; i++)
        add(i, 1, 2, THREADS);
    assert_true(threads_judge(&facts, &why));
    assert_true(together(0, 1));
    assert_true(together(2, 3));
    assert_false(together(1, 2));
}

/* As Bochs 2.7, QEMU and Bochs 3.0 say it. */
static void one_thread_a_core(void **state)
{
    static const uint32_t said[][3] = {{2, 4, 0}, {2, 4, CORES}, {0, 1, THREADS}, {1, 1, THREADS}};
    (void)state;
    for (unsigned way = 0; way < sizeof(said) / sizeof(said[0]); way++) {
        facts.cpu_count = 0;
        for (uint32_t i = 0; i < 4; i++)
            add(i, said[way][0], said[way][1], said[way][2]);
        assert_true(threads_judge(&facts, &why));
        for (uint32_t i = 1; i < 4; i++)
            assert_false(together(0, i));
    }
}

/* The boot processor is an efficient core without threads, the others have two each. */
static void the_shift_is_each_cores_own(void **state)
{
    (void)state;
    add(4, 0, 1, THREADS);
    add(5, 0, 1, THREADS);
    add(8, 1, 2, THREADS);
    add(9, 1, 2, THREADS);
    add(2, 0, 1, THREADS); /* its number is that of core 2 << 1 */
    assert_true(threads_judge(&facts, &why));
    assert_false(together(0, 1));
    assert_true(together(2, 3));
    assert_false(together(0, 4));
    assert_false(together(4, 2));
}

static void either_ones_word_is_enough(void **state)
{
    (void)state;
    add(0, 0, 1, THREADS);
    add(1, 0, 1, THREADS);
    add(3, 2, 4, THREADS);
    add(2, 0, 1, THREADS);
    assert_true(threads_judge(&facts, &why));
    for (uint32_t i = 1; i < 4; i++)
        assert_true(together(0, i));
}

static void nothing_said_is_refused(void **state)
{
    (void)state;
    add(0, 0, 1, THREADS);
    add(1, 0, 0, 0);
    expect_refused("APIC id 1 does not say which others are threads of its core");
    facts.cpus[1].topology[2] = THREADS;
    expect_refused("leaf 0xB is missing");
}

static void one_processor_has_no_siblings(void **state)
{
    (void)state;
    add(0, 0, 0, 0);
    assert_true(threads_judge(&facts, &why));
    assert_int_not_equal(facts.cpus[0].core_id, 0);
}

static void contradictions_are_refused(void **state)
{
    (void)state;
    add(0, 0, 1, THREADS);
    add(1, 0, 1, THREADS);
    facts.cpus[1].topology[3] = 3;
    expect_refused("APIC id 1, and CPUID leaf 0xB calls it 3");
    facts.cpus[1].topology[3] = 1;
    facts.cpus[1].topology[1] = 2;
    expect_refused("APIC id 1 says that its core has 2 threads and 0 bits");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(two_threads_a_core, setup),
        cmocka_unit_test_setup(one_thread_a_core, setup),
        cmocka_unit_test_setup(the_shift_is_each_cores_own, setup),
        cmocka_unit_test_setup(either_ones_word_is_enough, setup),
        cmocka_unit_test_setup(nothing_said_is_refused, setup),
        cmocka_unit_test_setup(one_processor_has_no_siblings, setup),
        cmocka_unit_test_setup(contradictions_are_refused, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

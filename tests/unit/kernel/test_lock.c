/* SPDX-License-Identifier: Apache-2.0 */
/* I9: a lock has one holder, and only that one lets it go when a machine check calls it away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define BULKHEAD_PERCPU_H
#define PER_CPU
#define PER_DOMAIN
#include "kernel/vm/lock.h"

struct cpu cpu;
struct stop_page stop_page;
volatile bool stop_own;
static jmp_buf waits;

/* Who waits looks whether another panics: here that is where it stops. */
_Noreturn void panic_halt(void)
{
    longjmp(waits, 1);
}

static bool would_wait(struct lock *lock, uint32_t local)
{
    cpu.local = local;
    stop_page.stop = 1;
    if (setjmp(waits))
        return true;
    lock_take(lock);
    return false;
}

static void only_its_holder_lets_go(void **state)
{
    struct lock lock = {0};
    (void)state;
    for (uint32_t holder = 0; holder < MAX_DOMAIN_CPUS; holder++) {
        cpu.local = holder;
        lock_let_go(&lock);
        assert_false(would_wait(&lock, holder));
        for (uint32_t other = 0; other < MAX_DOMAIN_CPUS; other++) {
            assert_true(would_wait(&lock, other));
            if (other != holder)
                lock_let_go(&lock);
            assert_true(would_wait(&lock, other));
        }
        cpu.local = holder;
        lock_let_go(&lock);
        assert_false(would_wait(&lock, (holder + 1) % MAX_DOMAIN_CPUS));
        lock_release(&lock);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_its_holder_lets_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* I10: without card, key or random numbers of the machine's the console has no network. */
#include "guests/console/ready.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct console_info good(void)
{
    return (struct console_info){.magic = CONSOLE_MAGIC,
                                 .version = CONSOLE_VERSION,
                                 .bytes = sizeof(struct console_info),
                                 .nic = 1,
                                 .prefix = 24,
                                 .has_key = 1,
                                 .admin_count = MAX_ADMINS,
                                 .seed_bytes = CONSOLE_SEED_BYTES};
}

static void expect(const struct console_info *info, const char *word)
{
    const char *why = ready_refusal(info);
    assert_true(ready_is_info(info));
    assert_true(word ? why && strstr(why, word) : !why);
}

static void what_it_wants(void **state)
{
    (void)state;
    struct console_info info = good();
    expect(&info, NULL);
    info.nic = 0;
    expect(&info, "no network card");
    info = good();
    info.has_key = 0;
    expect(&info, "no key");
    for (uint64_t bytes = 0; bytes < CONSOLE_SEED_BYTES; bytes++) {
        info = good();
        info.seed_bytes = bytes;
        expect(&info, "no random numbers");
        expect(&info, "TPM on in the firmware's set-up");
    }
}

static void what_is_no_information(void **state)
{
    (void)state;
    struct console_info info = good();
    assert_true(ready_is_info(&info));
    info.magic++;
    assert_false(ready_is_info(&info));
    info = good();
    info.version++;
    assert_false(ready_is_info(&info));
    info = good();
    info.bytes--;
    assert_false(ready_is_info(&info));
    info = good();
    info.admin_count++;
    assert_false(ready_is_info(&info));
    info = good();
    info.seed_bytes++;
    assert_false(ready_is_info(&info));
    info = good();
    info.prefix = 33;
    assert_false(ready_is_info(&info));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_it_wants),
        cmocka_unit_test(what_is_no_information),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What exits are called: the manuals' words at the manuals' numbers, and never two alike. */
#include "guests/console/exits.h"
#include "kernel/abi/public.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void expect(bool is_intel, uint32_t number, const char *word)
{
    char text[EXIT_TEXT_BYTES];
    assert_string_equal(exit_word(is_intel, number, text), word);
}

static void words(void **state)
{
    (void)state;
    expect(true, 0, "exception or NMI");
    expect(true, 10, "CPUID");
    expect(true, 31, "RDMSR");
    expect(true, 35, "35");
    expect(true, 48, "EPT violation");
    expect(true, 55, "XSETBV");
    expect(true, 71, "71");
    expect(true, 72, "ENQCMD PASID translation failure");
    expect(true, 77, "TDCALL");
    expect(true, 79, "WRMSRLIST");
    expect(true, 83, "83");
    expect(true, 85, "WRMSRNS (immediate)");
    expect(true, 86, "86");
    expect(true, 159, "159");
    expect(true, UINT32_MAX, "4294967295");
    expect(false, 0, "CR0_READ");
    expect(false, 0x1f, "CR15_WRITE");
    expect(false, 0x27, "DR7_READ");
    expect(false, 0x37, "DR7_WRITE");
    expect(false, 0x40, "EXCP0");
    expect(false, 0x5f, "EXCP31");
    expect(false, 0x60, "INTR");
    expect(false, 0x72, "CPUID");
    expect(false, 0x7b, "IOIO");
    expect(false, 0x8f, "EFER_WRITE_TRAP");
    expect(false, PUBLIC_EXIT_SVM_MEMORY, "NPF");
    expect(false, PUBLIC_EXIT_SVM_WRMSR, "MSR (WRMSR)");
    expect(false, PUBLIC_EXIT_SVM_OTHER, "other");
    expect(false, PUBLIC_EXIT_SVM_OTHER + 1, "147");
}

/* They are keys of an object, and values of labels. */
static void all_differ(void **state)
{
    char text[EXIT_TEXT_BYTES], other[EXIT_TEXT_BYTES];
    (void)state;
    for (int maker = 0; maker < 2; maker++) {
        for (uint32_t i = 0; i < PUBLIC_EXIT_KINDS; i++) {
            const char *word = exit_word(maker, i, text);
            assert_in_range(strlen(word), 1, EXIT_TEXT_BYTES);
            assert_int_equal(strcspn(word, "\"\\{}<>&"), strlen(word));
            for (uint32_t k = 0; k < i; k++) {
                assert_string_not_equal(exit_word(maker, k, other), word);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words),
        cmocka_unit_test(all_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

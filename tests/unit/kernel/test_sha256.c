/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 against published examples, in one piece and in many. */
#include "kernel/sha256.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void check(const void *data, size_t bytes, const char *expected)
{
    uint8_t digest[32];
    char text[65];
    sha256(data, bytes, digest);
    for (int i = 0; i < 32; i++)
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
    assert_string_equal(text, expected);
}

/* NIST CSRC, "SHA-256 Examples" and the FIPS 180 long message. */
static void published_examples(void **state)
{
    static char million[1000000];
    (void)state;
    memset(million, 'a', sizeof(million));
    check("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    check("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    check("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56,
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    check(million, sizeof(million),
          "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void pieces_give_the_same(void **state)
{
    uint8_t data[200], whole[32], pieces[32];
    struct sha256 hash;
    (void)state;
    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)(i * 7);
    for (size_t bytes = 0; bytes <= sizeof(data); bytes++)
        for (size_t piece = 1; piece < 70; piece++) {
            sha256(data, bytes, whole);
            sha256_init(&hash);
            for (size_t at = 0; at < bytes; at += piece)
                sha256_update(&hash, data + at, piece < bytes - at ? piece : bytes - at);
            sha256_final(&hash, pieces);
            assert_memory_equal(whole, pieces, 32);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_examples),
        cmocka_unit_test(pieces_give_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* I4: whatever a guest writes into ICR, only its own domain's processors come out. */
#include "arch/x86/interrupt/icr.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { COUNT = 4, SELF = 1 };
static const uint32_t ids[COUNT] = {4, 6, 0x12, 0x100};

#define TO(destination) ((uint64_t)(destination) << 32)
enum {
    LOWEST = 1 << 8,
    SMI = 2 << 8,
    RESERVED = 3 << 8,
    NMI = 4 << 8,
    INIT = 5 << 8,
    SIPI = 6 << 8,
    EXTINT = 7 << 8,
    LOGICAL = 1 << 11,
    ASSERT = 1 << 14,
    LEVEL = 1 << 15,
    TO_SELF = 1 << 18,
    TO_ALL = 2 << 18,
    TO_OTHERS = 3 << 18,
};

static void expect(uint64_t value, enum icr_action action, uint32_t targets, uint32_t refused)
{
    struct icr_request request = icr_decode(value, ids, COUNT, SELF);

    assert_int_equal(request.action, action);
    assert_int_equal(request.targets, targets);
    assert_int_equal(request.refused, refused);
    if (action != ICR_FAULT)
        assert_int_equal(request.vector, value & 0xff);
}

static void physical(void **state)
{
    (void)state;
    expect(TO(4) | 0xf3, ICR_FIXED, 1, 0);
    expect(TO(6) | 0x10, ICR_FIXED, 2, 0);
    expect(TO(0x100) | 0xff | ASSERT, ICR_FIXED, 8, 0);
    expect(TO(0x12) | LEVEL | ASSERT | 0x40, ICR_FIXED, 4, 0);
    expect(TO(5) | 0x40, ICR_NOTHING, 0, 1);
    expect(TO(0) | 0x40, ICR_NOTHING, 0, 1);
    expect(TO(0xff) | 0x40, ICR_NOTHING, 0, 1); /* no broadcast in x2APIC mode */
    expect(TO(0x10004) | 0x40, ICR_NOTHING, 0, 1);
    expect(TO(0xffffffff) | 0x40, ICR_FIXED, 15, 0);
    expect(TO(6) | LOWEST | 0x40, ICR_FIXED, 2, 0);
    expect(TO(0xffffffff) | LOWEST | 0x40, ICR_FIXED, 1, 0);
}

static void shorthands(void **state)
{
    (void)state;
    expect(TO(5) | TO_SELF | 0x40, ICR_FIXED, 2, 0);
    expect(TO_ALL | 0x40, ICR_FIXED, 15, 0);
    expect(TO_OTHERS | 0x40, ICR_FIXED, 13, 0);
    expect(TO_OTHERS | NMI, ICR_NMI, 13, 0);
    expect(TO_OTHERS | LEVEL | ASSERT | INIT, ICR_INIT, 13, 0);
    expect(TO_OTHERS | SIPI | 0x99, ICR_STARTUP, 13, 0);
    expect(TO_SELF | NMI, ICR_NOTHING, 0, 1);
    expect(TO_ALL | NMI, ICR_NOTHING, 0, 1);
    expect(TO_ALL | INIT, ICR_NOTHING, 0, 1);
    expect(TO_SELF | SIPI, ICR_NOTHING, 0, 1);
}

static void clusters(void **state)
{
    (void)state;
    expect(TO(0x00000010) | LOGICAL | 0x40, ICR_FIXED, 1, 0);  /* id 4 */
    expect(TO(0x00000050) | LOGICAL | 0x40, ICR_FIXED, 3, 0);  /* ids 4, 6 */
    expect(TO(0x00010004) | LOGICAL | 0x40, ICR_FIXED, 4, 0);  /* id 0x12 */
    expect(TO(0x00100001) | LOGICAL | 0x40, ICR_FIXED, 8, 0);  /* id 0x100 */
    expect(TO(0x0000ffff) | LOGICAL | 0x40, ICR_FIXED, 3, 14); /* the others are not ours */
    expect(TO(0x0002ffff) | LOGICAL | 0x40, ICR_NOTHING, 0, 16);
    expect(TO(0xffffffff) | LOGICAL | 0x40, ICR_FIXED, 15, 0);
    expect(TO(0x00000050) | LOGICAL | LOWEST | 0x40, ICR_FIXED, 1, 0);
    expect(TO(0x00000000) | LOGICAL | 0x40, ICR_NOTHING, 0, 0);
}

static void modes(void **state)
{
    (void)state;
    expect(TO(4) | NMI, ICR_NMI, 1, 0);
    expect(TO(4) | NMI | 0x22, ICR_NMI, 1, 0);
    expect(TO(4) | INIT | LEVEL | ASSERT, ICR_INIT, 1, 0);
    expect(TO(4) | INIT | ASSERT, ICR_INIT, 1, 0);
    expect(TO(4) | INIT | LEVEL, ICR_NOTHING, 0, 0); /* de-assert */
    expect(TO(4) | SIPI | 0x10, ICR_STARTUP, 1, 0);
    expect(TO(4) | SIPI | 0x05, ICR_STARTUP, 1, 0);
    expect(TO(4) | SMI, ICR_NOTHING, 0, 1);
    expect(TO(4) | RESERVED | 0x40, ICR_NOTHING, 0, 1);
    expect(TO(4) | EXTINT | 0x40, ICR_NOTHING, 0, 1);
    expect(TO_OTHERS | SMI, ICR_NOTHING, 0, 1);
    expect(TO(5) | NMI, ICR_NOTHING, 0, 1);
    expect(TO(5) | INIT | ASSERT, ICR_NOTHING, 0, 1);
}

static void illegal_vectors(void **state)
{
    (void)state;
    for (uint32_t vector = 0; vector < 16; vector++) {
        assert_int_equal(icr_decode(TO(4) | vector, ids, COUNT, SELF).action, ICR_ILLEGAL_VECTOR);
        assert_int_equal(icr_decode(TO_SELF | vector, ids, COUNT, SELF).action, ICR_ILLEGAL_VECTOR);
        assert_int_equal(icr_decode(TO(5) | vector, ids, COUNT, SELF).action, ICR_ILLEGAL_VECTOR);
        assert_int_equal(icr_self_vector(TO_SELF | vector, 6), ICR_NOT_SELF);
        assert_int_equal(icr_self_vector(TO(6) | vector, 6), ICR_NOT_SELF);
    }
}

static void reserved_bits_fault(void **state)
{
    static const int reserved[] = {13, 16, 17, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31};

    (void)state;
    for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
        expect(TO(4) | 0x40 | 1ull << reserved[i], ICR_FAULT, 0, 0);
        expect(TO(4) | NMI | 1ull << reserved[i], ICR_FAULT, 0, 0);
        assert_int_equal(icr_self_vector(TO(6) | 0x40 | 1ull << reserved[i], 6), ICR_NOT_SELF);
        assert_int_equal(icr_self_vector(TO_SELF | 0x40 | 1ull << reserved[i], 6), ICR_NOT_SELF);
    }
    expect(TO(4) | 0x1040, ICR_FIXED, 1, 0); /* delivery status: ignored */
    assert_int_equal(icr_value(TO(4) | 0x1040), TO(4) | 0x40);
}

/* Every low half below the reserved bits, to many destinations: never beyond the domain, and the
 * fast path for an interrupt to itself says what the decoder says. */
static void never_beyond_the_domain(void **state)
{
    static const uint32_t destinations[] = {0,    1,       4,          5,          6,         7,
                                            0x12, 0x100,   0xffff,     0x10004,    0x1000ff,  0xff,
                                            0x50, 0x20000, 0xffff0000, 0x7fffffff, 0xffffffff};

    (void)state;
    for (uint32_t low = 0; low < 1 << 20; low += (low & 0xff) == 0x11 ? 0xef : 1) {
        for (size_t i = 0; i < sizeof(destinations) / sizeof(destinations[0]); i++) {
            uint64_t value = TO(destinations[i]) | low;
            struct icr_request request = icr_decode(value, ids, COUNT, SELF);
            int vector = icr_self_vector(value, ids[SELF]);

            if (request.targets >= 1 << COUNT)
                fail_msg("%llx", (unsigned long long)value);
            if (request.targets && (request.action == ICR_NOTHING || request.action == ICR_FAULT))
                fail_msg("%llx: targets without action", (unsigned long long)value);
            if (vector != ICR_NOT_SELF &&
                (request.action != ICR_FIXED || request.targets != 1 << SELF ||
                 request.vector != (uint32_t)vector))
                fail_msg("%llx: fast path differs", (unsigned long long)value);
        }
    }
}

static void fast_path_is_taken(void **state)
{
    (void)state;
    for (int vector = 16; vector < 256; vector++) {
        assert_int_equal(icr_self_vector(TO_SELF | (uint64_t)vector, 6), vector);
        assert_int_equal(icr_self_vector(TO_SELF | ASSERT | (uint64_t)vector, 6), vector);
        assert_int_equal(icr_self_vector(TO(6) | (uint64_t)vector, 6), vector);
        assert_int_equal(icr_self_vector(TO(6) | ASSERT | (uint64_t)vector, 6), vector);
        assert_int_equal(icr_self_vector(TO(4) | (uint64_t)vector, 6), ICR_NOT_SELF);
    }
}

static void sixteen_processors(void **state)
{
    uint32_t many[16];
    struct icr_request request;

    (void)state;
    for (uint32_t i = 0; i < 16; i++)
        many[i] = 32 + i;
    request = icr_decode(TO_ALL | 0x40, many, 16, 15);
    assert_int_equal(request.targets, 0xffff);
    request = icr_decode(TO(0x2ffff) | LOGICAL | 0x40, many, 16, 15);
    assert_int_equal(request.targets, 0xffff);
    assert_int_equal(request.refused, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(physical),
        cmocka_unit_test(shorthands),
        cmocka_unit_test(clusters),
        cmocka_unit_test(modes),
        cmocka_unit_test(illegal_vectors),
        cmocka_unit_test(reserved_bits_fault),
        cmocka_unit_test(never_beyond_the_domain),
        cmocka_unit_test(fast_path_is_taken),
        cmocka_unit_test(sixteen_processors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

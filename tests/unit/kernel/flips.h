/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every bit of a structure flipped, one at a time: each must be refused, but for exceptions that
 * say why. An exception that no flip needs fails too.
 */
#ifndef BULKHEAD_FLIPS_H
#define BULKHEAD_FLIPS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct harmless {
    const char *why;
    size_t offset, bytes;
    uint64_t bits; /* of each word of 64 bits from `offset` on */
};
#define ALL_BITS (~0ull)

struct flips {
    const char *what;
    uint8_t *base;
    size_t from, bytes; /* what of it is flipped */
    size_t stride;      /* in bits; 1 flips all */
    const struct harmless *harmless;
    size_t harmless_count;
    bool (*accepted)(void *context);
    void *context;
    /* What no list can say; sees the structure before the flip. May be NULL. */
    bool (*excuses)(const struct flips *flips, size_t byte, unsigned bit);
};

static inline size_t excused(const struct flips *flips, size_t byte, unsigned bit)
{
    for (size_t i = 0; i < flips->harmless_count; i++) {
        const struct harmless *rule = &flips->harmless[i];
        if (byte >= rule->offset && byte - rule->offset < rule->bytes &&
            rule->bits >> ((byte - rule->offset) % 8 * 8 + bit) & 1)
            return i;
    }
    return flips->harmless_count;
}

/* Marks the exceptions that were needed. Fails the test. */
enum { MAX_HARMLESS = 96 };
static inline void flip_all(const struct flips *flips, bool needed[MAX_HARMLESS])
{
    size_t open = 0, tried[MAX_HARMLESS] = {0};
    assert_true(flips->harmless_count < MAX_HARMLESS);
    assert_true(flips->accepted(flips->context));
    for (size_t at = flips->from * 8; at < (flips->from + flips->bytes) * 8; at += flips->stride) {
        size_t byte = at / 8, rule = excused(flips, byte, at % 8);
        /* Of what is excused a sample shows whether it still is accepted. */
        if (rule < flips->harmless_count && tried[rule]++ % 37 > 3)
            continue;
        bool excuse = flips->excuses && flips->excuses(flips, byte, at % 8);
        flips->base[byte] ^= (uint8_t)(1 << at % 8);
        bool accepted = flips->accepted(flips->context);
        flips->base[byte] ^= (uint8_t)(1 << at % 8);
        if (accepted && !excuse && rule == flips->harmless_count && open++ < 40)
            print_error("%s: byte %#zx bit %zu: accepted\n", flips->what, byte, at % 8);
        needed[rule] |= accepted;
    }
    if (open)
        fail_msg("%s: %zu corruptions were accepted", flips->what, open);
}

static inline void all_needed(const struct flips *flips, const bool needed[MAX_HARMLESS])
{
    for (size_t i = 0; i < flips->harmless_count; i++)
        if (!needed[i])
            fail_msg("%s: no flip needs exception %zu, \"%s\"", flips->what, i,
                     flips->harmless[i].why);
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What outlives a warm reset, in the page of the stop word: the head of the audit trail and the
 * beginning of a panic's text, each word with its complement, so that what memory holds by chance
 * is not taken for it. The next loader reads it; whether it is true is for whoever keeps trails to
 * say (`bulkhead audit`).
 */
#ifndef BULKHEAD_ABI_SURVIVOR_H
#define BULKHEAD_ABI_SURVIVOR_H

#include <stdint.h>

enum {
    SURVIVOR_OFFSET = 512, /* in the page */
    SURVIVOR_HEAD = 0,     /* words from here on: DIGEST_BYTES */
    SURVIVOR_HEAD_WORDS = 4,
    SURVIVOR_PANIC = 4, /* text, zero-terminated where it is shorter */
    SURVIVOR_PANIC_WORDS = 5,
    SURVIVOR_WORDS = 9
};

struct survivor {
    volatile uint64_t word[SURVIVOR_WORDS], complement[SURVIVOR_WORDS];
};

#endif

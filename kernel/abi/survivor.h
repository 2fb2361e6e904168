/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What outlives a warm reset, where memory keeps its content: in the page of the stop word the head
 * of the audit trail, each word with its complement, and in a page of each processor's own the
 * record of its panic. The next loader reads both; whether the head is true is for whoever keeps
 * trails to say (`bulkhead audit`).
 */
#ifndef BULKHEAD_ABI_SURVIVOR_H
#define BULKHEAD_ABI_SURVIVOR_H

#include "limits.h"
#include <stdint.h>

enum {
    SURVIVOR_OFFSET = 512, /* in the page */
    SURVIVOR_HEAD = 0,     /* words from here on: DIGEST_BYTES */
    SURVIVOR_HEAD_WORDS = 4,
    SURVIVOR_WORDS = 4,
    RECORD_TEXT_BYTES = 256
};

struct survivor {
    volatile uint64_t word[SURVIVOR_WORDS], complement[SURVIVOR_WORDS];
};

/*
 * At the start of the page at VA_RECORD. The loader writes whose it is; a processor that panics, or
 * refuses to start domains, its cause, which names no register of a guest, and last the CRC.
 */
struct panic_record {
    uint32_t crc;            /* record_crc(); of memory that nobody wrote to it is not right */
    uint32_t processor;      /* x2APIC id */
    uint64_t boots;          /* the counter of the boot that this is */
    uint64_t rip, rsp;       /* root mode's, of whoever panicked */
    char domain[NAME_BYTES]; /* empty: nobody's processor */
    char text[RECORD_TEXT_BYTES];
};

/* CRC-32 (that of IEEE 802.3) of all that follows the field. */
static inline uint32_t record_crc(const struct panic_record *record)
{
    uint32_t crc = ~0u;
    for (const uint8_t *at = (const uint8_t *)&record->processor;
         at < (const uint8_t *)(record + 1); at++) {
        crc ^= *at;
        for (unsigned bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return ~crc;
}

#endif

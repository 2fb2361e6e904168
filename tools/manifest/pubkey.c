/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys of administrators. */
#include "pubkey.h"

#include "kernel/sha256.h"
#include <string.h>

enum { DER_MAX = 4096, DER_SEQUENCE = 0x30 };

static int base64_digit(uint8_t c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *found = c ? strchr(digits, c) : NULL;

    return found ? (int)(found - digits) : -1;
}

/* Decodes up to the first character that is neither a digit nor white; returns the bytes. */
static size_t decode(const uint8_t *at, const uint8_t *end, uint8_t *out)
{
    uint32_t bits = 0;
    int held = 0;
    size_t bytes = 0;

    for (; at < end && bytes < DER_MAX; at++) {
        int digit = base64_digit(*at);

        if (*at == '\n' || *at == '\r' || *at == ' ')
            continue;
        if (digit < 0)
            break;
        bits = bits << 6 | (uint32_t)digit;
        held += 6;
        if (held >= 8) {
            held -= 8;
            out[bytes++] = (uint8_t)(bits >> held);
        }
    }
    return bytes;
}

/* One DER sequence that ends where the bytes end. */
static bool is_sequence(const uint8_t *der, size_t bytes)
{
    if (bytes < 4 || der[0] != DER_SEQUENCE)
        return false;
    if (der[1] < 0x80)
        return bytes == 2u + der[1];
    if (der[1] == 0x81)
        return bytes == 3u + der[2];
    return der[1] == 0x82 && bytes == 4u + (size_t)(der[2] << 8 | der[3]);
}

bool pubkey_digest(const uint8_t *file, size_t size, uint8_t digest[32])
{
    static const char begin[] = "-----BEGIN PUBLIC KEY-----";
    uint8_t der[DER_MAX] = {0};
    size_t at = 0, length = strlen(begin);

    while (at + length <= size && memcmp(file + at, begin, length) != 0)
        at++;
    if (at + length > size)
        return false;
    size_t bytes = decode(file + at + length, file + size, der);
    sha256(der, bytes, digest);
    return is_sequence(der, bytes);
}

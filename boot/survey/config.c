/* SPDX-License-Identifier: Apache-2.0 */
/* A function's configuration space, read as little as will do: see the header. */
#include "config.h"
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum {
    HEADER_BYTES = 64,
    STATUS = 6,
    STATUS_LIST = 0x10,
    FIRST = 0x34,
    LIST_MOST = 48,
    EXTENDED_MOST = 960,
    EXPRESS = 0x10,
    POWER = 0x01,
    AF = 0x13,
};

struct space {
    uint32_t (*read)(void *context, uint32_t offset);
    void *context;
    uint8_t *bytes;
};

/* How much of a capability is looked at; of others only what leads to the next one. */
static const struct {
    uint16_t id;
    bool extended;
    uint8_t bytes;
    uint32_t has;
} known[] = {
    {POWER, false, 8, 0},
    {0x05, false, 24, CONFIG_MSI},
    {EXPRESS, false, 60, 0},
    {0x11, false, 12, CONFIG_MSIX},
    {AF, false, 8, 0},
    {0x03, true, 12, CONFIG_SERIAL},
    {0x0d, true, 8, CONFIG_ACS},
    {0x0f, true, 8, 0}, /* address translation services */
    {0x10, true, 64, CONFIG_SRIOV},
    {0x13, true, 16, 0}, /* page requests */
    {0x1b, true, 8, 0},  /* process address spaces */
};

static uint32_t take(const struct space *space, uint32_t offset)
{
    uint32_t value = space->read(space->context, offset);
    memcpy(space->bytes + offset, &value, sizeof(value));
    return value;
}

/* Takes the rest of the capability at `at`, whose first dword was taken. */
static void take_rest(const struct space *space, uint32_t at, uint32_t id, bool extended,
                      uint32_t end, uint32_t *has)
{
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (known[i].id != id || known[i].extended != extended)
            continue;
        *has |= known[i].has;
        for (uint32_t k = 4; k < known[i].bytes && at + k < end; k += 4)
            take(space, at + k);
    }
}

/* The ways in which a function can be reset by its own means. */
static uint32_t resets(const uint8_t *bytes, uint32_t at, uint32_t id)
{
    if (id == EXPRESS && at <= CONFIG_CONVENTIONAL - 8)
        return bytes[at + 7] & 0x10 ? CONFIG_FLR : 0;
    if (id == AF && at <= CONFIG_CONVENTIONAL - 4)
        return (bytes[at + 3] & 3) == 3 ? CONFIG_FLR : 0;
    if (id == POWER && at <= CONFIG_CONVENTIONAL - 8)
        return bytes[at + 4] & 8 ? 0 : CONFIG_D3_RESET;
    return 0;
}

uint32_t config_read(uint32_t (*read)(void *context, uint32_t offset), void *context, uint8_t *out,
                     uint32_t *has)
{
    struct space space = {read, context, out};
    bool express = false;
    *has = 0;
    memset(out, 0, CONFIG_BYTES);
    for (uint32_t at = 0; at < HEADER_BYTES; at += 4)
        take(&space, at);
    uint32_t at = out[STATUS] & STATUS_LIST ? out[FIRST] : 0;
    for (unsigned i = 0; i < LIST_MOST && at >= HEADER_BYTES && at % 4 == 0; i++) {
        uint32_t id = take(&space, at) & 0xff;
        take_rest(&space, at, id, false, CONFIG_CONVENTIONAL, has);
        *has |= resets(out, at, id);
        express |= id == EXPRESS;
        at = out[at + 1];
    }
    if (!express)
        return CONFIG_CONVENTIONAL;
    at = CONFIG_CONVENTIONAL;
    for (unsigned i = 0; i < EXTENDED_MOST && at >= CONFIG_CONVENTIONAL; i++) {
        uint32_t header = take(&space, at);
        if (header == 0 || header == UINT32_MAX)
            break;
        take_rest(&space, at, header & 0xffff, true, CONFIG_BYTES, has);
        at = header >> 20 & ~3u;
    }
    return CONFIG_BYTES;
}

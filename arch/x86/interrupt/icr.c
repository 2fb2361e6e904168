/* SPDX-License-Identifier: Apache-2.0 */
/* Decoding of the interrupt command register. */
#include "icr.h"

enum {
    ICR_LOGICAL = 1 << 11,
    ICR_ASSERT = 1 << 14,
    ICR_LEVEL = 1 << 15,
    FIRST_LEGAL_VECTOR = 16,
};
enum icr_shorthand { TO_DESTINATION, TO_SELF, TO_ALL, TO_OTHERS };
enum icr_mode { MODE_FIXED, MODE_LOWEST, MODE_SMI, MODE_RESERVED, MODE_NMI, MODE_INIT, MODE_SIPI };

#define ICR_RESERVED  0xfff32000u /* of the low half; bit 12, delivery status, is ignored */
#define ICR_BROADCAST 0xffffffffu

/* Does the destination field name x2APIC id `id`? Intel SDM, "Logical Destination Mode". */
static bool names(uint32_t destination, bool logical, uint32_t id)
{
    if (destination == ICR_BROADCAST)
        return true;
    if (logical)
        return destination >> 16 == id >> 4 && destination >> (id & 15) & 1;
    return destination == id;
}

static uint32_t count_bits(uint32_t bits)
{
    uint32_t count = 0;

    for (; bits; bits &= bits - 1)
        count++;
    return count;
}

/* Fills targets, and counts in refused what the destination names outside the domain. */
static void find_targets(struct icr_request *request, uint64_t value, const uint32_t *ids,
                         uint32_t count, uint32_t self)
{
    uint32_t destination = (uint32_t)(value >> 32), all = (uint32_t)((1ull << count) - 1);
    bool logical = value & ICR_LOGICAL;
    uint32_t named = logical ? count_bits(destination & 0xffff) : 1;

    switch ((enum icr_shorthand)(value >> 18 & 3)) {
    case TO_SELF:
        request->targets = 1u << self;
        return;
    case TO_ALL:
        request->targets = all;
        return;
    case TO_OTHERS:
        request->targets = all & ~(1u << self);
        return;
    case TO_DESTINATION:
        break;
    }
    for (uint32_t i = 0; i < count; i++)
        if (names(destination, logical, ids[i]))
            request->targets |= 1u << i;
    if (destination != ICR_BROADCAST)
        request->refused = named - count_bits(request->targets);
}

/* The usual case in few instructions: fixed, edge, one physical destination. */
static struct icr_request decode_fixed(uint64_t value, const uint32_t *ids, uint32_t count)
{
    struct icr_request request = {.vector = value & 0xff};

    for (uint32_t i = 0; i < count; i++) {
        if (ids[i] == value >> 32) {
            request.action = ICR_FIXED;
            request.targets = 1u << i;
            return request;
        }
    }
    request.refused = 1;
    return request;
}

struct icr_request icr_decode(uint64_t value, const uint32_t *ids, uint32_t count, uint32_t self)
{
    struct icr_request request = {.vector = value & 0xff};
    enum icr_mode mode = value >> 8 & 7;
    enum icr_shorthand shorthand = value >> 18 & 3;

    if (((uint32_t)value & ~(uint32_t)ICR_ASSERT) - FIRST_LEGAL_VECTOR <=
            0xff - FIRST_LEGAL_VECTOR &&
        value >> 32 != ICR_BROADCAST)
        return decode_fixed(value, ids, count);
    if ((uint32_t)value & ICR_RESERVED) {
        request.action = ICR_FAULT;
        return request;
    }
    switch (mode) {
    case MODE_FIXED:
    case MODE_LOWEST:
        request.action = request.vector < FIRST_LEGAL_VECTOR ? ICR_ILLEGAL_VECTOR : ICR_FIXED;
        break;
    case MODE_NMI:
        request.action = ICR_NMI;
        break;
    case MODE_INIT:
        if ((value & (ICR_LEVEL | ICR_ASSERT)) == ICR_LEVEL) /* de-assert: long without effect */
            return request;
        request.action = ICR_INIT;
        break;
    case MODE_SIPI:
        request.action = ICR_STARTUP;
        break;
    default: /* SMI, ExtINT, reserved: never anyone's */
        request.refused = 1;
        return request;
    }
    /* The manual's table of valid shorthands: to itself a processor sends fixed interrupts only. */
    if (mode != MODE_FIXED && (shorthand == TO_SELF || shorthand == TO_ALL)) {
        request = (struct icr_request){.vector = request.vector, .refused = 1};
        return request;
    }
    find_targets(&request, value, ids, count, self);
    if (mode == MODE_LOWEST) /* arbitration among equals: the first wins */
        request.targets &= -request.targets;
    if (request.targets == 0 && request.action != ICR_ILLEGAL_VECTOR)
        request.action = ICR_NOTHING;
    return request;
}

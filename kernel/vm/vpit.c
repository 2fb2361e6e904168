/* SPDX-License-Identifier: Apache-2.0 */
/* Virtual 8254, channel 2: see the header. */
#include "vpit.h"

enum {
    PIT_HZ = 1193182,
    SCALE_BITS = 43, /* PIT_HZ has 21 bits: the fixed-point scale fits 64 */
    CONTROL_GATE = 1 << 0,
    CONTROL_BITS = 0x0f,
    CONTROL_REFRESH = 1 << 4, /* toggles with each DRAM refresh: 18 ticks, about 15 us */
    CONTROL_OUT2 = 1 << 5,
    REFRESH_TICKS = 18,
    COMMAND_CHANNEL2 = 2,
    ACCESS_LATCH = 0,
    ACCESS_LOW = 1,
    ACCESS_HIGH = 2,
    ACCESS_BOTH = 3,
};

static uint64_t ticks_in(const struct vpit *pit, uint64_t tsc)
{
    return (uint64_t)((unsigned __int128)tsc * pit->scale >> SCALE_BITS);
}

/* Ticks counted; the count stands still while the gate is low. */
static uint64_t ticks(const struct vpit *pit, uint64_t now)
{
    bool runs = pit->counting && pit->control & CONTROL_GATE;

    return pit->before + (runs ? ticks_in(pit, now - pit->start) : 0);
}

static bool periodic(const struct vpit *pit)
{
    return pit->mode == 2 || pit->mode == 3;
}

static uint16_t count(const struct vpit *pit, uint64_t now)
{
    uint64_t t = ticks(pit, now);

    if (pit->mode == 3)
        t *= 2;
    if (periodic(pit))
        t %= pit->reload;
    return (uint16_t)(pit->reload - t);
}

static bool output(const struct vpit *pit, uint64_t now)
{
    uint64_t t = ticks(pit, now);

    if (pit->mode == 2)
        return t % pit->reload != pit->reload - 1;
    if (pit->mode == 3)
        return t % pit->reload < (pit->reload + 1) / 2;
    return pit->counting && t >= pit->reload;
}

void vpit_reset(struct vpit *pit, uint64_t tsc_hz)
{
    *pit = (struct vpit){
        .scale = ((uint64_t)PIT_HZ << SCALE_BITS) / tsc_hz,
        .reload = 65536,
        .access = ACCESS_BOTH,
    };
}

static uint8_t read_count(struct vpit *pit, uint64_t now)
{
    uint16_t value = pit->latched ? pit->latch : count(pit, now);
    bool high = pit->access == ACCESS_HIGH || (pit->access == ACCESS_BOTH && pit->read_high);

    if (pit->access == ACCESS_BOTH)
        pit->read_high = !pit->read_high;
    if (!pit->read_high)
        pit->latched = false;
    return (uint8_t)(high ? value >> 8 : value);
}

static void write_count(struct vpit *pit, uint8_t value, uint64_t now)
{
    uint16_t reload = value;

    if (pit->access == ACCESS_BOTH) {
        pit->write_high = !pit->write_high;
        if (pit->write_high) {
            pit->low = value;
            return;
        }
        reload = (uint16_t)(value << 8 | pit->low);
    } else if (pit->access == ACCESS_HIGH) {
        reload = (uint16_t)(value << 8);
    }
    pit->reload = reload ? reload : 65536;
    pit->start = now;
    pit->before = 0;
    pit->counting = true;
}

static void write_command(struct vpit *pit, uint8_t value, uint64_t now)
{
    uint8_t access = value >> 4 & 3, mode = value >> 1 & 7;

    if (value >> 6 != COMMAND_CHANNEL2)
        return;
    if (access == ACCESS_LATCH) {
        if (!pit->latched)
            pit->latch = count(pit, now);
        pit->latched = true;
        return;
    }
    pit->access = access;
    pit->mode = mode > 5 ? mode - 4 : mode;
    pit->counting = pit->latched = pit->write_high = pit->read_high = false;
    pit->before = 0;
}

/* A low gate stops the count where it is; a rising one starts a periodic count afresh. */
static void write_gate(struct vpit *pit, uint8_t value, uint64_t now)
{
    bool rises = ~pit->control & value & CONTROL_GATE;

    pit->before = ticks(pit, now);
    pit->start = now;
    pit->control = value & CONTROL_BITS;
    if (rises && periodic(pit))
        pit->before = 0;
}

uint8_t vpit_read(struct vpit *pit, unsigned port, uint64_t now)
{
    if (port == VPIT_CHANNEL2)
        return read_count(pit, now);
    if (port != VPIT_GATE)
        return 0;
    return pit->control | (output(pit, now) ? CONTROL_OUT2 : 0) |
           (ticks_in(pit, now) / REFRESH_TICKS & 1 ? CONTROL_REFRESH : 0);
}

void vpit_write(struct vpit *pit, unsigned port, uint8_t value, uint64_t now)
{
    if (port == VPIT_CHANNEL2)
        write_count(pit, value, now);
    else if (port == VPIT_CONTROL)
        write_command(pit, value, now);
    else if (port == VPIT_GATE)
        write_gate(pit, value, now);
}

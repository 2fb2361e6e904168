/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PCI functions at rest: see the header. PCI Express Base Specification, "Function Level Reset
 * (FLR)", "Reset Rules", "Device Control Register"; PCI Bus Power Management Interface
 * Specification, "PCI Function Power States"; PCI Conventional, "Advanced Features".
 */
#include "reset.h"
#include "kernel/abi/layout.h"
#include "registers.h"
#include <stddef.h>

enum {
    DRAIN_MS = 1000,
    FLR_MS = 100,
    POWER_MS = 10,
    BUS_HELD_MS = 2,
    BUS_MS = 100,
    RETURN_MS = 10000,

    COMMAND_MEMORY = 1 << 1,
    COMMAND_NO_INTX = 1 << 10,
    BRIDGE_CONTROL = 0x3e,
    BRIDGE_RESET = 1 << 6,
    BRIDGE_STATUS = 1 << 10, /* written 1 to clear */

    EXPRESS_CONTROL = 8,
    EXPRESS_CONTROL_FLR = 1 << 15,
    EXPRESS_STATUS = 10,
    EXPRESS_STATUS_PENDING = 1 << 5,
    ADVANCED_CONTROL = 4,
    ADVANCED_CONTROL_FLR = 1 << 0,
    ADVANCED_STATUS = 5,
    ADVANCED_STATUS_PENDING = 1 << 0,
    ACS_CONTROL = 6,
    POWER_CONTROL = 4,
    POWER_STATE = 3,
    POWER_D3HOT = 3,
};

/*
 * The one list of what is switched off, noted, restored and verified: downwards to restore, so that
 * memory is decoded last; upwards to switch off, so that interrupts go before bus mastering, and
 * that before the rest. Link Control is left as a reset leaves it: without ASPM there is no power
 * state of the link that one of its ends knows nothing of.
 */
static const struct row {
    uint8_t capability; /* where struct function keeps its place; 0: in the header */
    uint8_t offset, bytes;
    uint32_t off, on; /* bits that are cleared and set before it is noted */
    uint32_t status;  /* bits that are no setting: written 0, not compared */
} rows[RESET_REGISTERS] = {
    {offsetof(struct function, power), POWER_CONTROL, 2, 1 << 8 | POWER_STATE, 0, 1 << 15},
    {0, 0x0c, 2, 0, 0, 0}, /* cache line size, latency timer */
    {0, 0x10, 4, 0, 0, 0}, /* base address registers */
    {0, 0x14, 4, 0, 0, 0},
    {0, 0x18, 4, 0, 0, 0},
    {0, 0x1c, 4, 0, 0, 0},
    {0, 0x20, 4, 0, 0, 0},
    {0, 0x24, 4, 0, 0, 0},
    {0, 0x30, 4, 1, 0, 0}, /* expansion ROM */
    {0, 0x3c, 1, 0, 0, 0}, /* interrupt line */
    /* Payload and request sizes, relaxed ordering, extended tags stay as they are (TRAPS 63). */
    {offsetof(struct function, express), EXPRESS_CONTROL, 2, 0x8e0f, 0, 0},
    /* What keeps it apart from others of its device, and goes with a reset (TRAPS 59). */
    {offsetof(struct function, acs), ACS_CONTROL, 2, 0, 0, 0},
    {0, 0x04, 2, 0xffff, COMMAND_MEMORY | COMMAND_NO_INTX, 0},
    {offsetof(struct function, msix), 2, 2, 0xc000, 0, 0}, /* enable, function mask */
    {offsetof(struct function, msi), 2, 2, 0x0071, 0, 0},  /* enable, several messages */
};
enum { ROW_COMMAND = 12 };

enum step {
    STEP_QUIET,  /* to be switched off */
    STEP_DRAIN,  /* its transactions come to an end */
    STEP_WAKE,   /* in D3hot */
    STEP_BUS,    /* waits for all below its port */
    STEP_HELD,   /* its bus is in reset */
    STEP_RETURN, /* comes back */
    STEP_REST,
    STEP_LOST,
};

static uint32_t get(const volatile uint8_t *config, unsigned at, unsigned bytes)
{
    return (uint32_t)registers_read(config + at, bytes);
}

/* Where in its configuration space the register is; 0: it has none. */
static unsigned place(const struct reset_function *f, const struct row *row)
{
    unsigned at = row->capability ? ((const uint8_t *)f->function)[row->capability] : 0;
    if (row->capability == offsetof(struct function, acs))
        at = f->function->acs;
    return at || !row->capability ? at + row->offset : 0;
}

static uint32_t setting(const struct reset_function *f, unsigned i)
{
    unsigned at = place(f, &rows[i]);
    return at ? get(f->config, at, rows[i].bytes) & ~rows[i].status : 0;
}

static void set(struct reset_function *f, unsigned i, uint32_t value)
{
    unsigned at = place(f, &rows[i]);
    if (at && value != get(f->config, at, rows[i].bytes))
        registers_write(f->config + at, rows[i].bytes, value);
}

static void quiet(struct reset_function *f)
{
    for (unsigned i = RESET_REGISTERS; i-- > 0;) {
        uint32_t on = rows[i].on;
        if (f->function->flags & FUNCTION_SILENT) /* its registers are nobody's */
            on &= ~(uint32_t)COMMAND_MEMORY;
        set(f, i, (setting(f, i) & ~rows[i].off) | on);
    }
}

static bool answers(const struct reset_function *f)
{
    return get(f->config, 0, 4) == f->function->id;
}

static bool note(struct reset_function *f)
{
    for (unsigned i = 0; i < RESET_REGISTERS; i++)
        f->noted[i] = setting(f, i);
    return answers(f); /* afterwards: who goes away reads all ones */
}

static bool restore(struct reset_function *f)
{
    bool same = true;
    for (unsigned i = 0; i < RESET_REGISTERS; i++)
        set(f, i, f->noted[i]);
    for (unsigned i = 0; i < RESET_REGISTERS; i++)
        same &= setting(f, i) == f->noted[i];
    return same && answers(f);
}

static bool was_reset(const struct reset_function *f)
{
    for (unsigned i = 0; i < RESET_REGISTERS; i++)
        if (!rows[i].capability && f->noted[i] & ~setting(f, i))
            return true;
    return f->noted[ROW_COMMAND] == 0 && f->way != RESET_D3HOT;
}

static bool is_drained(const struct reset_function *f)
{
    unsigned express = f->function->express, advanced = f->function->advanced;
    return !(express && get(f->config, express + EXPRESS_STATUS, 2) & EXPRESS_STATUS_PENDING) &&
           !(advanced && get(f->config, advanced + ADVANCED_STATUS, 1) & ADVANCED_STATUS_PENDING);
}

/* `step` follows in `wait` ticks; what it waits for has `patience` more. */
static void follow(struct reset_function *f, enum step step, uint64_t wait, uint64_t patience)
{
    f->step = (uint8_t)step;
    f->next += wait;
    f->limit = f->next + patience;
}

static void try_next(struct reset_function *f, uint64_t ms)
{
    const struct function *has = f->function;
    do { /* after an FLR a late completion would answer a request of the next life */
        f->way = (uint8_t)(f->ways & -f->ways);
        f->ways &= (uint8_t)(f->ways - 1);
    } while (f->way & (RESET_FLR | RESET_AF_FLR) && !f->is_drained);
    switch (f->way) {
    case RESET_FLR:
        registers_write(f->config + has->express + EXPRESS_CONTROL, 2,
                        get(f->config, has->express + EXPRESS_CONTROL, 2) | EXPRESS_CONTROL_FLR);
        follow(f, STEP_RETURN, FLR_MS * ms, RETURN_MS * ms);
        break;
    case RESET_AF_FLR:
        registers_write(f->config + has->advanced + ADVANCED_CONTROL, 1, ADVANCED_CONTROL_FLR);
        follow(f, STEP_RETURN, FLR_MS * ms, RETURN_MS * ms);
        break;
    case RESET_D3HOT:
        registers_write(f->config + has->power + POWER_CONTROL, 2, POWER_D3HOT);
        follow(f, STEP_WAKE, POWER_MS * ms, 0);
        break;
    case RESET_BUS:
        follow(f, STEP_BUS, 0, 0);
        break;
    default: /* whatever it is now, it must do no harm */
        restore(f);
        follow(f, STEP_LOST, 0, 0);
        break;
    }
}

static void hold_bus(const struct reset_function *f, bool held)
{
    uint32_t control = get(f->port, BRIDGE_CONTROL, 2) & ~(uint32_t)(BRIDGE_RESET | BRIDGE_STATUS);
    registers_write(f->port + BRIDGE_CONTROL, 2, control | (held ? BRIDGE_RESET : 0));
}

static void go_on(struct reset_function *f, uint64_t now, uint64_t ms)
{
    if (now < f->next)
        return;
    f->next = now; /* follow() counts from here */
    switch (f->step) {
    case STEP_QUIET: {
        unsigned power = f->function->power;
        bool off = power && get(f->config, power + POWER_CONTROL, 2) & POWER_STATE;
        quiet(f);
        f->ways = (uint8_t)f->function->resets;
        follow(f, STEP_DRAIN, off ? POWER_MS * ms : 0, DRAIN_MS * ms);
        return;
    }
    case STEP_DRAIN:
        f->is_drained = is_drained(f);
        if (!f->is_drained && now < f->limit)
            break;
        if (!f->is_noted)
            f->is_noted = note(f);
        if (!f->is_noted)
            follow(f, STEP_LOST, 0, 0);
        else if (f->ways == 0 && restore(f)) /* the manifest accepts that it can't be reset */
            follow(f, STEP_REST, 0, 0);
        else
            try_next(f, ms);
        return;
    case STEP_WAKE:
        registers_write(f->config + f->function->power + POWER_CONTROL, 2, 0);
        follow(f, STEP_RETURN, POWER_MS * ms, RETURN_MS * ms);
        return;
    case STEP_HELD: /* all below the port in the same turn: the first one ends it */
        hold_bus(f, false);
        follow(f, STEP_RETURN, BUS_MS * ms, RETURN_MS * ms);
        return;
    case STEP_RETURN:
        if (!answers(f) && now < f->limit)
            break;
        if (answers(f) && was_reset(f) && restore(f))
            follow(f, STEP_REST, 0, 0);
        else
            try_next(f, ms);
        return;
    default:
        return;
    }
    f->next = now + ms; /* a device is not asked all the time */
}

static bool rests(const struct reset_function *f)
{
    return f->step == STEP_REST || f->step == STEP_LOST;
}

/*
 * A secondary bus reset is for all below one port, and for those that rest already too: it waits
 * until none of them is in the midst of something.
 */
static void reset_buses(struct reset *reset, uint64_t now)
{
    for (uint32_t i = 0; i < reset->count; i++) {
        struct reset_function *f = &reset->functions[i], *g;
        bool ready = f->step == STEP_BUS;
        for (g = reset->functions; g < reset->functions + reset->count; g++)
            ready &= g->function->port != f->function->port || g->step == STEP_BUS || rests(g);
        if (!ready)
            continue;
        hold_bus(f, true);
        for (g = reset->functions; g < reset->functions + reset->count; g++)
            if (g->function->port == f->function->port && g->is_noted) {
                g->way = RESET_BUS;
                g->ways = 0;
                g->next = now;
                follow(g, STEP_HELD, BUS_HELD_MS * reset->millisecond, 0);
            }
    }
}

void reset_init(struct reset *reset, const struct function *functions, uint32_t count,
                volatile uint8_t *config, uint64_t tsc_hz)
{
    reset->count = count;
    reset->millisecond = tsc_hz / 1000;
    for (uint32_t i = 0; i < count; i++) {
        reset->functions[i].function = &functions[i];
        reset->functions[i].config = config + i * CONFIG_SPACE_BYTES;
        reset->functions[i].port = config + (CONFIG_PORTS + i) * CONFIG_SPACE_BYTES;
    }
}

bool reset_go_on(struct reset *reset, uint64_t now)
{
    bool all_rest = true;
    for (uint32_t i = 0; i < reset->count; i++)
        go_on(&reset->functions[i], now, reset->millisecond);
    reset_buses(reset, now);
    for (uint32_t i = 0; i < reset->count; i++)
        all_rest &= rests(&reset->functions[i]);
    if (!all_rest)
        return false;
    reset->lost = 0;
    for (uint32_t i = 0; i < reset->count; i++) {
        reset->lost |= (uint32_t)(reset->functions[i].step == STEP_LOST) << i;
        reset->functions[i].step = STEP_QUIET;
    }
    return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The functions that test_reset.c brings to rest: pages of memory, and a model that looks at them
 * between two turns. For that one test, which includes it once.
 */
#ifndef BULKHEAD_RESET_WORLD_H
#define BULKHEAD_RESET_WORLD_H

enum {
    HZ = 1000000, /* of the clock */
    MS = HZ / 1000,
    TURN = MS / 2,
    MOST_SECONDS = 60,
    FOR_EVER = 1000000,
    FUNCTIONS = 3,
    /* Where the model's capabilities are. */
    POWER = 0x40,
    MSI = 0x50,
    MSIX = 0x60,
    EXPRESS = 0x70,
    ADVANCED = 0xb0,
    ACS = 0x1a0,
    ACS_AT_BOOT = 0x000c,
    COMMAND_AT_BOOT = 0x0007,
    COMMAND_AT_REST = 0x0402,
    COMMAND_OF_DRIVER = 0x0506,
    CONTROL_AT_BOOT = 0x5130, /* sizes, relaxed ordering, extended tags */
    CONTROL_OF_DRIVER = 0x2920,
    CONTROL_AFTER_RESET = 0x2810,
    SECOND = 1000,
};

static struct model {
    /* What it does. */
    uint32_t works;      /* resets that have an effect */
    uint32_t back_ms;    /* after a reset it reads all ones so long */
    uint32_t pending_ms; /* it has transactions for so long */
    uint16_t hardwired;  /* bits of Command that are always 0 */
    /* What was seen. */
    uint32_t seen[4];              /* attempts by kind of reset */
    uint32_t resets;               /* that had an effect */
    uint64_t reset_at;             /* the last one */
    bool asleep, held, gone, loud; /* `loud`: reset while it could still write or interrupt */
    uint64_t held_at, held_for;
    uint64_t back_at;
    uint8_t kept[4096];
} models[FUNCTIONS];

static _Alignas(4096) uint8_t window[(CONFIG_PORTS + FUNCTIONS) * 4096];
static struct function functions[FUNCTIONS];
static struct reset reset;
static uint64_t now, began;

static uint16_t *word(uint32_t n, unsigned at)
{
    return (uint16_t *)(window + n * 4096 + at);
}

static uint32_t *dword(uint32_t n, unsigned at)
{
    return (uint32_t *)(window + n * 4096 + at);
}

static void be_reset(uint32_t n, uint32_t kind)
{
    struct model *m = &models[n];
    for (unsigned i = 0; i < 4; i++)
        m->seen[i] += kind == 1u << i;
    m->loud |= *word(n, 4) & 4 || *word(n, MSI + 2) & 1 || *word(n, MSIX + 2) & 0x8000;
    if (!(m->works & kind))
        return;
    m->resets++;
    m->reset_at = now;
    *word(n, 4) = 0;
    *word(n, 0xc) = 0;
    *dword(n, 0x10) = 0;
    *dword(n, 0x14) = 4;
    *dword(n, 0x18) = 0;
    window[n * 4096 + 0x3c] = 0;
    *word(n, EXPRESS + 8) = CONTROL_AFTER_RESET;
    *word(n, ACS + 6) = 0;
    m->back_at = now + (uint64_t)m->back_ms * MS;
}

/* What the hardware of function `n` makes of what was written to it since the last time. */
static void live(uint32_t n)
{
    struct model *m = &models[n];
    uint8_t *page = window + n * 4096;
    uint16_t *bridge = (uint16_t *)(reset.functions[n].port + 0x3e);
    if (m->gone) {
        memcpy(page, m->kept, 4096); /* nobody took what was written */
        m->gone = false;
    }
    *word(n, 4) &= (uint16_t)~m->hardwired;
    if (*word(n, EXPRESS + 8) & 0x8000) {
        *word(n, EXPRESS + 8) &= 0x7fff;
        be_reset(n, RESET_FLR);
    }
    if (page[ADVANCED + 4] & 1) {
        page[ADVANCED + 4] = 0;
        be_reset(n, RESET_AF_FLR);
    }
    bool asleep = *word(n, POWER + 4) & 3;
    if (m->asleep && !asleep)
        be_reset(n, RESET_D3HOT);
    m->asleep = asleep;
    bool held = *bridge & 0x40;
    if (held && !m->held) {
        m->held_at = now;
    } else if (!held && m->held) {
        m->held_for = now - m->held_at;
        be_reset(n, RESET_BUS);
    }
    m->held = held;
    if (now - began >= (uint64_t)m->pending_ms * MS) {
        *word(n, EXPRESS + 10) &= (uint16_t)~0x20;
        page[ADVANCED + 5] = 0;
    }
    if (m->held || now < m->back_at) {
        memcpy(m->kept, page, 4096);
        memset(page, 0xff, 4096);
        m->gone = true;
    }
}

static void make(uint32_t n, uint32_t resets, uint32_t works)
{
    functions[n] = (struct function){.pci = 0x0100 + n,
                                     .id = 0x10d38086 + n,
                                     .port = 0x18 + n * 8,
                                     .resets = resets,
                                     .power = POWER,
                                     .msi = MSI,
                                     .msix = MSIX,
                                     .express = EXPRESS,
                                     .advanced = ADVANCED,
                                     .acs = ACS};
    models[n] = (struct model){.works = works};
    *dword(n, 0) = functions[n].id;
    *word(n, 4) = COMMAND_AT_BOOT;
    *word(n, 0xc) = 0x10;
    *dword(n, 0x10) = 0xfe000000;
    *dword(n, 0x14) = 0xe0000004;
    *dword(n, 0x18) = 0xe0;
    *dword(n, 0x30) = 0xfd000001;
    window[n * 4096 + 0x3c] = 11;
    *word(n, EXPRESS + 8) = CONTROL_AT_BOOT | 0xf;
    *word(n, ACS + 6) = ACS_AT_BOOT;
    *word(n, POWER + 4) = 0x8008; /* PME status, No_Soft_Reset */
    *word(n, MSI + 2) = 0x0081;
    *word(n, MSIX + 2) = 0x8004;
}

static void init(uint32_t count)
{
    memset(&reset, 0, sizeof(reset));
    reset_init(&reset, functions, count, window, HZ);
}

/* The driver of a life that ends now. */
static void use(uint32_t n)
{
    *word(n, 4) = COMMAND_OF_DRIVER;
    *word(n, EXPRESS + 8) = CONTROL_OF_DRIVER;
    *word(n, MSIX + 2) = 0xc004;
    *word(n, MSI + 2) = 0x0081;
}

/* One ladder from beginning to end; the milliseconds that it took. */
static uint64_t climb(void)
{
    began = now;
    for (uint32_t n = 0; n < reset.count; n++)
        if (models[n].pending_ms) {
            *word(n, EXPRESS + 10) |= 0x20;
            window[n * 4096 + ADVANCED + 5] = 1;
        }
    while (!reset_go_on(&reset, now)) {
        for (uint32_t n = 0; n < reset.count; n++)
            live(n);
        now += TURN;
        assert_true(now - began < (uint64_t)MOST_SECONDS * HZ);
    }
    return (now - began) / MS;
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* The lives of the made-up machine's domains: a step of a life takes a tenth of a second. */
#include "guests/console/platform.h"
#include "made_parts.h"
#include <stdio.h>
#include <string.h>

enum { STEP_MS = 100, BUTTON_MS = 1500, CHECK_MS = 300, DIES_MS = 47000 };

struct life {
    struct management_status status;
    struct management_counters counters[MAX_DOMAIN_CPUS];
    uint64_t since, step, power_off, check; /* milliseconds; 0: not due */
    bool comes_back;                        /* after it has come to a stop */
};
static struct life lives[MADE_DOMAINS];

struct management_status *made_status(uint32_t domain)
{
    struct life *life = &lives[domain];
    life->status.ticks = (platform_milliseconds() - life->since) * (MADE_HZ / 1000);
    return &life->status;
}

struct management_counters *made_counters(uint32_t domain, uint32_t cpu)
{
    return &lives[domain].counters[cpu];
}

static void enter(uint32_t domain, enum life_state state, uint64_t now)
{
    struct life *life = &lives[domain];
    life->status.state = state;
    life->since = now;
    life->step = state == LIFE_RUNNING || state == LIFE_STOPPED ? 0 : now + STEP_MS;
    if (state == LIFE_RUNNING) {
        life->status.lives++;
        life->status.answered = life->status.ticket;
        made_record(AUDIT_START, domain, life->status.lives, 0, 0);
    }
    if (state == LIFE_STOPPED) {
        life->status.answered = life->status.ticket;
        made_record(AUDIT_REST, domain, LIFE_STOPPED, 0, 0);
    }
}

static void end(uint32_t domain, enum life_end why, bool comes_back, uint64_t now)
{
    struct life *life = &lives[domain];
    life->status.last_end = why;
    life->comes_back = comes_back;
    life->power_off = 0;
    made_record(AUDIT_END, domain, why, life->status.lives, 0);
    enter(domain, LIFE_LEAVING, now);
}

/* Leaving, resetting and so on; then it stops or loads. */
static void step(uint32_t domain, uint64_t now)
{
    struct life *life = &lives[domain];
    switch (life->status.state) {
    case LIFE_LEAVING:
        enter(domain, LIFE_RESETTING, now);
        break;
    case LIFE_SETTLING:
        enter(domain, life->comes_back ? LIFE_LOADING : LIFE_STOPPED, now);
        break;
    default:
        enter(domain, life->status.state + 1, now);
    }
}

void made_lives_go_on(uint64_t now)
{
    for (uint32_t i = 0; i < MADE_CONSOLE; i++) {
        struct life *life = &lives[i];
        while (life->step && life->step <= now) {
            step(i, life->step);
        }
        if (life->power_off && life->power_off <= now) {
            end(i, END_POWER_OFF, false, life->power_off);
        }
        if (life->check && life->check <= now) {
            life->check = 0;
            life->status.checks++;
            life->status.answered = life->status.ticket;
            made_record(AUDIT_CHECK, i, 0, 0, 0);
        }
        if (made.lively && life->status.state == LIFE_RUNNING) {
            life->counters[0].exits[10] = 96 + now / 1000;
            life->counters[0].exits[32] = now / 100;
        }
    }
    struct life *plant = &lives[MADE_PLANT];
    if (made.lively && plant->status.state == LIFE_RUNNING && now - plant->since >= DIES_MS) {
        made_record(AUDIT_DMA_FAULT, MADE_PLANT, 0x0300, 6, 0x7000);
        plant->status.fault_reason = 6;
        end(MADE_PLANT, END_TRIPLE_FAULT, true, now);
    }
}

void made_lives_start(void)
{
    memset(lives, 0, sizeof(lives));
    for (uint32_t i = 0; i < MADE_CONSOLE; i++) {
        const struct manifest_domain *is = made_domain(i);
        lives[i].status.restarts_left = is->restart_limit ? is->restart_limit : MANAGEMENT_NO_LIMIT;
        lives[i].counters[0].fault_address = 0x7000;
        for (uint32_t cpu = 0; cpu < is->cpu_count; cpu++) {
            lives[i].counters[cpu].exits[10] = 96 + cpu;
        }
        enter(i, LIFE_RUNNING, 0);
    }
}

uint32_t made_ask(uint32_t domain, enum management_call what, uint32_t admin)
{
    struct life *life = &lives[domain];
    uint64_t now = platform_milliseconds();
    bool runs = life->status.state == LIFE_RUNNING, stopped = life->status.state == LIFE_STOPPED;
    uint32_t ticket = ++life->status.ticket;
    made_record(AUDIT_CALL, domain, what, admin, ticket);
    if (what == MANAGEMENT_POWER_BUTTON || what == MANAGEMENT_CHECK) {
        *(what == MANAGEMENT_CHECK ? &life->check : &life->power_off) =
            now + (what == MANAGEMENT_CHECK ? CHECK_MS : BUTTON_MS);
        life->power_off = runs && !made.deaf ? life->power_off : 0;
        life->status.answered = what == MANAGEMENT_CHECK ? life->status.answered : ticket;
    } else if (runs && what != MANAGEMENT_START) {
        end(domain, END_ASKED, what == MANAGEMENT_RESTART, now);
    } else if (stopped && what != MANAGEMENT_STOP) {
        life->comes_back = true;
        enter(domain, LIFE_RESETTING, now);
    } else if (runs || stopped) {
        life->status.answered = ticket;
    } else {
        life->comes_back = what != MANAGEMENT_STOP;
    }
    return ticket;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a domain as states (I7, I9): which follows which, and what is to be done once on the
 * way. It remembers nothing and touches nothing, so that a test can try every case.
 *
 *   NEW -> RESETTING -> EMPTYING -> ZEROING -> SETTLING -> LOADING -> RUNNING -> LEAVING ->
 *          STOPPED <---------------------------'  |          |             RESETTING ...
 *          REFUSED <------------------------------'----------'
 *
 * NEW, RUNNING, STOPPED and REFUSED are rest: only what somebody wants leads out of them. The way
 * back to RUNNING always passes RESETTING, EMPTYING, ZEROING, SETTLING and LOADING. RAM is zeroed
 * when no processor and no device of the domain writes to it any more.
 */
#ifndef BULKHEAD_STEP_H
#define BULKHEAD_STEP_H

#include "kernel/abi/public.h"
#include <stdbool.h>

enum life_event {
    EVENT_NONE,
    EVENT_DONE,   /* every processor has done what the state asks of it */
    EVENT_FAILED, /* it has, but an APIC keeps an interrupt, or a payload isn't the manifest's */
    /* Asked for from outside; the last two also when a life ended, as on_exit says. */
    EVENT_START,
    EVENT_STOP,
    EVENT_RESTART,
    EVENTS
};

enum life_action {
    ACTION_NONE,
    ACTION_SET_UP, /* the devices, once, and as the next one */
    ACTION_CALL,   /* the domain's processors out of the guest, or out of their rest */
    ACTION_TELL,   /* how the life ended; nobody runs the guest any more */
    ACTION_COUNT,  /* a life begins */
    ACTION_REFUSE, /* say why there will be none */
};

struct life_step {
    enum life_state state; /* the next one, perhaps the same */
    bool stay;             /* when the RAM is zeroed the domain stays stopped */
    enum life_action action;
};

/* What `event` makes of a domain in `state` that is to stay stopped or, if not `stay`, to run. */
struct life_step life_next(enum life_state state, bool stay, enum life_event event);

static inline bool life_rests(enum life_state state)
{
    return state == LIFE_NEW || state == LIFE_RUNNING || state == LIFE_STOPPED ||
           state == LIFE_REFUSED;
}

#endif

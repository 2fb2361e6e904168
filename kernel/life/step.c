/* SPDX-License-Identifier: Apache-2.0 */
/* The states of a domain's life: see the header. */
#include "step.h"

static struct life_step step(enum life_state state, bool stay, enum life_action action)
{
    return (struct life_step){state, stay, action};
}

/* Every processor has done its part. A failure counts where the next thing would be to run. */
static struct life_step next_when_done(enum life_state state, bool stay, bool failed)
{
    switch (state) {
    case LIFE_LEAVING:
        return step(LIFE_RESETTING, stay, ACTION_TELL);
    case LIFE_RESETTING:
        return step(LIFE_EMPTYING, stay, ACTION_NONE);
    case LIFE_EMPTYING:
        return step(LIFE_ZEROING, stay, ACTION_NONE);
    case LIFE_ZEROING: /* memory that is not zero is no rest, even for one that is to stay */
        return failed ? step(LIFE_REFUSED, true, ACTION_REFUSE)
                      : step(LIFE_SETTLING, stay, ACTION_NONE);
    case LIFE_SETTLING:
        if (stay)
            return step(LIFE_STOPPED, true, ACTION_NONE);
        return failed ? step(LIFE_REFUSED, true, ACTION_REFUSE)
                      : step(LIFE_LOADING, false, ACTION_NONE);
    case LIFE_LOADING:
        if (failed)
            return step(LIFE_REFUSED, true, ACTION_REFUSE);
        return stay ? step(LIFE_EMPTYING, true, ACTION_NONE)
                    : step(LIFE_RUNNING, false, ACTION_COUNT);
    default:
        return step(state, stay, ACTION_NONE);
    }
}

/* Somebody wants it to run, to stay stopped, or to begin anew. */
static struct life_step next_when_asked(enum life_state state, bool stay, enum life_event event)
{
    bool stop = event == EVENT_STOP;
    switch (state) {
    case LIFE_NEW: /* as if all that it waits for were there */
        return step(LIFE_RESETTING, stop, ACTION_SET_UP);
    case LIFE_RUNNING:
        return event == EVENT_START ? step(state, stay, ACTION_NONE)
                                    : step(LIFE_LEAVING, stop, ACTION_CALL);
    case LIFE_STOPPED:
    case LIFE_REFUSED:
        return stop ? step(state, true, ACTION_NONE) : step(LIFE_RESETTING, false, ACTION_CALL);
    default: /* on its way: there is time to change one's mind */
        return step(state, stop, ACTION_NONE);
    }
}

struct life_step life_next(enum life_state state, bool stay, enum life_event event)
{
    switch (event) {
    case EVENT_DONE:
    case EVENT_FAILED:
        return next_when_done(state, stay, event == EVENT_FAILED);
    case EVENT_START:
    case EVENT_STOP:
    case EVENT_RESTART:
        return next_when_asked(state, stay, event);
    default:
        break;
    }
    return step(state, stay, ACTION_NONE);
}

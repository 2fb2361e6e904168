/* SPDX-License-Identifier: Apache-2.0 */
/* Stops that follow a power button: see the header. */
#include "pending.h"
#include "net.h"
#include <string.h>

static struct {
    bool is;
    uint32_t admin, life;
    uint64_t at; /* milliseconds */
} stops[MAX_DOMAINS];

void pending_start(void)
{
    memset(stops, 0, sizeof(stops));
}

/* While the next life is made ready, `lives` is still that of the one before. */
static bool is_over(uint32_t index, const struct management_status *status)
{
    return status->state != LIFE_RUNNING || status->lives != stops[index].life;
}

void pending_set(uint32_t index, uint32_t admin, const struct management_status *status,
                 uint32_t seconds, uint64_t now)
{
    stops[index].is = seconds > 0 && status->state == LIFE_RUNNING;
    stops[index].admin = admin;
    stops[index].life = status->lives;
    stops[index].at = now + seconds * 1000ull;
}

uint32_t pending_seconds(uint32_t index, const struct management_status *status, uint64_t now)
{
    if (!stops[index].is || is_over(index, status)) {
        return 0;
    }
    uint64_t left = stops[index].at > now ? stops[index].at - now : 1;
    return (uint32_t)((left + 999) / 1000);
}

/*
 * What can't be looked at is not stopped: by now it may be what somebody has started anew. False:
 * the hypervisor takes no stop yet.
 */
static bool stop(uint32_t index)
{
    struct management_status status;
    struct management_ticket ticket;
    uint32_t admin = stops[index].admin;
    if (machine_ask(MANAGEMENT_STATUS, index, 0, admin, &status, sizeof(status)) !=
            MANAGEMENT_DONE ||
        is_over(index, &status)) {
        return true;
    }
    return machine_ask(MANAGEMENT_STOP, index, 0, admin, &ticket, sizeof(ticket)) !=
           MANAGEMENT_TOO_OFTEN;
}

uint64_t pending_poll(uint64_t now)
{
    uint64_t next = NET_NEVER;
    for (uint32_t i = 0; i < MAX_DOMAINS; i++) {
        if (stops[i].is && stops[i].at <= now) {
            stops[i].is = !stop(i);
            stops[i].at = now + PENDING_AGAIN_MS;
        }
        if (stops[i].is && stops[i].at < next) {
            next = stops[i].at;
        }
    }
    return next;
}

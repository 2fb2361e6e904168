/* SPDX-License-Identifier: Apache-2.0 */
/* What is noted about those at the door: see the header. */
#include "door.h"
#include "platform.h"
#include <string.h>

static struct {
    bool was;
    uint64_t at;
} noted[MAX_ADMINS][AUDIT_NOTES];

void door_start(void)
{
    memset(noted, 0, sizeof(noted));
}

/* `act` 0: it is about none, and `index` 0. What the hypervisor does not take now is tried again at
 * the next occasion. */
static bool note(uint32_t admin, enum audit_note what, uint64_t act, uint32_t index, uint64_t now,
                 uint64_t apart)
{
    if (admin >= MAX_ADMINS || (noted[admin][what].was && now - noted[admin][what].at < apart)) {
        return true;
    }
    const struct management_request request = {
        .call = MANAGEMENT_AUDIT_NOTE, .detail = what, .admin = admin, .from = act, .index = index};
    if (platform_call(&request, NULL, NULL, 0) != MANAGEMENT_DONE) {
        return false;
    }
    noted[admin][what].was = true;
    noted[admin][what].at = now;
    return true;
}

void door_seen(uint32_t admin, uint64_t now)
{
    if (note(admin, AUDIT_NOTE_LOGIN, 0, 0, now, DOOR_SESSION_MS) && admin < MAX_ADMINS) {
        noted[admin][AUDIT_NOTE_LOGIN].at = now;
    }
}

void door_note(uint32_t admin, enum standing standing, uint64_t now)
{
    note(admin, standing == STANDING_CLOCK ? AUDIT_NOTE_CLOCK : AUDIT_NOTE_EXPIRED, 0, 0, now,
         DOOR_TURNED_MS);
}

void door_role(uint32_t admin, enum management_call act, uint32_t index, uint64_t now)
{
    note(admin, AUDIT_NOTE_ROLE, act, index, now, DOOR_ROLE_MS);
}

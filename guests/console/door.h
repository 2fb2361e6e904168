/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the console notes in the audit trail about those at its door. The trail keeps a bounded
 * number of records, so each kind is noted of each key only so often: who asks again and again can
 * push nothing out.
 */
#ifndef CONSOLE_DOOR_H
#define CONSOLE_DOOR_H

#include "machine.h"

enum {
    DOOR_SESSION_MS = 600000, /* of silence, after which a key logs in anew */
    DOOR_TURNED_MS = 600000,  /* between two records that a key was turned away */
    DOOR_ROLE_MS = 60000,     /* between two that it asked for what its role does not have */
};

void door_start(void);
void door_seen(uint32_t admin, uint64_t now);                         /* a good key did something */
void door_note(uint32_t admin, enum standing standing, uint64_t now); /* it was turned away */
/* It was refused an act for its role. */
void door_role(uint32_t admin, enum management_call act, uint32_t index, uint64_t now);

#endif

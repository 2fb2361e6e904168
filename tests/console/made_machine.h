/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A made-up machine behind guests/console/platform.h: four domains and the management domain, with
 * rights that differ, lives that go on by the clock, serial ports that chatter and an audit chain.
 */
#ifndef TESTS_MADE_MACHINE_H
#define TESTS_MADE_MACHINE_H

#include "kernel/abi/audit.h"
#include "kernel/abi/console.h"
#include "kernel/abi/management.h"
#include <stdbool.h>
#include <stddef.h>

/* Their numbers. `secrets` prints what it should not; `plant` may only be looked at. */
enum { MADE_OFFICE, MADE_SECRETS, MADE_GATEWAY, MADE_PLANT, MADE_CONSOLE, MADE_DOMAINS };
/* Its keys: the second is an auditor's, the third has expired. */
enum { MADE_OPERATOR, MADE_AUDITOR, MADE_EXPIRED, MADE_ADMINS };

enum { MADE_HZ = 1000000000, MADE_BOOT_TIME = 1796032800 /* 2026-11-30 10:00 UTC */ };

struct made {
    bool follows_host;  /* time goes on by itself */
    bool lively;        /* domains print, and one dies now and then */
    uint64_t now;       /* milliseconds, where it does not */
    uint64_t unix_time; /* at boot; 0: the machine has no clock */
    bool silent;        /* nothing is described */
    bool is_amd;        /* its processors */
    bool deaf;          /* guests do nothing about a power button */
    uint64_t calls[MANAGEMENT_CALLS];
    enum management_result refuses; /* not MANAGEMENT_DONE: what every call but describe gets */
};
extern struct made made;

void made_start(void); /* all as at boot; time is still */

struct console_info *made_info(void);

/* What a domain prints. */
void made_print(uint32_t domain, const void *bytes, size_t count);

/* What was written to a domain's port and not asked for yet. */
size_t made_written(uint32_t domain, char *out, size_t room);

void made_record(enum audit_kind kind, uint32_t domain, uint64_t value0, uint64_t value1,
                 uint64_t value2);

struct management_status *made_status(uint32_t domain);
struct management_counters *made_counters(uint32_t domain, uint32_t cpu);
struct manifest_domain *made_domain(uint32_t domain);

#endif

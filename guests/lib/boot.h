/* SPDX-License-Identifier: Apache-2.0 */
/* What the domain was given: the boot information page, the command line, the way out. */
#ifndef GUEST_BOOT_H
#define GUEST_BOOT_H

#include "kernel/abi/guest.h"
#include <stdbool.h>

/* A copy of the page, so that the page itself may be overwritten; and of the command line. */
extern struct guest_boot_info boot_info;
extern char boot_cmdline[CMDLINE_BYTES];

/* First and one past the last byte of the payload, its zeroed data included (guest.lds). */
extern uint8_t image_start[], image_end[];

/* The payload itself. When it returns, the domain stops by S5. */
void guest_main(void);

/*
 * Runs first of all, on the entry stack, before anything has changed a register. The library's
 * own does nothing; a payload may have another one, which preserves RDI.
 */
void guest_early(void);

/* The text after `key=` on the command line, up to a space or the end; NULL when absent. */
const char *cmdline_value(const char *key);

/* The number after `key=`, decimal or 0x; `otherwise` when absent. */
uint64_t cmdline_number(const char *key, uint64_t otherwise);

/* Is `word` on the command line, between spaces? */
bool cmdline_has(const char *word);

/* Is `word` in the comma-separated list after `key=`? `otherwise` when the key is absent. */
bool cmdline_lists(const char *key, const char *word, bool otherwise);

/* Ends this life: S5 stops the domain, a reset is up to the manifest's on_exit. */
_Noreturn void domain_stop(void);
_Noreturn void domain_reset(void);

#endif

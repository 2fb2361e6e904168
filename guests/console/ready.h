/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the console has what it wants before it opens a network. */
#ifndef CONSOLE_READY_H
#define CONSOLE_READY_H

#include "kernel/abi/console.h"
#include <stdbool.h>

/* Whether the loader left it, in this version's form. */
bool ready_is_info(const struct console_info *info);

/* Why it opens no network, in words; NULL: it may. `info` passed ready_is_info(). */
const char *ready_refusal(const struct console_info *info);

#endif

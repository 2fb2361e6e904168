/* SPDX-License-Identifier: Apache-2.0 */
/* What the console's portable parts want from below: the management call and the time. */
#ifndef CONSOLE_PLATFORM_H
#define CONSOLE_PLATFORM_H

#include "kernel/abi/management.h"
#include <stdbool.h>
#include <stddef.h>

/*
 * Makes the management call with a copy of `request` and the `bytes` of `data` behind it (0: none;
 * at most MANAGEMENT_WRITE_BYTES). After MANAGEMENT_DONE the answer's first `room` bytes are in
 * `answer`, at most PAGE_BYTES. The version is filled in.
 */
enum management_result platform_call(const struct management_request *request, const void *data,
                                     void *answer, size_t room);

bool platform_is_intel(void);         /* the processor's maker, by whose numbers exits are told */
uint64_t platform_milliseconds(void); /* since start; never goes back */
uint64_t platform_unix_time(void);    /* seconds; 0: unknown */
uint64_t platform_tsc(void);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Random numbers: the processor's, with what the firmware gave, behind HMAC_DRBG (SP 800-90A). */
#ifndef CONSOLE_RANDOM_H
#define CONSOLE_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A number of the processor's. False: it has no RDRAND, or that does not answer. */
bool random_hardware(uint64_t *value);

/* Must come first. `seed` may be NULL. False: the processor's are not to be had, or repeat. */
bool random_start(const void *seed, size_t bytes);

/* Ends the domain if random_start() was not called. */
void random_bytes(void *bytes, size_t count);

/* Forgets a secret: zeroes that no compiler takes away. */
void random_forget(void *bytes, size_t count);

#endif

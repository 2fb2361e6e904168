/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies of requests: JSON by jsmn, and base64. */
#ifndef CONSOLE_BODY_H
#define CONSOLE_BODY_H

#include "request.h"
#include <stdint.h>

/*
 * The bytes of {"base64": "..."}, of which there may be no other member; at most `room`. Returns
 * NULL, or what is wrong, in words; `*count` is more than `room` where that is what is wrong.
 */
const char *body_base64(struct span body, void *out, size_t room, size_t *count);

/*
 * The number of {"stop_after": SECONDS}, of which there may be no other member: whole, from 1 to
 * 3600, digits alone. Returns NULL, or what is wrong, in words.
 */
const char *body_stop_after(struct span body, uint32_t *seconds);

/* Whether it is a JSON object without members. */
bool body_is_empty_object(struct span body);

#endif

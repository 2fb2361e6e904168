/* SPDX-License-Identifier: Apache-2.0 */
/* The made-up machine's own matters. */
#ifndef TESTS_MADE_PARTS_H
#define TESTS_MADE_PARTS_H

#include "made_machine.h"
#include <stddef.h>

#define MADE_TSC_AT_BOOT 5000000000ull

void made_parts_start(void);
enum management_result made_describe(const struct management_request *request, void *answer,
                                     size_t room);

void made_lives_start(void);
void made_lives_go_on(uint64_t now); /* milliseconds since boot */
uint32_t made_ask(uint32_t domain, enum management_call what, uint32_t admin);

void made_serial_start(void);
void made_serial_go_on(uint64_t now);
void made_serial_read(uint32_t domain, uint64_t from, struct management_serial *answer);
uint32_t made_serial_write(uint32_t domain, const char *bytes, size_t count);

void made_audit_start(void);
void made_audit_read(uint64_t from, struct management_audit *answer);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* What an audit record says, in words: pure, so that whoever reads a chain can say the same. */
#ifndef CONSOLE_AUDIT_TEXT_H
#define CONSOLE_AUDIT_TEXT_H

#include "kernel/abi/audit.h"
#include "writer.h"

/* The admin that `record` names, or MANAGEMENT_NO_ADMIN. */
uint32_t audit_admin(const struct audit_record *record);

/*
 * Writes one line without its end, printable ASCII but for the names. `domain` and `admin` are the
 * names of record->domain and audit_admin(); NULL: not known, then their numbers are told.
 */
void audit_text(struct writer *to, const struct audit_record *record, const char *domain,
                const char *admin);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Telling `bulkhead ctl` of a manifest's machine and a key that was just made for it. */
#ifndef BULKHEAD_KEY_ENROL_H
#define BULKHEAD_KEY_ENROL_H

#include "tools/tool.h"

/*
 * Whether the manifest says what hosts.yaml wants: its host, management's address and server's key.
 * EXIT_FINDINGS, said on stderr: it lacks one of them; EXIT_ENVIRONMENT: it can't be read, or the
 * name is another's.
 */
enum exit_status key_may_enrol(const char *manifest);

/*
 * Puts its machine into hosts.yaml, with one's own `key` and `certificate`. Likewise, and
 * EXIT_ENVIRONMENT where hosts.yaml can't be written.
 */
enum exit_status key_enrol(const char *manifest, const char *key, const char *certificate);

#endif

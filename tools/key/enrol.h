/* SPDX-License-Identifier: Apache-2.0 */
/* Telling `bulkhead ctl` of a manifest's machine and a key that was just made for it. */
#ifndef BULKHEAD_KEY_ENROL_H
#define BULKHEAD_KEY_ENROL_H

#include "tools/tool.h"

/*
 * Puts the machine of the manifest into hosts.yaml: its host, management's address and server's
 * key, with one's own `key` and `certificate`. EXIT_FINDINGS, said on stderr: the manifest does not
 * say one of them; EXIT_ENVIRONMENT: a file can't be read or written, or the name is another's.
 */
enum exit_status key_enrol(const char *manifest, const char *key, const char *certificate);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* The certificate of a manifest's console. */
#ifndef BULKHEAD_KEY_SERVER_H
#define BULKHEAD_KEY_SERVER_H

#include "tools/tool.h"

/*
 * Writes what the console of the manifest at `path` will show, as PEM, to the file `output` or to
 * standard output (NULL). What is wrong is said on stderr.
 */
enum exit_status server_certificate(const char *path, const char *output);

#endif

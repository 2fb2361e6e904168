/* SPDX-License-Identifier: Apache-2.0 */
/* Does a private key belong to a certificate? */
#ifndef BULKHEAD_KEY_FIT_H
#define BULKHEAD_KEY_FIT_H

#include <stddef.h>

/* NULL if the files in PEM do; else why not, as words behind "FILE: ", with `*file` set to it. */
const char *key_misfit(const char *key, const char *certificate, const char **file);

#endif

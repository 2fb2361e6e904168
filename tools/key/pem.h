/* SPDX-License-Identifier: Apache-2.0 */
/* Files in PEM form that a user names, as libcrypto is to read them. */
#ifndef BULKHEAD_KEY_PEM_H
#define BULKHEAD_KEY_PEM_H

#include <stdio.h>

/* NULL: it can't be read as a regular file; of other kinds one may never end, or not even open. */
FILE *pem_open(const char *path);

/* The callback of libcrypto's PEM_read functions: a key that is encrypted is not asked about. */
int pem_no_password(char *to, int bytes, int writing, void *context);

#endif

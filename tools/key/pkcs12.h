/* SPDX-License-Identifier: Apache-2.0 */
/* PKCS#12 (RFC 7292): a key and its certificate in the one file that browsers import. */
#ifndef BULKHEAD_KEY_PKCS12_H
#define BULKHEAD_KEY_PKCS12_H

#include "pair.h"

enum { PASSWORD_BYTES = 20, PKCS12_BYTES = 4096 };

/* Letters and digits that nobody mixes up, 80 random bits. False: there is no randomness. */
bool password_make(char password[PASSWORD_BYTES]);

/*
 * Writes a pair that has a certificate, encrypted with the password ("": nobody needs one to read
 * it), under `name`. Returns the bytes, 0 if the library can't.
 */
size_t pkcs12_make(const struct pair *pair, const char *name, const char *password,
                   uint8_t out[PKCS12_BYTES]);

#endif

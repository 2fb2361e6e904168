/* SPDX-License-Identifier: Apache-2.0 */
/* By OpenSSL's libcrypto, which is what libcurl will read them with. */
#include "fit.h"
#include "pem.h"

#include <openssl/pem.h>

#define UNREADABLE "cannot be read as a regular file"

const char *key_misfit(const char *key, const char *certificate, const char **file)
{
    FILE *private_file = pem_open(key), *public_file = pem_open(certificate);
    EVP_PKEY *private =
        private_file ? PEM_read_PrivateKey(private_file, NULL, pem_no_password, NULL) : NULL;
    X509 *public = public_file ? PEM_read_X509(public_file, NULL, pem_no_password, NULL) : NULL;
    const char *why = NULL;

    *file = private ? certificate : key;
    if (!private)
        why =
            private_file
                ? "holds no private key in PEM form without a password: NAME.key of `bulkhead key "
                  "new` does, NAME.pub and NAME.pem do not"
                : UNREADABLE;
    else if (!public)
        why = public_file ? "holds no certificate; `bulkhead key new` makes NAME.pem" : UNREADABLE;
    else if (X509_check_private_key(public, private) != 1)
        why = "is the certificate of another key; name the two that were made together";
    X509_free(public);
    EVP_PKEY_free(private);
    if (private_file)
        fclose(private_file);
    if (public_file)
        fclose(public_file);
    return why;
}

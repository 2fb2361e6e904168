/* SPDX-License-Identifier: Apache-2.0 */
/* By OpenSSL's libcrypto, which is what libcurl will read them with. */
#include "fit.h"

#include <fcntl.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of other kinds of file one may never end, or not even open. */
static FILE *open_regular(const char *path)
{
    struct stat status;
    int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    FILE *stream = file >= 0 && fstat(file, &status) == 0 && S_ISREG(status.st_mode)
                       ? fdopen(file, "r")
                       : NULL;

    if (!stream && file >= 0)
        close(file);
    return stream;
}

#define UNREADABLE "cannot be read as a regular file"

/* A key that is encrypted is not asked about. */
static int no_password(char *to, int bytes, int writing, void *context)
{
    (void)to;
    (void)bytes;
    (void)writing;
    (void)context;
    return -1;
}

const char *key_misfit(const char *key, const char *certificate, const char **file)
{
    FILE *private_file = open_regular(key), *public_file = open_regular(certificate);
    EVP_PKEY *private =
        private_file ? PEM_read_PrivateKey(private_file, NULL, no_password, NULL) : NULL;
    X509 *public = public_file ? PEM_read_X509(public_file, NULL, no_password, NULL) : NULL;
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

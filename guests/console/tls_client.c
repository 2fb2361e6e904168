/* SPDX-License-Identifier: Apache-2.0 */
/* Pinned keys: the library decodes the peer's certificate, and its key is looked up by digest. */
#include "tls_client.h"

#include "certificate.h"
#include <string.h>

/* More than a browser sends of a certificate that signs itself. */
enum { CERTIFICATES_MAX = 8, CERTIFICATE_MAX_BYTES = 8192 };

static struct tls_client *client_of(const br_x509_class **context)
{
    return (struct tls_client *)context;
}

static void start_chain(const br_x509_class **context, const char *server_name)
{
    struct tls_client *client = client_of(context);

    (void)server_name;
    client->certificates = 0;
    client->known = client->proved = false;
    br_x509_decoder_init(&client->decoder, NULL, NULL);
}

static void start_cert(const br_x509_class **context, uint32_t length)
{
    struct tls_client *client = client_of(context);

    client->certificates += length > CERTIFICATE_MAX_BYTES ? CERTIFICATES_MAX + 1 : 1;
}

static void append(const br_x509_class **context, const unsigned char *bytes, size_t count)
{
    struct tls_client *client = client_of(context);

    if (client->certificates == 1)
        br_x509_decoder_push(&client->decoder, bytes, count);
}

static void end_cert(const br_x509_class **context)
{
    (void)context;
}

static bool look_up(struct tls_client *client, const br_ec_public_key *key)
{
    bool small = key->curve == BR_EC_secp256r1;
    uint8_t der[PUBLIC_DER_MAX_BYTES], digest[DIGEST_BYTES];
    br_sha256_context hash;

    if ((!small && key->curve != BR_EC_secp384r1) || key->qlen != (small ? 65 : POINT_MAX_BYTES) ||
        key->q[0] != 0x04)
        return false;
    br_sha256_init(&hash);
    br_sha256_update(&hash, der,
                     public_key_der(small ? SERVER_KEY_P256 : SERVER_KEY_P384, key->q, der));
    br_sha256_out(&hash, digest);
    for (uint32_t i = 0; i < client->info->admin_count && i < MAX_ADMINS; i++) {
        if (memcmp(client->info->admins[i].key, digest, DIGEST_BYTES) == 0) {
            client->admin = i;
            return true;
        }
    }
    return false;
}

static unsigned end_chain(const br_x509_class **context)
{
    struct tls_client *client = client_of(context);

    if (client->certificates == 0)
        return BR_ERR_X509_EMPTY_CHAIN;
    if (client->certificates > CERTIFICATES_MAX)
        return BR_ERR_X509_LIMIT_EXCEEDED;
    const br_x509_pkey *key = br_x509_decoder_get_pkey(&client->decoder);
    if (!key)
        return (unsigned)br_x509_decoder_last_error(&client->decoder);
    client->known = key->key_type == BR_KEYTYPE_EC && look_up(client, &key->key.ec);
    return client->known ? 0 : BR_ERR_X509_NOT_TRUSTED;
}

static const br_x509_pkey *get_pkey(const br_x509_class *const *context, unsigned *usages)
{
    struct tls_client *client = client_of((const br_x509_class **)context);

    if (usages)
        *usages = BR_KEYTYPE_SIGN;
    return client->known ? br_x509_decoder_get_pkey(&client->decoder) : NULL;
}

const br_x509_class tls_client_class = {
    .context_size = sizeof(struct tls_client),
    .start_chain = start_chain,
    .start_cert = start_cert,
    .append = append,
    .end_cert = end_cert,
    .end_chain = end_chain,
    .get_pkey = get_pkey,
};

void tls_client_signed(struct tls_client *client, const br_ec_public_key *key, bool good)
{
    const br_x509_pkey *own = client->known ? br_x509_decoder_get_pkey(&client->decoder) : NULL;

    if (own && key == &own->key.ec)
        client->proved = good;
}

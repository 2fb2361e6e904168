/* SPDX-License-Identifier: Apache-2.0 */
/* The private key of the management console's TLS server: PEM, DER and curves are BearSSL's. */
#include "private_key.h"

#include "guests/console/certificate.h"
#include "kernel/sha256.h"
#include <bearssl.h>
#include <stdbool.h>
#include <string.h>

struct reader {
    br_pem_decoder_context pem;
    br_skey_decoder_context key;
    unsigned int keys, ended;
    bool encrypted, damaged;
};

static void take(void *key, const void *bytes, size_t count)
{
    br_skey_decoder_push(key, bytes, count);
}

static void begin(struct reader *reader)
{
    const char *name = br_pem_decoder_name(&reader->pem);
    bool known = strcmp(name, "PRIVATE KEY") == 0 || strcmp(name, "EC PRIVATE KEY") == 0;

    reader->keys += known;
    reader->encrypted |= strcmp(name, "ENCRYPTED PRIVATE KEY") == 0;
    br_pem_decoder_setdest(&reader->pem, known && reader->keys == 1 ? take : NULL, &reader->key);
}

static void push(struct reader *reader, const uint8_t *bytes, size_t size)
{
    while (size > 0 && !reader->damaged) {
        size_t taken = br_pem_decoder_push(&reader->pem, bytes, size);
        int event = br_pem_decoder_event(&reader->pem);

        bytes += taken;
        size -= taken;
        if (event == BR_PEM_BEGIN_OBJ)
            begin(reader);
        else if (event == BR_PEM_END_OBJ)
            reader->ended += reader->keys == 1 && reader->ended == 0;
        else if (event == BR_PEM_ERROR)
            reader->damaged = true;
    }
}

/* As many bytes as the curve's order, and from 1 to less than it. */
static bool take_number(struct server_key *out, const br_ec_private_key *key)
{
    const uint8_t *from = key->x;
    size_t left = key->xlen, bytes;
    const uint8_t *order = br_ec_get_default()->order(key->curve, &bytes);

    for (; left > 0 && *from == 0; left--)
        from++;
    if (left == 0 || left > bytes || bytes > sizeof(out->private))
        return false;
    memcpy(out->private + bytes - left, from, left);
    return memcmp(out->private, order, bytes) < 0;
}

static bool digest_public(struct server_key *key, uint8_t digest[32])
{
    uint8_t point[BR_EC_KBUF_PUB_MAX_SIZE], der[PUBLIC_DER_MAX_BYTES];
    br_ec_private_key private = {(int)key->curve, key->private,
                                 key->curve == SERVER_KEY_P256 ? 32 : SERVER_KEY_BYTES};
    bool good = br_ec_compute_pub(br_ec_get_default(), NULL, point, &private) != 0;

    if (good)
        sha256(der, public_key_der(key->curve, point, der), digest);
    return good;
}

static const char *read_key(const struct reader *reader, struct server_key *out, uint8_t digest[32])
{
    const br_ec_private_key *key = br_skey_decoder_get_ec(&reader->key);

    if (reader->damaged || reader->keys == 0 || reader->ended == 0)
        return reader->encrypted ? "holds an encrypted key, and nobody could type the word at boot"
                                 : "holds no private key in PEM form";
    if (reader->keys > 1)
        return "holds more than one private key";
    if (br_skey_decoder_last_error(&reader->key) != 0)
        return "holds a private key that is damaged";
    if (!key || (key->curve != SERVER_KEY_P256 && key->curve != SERVER_KEY_P384))
        return "holds a private key, but none of the curves P-256 and P-384";
    *out = (struct server_key){SERVER_KEY_MAGIC, SERVER_KEY_VERSION, (uint32_t)key->curve, {0}};
    return take_number(out, key) && digest_public(out, digest)
               ? NULL
               : "holds a private key that is out of its curve's range";
}

const char *private_key_read(const uint8_t *file, size_t size, struct server_key *out,
                             uint8_t digest[32])
{
    static const uint8_t line_end = '\n';
    struct reader reader = {0};

    memset(digest, 0, 32);
    *out = (struct server_key){0};
    if (size > PRIVATE_KEY_FILE_BYTES)
        return "is too large for a private key (more than 16 KiB)";
    br_pem_decoder_init(&reader.pem);
    br_skey_decoder_init(&reader.key);
    push(&reader, file, size);
    push(&reader, &line_end, 1); /* the last line may have none */
    const char *complaint = read_key(&reader, out, digest);
    if (complaint)
        explicit_bzero(out, sizeof(*out));
    explicit_bzero(&reader, sizeof(reader));
    return complaint;
}

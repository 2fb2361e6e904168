/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS by BearSSL's engine: it has bytes of the network at one end and what is inside at the other,
 * and here they are carried to and fro. All memory is static, all randomness comes from the seed.
 */
#include "tls.h"

#include "certificate.h"
#include "tls_client.h"
#include <string.h>

enum { SEED_MIN_BYTES = 32, ENTROPY_BYTES = 32 };

/* A record's type, and alerts (RFC 5246, Record Layer, Error Alerts). */
enum { RECORD_ALERT = 21 };
enum { ALERT_HANDSHAKE_FAILURE = 40, ALERT_BAD_CERTIFICATE = 42, ALERT_DECRYPT_ERROR = 51 };

struct connection {
    br_ssl_server_context server;
    struct tls_client client;
    bool open;      /* what is inside may be read and written */
    bool unflushed; /* something was written that is not yet in a record */
    uint8_t buffer[BR_SSL_BUFSIZE_BIDI];
};

static struct connection connections[NET_CONNECTIONS];

static struct {
    const struct console_info *info;
    br_hmac_drbg_context random;
    br_ec_impl curves;
    br_ec_private_key key;
    br_x509_certificate certificate;
    br_x500_name issuer; /* of the certificates that are asked for */
    uint8_t certificate_der[CERTIFICATE_BYTES], issuer_der[CERTIFICATE_NAME_BYTES];
} server;

/*
 * The library asks its system for randomness here, beside what it is given. On the bare machine
 * there is none; a connection has its own from `server.random`.
 */
br_prng_seeder br_prng_seeder_system(const char **name)
{
    if (name)
        *name = "none";
    return NULL;
}

/* The compiler can't know that nobody reads it any more. */
static void forget(void *memory, size_t bytes)
{
    memset(memory, 0, bytes);
    __asm__ volatile("" : : "r"(memory) : "memory");
}

const char *tls_start(const struct console_info *info, const void *seed, size_t seed_bytes)
{
    const br_ec_impl *all = br_ec_get_default();

    if (seed_bytes < SEED_MIN_BYTES)
        return "TLS has no randomness: fewer than 32 random bytes";
    if (!info->has_key)
        return "TLS has no server's key; name it in the manifest as management.key";
    server.info = info;
    br_hmac_drbg_init(&server.random, &br_sha256_vtable, seed, seed_bytes);
    /* Without P-521, which costs a stranger nothing and the console much. */
    server.curves = *all;
    server.curves.supported_curves =
        1u << BR_EC_secp256r1 | 1u << BR_EC_secp384r1 | 1u << BR_EC_curve25519;
    server.key = (br_ec_private_key){(int)info->key.curve, (unsigned char *)info->key.private,
                                     info->key.curve == SERVER_KEY_P256 ? 32 : SERVER_KEY_BYTES};
    server.certificate.data = server.certificate_der;
    server.certificate.data_len =
        certificate_of_server(&info->key, info->names, info->address, server.certificate_der);
    server.issuer.data = server.issuer_der;
    server.issuer.len = certificate_client_issuer(server.issuer_der);
    return server.certificate.data_len ? NULL : "TLS has no certificate: the server's key is none";
}

size_t tls_certificate(const uint8_t **der)
{
    *der = server.certificate_der;
    return server.certificate.data_len;
}

/* The library checks nobody's signature but that of a client over its handshake. */
static uint32_t verify(const br_ec_impl *curves, const void *hash, size_t hash_bytes,
                       const br_ec_public_key *key, const void *signature, size_t bytes)
{
    uint32_t good = br_ecdsa_i31_vrfy_asn1(curves, hash, hash_bytes, key, signature, bytes);

    for (uint32_t i = 0; i < NET_CONNECTIONS; i++)
        tls_client_signed(&connections[i].client, key, good == 1);
    return good;
}

static void set_algorithms(br_ssl_engine_context *engine)
{
    static const uint16_t suites[] = {
        BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        BR_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    };

    br_ssl_engine_set_versions(engine, BR_TLS12, BR_TLS12);
    br_ssl_engine_set_suites(engine, suites, sizeof(suites) / sizeof(suites[0]));
    br_ssl_engine_set_hash(engine, br_sha256_ID, &br_sha256_vtable);
    br_ssl_engine_set_hash(engine, br_sha384_ID, &br_sha384_vtable);
    br_ssl_engine_set_hash(engine, br_sha512_ID, &br_sha512_vtable);
    br_ssl_engine_set_prf_sha256(engine, br_tls12_sha256_prf);
    br_ssl_engine_set_prf_sha384(engine, br_tls12_sha384_prf);
    br_ssl_engine_set_default_aes_gcm(engine);
    br_ssl_engine_set_default_chapol(engine);
    br_ssl_engine_set_ec(engine, &server.curves);
    br_ssl_engine_set_ecdsa(engine, verify);
}

/*
 * The library asks for a client's certificate only if it has a name to send with that, so it has
 * one. Whatever it then reports, `client.proved` decides.
 */
void tls_begin(unsigned connection)
{
    struct connection *new = &connections[connection];
    br_ssl_engine_context *engine = &new->server.eng;
    uint8_t entropy[ENTROPY_BYTES];

    memset(new, 0, sizeof(*new));
    new->client.vtable = &tls_client_class;
    new->client.info = server.info;
    br_ssl_server_zero(&new->server);
    set_algorithms(engine);
    br_ssl_engine_set_x509(engine, &new->client.vtable);
    br_ssl_engine_add_flags(engine, BR_OPT_NO_RENEGOTIATION);
    br_ssl_server_set_single_ec(&new->server, &server.certificate, 1, &server.key, BR_KEYTYPE_SIGN,
                                BR_KEYTYPE_EC, &server.curves, br_ecdsa_i31_sign_asn1);
    br_ssl_server_set_trust_anchor_names(&new->server, &server.issuer, 1);
    br_ssl_engine_set_buffer(engine, new->buffer, sizeof(new->buffer), 1);
    br_hmac_drbg_generate(&server.random, entropy, sizeof(entropy));
    br_ssl_engine_inject_entropy(engine, entropy, sizeof(entropy));
    forget(entropy, sizeof(entropy));
    br_ssl_server_reset(&new->server);
}

/* Records to the network; whether any byte went. */
static bool push(unsigned connection)
{
    br_ssl_engine_context *engine = &connections[connection].server.eng;
    size_t count = 0;
    const uint8_t *bytes = br_ssl_engine_sendrec_buf(engine, &count);
    size_t sent = bytes ? net_send(connection, bytes, count) : 0;

    if (sent > 0)
        br_ssl_engine_sendrec_ack(engine, sent);
    return sent > 0;
}

static bool pull(unsigned connection)
{
    br_ssl_engine_context *engine = &connections[connection].server.eng;
    const uint8_t *from;
    size_t room = 0, count = net_received(connection, &from);
    uint8_t *to = br_ssl_engine_recvrec_buf(engine, &room);

    count = !to ? 0 : count < room ? count : room;
    if (count == 0)
        return false;
    memcpy(to, from, count);
    net_consume(connection, count);
    br_ssl_engine_recvrec_ack(engine, count);
    return true;
}

/*
 * Where the handshake failed the library mostly just stops. Who shows a certificate hears what is
 * wrong: browsers then say so. Until the handshake's end alerts go unprotected. What came and was
 * not read would make the network's goodbye a reset, which may overtake them.
 */
static void send_alert(unsigned connection)
{
    int error = br_ssl_engine_last_error(&connections[connection].server.eng);
    const uint8_t *rest;
    size_t count;
    uint8_t alert[] = {RECORD_ALERT, 3, 3, 0, 2, 2, ALERT_HANDSHAKE_FAILURE};

    while ((count = net_received(connection, &rest)) > 0)
        net_consume(connection, count);
    if (error == BR_ERR_OK || error >= BR_ERR_RECV_FATAL_ALERT)
        return; /* ended by the peer, or the library has sent one */
    if (error == BR_ERR_BAD_SIGNATURE)
        alert[6] = ALERT_DECRYPT_ERROR;
    else if (error >= BR_ERR_X509_OK)
        alert[6] = ALERT_BAD_CERTIFICATE;
    net_send(connection, alert, sizeof(alert));
}

static enum tls_state ended(struct connection *gone)
{
    gone->open = false;
    return TLS_ENDED;
}

enum tls_state tls_pump(unsigned connection)
{
    struct connection *own = &connections[connection];
    const uint8_t *rest;

    while (push(connection) || pull(connection))
        ;
    unsigned state = br_ssl_engine_current_state(&own->server.eng);
    if (state & BR_SSL_CLOSED) {
        if (!own->client.proved)
            send_alert(connection);
        return ended(own);
    }
    if (state & (BR_SSL_SENDAPP | BR_SSL_RECVAPP)) {
        if (!own->client.proved)
            return ended(own);
        own->open = true;
    }
    if (!net_is_open(connection) && net_received(connection, &rest) == 0 &&
        !(state & BR_SSL_RECVAPP))
        return ended(own);
    return own->open ? TLS_OPEN : TLS_HANDSHAKE;
}

unsigned tls_admin(unsigned connection)
{
    return connections[connection].client.admin;
}

size_t tls_received(unsigned connection, const uint8_t **bytes)
{
    struct connection *own = &connections[connection];
    size_t count = 0;

    if (own->open)
        *bytes = br_ssl_engine_recvapp_buf(&own->server.eng, &count);
    return count;
}

void tls_consume(unsigned connection, size_t count)
{
    const uint8_t *bytes;
    size_t there = tls_received(connection, &bytes);

    count = count < there ? count : there;
    if (count > 0)
        br_ssl_engine_recvapp_ack(&connections[connection].server.eng, count);
}

size_t tls_send(unsigned connection, const void *bytes, size_t count)
{
    struct connection *own = &connections[connection];
    size_t taken = 0, room = 0;
    bool moved = own->open;

    while (moved && taken < count) {
        uint8_t *to = br_ssl_engine_sendapp_buf(&own->server.eng, &room);
        size_t part = !to ? 0 : room < count - taken ? room : count - taken;

        if (part > 0) {
            memcpy(to, (const uint8_t *)bytes + taken, part);
            br_ssl_engine_sendapp_ack(&own->server.eng, part);
            taken += part;
            own->unflushed = true;
        }
        moved = push(connection) || part > 0;
    }
    return taken;
}

void tls_flush(unsigned connection)
{
    struct connection *own = &connections[connection];

    if (!own->open)
        return;
    br_ssl_engine_flush(&own->server.eng, 0);
    own->unflushed = false;
    while (push(connection))
        ;
}

bool tls_is_sent(unsigned connection)
{
    struct connection *own = &connections[connection];

    return !own->unflushed && !(br_ssl_engine_current_state(&own->server.eng) & BR_SSL_SENDREC);
}

void tls_end(unsigned connection, bool abort)
{
    struct connection *own = &connections[connection];

    if (own->open && !abort) {
        tls_flush(connection);
        br_ssl_engine_close(&own->server.eng);
        while (push(connection))
            ;
    }
    forget(own, sizeof(*own));
    net_close(connection, abort);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tls_world.h"
#include <string.h>

struct wire wires[NET_CONNECTIONS];

void wire_open(unsigned connection)
{
    memset(&wires[connection], 0, sizeof(wires[0]));
    wires[connection].piece = WIRE_BYTES;
    wires[connection].open = true;
}

static size_t least(size_t one, size_t other)
{
    return one < other ? one : other;
}

void wire_feed(unsigned connection, const void *bytes, size_t count)
{
    struct wire *wire = &wires[connection];

    count = least(count, WIRE_BYTES - wire->in_count);
    memcpy(wire->in + wire->in_count, bytes, count);
    wire->in_count += count;
}

bool net_is_open(unsigned connection)
{
    return wires[connection].open;
}

size_t net_received(unsigned connection, const uint8_t **bytes)
{
    struct wire *wire = &wires[connection];

    *bytes = wire->in + wire->in_at;
    return least(wire->in_count - wire->in_at, wire->piece);
}

void net_consume(unsigned connection, size_t count)
{
    wires[connection].in_at += count;
}

size_t net_send(unsigned connection, const void *bytes, size_t count)
{
    struct wire *wire = &wires[connection];

    count = least(least(count, wire->piece), WIRE_BYTES - wire->out_count);
    memcpy(wire->out + wire->out_count, bytes, count);
    wire->out_count += count;
    return count;
}

void net_close(unsigned connection, bool abort)
{
    wires[connection].open = false;
    wires[connection].closed = true;
    wires[connection].aborted = abort;
}

int wire_alert(unsigned connection)
{
    const struct wire *wire = &wires[connection];
    int alert = -1;

    for (size_t at = 0; at + 5 <= wire->out_count;) {
        size_t bytes = (size_t)wire->out[at + 3] << 8 | wire->out[at + 4];
        if (wire->out[at] == 21 && bytes == 2)
            alert = wire->out[at + 6];
        at += 5 + bytes;
    }
    return alert;
}

struct made_key made_key(enum server_key_curve curve, unsigned number)
{
    struct made_key made = {.key = {SERVER_KEY_MAGIC, SERVER_KEY_VERSION, curve, {0}}};
    uint8_t der[PUBLIC_DER_MAX_BYTES];
    br_hmac_drbg_context random;
    br_ec_private_key private;
    br_sha256_context hash;

    br_hmac_drbg_init(&random, &br_sha256_vtable, &number, sizeof(number));
    br_ec_keygen(&random.vtable, br_ec_get_default(), &private, made.key.private, (int)curve);
    br_ec_compute_pub(br_ec_get_default(), NULL, made.point, &private);
    br_sha256_init(&hash);
    br_sha256_update(&hash, der, public_key_der(curve, made.point, der));
    br_sha256_out(&hash, made.digest);
    return made;
}

void world_make(struct world *made, enum server_key_curve server)
{
    struct console_info *info = &made->info;

    memset(made, 0, sizeof(*made));
    made->server = made_key(server, 1);
    made->small = made_key(SERVER_KEY_P256, 2);
    made->large = made_key(SERVER_KEY_P384, 3);
    made->foreign = made_key(SERVER_KEY_P256, 4);
    info->address = 0x0a00020f;
    info->has_key = 1;
    info->key = made->server.key;
    strcpy(info->names[0], "console.example");
    strcpy(info->names[1], "127.0.0.1:8443");
    info->admin_count = 2;
    memcpy(info->admins[0].key, made->small.digest, DIGEST_BYTES);
    memcpy(info->admins[1].key, made->large.digest, DIGEST_BYTES);
    memcpy(info->admins[2].key, made->foreign.digest, DIGEST_BYTES); /* beyond the count */
}

static struct client *client_of(const br_ssl_client_certificate_class **chooser)
{
    return (struct client *)((char *)chooser - offsetof(struct client, chooser));
}

static void ignore_start(const br_ssl_client_certificate_class **chooser)
{
    (void)chooser;
}

static void ignore_name(const br_ssl_client_certificate_class **chooser, size_t bytes)
{
    (void)chooser;
    (void)bytes;
}

static void ignore_bytes(const br_ssl_client_certificate_class **chooser, const unsigned char *data,
                         size_t bytes)
{
    (void)chooser;
    (void)data;
    (void)bytes;
}

static void choose(const br_ssl_client_certificate_class **chooser,
                   const br_ssl_client_context *context, uint32_t auth_types,
                   br_ssl_client_certificate *choices)
{
    struct client *own = client_of(chooser);

    (void)context;
    (void)auth_types;
    choices->auth_type = BR_AUTH_ECDSA;
    choices->hash_id = own->hash;
    choices->chain = own->chain;
    choices->chain_len = own->chain_length;
}

static size_t do_sign(const br_ssl_client_certificate_class **chooser, int hash_id, size_t hv_len,
                      unsigned char *data, size_t bytes)
{
    const struct client *own = client_of(chooser);
    const struct server_key *key = &own->signer->key;
    br_ec_private_key private = {(int)key->curve, (unsigned char *)key->private,
                                 key->curve == SERVER_KEY_P256 ? 32 : 48};
    const br_hash_class *hash = hash_id == br_sha512_ID   ? &br_sha512_vtable
                                : hash_id == br_sha384_ID ? &br_sha384_vtable
                                                          : &br_sha256_vtable;
    uint8_t value[64];

    (void)bytes;
    memcpy(value, data, hv_len);
    return br_ecdsa_i31_sign_asn1(br_ec_get_default(), hash, value, &private, data);
}

static const br_ssl_client_certificate_class chooser = {
    .context_size = sizeof(struct client),
    .start_name_list = ignore_start,
    .start_name = ignore_name,
    .append_name = ignore_bytes,
    .end_name = ignore_start,
    .end_name_list = ignore_start,
    .choose = choose,
    .do_sign = do_sign,
};

void client_make(struct client *own, const struct world *made, const struct made_key *shown)
{
    static br_x509_minimal_context unused;
    br_ssl_engine_context *engine = &own->tls.eng;
    br_ec_public_key server = {(int)made->server.key.curve, (unsigned char *)made->server.point,
                               made->server.key.curve == SERVER_KEY_P256 ? 65 : 97};

    memset(own, 0, sizeof(*own));
    br_ssl_client_init_full(&own->tls, &unused, NULL, 0);
    br_x509_knownkey_init_ec(&own->known, &server, BR_KEYTYPE_SIGN);
    br_ssl_engine_set_x509(engine, &own->known.vtable);
    br_ssl_engine_set_versions(engine, BR_TLS12, BR_TLS12);
    br_ssl_engine_set_buffer(engine, own->buffer, sizeof(own->buffer), 1);
    br_ssl_engine_inject_entropy(engine, "a test's random numbers", 23);
    own->hash = br_sha256_ID;
    if (shown) {
        own->signer = shown;
        own->chooser = &chooser;
        own->chain_length = 1;
        own->chain[0].data = own->der;
        own->chain[0].data_len = certificate_of_client(&shown->key, "ops", "20260101000000Z",
                                                       "20360101000000Z", own->der);
        br_ssl_client_set_client_certificate(&own->tls, &own->chooser);
    }
    br_ssl_client_reset(&own->tls, "console.example", 0);
}

bool client_step(struct client *own, unsigned connection)
{
    br_ssl_engine_context *engine = &own->tls.eng;
    struct wire *wire = &wires[connection];
    size_t count = 0, room = 0, before = wire->in_count + wire->out_at;
    const uint8_t *from = br_ssl_engine_sendrec_buf(engine, &count);

    if (from) {
        count = least(count, wire->piece);
        wire_feed(connection, from, count);
        br_ssl_engine_sendrec_ack(engine, count);
    }
    uint8_t *to = br_ssl_engine_recvrec_buf(engine, &room);
    count = least(least(room, wire->out_count - wire->out_at), wire->piece);
    if (to && count > 0) {
        memcpy(to, wire->out + wire->out_at, count);
        wire->out_at += count;
        br_ssl_engine_recvrec_ack(engine, count);
    }
    return wire->in_count + wire->out_at != before;
}

struct world world;
struct client client;
const uint8_t world_seed[32] = {1, 2, 3};

void start(enum server_key_curve curve)
{
    world_make(&world, curve);
    assert_null(tls_start(&world.info, world_seed, sizeof(world_seed)));
}

void begin(unsigned connection, const struct made_key *shown)
{
    wire_open(connection);
    client_make(&client, &world, shown);
    tls_begin(connection);
}

enum tls_state settle(unsigned connection)
{
    enum tls_state state = TLS_HANDSHAKE;
    size_t before;

    do {
        before = wires[connection].in_at + wires[connection].out_count;
        client_step(&client, connection);
        state = tls_pump(connection);
    } while (state != TLS_ENDED &&
             (wires[connection].in_at + wires[connection].out_count != before ||
              client_step(&client, connection)));
    while (client_step(&client, connection))
        ;
    return state;
}

void client_write(const void *bytes, size_t count)
{
    size_t room = 0;
    uint8_t *to = br_ssl_engine_sendapp_buf(&client.tls.eng, &room);

    assert_non_null(to);
    assert_true(count <= room);
    memcpy(to, bytes, count);
    br_ssl_engine_sendapp_ack(&client.tls.eng, count);
    br_ssl_engine_flush(&client.tls.eng, 0);
}

void check_refused(unsigned connection)
{
    const uint8_t *bytes = world_seed;

    assert_int_equal(settle(connection), TLS_ENDED);
    assert_int_equal(tls_received(connection, &bytes), 0);
    assert_int_equal(tls_send(connection, "secret", 6), 0);
    tls_end(connection, false);
    assert_true(wires[connection].closed);
}

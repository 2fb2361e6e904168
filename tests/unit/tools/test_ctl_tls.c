/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way to a console by TLS: to the one key that is pinned and to no other, in spite of proxies
 * and redirections, and with an end to what it takes. The servers are BearSSL's, in a process of
 * their own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/ctl/api.h"
#include <arpa/inet.h>
#include <bearssl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Two identities: private key, public point, certificate, SHA-256 of the SubjectPublicKeyInfo. */
static const struct identity {
    const char *private, *public, *certificate, *digest;
} identities[] = {
    {"1a482091d1ba3bdaa1d2470014bc2170988467755c1254e85bb7c9f4c56a7f12",
     "043ce2be1ca111cef462873eacb0933973dbad8f115582cde0ab475b255682ce13d8689f0c0191300a0ae2cb"
     "3ddd04761f3c905d6487e5647922f1e5a0a21011f5",
     "3082017330820119a0030201020214429a7f4ec7e3aeaea2a713091357b7ccf0e249f4300a06082a8648ce3d"
     "040302300e310c300a06035504030c036f6e653020170d3236313133303130343735365a180f323132363131"
     "30363130343735365a300e310c300a06035504030c036f6e653059301306072a8648ce3d020106082a8648ce"
     "3d030107034200043ce2be1ca111cef462873eacb0933973dbad8f115582cde0ab475b255682ce13d8689f0c"
     "0191300a0ae2cb3ddd04761f3c905d6487e5647922f1e5a0a21011f5a3533051301d0603551d0e04160414e7"
     "0da9e0a30b8cc3f5a10a2ebb7c937efa30fa9e301f0603551d23041830168014e70da9e0a30b8cc3f5a10a2e"
     "bb7c937efa30fa9e300f0603551d130101ff040530030101ff300a06082a8648ce3d04030203480030450221"
     "00bf6e4b3cb5d6ba6e9e5714473681a687a76e3f8fc32d4ecc17c70816184591b002206296d2d7c3d72cea98"
     "006d68cafe3f765a394fb3015814ba4185353ed11375fb",
     "5d46b2f0c7308ad2b8e8f2751de51a757d9edb362d2d848a3590f754a4a1d428"},
    {"f3ef3c0637faf16b914945b7d914b192f7b1d58519d206ac4049af059b1bc6a4",
     "042351b114c6e50e98d18d5ddff1acd1651e92b8206067c16fc8dea0980daed50eeeeb50c393fd7f1f2ee1a4"
     "ecaf76225be5d89c917bb9e6b888a8c12b81b4ccb1",
     "308201763082011da00302010202143bfb06795160bf649ca7158ad4d46b1833627902300a06082a8648ce3d"
     "0403023010310e300c06035504030c056f746865723020170d3236313133303130343735365a180f32313236"
     "313130363130343735365a3010310e300c06035504030c056f746865723059301306072a8648ce3d02010608"
     "2a8648ce3d030107034200042351b114c6e50e98d18d5ddff1acd1651e92b8206067c16fc8dea0980daed50e"
     "eeeb50c393fd7f1f2ee1a4ecaf76225be5d89c917bb9e6b888a8c12b81b4ccb1a3533051301d0603551d0e04"
     "1604147e3c6a66356b50bc2d92ee51c630f3a7f31e953f301f0603551d230418301680147e3c6a66356b50bc"
     "2d92ee51c630f3a7f31e953f300f0603551d130101ff040530030101ff300a06082a8648ce3d040302034700"
     "30440220197ab192e80c54810b400c5d5df3b2b508036eea0328a124f63b00a0f1624fc1022013242e1ca103"
     "4873126110852606801e467e6d777e58bcbec42782753c439d64",
     "f5f1a30a42f35cae9f2d2ee05874702d167a8907e9efe4f17c2aa1e56f018fb5"}};

static char folder[64];

static size_t bytes_of(const char *hex, uint8_t *out)
{
    assert_true(hex_bytes(hex, out, strlen(hex) / 2));
    return strlen(hex) / 2;
}

static void write_pem(const char *path, const uint8_t *der, size_t bytes, const char *title)
{
    char pem[4096];
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    br_pem_encode(pem, der, bytes, title, BR_PEM_LINE64);
    fputs(pem, file);
    fclose(file);
}

/* One's own key and certificate: those of the second identity. */
static int make_files(void **state)
{
    uint8_t private[32], public[65], der[512];
    char path[128];
    br_ec_private_key key = {BR_EC_secp256r1, private, sizeof(private)};
    br_ec_public_key point = {BR_EC_secp256r1, public, sizeof(public)};

    (void)state;
    signal(SIGPIPE, SIG_IGN);
    strcpy(folder, "/tmp/bulkhead-test-XXXXXX");
    assert_non_null(mkdtemp(folder));
    bytes_of(identities[1].private, private);
    bytes_of(identities[1].public, public);
    size_t bytes = br_encode_ec_pkcs8_der(der, &key, &point);
    snprintf(path, sizeof(path), "%s/own.key", folder);
    write_pem(path, der, bytes, BR_ENCODE_PEM_PKCS8);
    bytes = bytes_of(identities[1].certificate, der);
    snprintf(path, sizeof(path), "%s/own.pem", folder);
    write_pem(path, der, bytes, "CERTIFICATE");
    return 0;
}

static int remove_files(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof(command), "rm -r %s", folder);
    return system(command);
}

static int low_read(void *context, unsigned char *bytes, size_t count)
{
    ssize_t got = read(*(int *)context, bytes, count);

    return got > 0 ? (int)got : -1;
}

static int low_write(void *context, const unsigned char *bytes, size_t count)
{
    ssize_t put = write(*(int *)context, bytes, count);

    return put > 0 ? (int)put : -1;
}

static void answer(br_sslio_context *io, const char *request)
{
    static const char large[1 << 16], ok[] = "HTTP/1.1 200 OK\r\n";
    const char *text = "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}";
    char all[4096];

    if (strncmp(request, "GET /echo", 9) == 0 || strncmp(request, "POST /echo", 10) == 0) {
        snprintf(all, sizeof(all), "%sContent-Length: %zu\r\n\r\n%s", ok, strlen(request), request);
        text = all;
    } else if (strncmp(request, "GET /moved", 10) == 0) {
        text = "HTTP/1.1 302 Found\r\nLocation: /echo\r\nContent-Length: 0\r\n\r\n";
    } else if (strncmp(request, "GET /soon", 9) == 0) {
        text = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 3\r\nContent-Length: 0\r\n\r\n";
    } else if (strncmp(request, "GET /short", 10) == 0) {
        text = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\n{}";
    } else if (strncmp(request, "GET /large", 10) == 0 ||
               strncmp(request, "GET /endless", 12) == 0) {
        bool endless = request[5] == 'e';

        snprintf(all, sizeof(all), "%s%s\r\n\r\n", ok,
                 endless ? "Connection: close" : "Content-Length: 10485760");
        br_sslio_write_all(io, all, strlen(all));
        for (int i = 0; i < (endless ? 1 << 20 : 160); i++) {
            if (br_sslio_write_all(io, large, sizeof(large)) < 0)
                break;
        }
        text = "";
    }
    br_sslio_write_all(io, text, strlen(text));
    br_sslio_flush(io);
}

/* One request a connection. */
static void serve_one(int socket_file, const struct identity *identity)
{
    static br_ssl_server_context server;
    static unsigned char buffer[BR_SSL_BUFSIZE_BIDI];
    uint8_t private[32], der[512];
    br_ec_private_key key = {BR_EC_secp256r1, private, sizeof(private)};
    br_x509_certificate chain = {der, bytes_of(identity->certificate, der)};
    br_sslio_context io;
    char request[2048] = "";

    bytes_of(identity->private, private);
    br_ssl_server_init_full_ec(&server, &chain, 1, BR_KEYTYPE_EC, &key);
    br_ssl_engine_set_buffer(&server.eng, buffer, sizeof(buffer), 1);
    br_ssl_server_reset(&server);
    br_sslio_init(&io, &server.eng, low_read, &socket_file, low_write, &socket_file);
    for (size_t used = 0; used < sizeof(request) - 1 && !strstr(request, "\r\n\r\n"); used++) {
        if (br_sslio_read(&io, request + used, 1) != 1)
            return;
    }
    answer(&io, request);
    br_sslio_close(&io);
}

/* `identity` NULL: no console, it hangs up. */
static pid_t serve(const struct identity *identity, char *address)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(at);
    int listener = socket(AF_INET, SOCK_STREAM, 0);

    assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(listener, 8), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &length), 0);
    sprintf(address, "127.0.0.1:%u", ntohs(at.sin_port));
    pid_t child = fork();
    if (child != 0) {
        close(listener);
        return child;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* also where a test ends early */
    alarm(60);
    for (;;) {
        int one = accept(listener, NULL, NULL);

        if (identity)
            serve_one(one, identity);
        close(one);
    }
}

static void end(pid_t child)
{
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

static struct host host_at(const char *address)
{
    static char key[128], certificate[128];
    struct host host = {
        .name = "gate-7", .address = address, .key = key, .certificate = certificate};

    snprintf(key, sizeof(key), "%s/own.key", folder);
    snprintf(certificate, sizeof(certificate), "%s/own.pem", folder);
    bytes_of(identities[0].digest, host.server_key);
    return host;
}

static void ask(const struct host *host, const char *method, const char *path, struct reply *reply)
{
    const struct request request = {.method = method, .path = path};
    struct transport *transport = transport_open(host);

    assert_non_null(transport);
    transport->begin(transport, LANE_ASK, &request);
    while (!transport->ended(transport, LANE_ASK, reply))
        transport->turn(transport, -1, 1000);
    transport->close(transport);
}

static void test_pinned(void **state)
{
    char address[64];
    struct reply reply;

    (void)state;
    pid_t child = serve(&identities[0], address);
    struct host host = host_at(address);
    ask(&host, "GET", "/echo", &reply);
    assert_int_equal(reply.status, 200);
    assert_non_null(strstr(reply.body, "GET /echo HTTP/1.1\r\nHost: 127.0.0.1:"));
    reply_close(&reply);
    ask(&host, "POST", "/echo", &reply);
    assert_int_equal(reply.status, 200);
    assert_non_null(strstr(reply.body, "\r\nBulkhead-Request: 1\r\n"));
    assert_non_null(strstr(reply.body, "\r\nContent-Length: 0\r\n"));
    assert_null(strstr(reply.body, "Content-Type"));
    assert_null(strstr(reply.body, "Expect"));
    reply_close(&reply);
    end(child);
}

/* Nothing is said to a server with another key: not even what is asked. */
static void test_another_key(void **state)
{
    char address[64];
    struct reply reply;

    (void)state;
    pid_t child = serve(&identities[1], address);
    struct host host = host_at(address);
    ask(&host, "GET", "/echo", &reply);
    assert_int_equal(reply.status, 0);
    assert_null(reply.body);
    assert_non_null(strstr(reply.trouble, "has another key than hosts.yaml"));
    reply_close(&reply);
    host = host_at(address);
    host.server_key[31] ^= 1;
    ask(&host, "GET", "/echo", &reply);
    assert_int_equal(reply.status, 0);
    reply_close(&reply);
    end(child);
}

/* Whoever hangs up may be no console at all. */
static void test_no_console(void **state)
{
    char address[64];
    struct reply reply;

    (void)state;
    pid_t child = serve(NULL, address);
    struct host host = host_at(address);
    ask(&host, "GET", "/echo", &reply);
    assert_int_equal(reply.status, 0);
    assert_non_null(strstr(reply.trouble, address));
    assert_non_null(strstr(reply.trouble, "or it is not this machine, or no console"));
    reply_close(&reply);
    end(child);
}

static void test_no_detours(void **state)
{
    char address[64];
    struct reply reply;

    (void)state;
    assert_int_equal(setenv("https_proxy", "http://127.0.0.1:1", 1), 0);
    assert_int_equal(setenv("ALL_PROXY", "http://127.0.0.1:1", 1), 0);
    pid_t child = serve(&identities[0], address);
    struct host host = host_at(address);
    ask(&host, "GET", "/moved", &reply);
    assert_int_equal(reply.status, 302);
    reply_close(&reply);
    ask(&host, "GET", "/soon", &reply);
    assert_int_equal(reply.retry_after, 3);
    reply_close(&reply);
    end(child);
}

static void test_limits(void **state)
{
    static const char *const paths[] = {"/large", "/endless"};
    char address[64];
    struct reply reply;

    (void)state;
    pid_t child = serve(&identities[0], address);
    struct host host = host_at(address);
    for (size_t i = 0; i < 2; i++) {
        ask(&host, "GET", paths[i], &reply);
        assert_int_equal(reply.status, 0);
        assert_non_null(strstr(reply.trouble, "larger than 4 MiB"));
        assert_true(reply.bytes <= ANSWER_BYTES);
        reply_close(&reply);
    }
    ask(&host, "GET", "/short", &reply);
    assert_int_equal(reply.status, 0);
    reply_close(&reply);
    end(child);
    ask(&host, "GET", "/echo", &reply);
    assert_int_equal(reply.status, 0);
    assert_non_null(strstr(reply.trouble, "connect"));
    reply_close(&reply);
}

static bool take(const char *bytes, size_t count, void *context)
{
    size_t *sum = context;

    assert_non_null(bytes);
    return (*sum += count) < 6 << 20;
}

/* A stream has no limit but its sink's. */
static void test_stream(void **state)
{
    char address[64];
    struct reply reply;
    size_t sum = 0;
    const struct request request = {
        .method = "GET", .path = "/endless", .sink = take, .context = &sum};

    (void)state;
    pid_t child = serve(&identities[0], address);
    struct host host = host_at(address);
    struct transport *transport = transport_open(&host);
    transport->begin(transport, LANE_STREAM, &request);
    while (!transport->ended(transport, LANE_STREAM, &reply))
        transport->turn(transport, -1, 1000);
    assert_int_equal(reply.status, 0);
    assert_true(sum >= 6 << 20 && sum < 7 << 20);
    reply_close(&reply);
    transport->begin(transport, LANE_STREAM, &request);
    transport->turn(transport, -1, 100);
    transport->close(transport); /* in the midst of it */
    end(child);
}

static void test_own_files(void **state)
{
    struct host host = host_at("127.0.0.1:1");

    (void)state;
    host.key = "/nonexistent.key";
    assert_null(transport_open(&host));
    host = host_at("127.0.0.1:1");
    host.certificate = "/nonexistent.pem";
    assert_null(transport_open(&host));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pinned),     cmocka_unit_test(test_another_key),
        cmocka_unit_test(test_no_console), cmocka_unit_test(test_no_detours),
        cmocka_unit_test(test_limits),     cmocka_unit_test(test_stream),
        cmocka_unit_test(test_own_files),
    };
    return cmocka_run_group_tests(tests, make_files, remove_files);
}

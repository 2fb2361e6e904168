/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The console's TLS on a host, with just enough behind it for a client to see that it is in:
 *   build/tls-host SERVER.key NAME,NAME ADMIN.pub...
 * Says its port, answers each request with the index of the key that asked, and never ends.
 */
#include "guests/console/tls.h"
#include "net_host.h"
#include "tools/manifest/private_key.h"
#include "tools/manifest/pubkey.h"
#include "tools/mapped.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static struct console_info info = {
    .magic = CONSOLE_MAGIC, .version = CONSOLE_VERSION, .has_key = 1, .address = 0x0a00020f};

static void fail(const char *what)
{
    fprintf(stderr, "tls-host: %s\n", what);
    exit(1);
}

static void read_files(int count, char **paths)
{
    struct mapped file;

    if (!mapped_open(paths[0], &file))
        exit(1);
    const char *complaint = private_key_read(file.bytes, file.size, &info.key, info.key_digest);
    if (complaint)
        fail(complaint);
    mapped_close(&file);
    char *at = paths[1];
    for (unsigned i = 0; i < MAX_SERVER_NAMES && at; i++)
        snprintf(info.names[i], SERVER_NAME_BYTES, "%s", strsep(&at, ","));
    for (int i = 2; i < count && info.admin_count < MAX_ADMINS; i++) {
        if (!mapped_open(paths[i], &file))
            exit(1);
        if (!pubkey_digest(file.bytes, file.size, info.admins[info.admin_count++].key))
            fail("an administrator's file holds no public key");
        mapped_close(&file);
    }
}

/* One request, whatever it is, that came whole in what is there; then the connection ends. */
static bool answer(unsigned connection)
{
    const uint8_t *bytes = NULL;
    size_t count = tls_received(connection, &bytes);
    char text[128];

    if (count < 4 || memcmp(bytes + count - 4, "\r\n\r\n", 4) != 0)
        return false;
    tls_consume(connection, count);
    snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nadmin %u\n",
             tls_admin(connection));
    tls_send(connection, text, strlen(text));
    tls_flush(connection);
    return true;
}

static void serve(void)
{
    bool used[NET_CONNECTIONS] = {false};

    for (;;) {
        net_poll(0);
        for (int new; (new = net_accept()) >= 0; used[new] = true)
            tls_begin((unsigned)new);
        for (unsigned i = 0; i < NET_CONNECTIONS; i++) {
            if (!used[i])
                continue;
            enum tls_state state = tls_pump(i);
            if (state == TLS_ENDED || (state == TLS_OPEN && answer(i))) {
                tls_end(i, false);
                used[i] = false;
            }
        }
        net_poll(0);
        net_host_wait(1000);
    }
}

int main(int argc, char **argv)
{
    uint8_t seed[CONSOLE_SEED_BYTES];
    unsigned port = net_host_listen(0);

    if (argc < 3)
        fail("usage: SERVER.key NAME,NAME ADMIN.pub...");
    read_files(argc - 1, argv + 1);
    if (getrandom(seed, sizeof(seed), 0) != sizeof(seed) || port == 0)
        fail("no randomness, or no port");
    const char *wrong = net_start(&info);
    wrong = wrong ? wrong : tls_start(&info, seed, sizeof(seed));
    if (wrong)
        fail(wrong);
    printf("%u\n", port);
    fflush(stdout);
    serve();
}

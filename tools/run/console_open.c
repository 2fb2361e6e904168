/* SPDX-License-Identifier: Apache-2.0 */
/* The way from this host to a console: its port, what is said of it, and `bulkhead ctl`. */
#include "console.h"
#include "tools/ctl/hosts.h"
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Else errno says why not. */
static bool can_listen(unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    bool is_free = bind(listener, (struct sockaddr *)&address, sizeof(address)) == 0 &&
                   listen(listener, 1) == 0;
    int why = errno;
    if (listener >= 0)
        close(listener);
    errno = why;
    return is_free;
}

bool console_port_is_free(unsigned port)
{
    bool is_free = can_listen(port);
    if (!is_free)
        fprintf(stderr,
                "bulkhead run: 127.0.0.1:%u, which is to lead to the console: %s; end what has it, "
                "as another run, or choose one with --port N (`make run PORT=N`), or go without: "
                "--no-forward\n",
                port, strerror(errno));
    return is_free;
}

/* The file beside `path` whose name ends in `end` in place of `old`; false: it is not there. */
static bool beside(const char *path, const char *old, const char *end, char out[CONSOLE_PATH])
{
    size_t length = strlen(path), cut = strlen(old);
    if (length < cut || strcmp(path + length - cut, old) != 0)
        return false;
    int used = snprintf(out, CONSOLE_PATH, "%.*s%s", (int)(length - cut), path, end);
    return used > 0 && used < CONSOLE_PATH && access(out, R_OK) == 0;
}

void console_words(const struct run_console *console, unsigned port, char *out, size_t room)
{
    char certificate[CONSOLE_PATH];
    bool has = beside(console->key, ".key", ".pem", certificate);
    snprintf(out, room, "open https://127.0.0.1:%u%s%s%s", port, has ? " (certificate: " : "",
             has ? certificate : "", has ? ")" : "");
}

/* What earlier runs wrote, where nothing listens any more. */
static void forget_the_ended(const char *name)
{
    struct hosts hosts;
    unsigned port;
    bool good = hosts_load(&hosts);
    for (uint32_t i = 0; good && i < hosts.count; i++) {
        const struct host *host = &hosts.list[i];
        if (host->emulated && strcmp(host->name, name) != 0 &&
            sscanf(host->address, "127.0.0.1:%u", &port) == 1 && can_listen(port))
            hosts_remove(host->name);
    }
    hosts_close(&hosts);
}

bool console_host(const struct run_console *console, unsigned port)
{
    char key[CONSOLE_PATH], certificate[CONSOLE_PATH], address[HOST_ADDRESS_BYTES];
    if (!beside(console->admin, ".pub", ".key", key) ||
        !beside(console->admin, ".pub", ".pem", certificate))
        return false;
    snprintf(address, sizeof(address), "127.0.0.1:%u", port);
    struct host host = {
        .name = console->host, .address = address, .key = key, .certificate = certificate};
    memcpy(host.server_key, console->key_digest, DIGEST_BYTES);
    forget_the_ended(host.name);
    return hosts_add(&host, HOSTS_EMULATED);
}

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

void console_words(const struct run_console *console, unsigned port, char *out, size_t room)
{
    char certificate[CONSOLE_PATH];
    if (!console_has_name(console, port))
        snprintf(out, room,
                 "the console refuses whoever calls it 127.0.0.1:%u, browsers and `bulkhead ctl`: "
                 "add that to the manifest's `management.names`, and build",
                 port);
    else if (console_key_file(console->key, ".key", ".pem", console->key_digest, certificate) ==
             KEY_GOOD)
        snprintf(out, room, "open https://127.0.0.1:%u (certificate: %s)", port, certificate);
    else
        snprintf(out, room,
                 "open https://127.0.0.1:%u (`bulkhead key certificate MANIFEST -o console.pem` "
                 "makes its certificate)",
                 port);
}

/* What earlier runs wrote, where nothing listens any more. False: the file can't be read. */
static bool forget_the_ended(const char *name)
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
    return good;
}

/* Whether somebody added a host of that name by hand; then what is said of it. */
static bool is_persons(const struct host *host, char *said, size_t room)
{
    struct hosts hosts;
    bool found = false;
    if (hosts_load(&hosts))
        for (uint32_t i = 0; i < hosts.count && !found; i++) {
            const struct host *there = &hosts.list[i];
            found = strcmp(there->name, host->name) == 0 && !there->emulated;
            if (!found)
                continue;
            if (strcmp(there->address, host->address) == 0 &&
                memcmp(there->server_key, host->server_key, DIGEST_BYTES) == 0)
                snprintf(said, room, "`bulkhead ctl --host %s` speaks with its console",
                         host->name);
            else
                snprintf(said, room,
                         "`bulkhead ctl` is not told of it: %s line %u has a %s at %s that "
                         "somebody added; `bulkhead ctl host remove %s` and run again, or "
                         "`bulkhead ctl host add` by another name",
                         hosts.path, there->line, host->name, there->address, host->name);
        }
    hosts_close(&hosts);
    return found;
}

/* The files of the first administrator who has them here; false: `looked` says what was found. */
static bool find_admin(const struct run_console *console, char key[CONSOLE_PATH],
                       char certificate[CONSOLE_PATH], char *looked, size_t room)
{
    size_t used = 0;
    for (unsigned i = 0; i < console->admin_count; i++) {
        const struct console_person *admin = &console->admins[i];
        enum key_state private = console_key_file(admin->path, ".pub", ".key", admin->key, key);
        enum key_state public =
            console_key_file(admin->path, ".pub", ".pem", admin->key, certificate);
        if (private == KEY_GOOD && public == KEY_GOOD)
            return true;
        used += (size_t)snprintf(
            looked + used, room - used, "%s%s is %s", used ? ", " : "",
            private == KEY_GOOD ? certificate : key,
            (private == KEY_GOOD ? public : private) == KEY_ABSENT ? "not there" : "another's");
        if (used >= room)
            used = room - 1;
    }
    return false;
}

void console_host(const struct run_console *console, unsigned port, char *said, size_t room)
{
    char key[CONSOLE_PATH], certificate[CONSOLE_PATH], address[HOST_ADDRESS_BYTES], looked[192];
    snprintf(address, sizeof(address), "127.0.0.1:%u", port);
    struct host host = {
        .name = console->host, .address = address, .key = key, .certificate = certificate};
    memcpy(host.server_key, console->key_digest, DIGEST_BYTES);
    *said = *looked = 0;
    if (!forget_the_ended(host.name) || is_persons(&host, said, room))
        return;
    if (!find_admin(console, key, certificate, looked, sizeof(looked)))
        snprintf(said, room,
                 "`bulkhead ctl` is not told of it, as no administrator's key is here (%s): "
                 "`bulkhead ctl host add %s --address %s --server-key FILE.pub --key FILE.key "
                 "--certificate FILE.pem`",
                 looked, host.name, address);
    else if (hosts_add(&host, HOSTS_EMULATED))
        snprintf(said, room, "`bulkhead ctl --host %s` speaks with its console", host.name);
}

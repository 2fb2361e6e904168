/* SPDX-License-Identifier: Apache-2.0 */
#include "net_host.h"

#include "guests/console/net.h"
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Little room, as on the bare machine: what does not fit must be sent again. */
enum { IN_BYTES = 8192, OUT_BYTES = 8192 };

static struct socket {
    int file; /* -1: none */
    bool taken, told, open;
    bool closing; /* its user is gone, `out` is not */
    uint32_t address;
    uint8_t in[IN_BYTES], out[OUT_BYTES];
    size_t in_count, out_count;
} sockets[NET_CONNECTIONS];

static int listener = -1;

unsigned net_host_listen(unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t bytes = sizeof(address);

    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    bool good = bind(listener, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
                listen(listener, NET_CONNECTIONS) == 0 &&
                getsockname(listener, (struct sockaddr *)&address, &bytes) == 0;
    return good ? ntohs(address.sin_port) : 0;
}

const char *net_start(const struct console_info *info)
{
    (void)info;
    for (unsigned i = 0; i < NET_CONNECTIONS; i++)
        sockets[i].file = -1;
    return listener < 0 ? "no socket listens" : NULL;
}

static void lose(struct socket *socket)
{
    if (socket->file >= 0)
        close(socket->file);
    socket->file = -1;
    socket->open = false;
    socket->out_count = 0;
}

static void write_out(struct socket *socket)
{
    ssize_t sent = socket->out_count == 0
                       ? 0
                       : send(socket->file, socket->out, socket->out_count, MSG_NOSIGNAL);

    if (sent > 0) {
        socket->out_count -= (size_t)sent;
        memmove(socket->out, socket->out + sent, socket->out_count);
    } else if (sent < 0 && errno != EAGAIN) {
        lose(socket);
    }
}

/* The end of what came leaves the other direction as it is. */
static void read_in(struct socket *socket)
{
    while (socket->open && (socket->closing || socket->in_count < IN_BYTES)) {
        if (socket->closing)
            socket->in_count = 0; /* nobody reads it, but it must be taken off the network */
        ssize_t count =
            recv(socket->file, socket->in + socket->in_count, IN_BYTES - socket->in_count, 0);
        if (count > 0)
            socket->in_count += (size_t)count;
        else if (count < 0 && errno == EAGAIN)
            return;
        else
            socket->open = false;
    }
}

static void accept_all(void)
{
    for (unsigned i = 0; i < NET_CONNECTIONS; i++) {
        struct sockaddr_in peer = {0};
        socklen_t bytes = sizeof(peer);

        if (sockets[i].taken || sockets[i].file >= 0)
            continue;
        int file =
            accept4(listener, (struct sockaddr *)&peer, &bytes, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (file < 0)
            return;
        sockets[i] = (struct socket){
            .file = file, .taken = true, .open = true, .address = ntohl(peer.sin_addr.s_addr)};
    }
}

void net_poll(uint64_t now)
{
    (void)now;
    accept_all();
    for (unsigned i = 0; i < NET_CONNECTIONS; i++) {
        struct socket *socket = &sockets[i];

        if (socket->file >= 0)
            read_in(socket);
        if (socket->file >= 0)
            write_out(socket);
        if (socket->closing && socket->out_count == 0)
            lose(socket);
    }
}

uint64_t net_sleep(uint64_t now)
{
    (void)now;
    return NET_NEVER;
}

void net_host_wait(uint64_t milliseconds)
{
    struct pollfd files[NET_CONNECTIONS + 1];
    nfds_t count = 0;
    bool room = false;

    for (unsigned i = 0; i < NET_CONNECTIONS; i++) {
        const struct socket *socket = &sockets[i];
        short events = (short)((socket->open && socket->in_count < IN_BYTES ? POLLIN : 0) |
                               (socket->out_count > 0 ? POLLOUT : 0));

        room |= !socket->taken && socket->file < 0;
        if (socket->file >= 0 && events)
            files[count++] = (struct pollfd){.fd = socket->file, .events = events};
    }
    if (room)
        files[count++] = (struct pollfd){.fd = listener, .events = POLLIN};
    poll(files, count, milliseconds < 60000 ? (int)milliseconds : 60000);
}

int net_accept(void)
{
    for (unsigned i = 0; i < NET_CONNECTIONS; i++) {
        if (sockets[i].taken && !sockets[i].told) {
            sockets[i].told = true;
            return (int)i;
        }
    }
    return -1;
}

uint32_t net_peer(unsigned connection)
{
    return sockets[connection].address;
}

bool net_is_open(unsigned connection)
{
    return sockets[connection].open;
}

size_t net_received(unsigned connection, const uint8_t **bytes)
{
    *bytes = sockets[connection].in;
    return sockets[connection].in_count;
}

void net_consume(unsigned connection, size_t count)
{
    struct socket *socket = &sockets[connection];

    socket->in_count -= count;
    memmove(socket->in, socket->in + count, socket->in_count);
}

size_t net_send(unsigned connection, const void *bytes, size_t count)
{
    struct socket *socket = &sockets[connection];
    size_t room = socket->file < 0 ? 0 : OUT_BYTES - socket->out_count;

    count = count < room ? count : room;
    memcpy(socket->out + socket->out_count, bytes, count);
    socket->out_count += count;
    return count;
}

void net_close(unsigned connection, bool abort)
{
    struct socket *socket = &sockets[connection];

    socket->taken = socket->told = false;
    socket->closing = true;
    if (abort && socket->file >= 0) {
        struct linger reset = {.l_onoff = 1};

        setsockopt(socket->file, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
        lose(socket);
    }
}

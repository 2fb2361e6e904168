/* SPDX-License-Identifier: Apache-2.0 */
/* guests/console/net.h by a host's sockets: see the header. */
#include "net_sockets.h"
#include "guests/console/net.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUFFER_BYTES = 16384 };

static struct peer {
    int socket; /* -1: none */
    bool taken; /* accepted here, until net_close() */
    bool told;  /* by net_accept() */
    bool open, closes;
    uint32_t address;
    uint8_t in[BUFFER_BYTES], out[BUFFER_BYTES];
    size_t in_bytes, out_bytes;
} peers[NET_CONNECTIONS];
static int listener = -1;

unsigned net_host_listen(unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t bytes = sizeof(address);
    int yes = 1;
    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, bytes) != 0 ||
        listen(listener, 64) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &bytes) != 0) {
        return 0;
    }
    return ntohs(address.sin_port);
}

const char *net_start(const struct console_info *info)
{
    (void)info;
    for (unsigned i = 0; i < NET_CONNECTIONS; i++) {
        peers[i] = (struct peer){.socket = -1};
    }
    return listener < 0 ? "nobody listens" : NULL;
}

static void accept_all(void)
{
    for (unsigned i = 0; i < NET_CONNECTIONS; i++) {
        struct sockaddr_in address;
        socklen_t bytes = sizeof(address);
        if (peers[i].taken || peers[i].socket >= 0) {
            continue;
        }
        int socket = accept4(listener, (struct sockaddr *)&address, &bytes, SOCK_NONBLOCK);
        if (socket < 0) {
            return;
        }
        peers[i] = (struct peer){.socket = socket,
                                 .taken = true,
                                 .open = true,
                                 .address = ntohl(address.sin_addr.s_addr)};
    }
}

static void lose(struct peer *peer)
{
    close(peer->socket);
    peer->socket = -1;
    peer->open = false;
    peer->out_bytes = 0;
}

static void work(struct peer *peer)
{
    while (peer->out_bytes > 0) {
        ssize_t count = send(peer->socket, peer->out, peer->out_bytes, MSG_NOSIGNAL);
        if (count <= 0) {
            if (errno != EAGAIN) {
                lose(peer);
            }
            break;
        }
        peer->out_bytes -= (size_t)count;
        memmove(peer->out, peer->out + count, peer->out_bytes);
    }
    if (peer->socket >= 0 && peer->closes && peer->out_bytes == 0) {
        lose(peer);
    }
    while (peer->socket >= 0 && !peer->closes && peer->open && peer->in_bytes < BUFFER_BYTES) {
        ssize_t count =
            recv(peer->socket, peer->in + peer->in_bytes, BUFFER_BYTES - peer->in_bytes, 0);
        if (count > 0) {
            peer->in_bytes += (size_t)count;
        } else {
            peer->open = count < 0 && errno == EAGAIN;
            break;
        }
    }
}

void net_poll(uint64_t now)
{
    (void)now;
    accept_all();
    for (unsigned i = 0; i < NET_CONNECTIONS; i++) {
        if (peers[i].socket >= 0) {
            work(&peers[i]);
        }
    }
}

uint64_t net_sleep(uint64_t now)
{
    (void)now;
    return NET_NEVER;
}

void net_host_wait(uint64_t milliseconds)
{
    struct pollfd sockets[NET_CONNECTIONS + 1] = {{.fd = listener, .events = POLLIN}};
    nfds_t count = 1;
    for (unsigned i = 0; i < NET_CONNECTIONS; i++) {
        struct peer *peer = &peers[i];
        short reads = peer->open && !peer->closes && peer->in_bytes < BUFFER_BYTES ? POLLIN : 0;
        short writes = peer->out_bytes ? POLLOUT : 0;
        if (peer->socket >= 0 && (reads || writes)) {
            sockets[count++] =
                (struct pollfd){.fd = peer->socket, .events = (short)(reads | writes)};
        }
    }
    poll(sockets, count, milliseconds < 1000 ? (int)milliseconds : 1000);
}

int net_accept(void)
{
    for (unsigned i = 0; i < NET_CONNECTIONS; i++) {
        if (peers[i].taken && !peers[i].told) {
            peers[i].told = true;
            return (int)i;
        }
    }
    return -1;
}

uint32_t net_peer(unsigned connection)
{
    return peers[connection].address;
}

bool net_is_open(unsigned connection)
{
    return peers[connection].open;
}

size_t net_received(unsigned connection, const uint8_t **bytes)
{
    *bytes = peers[connection].in;
    return peers[connection].in_bytes;
}

void net_consume(unsigned connection, size_t count)
{
    struct peer *peer = &peers[connection];
    peer->in_bytes -= count;
    memmove(peer->in, peer->in + count, peer->in_bytes);
}

size_t net_send(unsigned connection, const void *bytes, size_t count)
{
    struct peer *peer = &peers[connection];
    size_t room = BUFFER_BYTES - peer->out_bytes, taken = count < room ? count : room;
    taken = peer->socket < 0 ? 0 : taken;
    memcpy(peer->out + peer->out_bytes, bytes, taken);
    peer->out_bytes += taken;
    return taken;
}

void net_close(unsigned connection, bool abort)
{
    struct peer *peer = &peers[connection];
    peer->taken = peer->told = false;
    peer->closes = true;
    if (peer->socket >= 0 && abort) {
        struct linger reset = {.l_onoff = 1};
        setsockopt(peer->socket, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
        lose(peer);
    }
}

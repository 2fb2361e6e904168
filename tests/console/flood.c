/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Silent connections from three addresses of this host: flood PORT COUNT SECONDS. One that is
 * closed is opened again a fifth of a second later. Says at the end how many were opened.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 1000, PAUSE_MS = 200, TURN_US = 20000 };

static struct silent {
    int socket; /* -1: closed */
    uint64_t closed;
} all[MOST];
static unsigned opened;

static uint64_t milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void open_one(struct silent *silent, unsigned which, unsigned port)
{
    struct sockaddr_in from = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + which % 3)};
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    silent->socket = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (silent->socket < 0 ||
        bind(silent->socket, (const struct sockaddr *)&from, sizeof(from)) != 0 ||
        (connect(silent->socket, (const struct sockaddr *)&to, sizeof(to)) != 0 &&
         errno != EINPROGRESS)) {
        perror("flood");
        exit(1);
    }
    opened++;
}

static bool is_closed(int socket)
{
    char byte;
    ssize_t count = recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return count == 0 || (count < 0 && errno != EAGAIN && errno != ENOTCONN);
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        return 2;
    }
    unsigned port = (unsigned)atoi(argv[1]), count = (unsigned)atoi(argv[2]);
    uint64_t end = milliseconds() + (uint64_t)atoi(argv[3]) * 1000;
    count = count < MOST ? count : MOST;
    for (unsigned i = 0; i < count; i++) {
        all[i].socket = -1;
    }
    for (uint64_t now; (now = milliseconds()) < end; usleep(TURN_US)) {
        for (unsigned i = 0; i < count; i++) {
            if (all[i].socket >= 0 && is_closed(all[i].socket)) {
                close(all[i].socket);
                all[i] = (struct silent){-1, now};
            }
            if (all[i].socket < 0 && now - all[i].closed >= PAUSE_MS) {
                open_one(&all[i], i, port);
            }
        }
    }
    printf("%u connections\n", opened);
    return 0;
}

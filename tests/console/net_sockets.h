/* SPDX-License-Identifier: Apache-2.0 */
/* guests/console/net.h by a host's sockets. */
#ifndef TESTS_NET_SOCKETS_H
#define TESTS_NET_SOCKETS_H

#include <stdint.h>

/* Listens on 127.0.0.1:`port` (0: any); the port that it is, or 0. Before net_start(). */
unsigned net_host_listen(unsigned port);

/* Waits until something arrives or can be sent, or so many milliseconds. */
void net_host_wait(uint64_t milliseconds);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* guests/console/net.h by a host's sockets: a server on 127.0.0.1. */
#ifndef TESTS_NET_HOST_H
#define TESTS_NET_HOST_H

#include <stdint.h>

/* Listens on the port, 0: on any; before net_start(). Returns the port, or 0. */
unsigned net_host_listen(unsigned port);

/* Waits until something can be read or written, or so many milliseconds. */
void net_host_wait(uint64_t milliseconds);

#endif

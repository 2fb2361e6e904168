/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The console's network: a TCP server on one address and port 443. On the bare machine it is lwIP
 * behind one Intel driver (lwip.c, nic.c); on a host the tests' sockets. Connections have numbers
 * below NET_CONNECTIONS. Nothing here waits.
 */
#ifndef CONSOLE_NET_H
#define CONSOLE_NET_H

#include "kernel/abi/console.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Those that the session keeps, and two that may arrive before it has closed one. */
enum { NET_CONNECTIONS = 18, NET_PORT = 443 };
#define NET_NEVER UINT64_MAX

/* Brings the card and the stack up. Returns NULL, or what is wrong, in words. */
const char *net_start(const struct console_info *info);

/* Works off what arrived and the timers that are due; `now` in milliseconds, never going back. */
void net_poll(uint64_t now);

/* Milliseconds from `now` until net_poll() must be called again although nothing arrives. */
uint64_t net_sleep(uint64_t now);

/* A connection that was opened since, or -1: then its number is taken until net_close(). */
int net_accept(void);

uint32_t net_peer(unsigned connection); /* IPv4, the first number in the top byte */

/* False once the peer has closed or the connection is lost; bytes that came before may be read. */
bool net_is_open(unsigned connection);

/* The bytes that have come and were not consumed: a piece of them, of which 0 means none. */
size_t net_received(unsigned connection, const uint8_t **bytes);
void net_consume(unsigned connection, size_t count); /* opens the window again by as much */

/* Takes a copy of as many of the bytes as there is room for, and says how many. */
size_t net_send(unsigned connection, const void *bytes, size_t count);

/* Ends it: what was sent still goes out, but with `abort` a reset. Then the number is free. */
void net_close(unsigned connection, bool abort);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* What lwIP asks of lwip.c; it includes this file by its option LWIP_HOOK_FILENAME. */
#ifndef CONSOLE_HOOKS_H
#define CONSOLE_HOOKS_H

#include <lwip/ip_addr.h>

struct pbuf;
struct netif;

/*
 * Of an IPv4 packet that arrived: 0 if the console answers such ones; else it is gone. What is for
 * others, has options or is a piece, and any protocol and port but its own, is not answered.
 */
int net_filter(struct pbuf *packet, struct netif *card);

/* The initial sequence number of a connection (RFC 6528). */
u32_t net_isn(const ip_addr_t *own, u16_t own_port, const ip_addr_t *peer, u16_t peer_port);

#endif

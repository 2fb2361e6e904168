/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of lwIP is in the console, and how much it may hold: IPv4 at one address, ARP, TCP that only
 * listens. Each thing that it could do besides is named here and off, and each count is such that
 * all connections together can't use up what one needs. tests/unit/console/test_lwipopts.c holds
 * what the library makes of it against what was meant.
 */
#ifndef CONSOLE_LWIPOPTS_H
#define CONSOLE_LWIPOPTS_H

/* One loop, no threads, no interrupt that calls it. */
#define NO_SYS                1
#define SYS_LIGHTWEIGHT_PROT  0
#define LWIP_NETCONN          0
#define LWIP_SOCKET           0
#define LWIP_NETIF_API        0
#define LWIP_TIMERS           0 /* lwip.c calls them, and only while there are connections */
#define LWIP_STATS            0
#define LWIP_NETIF_HOSTNAME   0
#define LWIP_NETIF_LOOPBACK   0
#define LWIP_HAVE_LOOPIF      0
#define LWIP_SINGLE_NETIF     1
#define LWIP_HOOK_FILENAME    "guests/console/hooks.h"
#define LWIP_HOOK_IP4_INPUT   net_filter
#define LWIP_HOOK_TCP_ISN     net_isn
#define LWIP_CHECKSUM_ON_COPY 0

/* Protocols. */
#define LWIP_IPV4                     1
#define LWIP_IPV6                     0
#define LWIP_ARP                      1
#define LWIP_ETHERNET                 1
#define LWIP_ICMP                     1 /* what it answers is up to net_filter() */
#define LWIP_TCP                      1
#define LWIP_UDP                      0
#define LWIP_RAW                      0
#define LWIP_DHCP                     0
#define LWIP_AUTOIP                   0
#define LWIP_ACD                      0
#define LWIP_IGMP                     0
#define LWIP_DNS                      0
#define LWIP_ALTCP                    0
#define LWIP_MULTICAST_PING           0
#define LWIP_BROADCAST_PING           0
#define IP_FORWARD                    0
#define IP_OPTIONS_ALLOWED            0
#define IP_REASSEMBLY                 0
#define IP_FRAG                       0
#define ETHARP_SUPPORT_VLAN           0
#define ETHARP_SUPPORT_STATIC_ENTRIES 0
#define ARP_QUEUEING                  0
#define ARP_TABLE_SIZE                32

/* Sums are computed and looked at here, whatever the card says of them. */
#define CHECKSUM_GEN_IP     1
#define CHECKSUM_GEN_TCP    1
#define CHECKSUM_GEN_ICMP   1
#define CHECKSUM_CHECK_IP   1
#define CHECKSUM_CHECK_TCP  1
#define CHECKSUM_CHECK_ICMP 1

/* TCP. Of options it reads the MSS; segments out of order come again. */
#define LWIP_WND_SCALE      0
#define LWIP_TCP_TIMESTAMPS 0
#define LWIP_TCP_SACK_OUT   0
#define LWIP_TCP_KEEPALIVE  0
#define TCP_QUEUE_OOSEQ     0
#define TCP_LISTEN_BACKLOG  1
#define SO_REUSE            0
#define TCP_MSS             1460
#define TCP_WND             8192 /* a connection's receive buffer in lwip.c, too */
#define TCP_SND_BUF         16384
#define TCP_SND_QUEUELEN    ((4 * TCP_SND_BUF + TCP_MSS - 1) / TCP_MSS)
#define TCP_MAXRTX          8
#define TCP_MSL             30000 /* milliseconds; its end waits twice as long */

/* Static pools: connections of net.h, half-open ones, and those that are on their way out. */
#define MEM_LIBC_MALLOC         0
#define MEMP_MEM_MALLOC         0
#define MEM_ALIGNMENT           16
#define MEM_SIZE                (3u << 20) /* the send buffers of all, filled by single bytes */
#define MEMP_NUM_TCP_PCB        40
#define MEMP_NUM_TCP_PCB_LISTEN 1
#define MEMP_NUM_TCP_SEG        (MEMP_NUM_TCP_PCB * TCP_SND_QUEUELEN)
#define MEMP_NUM_PBUF           8
#define PBUF_POOL_SIZE          16 /* a frame is worked off before the next one */
#define PBUF_POOL_BUFSIZE       1536

#endif

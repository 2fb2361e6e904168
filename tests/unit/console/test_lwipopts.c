/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I6: what the console's TCP/IP is made of, as the library's own headers see it after its defaults,
 * and what the linked payload holds of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guests/console/net.h"
#include <lwip/opt.h>
#include <lwip/priv/tcp_priv.h>

#include <cmocka.h>

static void protocols_are_few(void **state)
{
    (void)state;
    assert_int_equal(LWIP_IPV4 && LWIP_ARP && LWIP_TCP && LWIP_ICMP, 1);
    assert_int_equal(LWIP_IPV6 || LWIP_UDP || LWIP_RAW || LWIP_DHCP || LWIP_AUTOIP || LWIP_IGMP ||
                         LWIP_DNS || LWIP_NETCONN || LWIP_SOCKET || LWIP_ALTCP || LWIP_UDPLITE,
                     0);
    assert_int_equal(IP_REASSEMBLY || IP_FRAG || IP_FORWARD || IP_OPTIONS_ALLOWED, 0);
    assert_int_equal(LWIP_BROADCAST_PING || LWIP_MULTICAST_PING, 0);
    assert_int_equal(ETHARP_SUPPORT_VLAN || ARP_QUEUEING, 0);
}

static void options_but_mss_are_ignored(void **state)
{
    (void)state;
    assert_int_equal(LWIP_WND_SCALE || LWIP_TCP_TIMESTAMPS || LWIP_TCP_SACK_OUT, 0);
    assert_int_equal(TCP_MSS, 1460);
    assert_int_equal(LWIP_TCP_KEEPALIVE || TCP_QUEUE_OOSEQ, 0);
}

static void sums_are_checked(void **state)
{
    (void)state;
    assert_int_equal(CHECKSUM_CHECK_IP && CHECKSUM_CHECK_TCP && CHECKSUM_CHECK_ICMP, 1);
    assert_int_equal(CHECKSUM_GEN_IP && CHECKSUM_GEN_TCP && CHECKSUM_GEN_ICMP, 1);
}

static void numbers_and_packets_are_ours_to_judge(void **state)
{
    (void)state;
#if !defined(LWIP_HOOK_TCP_ISN) || !defined(LWIP_HOOK_IP4_INPUT)
    fail();
#endif
    assert_int_equal(TCP_LISTEN_BACKLOG, 1);
}

/* Nothing that one connection does takes what another one needs. */
static void pools_are_for_all(void **state)
{
    (void)state;
    const size_t piece = TCP_MSS + 128; /* headers, and what the heap adds to each */
    assert_int_equal(MEM_LIBC_MALLOC || MEMP_MEM_MALLOC || MEM_USE_POOLS, 0);
    assert_true(MEMP_NUM_TCP_PCB >= NET_CONNECTIONS + 9 + 8);
    assert_true(MEMP_NUM_TCP_SEG >= MEMP_NUM_TCP_PCB * TCP_SND_QUEUELEN);
    assert_true(MEM_SIZE >= MEMP_NUM_TCP_PCB * TCP_SND_QUEUELEN * piece);
    assert_true(TCP_WND <= PBUF_POOL_SIZE * (PBUF_POOL_BUFSIZE - 54));
    assert_int_equal(NO_SYS, 1);
    assert_int_equal(LWIP_TIMERS, 0);
}

static void payload_has_no_way_out(void **state)
{
    static const char *const never[] = {"tcp_connect", "udp_",       "dhcp_",    "dns_",
                                        "igmp_",       "ip4_reass",  "ip4_frag", "autoip_",
                                        "raw_",        "sys_timeout"};
    char line[256];
    unsigned lines = 0;
    (void)state;
    FILE *names = popen("nm build/guests/net-probe.elf", "r");
    assert_non_null(names);
    while (fgets(line, sizeof(line), names)) {
        const char *name = strrchr(line, ' ');
        lines++;
        for (size_t i = 0; name && i < sizeof(never) / sizeof(never[0]); i++)
            if (strncmp(name + 1, never[i], strlen(never[i])) == 0)
                fail_msg("the payload has %s", name + 1);
    }
    assert_int_equal(pclose(names), 0);
    assert_true(lines > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(protocols_are_few),
        cmocka_unit_test(options_but_mss_are_ignored),
        cmocka_unit_test(sums_are_checked),
        cmocka_unit_test(numbers_and_packets_are_ours_to_judge),
        cmocka_unit_test(pools_are_for_all),
        cmocka_unit_test(payload_has_no_way_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

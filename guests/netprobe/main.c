/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The console's network without the console: it sends back what comes to port 443, or is the one
 * who tries what such a network answers (attack.c).
 *
 * Command line: `address=`, `prefix=` (24), `gateway=` (0) in numbers, `echo` to answer ICMP echo
 * requests; `attack=` the address of another such domain, in which case it has no network itself.
 */
#include "guests/console/clock.h"
#include "guests/console/net.h"
#include "guests/console/nic.h"
#include "guests/console/platform.h"
#include "guests/console/random.h"
#include "guests/console/start.h"
#include "guests/lib/boot.h"
#include "guests/lib/console.h"
#include "netprobe.h"

static void check(const char *wrong)
{
    if (wrong) {
        console_end(wrong);
    }
}

/* Sends back as much as goes; the rest waits in the connection. */
static void echo(unsigned connection, uint64_t *total)
{
    const uint8_t *bytes;
    size_t count = net_received(connection, &bytes);
    while (count > 0) {
        size_t sent = net_send(connection, bytes, count);
        net_consume(connection, sent);
        *total += sent;
        if (sent < count) {
            return;
        }
        count = net_received(connection, &bytes);
    }
    if (!net_is_open(connection)) {
        print("%s: connection of %x ended after %lu bytes\n", boot_info.domain,
              net_peer(connection), *total);
        net_close(connection, false);
        *total = NET_NEVER;
    }
}

static void serve(void)
{
    static uint64_t totals[NET_CONNECTIONS];
    static bool open[NET_CONNECTIONS];
    print("%s: network card %s answers\n", boot_info.domain, nic_name());
    for (;;) {
        uint64_t now = platform_milliseconds();
        int connection;
        net_poll(now);
        while ((connection = net_accept()) >= 0) {
            totals[connection] = 0;
            open[connection] = true;
        }
        for (unsigned i = 0; i < NET_CONNECTIONS; i++) {
            if (open[i]) {
                echo(i, &totals[i]);
                open[i] = totals[i] != NET_NEVER;
            }
        }
        clock_sleep(net_sleep(platform_milliseconds()));
    }
}

static void run(void *arg)
{
    static struct console_info info;
    (void)arg;
    clock_start();
    if (!random_start(NULL, 0)) {
        console_end("no random numbers");
    }
    info.address = (uint32_t)cmdline_number("address", 0);
    info.prefix = (uint32_t)cmdline_number("prefix", 24);
    info.gateway = (uint32_t)cmdline_number("gateway", 0);
    info.icmp_echo = cmdline_has("echo");
    if (cmdline_value("attack")) {
        try_limits();
        attack(info.address, (uint32_t)cmdline_number("attack", 0));
        domain_stop();
    }
    check(net_start(&info));
    serve();
}

__attribute__((no_stack_protector)) void guest_main(void)
{
    start(run);
}

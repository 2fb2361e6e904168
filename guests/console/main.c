/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The management console: a domain that answers HTTPS on a network card of its own and makes the
 * management call. What it has to say for itself goes to its serial port.
 */
#include "clock.h"
#include "guests/lib/boot.h"
#include "guests/lib/console.h"
#include "guests/lib/x86.h"
#include "net.h"
#include "nic.h"
#include "platform.h"
#include "random.h"
#include "ready.h"
#include "session.h"
#include "start.h"
#include "tls.h"

enum { SEED_BYTES = 64 };

/* Nothing to do, for as long as the machine runs: no reason to start it again. */
static _Noreturn void rest(const char *why)
{
    print("%s: no network: %s\n", boot_info.domain, why);
    console_drain();
    for (;;) {
        __asm__ volatile("cli; hlt");
    }
}

static struct console_info *read_info(void)
{
    struct console_info *info = (void *)GUEST_CONSOLE;
    if (!ready_is_info(info)) {
        console_end("no console information of this version: is this the management domain?");
    }
    return info;
}

/* What the firmware gave is used once, and then nobody has it. */
static void seed_random(struct console_info *info)
{
    if (!random_start(info->seed, info->seed_bytes)) {
        console_end("this processor's random numbers are not to be trusted");
    }
    random_forget(info->seed, sizeof(info->seed));
}

static void check(const char *wrong)
{
    if (wrong) {
        console_end(wrong);
    }
}

static void say(const struct console_info *info)
{
    const uint8_t *mac = nic_address();
    print("%s: console: https://%u.%u.%u.%u, administrators: %u, key SHA-256 ", boot_info.domain,
          info->address >> 24, info->address >> 16 & 255, info->address >> 8 & 255,
          info->address & 255, info->admin_count);
    for (unsigned i = 0; i < sizeof(info->key_digest); i++) {
        print("%02x", info->key_digest[i]);
    }
    print("\n%s: network card %s, %02x:%02x:%02x:%02x:%02x:%02x, %s\n", boot_info.domain,
          nic_name(), mac[0], mac[1], mac[2], mac[3], mac[4], mac[5],
          nic_has_link() ? "link" : "no link yet");
}

static void run(void *arg)
{
    uint8_t seed[SEED_BYTES];
    struct console_info *info = read_info();
    (void)arg;
    clock_start();
    const char *why = ready_refusal(info);
    if (why) {
        rest(why);
    }
    seed_random(info);
    random_bytes(seed, sizeof(seed));
    check(tls_start(info, seed, sizeof(seed)));
    random_forget(seed, sizeof(seed));
    check(net_start(info));
    check(session_start(info));
    say(info);
    for (;;) {
        uint64_t now = platform_milliseconds();
        net_poll(now);
        session_poll(now);
        now = platform_milliseconds();
        uint64_t network = net_sleep(now), session = session_sleep(now);
        clock_sleep(network < session ? network : session);
    }
}

__attribute__((no_stack_protector)) void guest_main(void)
{
    start(run);
}

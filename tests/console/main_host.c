/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The console on a host, with the made-up machine below it:
 *   build/console-plain [--port N] [--admin N] [--still] [--no-clock] [--info FILE]
 *   build/console-tls    --info FILE [--port N] [--still] [--no-clock]
 * `--still`: no domain prints or dies by itself; `--info`: a struct console_info, not the made-up
 * one.
 */
#include "guests/console/net.h"
#include "guests/console/platform.h"
#include "guests/console/session.h"
#include "guests/console/tls.h"
#include "made_machine.h"
#include "net_host.h"
#include "tls_plain.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

static struct console_info info;

static void fail(const char *what)
{
    fprintf(stderr, "console: %s\n", what);
    exit(1);
}

static void read_info(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file || fread(&info, sizeof(info), 1, file) != 1 || info.magic != CONSOLE_MAGIC) {
        fail("--info is no struct console_info");
    }
    fclose(file);
}

/* The made-up names are of another port. */
static void name_it(unsigned port)
{
    snprintf(info.names[0], sizeof(info.names[0]), "127.0.0.1:%u", port);
    snprintf(info.names[1], sizeof(info.names[1]), "localhost:%u", port);
}

/* What was written goes out at the next turn, so that the session sees the room that it leaves. */
static void serve(void)
{
    for (;;) {
        uint64_t now = platform_milliseconds();
        net_poll(now);
        session_poll(now);
        now = platform_milliseconds();
        uint64_t network = net_sleep(now), session = session_sleep(now);
        net_host_wait(network < session ? network : session);
    }
}

int main(int argc, char **argv)
{
    const char *info_file = NULL;
    uint8_t seed[CONSOLE_SEED_BYTES];
    unsigned port = 0;
    bool clock = true, lively = true;
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp(argv[i], "--still") == 0) {
            lively = false;
        } else if (strcmp(argv[i], "--no-clock") == 0) {
            clock = false;
        } else if (strcmp(argv[i], "--port") == 0) {
            port = (unsigned)strtoul(value, NULL, 10), i++;
        } else if (strcmp(argv[i], "--admin") == 0) {
            if (&plain_admin) {
                plain_admin = (unsigned)strtoul(value, NULL, 10);
            }
            i++;
        } else if (strcmp(argv[i], "--info") == 0) {
            info_file = value, i++;
        } else {
            fail("usage: [--port N] [--admin N] [--still] [--no-clock] [--info FILE]");
        }
    }
    if (getrandom(seed, sizeof(seed), 0) != sizeof(seed)) {
        fail("no random numbers");
    }
    signal(SIGPIPE, SIG_IGN);
    made_start();
    made.follows_host = true;
    made.lively = lively;
    made.unix_time = clock ? (uint64_t)time(NULL) : 0;
    info = *made_info();
    port = net_host_listen(port);
    if (info_file) {
        read_info(info_file);
    } else {
        name_it(port);
    }
    const char *wrong = net_start(&info);
    wrong = wrong ? wrong : tls_start(&info, seed, sizeof(seed));
    if (wrong) {
        fail(wrong);
    }
    wrong = session_start(&info);
    if (wrong) {
        fail(wrong);
    }
    printf("console: port %u\n", port);
    fflush(stdout);
    serve();
}

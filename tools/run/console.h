/* SPDX-License-Identifier: Apache-2.0 */
/* How the management console of an emulated machine is reached from this host. */
#ifndef BULKHEAD_RUN_CONSOLE_H
#define BULKHEAD_RUN_CONSOLE_H

#include "kernel/abi/limits.h"
#include "kernel/manifest.h"
#include "machine.h"

enum { CONSOLE_PORT = 8443, CONSOLE_PATH = 1025 };

/* What a manifest says of it. */
struct run_console {
    struct machine_console card; /* address 0: it has no network card */
    char host[64];
    char names[MAX_SERVER_NAMES][SERVER_NAME_BYTES];
    char key[CONSOLE_PATH]; /* file of the server's private key, as the manifest has it; "": none */
    uint8_t key_digest[DIGEST_BYTES];
    char admin[CONSOLE_PATH]; /* file of the public key of the first operator; "": none */
};

/* Fills the zeroed `out`. */
void console_take(const struct manifest *manifest, struct run_console *out);

/*
 * Whether this host's port is free on 127.0.0.1; else what to do about it is said on stderr. QEMU
 * would say no more than that it failed.
 */
bool console_port_is_free(unsigned port);

/* Whether a browser may call it by 127.0.0.1:PORT. */
bool console_has_name(const struct run_console *console, unsigned port);

/* "open https://127.0.0.1:8443 (certificate: build/keys/console.pem)": of a file that is there. */
void console_words(const struct run_console *console, unsigned port, char *out, size_t room);

/*
 * Tells `bulkhead ctl` of it, as its first operator, if that one's private key and certificate are
 * beside the public key. False: it was not told, which stands on stderr if it was tried.
 */
bool console_host(const struct run_console *console, unsigned port);

#endif

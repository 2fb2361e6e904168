/* SPDX-License-Identifier: Apache-2.0 */
/* How the management console of an emulated machine is reached from this host. */
#ifndef BULKHEAD_RUN_CONSOLE_H
#define BULKHEAD_RUN_CONSOLE_H

#include "kernel/abi/limits.h"
#include "kernel/manifest.h"
#include "machine.h"

enum { CONSOLE_PORT = 8443, CONSOLE_PATH = 1025 };

/* One of its administrators. */
struct console_person {
    char path[CONSOLE_PATH]; /* file of the public key, as the manifest has it */
    uint8_t key[DIGEST_BYTES];
};

/* What a manifest says of it. */
struct run_console {
    struct machine_console card; /* address 0: it has no network card */
    char host[64];
    char names[MAX_SERVER_NAMES][SERVER_NAME_BYTES];
    char key[CONSOLE_PATH]; /* file of the server's private key, as the manifest has it; "": none */
    uint8_t key_digest[DIGEST_BYTES];
    struct console_person admins[MAX_ADMINS]; /* operators first */
    unsigned admin_count;
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

/*
 * "open https://127.0.0.1:8443 (certificate: build/keys/console.pem)": of a file beside the
 * server's key that is of this key; else how it is made. No more than why not where it has no such
 * name.
 */
void console_words(const struct run_console *console, unsigned port, char *out, size_t room);

/*
 * Tells `bulkhead ctl` of it, as the first administrator whose private key and certificate are
 * beside the public key, and theirs. An entry that a person made stays. `said` gets a line: what
 * `ctl` can do now, or why not and the remedy; "" if that stands on stderr.
 */
void console_host(const struct run_console *console, unsigned port, char *said, size_t room);

enum key_state { KEY_GOOD, KEY_ABSENT, KEY_OTHER };

/*
 * The private key (`end` ".key") or the certificate (".pem") that is called as `path`, with `end`
 * for its ending `old`: its file's name goes to `out`. Is it of the public key whose
 * SubjectPublicKeyInfo has the SHA-256 `key`? KEY_OTHER also where it can't be read.
 */
enum key_state console_key_file(const char *path, const char *old, const char *end,
                                const uint8_t key[DIGEST_BYTES], char out[CONSOLE_PATH]);

#endif

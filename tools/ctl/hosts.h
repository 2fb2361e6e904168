/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machines that `bulkhead ctl` knows: hosts.yaml in $XDG_CONFIG_HOME/bulkhead, by default
 * ~/.config/bulkhead, mode 0600. It holds no secret, but whom to believe:
 *
 *     hosts:
 *       - name: gate-7
 *         address: 10.0.2.15              # or NAME:PORT; the port is 443 if left out
 *         server-key: HEX                 # SHA-256 of its public key, as `key new` prints it
 *         key: /home/ann/keys/ann.key     # one's own private key
 *         certificate: /home/ann/keys/ann.pem
 *         emulated: true                  # only where `bulkhead run` wrote it
 *
 * Paths that are not absolute begin at the file's own folder. Who changes it holds a lock,
 * hosts.yaml.lock beside it, from reading to writing.
 */
#ifndef BULKHEAD_CTL_HOSTS_H
#define BULKHEAD_CTL_HOSTS_H

#include "kernel/abi/limits.h"
#include "tools/text.h"

enum { MAX_HOSTS = 64, HOST_ADDRESS_BYTES = 254 };

struct host {
    const char *name;    /* as manifests have host names */
    const char *address; /* see host_address_is_good() */
    uint8_t server_key[DIGEST_BYTES];
    const char *key, *certificate; /* files in PEM */
    const char *emulated;          /* "true": `bulkhead run` wrote it; NULL: somebody else */
    uint32_t line;                 /* in the file; 0: not from there */
};

struct hosts {
    struct arena arena;
    const char *path;
    uint32_t count;
    struct host list[MAX_HOSTS];
};

/*
 * Reads the file; one that is not there holds none. False, said on stderr with file and line: it
 * can't be read, others may write it, or something in it is wrong. To be closed in any case.
 */
bool hosts_load(struct hosts *hosts);
void hosts_close(struct hosts *hosts);

/* The host called `name`; NULL: the only one. NULL, said on stderr, if there is none. */
const struct host *hosts_find(const struct hosts *hosts, const char *name);

/* Which host of the same name gives way to a new one. */
enum hosts_replace {
    HOSTS_SAME,     /* that has the same address and server's key */
    HOSTS_EMULATED, /* that has the same address, or was `bulkhead run`'s too, as this one is: its
                       machine has the keys that it was built with */
    HOSTS_ANY,
};

/*
 * Puts a host into the file, and its folder where it is missing. Files that it names are written
 * with their absolute paths. False, said on stderr: there is another of that name, a value is
 * wrong, the file can't be read or written, or others have its lock for five seconds; it is as it
 * was then.
 */
bool hosts_add(const struct host *host, enum hosts_replace replace);

/* Whether it would, as far as name, address and server's key go; else said on stderr. */
bool hosts_may_add(const struct host *host, enum hosts_replace replace);

/* Takes it out again; false, said on stderr, if it is not there or the file can't be written. */
bool hosts_remove(const char *name);

/*
 * Whether it may stand as an address: letters, digits, dots and hyphens, and a port from 1 to 65535
 * behind a colon if there is one.
 */
bool host_address_is_good(const char *address);

#endif

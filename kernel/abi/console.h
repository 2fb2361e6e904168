/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the management domain finds at GUEST_CONSOLE besides its boot information: what the manifest
 * says of its network, of the keys that it answers to, and its server's private key. It stands in
 * that domain's memory and nowhere else.
 */
#ifndef BULKHEAD_ABI_CONSOLE_H
#define BULKHEAD_ABI_CONSOLE_H

#include "limits.h"
#include "server_key.h"
#include <stdint.h>

#define CONSOLE_MAGIC 0x454c4f534e4f4342ull /* "BCNSOLE" and E */
enum { CONSOLE_VERSION = 1, CONSOLE_SEED_BYTES = 32 };

struct console_admin {
    char name[NAME_BYTES];
    uint8_t key[DIGEST_BYTES]; /* SHA-256 of its SubjectPublicKeyInfo */
    uint32_t role;             /* enum manifest_role */
    uint32_t expires;          /* the last good day, in days since 1970-01-01 */
};

struct console_info {
    uint64_t magic;
    uint32_t version;
    uint32_t bytes;   /* of this structure */
    uint32_t nic;     /* 1: there is a network card, its only PCI function */
    uint32_t address; /* IPv4, the first number in the top byte; as gateway, 0: none */
    uint32_t prefix;  /* bits of the network's part */
    uint32_t gateway;
    uint32_t icmp_echo;  /* 1: it answers echo requests */
    uint32_t has_key;    /* 1: `key` is one; without it the console has no network */
    uint32_t not_before; /* days since 1970-01-01 before which a clock is not to be believed; 0 */
    uint32_t admin_count;
    uint64_t seed_bytes; /* of `seed`, by the firmware or the TPM; 0: they have no random numbers */
    uint8_t seed[CONSOLE_SEED_BYTES];
    uint8_t key_digest[DIGEST_BYTES]; /* SHA-256 of the server's SubjectPublicKeyInfo */
    char names[MAX_SERVER_NAMES][SERVER_NAME_BYTES]; /* "NAME" or "NAME:PORT"; "" ends them */
    struct console_admin admins[MAX_ADMINS];
    struct server_key key;
};

_Static_assert(sizeof(struct console_info) <= PAGE_BYTES, "console ABI: one page");

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who reaches whom: every path that a manifest grants or a cable makes, as a plain list. What the
 * list does not have does not exist, but for the shared hardware that CAVEATS.md names.
 */
#ifndef BULKHEAD_ACCESS_H
#define BULKHEAD_ACCESS_H

#include "tools/manifest/check.h"

/* A party is a domain's index, or one of these. */
enum { ACCESS_MANAGEMENT = 0x100, ACCESS_OUTSIDE };

enum access_kind {
    ACCESS_RIGHT,        /* a right of management over a domain */
    ACCESS_SERIAL_READ,  /* management reads what the domain prints */
    ACCESS_SERIAL_WRITE, /* management types to the domain */
    ACCESS_UART,         /* a serial port of its own */
    ACCESS_NETWORK,      /* cards on one network, or a network's cable */
    ACCESS_TRUNK,        /* cards on networks that share a cable */
    ACCESS_RELAY,        /* a domain on both networks, which passes on */
    ACCESS_MEDIA,        /* removable media */
    ACCESS_SIDEBAND,     /* firmware that shares the network card of management */
    /* What a key of `unsafe` opens, from here on. */
    ACCESS_DMA,       /* devices without DMA remapping */
    ACCESS_INTERRUPT, /* devices without interrupt remapping */
    ACCESS_CORE,      /* threads of one core */
    ACCESS_GROUP,     /* devices that nothing keeps from each other */
};

static inline bool access_is_unsafe(enum access_kind kind)
{
    return kind >= ACCESS_DMA;
}

/* Something goes from `from` to `to`. */
struct access {
    uint32_t from, to;
    enum access_kind kind;
    const char *what; /* the operation or network, and why it is there */
};

struct access_list {
    uint32_t count;
    const struct access *items;
};

/* The paths of a manifest without errors; the list lives in the check's arena. */
struct access_list access_paths(struct check *check);

/* "management", "outside", or the domain's name. */
const char *access_party(const struct check *check, uint32_t party);

/* The index of a party among the partitions of a check; not of outside. */
uint32_t partition_of(const struct check *check, uint32_t party);

/* The word of manifests for a right or a role. */
const char *right_word(uint64_t right);
const char *role_word(uint64_t role);

#endif

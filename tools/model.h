/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A manifest as it was written: every value with the place where it stands. The schema
 * (schema.c) says which key fills which field; rules read this and nothing else.
 */
#ifndef BULKHEAD_MODEL_H
#define BULKHEAD_MODEL_H

#include <stdbool.h>
#include <stdint.h>

/* Where something was written. `file` NULL: it was not written, a default stands in its place. */
struct place {
    const char *file;
    uint32_t line, column; /* from 1 */
};

/* Sizes are in bytes, durations in seconds, booleans 0 or 1, choices the value of their row. */
struct number {
    struct place at;
    bool valid; /* has a value: a good one was written, or there is a default */
    uint64_t value;
};

struct text {
    struct place at;
    const char *value; /* NULL: not written, or not good */
};

/* `items` points at `count` structures; which, the field's comment says. */
struct list {
    struct place at;
    uint32_t count;
    void *items;
};

/* A count, or a list of ids (struct number). */
struct count_or_list {
    struct place at;
    bool valid;
    bool is_list;
    uint64_t value; /* the count, or the list's length */
    struct list list;
};

struct model_platform {
    struct place at;
    struct number cpu;        /* enum manifest_cpu_vendor */
    struct number processors; /* not valid: not said */
    struct number memory;     /* not valid: not said */
    struct number memory_guard;
    struct number com1; /* enum com1_use */
};

enum com1_use { COM1_BOOT_LOG = 1, COM1_DOMAIN = 2 };

struct model_boot {
    struct place at;
    struct text bzimage, initrd, elf64; /* paths */
    struct text cmdline;
};

struct model_on_exit {
    struct place at;
    struct number action; /* enum manifest_exit_action */
    struct number limit;  /* not valid: no limit */
    struct number within; /* not valid: since boot */
};

struct model_serial {
    struct place at;
    struct number port; /* 1..4; not valid: none */
    struct number polled;
};

/* The structures of a list begin with their place. */
struct model_domain {
    struct place at;
    struct text name;
    struct count_or_list cpus;
    struct number memory;
    struct model_boot boot;
    struct model_on_exit on_exit;
    struct model_serial serial;
};

struct model {
    struct place at;
    struct text host;
    struct model_platform platform;
    struct list domains; /* struct model_domain */
};

static inline bool is_written(struct place at)
{
    return at.file != 0;
}

static inline struct model_domain *model_domain(const struct model *model, uint32_t index)
{
    return (struct model_domain *)model->domains.items + index;
}

/* The n-th id of a list of processors. */
static inline const struct number *listed(const struct list *list, uint32_t index)
{
    return (const struct number *)list->items + index;
}

#endif

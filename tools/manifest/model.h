/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A manifest as it was written: every value with the place where it stands. The schema
 * (schema.c) says which key fills which field; rules read this and nothing else.
 */
#ifndef BULKHEAD_MODEL_H
#define BULKHEAD_MODEL_H

#include <stdbool.h>
#include <stddef.h>
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

/* `items` points at `count` structures of `item_bytes`; which, the field's comment says. */
struct list {
    struct place at;
    uint32_t count, item_bytes;
    void *items;
};

/* Interrupts of a guest reach ids of 8 bits, and 255 is all of them. */
enum { HIGHEST_APIC_ID = 254 };

/* A count, or a list of ids (struct number). */
struct count_or_list {
    struct place at;
    bool valid;
    bool is_list;
    uint64_t value; /* the count, or the list's length */
    struct list list;
};

/* A name that must be in the list `list` (a key's path). */
struct reference {
    struct reference *next;
    const char *list, *subject;
    const struct text *name;
};

struct model_label {
    struct place at;
    struct text level;
    struct list categories; /* struct text */
};

struct model_platform {
    struct place at;
    struct number cpu;        /* enum manifest_cpu_vendor */
    struct number processors; /* not valid: not said */
    struct number memory;     /* not valid: not said */
    struct number memory_guard;
    struct number com1; /* enum com1_use */
    struct number smt;  /* enum manifest_smt; not valid: not said */
    struct number microcode;
    struct number tpm;     /* enum tpm_use */
    struct text inventory; /* path */
};

enum com1_use { COM1_BOOT_LOG = 1, COM1_DOMAIN = 2 };

enum tpm_use { TPM_OPTIONAL = 1, TPM_REQUIRED = 2 };

struct model_boot {
    struct place at;
    struct text bzimage, initrd, elf64; /* paths */
    struct text cmdline;
    struct place digest_at;
    struct text bzimage_digest, initrd_digest, elf64_digest;
    struct number identity; /* enum identity */
};

enum identity { IDENTITY_SHARED, IDENTITY_UNIQUE };

struct model_on_exit {
    struct place at;
    struct number action; /* enum manifest_exit_action */
    struct number limit;  /* not valid: no limit */
    struct number within; /* not valid: since boot */
};

struct model_serial {
    struct place at;
    struct number port; /* 1..4; not valid: none */
    struct number irq;  /* its interrupt line; not valid: the usual one */
    struct number polled;
    struct list read, write; /* struct number: enum manifest_role */
};

struct model_hardened {
    struct place at;
    struct text by;
    struct number date;
};

/* A PCI function of a domain, or the management's network card. */
struct model_device {
    struct place at;
    struct number pci, id;
    struct text serial_number, network, sanitized_by;
    struct number removable, accept_no_reset, accept_sideband;
    struct number interrupts;       /* enum interrupts */
    struct number on_reset_failure; /* enum reset_failure */
    struct number address, gateway; /* management only */
};

enum interrupts { INTERRUPTS_MSI, INTERRUPTS_NONE };
enum reset_failure { RESET_FAILURE_STOP, RESET_FAILURE_GO_ON };

struct model_one_way {
    struct place at;
    struct text from, to; /* hosts */
    struct text by;
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
    struct model_label label;
    struct model_hardened hardened;
    struct number role;         /* enum domain_role */
    struct list protects;       /* struct text: domains here or elsewhere, and networks */
    struct list devices;        /* struct model_device */
    struct number on_dma_fault; /* enum manifest_dma_fault */
    struct list start_after;    /* struct text: domains */
    struct list manage;         /* struct number: enum manifest_right */
    struct number memory_at;    /* not valid: anywhere */
    struct number cache_ways;   /* not valid: shared */
};

enum domain_role { ROLE_SYSTEM, ROLE_FIREWALL };

/* Stands for a struct text where only its name is wanted. */
struct model_level {
    struct text name;
    struct number colour; /* 0xRRGGBB; not valid: not said */
};

struct model_network {
    struct place at;
    struct text name;
    struct model_label label; /* its level and categories */
    struct number exposed;
    struct list trunk; /* struct text: networks */
    struct model_one_way one_way;
};

struct model_admin {
    struct place at;
    struct text name, key;
    struct number role; /* enum manifest_role */
    struct number expires;
};

struct model_management {
    struct place at;
    struct count_or_list cpus;
    struct number memory;
    struct model_boot boot;
    struct model_serial serial;
    struct model_device nic; /* may be left out */
    struct list names;       /* struct text */
    struct text key;         /* path */
    struct number icmp_echo;
    struct list admins; /* struct model_admin */
};

struct model_mixed_levels {
    struct place at;
    struct text accepted_by, reason;
    struct number until;
};

/* So many domains of one level weigh as much as a higher one. */
struct model_aggregation {
    struct place at;
    struct place when_at;
    struct number count;
    struct text of, then; /* levels */
};

struct model_review {
    struct place at;
    struct text by;
    struct number date, due;
};

struct model_unsafe {
    struct place at;
    struct number allow; /* enum manifest_unsafe_kind */
    struct text reason;
};

struct model {
    struct place at;
    struct text host;
    struct list include; /* struct text: paths */
    struct model_platform platform;
    struct list domains;    /* struct model_domain */
    struct list levels;     /* struct model_level, lowest first */
    struct list categories; /* struct text */
    struct model_label classification;
    struct list aggregation; /* struct model_aggregation */
    struct model_mixed_levels mixed_levels;
    struct list forbid_removable; /* struct text: levels */
    struct list networks;         /* struct model_network */
    struct list keep_apart;       /* struct list of struct text */
    struct model_management management;
    struct model_review review;
    struct number assurance;
    struct list unsafe; /* struct model_unsafe */
};

static inline bool is_written(struct place at)
{
    return at.file != 0;
}

static inline const struct model_level *model_level(const struct model *model, uint32_t index)
{
    return (const struct model_level *)model->levels.items + index;
}

static inline struct model_domain *model_domain(const struct model *model, uint32_t index)
{
    return (struct model_domain *)model->domains.items + index;
}

static inline struct model_network *model_network(const struct model *model, uint32_t index)
{
    return (struct model_network *)model->networks.items + index;
}

static inline struct model_device *model_device(const struct model_domain *domain, uint32_t index)
{
    return (struct model_device *)domain->devices.items + index;
}

static inline struct model_admin *model_admin(const struct model *model, uint32_t index)
{
    return (struct model_admin *)model->management.admins.items + index;
}

/* The n-th name of a list of names, or of what begins with one. */
static inline const struct text *listed_text(const struct list *list, uint32_t index)
{
    return (const struct text *)(const void *)((const char *)list->items +
                                               (size_t)index * list->item_bytes);
}

/* The n-th number of a list of numbers or choices. */
static inline const struct number *listed(const struct list *list, uint32_t index)
{
    return (const struct number *)list->items + index;
}

#endif

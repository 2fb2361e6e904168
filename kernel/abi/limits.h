/* SPDX-License-Identifier: Apache-2.0 */
/* Bounds that every part of Bulkhead shares. A table is sized by them once, at build time. */
#ifndef BULKHEAD_ABI_LIMITS_H
#define BULKHEAD_ABI_LIMITS_H

enum {
    MAX_CPUS = 64,        /* logical processors of a machine */
    MAX_DOMAINS = 16,     /* domains of a manifest */
    MAX_DOMAIN_CPUS = 16, /* processors of one domain */
    MAX_RAM_SEGMENTS = 8, /* host ranges that one domain's RAM may be made of */
    MAX_PAYLOADS = 33,    /* payloads of a manifest: two a domain, and the server's key */
    MAX_LOAD_STEPS = 24,  /* copies that bring one domain's payloads into its RAM */
    MAX_IOAPICS = 32,
    ISA_LINES = 16,
    MAX_LEVELS = 16,         /* levels of classification */
    MAX_CATEGORIES = 32,     /* one bit each */
    MAX_NETWORKS = 32,       /* one bit each */
    MAX_DEVICES = 64,        /* PCI functions that a manifest assigns */
    MAX_DOMAIN_DEVICES = 31, /* each a device of its own on the bus that a domain finds */
    MAX_DOMAIN_WINDOWS = 64, /* runs of its functions' registers */
    MAX_IOMMUS = 16,
    MAX_ADMINS = 16,
    MAX_SERVER_NAMES = 8,   /* by which a browser reaches the console */
    SERVER_NAME_BYTES = 64, /* one of them with its terminating zero */
    MAX_POLICY_ITEMS = 32,  /* aggregations, and names that are kept apart */
    NAME_BYTES = 32,        /* a name with its terminating zero */
    CMDLINE_BYTES = 2048,   /* a kernel command line with its terminating zero */
    DIGEST_BYTES = 32,      /* SHA-256 */
};

#define PAGE_BYTES       4096ull
#define LARGE_PAGE_BYTES (2ull << 20)
#define HUGE_PAGE_BYTES  (1ull << 30)

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* The accreditor's page of one machine, section by section. */
#ifndef BULKHEAD_REPORT_H
#define BULKHEAD_REPORT_H

#include "page.h"
#include "tools/image/compile.h"
#include "tools/manifest/check.h"

/* An image that was built from the manifest. */
struct report_image {
    const char *path;
    const uint8_t *manifest_digest;        /* of the compiled manifest in it */
    const uint8_t *bare_digest;            /* the same without the hypervisor's digest */
    uint8_t digest[32], kernel_digest[32]; /* of the file, and of the hypervisor in it */
};

struct report {
    struct check *check;              /* of a manifest without errors */
    struct arena *arena;              /* the check's */
    struct compiled lab, release;     /* no release where `unsafe` is written */
    const struct report_image *image; /* that was given, NULL: none */
    struct page page;
};

/*
 * Compiles a checked manifest for both kinds of image, and builds the page in the check's arena;
 * `image` NULL: none was given. Returns NULL, or why it cannot be compiled, or that the image was
 * built from another manifest.
 */
const char *report_build(struct report *out, struct check *check, const struct report_image *image);

/* policy.c */
void report_overall(struct report *out);
void report_acceptances(struct report *out);
void report_unsafe(struct report *out);

/* inventory.c */
void report_inventory(struct report *out);
void report_functions(struct report *out);

/* sign.c */
void report_signature(struct report *out);

/* matrix.c */
void report_matrix(struct report *out);
void report_networks(struct report *out);
void report_roles(struct report *out);

/* machine.c */
void report_partitions(struct report *out);
void report_life(struct report *out);
void report_payloads(struct report *out);

/* ledger.c */
void report_ledger(struct report *out);
void report_surface(struct report *out);
void report_lines(struct report *out);

/* pairs.c */
void report_pairs(struct report *out);

/* demands.c */
void report_demands(struct report *out);

/* A count as a text. */
const char *report_count(struct report *out, uint64_t count);

#endif

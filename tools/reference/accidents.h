/* SPDX-License-Identifier: Apache-2.0 */
/* Well-known accidents of estates with many systems on few machines, each as a manifest. */
#ifndef BULKHEAD_ACCIDENTS_H
#define BULKHEAD_ACCIDENTS_H

#include <stddef.h>
#include <stdio.h>

struct accident {
    const char *title;
    const char *story;    /* what happens elsewhere */
    const char *manifest; /* commits it */
    const char *rule;     /* stops it; NULL: the cascade analysis of it and `peer` */
    const char *payload;  /* what the file payload.img beside it holds; NULL: there is none */
    const char *peer;     /* another host's manifest */
};

extern const struct accident accidents[];
extern const size_t accident_count;

/*
 * Tells all accidents as Markdown, each with its manifest and the message that stops it. Returns
 * how many were not stopped by their rule.
 */
size_t accidents_write(FILE *out);

#endif

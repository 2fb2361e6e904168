/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Holds what a machine wrote against a test's expectations. Lines that were read at once have no
 * order between two ports, and a busy host may read seconds of them at once; so they are kept, and
 * a port whose next step waits for another port's words waits with its lines until that has none.
 */
#ifndef BULKHEAD_TESTS_EXPECT_H
#define BULKHEAD_TESTS_EXPECT_H

#include "spec.h"
#include "tools/run/line.h"

struct kept_lines {
    char **lines;
    size_t count, taken, room;
};

struct expect {
    struct spec *spec;
    struct kept_lines kept[SPEC_PORTS];
    const char *broken; /* the expectation that can't be met any more, NULL: none */
    char broken_line[LINE_BYTES];
};

/* Keeps a whole line that came from `port` (0: com1, SPEC_HOST). */
void expect_keep(struct expect *expect, int port, const char *line);

/* Holds all kept lines against the expectations and forgets them. */
void expect_heed(struct expect *expect);

/* Holds an unfinished line against them: it can only meet, not break one. */
void expect_partial(struct expect *expect, int port, const char *text);

/* The next text that is due to be typed, or NULL. */
struct step *expect_due(const struct expect *expect);

/* Says that an expectation can't be met, and why; the first counts. */
void expect_break(struct expect *expect, const struct step *step, const char *line);

/* Whether everything that must appear has appeared. */
bool expect_met(const struct expect *expect);

#endif

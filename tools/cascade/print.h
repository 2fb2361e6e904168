/* SPDX-License-Identifier: Apache-2.0 */
/* Findings of the cascade analysis as text. */
#ifndef BULKHEAD_CASCADE_PRINT_H
#define BULKHEAD_CASCADE_PRINT_H

#include "cascade.h"
#include <stdio.h>

/* One finding: what is required, the path, and each change that removes it. */
void cascade_print_finding(const struct cascade_net *net, const struct cascade_finding *finding,
                           FILE *out);

/* One change, as a line. */
void cascade_print_fix(const struct cascade_net *net, const struct cascade_fix *fix, FILE *out);

#endif

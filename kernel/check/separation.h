/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a domain's part of the separation check (I12) on this processor, on the tables it keeps. */
#ifndef BULKHEAD_SEPARATION_H
#define BULKHEAD_SEPARATION_H

#include "check.h"

/* Reads the registers back; then a piece at a time. */
void separation_begin(void);
enum check_progress separation_go_on(void);

/* The verdict, once separation_go_on() has said CHECK_DONE. */
extern struct check_result separation_result;

#endif

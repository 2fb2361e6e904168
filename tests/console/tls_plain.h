/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands in for TLS, where it is linked: whose key the peers have that do not say it, and
 * whether something that was sent has not gone out.
 */
#ifndef TESTS_TLS_PLAIN_H
#define TESTS_TLS_PLAIN_H

#include <stdbool.h>

extern unsigned plain_admin __attribute__((weak));
extern bool plain_unsent __attribute__((weak));

#endif

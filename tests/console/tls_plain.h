/* SPDX-License-Identifier: Apache-2.0 */
/* What stands in for TLS, where it is linked: whose key the peers have that do not say it. */
#ifndef TESTS_TLS_PLAIN_H
#define TESTS_TLS_PLAIN_H

extern unsigned plain_admin __attribute__((weak));

#endif

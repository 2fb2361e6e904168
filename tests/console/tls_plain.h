/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_TLS_PLAIN_H
#define TESTS_TLS_PLAIN_H

extern unsigned plain_admin;

#endif

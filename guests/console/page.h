/* SPDX-License-Identifier: Apache-2.0 */
/* The page at /, one document, as the build put it together. */
#ifndef CONSOLE_PAGE_H
#define CONSOLE_PAGE_H

#include <stddef.h>

extern const char page_html[];
extern const size_t page_html_bytes;
extern const char page_policy[]; /* value of its Content-Security-Policy */

#endif

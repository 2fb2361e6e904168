/* SPDX-License-Identifier: Apache-2.0 */
/* The page at `/`: written by guests/console/page/join from the files beside it. */
#ifndef CONSOLE_PAGE_H
#define CONSOLE_PAGE_H

#include <stddef.h>

extern const char page_html[];       /* UTF-8, and a zero */
extern const size_t page_html_bytes; /* without the zero */
extern const char page_policy[]; /* its Content-Security-Policy: nothing but what is in it runs */

#endif

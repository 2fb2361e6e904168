/* SPDX-License-Identifier: Apache-2.0 */
/* A page of a few bytes, where the real one is not what is tested. */
#include "guests/console/page.h"

const char page_html[] = "<!doctype html>\n<title>console</title>\n";
const size_t page_html_bytes = sizeof(page_html) - 1;
const char page_policy[] = "default-src 'none'";

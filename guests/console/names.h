/* SPDX-License-Identifier: Apache-2.0 */
/* By which names a browser may reach the console: those of the manifest, and the address. */
#ifndef CONSOLE_NAMES_H
#define CONSOLE_NAMES_H

#include "request.h"

/* "NAME" or "NAME:PORT"; the port 443 may be there or not. */
bool names_host_is_ours(struct span host);
bool names_origin_is_ours(struct span origin); /* "https://" and such a name */

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* What lwIP wants to know of compiler and machine: a failed assertion ends the domain. */
#ifndef CONSOLE_ARCH_CC_H
#define CONSOLE_ARCH_CC_H

#include "guests/console/start.h"

#define LWIP_PLATFORM_ASSERT(text) console_end("lwIP: " text)
#define LWIP_PLATFORM_DIAG(text)                                                                   \
    do {                                                                                           \
    } while (0)
#define LWIP_NO_CTYPE_H 1

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* The version that the console tells of itself. */
#ifndef CONSOLE_VERSION_H
#define CONSOLE_VERSION_H

#define CONSOLE_VERSION_TEXT "0.1"

#endif

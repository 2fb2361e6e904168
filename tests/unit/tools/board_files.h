/* SPDX-License-Identifier: Apache-2.0 */
/* A board of tests/unit/boot/board.h as the tool finds it: an inventory, and a manifest. */
#ifndef BULKHEAD_BOARD_FILES_H
#define BULKHEAD_BOARD_FILES_H

#include "tests/unit/boot/board.h"

enum { BOARD_PROCESSORS = 64 };

/* Writes the inventory into the folder, which is emptied first. */
void board_write(const struct board *board, const char *folder);

/* Writes the manifest that gives away what the board's does; the folder is its inventory. */
void board_manifest(const struct board *board, const char *folder, char *out, size_t room);

#endif

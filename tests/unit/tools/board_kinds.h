/* SPDX-License-Identifier: Apache-2.0 */
/* Boards of each kind that is accepted or refused: what is changed in board_init()'s. */
#ifndef BULKHEAD_BOARD_KINDS_H
#define BULKHEAD_BOARD_KINDS_H

#include "tests/unit/boot/board.h"

struct board_kind {
    const char *name;
    void (*change)(struct board *board);
    const char *rule; /* that the tool names, a warning where it can't know; NULL: both accept it */
};

extern const struct board_kind board_kinds[];
extern const size_t board_kind_count;

/* Lets the firmware keep memory for the function. */
void board_keep(struct board *board, uint32_t pci);

#endif

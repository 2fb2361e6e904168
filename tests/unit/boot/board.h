/* SPDX-License-Identifier: Apache-2.0 */
/* A board with PCI functions and a manifest that gives some away, to be changed in a test. */
#ifndef BULKHEAD_BOARD_H
#define BULKHEAD_BOARD_H

#include "boot/plan/judge.h"
#include "tests/unit/made_manifest.h"

#define MIB (1ull << 20)
#define GIB (1ull << 30)
#define PCI(bus, device, function)                                                                 \
    ((uint32_t)(bus) << 8 | (uint32_t)(device) << 3 | (uint32_t)(function))

struct board {
    struct facts facts;
    struct made_manifest made;
    struct manifest_device devices[MAX_DEVICES + 8];
    struct manifest manifest;
    struct plan_input in;
    struct handoff handoff;
    struct diagnostic why;
    uint64_t next_bar;
    bool own_windows; /* what bridges pass on is the test's; else what lies below them */
};

/*
 * Two domains, "one" with 2 processors and "two" with 4, nothing given to them, and:
 *   00:00.0 host bridge                      00:1c.0, .1 two functions of one device, no ACS
 *   00:01.0 root port with ACS               01:00.0 card
 *   00:02.0 root port without                02:00.0, 02:00.1 cards, 02:00.1 with a BAR of 256 B
 *   00:03.0 root port with ACS               03:00.0 switch: 04:00.0 and 04:01.0 without ACS
 *                                            05:00.0, 06:00.0 cards
 *   00:04.0 bridge to PCI                    07:01.0, 07:02.0 cards
 *   00:14.0 USB controller (xHCI)            00:1f.0 ISA bridge, 00:1f.2 AHCI
 *   00:05.0 root port with ACS               08:00.0, 08:00.1 cards with ACS
 */
void board_init(struct board *board);

/* A function, a bridge (port type 0: conventional), a card with all that one needs. Any order. */
struct fact_function *board_add(struct board *board, uint32_t pci, uint32_t class);
void board_bridge(struct board *board, uint32_t pci, uint32_t type, bool acs, uint8_t secondary,
                  uint8_t subordinate);
struct fact_function *board_card(struct board *board, uint32_t pci);

/* What is there, or the test fails; its index. */
struct fact_function *board_at(struct board *board, uint32_t pci);
uint32_t board_index(struct board *board, uint32_t pci);

/* Lets all bridges pass on what lies below them; board_assign() does. */
void board_open_bridges(struct board *board);

/* Another line of the manifest: domain's index or MANIFEST_NONE. */
struct manifest_device *board_give(struct board *board, uint32_t pci, uint32_t domain);

bool board_assign(struct board *board);
void board_must_assign(struct board *board);
#define board_refuses(board, ...) board_must_refuse(board, (const char *const[]){__VA_ARGS__, NULL})
void board_must_refuse(struct board *board, const char *const *words);

/* What holds of every assignment. */
void board_check(const struct board *board);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Can the loader touch a device's registers? It runs on the firmware's page tables to the end. */
#ifndef BULKHEAD_BOOT_REACH_H
#define BULKHEAD_BOOT_REACH_H

#include <stdbool.h>
#include <stdint.h>

/* Whether the 4-level page tables at `root` map [base, base + bytes) one to one. */
bool reach_maps(uint64_t root, uint64_t base, uint64_t bytes);

/* Whether the tables in use do. */
bool reach_possible(uint64_t base, uint64_t bytes);

/* Refuses, naming `what`, if they don't. */
void reach(uint64_t base, uint64_t bytes, const char *what);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* The partition table of a disk image: GPT with one EFI system partition. */
#ifndef BULKHEAD_GPT_H
#define BULKHEAD_GPT_H

#include <stdint.h>

enum { GPT_SECTOR = 512, GPT_ENTRY_SECTORS = 32, GPT_END_SECTORS = GPT_ENTRY_SECTORS + 1 };

struct gpt {
    uint8_t mbr[GPT_SECTOR];    /* at sector 0: protective, so that old tools see no free disk */
    uint8_t header[GPT_SECTOR]; /* at sector 1 */
    uint8_t entries[GPT_ENTRY_SECTORS * GPT_SECTOR]; /* at sector 2, and in front of `backup` */
    uint8_t backup[GPT_SECTOR];                      /* the header in the last sector */
};

/*
 * Fills the table of a disk with `sectors` sectors, whose one partition has those from `first` to
 * `last`. Disk and partition are named after `seed`, so the same seed gives the same bytes. UEFI
 * Specification, GUID Partition Table (GPT) Disk Layout.
 */
void gpt_build(struct gpt *gpt, uint64_t sectors, uint64_t first, uint64_t last,
               const uint8_t seed[32]);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the files of a machine, or of a saved copy, with bounds; inside this folder. */
#ifndef BULKHEAD_HW_SOURCE_H
#define BULKHEAD_HW_SOURCE_H

#include "hw.h"

/* Opens the folders. Returns false with a message on stderr. */
bool hw_source_open(struct hw *hw, const char *from, const char *save);

/*
 * Reads at most `room` bytes of the regular file `path` (without leading slash) and returns how
 * many, -1 with errno set if it cannot be read.
 */
long hw_read(struct hw *hw, const char *path, void *out, size_t room);

/* The whole file as text up to `most` bytes, NULL if it cannot be read. */
char *hw_text(struct hw *hw, const char *path, size_t most);

/* What a machine can have thousands of is kept only if it is as short as it should be. */
enum { HW_WORD = 64, HW_LIST = 512 };

/* Its first line, NULL with errno set if it is empty, longer than `most` or cannot be read. */
char *hw_line(struct hw *hw, const char *path, size_t most);

/* Its first line as a number, decimal or with 0x. */
bool hw_number(struct hw *hw, const char *path, uint64_t *out);

/* Where the symbolic link `path` leads, NULL if it is none. */
char *hw_link(struct hw *hw, const char *path);

/* The names in a folder, sorted; returns how many, 0 with errno set if there is none. */
uint32_t hw_list(struct hw *hw, const char *path, char ***names);

/* Whether the folder is there; then it is in a saved copy too, even if it is empty. */
bool hw_has_folder(struct hw *hw, const char *path);

/*
 * Notes that `path` did not tell something and what that leaves unknown. errno says why: as the
 * system set it, ENODATA for a file without it, EBADMSG for one that is damaged.
 */
void hw_note_missing(struct hw *hw, const char *path, const char *lost);

/* The same with a reason of its own. */
void hw_note(struct hw *hw, const char *path, const char *why, const char *lost);

/* Room for one item more in an array that grows by doubling. */
void *hw_grow(struct hw *hw, void *items, uint32_t count, size_t bytes);

/* Writes a file of the saved copy, if one is made. */
void hw_save(struct hw *hw, const char *path, const void *bytes, size_t count);

/* Parts of hw_open(). */
void hw_read_names(struct hw *hw);
void hw_read_cpus(struct hw *hw);
void hw_read_memory(struct hw *hw);
void hw_read_pci(struct hw *hw);
void hw_find_groups(struct hw *hw);
void hw_read_acpi(struct hw *hw);
/* After the tables, which name the units. */
void hw_read_units(struct hw *hw);
bool hw_take_dmar(struct hw *hw, const uint8_t *table, size_t length);
void hw_read_ports(struct hw *hw);
void hw_read_boot(struct hw *hw);

/* The PCI address in `text` ("0000:00:1f.3"), -1 if it is none. */
int64_t hw_parse_address(const char *text);

static inline uint32_t little(const uint8_t *bytes, int count)
{
    uint32_t value = 0;

    while (count-- > 0)
        value = value << 8 | bytes[count];
    return value;
}

static inline uint64_t little64(const uint8_t *bytes)
{
    return little(bytes, 4) | (uint64_t)little(bytes + 4, 4) << 32;
}

#endif

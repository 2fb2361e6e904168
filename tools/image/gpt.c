/* SPDX-License-Identifier: Apache-2.0 */
/* The partition table of a disk image: GPT with one EFI system partition. */
#include "gpt.h"

#include <stddef.h>
#include <string.h>

enum {
    ENTRY_COUNT = 128,
    ENTRY_BYTES = 128,
    HEADER_BYTES = 92,
    GUID_BYTES = 16,
    FIRST_USABLE = 2 + GPT_ENTRY_SECTORS,
    /* Master Boot Record */
    MBR_PARTITION = 446,
    MBR_SIGNATURE = 510,
    TYPE_PROTECTIVE = 0xee,
};

/* EFI System Partition: C12A7328-F81F-11D2-BA4B-00A0C93EC93B */
static const uint8_t system_partition[GUID_BYTES] = {
    0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11, 0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b};

static void put(uint8_t *at, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

static uint32_t crc32(const uint8_t *bytes, size_t count)
{
    uint32_t crc = ~0u;

    for (size_t i = 0; i < count; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

/* A random GUID (version 4), though not by chance. */
static void put_guid(uint8_t *at, const uint8_t seed[GUID_BYTES])
{
    memcpy(at, seed, GUID_BYTES);
    at[7] = (uint8_t)((at[7] & 0x0f) | 0x40);
    at[8] = (uint8_t)((at[8] & 0x3f) | 0x80);
}

static void fill_mbr(uint8_t *mbr, uint64_t sectors)
{
    uint8_t *partition = mbr + MBR_PARTITION;

    put(partition + 1, 0x000200, 3); /* cylinder, head and sector of sector 1 */
    partition[4] = TYPE_PROTECTIVE;
    put(partition + 5, 0xffffff, 3);
    put(partition + 8, 1, 4);
    put(partition + 12, sectors - 1 > UINT32_MAX ? UINT32_MAX : sectors - 1, 4);
    put(mbr + MBR_SIGNATURE, 0xaa55, 2);
}

static void fill_header(uint8_t *header, uint64_t own, uint64_t other, uint64_t entries_at,
                        const struct gpt *gpt, uint64_t sectors, const uint8_t *seed)
{
    memcpy(header, "EFI PART", 8);
    put(header + 8, 0x00010000, 4);
    put(header + 12, HEADER_BYTES, 4);
    put(header + 24, own, 8);
    put(header + 32, other, 8);
    put(header + 40, FIRST_USABLE, 8);
    put(header + 48, sectors - 1 - GPT_END_SECTORS, 8);
    put_guid(header + 56, seed);
    put(header + 72, entries_at, 8);
    put(header + 80, ENTRY_COUNT, 4);
    put(header + 84, ENTRY_BYTES, 4);
    put(header + 88, crc32(gpt->entries, sizeof(gpt->entries)), 4);
    put(header + 16, crc32(header, HEADER_BYTES), 4);
}

void gpt_build(struct gpt *gpt, uint64_t sectors, uint64_t first, uint64_t last,
               const uint8_t seed[32])
{
    static const char name[] = "EFI System";
    uint64_t end = sectors - 1;

    memset(gpt, 0, sizeof(*gpt));
    memcpy(gpt->entries, system_partition, GUID_BYTES);
    put_guid(gpt->entries + 16, seed + GUID_BYTES);
    put(gpt->entries + 32, first, 8);
    put(gpt->entries + 40, last, 8);
    for (size_t i = 0; i + 1 < sizeof(name); i++)
        put(gpt->entries + 56 + 2 * i, (uint8_t)name[i], 2);
    fill_mbr(gpt->mbr, sectors);
    fill_header(gpt->header, 1, end, 2, gpt, sectors, seed);
    fill_header(gpt->backup, end, 1, sectors - GPT_END_SECTORS, gpt, sectors, seed);
}

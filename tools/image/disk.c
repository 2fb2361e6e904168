/* SPDX-License-Identifier: Apache-2.0 */
/* Disk images: GPT, one FAT32 partition, files laid out one after the other. */
#include "disk.h"

#include "gpt.h"
#include "kernel/sha256.h"
#include "tools/output.h"
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    SECTOR = 512,
    CLUSTER_SECTORS = 4,
    CLUSTER = SECTOR * CLUSTER_SECTORS,
    PARTITION_SECTOR = 2048,
    RESERVED_SECTORS = 32,
    MIN_CLUSTERS = 65600, /* with fewer it would not be FAT32 */
    FIRST_CLUSTER = 2,
    ENTRY_BYTES = 32,
    MAX_FOLDER = CLUSTER / ENTRY_BYTES,
    MAX_FOLDERS = 8,
    ATTRIBUTE_FOLDER = 0x10,
    ATTRIBUTE_FILE = 0x20,
};
#define END_OF_CHAIN 0x0fffffffu
/* Every date in the image: 2020-01-01. */
#define FIXED_DATE ((2020 - 1980) << 9 | 1 << 5 | 1)

struct folder {
    char path[64];
    uint32_t cluster;
    unsigned entries;
    uint8_t data[CLUSTER];
};

struct disk {
    int file;
    const char *path;
    uint32_t clusters, used; /* used: the next free cluster */
    uint32_t fat_sectors;
    uint32_t *fat;
    struct sha256 content; /* of all files, which gives the disk its names */
    unsigned folder_count;
    struct folder folders[MAX_FOLDERS];
};

static void put16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

static void put32(uint8_t *at, uint32_t value)
{
    put16(at, value & 0xffff);
    put16(at + 2, value >> 16);
}

static int write_at(const struct disk *disk, const void *data, size_t bytes, uint64_t offset)
{
    const uint8_t *from = data;
    while (bytes > 0) {
        ssize_t done = pwrite(disk->file, from, bytes, (off_t)offset);
        if (done <= 0) {
            fprintf(stderr, "bulkhead: %s: can't write: %s\n", disk->path, strerror(errno));
            return -1;
        }
        from += done;
        offset += (uint64_t)done;
        bytes -= (size_t)done;
    }
    return 0;
}

static uint64_t cluster_offset(const struct disk *disk, uint32_t cluster)
{
    uint64_t data = PARTITION_SECTOR + RESERVED_SECTORS + 2ull * disk->fat_sectors;
    return data * SECTOR + (uint64_t)(cluster - FIRST_CLUSTER) * CLUSTER;
}

/* Takes `count` clusters in a row and chains them; the first one's number. */
static uint32_t take(struct disk *disk, uint32_t count)
{
    uint32_t first = disk->used;
    for (uint32_t i = 0; i < count; i++)
        disk->fat[first + i] = i + 1 < count ? first + i + 1 : END_OF_CHAIN;
    disk->used += count;
    return first;
}

static void add_entry(struct folder *folder, const char name[11], uint8_t attribute,
                      uint32_t cluster, uint32_t bytes)
{
    uint8_t *entry = folder->data + folder->entries++ * ENTRY_BYTES;
    memcpy(entry, name, 11);
    entry[11] = attribute;
    put16(entry + 16, FIXED_DATE);
    put16(entry + 18, FIXED_DATE);
    put16(entry + 20, cluster >> 16);
    put16(entry + 24, FIXED_DATE);
    put16(entry + 26, cluster & 0xffff);
    put32(entry + 28, bytes);
}

/* "BOOTX64.EFI" as the eleven characters of a folder entry. */
static void short_name(const char *name, size_t length, char out[11])
{
    const char *dot = memchr(name, '.', length);
    size_t stem = dot ? (size_t)(dot - name) : length;
    memset(out, ' ', 11);
    memcpy(out, name, stem < 8 ? stem : 8);
    if (dot)
        memcpy(out + 8, dot + 1, length - stem - 1 < 3 ? length - stem - 1 : 3);
}

static struct folder *open_folder(struct disk *disk, const char *path, size_t length)
{
    for (unsigned i = 0; i < disk->folder_count; i++)
        if (strlen(disk->folders[i].path) == length &&
            memcmp(disk->folders[i].path, path, length) == 0)
            return &disk->folders[i];
    if (disk->folder_count == MAX_FOLDERS || length >= sizeof(disk->folders[0].path))
        return NULL;

    struct folder *folder = &disk->folders[disk->folder_count++];
    memcpy(folder->path, path, length);
    folder->cluster = take(disk, 1);
    if (length == 0)
        return folder;

    const char *name = path + length;
    while (name > path && name[-1] != '/')
        name--;
    size_t parent_length = name > path ? (size_t)(name - path) - 1 : 0;
    struct folder *parent = open_folder(disk, path, parent_length);
    if (!parent)
        return NULL;
    char entry[11];
    short_name(name, (size_t)(path + length - name), entry);
    add_entry(parent, entry, ATTRIBUTE_FOLDER, folder->cluster, 0);
    add_entry(folder, ".          ", ATTRIBUTE_FOLDER, folder->cluster, 0);
    add_entry(folder, "..         ", ATTRIBUTE_FOLDER, parent_length ? parent->cluster : 0,
              0); /* 0 stands for the root */
    return folder;
}

static int add_file(struct disk *disk, const struct disk_file *file, uint64_t bytes)
{
    const char *slash = strrchr(file->path, '/');
    struct folder *folder = open_folder(disk, file->path, slash ? (size_t)(slash - file->path) : 0);
    if (!folder || folder->entries >= MAX_FOLDER) {
        fprintf(stderr, "bulkhead: %s: too many folders or files for a disk image\n", file->path);
        return -1;
    }
    char name[11];
    const char *last = slash ? slash + 1 : file->path;
    short_name(last, strlen(last), name);
    uint32_t clusters = (uint32_t)((bytes + CLUSTER - 1) / CLUSTER);
    uint32_t first = clusters ? take(disk, clusters) : 0;
    add_entry(folder, name, ATTRIBUTE_FILE, first, (uint32_t)bytes);

    int from = open(file->source, O_RDONLY | O_CLOEXEC);
    static uint8_t buffer[1 << 16];
    uint64_t at = cluster_offset(disk, first ? first : FIRST_CLUSTER);
    ssize_t got = -1;
    while (from >= 0 && (got = read(from, buffer, sizeof(buffer))) > 0) {
        if (write_at(disk, buffer, (size_t)got, at))
            break;
        sha256_update(&disk->content, buffer, (size_t)got);
        at += (uint64_t)got;
    }
    if (got != 0)
        fprintf(stderr, "bulkhead: %s: can't copy it into %s: %s\n", file->source, disk->path,
                strerror(errno));
    if (from >= 0)
        close(from);
    return got == 0 ? 0 : -1;
}

static uint32_t file_system_sectors(const struct disk *disk)
{
    return RESERVED_SECTORS + 2 * disk->fat_sectors +
           (disk->clusters - FIRST_CLUSTER) * CLUSTER_SECTORS;
}

/* The sector behind the partition, which has whole MiB. */
static uint64_t partition_end(const struct disk *disk)
{
    uint64_t end = (uint64_t)PARTITION_SECTOR + file_system_sectors(disk);
    return (end + PARTITION_SECTOR - 1) / PARTITION_SECTOR * PARTITION_SECTOR;
}

/* The copy of the partition table is at the end of a MiB of its own. */
static uint64_t disk_sectors(const struct disk *disk)
{
    return partition_end(disk) + PARTITION_SECTOR;
}

static int write_partition_table(const struct disk *disk, const uint8_t seed[32])
{
    uint64_t sectors = disk_sectors(disk), entries = sectors - GPT_END_SECTORS;
    struct gpt gpt;
    gpt_build(&gpt, sectors, PARTITION_SECTOR, partition_end(disk) - 1, seed);
    return write_at(disk, gpt.mbr, SECTOR, 0) || write_at(disk, gpt.header, SECTOR, SECTOR) ||
                   write_at(disk, gpt.entries, sizeof(gpt.entries), 2 * SECTOR) ||
                   write_at(disk, gpt.entries, sizeof(gpt.entries), entries * SECTOR) ||
                   write_at(disk, gpt.backup, SECTOR, (sectors - 1) * SECTOR)
               ? -1
               : 0;
}

static int write_boot_sectors(const struct disk *disk, const uint8_t seed[32])
{
    uint8_t boot[SECTOR] = {0xeb, 0x58, 0x90};
    memcpy(boot + 3, "BULKHEAD", 8);
    put16(boot + 11, SECTOR);
    boot[13] = CLUSTER_SECTORS;
    put16(boot + 14, RESERVED_SECTORS);
    boot[16] = 2;    /* FATs */
    boot[21] = 0xf8; /* fixed disk */
    put16(boot + 24, 63);
    put16(boot + 26, 255);
    put32(boot + 28, PARTITION_SECTOR);
    put32(boot + 32, file_system_sectors(disk));
    put32(boot + 36, disk->fat_sectors);
    put32(boot + 44, FIRST_CLUSTER); /* of the root folder */
    put16(boot + 48, 1);             /* sector of FSInfo */
    put16(boot + 50, 6);             /* sector of the copy */
    boot[64] = 0x80;
    boot[66] = 0x29;
    memcpy(boot + 67, seed, 4); /* serial number of the volume */
    memcpy(boot + 71, "NO NAME    FAT32   ", 19);
    put16(boot + 510, 0xaa55);

    uint8_t info[SECTOR] = {0};
    put32(info, 0x41615252);
    put32(info + 484, 0x61417272);
    put32(info + 488, disk->clusters - disk->used);
    put32(info + 492, disk->used);
    put32(info + 508, 0xaa550000);

    uint64_t start = (uint64_t)PARTITION_SECTOR * SECTOR;
    return write_at(disk, boot, SECTOR, start) || write_at(disk, info, SECTOR, start + SECTOR) ||
                   write_at(disk, boot, SECTOR, start + 6 * SECTOR) ||
                   write_at(disk, info, SECTOR, start + 7 * SECTOR)
               ? -1
               : 0;
}

static int write_tables(const struct disk *disk)
{
    uint64_t at = (uint64_t)(PARTITION_SECTOR + RESERVED_SECTORS) * SECTOR;
    for (unsigned copy = 0; copy < 2; copy++, at += (uint64_t)disk->fat_sectors * SECTOR)
        if (write_at(disk, disk->fat, disk->used * sizeof(uint32_t), at))
            return -1;
    for (unsigned i = 0; i < disk->folder_count; i++)
        if (write_at(disk, disk->folders[i].data, CLUSTER,
                     cluster_offset(disk, disk->folders[i].cluster)))
            return -1;
    return 0;
}

/* All but the files themselves. */
static int write_frame(struct disk *disk)
{
    uint8_t seed[32];
    sha256_final(&disk->content, seed);
    return write_tables(disk) || write_boot_sectors(disk, seed) || write_partition_table(disk, seed)
               ? -1
               : 0;
}

/* Sizes of all files; false, said on stderr, when one cannot be had. */
static bool measure(const struct disk_file *files, unsigned count, uint64_t *bytes,
                    uint32_t *clusters)
{
    *clusters = MAX_FOLDERS;
    for (unsigned i = 0; i < count; i++) {
        struct stat status;
        if (stat(files[i].source, &status) != 0 || !S_ISREG(status.st_mode)) {
            fprintf(stderr, "bulkhead: %s: %s\n", files[i].source,
                    errno ? strerror(errno) : "not a file");
            return false;
        }
        bytes[i] = (uint64_t)status.st_size;
        if (bytes[i] >= 1ull << 31) {
            fprintf(stderr, "bulkhead: %s: larger than firmware can load (2 GiB)\n",
                    files[i].source);
            return false;
        }
        *clusters += (uint32_t)(bytes[i] / CLUSTER + 1);
    }
    return true;
}

/* Lays the files out and writes everything; -1: said on stderr. */
static int fill(struct disk *disk, const struct disk_file *files, unsigned count,
                const uint64_t *bytes)
{
    if (ftruncate(disk->file, (off_t)(disk_sectors(disk) * SECTOR)) != 0) {
        fprintf(stderr, "bulkhead: %s: can't write: %s\n", disk->path, strerror(errno));
        return -1;
    }
    disk->fat[0] = 0x0ffffff8;
    disk->fat[1] = END_OF_CHAIN;
    open_folder(disk, "", 0);
    sha256_init(&disk->content);
    for (unsigned i = 0; i < count; i++)
        if (add_file(disk, &files[i], bytes[i]))
            return -1;
    return write_frame(disk);
}

int disk_write(const char *out, const struct disk_file *files, unsigned count)
{
    uint64_t bytes[MAX_FOLDER];
    uint32_t needed;
    if (count > MAX_FOLDER || !measure(files, count, bytes, &needed))
        return -1;
    for (unsigned i = 0; i < count; i++)
        if (output_is_input(out, files[i].source))
            return -1;

    struct disk *disk = calloc(1, sizeof(*disk));
    struct output output;
    int result = -1;
    if (!disk)
        return -1;
    disk->path = out;
    disk->clusters = FIRST_CLUSTER + (needed > MIN_CLUSTERS ? needed : MIN_CLUSTERS);
    disk->fat_sectors = (disk->clusters * 4 + SECTOR - 1) / SECTOR;
    disk->fat = calloc(disk->fat_sectors, SECTOR);
    disk->used = FIRST_CLUSTER;
    if (disk->fat && output_open(&output, out)) {
        disk->file = output.file;
        result = fill(disk, files, count, bytes);
        if (!output_close(&output, result == 0))
            result = -1;
    }
    free(disk->fat);
    free(disk);
    return result;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* A disk image holds what was put into it, as somebody who only knows FAT32 finds it. */
#include "tools/image/disk.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

enum { SECTOR = 512 };
static char test_folder[] = "/tmp/bulkhead-test-XXXXXX";
static char image_path[64], small_path[64], large_path[64];

struct volume {
    uint8_t *bytes;
    long size;
    uint64_t fat, data, cluster_bytes;
    uint32_t root, clusters;
};

static uint32_t get(const uint8_t *at, int bytes)
{
    uint32_t value = 0;
    while (bytes-- > 0)
        value = value << 8 | at[bytes];
    return value;
}

static uint8_t *read_file(const char *path, long *size)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    *size = ftell(file);
    rewind(file);
    uint8_t *bytes = calloc(1, (size_t)*size + 1);
    assert_int_equal(fread(bytes, 1, (size_t)*size, file), (size_t)*size);
    fclose(file);
    return bytes;
}

static void open_volume(struct volume *volume)
{
    volume->bytes = read_file(image_path, &volume->size);
    const uint8_t *mbr = volume->bytes, *gpt = mbr + SECTOR, *entry = mbr + 2 * SECTOR;
    assert_int_equal(get(mbr + 510, 2), 0xaa55);
    assert_int_equal(mbr[446 + 4], 0xee); /* protective */
    assert_memory_equal(gpt, "EFI PART", 8);
    assert_int_equal(get(entry, 4), 0xc12a7328); /* EFI system partition */
    uint64_t start = get(entry + 32, 4), end = get(entry + 40, 4) + 1ull;
    assert_true(end * SECTOR <= (uint64_t)volume->size);

    const uint8_t *boot = volume->bytes + start * SECTOR;
    uint64_t fat_sectors = get(boot + 36, 4);
    assert_int_equal(get(boot + 11, 2), SECTOR);
    uint64_t sectors = get(boot + 32, 4);
    assert_true(start + sectors <= end);
    assert_int_equal(get(boot + 17, 2), 0); /* FAT32 has no fixed root folder */
    assert_int_equal(get(boot + 22, 2), 0);
    volume->cluster_bytes = (uint64_t)boot[13] * SECTOR;
    volume->fat = (start + get(boot + 14, 2)) * SECTOR;
    volume->data = volume->fat + 2 * fat_sectors * SECTOR;
    volume->clusters =
        (uint32_t)(((start + sectors) * SECTOR - volume->data) / volume->cluster_bytes);
    volume->root = get(boot + 44, 4);
    assert_true(volume->clusters >= 65525); /* fewer would make it FAT16 */
    assert_true(fat_sectors * SECTOR / 4 >= volume->clusters + 2);
    assert_memory_equal(volume->bytes + volume->fat,
                        volume->bytes + volume->fat + fat_sectors * SECTOR, fat_sectors * SECTOR);
}

/* The content of a chain of clusters. */
static uint8_t *read_chain(const struct volume *volume, uint32_t cluster, uint32_t bytes)
{
    uint8_t *out = calloc(1, bytes + volume->cluster_bytes + 1);
    uint64_t at = 0;
    while (at < bytes) {
        assert_true(cluster >= 2 && cluster < volume->clusters + 2);
        memcpy(out + at, volume->bytes + volume->data + (cluster - 2) * volume->cluster_bytes,
               volume->cluster_bytes);
        at += volume->cluster_bytes;
        cluster = get(volume->bytes + volume->fat + cluster * 4ull, 4) & 0x0fffffff;
    }
    assert_true(cluster >= 0x0ffffff8);
    return out;
}

/* Finds an entry of eleven characters in a folder; its first cluster and size. */
static void find(const struct volume *volume, uint32_t folder, const char *name, uint32_t *cluster,
                 uint32_t *bytes)
{
    uint8_t *entries = read_chain(volume, folder, (uint32_t)volume->cluster_bytes);
    for (uint8_t *entry = entries; *entry; entry += 32)
        if (memcmp(entry, name, 11) == 0) {
            *cluster = get(entry + 20, 2) << 16 | get(entry + 26, 2);
            *bytes = get(entry + 28, 4);
            free(entries);
            return;
        }
    free(entries);
    fail_msg("no %s", name);
}

static void check_file(const struct volume *volume, uint32_t folder, const char *name,
                       const char *source)
{
    uint32_t cluster = 0, bytes = 0;
    long size = 0;
    uint8_t *expected = read_file(source, &size);
    find(volume, folder, name, &cluster, &bytes);
    assert_int_equal(bytes, size);
    uint8_t *found = read_chain(volume, cluster, bytes);
    assert_memory_equal(found, expected, bytes);
    free(found);
    free(expected);
}

static void make_file(const char *path, size_t bytes)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    for (size_t i = 0; i < bytes; i++)
        fputc((int)(i * 31 >> 3 & 0xff), file);
    fclose(file);
}

static void test_files_are_found(void **state)
{
    (void)state;
    struct volume volume;
    uint32_t efi = 0, boot = 0, bytes = 0;
    struct disk_file files[] = {{DISK_BOOT_PATH, small_path}, {"NEXT.EFI", large_path}};
    make_file(small_path, 5000);
    make_file(large_path, 3 << 20);
    assert_int_equal(disk_write(image_path, files, 2), 0);
    open_volume(&volume);
    check_file(&volume, volume.root, "NEXT    EFI", large_path);
    find(&volume, volume.root, "EFI        ", &efi, &bytes);
    find(&volume, efi, "BOOT       ", &boot, &bytes);
    check_file(&volume, boot, "BOOTX64 EFI", small_path);
    free(volume.bytes);
}

static void test_same_bytes(void **state)
{
    (void)state;
    long size = 0, again = 0;
    struct disk_file file = {DISK_BOOT_PATH, small_path};
    make_file(small_path, 2048); /* a whole cluster */
    assert_int_equal(disk_write(image_path, &file, 1), 0);
    uint8_t *first = read_file(image_path, &size);
    assert_int_equal(disk_write(image_path, &file, 1), 0);
    uint8_t *second = read_file(image_path, &again);
    assert_int_equal(size, again);
    assert_memory_equal(first, second, (size_t)size);
    free(first);
    free(second);
}

/* What others who know the formats say of it. */
static void run(const char *command)
{
    char whole[512];
    snprintf(whole, sizeof(whole), "(PATH=$PATH:/sbin:/usr/sbin; %s) >%s 2>&1", command,
             small_path);
    int status = system(whole);
    if (status != 0) {
        long size;
        uint8_t *said = read_file(small_path, &size);
        fail_msg("%s: status 0x%x\n%s", command, status, (char *)said);
    }
}

static void test_others_find_no_fault(void **state)
{
    (void)state;
    struct disk_file files[] = {{DISK_BOOT_PATH, large_path}, {"NEXT.EFI", large_path}};
    make_file(large_path, (3 << 20) + 1);
    assert_int_equal(disk_write(image_path, files, 2), 0);
    run("sgdisk -v $DIR/disk.img | tee /dev/stderr | grep -q 'No problems found' && "
        "! sgdisk -v $DIR/disk.img | grep -iE 'caution|creating|invalid|warning'");
    /* Without the first table, the copy at the end has to do. */
    run("cp $DIR/disk.img $DIR/copy && "
        "dd if=/dev/zero of=$DIR/copy bs=512 seek=1 count=33 conv=notrunc && "
        "sgdisk -i 1 $DIR/copy | grep 'First sector: 2048'");
    run("tail -c +1048577 $DIR/disk.img >$DIR/partition && fsck.vfat -n $DIR/partition");
}

/* Two disks in one machine are told by their names. */
static void test_names_follow_the_content(void **state)
{
    (void)state;
    uint8_t names[2][16];
    struct disk_file file = {DISK_BOOT_PATH, small_path};
    for (int i = 0; i < 2; i++) {
        long size = 0;
        make_file(small_path, 2048 + (size_t)i);
        assert_int_equal(disk_write(image_path, &file, 1), 0);
        uint8_t *bytes = read_file(image_path, &size);
        memcpy(names[i], bytes + SECTOR + 56, 16);
        free(bytes);
    }
    assert_memory_not_equal(names[0], names[1], 16);
}

static void test_missing_file(void **state)
{
    (void)state;
    struct disk_file file = {DISK_BOOT_PATH, "/nowhere/at.all"};
    assert_int_equal(disk_write(image_path, &file, 1), -1);
}

/* What can't be made whole leaves what was there before, and nothing beside it. */
static void test_failure_leaves_nothing(void **state)
{
    (void)state;
    struct disk_file good = {DISK_BOOT_PATH, small_path};
    struct disk_file deep = {"A/B/C/D/E/F/G/H/I/J.EFI", small_path};
    long size = 0, again = 0;
    make_file(small_path, 5000);
    assert_int_equal(disk_write(image_path, &good, 1), 0);
    uint8_t *before = read_file(image_path, &size);
    assert_int_equal(disk_write(image_path, &deep, 1), -1);

    struct rlimit limit, none = {1 << 20, RLIM_INFINITY};
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    int result = disk_write(image_path, &good, 1);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(result, -1);

    uint8_t *after = read_file(image_path, &again);
    assert_int_equal(size, again);
    assert_memory_equal(before, after, (size_t)size);
    free(before);
    free(after);
    assert_int_equal(system("! ls $DIR/disk.img.* 2>/dev/null"), 0);
}

static void test_input_stays(void **state)
{
    (void)state;
    struct disk_file file = {DISK_BOOT_PATH, small_path};
    long size = 0;
    make_file(small_path, 5000);
    assert_int_equal(disk_write(small_path, &file, 1), -1);
    free(read_file(small_path, &size));
    assert_int_equal(size, 5000);
    assert_int_equal(disk_write("/dev/null", &file, 1), -1);
}

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(test_folder) || setenv("DIR", test_folder, 1) != 0)
        return -1;
    snprintf(image_path, sizeof(image_path), "%s/disk.img", test_folder);
    snprintf(small_path, sizeof(small_path), "%s/small", test_folder);
    snprintf(large_path, sizeof(large_path), "%s/large", test_folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    return system("rm -r $DIR");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files_are_found),
        cmocka_unit_test(test_same_bytes),
        cmocka_unit_test(test_others_find_no_fault),
        cmocka_unit_test(test_names_follow_the_content),
        cmocka_unit_test(test_missing_file),
        cmocka_unit_test(test_failure_leaves_nothing),
        cmocka_unit_test(test_input_stays),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Disk images that UEFI firmware boots from. */
#ifndef BULKHEAD_DISK_H
#define BULKHEAD_DISK_H

struct disk_file {
    const char *path;   /* in the image: upper case, names of at most 8.3, '/' between folders */
    const char *source; /* the file to copy */
};

#define DISK_BOOT_PATH "EFI/BOOT/BOOTX64.EFI"

/*
 * Writes a disk image with one EFI system partition (GPT, FAT32) holding `count` files to `out`.
 * The same files give the same bytes. The image is sparse and fits a USB stick. Returns 0, or -1
 * with the cause on stderr, and then `out` is as it was before: one of the files, no regular file,
 * or not to be written whole. FAT specification, "Boot Sector and BPB Structure".
 */
int disk_write(const char *out, const struct disk_file *files, unsigned count);

/* The subcommand `bulkhead disk`; argv[0] is "disk". Returns an enum exit_status. */
int disk_main(int argc, char **argv);

#endif

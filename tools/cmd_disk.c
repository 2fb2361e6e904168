/* SPDX-License-Identifier: Apache-2.0 */
/* `bulkhead disk`: puts an image on a disk that firmware boots from. */
#include "tool.h"
#include "tools/image/disk.h"
#include <getopt.h>
#include <stdio.h>

const char disk_help[] =
    "usage: bulkhead disk IMAGE.efi -o FILE\n"
    "\n"
    "Makes a disk image with one EFI system partition that boots IMAGE.efi: for an emulator, or "
    "to\n"
    "be written to a USB stick. The same image gives the same bytes; the file is sparse.\n"
    "\n"
    "  -o, --output FILE    the disk image to write\n"
    "  -h, --help           this text\n"
    "\n"
    "Exit status: 0 good, 2 wrong usage, 3 a file is missing or cannot be written.\n"
    "\n"
    "Examples:\n"
    "  bulkhead disk gate-7.efi -o gate-7.img && dd if=gate-7.img of=/dev/sdX bs=4M\n";

int disk_main(int argc, char **argv)
{
    static const struct option options[] = {{"output", required_argument, NULL, 'o'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    const char *output = NULL;
    int option;
    while ((option = next_option(argc, argv, "o:h", options)) != -1) {
        if (option == 'h') {
            fputs(disk_help, stdout);
            return EXIT_GOOD;
        }
        if (option != 'o') {
            fputs(disk_help, stderr);
            return EXIT_USAGE;
        }
        output = optarg;
    }
    if (!output || optind + 1 != argc) {
        fputs(disk_help, stderr);
        return EXIT_USAGE;
    }
    struct disk_file file = {DISK_BOOT_PATH, argv[optind]};
    return disk_write(output, &file, 1) == 0 ? EXIT_GOOD : EXIT_ENVIRONMENT;
}

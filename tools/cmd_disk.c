/* SPDX-License-Identifier: Apache-2.0 */
/* `bulkhead disk`: puts an image on a disk that firmware boots from. */
#include "tool.h"
#include "tools/image/disk.h"
#include "tools/image/image.h"
#include "tools/image/parts.h"
#include "tools/image/pe.h"
#include <getopt.h>
#include <stdio.h>
#include <sys/stat.h>

const char disk_help[] =
    "usage: bulkhead disk IMAGE.efi -o FILE\n"
    "\n"
    "Makes a disk image with one EFI system partition (GPT, FAT32) that boots IMAGE.efi, an image\n"
    "of `bulkhead build` or `bulkhead survey`: for an emulator, or to be written to a USB stick. "
    "The same image gives "
    "the\n"
    "same bytes; the file is sparse.\n"
    "\n"
    "  -o, --output FILE    the disk image to write\n"
    "  -h, --help           this text\n"
    "\n"
    "Exit status: 0 good, 1 it is no image or a damaged one, 2 wrong usage, 3 a file is missing "
    "or\n"
    "cannot be written.\n"
    "\n"
    "Examples:\n"
    "  bulkhead disk gate-7.efi -o gate-7.img && dd if=gate-7.img of=/dev/sdX bs=4M\n";

static bool is_survey(const struct mapped *file)
{
    struct pe pe;

    return !pe_open(file->bytes, file->size, &pe) && pe_find(&pe, PART_SURVEY_SECTION);
}

/* Other files make no disk that boots, and a stick is found out only at the machine. */
static enum exit_status look_at(const char *path, bool *secret)
{
    struct mapped file = {0};
    struct arena arena = {0};
    struct image image;
    enum exit_status status = EXIT_ENVIRONMENT;

    if (mapped_open(path, &file)) {
        const char *complaint = "is no image; make one with `bulkhead build`";
        bool survey = is_survey(&file);

        if (survey)
            complaint = NULL;
        else if (image_is_pe(file.bytes, file.size))
            complaint = image_open(&arena, file.bytes, file.size, &image);

        status = complaint ? EXIT_FINDINGS : EXIT_GOOD;
        *secret = !complaint && !survey && holds_server_key(&image.manifest);
        if (complaint) {
            fputs("bulkhead disk: ", stderr);
            put_safely(stderr, path);
            fprintf(stderr, ": %s\n", complaint);
        }
    }
    mapped_close(&file);
    arena_free(&arena);
    return status;
}

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
    bool secret = false;
    enum exit_status status = look_at(argv[optind], &secret);
    struct disk_file file = {DISK_BOOT_PATH, argv[optind]};
    if (status != EXIT_GOOD)
        return status;
    if (secret)
        umask(077); /* the disk holds the server's private key, as the image does */
    return disk_write(output, &file, 1) == 0 ? EXIT_GOOD : EXIT_ENVIRONMENT;
}

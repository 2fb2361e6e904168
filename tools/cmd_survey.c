/* SPDX-License-Identifier: Apache-2.0 */
/* `bulkhead survey`: the application that looks at a machine. */
#include "kernel/abi/survey.h"
#include "mapped.h"
#include "output.h"
#include "tool.h"
#include "tools/image/parts.h"
#include "tools/image/pe.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>
#include <unistd.h>

const char survey_help[] =
    "usage: bulkhead survey -o FILE\n"
    "\n"
    "Writes an EFI application that looks at a machine without changing anything: no system need\n"
    "be installed on it. It shows what it finds on the screen, writes it to BULKHEAD.TXT beside\n"
    "itself and returns to the firmware. That file is an inventory as `bulkhead hw --save` makes "
    "one:\n"
    "`hw --from`, `init --hw` and a manifest's `inventory` take it. It holds serial numbers.\n"
    "\n"
    "  -o, --output FILE    the application to write\n"
    "  -h, --help           this text\n"
    "\n"
    "Exit status: 0 good, 2 wrong usage, 3 a file is missing or cannot be written.\n"
    "\n"
    "Examples:\n"
    "  bulkhead survey -o survey.efi && bulkhead disk survey.efi -o survey.img\n"
    "  bulkhead hw check --from /media/usb/EFI/BOOT/BULKHEAD.TXT\n";

static enum exit_status complain(const char *path, const char *why)
{
    fputs("bulkhead: ", stderr);
    put_safely(stderr, path);
    fprintf(stderr, ": %s\n", why);
    return EXIT_ENVIRONMENT;
}

static enum exit_status write_survey(const char *part, const struct mapped *file, const char *path)
{
    const struct pe_piece sbat = {.bytes = part_sbat, .size = strlen(part_sbat)};
    const struct pe_piece first = {.bytes = SURVEY_FIRST, .size = strlen(SURVEY_FIRST)};
    const struct pe_addition added[] = {{".sbat", &sbat, 1}, {PART_SURVEY_SECTION, &first, 1}};
    struct output output;
    struct pe pe;
    const char *complaint = pe_open(file->bytes, file->size, &pe);

    if (complaint)
        return complain(part, complaint);
    if (!output_open(&output, path))
        return EXIT_ENVIRONMENT;
    FILE *out = fdopen(dup(output.file), "wb");
    complaint = out ? pe_append(&pe, added, sizeof(added) / sizeof(added[0]), out) : NULL;
    bool failed = !out || ferror(out);
    failed = (out && fclose(out) != 0) || failed;
    if (complaint)
        complain(part, complaint);
    else if (failed)
        complain(path, strerror(errno));
    return output_close(&output, !complaint && !failed) && !complaint && !failed ? EXIT_GOOD
                                                                                 : EXIT_ENVIRONMENT;
}

int survey_main(int argc, char **argv)
{
    static const struct option options[] = {
        {"output", required_argument, NULL, 'o'}, {"help", no_argument, NULL, 'h'}, {0}};
    const char *path = NULL;
    int option;

    while ((option = next_option(argc, argv, "o:h", options)) != -1) {
        if (option == 'h') {
            fputs(survey_help, stdout);
            return EXIT_GOOD;
        }
        if (option != 'o')
            return EXIT_USAGE;
        path = optarg;
    }
    if (optind != argc || !path) {
        fputs("bulkhead survey: name the file with -o; `bulkhead survey --help` says more\n",
              stderr);
        return EXIT_USAGE;
    }
    struct arena arena = {0};
    struct mapped file = {0};
    const char *part = part_path(&arena, "boot/survey.efi");
    enum exit_status status = EXIT_ENVIRONMENT;
    if (!output_is_input(path, part) && mapped_open(part, &file))
        status = write_survey(part, &file, path);
    mapped_close(&file);
    arena_free(&arena);
    return status;
}

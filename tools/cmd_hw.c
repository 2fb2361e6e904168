/* SPDX-License-Identifier: Apache-2.0 */
/* `bulkhead hw` and `bulkhead init`. */
#include "tool.h"
#include "tools/hw/hw.h"
#include "tools/manifest/schema_parse.h"

#include <getopt.h>
#include <string.h>

const char hw_help[] =
    "usage: bulkhead hw [check] [--from FROM] [--save DIR]\n"
    "\n"
    "Lists what the machine has: processors with their threads and caches, memory, IOMMU units\n"
    "with the memory that firmware keeps, PCI functions with their groups, resets and interrupts,\n"
    "UARTs, the boot device. It reads /sys and /proc of a running Linux, and for names the list "
    "of\n"
    "the package pci.ids, and changes nothing.\n"
    "Without root, ACPI tables and capabilities stay unknown; what is unknown is named.\n"
    "\n"
    "  check              can the machine run Bulkhead: each feature with the firmware setting\n"
    "                     that usually enables it, and the answer in the last line\n"
    "  -f, --from FROM    read a saved copy instead of this machine: a folder, or BULKHEAD.TXT\n"
    "                     of `bulkhead survey`\n"
    "  -s, --save DIR     also save a copy of all files that were read, in a new folder (with the\n"
    "                     serial numbers of devices), and say its SHA-256, which `report` prints\n"
    "  -h, --help         this text\n"
    "\n"
    "Exit status: 0 good, 1 `check` misses something required or cannot see it, 2 wrong usage,\n"
    "3 a folder cannot be used.\n"
    "\n"
    "Examples:\n"
    "  sudo bulkhead hw --save board-7\n"
    "  bulkhead hw check --from BULKHEAD.TXT\n"
    "  bulkhead init --hw board-7 >gate-7.yaml\n";

const char init_help[] =
    "usage: bulkhead init [--hw FROM]\n"
    "\n"
    "Writes a first manifest with comments to standard output, for this machine or for the one\n"
    "whose inventory `bulkhead hw --save DIR` or `bulkhead survey` saved.\n"
    "\n"
    "  -w, --hw FROM      a saved inventory: a folder, or BULKHEAD.TXT\n"
    "  -h, --help         this text\n"
    "\n"
    "Exit status: 0 good, 2 wrong usage, 3 the inventory cannot be read.\n"
    "\n"
    "Examples:\n"
    "  bulkhead init --hw board-7 >gate-7.yaml && bulkhead check gate-7.yaml\n";

/* Of the copy as it is read again. */
static enum exit_status say_digest(const char *folder, enum exit_status status)
{
    struct hw hw;

    if (hw_open(&hw, folder, NULL)) {
        fputs("bulkhead: ", stderr);
        put_safely(stderr, folder);
        fprintf(stderr, ": saved, SHA-256 %s\n", digest_text(&hw.arena, hw.digest));
    } else {
        status = EXIT_ENVIRONMENT;
    }
    hw_close(&hw);
    return status;
}

int hw_main(int argc, char **argv)
{
    static const struct option options[] = {{"from", required_argument, NULL, 'f'},
                                            {"save", required_argument, NULL, 's'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    const char *from = NULL, *save = NULL;
    struct hw hw;
    int option;

    while ((option = next_option(argc, argv, "f:s:h", options)) != -1) {
        if (option == 'h') {
            fputs(hw_help, stdout);
            return EXIT_GOOD;
        }
        if (option != 'f' && option != 's')
            return EXIT_USAGE;
        *(option == 'f' ? &from : &save) = optarg;
    }
    bool checks = optind + 1 == argc && strcmp(argv[optind], "check") == 0;
    if (optind != argc && !checks) {
        fputs("bulkhead hw: the only word after it is `check`; `bulkhead hw --help` says more\n",
              stderr);
        return EXIT_USAGE;
    }
    enum exit_status status = EXIT_ENVIRONMENT;
    if (hw_open(&hw, from, save)) {
        status = EXIT_GOOD;
        if (!checks)
            hw_print(&hw, stdout);
        else if (hw_check(&hw, stdout) > 0)
            status = EXIT_FINDINGS;
    }
    hw_close(&hw);
    return status == EXIT_ENVIRONMENT || !save ? status : say_digest(save, status);
}

int init_main(int argc, char **argv)
{
    static const struct option options[] = {
        {"hw", required_argument, NULL, 'w'}, {"help", no_argument, NULL, 'h'}, {0}};
    const char *from = NULL;
    struct hw hw;
    int option;

    while ((option = next_option(argc, argv, "w:h", options)) != -1) {
        if (option == 'h') {
            fputs(init_help, stdout);
            return EXIT_GOOD;
        }
        if (option != 'w')
            return EXIT_USAGE;
        from = optarg;
    }
    if (optind != argc) {
        fputs("bulkhead init: it takes no arguments; `bulkhead init --help` says more\n", stderr);
        return EXIT_USAGE;
    }
    enum exit_status status = EXIT_ENVIRONMENT;
    if (hw_open(&hw, from, NULL) && hw_manifest(&hw, from, stdout))
        status = EXIT_GOOD;
    hw_close(&hw);
    return status;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* `bulkhead report`. */
#include "kernel/sha256.h"
#include "mapped.h"
#include "tool.h"
#include "tools/image/image.h"
#include "tools/image/parts.h"
#include "tools/manifest/schema_parse.h"
#include "tools/report/report.h"

#include <getopt.h>
#include <string.h>

const char report_help[] =
    "usage: bulkhead report [OPTION...] MANIFEST\n"
    "\n"
    "Writes the page on which one machine is approved: its classification and why, who accepted\n"
    "what until when, every path that exists, cabling, start order and recovery, roles, shared\n"
    "hardware, attack surface, payload digests, lines of code. One HTML file without scripts and\n"
    "without anything from elsewhere, which prints well, or Markdown.\n"
    "\n"
    "      --format html|markdown   html, unless said otherwise\n"
    "      --image FILE             the image that was built from it: its digest and that of the\n"
    "                               hypervisor in it are printed; refused if it was built from\n"
    "                               another manifest\n"
    "      --console FILE           the management console that it was built with, if another\n"
    "                               than this version's\n"
    "      --date YYYY-MM-DD        the day to compare dates with and to print, instead of today\n"
    "  -h, --help                   this text\n"
    "\n"
    "The same manifest, payloads and date give the same bytes. SOURCE_DATE_EPOCH is a date too.\n"
    "\n"
    "Exit status: 0 good, 1 the manifest has errors (nothing is written), 2 wrong usage, 3 a file\n"
    "cannot be read or written.\n"
    "\n"
    "Examples:\n"
    "  bulkhead report gate-7.yaml >gate-7.html\n"
    "  bulkhead report --image gate-7.efi gate-7.yaml >gate-7.html\n"
    "  bulkhead report --format markdown --date 2026-10-01 gate-7.yaml >gate-7.md\n";

static enum exit_status complain(const char *path, const char *why)
{
    fputs("bulkhead: ", stderr);
    put_safely(stderr, path);
    fprintf(stderr, ": %s\n", why);
    return EXIT_ENVIRONMENT;
}

static enum exit_status write_report(struct check *check, const struct report_image *image,
                                     bool markdown)
{
    struct report out;
    const char *complaint = report_build(&out, check, image);

    if (complaint)
        return complain(check->path, complaint);
    if (markdown)
        page_markdown(&out.page, stdout);
    else
        page_html(&out.page, stdout);
    if (fflush(stdout) == 0 && !ferror(stdout))
        return EXIT_GOOD;
    fputs("bulkhead report: the page cannot be written\n", stderr);
    return EXIT_ENVIRONMENT;
}

/* Of the manifest as it is compiled, before the hypervisor's digest is put in. */
static const uint8_t *bare_digest(struct arena *arena, const struct manifest_header *header)
{
    struct manifest_header *bare = arena_take(arena, header->total_bytes);
    uint8_t *digest = arena_take(arena, DIGEST_BYTES);

    memcpy(bare, header, header->total_bytes);
    memset(bare->kernel_digest, 0, DIGEST_BYTES);
    manifest_digest(bare, digest);
    return digest;
}

/* The report with an image, which is named. */
static enum exit_status write_with_image(struct check *check, const char *path, bool markdown)
{
    struct report_image digests = {.path = path};
    enum exit_status status = EXIT_ENVIRONMENT;
    struct mapped file = {0};
    struct image image;

    if (mapped_open(path, &file)) {
        const char *complaint = image_open(&check->arena, file.bytes, file.size, &image);

        if (complaint) {
            status = complain(path, complaint);
        } else {
            digests.manifest_digest = image.manifest.header->digest;
            digests.bare_digest = bare_digest(&check->arena, image.manifest.header);
            sha256(file.bytes, file.size, digests.digest);
            sha256(image.kernel.bytes, image.kernel.size, digests.kernel_digest);
            status = memcmp(digests.kernel_digest, image.manifest.header->kernel_digest,
                            DIGEST_BYTES) == 0
                         ? write_report(check, &digests, markdown)
                         : complain(path, "holds another hypervisor than its manifest says: the "
                                          "image was damaged or changed, build it again");
        }
    }
    mapped_close(&file);
    return status;
}

int report_main(int argc, char **argv)
{
    static const struct option options[] = {
        {"help", no_argument, NULL, 'h'},        {"format", required_argument, NULL, 'f'},
        {"date", required_argument, NULL, 'd'},  {"console", required_argument, NULL, 'c'},
        {"image", required_argument, NULL, 'i'}, {0}};
    enum exit_status status = EXIT_ENVIRONMENT;
    const char *image = NULL, *console = NULL;
    bool markdown = false;
    uint64_t today = 0;
    int option;

    while ((option = next_option(argc, argv, "h", options)) != -1) {
        if (option == 'h') {
            fputs(report_help, stdout);
            return EXIT_GOOD;
        } else if (option == 'f') {
            markdown = strcmp(optarg, "markdown") == 0;
            if (markdown || strcmp(optarg, "html") == 0)
                continue;
            fputs("bulkhead report: --format is html or markdown\n", stderr);
        } else if (option == 'i') {
            image = optarg;
            continue;
        } else if (option == 'c') {
            console = optarg;
            continue;
        } else if (option == 'd') {
            if (parse_date(optarg, &today))
                continue;
            fputs("bulkhead report: --date is a date such as 2027-06-30\n", stderr);
        }
        return EXIT_USAGE;
    }
    if (optind + 1 != argc) {
        fputs("bulkhead report: name one manifest; `bulkhead report --help` says more\n", stderr);
        return EXIT_USAGE;
    }
    struct check check = {.today = (uint32_t)today};
    if (console)
        check.console = part_file(&check.arena, console);
    if (check_manifest(&check, argv[optind])) {
        check_print(&check, stderr);
        status = check.errors > 0 ? EXIT_FINDINGS
                 : image          ? write_with_image(&check, image, markdown)
                                  : write_report(&check, NULL, markdown);
    }
    check_close(&check);
    return status;
}

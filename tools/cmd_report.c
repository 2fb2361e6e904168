/* SPDX-License-Identifier: Apache-2.0 */
/* `bulkhead report`. */
#include "kernel/sha256.h"
#include "mapped.h"
#include "output.h"
#include "tool.h"
#include "tools/image/image.h"
#include "tools/image/parts.h"
#include "tools/manifest/schema_parse.h"
#include "tools/report/report.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>
#include <unistd.h>

const char report_help[] =
    "usage: bulkhead report [OPTION...] MANIFEST\n"
    "\n"
    "Writes the page on which one machine is approved: its classification and why, who accepted\n"
    "what until when, every path that exists, cabling, start order and recovery, roles, shared\n"
    "hardware, attack surface, payload digests, lines of code. One HTML file without scripts and\n"
    "without anything from elsewhere, which prints well, or Markdown.\n"
    "\n"
    "  -o, --output FILE            the file to write, instead of standard output\n"
    "      --format html|markdown   html, unless said otherwise\n"
    "      --image FILE             the image that was built from it: its digest and that of the\n"
    "                               hypervisor in it are printed; refused if it was built from\n"
    "                               another manifest\n"
    "      --console FILE           the management console that it was built with, if another\n"
    "                               than this version's\n"
    "      --cpu VENDOR             intel or amd, as `build` takes it; with an image what that "
    "was\n"
    "                               built for, unless said otherwise\n"
    "      --date YYYY-MM-DD        the day to compare dates with and to print, instead of today\n"
    "  -h, --help                   this text\n"
    "\n"
    "The same manifest, payloads and date give the same bytes. SOURCE_DATE_EPOCH is a date too.\n"
    "\n"
    "Exit status: 0 good, 1 the manifest has errors (nothing is written), 2 wrong usage, 3 a file\n"
    "cannot be read or written.\n"
    "\n"
    "Examples:\n"
    "  bulkhead report gate-7.yaml -o gate-7.html\n"
    "  bulkhead report --image gate-7.efi gate-7.yaml >gate-7.html\n"
    "  bulkhead report --format markdown --date 2026-10-01 gate-7.yaml >gate-7.md\n";

struct job {
    const char *manifest, *image, *console, *output; /* NULL: none; standard output */
    bool markdown;
    uint64_t cpu_vendor; /* 0: as the image or the manifest says */
    uint64_t today;      /* days since 1970-01-01; 0: today */
};

static enum exit_status complain(const char *path, const char *why)
{
    fputs("bulkhead: ", stderr);
    put_safely(stderr, path);
    fprintf(stderr, ": %s\n", why);
    return EXIT_ENVIRONMENT;
}

static bool put_page(const struct page *page, bool markdown, FILE *out)
{
    if (markdown)
        page_markdown(page, out);
    else
        page_html(page, out);
    return fflush(out) == 0 && !ferror(out);
}

static enum exit_status write_file(const struct page *page, const struct job *job)
{
    struct output output;

    if (output_is_input(job->output, job->manifest) ||
        (job->image && output_is_input(job->output, job->image)) ||
        !output_open(&output, job->output))
        return EXIT_ENVIRONMENT;
    FILE *out = fdopen(dup(output.file), "wb");
    bool good = out && put_page(page, job->markdown, out);
    if (!good)
        complain(job->output, strerror(errno));
    if (out)
        fclose(out);
    return output_close(&output, good) && good ? EXIT_GOOD : EXIT_ENVIRONMENT;
}

static enum exit_status write_report(struct check *check, const struct report_image *image,
                                     const struct job *job)
{
    struct report out;
    const char *complaint = report_build(&out, check, image);

    if (complaint)
        return complain(check->path, complaint);
    if (job->output)
        return write_file(&out.page, job);
    if (put_page(&out.page, job->markdown, stdout))
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

static bool open_check(struct check *check, const struct job *job, uint64_t cpu_vendor)
{
    *check = (struct check){.today = (uint32_t)job->today, .cpu_vendor = cpu_vendor};
    if (job->console)
        check->console = part_file(&check->arena, job->console);
    return check_manifest(check, job->manifest);
}

/*
 * Who built with --cpu does not remember it a month later, and the image says it: where nothing
 * was said of the vendor, the manifest is read for the image's.
 */
static enum exit_status check_for_image(struct check *check, const struct job *job,
                                        const struct manifest_header *header)
{
    if (job->cpu_vendor || header->cpu_vendor == check->model.platform.cpu.value)
        return EXIT_GOOD;
    check_close(check);
    if (!open_check(check, job, header->cpu_vendor))
        return EXIT_ENVIRONMENT;
    if (check->errors > 0)
        check_print(check, stderr);
    return check->errors > 0 ? EXIT_FINDINGS : EXIT_GOOD;
}

/* The report with an image, which is named. */
static enum exit_status write_with_image(struct check *check, const struct job *job)
{
    struct report_image digests = {.path = job->image};
    enum exit_status status = EXIT_ENVIRONMENT;
    struct mapped file = {0};
    struct arena arena = {0};
    struct image image;

    if (mapped_open(job->image, &file)) {
        const char *complaint = image_open(&arena, file.bytes, file.size, &image);

        status = complaint ? complain(job->image, complaint)
                           : check_for_image(check, job, image.manifest.header);
    }
    if (status == EXIT_GOOD) {
        digests.manifest_digest = image.manifest.header->digest;
        digests.bare_digest = bare_digest(&arena, image.manifest.header);
        sha256(file.bytes, file.size, digests.digest);
        sha256(image.kernel.bytes, image.kernel.size, digests.kernel_digest);
        status =
            memcmp(digests.kernel_digest, image.manifest.header->kernel_digest, DIGEST_BYTES) == 0
                ? write_report(check, &digests, job)
                : complain(job->image, "holds another hypervisor than its manifest says: the "
                                       "image was damaged or changed, build it again");
    }
    arena_free(&arena);
    mapped_close(&file);
    return status;
}

/* False, said on stderr: it is none that can be taken. */
static bool read_option(struct job *job, int option)
{
    if (option == 'f') {
        job->markdown = strcmp(optarg, "markdown") == 0;
        if (job->markdown || strcmp(optarg, "html") == 0)
            return true;
        fputs("bulkhead report: --format is html or markdown\n", stderr);
    } else if (option == 'v') {
        job->cpu_vendor = strcmp(optarg, "intel") == 0 ? MANIFEST_CPU_INTEL
                          : strcmp(optarg, "amd") == 0 ? MANIFEST_CPU_AMD
                                                       : 0;
        if (job->cpu_vendor)
            return true;
        fputs("bulkhead report: --cpu is intel or amd\n", stderr);
    } else if (option == 'd') {
        if (parse_date(optarg, &job->today))
            return true;
        fputs("bulkhead report: --date is a date such as 2027-06-30\n", stderr);
    } else if (option == 'i' || option == 'c' || option == 'o') {
        *(option == 'i' ? &job->image : option == 'c' ? &job->console : &job->output) = optarg;
        return true;
    }
    return false;
}

int report_main(int argc, char **argv)
{
    static const struct option options[] = {
        {"help", no_argument, NULL, 'h'},         {"format", required_argument, NULL, 'f'},
        {"date", required_argument, NULL, 'd'},   {"console", required_argument, NULL, 'c'},
        {"image", required_argument, NULL, 'i'},  {"cpu", required_argument, NULL, 'v'},
        {"output", required_argument, NULL, 'o'}, {0}};
    enum exit_status status = EXIT_ENVIRONMENT;
    struct job job = {0};
    struct check check;
    int option;

    while ((option = next_option(argc, argv, "ho:", options)) != -1) {
        if (option == 'h') {
            fputs(report_help, stdout);
            return EXIT_GOOD;
        }
        if (!read_option(&job, option))
            return EXIT_USAGE;
    }
    if (optind + 1 != argc) {
        fputs("bulkhead report: name one manifest; `bulkhead report --help` says more\n", stderr);
        return EXIT_USAGE;
    }
    job.manifest = argv[optind];
    if (open_check(&check, &job, job.cpu_vendor)) {
        check_print(&check, stderr);
        status = check.errors > 0 ? EXIT_FINDINGS
                 : job.image      ? write_with_image(&check, &job)
                                  : write_report(&check, NULL, &job);
    }
    check_close(&check);
    return status;
}

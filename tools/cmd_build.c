/* SPDX-License-Identifier: Apache-2.0 */
/* `bulkhead build`. */
#include "mapped.h"
#include "output.h"
#include "tool.h"
#include "tools/image/compile.h"
#include "tools/image/parts.h"
#include "tools/image/payload.h"
#include "tools/image/pe.h"
#include "tools/image/version.h"
#include "tools/rules/undone.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char build_help[] =
    "usage: bulkhead build [OPTION...] MANIFEST -o FILE\n"
    "\n"
    "Checks a manifest and makes the one EFI file that a machine boots: loader, hypervisor,\n"
    "compiled manifest and all payloads, each with its SHA-256. A payload that several domains\n"
    "boot is stored once. The same inputs give the same bytes.\n"
    "\n"
    "  -o, --output FILE    the image to write\n"
    "      --loader FILE    the loader to use instead of boot/loader.efi\n"
    "      --kernel FILE    the hypervisor to use instead of kernel/kernel-intel.elf or\n"
    "                       kernel/kernel-amd.elf, whichever `platform: {cpu: ...}` asks for\n"
    "      --console FILE   the management console to use instead of guests/console.elf, where\n"
    "                       `management` names no payload with `boot`\n"
    "      --cpu VENDOR     intel or amd, in place of what `platform: {cpu: ...}` says\n"
    "      --release        for production: the image does not say LAB, at boot and in its PE\n"
    "                       version; refuses `unsafe`, and what would start no domain\n"
    "      --manifest-only  write only the compiled manifest; needs no loader and no hypervisor\n"
    "  -h, --help           this text\n"
    "\n"
    "Loader, hypervisor and console are found beside the `bulkhead` executable, or below\n"
    "../lib/bulkhead from there.\n"
    "\n"
    "Exit status: 0 good, 1 the manifest has errors (nothing is written), 2 wrong usage,\n"
    "3 a file is missing or cannot be written.\n"
    "\n"
    "Examples:\n"
    "  bulkhead build gate-7.yaml -o gate-7.efi\n"
    "  bulkhead build --release gate-7.yaml -o /media/usb/EFI/BOOT/BOOTX64.EFI\n";

struct job {
    const char *manifest, *output, *loader, *kernel, *console;
    uint64_t cpu_vendor; /* 0: as the manifest says */
    int release, manifest_only;
};

static enum exit_status complain(const char *path, const char *why)
{
    fputs("bulkhead: ", stderr);
    put_safely(stderr, path);
    fprintf(stderr, ": %s\n", why);
    return EXIT_ENVIRONMENT;
}

static const char *write_image(const struct compiled *compiled, const struct pe *loader,
                               const uint8_t *kernel, uint64_t kernel_bytes,
                               const struct pe_piece *version, FILE *out)
{
    struct pe_piece kernel_piece = {.bytes = kernel, .size = kernel_bytes};
    struct pe_piece manifest_piece = {.bytes = compiled->manifest,
                                      .size = compiled->manifest_bytes};
    struct pe_piece sbat_piece = {.bytes = part_sbat, .size = strlen(part_sbat)};
    struct pe_piece payload_pieces[MAX_PAYLOADS];

    for (uint32_t i = 0; i < compiled->payload_count; i++)
        payload_pieces[i] = (struct pe_piece){
            compiled->payloads[i].bytes, compiled->payloads[i].size, compiled->payloads[i].file};
    const struct pe_addition added[] = {
        {".rsrc", version, 1},
        {".sbat", &sbat_piece, 1},
        {".kernel", &kernel_piece, 1},
        {".manif", &manifest_piece, 1},
        {".payload", payload_pieces, compiled->payload_count},
    };
    return pe_append(loader, added, sizeof(added) / sizeof(added[0]), out);
}

/* Opens the parts and writes the image to `out`. */
static enum exit_status assemble(struct check *check, const struct job *job,
                                 const struct compiled *compiled, FILE *out)
{
    const char *loader_path =
        job->loader ? job->loader : part_path(&check->arena, "boot/loader.efi");
    const char *kernel_path = job->kernel ? job->kernel : part_kernel(check);
    struct mapped loader = {0}, kernel = {0};
    enum exit_status status = EXIT_ENVIRONMENT;
    struct pe pe;
    uint64_t kernel_bytes;

    if (output_is_input(job->output, loader_path) || output_is_input(job->output, kernel_path))
        return EXIT_ENVIRONMENT;
    if (mapped_open(loader_path, &loader) && mapped_open(kernel_path, &kernel)) {
        const char *complaint = pe_open(loader.bytes, loader.size, &pe), *path = loader_path;
        uint8_t *stripped = NULL;

        if (!complaint) {
            complaint = part_strip_kernel(&check->arena, &kernel, &stripped, &kernel_bytes);
            path = complaint ? kernel_path : loader_path;
        }
        if (!complaint) {
            uint8_t version[VERSION_BYTES];
            struct pe_piece piece = {.bytes = version,
                                     .size =
                                         version_resource(version, (uint32_t)pe_end(&pe),
                                                          check->model.host.value, job->release)};

            part_seal_kernel(compiled, stripped, kernel_bytes);
            complaint = write_image(compiled, &pe, stripped, kernel_bytes, &piece, out);
        }
        status = complaint ? complain(path, complaint) : EXIT_GOOD;
    } else {
        fputs("bulkhead: build the loader and the hypervisor first (make loader kernel), or name "
              "them with --loader and --kernel\n",
              stderr);
    }
    mapped_close(&loader);
    mapped_close(&kernel);
    return status;
}

/* Whether the image would be written over what it is made of; said on stderr. */
static bool would_overwrite(struct check *check, const struct job *job)
{
    if (output_is_input(job->output, job->manifest))
        return true;
    const char *inventory = check->model.platform.inventory.value;
    if (inventory && output_is_input(job->output, payload_path(check, inventory)))
        return true;
    for (const struct payload *file = check->payloads; file; file = file->next) {
        if (output_is_input(job->output, file->resolved))
            return true;
    }
    return false;
}

static enum exit_status write_output(struct check *check, const struct job *job,
                                     const struct compiled *compiled)
{
    struct output output;

    if (!job->manifest_only && compiled->key != MANIFEST_NONE)
        umask(077); /* the image holds the server's private key */
    if (would_overwrite(check, job) || !output_open(&output, job->output))
        return EXIT_ENVIRONMENT;
    FILE *out = fdopen(dup(output.file), "wb");
    enum exit_status status = out ? EXIT_GOOD : complain(job->output, strerror(errno));
    if (out && job->manifest_only)
        fwrite(compiled->manifest, 1, compiled->manifest_bytes, out);
    else if (out)
        status = assemble(check, job, compiled, out);
    bool failed = out && ferror(out);
    failed = (out && fclose(out) != 0) || failed;
    if (status == EXIT_GOOD && failed)
        status = complain(job->output, strerror(errno));
    return output_close(&output, status == EXIT_GOOD) ? status : EXIT_ENVIRONMENT;
}

static void print_summary(const struct check *check, const struct job *job,
                          const struct compiled *compiled)
{
    struct stat status;

    if (stat(job->output, &status) != 0)
        return;
    put_safely(stdout, job->output);
    printf(": %lld bytes: %s%s, %u domain(s), %u payload(s) of %llu bytes for %u use(s)\n",
           (long long)status.st_size, check->model.host.value, job->release ? "" : " (LAB)",
           check->model.domains.count, compiled->payload_count,
           (unsigned long long)compiled->payload_bytes, compiled->payload_paths);
}

/* A release is for a machine that is to start something. NULL: it may be built. */
static const char *release_problem(struct check *check)
{
    const struct model_management *management = &check->model.management;
    const char *undone = undone_text(check), *board = undone_board(check);

    if (check->model.unsafe.count > 0)
        return say(&check->arena,
                   "--release refuses `unsafe` (%s): remove it, or build a LAB image without "
                   "--release",
                   line_of(check, check->model.unsafe.at));
    if (is_written(management->at) && !is_written(management->nic.at))
        return say(&check->arena,
                   "--release refuses `management` without a network card (%s): write "
                   "`nic`, or build a LAB image without --release",
                   line_of(check, management->at));
    if (is_written(management->at) && !management->key.value)
        return say(&check->arena,
                   "--release refuses `management` without the server's key (%s): write "
                   "`key`, or build a LAB image without --release",
                   line_of(check, management->at));
    if (undone)
        return say(&check->arena,
                   "--release refuses an image that starts nothing: this version does not carry "
                   "out %s; remove that, or build a LAB image without --release",
                   undone);
    return board ? say(&check->arena,
                       "--release refuses `platform: {cpu: amd}`: %s; name the board's "
                       "`inventory`, or build a LAB image without --release",
                       board)
                 : NULL;
}

static enum exit_status build(const struct job *job)
{
    struct check check = {.cpu_vendor = job->cpu_vendor};
    struct compiled compiled;
    enum exit_status status = EXIT_ENVIRONMENT;

    check.console = job->console ? part_file(&check.arena, job->console)
                                 : part_path(&check.arena, PART_CONSOLE);
    if (check_manifest(&check, job->manifest)) {
        check_print(&check, stderr);
        status = check.errors > 0 ? EXIT_FINDINGS : EXIT_GOOD;
    }
    const char *problem = status == EXIT_GOOD && job->release ? release_problem(&check) : NULL;
    if (problem) {
        complain(job->manifest, problem);
        status = EXIT_FINDINGS;
    }
    if (status == EXIT_GOOD) {
        const char *complaint = compile(&check, job->release, &compiled);

        status =
            complaint ? complain(job->manifest, complaint) : write_output(&check, job, &compiled);
    }
    if (status == EXIT_GOOD) {
        print_summary(&check, job, &compiled);
        undone_print(&check, stderr);
    }
    check_close(&check);
    return status;
}

int build_main(int argc, char **argv)
{
    struct job job = {0};
    const struct option options[] = {{"help", no_argument, NULL, 'h'},
                                     {"output", required_argument, NULL, 'o'},
                                     {"loader", required_argument, NULL, 'l'},
                                     {"kernel", required_argument, NULL, 'k'},
                                     {"console", required_argument, NULL, 'm'},
                                     {"cpu", required_argument, NULL, 'c'},
                                     {"release", no_argument, &job.release, 1},
                                     {"manifest-only", no_argument, &job.manifest_only, 1},
                                     {0}};
    int option;

    while ((option = next_option(argc, argv, "ho:", options)) != -1) {
        if (option == 'h') {
            fputs(build_help, stdout);
            return EXIT_GOOD;
        } else if (option == 'o') {
            job.output = optarg;
        } else if (option == 'l') {
            job.loader = optarg;
        } else if (option == 'k') {
            job.kernel = optarg;
        } else if (option == 'm') {
            job.console = optarg;
        } else if (option == 'c' && strcmp(optarg, "intel") == 0) {
            job.cpu_vendor = MANIFEST_CPU_INTEL;
        } else if (option == 'c' && strcmp(optarg, "amd") == 0) {
            job.cpu_vendor = MANIFEST_CPU_AMD;
        } else if (option == 'c') {
            fputs("bulkhead build: --cpu is intel or amd\n", stderr);
            return EXIT_USAGE;
        } else if (option != 0) {
            return EXIT_USAGE;
        }
    }
    if (optind + 1 != argc || !job.output) {
        fputs("bulkhead build: name one manifest and the image with -o; `bulkhead build --help` "
              "says more\n",
              stderr);
        return EXIT_USAGE;
    }
    job.manifest = argv[optind];
    return build(&job);
}

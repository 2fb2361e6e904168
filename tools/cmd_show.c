/* SPDX-License-Identifier: Apache-2.0 */
/* `bulkhead show`. */
#include "kernel/sha256.h"
#include "mapped.h"
#include "text.h"
#include "tool.h"
#include "tools/image/decompile.h"
#include "tools/image/image.h"

#include <getopt.h>
#include <string.h>

const char show_help[] =
    "usage: bulkhead show FILE\n"
    "\n"
    "Turns an image, or a compiled manifest, back into the YAML that it was built from; what a\n"
    "manifest does not say (sizes, digests) stands in comments. Building that YAML again gives\n"
    "the same manifest, byte for byte. Of an image every payload is hashed and compared with\n"
    "the manifest.\n"
    "\n"
    "Exit status: 0 good, 1 the file is damaged or no image, 2 wrong usage, 3 it cannot be read.\n"
    "\n"
    "Examples:\n"
    "  bulkhead show gate-7.efi\n"
    "  bulkhead show /boot/efi/EFI/BOOT/BOOTX64.EFI > what-runs-here.yaml\n";

static enum exit_status complain(const char *path, const char *why)
{
    fputs("bulkhead: ", stderr);
    put_safely(stderr, path);
    fputs(": ", stderr);
    put_safely(stderr, why);
    fputc('\n', stderr);
    return EXIT_FINDINGS;
}

static enum exit_status show_manifest(const char *path, const struct mapped *file)
{
    const uint64_t magic = MANIFEST_MAGIC;
    struct manifest manifest;

    if (file->size < sizeof(magic) || memcmp(file->bytes, &magic, sizeof(magic)) != 0)
        return complain(path, "is neither an image nor a compiled manifest; YAML is read by "
                              "`bulkhead check`");
    enum manifest_error error = manifest_open(file->bytes, file->size, &manifest);
    if (error != MANIFEST_OK)
        return complain(path, manifest_error_text(error));
    decompile(&manifest, stdout);
    return EXIT_GOOD;
}

/* Every payload in an image against its digest; all that differ are named. */
static enum exit_status verify_payloads(const char *path, const struct manifest *manifest,
                                        const struct mapped *stored)
{
    enum exit_status status = EXIT_GOOD;
    struct arena arena = {0};

    for (uint32_t i = 0; i < manifest->payload_count; i++) {
        const struct manifest_payload *payload = &manifest->payloads[i];
        const char *name = manifest_string(manifest, payload->path);
        uint8_t digest[DIGEST_BYTES];

        if (payload->offset > stored->size || payload->bytes > stored->size - payload->offset) {
            status = complain(path, say(&arena,
                                        "payload %s lies outside the .payload section: "
                                        "the image is cut off, copy it again",
                                        name));
            continue;
        }
        sha256((const uint8_t *)stored->bytes + payload->offset, payload->bytes, digest);
        if (memcmp(digest, payload->digest, DIGEST_BYTES) != 0)
            status = complain(path, say(&arena,
                                        "payload %s differs from its SHA-256: the image "
                                        "was damaged or changed, copy or build it again",
                                        name));
    }
    arena_free(&arena);
    return status;
}

static enum exit_status show_image(const char *path, const struct mapped *file)
{
    struct arena arena = {0};
    struct image image;
    const char *complaint = image_open(&arena, file->bytes, file->size, &image);
    enum exit_status status;

    if (complaint) {
        status = complain(path, complaint);
    } else {
        decompile(&image.manifest, stdout);
        status = verify_payloads(path, &image.manifest, &image.payload);
    }
    arena_free(&arena);
    return status;
}

int show_main(int argc, char **argv)
{
    static const struct option options[] = {{"help", no_argument, NULL, 'h'}, {0}};
    struct mapped file = {0};
    int option;

    while ((option = next_option(argc, argv, "h", options)) != -1) {
        if (option != 'h')
            return EXIT_USAGE;
        fputs(show_help, stdout);
        return EXIT_GOOD;
    }
    if (optind + 1 != argc) {
        fputs("bulkhead show: name one file; `bulkhead show --help` says more\n", stderr);
        return EXIT_USAGE;
    }
    const char *path = argv[optind];
    if (!mapped_open(path, &file))
        return EXIT_ENVIRONMENT;
    enum exit_status status =
        image_is_pe(file.bytes, file.size) ? show_image(path, &file) : show_manifest(path, &file);
    mapped_close(&file);
    return status;
}

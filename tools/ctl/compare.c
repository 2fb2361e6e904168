/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `compare`: whether what runs is what was reviewed, by the digest of the compiled manifest, which
 * covers the hypervisor's and every payload's. What differs is then looked for in what the console
 * tells.
 */
#include "commands.h"
#include "differences.h"
#include "table.h"
#include "tools/image/image.h"
#include "tools/image/parts.h"
#include "tools/manifest/schema_parse.h"

#include <string.h>

/* What the file says; `check` is open where it is a manifest. */
struct reviewed {
    struct check check;
    struct mapped file;
    struct image image;
    struct manifest manifest;
};

static enum exit_status complain(const char *path, const char *why)
{
    fputs("bulkhead ctl: ", stderr);
    put_safely(stderr, path);
    fputs(": ", stderr);
    put_safely(stderr, why);
    fputc('\n', stderr);
    return EXIT_FINDINGS;
}

/* Compiles and seals it as `bulkhead build` does. */
static enum exit_status seal(struct reviewed *reviewed, const struct comparison *comparison,
                             bool release)
{
    struct check *check = &reviewed->check;
    const char *path = comparison->kernel ? comparison->kernel : part_kernel(check);
    struct compiled *compiled = arena_take(&check->arena, sizeof(*compiled));
    const char *complaint = compile(check, release, compiled);
    struct mapped kernel = {0};
    uint8_t *stripped;
    uint64_t bytes;

    if (complaint)
        return complain(comparison->file, complaint);
    if (!mapped_open(path, &kernel))
        return EXIT_ENVIRONMENT;
    complaint = part_strip_kernel(&check->arena, &kernel, &stripped, &bytes);
    mapped_close(&kernel);
    if (complaint) {
        complain(path, complaint);
        return EXIT_ENVIRONMENT;
    }
    part_seal_kernel(compiled, stripped, bytes);
    enum manifest_error error =
        manifest_open(compiled->manifest, compiled->manifest_bytes, &reviewed->manifest);
    return error == MANIFEST_OK ? EXIT_GOOD
                                : complain(comparison->file, manifest_error_text(error));
}

static enum exit_status open_yaml(struct reviewed *reviewed, const struct comparison *comparison,
                                  bool release)
{
    reviewed->check.cpu_vendor = comparison->cpu_vendor;
    if (!check_manifest(&reviewed->check, comparison->file))
        return EXIT_ENVIRONMENT;
    check_print(&reviewed->check, stderr);
    return reviewed->check.errors > 0 ? EXIT_FINDINGS : seal(reviewed, comparison, release);
}

static enum exit_status open_file(struct reviewed *reviewed, const struct comparison *comparison,
                                  bool release)
{
    const uint64_t magic = MANIFEST_MAGIC;
    const struct mapped *file = &reviewed->file;

    if (!mapped_open(comparison->file, &reviewed->file))
        return EXIT_ENVIRONMENT;
    if (file->size >= sizeof(magic) && memcmp(file->bytes, &magic, sizeof(magic)) == 0)
        return complain(comparison->file, "is a compiled manifest without a hypervisor, which runs "
                                          "nowhere; name the image, or the YAML");
    if (!image_is_pe(file->bytes, file->size))
        return open_yaml(reviewed, comparison, release);
    const char *complaint =
        image_open(&reviewed->check.arena, file->bytes, file->size, &reviewed->image);
    if (complaint)
        return complain(comparison->file, complaint);
    reviewed->manifest = reviewed->image.manifest;
    return EXIT_GOOD;
}

static void print_json(const struct machine_view *machine, const char *digest, bool same,
                       const struct differences *found)
{
    json_t *list = json_array(), *all;

    for (const struct difference *at = found->first; at; at = at->next)
        json_array_append_new(list, json_pack("{s:s, s:s*, s:s*}", "what", at->what, "machine",
                                              at->machine, "file", at->file));
    all = json_pack("{s:b, s:s, s:s, s:o}", "same", same, "machine", machine->manifest, "file",
                    digest, "differences", list);
    json_print(all, true);
    json_decref(all);
}

static void print_table(struct arena *arena, const struct machine_view *machine, const char *digest,
                        const struct differences *found)
{
    static const char *const titles[] = {"WHAT", "MACHINE", "FILE"};
    const char *digests[] = {"manifest", machine->manifest, digest};
    struct table table;

    rows_open(&table, arena, 3, titles);
    rows_add(&table, digests);
    for (const struct difference *at = found->first; at; at = at->next)
        rows_add(&table, (const char *[]){at->what, at->machine, at->file});
    rows_print(&table, stdout);
    if (!found->first)
        puts("What the console tells is the same: the hypervisor, a payload, a command line, a "
             "policy, a right or\nan administrator is another.");
}

static enum exit_status tell(struct ctl *ctl, const struct reviewed *reviewed,
                             const struct machine_view *machine, const json_t *domains)
{
    struct arena *arena = &ctl->arena;
    const char *digest = digest_text(arena, reviewed->manifest.header->digest);
    uint8_t runs[DIGEST_BYTES];

    if (!hex_bytes(machine->manifest, runs, sizeof(runs)))
        return api_malformed(ctl, "`manifest` is no SHA-256");
    bool same = memcmp(runs, reviewed->manifest.header->digest, sizeof(runs)) == 0;
    struct differences found = {.arena = arena};
    const char *problem =
        same ? NULL : differences_find(&found, &reviewed->manifest, machine, domains);
    if (problem)
        return api_malformed(ctl, problem);
    if (ctl->json) {
        print_json(machine, digest, same, &found);
    } else if (same) {
        put_safely(stdout, machine->host);
        printf(": runs what is in this file, manifest %s\n", digest);
    } else {
        print_table(arena, machine, digest, &found);
    }
    return same ? EXIT_GOOD : (enum exit_status)EXIT_DIFFERS;
}

enum exit_status ctl_compare(struct ctl *ctl, const struct comparison *comparison)
{
    struct reviewed *reviewed = arena_take(&ctl->arena, sizeof(*reviewed));
    struct machine_view machine;
    json_t *object, *domains = NULL;
    enum exit_status status = api_object(ctl, "GET", "/v1/machine", NULL, &object);

    if (status != EXIT_GOOD)
        return status;
    const char *problem = machine_read(&ctl->arena, object, &machine);
    status = problem ? api_malformed(ctl, problem)
                     : api_object(ctl, "GET", "/v1/domains", NULL, &domains);
    if (status == EXIT_GOOD)
        status = open_file(reviewed, comparison, !machine.lab);
    if (status == EXIT_GOOD)
        status = tell(ctl, reviewed, &machine, domains);
    mapped_close(&reviewed->file);
    check_close(&reviewed->check);
    json_decref(domains);
    json_decref(object);
    return status;
}

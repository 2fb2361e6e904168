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
#include <unistd.h>

/* What the file says; `check` is open where it is a manifest. */
struct reviewed {
    bool is_yaml;
    bool is_other; /* built for the other vendor's processors than it says */
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
    reviewed->is_yaml = true;
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

static bool runs_this(const struct machine_view *machine, const struct reviewed *reviewed)
{
    uint8_t runs[DIGEST_BYTES];

    return reviewed->manifest.header && hex_bytes(machine->manifest, runs, sizeof(runs)) &&
           memcmp(runs, reviewed->manifest.header->digest, sizeof(runs)) == 0;
}

/*
 * Who built with --cpu does not remember it a month later, and the console does not say it: where
 * nothing was said of vendor and kernel, the manifest is compiled for the other vendor too.
 */
static void try_other_vendor(struct reviewed *reviewed, const struct comparison *comparison,
                             const struct machine_view *machine, struct reviewed *other)
{
    struct comparison with = *comparison;

    if (!reviewed->is_yaml || comparison->cpu_vendor || comparison->kernel ||
        runs_this(machine, reviewed))
        return;
    with.cpu_vendor = reviewed->manifest.header->cpu_vendor == MANIFEST_CPU_AMD ? MANIFEST_CPU_INTEL
                                                                                : MANIFEST_CPU_AMD;
    other->check.cpu_vendor = with.cpu_vendor;
    if (check_manifest(&other->check, comparison->file) && other->check.errors == 0 &&
        access(part_kernel(&other->check), R_OK) == 0 &&
        seal(other, &with, !machine->lab) == EXIT_GOOD && runs_this(machine, other)) {
        reviewed->is_other = true;
        reviewed->manifest = other->manifest;
    }
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
                        const struct differences *found, bool asks)
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
    if (asks)
        puts("A manifest is compared as this installation would build it: --kernel and --cpu as "
             "they "
             "were then.");
}

static enum exit_status tell(struct ctl *ctl, const struct reviewed *reviewed,
                             const struct machine_view *machine, const json_t *domains)
{
    struct arena *arena = &ctl->arena;
    const char *digest = digest_text(arena, reviewed->manifest.header->digest);
    uint8_t runs[DIGEST_BYTES];

    if (!hex_bytes(machine->manifest, runs, sizeof(runs)))
        return api_malformed(ctl, "`manifest` is no SHA-256");
    bool same = runs_this(machine, reviewed);
    struct differences found = {.arena = arena};
    const char *problem =
        same ? NULL : differences_find(&found, &reviewed->manifest, machine, domains);
    if (problem)
        return api_malformed(ctl, problem);
    if (ctl->json) {
        print_json(machine, digest, same, &found);
    } else if (same) {
        put_safely(stdout, machine->host);
        printf(": runs what is in this file, manifest %s%s\n", digest,
               !reviewed->is_other ? ""
               : reviewed->manifest.header->cpu_vendor == MANIFEST_CPU_AMD
                   ? ", built with --cpu amd"
                   : ", built with --cpu intel");
    } else {
        print_table(arena, machine, digest, &found, reviewed->is_yaml);
    }
    return same ? EXIT_GOOD : (enum exit_status)EXIT_DIFFERS;
}

enum exit_status ctl_compare(struct ctl *ctl, const struct comparison *comparison)
{
    struct reviewed *reviewed = arena_take(&ctl->arena, sizeof(*reviewed));
    struct reviewed *other = arena_take(&ctl->arena, sizeof(*other));
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
        try_other_vendor(reviewed, comparison, &machine, other);
    if (status == EXIT_GOOD)
        status = tell(ctl, reviewed, &machine, domains);
    mapped_close(&reviewed->file);
    check_close(&reviewed->check);
    check_close(&other->check);
    json_decref(domains);
    json_decref(object);
    return status;
}

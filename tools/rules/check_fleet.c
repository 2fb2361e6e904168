/* SPDX-License-Identifier: Apache-2.0 */
/* The manifests of a folder as one fleet: which files they are, and each of them checked. */
#include "check_fleet.h"

#include "tools/image/payload.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* A full fleet of the largest good manifests stays below the bytes. */
enum { FLEET_MAX = 1024, FLEET_BYTES_MAX = 160 << 20 };

static bool complain(const char *folder, const char *why)
{
    fputs("bulkhead: ", stderr);
    put_safely(stderr, folder);
    fprintf(stderr, ": %s\n", why);
    return false;
}

/* Whichever way the ending is written: a manifest must not be left out without a word. */
static bool is_manifest_name(const char *name)
{
    const char *end = strrchr(name, '.');

    return end && name[0] != '.' && (strcasecmp(end, ".yaml") == 0 || strcasecmp(end, ".yml") == 0);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The paths of the folder's files, sorted; stops at one more than a fleet may have. */
static bool list_files(struct fleet_check *fleet, const char *folder, const char **paths,
                       size_t *count)
{
    DIR *listing = opendir(folder);
    const struct dirent *entry;
    size_t length = strlen(folder);
    const char *slash = length > 0 && folder[length - 1] == '/' ? "" : "/";

    if (!listing)
        return complain(folder, strerror(errno));
    *count = 0;
    errno = 0;
    while (*count <= FLEET_MAX && (entry = readdir(listing)) != NULL) {
        if (is_manifest_name(entry->d_name))
            paths[(*count)++] = say(&fleet->arena, "%s%s%s", folder, slash, entry->d_name);
    }
    int error = errno;
    closedir(listing);
    if (error != 0)
        return complain(folder, strerror(error));
    if (*count > FLEET_MAX)
        return complain(folder,
                        "has more than 1024 files *.yaml and *.yml; check the fleet in parts");
    qsort(paths, *count, sizeof(*paths), compare_names);
    return true;
}

/* Whether one of the manifests includes `part`. */
static bool is_included(struct fleet_check *fleet, const struct check *part)
{
    struct stat own, other;

    if (stat(part->path, &own) != 0)
        return false;
    for (size_t i = 0; i < fleet->count; i++) {
        struct check *host = &fleet->hosts[i];

        for (uint32_t j = 0; j < host->model.include.count; j++) {
            const char *path = listed_text(&host->model.include, j)->value;

            if (path && stat(payload_open(host, path)->resolved, &other) == 0 &&
                own.st_dev == other.st_dev && own.st_ino == other.st_ino)
                return true;
        }
    }
    return false;
}

/*
 * A file that names a host is a manifest whoever includes it: else two files could hide each
 * other.
 */
static void drop_included(struct fleet_check *fleet)
{
    bool drop[FLEET_MAX];
    size_t kept = 0;

    for (size_t i = 0; i < fleet->count; i++)
        drop[i] =
            !is_written(fleet->hosts[i].model.host.at) && is_included(fleet, &fleet->hosts[i]);
    for (size_t i = 0; i < fleet->count; i++) {
        if (drop[i])
            check_close(&fleet->hosts[i]);
        else
            fleet->hosts[kept++] = fleet->hosts[i];
    }
    fleet->count = kept;
}

bool fleet_check_open(struct fleet_check *fleet, const char *folder)
{
    const char *paths[FLEET_MAX + 1];
    size_t count, bytes = 0;

    if (!list_files(fleet, folder, paths, &count))
        return false;
    fleet->hosts = arena_take(&fleet->arena, (count + 1) * sizeof(*fleet->hosts));
    for (size_t i = 0; i < count; i++) {
        struct check *host = &fleet->hosts[fleet->count];

        *host = (struct check){.today = fleet->today};
        if (check_manifest(host, paths[i])) {
            fleet->count++;
            payloads_unmap(host);
            bytes += arena_bytes(&host->arena);
        } else {
            fleet->incomplete = true;
            check_close(host);
        }
        if (bytes > FLEET_BYTES_MAX)
            return complain(folder, "needs more than 160M of memory to check as one fleet; correct "
                                    "the manifests with very many findings first (`bulkhead check "
                                    "MANIFEST...`), or check the fleet in parts");
    }
    drop_included(fleet);
    if (fleet->count == 0)
        return complain(folder, "holds no manifest (*.yaml, *.yml) that can be read");
    rules_fleet_apply(fleet);
    for (size_t i = 0; i < fleet->count; i++)
        check_sort(&fleet->hosts[i]);
    return true;
}

void fleet_check_close(struct fleet_check *fleet)
{
    for (size_t i = 0; i < fleet->count; i++)
        check_close(&fleet->hosts[i]);
    arena_free(&fleet->arena);
}

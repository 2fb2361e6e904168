/* SPDX-License-Identifier: Apache-2.0 */
/* The files that domains boot, mapped for reading. */
#include "payload.h"

#include "../tool.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* A mapped file that another program cuts short raises SIGBUS where it is read. */
static void end_on_shrunk_payload(int signal_number)
{
    static const char text[] = "bulkhead: a payload became shorter while it was read\n";

    (void)signal_number;
    if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
        _exit(EXIT_ENVIRONMENT);
    _exit(EXIT_ENVIRONMENT);
}

static const char *kind_of(mode_t mode)
{
    return S_ISDIR(mode)    ? "a folder"
           : S_ISFIFO(mode) ? "a pipe"
           : S_ISSOCK(mode) ? "a socket"
                            : "a device";
}

static bool is_current_directory(const char *folder)
{
    struct stat one, other;

    return stat(folder, &one) == 0 && stat(".", &other) == 0 && one.st_dev == other.st_dev &&
           one.st_ino == other.st_ino;
}

/* The path beside the manifest; NULL where the manifest's path names no folder. */
static const char *beside_manifest(struct check *check, const char *path)
{
    const char *slash = strrchr(check->path, '/');

    if (*path == '/' || !slash)
        return NULL;
    return say(&check->arena, "%.*s/%s", (int)(slash - check->path), check->path, path);
}

const char *payload_searched(struct check *check, const char *path)
{
    const char *beside = beside_manifest(check, path);

    if (!beside)
        return say(&check->arena, "%s does not exist", path);
    const char *folder = say(&check->arena, "%.*s", (int)(strlen(beside) - strlen(path)), beside);
    return check->beside_only || is_current_directory(folder)
               ? say(&check->arena, "%s does not exist", beside)
               : say(&check->arena, "neither %s nor ./%s exists", beside, path);
}

const char *payload_path(struct check *check, const char *path)
{
    const char *beside = beside_manifest(check, path);
    struct stat status;

    return beside && (check->beside_only || stat(beside, &status) == 0) ? beside : path;
}

static void map(struct payload *payload)
{
    struct stat status;

    payload->state = PAYLOAD_UNREADABLE;
    if (stat(payload->resolved, &status) != 0) {
        payload->error = errno;
        return;
    }
    /* Looked at before it is opened: opening a device can already do something. */
    if (!S_ISREG(status.st_mode)) {
        payload->state = PAYLOAD_NOT_REGULAR;
        payload->kind = kind_of(status.st_mode);
        return;
    }
    int file = open(payload->resolved, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (file < 0 || fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
        payload->error = errno;
    } else if (status.st_size == 0) {
        payload->state = PAYLOAD_EMPTY;
    } else {
        void *bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, file, 0);

        payload->error = errno;
        if (bytes != MAP_FAILED) {
            payload->bytes = bytes;
            payload->size = (uint64_t)status.st_size;
            payload->state = PAYLOAD_GOOD;
        }
    }
    if (file >= 0)
        close(file);
}

const struct payload *payload_open(struct check *check, const char *path)
{
    for (struct payload *payload = check->payloads; payload; payload = payload->next) {
        if (strcmp(payload->path, path) == 0)
            return payload;
    }
    struct payload *payload = arena_take(&check->arena, sizeof(*payload));
    payload->path = path;
    payload->resolved = payload_path(check, path);
    signal(SIGBUS, end_on_shrunk_payload);
    map(payload);
    payload->next = check->payloads;
    check->payloads = payload;
    return payload;
}

void payloads_close(struct check *check)
{
    for (struct payload *payload = check->payloads; payload; payload = payload->next) {
        if (payload->bytes)
            munmap((void *)(uintptr_t)payload->bytes, payload->size);
    }
    check->payloads = NULL;
}

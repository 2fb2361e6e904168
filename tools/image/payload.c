/* SPDX-License-Identifier: Apache-2.0 */
/* The files that a manifest names, for reading. */
#include "payload.h"

#include "kernel/sha256.h"
#include "tools/tool.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE_BYTES = 1 << 18 };

struct payload_digest {
    bool known;
    uint8_t sha256[32];
};

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
        return say(&check->arena,
                   *path == '/' ? "%s does not exist"
                                : "./%s (in the current folder) does not exist",
                   path);
    const char *folder = say(&check->arena, "%.*s", (int)(strlen(beside) - strlen(path)), beside);
    return check->beside_only || is_current_directory(folder)
               ? say(&check->arena, "%s (beside the manifest) does not exist", beside)
               : say(&check->arena,
                     "neither %s (beside the manifest) nor ./%s (in the current folder) exists",
                     beside, path);
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
        uint64_t size = (uint64_t)status.st_size;
        uint64_t head_bytes = size < PAYLOAD_HEAD_BYTES ? size : PAYLOAD_HEAD_BYTES;
        void *bytes = mmap(NULL, head_bytes, PROT_READ, MAP_PRIVATE, file, 0);

        payload->error = errno;
        if (bytes != MAP_FAILED) {
            payload->bytes = bytes;
            payload->head_bytes = head_bytes;
            payload->size = size;
            payload->device = status.st_dev;
            payload->inode = status.st_ino;
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
    payload->digest = arena_take(&check->arena, sizeof(*payload->digest));
    signal(SIGBUS, end_on_shrunk_payload);
    map(payload);
    payload->next = check->payloads;
    check->payloads = payload;
    return payload;
}

static void end_on_change(const struct payload *payload)
{
    fputs("bulkhead: ", stderr);
    put_safely(stderr, payload->resolved);
    fputs(": cannot be read any more, or changed while it was read\n", stderr);
    exit(EXIT_ENVIRONMENT);
}

void payload_read(const struct payload *payload,
                  void (*take)(void *context, const void *bytes, size_t count), void *context)
{
    static uint8_t piece[PIECE_BYTES];
    int file = open(payload->resolved, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct stat status;
    uint64_t left = payload->size;

    if (file < 0 || fstat(file, &status) != 0 || status.st_dev != payload->device ||
        status.st_ino != payload->inode || (uint64_t)status.st_size != payload->size)
        end_on_change(payload);
    while (left > 0) {
        ssize_t got = read(file, piece, left < PIECE_BYTES ? left : PIECE_BYTES);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            end_on_change(payload);
        take(context, piece, (size_t)got);
        left -= (uint64_t)got;
    }
    close(file);
}

static void hash_piece(void *hash, const void *bytes, size_t count)
{
    sha256_update(hash, bytes, count);
}

void payload_sha256(const struct payload *payload, uint8_t digest[32])
{
    struct payload_digest *kept = payload->digest;

    if (!kept->known) {
        struct sha256 hash;

        sha256_init(&hash);
        payload_read(payload, hash_piece, &hash);
        sha256_final(&hash, kept->sha256);
        kept->known = true;
    }
    memcpy(digest, kept->sha256, sizeof(kept->sha256));
}

bool payload_same(const struct payload *one, const struct payload *other)
{
    uint8_t own[32], others[32];

    if (one->device == other->device && one->inode == other->inode)
        return true;
    if (one->size != other->size)
        return false;
    payload_sha256(one, own);
    payload_sha256(other, others);
    return memcmp(own, others, sizeof(own)) == 0;
}

void payloads_unmap(struct check *check)
{
    for (struct payload *payload = check->payloads; payload; payload = payload->next) {
        if (payload->bytes)
            munmap((void *)(uintptr_t)payload->bytes, payload->head_bytes);
        payload->bytes = NULL;
    }
}

void payloads_close(struct check *check)
{
    payloads_unmap(check);
    check->payloads = NULL;
}

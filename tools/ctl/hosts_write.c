/* SPDX-License-Identifier: Apache-2.0 */
/* Writing hosts.yaml, whole or not at all, and by one at a time. */
#include "hosts.h"
#include "hosts_parts.h"
#include "tools/manifest/schema_parse.h"
#include "tools/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LOCK_TRIES = 250, LOCK_PAUSE_MS = 20 };

/* Whether it comes back from between single quotes as it was. */
static bool can_be_written(const char *text)
{
    size_t left = strlen(text);

    while (left > 0) {
        uint32_t code = 0;
        size_t bytes = utf8_sequence((const unsigned char *)text, left, &code);

        if (bytes == 0 || is_steering(code))
            return false;
        text += bytes;
        left -= bytes;
    }
    return true;
}

static void put_value(FILE *out, const char *key, const char *value)
{
    fprintf(out, "    %s: '", key);
    for (; *value; value++) {
        if (*value == '\'')
            fputc('\'', out);
        fputc(*value, out);
    }
    fputs("'\n", out);
}

static void put_hosts(struct hosts *hosts, FILE *out)
{
    fprintf(out,
            "# Machines of `bulkhead ctl`: whom it believes, and as whom it comes.\nhosts:%s\n",
            hosts->count == 0 ? " []" : "");
    for (uint32_t i = 0; i < hosts->count; i++) {
        const struct host *host = &hosts->list[i];

        fprintf(out, "  - name: '%s'\n", host->name);
        put_value(out, "address", host->address);
        put_value(out, "server-key", digest_text(&hosts->arena, host->server_key));
        put_value(out, "key", host->key);
        put_value(out, "certificate", host->certificate);
        if (host->emulated)
            put_value(out, "emulated", host->emulated);
    }
}

static bool write_file(struct hosts *hosts)
{
    struct output output;
    FILE *out = NULL;
    mode_t mask = umask(077);
    bool good = output_open(&output, hosts->path);

    if (good) {
        out = fdopen(dup(output.file), "w");
        good = out != NULL;
        if (out) {
            put_hosts(hosts, out);
            good = fflush(out) == 0 && fsync(output.file) == 0;
            good = fclose(out) == 0 && good;
        }
        if (!good)
            hosts_complain(hosts, 0, strerror(errno));
        good = output_close(&output, good) && good;
    }
    umask(mask);
    return good;
}

/* Whether nobody else has the lock, within the time that writing may take. */
static bool take_lock(int lock)
{
    const struct timespec pause = {.tv_nsec = LOCK_PAUSE_MS * 1000000L};
    int tries = 0;

    while (flock(lock, LOCK_EX | LOCK_NB) != 0) {
        if ((errno != EWOULDBLOCK && errno != EINTR) || ++tries == LOCK_TRIES)
            return false;
        nanosleep(&pause, NULL);
    }
    return true;
}

/*
 * Reads the file, which nobody else writes until what is returned is closed; -1, said on stderr.
 * The lock is a file of its own that stays, as the list itself is replaced at each write.
 */
static int load_to_write(struct hosts *hosts)
{
    struct hosts place = {0};
    struct arena *arena = &place.arena;
    mode_t mask = umask(077);
    const char *why = NULL;
    int lock = -1;

    *hosts = (struct hosts){0};
    if (hosts_path(&place)) {
        const char *path = say(arena, "%s.lock", place.path), *end = strrchr(place.path, '/');

        if (!folder_make(say(arena, "%.*s", (int)(end - place.path), place.path)))
            why = say(arena, "its folder can't be made: %s", strerror(errno));
        else if ((lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)) < 0)
            why = say(arena, "%s can't be opened: %s", path, strerror(errno));
        else if (!take_lock(lock))
            why = errno == EWOULDBLOCK
                      ? say(arena,
                            "another command has been writing it for %d seconds and has %s: "
                            "let it end, then try again",
                            LOCK_TRIES * LOCK_PAUSE_MS / 1000, path)
                      : say(arena, "%s can't be locked: %s", path, strerror(errno));
    }
    umask(mask);
    if (why)
        hosts_complain(&place, 0, why);
    if (lock >= 0 && (why || !hosts_load(hosts))) {
        close(lock);
        lock = -1;
    }
    hosts_close(&place);
    return lock;
}

/* The absolute path of a file that is there; NULL, said. */
static const char *file_path(struct hosts *hosts, const char *path)
{
    char whole[PATH_MAX];
    struct stat status;
    const char *why = !realpath(path, whole) || stat(whole, &status) != 0 ? strerror(errno)
                      : !S_ISREG(status.st_mode)                          ? "is no regular file"
                      : !can_be_written(whole)
                          ? "has characters in its path that hosts.yaml can't hold"
                          : NULL;

    if (!why)
        return say(&hosts->arena, "%s", whole);
    put_safely(stderr, path);
    fprintf(stderr, ": %s\n", why);
    return NULL;
}

/* The place of `name`, or `count`. */
static uint32_t index_of(const struct hosts *hosts, const char *name)
{
    uint32_t i = 0;

    while (i < hosts->count && strcmp(hosts->list[i].name, name) != 0)
        i++;
    return i;
}

/* Why a host may not take the place of the one at `at`; NULL: it may. */
static const char *taken(struct hosts *hosts, const struct host *host, uint32_t at,
                         enum hosts_replace replace)
{
    const struct host *there = &hosts->list[at];

    if (at == hosts->count || replace == HOSTS_ANY ||
        (replace == HOSTS_EMULATED && there->emulated))
        return NULL;
    if (strcmp(there->address, host->address) != 0)
        return say(&hosts->arena,
                   "line %u has a host %s already, at %s: remove it, or choose another name",
                   there->line, host->name, there->address);
    if (replace == HOSTS_SAME && memcmp(there->server_key, host->server_key, DIGEST_BYTES) != 0)
        return say(&hosts->arena,
                   "line %u knows %s by another server's key: make sure that the machine has a new "
                   "one, then --replace",
                   there->line, host->name);
    return NULL;
}

/* Whether it may stand at `at`, which is its place; else complained about. */
static bool may_put(struct hosts *hosts, const struct host *host, uint32_t at,
                    enum hosts_replace replace)
{
    const char *problem = !host_name_is_good(host->name)
                              ? "a host's name is at most 63 characters a-z, 0-9 and -"
                          : !host_address_is_good(host->address)
                              ? "the address is no name or IPv4 address, nor either with :PORT"
                          : at == MAX_HOSTS ? "there is no room for more hosts"
                                            : taken(hosts, host, at, replace);

    if (problem)
        hosts_complain(hosts, 0, problem);
    return !problem;
}

static bool put_host(struct hosts *hosts, const struct host *host, enum hosts_replace replace)
{
    uint32_t at = index_of(hosts, host->name);

    if (!may_put(hosts, host, at, replace))
        return false;
    struct host *to = &hosts->list[at];
    const char *key = file_path(hosts, host->key),
               *certificate = file_path(hosts, host->certificate);
    if (!key || !certificate)
        return false;
    *to = (struct host){.name = host->name,
                        .address = host->address,
                        .key = key,
                        .certificate = certificate,
                        .emulated = replace == HOSTS_EMULATED ? "true" : NULL};
    memcpy(to->server_key, host->server_key, DIGEST_BYTES);
    hosts->count += at == hosts->count;
    return write_file(hosts);
}

bool hosts_add(const struct host *host, enum hosts_replace replace)
{
    struct hosts hosts;
    int lock = load_to_write(&hosts);
    bool good = lock >= 0 && put_host(&hosts, host, replace);

    hosts_close(&hosts);
    if (lock >= 0)
        close(lock);
    return good;
}

bool hosts_may_add(const struct host *host, enum hosts_replace replace)
{
    struct hosts hosts;
    bool good = hosts_load(&hosts) && may_put(&hosts, host, index_of(&hosts, host->name), replace);

    hosts_close(&hosts);
    return good;
}

bool hosts_remove(const char *name)
{
    struct hosts hosts;
    int lock = load_to_write(&hosts);
    bool good = lock >= 0;

    if (good) {
        const struct host *host = hosts_find(&hosts, name);
        uint32_t at = index_of(&hosts, name);

        good = host != NULL;
        if (good) {
            hosts.count--;
            memmove(&hosts.list[at], &hosts.list[at + 1],
                    (hosts.count - at) * sizeof(hosts.list[0]));
            good = write_file(&hosts);
        }
    }
    hosts_close(&hosts);
    if (lock >= 0)
        close(lock);
    return good;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Files that keep trails: see the header. */
#include "keep.h"
#include "tools/output.h"
#include "tools/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static enum exit_status complain(const char *name, const char *text)
{
    fputs("bulkhead audit: ", stderr);
    put_safely(stderr, name);
    fprintf(stderr, ": %s\n", text);
    return EXIT_ENVIRONMENT;
}

bool keep_read(FILE *file, struct trail *trail, long *whole)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    long at = 0;
    while ((length = getline(&line, &room, file)) > 0) {
        if (line[length - 1] != '\n' && whole)
            break;
        at += length;
        trail_put(trail, line, (size_t)(length - (line[length - 1] == '\n')));
    }
    bool good = !ferror(file);
    if (!good)
        complain(trail->name, strerror(errno));
    if (whole)
        *whole = at;
    free(line);
    return good;
}

/* The end of the line at `at`; NULL: it is not whole. */
static const char *line_end(const char *at, const char *end)
{
    return at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;
}

/* Whether the first line is the record that was the last one here: the boot is still the same. */
static bool goes_on(const struct trail *kept, const char *text, size_t bytes)
{
    struct audit_line line;
    const char *end = line_end(text, text + bytes);
    return end && !audit_line_read(text, (size_t)(end - text), &line) && !line.lost &&
           line.record.number + 1 == kept->next &&
           memcmp(line.record.hash, kept->head, DIGEST_BYTES) == 0;
}

/* An answer, and where in it that begins which is not here yet. */
struct answer {
    char *text;
    size_t bytes, at;
};

/*
 * Asked for is the last record that is here: if it comes, what follows it is new. If another one
 * comes, or none, the machine has booted anew, and all that it has is.
 */
static bool ask(const struct keep_source *source, const char *host, const struct trail *kept,
                struct answer *answer)
{
    if (kept->records > 0) {
        if (!source->fetch(source->context, host, kept->next - 1, &answer->text, &answer->bytes))
            return false;
        if (goes_on(kept, answer->text, answer->bytes)) {
            answer->at =
                (size_t)(line_end(answer->text, answer->text + answer->bytes) + 1 - answer->text);
            return true;
        }
        free(answer->text);
        answer->text = NULL;
    }
    return source->fetch(source->context, host, 0, &answer->text, &answer->bytes);
}

static bool write_all(int file, const char *text, size_t bytes)
{
    while (bytes > 0) {
        ssize_t written = write(file, text, bytes);
        if (written < 0 && errno != EINTR)
            return false;
        text += written > 0 ? written : 0;
        bytes -= written > 0 ? (size_t)written : 0;
    }
    return true;
}

static enum exit_status add(int file, struct trail *trail, const struct answer *answer)
{
    const char *begin = answer->text + answer->at, *all = answer->text + answer->bytes, *at = begin;
    bool good = true;
    for (const char *end; (end = line_end(at, all)); at = end + 1) {
        struct audit_line line;
        bool whole = !audit_line_read(at, (size_t)(end - at), &line);
        good &= trail_put(trail, at, (size_t)(end - at));
        if (!whole)
            break;
    }
    if (!write_all(file, begin, (size_t)(at - begin)) || fsync(file) != 0)
        return complain(trail->name, strerror(errno));
    if (at != all && good)
        return complain(trail->name, "the answer ends in the midst of a line: ask again");
    return good ? EXIT_GOOD : EXIT_FINDINGS;
}

/* The file is this process' alone from here on. */
static enum exit_status collect(const struct keep_source *source, const char *host, FILE *kept,
                                struct trail *trail)
{
    struct answer answer = {0};
    long whole;
    int file = fileno(kept);
    if (!keep_read(kept, trail, &whole))
        return EXIT_ENVIRONMENT;
    bool broken = trail_verdict(trail) == TRAIL_BROKEN;
    if (broken)
        complain(trail->name, "what is kept is broken: `bulkhead audit verify` says where");
    trail->out = stderr;
    if (ftruncate(file, whole) != 0)
        return complain(trail->name, strerror(errno));
    enum exit_status status = EXIT_ENVIRONMENT;
    if (ask(source, host, trail, &answer))
        status = add(file, trail, &answer);
    free(answer.text);
    return broken && status == EXIT_GOOD ? EXIT_FINDINGS : status; /* until somebody looks */
}

enum exit_status keep_collect(const struct keep_source *source, const char *host,
                              const char *folder)
{
    char path[OUTPUT_PATH_BYTES];
    struct trail trail = {.name = path};
    if ((size_t)snprintf(path, sizeof(path), "%s/%s.ndjson", folder, host) >= sizeof(path))
        return complain(host, "the path is too long");
    if (!folder_make(folder))
        return complain(folder, strerror(errno));
    int file = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0)
        return complain(path, strerror(errno));
    FILE *kept = fdopen(file, "r+");
    enum exit_status status = EXIT_ENVIRONMENT;
    if (!kept)
        complain(path, strerror(errno));
    else if (flock(file, LOCK_EX | LOCK_NB) != 0)
        complain(path, "another `bulkhead audit collect` adds to it just now");
    else
        status = collect(source, host, kept, &trail);
    if (kept)
        fclose(kept);
    else
        close(file);
    return status;
}

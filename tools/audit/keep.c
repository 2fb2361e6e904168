/* SPDX-License-Identifier: Apache-2.0 */
/* Files that keep trails: see the header. */
#include "keep.h"
#include "tools/output.h"
#include "tools/text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_FILES = 999 }; /* of one host: a console that lies makes no more */

/* The file of a host that is added to. */
struct kept {
    const char *folder, *host;
    unsigned number; /* of the file, from 1 */
    char path[OUTPUT_PATH_BYTES];
    FILE *file; /* NULL: not open */
    struct trail trail;
};

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

static enum exit_status add(struct kept *kept, const struct answer *answer)
{
    const char *begin = answer->text + answer->at, *all = answer->text + answer->bytes, *at = begin;
    struct trail *trail = &kept->trail;
    uint64_t before = trail->records;
    bool good = true;
    for (const char *end; (end = line_end(at, all)); at = end + 1) {
        struct audit_line line;
        bool whole = !audit_line_read(at, (size_t)(end - at), &line);
        good &= trail_put(trail, at, (size_t)(end - at));
        if (!whole)
            break;
    }
    int file = fileno(kept->file);
    if (!write_all(file, begin, (size_t)(at - begin)) || fsync(file) != 0)
        return complain(kept->path, strerror(errno));
    uint64_t new = trail->records - before;
    printf("%s: %" PRIu64 " new record%s in ", kept->host, new, new == 1 ? "" : "s");
    put_safely(stdout, kept->path);
    putchar('\n');
    if (at != all && good)
        return complain(kept->path, "the answer ends in the midst of a line: ask again");
    return good ? EXIT_GOOD : EXIT_FINDINGS;
}

static bool set_path(struct kept *kept, unsigned number)
{
    char suffix[16] = "";
    if (number > 1)
        snprintf(suffix, sizeof(suffix), ".%u", number);
    int length = snprintf(kept->path, sizeof(kept->path), "%s/%s%s.ndjson", kept->folder,
                          kept->host, suffix);
    return length > 0 && (size_t)length < sizeof(kept->path);
}

/* Opens file `number`, which is this process' alone from then on, in place of the one before. */
static bool open_file(struct kept *kept, unsigned number)
{
    if (kept->file)
        fclose(kept->file);
    kept->file = NULL;
    kept->number = number;
    kept->trail = (struct trail){.name = kept->path};
    if (number > MOST_FILES || !set_path(kept, number)) {
        complain(kept->host, "has too many files here, or the path is too long: choose another "
                             "folder");
        return false;
    }
    int file = open(kept->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    kept->file = file >= 0 ? fdopen(file, "r+") : NULL;
    if (!kept->file) {
        complain(kept->path, strerror(errno));
        if (file >= 0)
            close(file);
        return false;
    }
    if (flock(file, LOCK_EX | LOCK_NB) == 0)
        return true;
    complain(kept->path, "another `bulkhead audit collect` adds to it just now");
    return false;
}

/* The last file that is there, or the first. */
static bool open_newest(struct kept *kept)
{
    unsigned number = 1;
    struct stat status;
    while (number < MOST_FILES && set_path(kept, number + 1) && lstat(kept->path, &status) == 0)
        number++;
    return open_file(kept, number);
}

/* Goes on in a file of its own, and says why. */
static bool open_next(struct kept *kept, const char *why)
{
    char old[OUTPUT_PATH_BYTES], words[512];
    strcpy(old, kept->path);
    if (!open_file(kept, kept->number + 1))
        return false;
    snprintf(words, sizeof(words), "%s. It stays as it is; what is new goes to %s.%u.ndjson", why,
             kept->host, kept->number);
    complain(old, words);
    return true;
}

/* Whether the answer is a boot that its counter puts before what is here; then why, in `why`. */
static bool goes_back(const struct trail *trail, const struct answer *answer, char *why,
                      size_t room)
{
    const char *begin = answer->text + answer->at,
               *end = line_end(begin, answer->text + answer->bytes);
    struct audit_line line;
    if (!end || audit_line_read(begin, (size_t)(end - begin), &line) || line.lost ||
        line.record.number != 0 || !trail_goes_back(trail, &line.record))
        return false;
    snprintf(why, room,
             "boot %" PRIu64 " comes after boot %" PRIu64 ": the firmware's counter was set back, "
             "or this is another machine's trail; look at the firmware",
             line.record.value[4], trail->boot);
    return true;
}

static enum exit_status collect(const struct keep_source *source, struct kept *kept,
                                struct answer *answer)
{
    static const struct trail empty;
    char why[256] = "what is kept is broken: `bulkhead audit verify` says where";
    long whole;
    if (!keep_read(kept->file, &kept->trail, &whole))
        return EXIT_ENVIRONMENT;
    bool broken = trail_verdict(&kept->trail) == TRAIL_BROKEN;
    if (!ask(source, kept->host, broken ? &empty : &kept->trail, answer))
        return EXIT_ENVIRONMENT;
    bool next = broken || goes_back(&kept->trail, answer, why, sizeof(why));
    if (next && !open_next(kept, why))
        return EXIT_ENVIRONMENT;
    if (!next && ftruncate(fileno(kept->file), whole) != 0)
        return complain(kept->path, strerror(errno));
    kept->trail.out = stderr;
    enum exit_status status = add(kept, answer);
    return next && status == EXIT_GOOD ? EXIT_FINDINGS : status;
}

enum exit_status keep_collect(const struct keep_source *source, const char *host,
                              const char *folder)
{
    struct kept kept = {.folder = folder, .host = host};
    struct answer answer = {0};
    enum exit_status status = EXIT_ENVIRONMENT;
    if (!folder_make(folder))
        return complain(folder, strerror(errno));
    if (open_newest(&kept))
        status = collect(source, &kept, &answer);
    free(answer.text);
    if (kept.file)
        fclose(kept.file);
    return status;
}

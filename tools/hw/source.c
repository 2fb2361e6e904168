/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the files of a machine, or of a saved copy, with bounds. */
#include "source.h"
#include "survey.h"

#include "kernel/abi/survey.h"
#include "tools/manifest/check.h"
#include "tools/manifest/schema_parse.h"
#include "tools/mapped.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { NAMES_MAX = 8192, LINE_BYTES = 4096, PATH_BYTES = 512 };

static bool complain(const char *path, const char *why)
{
    fputs("bulkhead: ", stderr);
    put_safely(stderr, path);
    fprintf(stderr, ": %s\n", why);
    return false;
}

/* A file that stands for the folder: the text of a survey. */
static bool open_survey(struct hw *hw, const char *from)
{
    struct mapped text = {0};
    const char *complaint = "is larger than a survey";
    uint32_t line = 1;

    if (!mapped_open(from, &text))
        return false;
    hw->survey = arena_take(&hw->arena, sizeof(*hw->survey));
    if (text.size <= SURVEY_TEXT_MOST)
        complaint = survey_open(&hw->arena, text.bytes, text.size, hw->survey, &line);
    mapped_close(&text);
    return !complaint || complain(say(&hw->arena, "%s:%u", from, line), complaint);
}

bool hw_source_open(struct hw *hw, const char *from, const char *save)
{
    hw->root = open(from ? from : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (hw->root < 0 && errno != ENOTDIR)
        return complain(from, strerror(errno));
    if (hw->root < 0 && !open_survey(hw, from))
        return false;
    if (save && mkdir(save, 0700) != 0)
        return complain(save, errno == EEXIST ? "exists: name a new folder, or remove that one"
                              : errno == ENOENT
                                  ? "the folder above it does not exist: make it first"
                                  : strerror(errno));
    hw->save = save;
    return true;
}

/* A link in a saved copy leads nowhere outside of it. */
static int open_below(const struct hw *hw, const char *path, int flags)
{
    struct open_how how = {.flags = (uint64_t)flags | O_CLOEXEC,
                           .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};

    return (int)syscall(SYS_openat2, hw->root, path, &how, sizeof(how));
}

/* Makes the folders above `path` in the saved copy; returns its whole path. */
static char *save_path(struct hw *hw, const char *path)
{
    char *whole = say(&hw->arena, "%s/%s", hw->save, path);

    for (char *slash = whole + strlen(hw->save) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = 0;
        if (mkdir(whole, 0700) != 0 && errno != EEXIST)
            hw->save_failed = true;
        *slash = '/';
    }
    return whole;
}

void hw_save(struct hw *hw, const char *path, const void *bytes, size_t count)
{
    if (!hw->save)
        return;
    int file =
        open(save_path(hw, path), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0 || write(file, bytes, count) != (ssize_t)count || close(file) != 0)
        hw->save_failed = true;
}

/* Every file by its path, length and bytes, in the order in which they are read. */
static void hash(struct hw *hw, const char *path, const void *bytes, size_t count)
{
    uint64_t length = count;

    sha256_update(&hw->hash, path, strlen(path) + 1);
    sha256_update(&hw->hash, &length, sizeof(length));
    sha256_update(&hw->hash, bytes, count);
}

static long read_file(const struct hw *hw, const char *path, void *out, size_t room)
{
    int file = open_below(hw, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    struct stat status;
    size_t count = 0;
    ssize_t got = 0;

    if (file < 0)
        return -1;
    if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
        close(file);
        errno = EINVAL;
        return -1;
    }
    while (count < room && (got = read(file, (char *)out + count, room - count)) > 0)
        count += (size_t)got;
    int error = errno;
    close(file);
    errno = error;
    return got < 0 && count == 0 ? -1 : (long)count;
}

static long read_survey(const struct survey *survey, const char *path, void *out, size_t room)
{
    const struct survey_file *file = survey_find(survey, path);

    if (!file || !file->bytes)
        return -1;
    room = room < file->count ? room : file->count;
    memcpy(out, file->bytes, room);
    return (long)room;
}

long hw_read(struct hw *hw, const char *path, void *out, size_t room)
{
    long count =
        hw->survey ? read_survey(hw->survey, path, out, room) : read_file(hw, path, out, room);

    if (count < 0)
        return -1;
    hw_save(hw, path, out, (size_t)count);
    hash(hw, path, out, (size_t)count);
    return count;
}

char *hw_text(struct hw *hw, const char *path, size_t most)
{
    char *buffer = malloc(most + 1), *text = NULL;
    long count = buffer ? hw_read(hw, path, buffer, most) : -1;

    if (count >= 0) {
        text = arena_take(&hw->arena, (size_t)count + 1);
        memcpy(text, buffer, (size_t)count);
    }
    int error = errno;
    free(buffer);
    errno = error;
    return text;
}

/* The first line without blanks at its end; returns its length, 0 with errno set if none. */
static size_t read_line(struct hw *hw, const char *path, char line[LINE_BYTES + 1])
{
    long count = hw_read(hw, path, line, LINE_BYTES);

    line[count < 0 ? 0 : count] = 0;
    size_t length = strcspn(line, "\n");
    while (length > 0 && line[length - 1] == ' ')
        length--;
    line[length] = 0;
    if (count >= 0 && length == 0)
        errno = ENODATA;
    return length;
}

char *hw_line(struct hw *hw, const char *path, size_t most)
{
    char line[LINE_BYTES + 1];
    size_t length = read_line(hw, path, line);

    if (length > most)
        errno = EMSGSIZE;
    return length > 0 && length <= most ? say(&hw->arena, "%s", line) : NULL;
}

bool hw_number(struct hw *hw, const char *path, uint64_t *out)
{
    char line[LINE_BYTES + 1], *end;

    if (read_line(hw, path, line) == 0 || *line < '0' || *line > '9')
        return false;
    errno = 0;
    *out = strtoull(line, &end, 0);
    return errno == 0 && *end == 0;
}

char *hw_link(struct hw *hw, const char *path)
{
    char target[PATH_BYTES + 1];
    int link = hw->survey ? -1 : open_below(hw, path, O_PATH | O_NOFOLLOW);

    if (link < 0)
        return NULL;
    ssize_t count = readlinkat(link, "", target, PATH_BYTES);
    close(link);
    if (count <= 0)
        return NULL;
    target[count] = 0;
    hash(hw, path, target, (size_t)count);
    if (hw->save && symlink(target, save_path(hw, path)) != 0 && errno != EEXIST)
        hw->save_failed = true;
    return say(&hw->arena, "%s", target);
}

static int by_name(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static uint32_t list_survey(struct hw *hw, const char *path, char ***names)
{
    uint32_t count = 0, next = 0;
    const char *name;
    size_t length;

    while (count < NAMES_MAX && (name = survey_name(hw->survey, path, &next, &length))) {
        const char *last = count > 0 ? (*names)[count - 1] : NULL;

        if (last && strlen(last) == length && memcmp(last, name, length) == 0)
            continue;
        *names = hw_grow(hw, *names, count, sizeof(char *));
        (*names)[count++] = say(&hw->arena, "%.*s", (int)length, name);
    }
    errno = count > 0 ? 0 : ENOENT;
    return count;
}

uint32_t hw_list(struct hw *hw, const char *path, char ***names)
{
    *names = NULL;
    if (hw->survey)
        return list_survey(hw, path, names);
    int folder = open_below(hw, path, O_RDONLY | O_DIRECTORY);
    DIR *stream = folder < 0 ? NULL : fdopendir(folder);
    const struct dirent *entry;
    uint32_t count = 0;

    if (!stream) {
        if (folder >= 0)
            close(folder);
        return 0;
    }
    while (count < NAMES_MAX && (entry = readdir(stream))) {
        if (entry->d_name[0] == '.')
            continue;
        *names = hw_grow(hw, *names, count, sizeof(char *));
        (*names)[count++] = say(&hw->arena, "%s", entry->d_name);
    }
    closedir(stream);
    if (count > 0)
        qsort(*names, count, sizeof(char *), by_name);
    else
        errno = ENODATA;
    return count;
}

bool hw_has_folder(struct hw *hw, const char *path)
{
    int folder = hw->survey ? -1 : open_below(hw, path, O_PATH | O_DIRECTORY);

    if (hw->survey ? !survey_has_folder(hw->survey, path) : folder < 0)
        return false;
    if (folder >= 0)
        close(folder);
    if (hw->save)
        save_path(hw, say(&hw->arena, "%s/", path));
    return true;
}

void *hw_grow(struct hw *hw, void *items, uint32_t count, size_t bytes)
{
    if (count != 0 && (count & (count - 1)) != 0)
        return items;
    void *more = arena_take(&hw->arena, (count == 0 ? 1 : 2 * (size_t)count) * bytes);
    if (count != 0)
        memcpy(more, items, count * bytes);
    return more;
}

void hw_note(struct hw *hw, const char *path, const char *why, const char *lost)
{
    hw->missing = hw_grow(hw, hw->missing, hw->missing_count, sizeof(*hw->missing));
    hw->missing[hw->missing_count++] = (struct hw_missing){say(&hw->arena, "/%s", path), why, lost};
}

void hw_note_missing(struct hw *hw, const char *path, const char *lost)
{
    const char *why = errno == EACCES || errno == EPERM ? "only root may read it"
                      : errno == ENOENT                 ? "is not there"
                      : errno == ENODATA                ? "does not say"
                      : errno == EBADMSG                ? "is damaged"
                                                        : "cannot be read";

    hw_note(hw, path, why, lost);
}

/* The day on which the copy was made: read from one, written into a new one. */
static bool take_date(struct hw *hw, const char *from)
{
    static const char path[] = SURVEY_SAVED;
    uint32_t today;

    if (from)
        hw->saved = hw_line(hw, path, HW_WORD);
    if (hw->saved || !hw->save)
        return true;
    if (!check_today(&today))
        return complain("SOURCE_DATE_EPOCH", "is no number of seconds");
    hw->saved = date_text(&hw->arena, today);
    hw_save(hw, path, hw->saved, strlen(hw->saved));
    return true;
}

bool hw_open(struct hw *hw, const char *from, const char *save)
{
    memset(hw, 0, sizeof(*hw));
    sha256_init(&hw->hash);
    if (!hw_source_open(hw, from, save))
        return false;
    hw->surveyed = hw_number(hw, SURVEY_PAGING, &hw->paging_levels);
    hw_read_cpus(hw);
    hw_read_memory(hw);
    hw_read_pci(hw);
    hw_find_groups(hw);
    hw_read_names(hw);
    hw_read_acpi(hw);
    hw_read_units(hw);
    hw_read_ports(hw);
    hw_read_boot(hw);
    if (!take_date(hw, from))
        return false;
    sha256_final(&hw->hash, hw->digest);
    return !hw->save_failed || complain(save, "the copy is not whole: a file cannot be written");
}

void hw_close(struct hw *hw)
{
    if (hw->root >= 0)
        close(hw->root);
    arena_free(&hw->arena);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the fuzz targets share, and the fence around them: a made-up manifest names made-up files,
 * so only those below the current directory can be opened. The linker leads open(), stat() and
 * access() here (--wrap).
 */
#include "fuzz.h"

#include "tools/image/decompile.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int __real_open(const char *path, int flags);
int __real_stat(const char *path, struct stat *status);
int __real_access(const char *path, int mode);
int __wrap_open(const char *path, int flags, ...);
int __wrap_stat(const char *path, struct stat *status);
int __wrap_access(const char *path, int mode);

void fuzz_fail(const char *what)
{
    fprintf(stderr, "fuzz: %s\n", what);
    abort();
}

static bool outside(const char *path)
{
    if (*path != '/' && !strstr(path, ".."))
        return false;
    errno = ENOENT;
    return true;
}

int __wrap_stat(const char *path, struct stat *status)
{
    return outside(path) ? -1 : __real_stat(path, status);
}

int __wrap_access(const char *path, int mode)
{
    return outside(path) ? -1 : __real_access(path, mode);
}

/* Nothing is ever written, and only files that cannot block or act are opened. */
int __wrap_open(const char *path, int flags, ...)
{
    struct stat status;

    if (outside(path))
        return -1;
    fuzz_expect((flags & (O_ACCMODE | O_CREAT | O_TRUNC)) == O_RDONLY, "a file is opened to write");
    if (__real_stat(path, &status) == 0)
        fuzz_expect(S_ISREG(status.st_mode) || (flags & O_PATH), "no regular file is opened");
    return __real_open(path, flags);
}

static void fuzz_harmless(const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        unsigned char c = (unsigned char)text[i];

        fuzz_expect((c >= 0x20 || c == '\n') && c != 0x7f, "a control character in the output");
    }
}

void fuzz_findings(const struct check *check)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);

    fuzz_expect(out != NULL, "no memory");
    check_print(check, out);
    check_print_json(check, out);
    fclose(out);
    fuzz_harmless(text, bytes);
    free(text);
}

char *fuzz_shown(const struct manifest *manifest, size_t *bytes)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, bytes);

    fuzz_expect(out != NULL, "no memory");
    decompile(manifest, out);
    fclose(out);
    fuzz_harmless(text, *bytes);
    return text;
}

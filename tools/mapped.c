/* SPDX-License-Identifier: Apache-2.0 */
/* Files that the command line names, mapped whole for reading. */
#include "mapped.h"

#include "text.h"
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static bool complain(const char *path, const char *why)
{
    fputs("bulkhead: ", stderr);
    put_safely(stderr, path);
    fprintf(stderr, ": %s\n", why);
    return false;
}

bool mapped_open(const char *path, struct mapped *out)
{
    struct stat status;

    if (stat(path, &status) != 0)
        return complain(path, strerror(errno));
    if (!S_ISREG(status.st_mode) || status.st_size == 0)
        return complain(path, S_ISREG(status.st_mode) ? "is empty" : "is no regular file");
    int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (file < 0 || fstat(file, &status) != 0)
        return complain(path, strerror(errno));
    void *bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
    int error = errno;
    close(file);
    if (bytes == MAP_FAILED)
        return complain(path, strerror(error));
    *out = (struct mapped){bytes, (size_t)status.st_size};
    return true;
}

void mapped_close(struct mapped *mapped)
{
    if (mapped->bytes)
        munmap((void *)(uintptr_t)mapped->bytes, mapped->size);
    mapped->bytes = NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Making disks, sticks and what is lent by HTTP. */
#include "media.h"
#include "kernel/sha256.h"
#include "tools/image/disk.h"
#include "tools/output.h"
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char readme[] = "This stick belongs to a machine that `bulkhead run` emulates.\n"
                             "Delete its file and the next run makes a new one.\n";

/* Reads all of the request, or its sender would see a reset; no path of it is ever opened. */
static const char web_script[] = "# Answers one HTTP request: web.sh DIRECTORY\n"
                                 "answer=web-data\n"
                                 "while read -r line && [ \"${#line}\" -gt 1 ]; do\n"
                                 "    case $line in\n"
                                 "    'GET /sum '*) answer=web-sum ;;\n"
                                 "    esac\n"
                                 "done\n"
                                 "exec cat \"$1/$answer\"\n";

static void path_of(char path[4096], const char *directory, const char *name)
{
    snprintf(path, 4096, "%s/%s", directory, name);
}

static bool fail(const char *path)
{
    fprintf(stderr, "bulkhead: %s: %s\n", path, strerror(errno));
    return false;
}

static bool put(const struct output *output, const void *bytes, size_t count)
{
    const char *at = bytes;
    while (count > 0) {
        ssize_t done = write(output->file, at, count);
        if (done <= 0)
            return fail(output->path);
        at += done;
        count -= (size_t)done;
    }
    return true;
}

static int write_text(const char *path, const char *text)
{
    struct output output;
    return output_open(&output, path) && output_close(&output, put(&output, text, strlen(text)))
               ? 0
               : -1;
}

int media_disk(const char *directory, const char *name, unsigned mib)
{
    char path[4096], file[64];
    struct output output;
    snprintf(file, sizeof(file), "%s.img", name);
    path_of(path, directory, file);
    if (access(path, F_OK) == 0)
        return 0;
    if (!output_open(&output, path))
        return -1;
    bool good = ftruncate(output.file, (off_t)mib << 20) == 0 || fail(path);
    return output_close(&output, good) && good ? 0 : -1;
}

int media_stick(const char *directory, const char *name)
{
    char path[4096], text[4096], file[64];
    struct disk_file content = {"README.TXT", text};
    snprintf(file, sizeof(file), "%s.img", name);
    path_of(path, directory, file);
    if (access(path, F_OK) == 0)
        return 0;
    path_of(text, directory, "README.TXT");
    return write_text(text, readme) || disk_write(path, &content, 1) ? -1 : 0;
}

static bool put_head(const struct output *output, unsigned long bytes)
{
    char head[128];
    int length = snprintf(head, sizeof(head),
                          "HTTP/1.0 200 OK\r\nContent-Type: application/octet-stream\r\n"
                          "Content-Length: %lu\r\n\r\n",
                          bytes);
    return put(output, head, (size_t)length);
}

/* Bytes without a pattern, the same ones each time. George Marsaglia, "Xorshift RNGs". */
static void fill(uint64_t *words, size_t count)
{
    uint64_t state = 0x9e3779b97f4a7c15ull;
    for (size_t i = 0; i < count; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        words[i] = state;
    }
}

static bool write_data(const char *path, const void *block)
{
    struct output output;
    if (!output_open(&output, path))
        return false;
    bool good = put_head(&output, MEDIA_WEB_MIB * 1ul << 20);
    for (int i = 0; i < (MEDIA_WEB_MIB << 20) / MEDIA_BLOCK_BYTES && good; i++)
        good = put(&output, block, MEDIA_BLOCK_BYTES);
    return output_close(&output, good) && good;
}

static bool write_sum(const char *path, const void *block)
{
    char text[2 * 32 + 2];
    uint8_t digest[32];
    struct sha256 sha;
    struct output output;
    sha256_init(&sha);
    sha256_update(&sha, block, MEDIA_BLOCK_BYTES);
    sha256_final(&sha, digest);
    for (int i = 0; i < 32; i++)
        snprintf(text + 2 * i, 4, "%02x\n", digest[i]);
    if (!output_open(&output, path))
        return false;
    bool good = put_head(&output, strlen(text)) && put(&output, text, strlen(text));
    return output_close(&output, good) && good;
}

int media_web(const char *directory)
{
    static uint64_t block[MEDIA_BLOCK_BYTES / 8];
    char data[4096], sum[4096], script[4096];
    path_of(data, directory, "web-data");
    path_of(sum, directory, "web-sum");
    path_of(script, directory, "web.sh");
    if (write_text(script, web_script))
        return -1;
    if (access(data, F_OK) == 0 && access(sum, F_OK) == 0)
        return 0;
    fill(block, sizeof(block) / 8);
    return write_data(data, block) && write_sum(sum, block) ? 0 : -1;
}

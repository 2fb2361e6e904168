/* SPDX-License-Identifier: Apache-2.0 */
/* Windows' documents call the structures VS_VERSIONINFO, StringFileInfo, VarFileInfo. */
#include "version.h"

#include "tools/tool.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
    DIRECTORY_BYTES = 24, /* with its one entry */
    DATA_ENTRY = 3 * DIRECTORY_BYTES,
    DATA_ENTRY_BYTES = 16,
    RT_VERSION = 16,
    US_ENGLISH = 0x409,
    UNICODE = 1200, /* a code page */
    FIXED_BYTES = 52,
    FLAG_SPECIAL_BUILD = 0x20,
};
#define SUBDIRECTORY    0x80000000u
#define FIXED_SIGNATURE 0xfeef04bdu

struct writer {
    uint8_t *bytes;
    uint32_t used;
};

static void put16(struct writer *writer, uint32_t value)
{
    writer->bytes[writer->used++] = (uint8_t)value;
    writer->bytes[writer->used++] = (uint8_t)(value >> 8);
}

static void put32(struct writer *writer, uint32_t value)
{
    put16(writer, value & 0xffff);
    put16(writer, value >> 16);
}

/* ASCII, with its terminating zero. */
static void put_text(struct writer *writer, const char *text)
{
    do
        put16(writer, (uint8_t)*text);
    while (*text++);
}

static void pad(struct writer *writer)
{
    while (writer->used % 4)
        writer->bytes[writer->used++] = 0;
}

/* Begins a structure; its length follows with end(). */
static uint32_t begin(struct writer *writer, uint32_t value_length, bool text, const char *key)
{
    pad(writer);
    uint32_t start = writer->used;
    put16(writer, 0);
    put16(writer, value_length);
    put16(writer, text);
    put_text(writer, key);
    pad(writer);
    return start;
}

static void end(struct writer *writer, uint32_t start)
{
    uint32_t length = writer->used - start;
    writer->bytes[start] = (uint8_t)length;
    writer->bytes[start + 1] = (uint8_t)(length >> 8);
}

static void put_string(struct writer *writer, const char *key, const char *value)
{
    uint32_t start = begin(writer, (uint32_t)strlen(value) + 1, true, key);
    put_text(writer, value);
    end(writer, start);
}

static void put_fixed(struct writer *writer, bool release)
{
    unsigned major = 0, minor = 0;
    sscanf(TOOL_VERSION, "%u.%u", &major, &minor);
    put32(writer, FIXED_SIGNATURE);
    put32(writer, 0x10000); /* of the structure */
    for (int of_file_and_product = 0; of_file_and_product < 2; of_file_and_product++) {
        put32(writer, major << 16 | minor);
        put32(writer, 0);
    }
    put32(writer, FLAG_SPECIAL_BUILD);
    put32(writer, release ? 0 : FLAG_SPECIAL_BUILD);
    for (int field = 0; field < 5; field++) /* system, type, subtype, date: none */
        put32(writer, 0);
}

static void put_version(struct writer *writer, const char *host, bool release)
{
    char description[VERSION_HOST_MAX + 32];
    const char *version = release ? TOOL_VERSION : TOOL_VERSION " LAB";

    snprintf(description, sizeof(description), "Bulkhead, host %.*s", VERSION_HOST_MAX, host);
    uint32_t root = begin(writer, FIXED_BYTES, false, "VS_VERSION_INFO");
    put_fixed(writer, release);
    uint32_t strings = begin(writer, 0, true, "StringFileInfo");
    uint32_t table = begin(writer, 0, true, "040904b0"); /* US English, Unicode */
    put_string(writer, "FileDescription", description);
    put_string(writer, "FileVersion", version);
    put_string(writer, "ProductName", "Bulkhead");
    put_string(writer, "ProductVersion", version);
    if (!release)
        put_string(writer, "SpecialBuild", "LAB: not for production");
    end(writer, table);
    end(writer, strings);
    uint32_t variables = begin(writer, 0, true, "VarFileInfo");
    uint32_t translation = begin(writer, 4, false, "Translation");
    put32(writer, UNICODE << 16 | US_ENGLISH);
    end(writer, translation);
    end(writer, variables);
    end(writer, root);
}

static void put_directory(struct writer *writer, uint32_t id, uint32_t offset)
{
    for (int field = 0; field < 3; field++) /* characteristics, time, version */
        put32(writer, 0);
    put16(writer, 0);
    put16(writer, 1); /* one entry, by number */
    put32(writer, id);
    put32(writer, offset);
}

uint32_t version_resource(uint8_t bytes[VERSION_BYTES], uint32_t address, const char *host,
                          bool release)
{
    struct writer writer = {bytes, DATA_ENTRY + DATA_ENTRY_BYTES};

    put_version(&writer, host, release);
    uint32_t length = writer.used;
    assert(length < VERSION_BYTES);
    writer.used = 0;
    put_directory(&writer, RT_VERSION, SUBDIRECTORY | DIRECTORY_BYTES);
    put_directory(&writer, 1, SUBDIRECTORY | 2 * DIRECTORY_BYTES);
    put_directory(&writer, US_ENGLISH, DATA_ENTRY);
    put32(&writer, address + DATA_ENTRY + DATA_ENTRY_BYTES);
    put32(&writer, length - DATA_ENTRY - DATA_ENTRY_BYTES);
    put32(&writer, 0);
    put32(&writer, 0);
    return length;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Damaging an image, for the tests that it must be refused. */
#include "kernel/manifest.h"
#include "spec.h"
#include "tools/image/pe.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bytes {
    uint8_t *data;
    size_t size;
};

static bool read_all(const char *path, struct bytes *out)
{
    FILE *file = fopen(path, "rb");
    long size = -1;
    if (file && fseek(file, 0, SEEK_END) == 0)
        size = ftell(file);
    out->data = size > 0 ? malloc((size_t)size) : NULL;
    out->size = out->data ? (size_t)size : 0;
    if (out->data) {
        rewind(file);
        if (fread(out->data, 1, out->size, file) != out->size)
            out->size = 0;
    }
    if (file)
        fclose(file);
    return out->size > 0;
}

static bool write_all(const char *path, const struct bytes *bytes)
{
    FILE *file = fopen(path, "wb");
    if (!file)
        return false;
    size_t written = fwrite(bytes->data, 1, bytes->size, file);
    return fclose(file) == 0 && written == bytes->size;
}

static bool poke(uint8_t *at, size_t room, const char *hex)
{
    for (; hex[0] && hex[1]; hex += 2) {
        unsigned byte;
        if (room-- == 0 || sscanf(hex, "%2x", &byte) != 1)
            return false;
        *at++ = (uint8_t)byte;
    }
    return *hex == 0;
}

static const char *apply(const struct damage *damage, struct bytes *image)
{
    struct pe pe;
    const char *bad = pe_open(image->data, image->size, &pe);
    if (damage->kind == DAMAGE_CUT) {
        if (damage->offset >= image->size)
            return "nothing would be left of the image";
        image->size -= damage->offset;
        return NULL;
    }
    if (bad)
        return bad;
    const struct pe_section *section =
        pe_find(&pe, damage->kind == DAMAGE_REDIGEST ? ".manif" : damage->section);
    if (!section || damage->offset >= section->raw_bytes)
        return "the image has no such section, or it ends before that offset";
    uint8_t *at = image->data + section->raw_offset + damage->offset;
    size_t room = section->raw_bytes - damage->offset;
    if (damage->kind == DAMAGE_FLIP)
        *at ^= 1;
    else if (damage->kind == DAMAGE_POKE && !poke(at, room, damage->hex))
        return "these bytes do not fit, or are not written as hexadecimal digits";
    else if (damage->kind == DAMAGE_REDIGEST) {
        struct manifest_header *copy = malloc(room); /* aligned */
        if (copy && room >= sizeof(*copy)) {
            memcpy(copy, at, room);
            manifest_digest(copy, copy->digest);
            memcpy(at, copy, room);
        }
        free(copy);
    }
    return NULL;
}

bool spec_damage(const struct spec *spec, const char *path, char *why, size_t room)
{
    struct bytes image;
    if (spec->damage_count == 0)
        return true;
    if (!read_all(path, &image)) {
        snprintf(why, room, "%s: %s", path, strerror(errno));
        return false;
    }
    const char *bad = NULL;
    for (unsigned i = 0; i < spec->damage_count && !bad; i++)
        bad = apply(&spec->damages[i], &image);
    if (!bad && !write_all(path, &image))
        bad = "it can't be written";
    free(image.data);
    if (bad)
        snprintf(why, room, "can't damage the image: %s", bad);
    return !bad;
}

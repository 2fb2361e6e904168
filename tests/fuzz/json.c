/* SPDX-License-Identifier: Apache-2.0 */
/* A body of any bytes; and the same bytes as what a guest printed, told as JSON. */
#include "guests/console/body.h"
#include "guests/console/utf8.h"
#include "guests/console/writer.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM = 1024, TEXT_BYTES = 8 * 16384 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "fuzz: %s\n", what);
        abort();
    }
}

/* What was taken gives, written again, what stood there, but for the escapes. */
static void read_body(const struct span body)
{
    static uint8_t bytes[ROOM];
    static char text[2 * ROOM];
    size_t count, at = 0;
    if (body_base64(body, bytes, sizeof(bytes), &count) != NULL) {
        return;
    }
    struct writer to = {.text = text, .room = sizeof(text)};
    expect(count <= sizeof(bytes), "more than there is room for");
    write_base64(&to, bytes, count);
    for (size_t i = 0; i < body.bytes && at < to.used; i++) {
        at += body.text[i] == text[at];
    }
    expect(at == to.used, "bytes that were not there");
}

static void write_text_of_a_guest(const char *bytes, size_t size)
{
    static char text[TEXT_BYTES];
    struct writer to = {.text = text, .room = sizeof(text)};
    uint32_t point;
    write_escaped(&to, bytes, size);
    expect(!to.full, "a text too long");
    for (size_t i = 0, step; i < to.used; i += step) {
        step = utf8_decode(text + i, to.used - i, &point);
        expect(step > 0, "no UTF-8");
        expect(point >= ' ' && point != '"' && point != '<' && point != 0x7f &&
                   !(point >= 0x80 && point < 0xa0) && !(point >= 0x202a && point <= 0x202e),
               "a character that is not to be there");
        expect(point != '\\' || text[i + 1] == 'u', "an escape of another kind");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = malloc(size ? size : 1); /* exactly: a byte more is noticed */
    expect(copy != NULL, "no memory");
    if (size) {
        memcpy(copy, data, size);
    }
    read_body((struct span){copy, size});
    body_is_empty_object((struct span){copy, size});
    if (size <= TEXT_BYTES / 8) {
        write_text_of_a_guest(copy, size);
    }
    free(copy);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Lines into fields, fields into events. */
#include "sse.h"

#include <stdio.h>
#include <string.h>

void sse_open(struct sse *sse, sse_sink sink, void *context)
{
    sse->sink = sink;
    sse->context = context;
    sse->event[0] = 0;
    sse->line_bytes = sse->data_bytes = 0;
    sse->has_data = sse->after_return = false;
}

/* An event ends; one without data is none. */
static bool dispatch(struct sse *sse)
{
    bool good = true;

    if (sse->has_data) {
        sse->data[sse->data_bytes] = 0;
        good = sse->sink(sse->event, sse->data, sse->data_bytes, sse->context);
    }
    sse->event[0] = 0;
    sse->data_bytes = 0;
    sse->has_data = false;
    return good;
}

static bool add_data(struct sse *sse, const char *text, size_t bytes)
{
    if (bytes + 2 > SSE_DATA_BYTES - sse->data_bytes)
        return false;
    if (sse->has_data)
        sse->data[sse->data_bytes++] = '\n';
    memcpy(sse->data + sse->data_bytes, text, bytes);
    sse->data_bytes += bytes;
    sse->has_data = true;
    return true;
}

static bool take_line(struct sse *sse)
{
    static const char data[] = "data", event[] = "event";
    const char *line = sse->line;
    size_t bytes = sse->line_bytes;
    const char *colon = memchr(line, ':', bytes);
    size_t name = colon ? (size_t)(colon - line) : bytes;
    size_t from = colon ? name + 1 + (name + 1 < bytes && line[name + 1] == ' ') : bytes;

    sse->line_bytes = 0;
    if (bytes == 0)
        return dispatch(sse);
    if (name == sizeof(data) - 1 && memcmp(line, data, name) == 0)
        return add_data(sse, line + from, bytes - from);
    if (name == sizeof(event) - 1 && memcmp(line, event, name) == 0)
        snprintf(sse->event, SSE_NAME_BYTES, "%.*s", (int)(bytes - from), line + from);
    return true; /* a comment, or a field that we have no use for */
}

bool sse_put(const char *bytes, size_t count, void *context)
{
    struct sse *sse = context;

    for (size_t i = 0; i < count; i++) {
        char byte = bytes[i];
        bool second = byte == '\n' && sse->after_return;

        sse->after_return = byte == '\r';
        if (second)
            continue;
        if (byte == '\n' || byte == '\r') {
            if (!take_line(sse))
                return false;
        } else if (sse->line_bytes == SSE_DATA_BYTES) {
            return false;
        } else {
            sse->line[sse->line_bytes++] = byte;
        }
    }
    return true;
}

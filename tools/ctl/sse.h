/* SPDX-License-Identifier: Apache-2.0 */
/* Server-sent events (HTML Standard, "Server-sent events"), as far as a console sends them. */
#ifndef BULKHEAD_CTL_SSE_H
#define BULKHEAD_CTL_SSE_H

#include <stdbool.h>
#include <stddef.h>

enum { SSE_DATA_BYTES = 64 << 10, SSE_NAME_BYTES = 32 };

/* Called with each whole event; `data` is zero-terminated. False ends the stream. */
typedef bool (*sse_sink)(const char *event, const char *data, size_t bytes, void *context);

struct sse {
    sse_sink sink;
    void *context;
    char event[SSE_NAME_BYTES];
    char line[SSE_DATA_BYTES], data[SSE_DATA_BYTES];
    size_t line_bytes, data_bytes;
    bool has_data;
    bool after_return; /* the last line ended with CR: an LF behind it belongs to that */
};

void sse_open(struct sse *sse, sse_sink sink, void *context);

/* Takes bytes as they come; its type is that of a stream_sink. False: too much in one event. */
bool sse_put(const char *bytes, size_t count, void *sse);

#endif

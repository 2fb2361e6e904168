/* SPDX-License-Identifier: Apache-2.0 */
/* A line of a terminal that knows just enough escape sequences to leave them out. */
#include "line.h"
#include <stdio.h>
#include <string.h>

enum { PLAIN, ESCAPE, CONTROL, STRING, STRING_ESCAPE };
/* A sequence that is longer than this is no sequence: what follows is text again. */
enum { LONGEST_CONTROL = 32, LONGEST_STRING = 256, TAB = 8 };

/*
 * Characters beyond ASCII that are shown as they are: scripts and line drawing whose characters
 * take one column each and neither combine nor change the direction. All others by number.
 */
static const struct {
    uint32_t first, last;
} shown[] = {
    {0x00a1, 0x00ac}, {0x00ae, 0x02ff}, /* Latin, without the soft hyphen */
    {0x0370, 0x0482}, {0x048a, 0x052f}, /* Greek, Cyrillic, without what combines */
    {0x2010, 0x2027}, {0x2030, 0x205e}, /* punctuation, without what directs */
    {0x2190, 0x21ff}, {0x2500, 0x25ff}, /* arrows, lines, blocks, shapes */
};

void line_open(struct line *line, unsigned width, bool ascii)
{
    memset(line, 0, sizeof(*line));
    line->width = width < 1 ? 1 : width > LINE_CELLS ? LINE_CELLS : width;
    line->ascii = ascii;
}

static size_t encode(uint32_t character, char *out)
{
    if (character < 0x80) {
        out[0] = (char)character;
        return 1;
    }
    if (character < 0x800) {
        out[0] = (char)(0xc0 | character >> 6);
        out[1] = (char)(0x80 | (character & 0x3f));
        return 2;
    }
    out[0] = (char)(0xe0 | character >> 12);
    out[1] = (char)(0x80 | (character >> 6 & 0x3f));
    out[2] = (char)(0x80 | (character & 0x3f));
    return 3;
}

size_t line_partial(const struct line *line, char out[LINE_BYTES])
{
    size_t bytes = 0;
    for (unsigned i = 0; i < line->length; i++)
        bytes += encode(line->cells[i], out + bytes);
    out[bytes] = 0;
    return bytes;
}

static void complete(struct line *line, line_sink sink, void *context)
{
    char out[LINE_BYTES];
    line_partial(line, out);
    line->length = line->cursor = 0;
    sink(out, context);
}

static void put_cell(struct line *line, uint32_t character, line_sink sink, void *context)
{
    if (line->cursor >= line->width)
        complete(line, sink, context);
    line->cells[line->cursor++] = character;
    if (line->cursor > line->length)
        line->length = line->cursor;
}

static void put_ascii(struct line *line, const char *characters, line_sink sink, void *context)
{
    for (; *characters; characters++)
        put_cell(line, (uint8_t)*characters, sink, context);
}

static void put_character(struct line *line, uint32_t character, line_sink sink, void *context)
{
    for (unsigned i = 0; !line->ascii && i < sizeof(shown) / sizeof(shown[0]); i++)
        if (character >= shown[i].first && character <= shown[i].last) {
            put_cell(line, character, sink, context);
            return;
        }
    char number[16];
    snprintf(number, sizeof(number), "<U+%04X>", (unsigned)character);
    put_ascii(line, number, sink, context);
}

static void put_invalid(struct line *line, uint8_t byte, line_sink sink, void *context)
{
    char number[8];
    snprintf(number, sizeof(number), "<%02X>", byte);
    put_ascii(line, number, sink, context);
}

/* Control characters outside sequences. */
static void put_control(struct line *line, uint8_t byte, line_sink sink, void *context)
{
    switch (byte) {
    case '\n':
        complete(line, sink, context);
        break;
    case '\r':
        line->cursor = 0;
        break;
    case '\b':
        line->cursor -= line->cursor > 0;
        break;
    case '\t':
        do
            put_cell(line, ' ', sink, context);
        while (line->cursor % TAB != 0 && line->cursor < line->width);
        break;
    case 0x1b:
        line->state = ESCAPE;
        line->eaten = line->parameter = 0;
        break;
    case 0x00:
    case 0x07:
        break;
    default:
        put_invalid(line, byte, sink, context);
    }
}

/* A control sequence is whole: only what moves within the line has an effect. */
static void run_control(struct line *line, uint8_t final, line_sink sink, void *context)
{
    unsigned count = line->parameter ? line->parameter : 1;
    switch (final) {
    case 'C':
        for (; count > 0 && line->cursor < line->length; count--)
            line->cursor++;
        break;
    case 'D':
        line->cursor -= count < line->cursor ? count : line->cursor;
        break;
    case 'K':
        if (line->parameter == 0)
            line->length = line->cursor;
        break;
    case 'H':
    case 'f':
        if (line->length > 0) /* text that jumps about the screen becomes lines */
            complete(line, sink, context);
        break;
    default:
        break;
    }
}

/* A byte within an escape sequence; false when it ends the sequence and is text itself. */
static bool put_escape(struct line *line, uint8_t byte, line_sink sink, void *context)
{
    bool string = line->state == STRING || line->state == STRING_ESCAPE;
    if (++line->eaten > (string ? LONGEST_STRING : LONGEST_CONTROL) || byte == '\n') {
        line->state = PLAIN;
        return false;
    }
    switch (line->state) {
    case ESCAPE:
        if (byte == '[')
            line->state = CONTROL;
        else if (byte && strchr("]P_^X", byte))
            line->state = STRING;
        else if (byte < 0x20 || byte > 0x2f)
            line->state = PLAIN;
        return byte >= 0x20;
    case CONTROL:
        if (byte < 0x20 || byte > 0x7e) {
            line->state = PLAIN;
            return false;
        }
        if (byte >= '0' && byte <= '9' && line->parameter < 1000)
            line->parameter = line->parameter * 10 + (byte - '0');
        else if (byte >= 0x40) {
            line->state = PLAIN;
            run_control(line, byte, sink, context);
        }
        return true;
    case STRING:
        line->state = byte == 0x1b ? STRING_ESCAPE : byte == 0x07 ? PLAIN : STRING;
        return true;
    default: /* STRING_ESCAPE */
        line->state = byte == '\\' ? PLAIN : STRING;
        return true;
    }
}

/* Starts a multi-byte character; false for a byte that starts none. */
static bool start_character(struct line *line, uint8_t byte)
{
    static const struct {
        uint8_t mask, lead;
        unsigned missing;
        uint32_t smallest;
    } forms[] = {{0xe0, 0xc0, 1, 0x80}, {0xf0, 0xe0, 2, 0x800}, {0xf8, 0xf0, 3, 0x10000}};

    for (unsigned i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
        if ((byte & forms[i].mask) == forms[i].lead) {
            line->character = byte & (uint8_t)~forms[i].mask;
            line->missing = forms[i].missing;
            line->smallest = forms[i].smallest;
            return true;
        }
    return false;
}

void line_put(struct line *line, uint8_t byte, line_sink sink, void *context)
{
    if (line->missing > 0) {
        if ((byte & 0xc0) == 0x80) {
            line->character = line->character << 6 | (byte & 0x3f);
            if (--line->missing == 0) {
                if (line->character < line->smallest || line->character > 0x10ffff ||
                    (line->character >= 0xd800 && line->character <= 0xdfff))
                    put_ascii(line, "<invalid>", sink, context);
                else
                    put_character(line, line->character, sink, context);
            }
            return;
        }
        line->missing = 0;
        put_ascii(line, "<invalid>", sink, context);
    }
    if (line->state != PLAIN && put_escape(line, byte, sink, context))
        return;
    if (byte < 0x20)
        put_control(line, byte, sink, context);
    else if (byte < 0x7f)
        put_cell(line, byte, sink, context);
    else if (byte == 0x7f || !start_character(line, byte))
        put_invalid(line, byte, sink, context);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What an SVG picture is drawn with: boxes, texts that wrap, colours of levels. */
#include "drawing.h"

#include "tools/text.h"
#include <string.h>

int larger(int one, int other)
{
    return one > other ? one : other;
}

static size_t character_bytes(const char *text, size_t left, uint32_t *code)
{
    size_t bytes = utf8_sequence((const unsigned char *)text, left, code);

    return bytes > 0 ? bytes : 1;
}

/* Text as XML holds it: no markup, and no character that XML forbids or that reorders text. */
static void put_xml(FILE *out, const char *text, size_t left)
{
    while (left > 0) {
        uint32_t code = 0;
        bool whole = utf8_sequence((const unsigned char *)text, left, &code) > 0;
        bool good = whole && !is_steering(code) && code < 0xfffe;
        size_t bytes = character_bytes(text, left, &code);

        if (!good)
            fputs("&#xfffd;", out);
        else if (strchr("&<>\"'", *text))
            fprintf(out, "&#%u;", code);
        else
            fwrite(text, 1, bytes, out);
        text += bytes;
        left -= bytes;
    }
}

/* Bytes of the text's first line; what ends a line by itself does not count. */
static size_t first_line(const char *text, int characters)
{
    size_t left = strlen(text), at = 0, word = 0, hyphen = 0;

    for (int i = 0; at < left && text[at] != '\n'; i++) {
        uint32_t code = 0;

        if (text[at] == ' ')
            word = at;
        if (i == characters)
            return word > 0 ? word : hyphen > 0 ? hyphen : at;
        at += character_bytes(text + at, left - at, &code);
        if (text[at - 1] == '-')
            hyphen = at;
    }
    return at;
}

/* The rest of the text behind a line of so many bytes. */
static const char *behind(const char *text, size_t bytes)
{
    text += bytes;
    return *text == ' ' || *text == '\n' ? text + 1 : text;
}

int lines_of(const char *text, int characters)
{
    int lines = 0;

    for (; *text; text = behind(text, first_line(text, characters)))
        lines++;
    return lines;
}

static void put_bytes(FILE *out, int x, int y, const char *style, const char *text, size_t bytes)
{
    fprintf(out, "<text x=\"%d\" y=\"%d\" %s>", x, y, style);
    put_xml(out, text, bytes);
    fputs("</text>\n", out);
}

int put_text(FILE *out, struct spot spot, const char *style, const char *text)
{
    while (*text) {
        size_t bytes = first_line(text, spot.characters);

        put_bytes(out, spot.x, spot.y, style, text, bytes);
        text = behind(text, bytes);
        spot.y += spot.line;
    }
    return spot.y;
}

void put_line(FILE *out, int x, int y, const char *style, const char *text)
{
    put_bytes(out, x, y, style, text, strlen(text));
}

void put_box(FILE *out, int x, int y, int width, int height, uint32_t fill, const char *style)
{
    fprintf(out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"#%06x\" %s/>\n", x, y,
            width, height, fill, style);
}

void put_arrowhead(FILE *out, int x, int y, int dx, int dy)
{
    enum { LENGTH = 14, HALF = 6 };

    fprintf(out, "<path d=\"M%d %dL%d %dL%d %dZ\"/>\n", x, y, x - dx * LENGTH + dy * HALF,
            y - dy * LENGTH + dx * HALF, x - dx * LENGTH - dy * HALF, y - dy * LENGTH - dx * HALF);
}

uint32_t level_colour(const struct model *model, uint32_t level)
{
    static const uint8_t stops[][3] = {{0xff, 0xf7, 0xbc},
                                       {0xa8, 0xdd, 0xb5},
                                       {0x5a, 0xb4, 0xcf},
                                       {0x3f, 0x7f, 0xb5},
                                       {0x2a, 0x3f, 0x8f}};
    uint32_t steps = model->levels.count > 1 ? model->levels.count - 1 : 1;
    uint32_t at = level > 0 ? (level - 1) * 400 / steps : 0, low = at / 100 < 3 ? at / 100 : 3;
    uint32_t colour = 0;

    if (level == 0)
        return 0xe6e6e6;
    for (int i = 0; i < 3; i++) {
        uint32_t share = at - low * 100;

        colour = colour << 8 | (stops[low][i] * (100 - share) + stops[low + 1][i] * share) / 100;
    }
    return colour;
}

const char *ink_on(uint32_t colour)
{
    uint32_t light = (colour >> 16) * 3 + (colour >> 8 & 0xff) * 6 + (colour & 0xff);

    return light > 1250 ? "#000000" : "#ffffff";
}

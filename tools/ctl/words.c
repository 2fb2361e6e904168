/* SPDX-License-Identifier: Apache-2.0 */
/* JSON, bytes and times as text. */
#include "words.h"
#include "tools/tool.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* DEL is the one control character that the library leaves as it is; it is in texts only. */
void json_print(const json_t *value, bool lines)
{
    char *text = json_dumps(value, JSON_ENSURE_ASCII | (lines ? JSON_INDENT(2) : JSON_COMPACT));

    for (const char *at = text; at && *at; at++) {
        if (*at == 0x7f)
            fputs("\\u007f", stdout);
        else
            putchar(*at);
    }
    putchar('\n');
    free(text);
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

bool hex_bytes(const char *text, uint8_t *out, size_t bytes)
{
    if (strlen(text) != bytes * 2)
        return false;
    for (size_t i = 0; i < bytes; i++) {
        int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

long base64_bytes(const char *text, uint8_t *out, size_t room)
{
    size_t length = strlen(text), pad = 0, count = 0;

    while (pad < 2 && pad < length && text[length - 1 - pad] == '=')
        pad++;
    if (length % 4 != 0 || length / 4 * 3 - pad > room)
        return -1;
    for (size_t i = 0; i < length; i += 4) {
        uint32_t bits = 0;
        size_t here = i + 4 < length ? 4 : 4 - pad;

        for (size_t k = 0; k < 4; k++) {
            const char *digit = k < here ? strchr(digits, text[i + k]) : digits;

            if (!digit)
                return -1;
            bits = bits << 6 | (uint32_t)(digit - digits);
        }
        for (size_t k = 0; k + 1 < here; k++)
            out[count++] = (uint8_t)(bits >> (16 - 8 * k));
    }
    return (long)count;
}

char *base64_text(struct arena *arena, const uint8_t *bytes, size_t count)
{
    char *text = arena_take(arena, (count + 2) / 3 * 4 + 1), *at = text;

    for (size_t i = 0; i < count; i += 3) {
        size_t here = count - i < 3 ? count - i : 3;
        uint32_t bits = 0;

        for (size_t k = 0; k < 3; k++)
            bits = bits << 8 | (uint32_t)(k < here ? bytes[i + k] : 0);
        for (size_t k = 0; k < 4; k++)
            *at++ = k <= here ? digits[bits >> (18 - 6 * k) & 63] : '=';
    }
    *at = 0;
    return text;
}

enum { ESCAPED_BYTES = 17 };

const char *safe_text(struct arena *arena, const char *text, size_t most)
{
    size_t left = strlen(text), used = 0;
    char *out =
        arena_take(arena, (left < most ? left : most) * (ESCAPED_BYTES - 1) + sizeof("..."));

    for (size_t count = 0; left > 0; count++) {
        char character[ESCAPED_BYTES];
        size_t bytes = escape_character(text, left, character);

        if (count == most) {
            strcpy(out + used, "...");
            break;
        }
        used += (size_t)sprintf(out + used, "%s", character);
        text += bytes;
        left -= bytes;
    }
    return out;
}

void gather_open(struct gather *gather)
{
    *gather = (struct gather){0};
    gather->out = open_memstream(&gather->text, &gather->bytes);
    if (gather->out)
        return;
    fputs("bulkhead ctl: no memory\n", stderr);
    exit(EXIT_ENVIRONMENT);
}

const char *gather_text(struct gather *gather, struct arena *arena)
{
    bool whole = fclose(gather->out) == 0;
    const char *text = say(arena, "%s", whole && gather->bytes > 0 ? gather->text : "-");

    free(gather->text);
    return text;
}

const char *duration_text(struct arena *arena, int64_t seconds)
{
    enum { MINUTE = 60, HOUR = 3600, DAY = 86400 };
    long long s = seconds;

    if (s < 0)
        return "-";
    if (s < 2 * MINUTE)
        return say(arena, "%lld s", s);
    if (s < 2 * HOUR)
        return say(arena, "%lld min", s / MINUTE);
    if (s < 2 * DAY)
        return say(arena, "%lld h %lld min", s / HOUR, s % HOUR / MINUTE);
    return say(arena, "%lld d %lld h", s / DAY, s % DAY / HOUR);
}

const char *time_text(struct arena *arena, int64_t seconds)
{
    time_t time = (time_t)seconds;
    struct tm parts;
    char text[64];

    if (!gmtime_r(&time, &parts) || strftime(text, sizeof(text), "%F %T UTC", &parts) == 0)
        return "?";
    return say(arena, "%s", text);
}

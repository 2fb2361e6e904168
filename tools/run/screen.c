/* SPDX-License-Identifier: Apache-2.0 */
/* Owner, bar, text: one row of the screen never holds more than one owner's words. */
#include "screen.h"
#include <langinfo.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { PLAIN_COLUMNS = 300, USUAL_COLUMNS = 80, MIN_TEXT_COLUMNS = 20, BAR_COLUMNS = 3 };

static const char *const colours[SERIAL_PORTS] = {"\033[2m", "\033[36m", "\033[33m", "\033[35m"};
static const char note_colour[] = "\033[1m";
static const char colour_off[] = "\033[0m";
static const char clear_row[] = "\r\033[K";

void screen_open(struct screen *screen, bool plain)
{
    const char *kind = getenv("TERM"), *no_colour = getenv("NO_COLOR");
    setlocale(LC_CTYPE, "");
    *screen = (struct screen){.keyboard = -1, .latest = -1, .self = "run"};
    screen->ascii = strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
    screen->terminal =
        !plain && isatty(STDOUT_FILENO) && kind && *kind && strcmp(kind, "dumb") != 0;
    screen->colour = screen->terminal && !(no_colour && *no_colour);
}

void screen_layout(struct screen *screen)
{
    struct winsize size = {0};
    screen->columns = PLAIN_COLUMNS;
    if (screen->terminal)
        screen->columns = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col
                              ? size.ws_col
                              : USUAL_COLUMNS;
    screen->name_width = strlen("firmware");
    for (int i = 0; i < SERIAL_PORTS; i++)
        if (strlen(screen->names[i]) > screen->name_width)
            screen->name_width = (unsigned)strlen(screen->names[i]);
    /* Names that were cut could be taken for each other's; numbers of ports can't. */
    screen->narrow = screen->columns < screen->name_width + BAR_COLUMNS + MIN_TEXT_COLUMNS + 1;
    if (screen->narrow)
        screen->name_width = strlen("com1");
    /* One column stays free: a terminal may break a full row. */
    unsigned prefix = screen->name_width + BAR_COLUMNS + 1;
    screen->text_columns = screen->columns > prefix ? screen->columns - prefix : 1;
}

/* Takes the live row away; the cursor is then at the start of an empty row. */
static void lift(struct screen *screen)
{
    /* Of a row that wraps, as the window shrank, only the last part could be cleared. */
    if (screen->drawn >= screen->columns)
        fputc('\n', stdout);
    else if (screen->drawn > 0)
        fputs(clear_row, stdout);
    screen->drawn = 0;
}

static bool begins_character(char byte)
{
    return ((unsigned char)byte & 0xc0) != 0x80;
}

/* Each character takes one column. */
static unsigned columns_of(const char *text)
{
    unsigned count = 0;
    for (; *text; text++)
        count += begins_character(*text);
    return count;
}

/* `text` without its first `count` characters. */
static const char *skip(const char *text, unsigned count)
{
    for (; *text && (count > 0 || !begins_character(*text)); text++)
        count -= begins_character(*text);
    return text;
}

/* Where a row of so many columns ends: behind a space, unless that leaves half of it empty. */
static const char *row_end(const char *text, unsigned columns)
{
    const char *full = skip(text, columns), *half = skip(text, columns / 2), *end = full;
    if (!*full || *full == ' ')
        return full;
    while (end > half && end[-1] != ' ')
        end--;
    return end > half ? end : full;
}

/* One row, with as much of `text` as there is room; returns the rest. */
static const char *put_row(struct screen *screen, int port, const char *owner, char bar,
                           const char *text)
{
    const char *rest = row_end(text, screen->text_columns);
    static const char *const numbers[SERIAL_PORTS] = {"com1", "com2", "com3", "com4"};
    const char *name = screen->narrow ? numbers[port] : owner ? owner : screen->names[port];
    if (screen->colour)
        fputs(colours[port], stdout);
    printf("%-*s %c ", (int)screen->name_width, name, bar);
    if (screen->colour)
        fputs(colour_off, stdout);
    fwrite(text, 1, (size_t)(rest - text), stdout);
    return rest;
}

static void put_rows(struct screen *screen, int port, const char *owner, char bar, const char *text)
{
    do {
        text = put_row(screen, port, owner, bar, text);
        fputc('\n', stdout);
    } while (*text);
}

/* The port whose unfinished line is the live row, or -1. */
static int live_port(const struct screen *screen)
{
    int keyboard = screen->keyboard, latest = screen->latest;
    if (keyboard >= 0 && *screen->open[keyboard])
        return keyboard;
    return latest >= 0 && *screen->open[latest] && !screen->only ? latest : -1;
}

static void draw(struct screen *screen)
{
    if (screen->terminal && screen->hint) {
        screen_status(screen, "%s", screen->hint);
        return;
    }
    int port = screen->terminal ? live_port(screen) : -1;
    if (port >= 0) {
        const char *text = screen->open[port];
        unsigned columns = columns_of(text), room = screen->text_columns;
        text = skip(text, columns > room ? columns - room : 0); /* its end is what matters */
        put_row(screen, port, NULL, screen->keyboard == port ? '>' : '|', text);
        screen->drawn = screen->name_width + BAR_COLUMNS + columns_of(text);
    }
    fflush(stdout);
}

void screen_refresh(struct screen *screen)
{
    lift(screen);
    draw(screen);
}

/* Without control codes what was shown of a line stays; only what is new of it comes below. */
static void put_rest(struct screen *screen, int port, const char *owner, const char *line)
{
    const char *shown = screen->open[port];
    size_t length = strlen(shown);
    bool goes_on = length > 0 && strncmp(line, shown, length) == 0;
    if (goes_on && !line[length])
        return;
    put_rows(screen, port, owner, goes_on ? '+' : '|', goes_on ? line + length : line);
}

void screen_line(struct screen *screen, int port, const char *owner, const char *line)
{
    if (!screen->only || port == screen->keyboard) {
        lift(screen);
        if (screen->terminal)
            put_rows(screen, port, owner, screen->keyboard == port && !owner ? '>' : '|', line);
        else
            put_rest(screen, port, owner, line);
    }
    screen->open[port][0] = 0;
    draw(screen);
}

void screen_partial(struct screen *screen, int port, const char *line)
{
    if (strcmp(screen->open[port], line) == 0)
        return;
    if (screen->terminal)
        lift(screen);
    else
        put_rest(screen, port, NULL, line);
    snprintf(screen->open[port], LINE_BYTES, "%s", line);
    screen->latest = port;
    draw(screen);
}

/* Returns the columns of the row. */
static unsigned put_own(struct screen *screen, bool cut, const char *text, va_list args)
{
    char row[PLAIN_COLUMNS * 2];
    lift(screen);
    if (screen->colour)
        fputs(note_colour, stdout);
    int used = snprintf(row, sizeof(row), "%-*s * ", (int)screen->name_width, screen->self);
    vsnprintf(row + used, sizeof(row) - (size_t)used, text, args);
    if (cut && strlen(row) >= screen->columns)
        row[screen->columns - 1] = 0;
    fputs(row, stdout);
    if (screen->colour)
        fputs(colour_off, stdout);
    return (unsigned)strlen(row);
}

void screen_note(struct screen *screen, const char *text, ...)
{
    va_list args;
    va_start(args, text);
    put_own(screen, false, text, args);
    va_end(args);
    fputc('\n', stdout);
    draw(screen);
}

void screen_status(struct screen *screen, const char *text, ...)
{
    va_list args;
    va_start(args, text);
    unsigned used = put_own(screen, screen->terminal, text, args);
    va_end(args);
    if (screen->terminal)
        screen->drawn = used;
    else
        fputc('\n', stdout);
    fflush(stdout);
}

void screen_hint(struct screen *screen, const char *hint)
{
    screen->hint = hint;
    if (hint && !screen->terminal)
        screen_note(screen, "%s", hint);
    else
        screen_refresh(screen);
}

void screen_close(struct screen *screen)
{
    if (screen->terminal && live_port(screen) >= 0 && screen->drawn > 0)
        fputc('\n', stdout); /* somebody's last words */
    else
        lift(screen);
    screen->drawn = 0;
    screen->keyboard = screen->latest = -1;
    fflush(stdout);
}

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

enum { PLAIN_COLUMNS = 300, MIN_TEXT_COLUMNS = 20 };

static const char *const colours[SERIAL_PORTS] = {"\033[2m", "\033[36m", "\033[33m", "\033[35m"};
static const char note_colour[] = "\033[1m";
static const char colour_off[] = "\033[0m";
static const char clear_row[] = "\r\033[K";

void screen_open(struct screen *screen, bool plain)
{
    struct winsize size = {0};
    setlocale(LC_CTYPE, "");
    *screen = (struct screen){.keyboard = -1, .open = -1, .columns = PLAIN_COLUMNS};
    screen->ascii = strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
    screen->terminal = !plain && isatty(STDOUT_FILENO);
    const char *no_colour = getenv("NO_COLOR");
    screen->colour = screen->terminal && !(no_colour && *no_colour);
    if (screen->terminal)
        screen->columns =
            ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
}

unsigned screen_layout(struct screen *screen)
{
    screen->name_width = strlen("firmware");
    for (int i = 0; i < SERIAL_PORTS; i++)
        if (strlen(screen->names[i]) > screen->name_width)
            screen->name_width = (unsigned)strlen(screen->names[i]);
    /* One column stays free: a terminal may break a full row. */
    unsigned prefix = screen->name_width + 3 + 1;
    return screen->columns > prefix + MIN_TEXT_COLUMNS ? screen->columns - prefix
                                                       : MIN_TEXT_COLUMNS;
}

/* Puts the cursor at the start of an empty row. */
static void fresh_row(struct screen *screen)
{
    if (screen->status)
        fputs(clear_row, stdout);
    else if (screen->open >= 0)
        fputc('\n', stdout);
    screen->status = false;
    screen->open = -1;
}

static void put_row(struct screen *screen, int port, const char *owner, const char *line)
{
    bool typing = screen->terminal && screen->keyboard == port && !owner;
    if (screen->colour)
        fputs(colours[port], stdout);
    printf("%-*s %c ", (int)screen->name_width, owner ? owner : screen->names[port],
           typing ? '>' : '|');
    if (screen->colour)
        fputs(colour_off, stdout);
    fputs(line, stdout);
}

void screen_line(struct screen *screen, int port, const char *owner, const char *line)
{
    bool repeats = *screen->shown[port] && strcmp(screen->shown[port], line) == 0;
    if (screen->open == port)
        fputs(clear_row, stdout);
    else
        fresh_row(screen);
    screen->open = -1;
    if (screen->terminal || !repeats) {
        put_row(screen, port, owner, line);
        fputc('\n', stdout);
    }
    screen->shown[port][0] = 0;
    fflush(stdout);
}

void screen_partial(struct screen *screen, int port, const char *line)
{
    if (strcmp(screen->shown[port], line) == 0)
        return;
    if (screen->open == port)
        fputs(clear_row, stdout);
    else
        fresh_row(screen);
    put_row(screen, port, NULL, line);
    if (screen->terminal)
        screen->open = port;
    else
        fputc('\n', stdout);
    snprintf(screen->shown[port], LINE_BYTES, "%s", line);
    fflush(stdout);
}

static void put_own(struct screen *screen, bool cut, const char *text, va_list args)
{
    fresh_row(screen);
    if (screen->colour)
        fputs(note_colour, stdout);
    char row[PLAIN_COLUMNS * 2];
    int used = snprintf(row, sizeof(row), "%-*s * ", (int)screen->name_width, "run");
    vsnprintf(row + used, sizeof(row) - (size_t)used, text, args);
    if (cut && strlen(row) >= screen->columns)
        row[screen->columns - 1] = 0; /* of a row that wraps only the last part could be cleared */
    fputs(row, stdout);
    if (screen->colour)
        fputs(colour_off, stdout);
}

void screen_note(struct screen *screen, const char *text, ...)
{
    va_list args;
    va_start(args, text);
    put_own(screen, false, text, args);
    va_end(args);
    fputc('\n', stdout);
    fflush(stdout);
}

void screen_status(struct screen *screen, const char *text, ...)
{
    va_list args;
    va_start(args, text);
    put_own(screen, screen->terminal, text, args);
    va_end(args);
    screen->status = screen->terminal;
    if (!screen->terminal)
        fputc('\n', stdout);
    fflush(stdout);
}

void screen_close(struct screen *screen)
{
    fresh_row(screen);
    fflush(stdout);
}

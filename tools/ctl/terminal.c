/* SPDX-License-Identifier: Apache-2.0 */
/* Raw keys, and a terminal that is as it was in every way out. */
#include "terminal.h"

#include <stddef.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

volatile sig_atomic_t terminal_ended, terminal_resized;
static struct termios before;
static volatile sig_atomic_t changed;

void terminal_restore(void)
{
    if (changed)
        tcsetattr(STDIN_FILENO, TCSANOW, &before);
    changed = 0;
}

static void on_signal(int number)
{
    if (number == SIGWINCH)
        terminal_resized = 1;
    else
        terminal_ended = 1;
}

/* What the program can't go on after: tcsetattr() may be called here (POSIX, async-signal-safe). */
static void on_crash(int number)
{
    terminal_restore();
    signal(number, SIG_DFL);
    raise(number);
}

void terminal_signals(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH};
    static const int crashes[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        sigaction(numbers[i], &(struct sigaction){.sa_handler = on_signal}, NULL);
    for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++)
        sigaction(crashes[i], &(struct sigaction){.sa_handler = on_crash}, NULL);
    signal(SIGPIPE, SIG_IGN);
}

bool terminal_raw(void)
{
    struct termios raw;

    if (tcgetattr(STDIN_FILENO, &before) != 0)
        return false;
    raw = before;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG | IEXTEN);
    raw.c_iflag &= ~(tcflag_t)(ICRNL | INLCR | IXON);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    atexit(terminal_restore);
    changed = 1; /* first: a signal between the two must find it so */
    return tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

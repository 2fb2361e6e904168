/* SPDX-License-Identifier: Apache-2.0 */
/* The keyboard: one port's at a time, and behind Ctrl-] the runner's own. */
#include "session.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum {
    ESCAPE_KEY = 0x1d, /* Ctrl-] */
    INTERRUPT_KEY = 0x03,
};

static struct termios terminal_before;
static bool terminal_changed;

void keys_close(void)
{
    if (terminal_changed)
        tcsetattr(STDIN_FILENO, TCSANOW, &terminal_before);
    terminal_changed = false;
}

/* Where no control codes may be written the terminal itself edits, and whole lines are sent. */
void keys_open(struct run *run)
{
    run->typing = !run->plain && isatty(STDOUT_FILENO) && isatty(STDIN_FILENO) &&
                  tcgetattr(STDIN_FILENO, &terminal_before) == 0;
    if (!run->typing)
        return;
    if (run->screen.terminal) {
        struct termios raw = terminal_before;
        raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG | IEXTEN);
        raw.c_iflag &= ~(tcflag_t)(ICRNL | INLCR | IXON);
        atexit(keys_close);
        terminal_changed = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
    }
    for (int port = SERIAL_PORTS - 1; port > 0; port--)
        if (*run->image.owners[port])
            run->screen.keyboard = port;
}

void keys_give(struct run *run, int port)
{
    struct screen *screen = &run->screen;
    const char *owner = run->image.owners[port];
    screen->keyboard = port;
    run->told = true;
    run->deaf = false;
    if (!*owner)
        screen_note(screen, "com%d is no domain's: what is typed goes nowhere (Ctrl-] ?: help)",
                    port + 1);
    else
        screen_note(screen,
                    "the keyboard is %s's now%s (Ctrl-] and a port's digit: another; "
                    "Ctrl-] q: quit; Ctrl-] ?: help)",
                    owner, session_has_stopped(run, port) ? ", which has stopped" : "");
}

static void tell_ports(struct run *run)
{
    char text[SERIAL_PORTS * (NAME_BYTES + 32)] = "";
    size_t used = 0;
    for (int port = 0; port < SERIAL_PORTS; port++) {
        const char *owner = run->image.owners[port];
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%d %s%s%s", port ? ", " : "",
                                 port + 1,
                                 *owner ? owner
                                 : port ? "nobody"
                                        : "boot log",
                                 session_has_stopped(run, port) ? " (stopped)" : "",
                                 port == run->screen.keyboard ? " (has the keyboard)" : "");
    }
    screen_note(&run->screen, "ports: %s", text);
    screen_note(&run->screen,
                "Ctrl-] and: 1-%d the keyboard to that port, o only its lines or all, "
                "q quit, Ctrl-] the key itself",
                SERIAL_PORTS);
}

static void show_only(struct run *run)
{
    struct screen *screen = &run->screen;
    screen->only = !screen->only && screen->keyboard >= 0;
    screen_note(screen,
                screen->only ? "only lines of %s are shown now (Ctrl-] o: all)"
                             : "lines of all are shown now%.0s",
                screen->only ? screen->names[screen->keyboard] : "");
}

/* What is typed to the port that has the keyboard. */
static void send_key(struct run *run, uint8_t key)
{
    int port = run->screen.keyboard;
    if (!run->ports.started || port < 0)
        return;
    const char *why = !*run->image.owners[port]        ? "is no domain's"
                      : session_has_stopped(run, port) ? "has stopped"
                      : run->machine.ports[port] < 0   ? "is closed"
                                                       : NULL;
    if (!run->screen.terminal && key == '\n')
        key = '\r';
    if (!why && write(run->machine.keys[port], &key, 1) == 1)
        return;
    if (!run->deaf)
        screen_note(&run->screen, "%s %s: what is typed goes nowhere (Ctrl-] ?: help)",
                    run->screen.names[port], why ? why : "takes no input now");
    run->deaf = true;
}

/* The key behind Ctrl-]. */
static void take_command(struct run *run, uint8_t key)
{
    screen_hint(&run->screen, NULL);
    if (key == 'q' || key == 'Q')
        run->quit = true;
    else if (key == 'o' || key == 'O')
        show_only(run);
    else if (key >= '1' && key < '1' + SERIAL_PORTS)
        keys_give(run, key - '1');
    else if (key == ESCAPE_KEY)
        send_key(run, key);
    else
        tell_ports(run);
}

void keys_read(struct run *run)
{
    uint8_t keys[64];
    ssize_t got = read(STDIN_FILENO, keys, sizeof(keys));
    run->quit |= got == 0; /* the terminal has gone */
    for (ssize_t i = 0; i < got; i++) {
        if (run->escape) {
            run->escape = false;
            take_command(run, keys[i]);
        } else if (keys[i] == ESCAPE_KEY) {
            run->escape = true;
            screen_hint(&run->screen, "Ctrl-] was pressed: 1-4, o, q or ? next");
        } else if (keys[i] == INTERRUPT_KEY && !run->ports.started) {
            run->quit = true;
        } else {
            send_key(run, keys[i]);
        }
    }
}

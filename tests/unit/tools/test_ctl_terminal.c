/* SPDX-License-Identifier: Apache-2.0 */
/* The terminal is as it was, in whatever way a program leaves that typed raw keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/ctl/terminal.h"
#include <fcntl.h>
#include <pty.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

enum { RETURNS = -1, EXITS = -2 };

/* What the program does once it reads raw keys: leaves, or waits for a signal. */
static void child(int way)
{
    alarm(30);
    terminal_signals();
    if (!terminal_raw())
        _exit(9);
    if (write(STDOUT_FILENO, "x", 1) != 1)
        _exit(9);
    if (way == EXITS)
        exit(0);
    while (way != RETURNS && !terminal_ended)
        usleep(1000);
    terminal_restore();
    _exit(0);
}

/* Its status; `raw`: how the terminal was when it ran, `after`: when it had gone. */
static int leave(int way, struct termios *before, struct termios *raw, struct termios *after)
{
    int terminal, status;
    char byte;
    pid_t pid = forkpty(&terminal, NULL, NULL, NULL);

    if (pid == 0) {
        char go;

        if (read(STDIN_FILENO, &go, 1) == 1)
            child(way);
        _exit(9);
    }
    assert_true(pid > 0);
    assert_int_equal(tcgetattr(terminal, before), 0);
    int kept = open(ptsname(terminal), O_RDWR | O_NOCTTY); /* else it hangs up with the child */
    assert_true(kept >= 0);
    assert_int_equal(write(terminal, "\n", 1), 1);
    do
        assert_int_equal(read(terminal, &byte, 1), 1);
    while (byte != 'x');
    assert_int_equal(tcgetattr(terminal, raw), 0);
    if (way > 0)
        kill(pid, way);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(tcgetattr(terminal, after), 0);
    close(kept);
    close(terminal);
    return status;
}

static void test_every_way_out(void **state)
{
    static const int ways[] = {RETURNS, EXITS,   SIGINT,  SIGTERM, SIGHUP,
                               SIGQUIT, SIGSEGV, SIGABRT, SIGFPE};
    struct termios before, raw, after;

    (void)state;
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        int status = leave(ways[i], &before, &raw, &after);
        bool crash = ways[i] == SIGSEGV || ways[i] == SIGABRT || ways[i] == SIGFPE;

        assert_true(before.c_lflag & ICANON);
        if (ways[i] > 0)
            assert_false(raw.c_lflag & (ICANON | ECHO | ISIG));
        assert_int_equal(after.c_lflag, before.c_lflag);
        assert_int_equal(after.c_iflag, before.c_iflag);
        assert_true(crash ? WIFSIGNALED(status) && WTERMSIG(status) == ways[i]
                          : WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
}

static void test_no_terminal(void **state)
{
    int pipes[2], kept = dup(STDIN_FILENO);

    (void)state;
    assert_int_equal(pipe(pipes), 0);
    dup2(pipes[0], STDIN_FILENO);
    assert_false(terminal_raw());
    terminal_restore();
    dup2(kept, STDIN_FILENO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_way_out),
                                       cmocka_unit_test(test_no_terminal)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

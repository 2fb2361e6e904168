/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `bulkhead run` on a terminal and off it. The emulator is a stand-in (qemu-stand-in) that does
 * with its ports what the test says; this is the terminal, and knows what stands on its last row.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/run/run.h"
#include "tools/run/session.h"
#include "tools/tool.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_MS = 20000, ALL_BYTES = 1 << 16, ROW_BYTES = 1024 };

static pid_t running[2];      /* what a failed test left behind */
static unsigned console_port; /* $PORT, which the console is called by */
static char folder[] = "/tmp/bulkhead-test-XXXXXX", pipe_path[64], image[64], run_path[64];

/* One run: its output as it came, and the terminal's last row. */
struct show {
    pid_t pid;
    int terminal, say;
    char all[ALL_BYTES];
    size_t used, seen; /* seen: where the next expect() begins */
    char row[ROW_BYTES];
    size_t column, widest; /* widest: the longest row so far */
    bool escape;
};

int next_option(int argc, char **argv, const char *letters, const struct option *options)
{
    return getopt_long(argc, argv, letters, options, NULL);
}

/* In the child: the command itself. */
static _Noreturn void become(const char *term, char **arguments)
{
    int count = 0;
    while (arguments[count])
        count++;
    if (term)
        setenv("TERM", term, 1);
    else
        unsetenv("TERM");
    optind = 1;
    int status = run_main(count, arguments);
    fflush(NULL);
    _exit(status);
}

/* Starts `bulkhead run` on a terminal so many columns wide; `option` may be NULL. */
static void begin(struct show *show, const char *term, unsigned short columns, char *option)
{
    char name[] = "run", directory[] = "--dir";
    char *arguments[] = {name, directory, run_path, option ? option : image, option ? image : NULL,
                         NULL};
    struct winsize size = {.ws_row = 24, .ws_col = columns};
    *show = (struct show){.say = open(pipe_path, O_RDWR | O_CLOEXEC)};
    assert_true(show->say >= 0);
    fflush(NULL);
    show->pid = forkpty(&show->terminal, NULL, NULL, &size);
    assert_true(show->pid >= 0);
    running[running[0] > 0] = show->pid;
    if (show->pid == 0) {
        close(show->say);
        become(term, arguments);
    }
}

/* The little that the runner may ask of a terminal. */
static void take_byte(struct show *show, char byte)
{
    if (show->escape) {
        show->escape = byte == '[' || byte == ';' || (byte >= '0' && byte <= '9');
        if (byte == 'K')
            show->row[show->column] = 0;
        else if (!show->escape && byte != 'm')
            fail_msg("an escape sequence that ends in %c", byte);
    } else if (byte == 0x1b) {
        show->escape = true;
    } else if (byte == '\r') {
        show->column = 0;
    } else if (byte == '\n') {
        show->row[0] = 0;
    } else {
        assert_true(show->column < ROW_BYTES - 1);
        size_t length = strlen(show->row);
        show->row[show->column++] = byte;
        if (show->column > length)
            show->row[show->column] = 0;
        if (show->column > show->widest)
            show->widest = show->column;
    }
}

/* Takes what came; false when nothing did, or the terminal was closed. */
static bool take(struct show *show, int ms)
{
    struct pollfd wait = {.fd = show->terminal, .events = POLLIN};
    char bytes[512];
    if (poll(&wait, 1, ms) <= 0)
        return false;
    ssize_t got = read(show->terminal, bytes, sizeof(bytes));
    for (ssize_t i = 0; i < got; i++) {
        assert_true(show->used < ALL_BYTES - 1);
        show->all[show->used++] = bytes[i];
        take_byte(show, bytes[i]);
    }
    return got > 0;
}

/* Waits for a text in what comes from now on. */
static void expect(struct show *show, const char *text)
{
    for (int ms = 0;; ms += 50) {
        const char *found = strstr(show->all + show->seen, text);
        if (found) {
            show->seen = (size_t)(found - show->all) + strlen(text);
            return;
        }
        if (!take(show, 50) && ms > PATIENCE_MS)
            fail_msg("no \"%s\" in: %s", text, show->all + show->seen);
    }
}

/* Waits until the last row is that. */
static void expect_row(struct show *show, const char *row)
{
    for (int ms = 0; strcmp(show->row, row) != 0; ms += 50)
        if (!take(show, 50) && ms > PATIENCE_MS)
            fail_msg("the last row is not \"%s\": %s\nin: %s", row, show->row, show->all);
    show->seen = show->used;
}

static void say(struct show *show, const char *line)
{
    assert_int_equal(dprintf(show->say, "%s\n", line), (int)strlen(line) + 1);
}

static void type(struct show *show, const char *keys)
{
    assert_int_equal(write(show->terminal, keys, strlen(keys)), (ssize_t)strlen(keys));
}

/* Takes the rest of what comes, and the exit status. */
static int end(struct show *show)
{
    int status = 0;
    while (take(show, PATIENCE_MS))
        ;
    assert_int_equal(waitpid(show->pid, &status, 0), show->pid);
    close(show->terminal);
    close(show->say);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static unsigned times(const struct show *show, const char *text)
{
    unsigned count = 0;
    for (const char *at = show->all; (at = strstr(at, text)) != NULL; at++)
        count++;
    return count;
}

/* The loader speaks; what came to other ports before that is nobody's. */
static void start(struct show *show)
{
    say(show, "1 BdsDxe: starting\\nbulkhead: hi\\n");
    expect(show, "bulkhead: hi");
}

static void test_open_line_stays_last(void **state)
{
    static struct show show;
    (void)state;
    begin(&show, "xterm", 80, NULL);
    expect(&show, "the firmware starts: 0 of about 5 s");
    start(&show);
    expect(&show, "the keyboard is linux's now");
    say(&show, "2 linux:/# ");
    expect(&show, "the keyboard is linux's now"); /* once more, at the prompt */
    expect_row(&show, "linux    > linux:/# ");
    say(&show, "3 hello: one\\nhello: half");
    expect(&show, "hello    | hello: one\r\n");
    while (take(&show, 500)) /* longer than half a line waits to be shown */
        ;
    expect_row(&show, "linux    > linux:/# ");
    say(&show, "2 ls");
    expect_row(&show, "linux    > linux:/# ls");
    say(&show, "3  line\\n");
    expect(&show, "hello    | hello: half line\r\n");
    expect_row(&show, "linux    > linux:/# ls");
    say(&show, "2 \\r\\nbin\\r\\n");
    expect(&show, "linux    > linux:/# ls\r\n");
    expect(&show, "linux    > bin\r\n");
    type(&show, "\x1dq");
    assert_int_equal(end(&show), 0);
    assert_int_equal(times(&show, "hello: half"), 1);
}

/* Read at once with the loader's first line, or before it: text tells, not time. */
static void test_firmware_or_domain(void **state)
{
    static struct show show;
    (void)state;
    begin(&show, "xterm", 80, NULL);
    say(&show, "3 \\nBdsDxe: loading\\nBdsDxe: starting\\nhello: early\\nBdsDxe: starting\\n");
    say(&show, "2 BdsDxe: starting\\n");
    say(&show, "1 BdsDxe: loading\\nBdsDxe: starting\\nbulkhead: hi\\n");
    expect(&show, "hello    | hello: early\r\n");
    expect(&show, "hello    | BdsDxe: starting\r\n"); /* a domain may say that too */
    expect(&show, "bulkhead: hi");
    say(&show, "2 BdsDxe: loading\\nlinux: late\\n"); /* still the firmware's, read late */
    expect(&show, "linux: late");
    type(&show, "\x1dq");
    assert_int_equal(end(&show), 0);
    assert_int_equal(times(&show, "linux    > BdsDxe"), 0);
    assert_int_equal(times(&show, "hello    | BdsDxe"), 1);
}

/* Rows end between words; what has none, or a long one, is cut where the row is full. */
static void test_long_lines(void **state)
{
    static struct show show;
    (void)state;
    begin(&show, "xterm", 80, NULL);
    start(&show);
    say(&show, "3 hello: 0123456789 0123456789 0123456789 0123456789 0123456789 uncommon words\\n");
    expect(&show, "hello    | hello: 0123456789 0123456789 0123456789 0123456789 0123456789 \r\n"
                  "hello    | uncommon words\r\n");
    say(&show, "3 a row: _________________________________________________________________1\\n");
    expect(&show, "_\r\nhello    | ____1\r\n");
    type(&show, "\x1dq");
    assert_int_equal(end(&show), 0);
}

static void test_keys(void **state)
{
    static struct show show;
    (void)state;
    begin(&show, "xterm", 80, NULL);
    start(&show);
    expect(&show, "the keyboard is linux's now");
    type(&show, "\x1d");
    expect_row(&show, "run      * Ctrl-] was pressed: 1-4, o, q or ? next");
    say(&show, "3 a row between\\n");
    expect(&show, "a row between");
    expect_row(&show, "run      * Ctrl-] was pressed: 1-4, o, q or ? next");
    type(&show, "?");
    expect(&show, "ports: 1 boot log, 2 linux (has the keyboard), 3 hello, 4 nobody");
    say(&show, "hear 2");
    type(&show, "word\r");
    expect(&show, "linux    > heard word");
    type(&show, "\x1do");
    expect(&show, "only lines of linux are shown now");
    say(&show, "3 hidden\\n");
    say(&show, "2 shown\\n");
    expect(&show, "linux    > shown");
    type(&show, "\x1do");
    expect(&show, "lines of all are shown now");
    assert_int_equal(times(&show, "hidden"), 0);
    type(&show, "\x1d"
                "4");
    expect(&show, "com4 is no domain's: what is typed goes nowhere");
    type(&show, "ab");
    expect(&show, "(com4) is no domain's");
    say(&show, "1 bulkhead: domain hello ended: power off (ACPI S5); it stays stopped\\n");
    expect(&show, "hello has stopped for good");
    type(&show, "\x1d"
                "3");
    expect(&show, "the keyboard is hello's now, which has stopped");
    type(&show, "abc");
    expect(&show, "hello has stopped: what is typed goes nowhere");
    type(&show, "\x1dq");
    assert_int_equal(end(&show), 0);
    assert_int_equal(times(&show, "hello has stopped: "), 1);
}

static void test_ends_with_the_last_domain(void **state)
{
    static struct show show;
    (void)state;
    begin(&show, "xterm", 80, NULL);
    start(&show);
    /* Nobody speaks of others, and a restart is no end. */
    say(&show, "3 bulkhead: domain quiet ended: reset register; it stays stopped\\n");
    say(&show, "1 bulkhead: domain quiet ended: triple fault; restart 1 of 3\\n");
    /* Of itself a domain may claim it, until it speaks again. */
    say(&show, "3 bulkhead: domain hello ended: power off (ACPI S5); it stays stopped\\n");
    expect(&show, "hello has stopped for good");
    say(&show, "3 still here\\n");
    expect(&show, "hello speaks again");
    say(&show, "3 bulkhead: domain hello ended: power off (ACPI S5); it stays stopped\\n");
    expect(&show, "hello has stopped for good");
    say(&show, "1 bulkhead: domain linux ended: reset register; it stays stopped\\n");
    expect(&show, "linux has stopped for good");
    say(&show, "2 late words\\n");
    expect(&show, "late words");
    assert_false(take(&show, 2500));
    say(&show, "1 bulkhead: domain quiet ended: triple fault; it stays stopped (limit 3)\\n");
    expect(&show, "quiet has stopped for good");
    expect(&show, "all domains have stopped after");
    assert_int_equal(end(&show), 0);
    assert_int_equal(times(&show, "quiet has stopped"), 1);
    assert_int_equal(times(&show, "linux speaks"), 0);
}

static void test_emulator_ends(void **state)
{
    static struct show show;
    char words[128];
    (void)state;
    begin(&show, "xterm", 80, NULL);
    start(&show);
    say(&show, "kill");
    expect(&show, "run/1/emulator.log says nothing");
    expect(&show, "the emulator was killed (Killed)");
    assert_int_equal(end(&show), 1);
    begin(&show, "xterm", 80, NULL);
    start(&show);
    say(&show, "err one\\ntwo\\n\\nthree\\nqemu: no such\\033[2J device");
    say(&show, "exit 0");
    snprintf(words, sizeof(words), "the last lines of %s/emulator.log:", run_path);
    expect(&show, words);
    expect(&show, "run      *   two");
    expect(&show, "run      *   three");
    expect(&show, "run      *   qemu: no such device");
    expect(&show, "the emulator ended by itself, status 0 after");
    assert_int_equal(times(&show, "one"), 0);
    assert_int_equal(end(&show), 1);
}

static void test_firmware_shell(void **state)
{
    static struct show show;
    (void)state;
    begin(&show, "xterm", 80, NULL);
    say(&show, "1 BdsDxe: loading Boot0001\\nBdsDxe: starting Boot0003 \"EFI Internal Shell\"\\n");
    expect(&show, "the firmware could not load the image and started its shell");
    assert_int_equal(end(&show), 1);
}

/* A hint about the device's group would mislead where the processor has no VT-x anyway. */
static void test_kvm_without_vtx(void **state)
{
    (void)state;
    if (system("grep -qw vmx /proc/cpuinfo") == 0)
        skip();
    assert_int_equal(system("build/bulkhead run --machine kvm $DIR/intel.efi 2>&1 | "
                            "grep -q 'this processor offers no VT-x'"),
                     0);
}

/* No control codes where the terminal knows none; what is typed is sent all the same. */
static void test_dumb_terminals(void **state)
{
    static const char *const terms[] = {"dumb", "", NULL};
    static struct show show;
    (void)state;
    for (size_t i = 0; i < sizeof(terms) / sizeof(terms[0]); i++) {
        begin(&show, terms[i], 80, NULL);
        start(&show);
        expect(&show, "the keyboard is linux's now");
        say(&show, "hear 2");
        type(&show, "word\n");
        expect(&show, "linux    | heard word");
        type(&show, "\x1dq\n");
        assert_int_equal(end(&show), 0);
        assert_null(strchr(show.all, 0x1b));
    }
}

static void test_windows(void **state)
{
    static struct show show;
    struct winsize size = {.ws_row = 24, .ws_col = 24};
    (void)state;
    begin(&show, "xterm", 20, NULL);
    start(&show);
    say(&show, "2 a prompt that is longer than that> ");
    expect_row(&show, "com2 >  than that> ");
    show.widest = 0;
    say(&show, "3 12345678901234567890\\n");
    expect(&show, "com3 | ");
    expect_row(&show, "com2 >  than that> ");
    assert_in_range(show.widest, 1, 19);
    type(&show, "\x1dq");
    assert_int_equal(end(&show), 0);

    begin(&show, "xterm", 80, NULL);
    start(&show);
    say(&show, "2 a prompt that is longer than that> ");
    expect_row(&show, "linux    > a prompt that is longer than that> ");
    assert_int_equal(ioctl(show.terminal, TIOCSWINSZ, &size), 0);
    expect_row(&show, "com2 > nger than that> ");
    type(&show, "\x1dq");
    assert_int_equal(end(&show), 0);
}

static void test_half_lines_once(void **state)
{
    static struct show show;
    char plain[] = "--plain";
    (void)state;
    begin(&show, "xterm", 80, plain);
    start(&show);
    say(&show, "3 slow");
    expect(&show, "hello    | slow\r\n");
    say(&show, "3 ly\\n");
    expect(&show, "hello    + ly\r\n");
    say(&show, "3 whole\\n");
    expect(&show, "hello    | whole\r\n");
    say(&show, "3 other");
    expect(&show, "hello    | other\r\n");
    say(&show, "3 \\n");
    say(&show, "3 \\rlast\\n");
    expect(&show, "hello    | last\r\n");
    if (times(&show, "slow") != 1 || times(&show, "| other") != 1)
        fail_msg("half a line twice: %s", show.all);
    assert_int_equal(kill(show.pid, SIGTERM), 0);
    assert_int_equal(end(&show), 0);
}

static void test_one_run_a_folder(void **state)
{
    static struct show show, other;
    char words[128];
    (void)state;
    begin(&show, "xterm", 80, NULL);
    start(&show);
    expect(&show, "the keyboard is linux's now");
    begin(&other, "xterm", 80, NULL);
    snprintf(words, sizeof(words), "is in use by another run, process %d: ", (int)show.pid);
    expect(&other, words);
    expect(&other, "--dir");
    assert_int_equal(end(&other), EXIT_ENVIRONMENT);
    say(&show, "2 unharmed\\n");
    expect(&show, "unharmed");
    type(&show, "\x1dq");
    assert_int_equal(end(&show), 0);
}

/* Who reads has gone: so does the emulator, whose pipe then has no reader any more. */
static void test_closed_pipe(void **state)
{
    char line[512];
    (void)state;
    snprintf(line, sizeof(line),
             "exec 9<>%s; { timeout 20 build/bulkhead run --dir %s %s; echo $? >%s/status; } "
             "9>&- | head -n 1 >/dev/null & i=0; while ! [ -s %s/status ] && [ $i -lt 200 ]; do "
             "echo '1 bulkhead' >&9; sleep 0.1; i=$((i + 1)); done; grep -qx 3 %s/status",
             pipe_path, run_path, image, folder, folder, folder);
    assert_int_equal(system(line), 0);
}

static void test_only_images(void **state)
{
    static const struct {
        const char *arguments, *words;
        int status;
    } cases[] = {
        {"README.md", "README.md: is no PE file", 1},
        {"build/boot/loader.efi",
         "is an EFI program, but holds no manifest; `bulkhead build` makes images", 1},
        {"$DIR/survey.efi",
         "survey.efi: is a survey, which looks at a machine and holds no manifest; `bulkhead disk` "
         "makes of it what a machine boots, QEMU too (docs/boards.md)\n",
         1},
        {"/dev/null", "is empty", 3},
        {"--machine bochs $DIR/amd.efi",
         "is for processors of AMD, and Bochs (emulates VT-x): use "
         "--machine tcg, or build the image with --cpu intel",
         1},
        {"--machine tcg $DIR/intel.efi",
         "use --machine bochs or kvm, or build the image with --cpu "
         "amd",
         1},
        {"--machine xen $DIR/amd.efi", "it is none of auto, bochs, kvm, tcg", 3},
        {"--dir README.md/x $DIR/amd.efi", "README.md/x: Not a directory", 3},
        {"--which $DIR/intel.efi", "Bochs (emulates VT-x), 1 processor, ", 0},
        {"--which", "tcg\n", 0},
        {"--which $DIR/device.efi", "QEMU without KVM (emulates AMD-V), 4 processors", 0},
        {"--machine bochs $DIR/intel-device.efi",
         "has PCI functions for its domains, and Bochs has no IOMMU that would confine them: build "
         "the image with --cpu amd and use --machine tcg",
         1},
        {"$DIR/unknown.efi", "the device at 01:00.0: its id 8086:1234 is none of 8086:10d3 e1000e",
         1},
    };
    char line[512], out[512];
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(line, sizeof(line), "timeout 20 build/bulkhead run %s 2>&1 </dev/null",
                 cases[i].arguments);
        FILE *pipe = popen(line, "r");
        assert_non_null(pipe);
        out[fread(out, 1, sizeof(out) - 1, pipe)] = 0;
        int status = pclose(pipe);
        /* Where KVM lends out VT-x, it would be that. */
        if (!strstr(out, cases[i].words) && !strstr(out, "QEMU with KVM") &&
            strcmp(out, "kvm\n") != 0)
            fail_msg("%s: %s", cases[i].arguments, out);
        assert_int_equal(WEXITSTATUS(status), cases[i].status);
    }
}

/* A port that is free, or, with `listen`, one that is taken; -1: its socket is closed again. */
static int free_port(bool taken, unsigned *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &length), 0);
    *port = ntohs(address.sin_port);
    if (taken)
        assert_int_equal(listen(listener, 1), 0);
    else
        close(listener);
    return taken ? listener : -1;
}

/* Begins a run of the image with a console, whose port is $PORT or, not 0, `port`. */
static void begin_console(struct show *show, unsigned port)
{
    char option[32], usual[64];
    snprintf(option, sizeof(option), "--port=%u", port ? port : console_port);
    memcpy(usual, image, sizeof(image));
    snprintf(image, sizeof(image), "%s/console.efi", folder);
    begin(show, "xterm", 200, option);
    memcpy(image, usual, sizeof(image));
}

/* Starts the domains of it, and ends it. */
static void end_console(struct show *show)
{
    start(show);
    say(show, "1 bulkhead: 4 domains start\\n");
    say(show, "1 last\\n");
    expect(show, "last");
    say(show, "exit 0");
    end(show);
}

/* Where the console is, said once when the domains start, and `ctl` is told. */
static void test_console(void **state)
{
    static struct show show;
    static const char told[] =
        "h=$DIR/bulkhead/hosts.yaml; grep -q \"name: 'test'\" $h && grep -q \"address: "
        "'127.0.0.1:$PORT'\" $h && grep -q \"key: '$DIR/ops.key'\" $h && grep -q \"certificate: "
        "'$DIR/ops.pem'\" $h && grep -q \"server-key: '$(grep -v -- -- build/fixtures/server.pub | "
        "base64 -d | sha256sum | cut -c1-64)'\" $h";
    char words[256];
    (void)state;
    assert_int_equal(
        system("mkdir -p $DIR/bulkhead; cd $DIR/bulkhead; for n in 'old, emulated: true' real; do\n"
               "printf -- '- {name: %s, address: \"127.0.0.1:%s\", server-key: %064d, key: k, "
               "certificate: c}\\n' \"$n\" $PORT 0; done | sed '1ihosts:' >hosts.yaml; "
               "chmod 600 hosts.yaml"),
        0);
    begin_console(&show, 0);
    expect(&show, "`bulkhead ctl --host test` speaks with its console");
    start(&show);
    say(&show, "2 bulkhead: 4 domains start\\n"); /* not the boot log */
    say(&show, "1 bulkhead: 4 domains\\n");
    say(&show, "1 bulkhead: 4 domains start\\n");
    snprintf(words, sizeof(words), "open https://127.0.0.1:%u (certificate: %s/console.pem)",
             console_port, folder);
    expect(&show, words);
    say(&show, "1 bulkhead: 4 domains start\\n");
    say(&show, "1 bulkhead: domain hello ended: power off (ACPI S5); it stays stopped\\n");
    expect(&show, "hello has stopped, until an operator starts it");
    say(&show, "1 last\\n");
    expect(&show, "last");
    say(&show, "exit 0");
    end(&show);
    assert_int_equal(times(&show, "open https"), 1);
    assert_int_equal(system(told), 0);
    /* What an earlier run wrote is gone, what a person wrote is not. */
    assert_int_equal(
        system("h=$DIR/bulkhead/hosts.yaml; ! grep \"'old'\" $h && grep -q \"'real'\" $h"), 0);
}

static void test_console_ports(void **state)
{
    static struct show show;
    char words[256];
    unsigned port;
    (void)state;
    int listener = free_port(true, &port);
    begin_console(&show, port);
    snprintf(words, sizeof(words),
             "127.0.0.1:%u, which is to lead to the console: Address already "
             "in use; end what has it, as another run, or choose one with "
             "--port N (`make run PORT=N`), or go without: --no-forward",
             port);
    expect(&show, words);
    assert_int_equal(end(&show), 3);
    close(listener);

    /* One that its names do not have. */
    begin_console(&show, port);
    snprintf(words, sizeof(words), "the console refuses whoever calls it 127.0.0.1:%u", port);
    expect(&show, words);
    end_console(&show);
    assert_int_equal(times(&show, "open https") + times(&show, "the console refuses"), 1);
    assert_int_equal(times(&show, "speaks with its console"), 0);
}

/* Files that are called as the manifest's keys and are others are not theirs. */
static void test_keys_of_others(void **state)
{
    static struct show show;
    char words[256];
    (void)state;
    assert_int_equal(system("cd $DIR && mkdir own && cp ops.* console.pem own && rm -f "
                            "bulkhead/hosts.yaml && cp ops.pem console.pem && cp console.key "
                            "ops.key"),
                     0);
    begin_console(&show, 0);
    snprintf(words, sizeof(words),
             "no administrator's key is here (%s/ops.key is another's, %s/audit.key is not there): "
             "`bulkhead ctl host add test --address 127.0.0.1:%u ",
             folder, folder, console_port);
    expect(&show, words);
    end_console(&show);
    snprintf(words, sizeof(words), "open https://127.0.0.1:%u (`bulkhead key certificate MANIFEST",
             console_port);
    assert_int_equal(times(&show, words), 1);

    assert_int_equal(system("cd $DIR && cp own/* . && cp console.pem ops.pem"), 0);
    begin_console(&show, 0);
    snprintf(words, sizeof(words), "(%s/ops.pem is another's, ", folder);
    expect(&show, words);
    end_console(&show);
    assert_int_equal(system("cd $DIR && cp own/* . && ! test -e bulkhead/hosts.yaml"), 0);
}

/* What somebody added by hand stays, even at the same address. */
static void test_entry_of_a_person(void **state)
{
    static struct show show;
    (void)state;
    assert_int_equal(
        system("cd $DIR/bulkhead; printf -- 'hosts:\\n- {name: test, address: "
               "\"127.0.0.1:%s\", server-key: %064d, key: k, certificate: c}\\n' $PORT 0 "
               ">hosts.yaml; chmod 600 hosts.yaml; cp hosts.yaml before"),
        0);
    begin_console(&show, 0);
    expect(&show, "hosts.yaml line 2 has a test at 127.0.0.1:");
    expect(&show, " that somebody added; `bulkhead ctl host remove test` and run again");
    end_console(&show);
    assert_int_equal(system("cd $DIR/bulkhead && cmp hosts.yaml before"), 0);
    /* It is this very machine's. */
    assert_int_equal(
        system("cd $DIR/bulkhead && k=$(grep -v -- -- $OLDPWD/build/fixtures/server.pub | base64 "
               "-d | sha256sum | cut -c1-64) && sed -i \"s/server-key: 0*/server-key: $k/\" "
               "hosts.yaml && cp hosts.yaml before"),
        0);
    begin_console(&show, 0);
    expect(&show, "`bulkhead ctl --host test` speaks with its console");
    end_console(&show);
    assert_int_equal(system("cd $DIR/bulkhead && cmp hosts.yaml before && rm hosts.yaml"), 0);
}

static void test_no_console(void **state)
{
    static struct show show;
    char without[] = "--no-forward", usual[64];
    (void)state;
    memcpy(usual, image, sizeof(image));
    snprintf(image, sizeof(image), "%s/console.efi", folder);
    begin(&show, "xterm", 200, without);
    memcpy(image, usual, sizeof(image));
    end_console(&show);
    assert_int_equal(times(&show, "open https") + times(&show, "ctl"), 0);
}

static void test_ends_are_read(void **state)
{
    char name[NAME_BYTES];
    bool stays;
    (void)state;
    assert_true(end_of_domain("bulkhead: domain a-1 ended: x; restart 1 of 2", name, &stays));
    assert_string_equal(name, "a-1");
    assert_false(stays);
    assert_true(end_of_domain("bulkhead: domain a: no; it stays stopped: y", name, &stays) &&
                stays);
    assert_false(end_of_domain(" bulkhead: domain a ended", name, &stays));
    assert_false(end_of_domain("bulkhead: domain ", name, &stays));
    assert_false(end_of_domain("bulkhead: domain aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa ended",
                               name, &stays));
}

static int set_up(void **state)
{
    static const char script[] =
        "ln -s $PWD/tests/unit/tools/qemu-stand-in $DIR/qemu-system-x86_64 && mkfifo $DIR/pipe &&\n"
        "cp build/fixtures/good.elf $DIR && cat >$DIR/m.yaml <<'END'\n"
        "host: test\n"
        "domains:\n"
        "  - {name: linux, cpus: 1, memory: 64M, boot: {elf64: good.elf}, serial: {port: com2}}\n"
        "  - {name: hello, cpus: 1, memory: 64M, boot: {elf64: good.elf}, serial: {port: com3}}\n"
        "  - {name: quiet, cpus: 1, memory: 64M, boot: {elf64: good.elf}}\n"
        "END\n"
        "build/bulkhead survey -o $DIR/survey.efi >/dev/null &&\n"
        "build/bulkhead build --cpu amd $DIR/m.yaml -o $DIR/amd.efi >/dev/null &&\n"
        "sed '/hello/d;/quiet/d;s/host/platform: {processors: 1}\\n&/' $DIR/m.yaml >$DIR/i.yaml "
        "&&\n"
        "build/bulkhead build --cpu intel $DIR/i.yaml -o $DIR/intel.efi >/dev/null &&\n"
        "sed '$s/}$/, devices: [{pci: \"01:00.0\", id: \"8086:10d3\"}]}/' $DIR/m.yaml >$DIR/d.yaml "
        "&&\n"
        "for cpu in intel amd; do build/bulkhead build --cpu $cpu $DIR/d.yaml -o "
        "$DIR/$cpu-device.efi; "
        "done >/dev/null 2>&1 &&\n"
        "mv $DIR/amd-device.efi $DIR/device.efi && sed 's/10d3/1234/' $DIR/d.yaml >$DIR/u.yaml &&\n"
        "build/bulkhead build --cpu amd $DIR/u.yaml -o $DIR/unknown.efi >/dev/null 2>&1 &&\n"
        "F=build/fixtures; cp $F/ops.pub $F/audit.pub $DIR && cp $F/server.key $DIR/console.key "
        "&&\n"
        "rm $DIR/ops.pub && build/bulkhead key new ops --password x --dir $DIR >/dev/null && { sed "
        "'/hello/s/}}$/}, manage: "
        "[start]}/' $DIR/m.yaml; cat <<'END'\n"
        "networks: {admin: {}}\n"
        "management:\n"
        "  cpus: 1\n"
        "  memory: 64M\n"
        "  nic: {pci: \"01:00.0\", id: \"8086:10d3\", network: admin, address: 10.9.8.7/24}\n"
        "  names: [127.0.0.1:PORT]\n"
        "  key: console.key\n"
        "  admins:\n"
        "    - {name: audit, key: audit.pub, role: auditor, expires: 2199-01-31}\n"
        "    - {name: ops, key: ops.pub, role: operator, expires: 2199-01-31}\n"
        "END\n"
        "} | sed \"s#key: #&$DIR/#; s/:PORT/:$PORT/\" >$DIR/c.yaml && build/bulkhead build --cpu "
        "amd --console "
        "build/fixtures/good.elf $DIR/c.yaml -o $DIR/console.efi >/dev/null 2>&1 &&\n"
        "build/bulkhead key certificate $DIR/c.yaml -o $DIR/console.pem >/dev/null 2>&1\n";
    char path[4096], number[16];
    (void)state;
    free_port(false, &console_port);
    snprintf(number, sizeof(number), "%u", console_port);
    if (!mkdtemp(folder) || setenv("PORT", number, 1) != 0 || setenv("DIR", folder, 1) != 0 ||
        system(script) != 0)
        return -1;
    snprintf(pipe_path, sizeof(pipe_path), "%s/pipe", folder);
    snprintf(image, sizeof(image), "%s/amd.efi", folder);
    snprintf(run_path, sizeof(run_path), "%s/run/1", folder);
    snprintf(path, sizeof(path), "%s:%s", folder, getenv("PATH"));
    setenv("PATH", path, 1);
    setenv("STAND_IN", pipe_path, 1);
    setenv("XDG_CONFIG_HOME", folder, 1);
    setenv("NO_COLOR", "1", 1);
    setenv("LC_ALL", "C", 1);
    return 0;
}

static int end_runs(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        if (running[i] > 0 && waitpid(running[i], NULL, WNOHANG) == 0 &&
            kill(running[i], SIGKILL) == 0)
            waitpid(running[i], NULL, 0);
        running[i] = 0;
    }
    return 0;
}

static int clean_up(void **state)
{
    (void)state;
    return system("rm -r $DIR");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_open_line_stays_last, end_runs),
        cmocka_unit_test_teardown(test_firmware_or_domain, end_runs),
        cmocka_unit_test_teardown(test_long_lines, end_runs),
        cmocka_unit_test_teardown(test_keys, end_runs),
        cmocka_unit_test_teardown(test_ends_with_the_last_domain, end_runs),
        cmocka_unit_test_teardown(test_emulator_ends, end_runs),
        cmocka_unit_test_teardown(test_firmware_shell, end_runs),
        cmocka_unit_test_teardown(test_kvm_without_vtx, end_runs),
        cmocka_unit_test_teardown(test_dumb_terminals, end_runs),
        cmocka_unit_test_teardown(test_windows, end_runs),
        cmocka_unit_test_teardown(test_half_lines_once, end_runs),
        cmocka_unit_test_teardown(test_one_run_a_folder, end_runs),
        cmocka_unit_test_teardown(test_closed_pipe, end_runs),
        cmocka_unit_test_teardown(test_only_images, end_runs),
        cmocka_unit_test_teardown(test_console, end_runs),
        cmocka_unit_test_teardown(test_console_ports, end_runs),
        cmocka_unit_test_teardown(test_keys_of_others, end_runs),
        cmocka_unit_test_teardown(test_entry_of_a_person, end_runs),
        cmocka_unit_test_teardown(test_no_console, end_runs),
        cmocka_unit_test_teardown(test_ends_are_read, end_runs),
    };
    return cmocka_run_group_tests_name("run", tests, set_up, clean_up);
}

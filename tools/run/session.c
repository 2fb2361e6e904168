/* SPDX-License-Identifier: Apache-2.0 */
/* The loop that moves bytes between ports, screen and keyboard, and what ends it. */
#include "session.h"
#include "tools/tool.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { POLL_MS = 100, LOG_LINES = 3, LOG_CELLS = 400, LOG_BYTES = 4096 };
/* After so many seconds an unfinished line is shown, on a terminal and in a file. */
static const double prompt_wait = 0.2, plain_prompt_wait = 2;
static const double progress_every = 5;
/* Time for the rest of what is said: after a refusal, and after the last domain's end. */
static const double last_words = 0.5, last_silence = 1.5;

const struct machine_fact machine_facts[MACHINE_KINDS] = {
    [MACHINE_BOCHS] = {12, "Bochs (emulates VT-x)",
                       "firmware takes 10 to 30 s, Linux another minute or two"},
    [MACHINE_KVM] = {3, "QEMU with KVM", "firmware takes 3 s, Linux a few more"},
    [MACHINE_TCG] = {5, "QEMU without KVM (emulates AMD-V)",
                     "firmware takes 5 s, Linux another half a minute"},
    [MACHINE_NESTED] = {100, "QEMU with KVM in Bochs (emulates VT-x and VT-d)",
                        "its Linux and firmware take two minutes, the loader half a minute"},
};

static volatile sig_atomic_t interrupted, resized;

static void on_signal(int number)
{
    if (number == SIGWINCH)
        resized = 1;
    else
        interrupted = number;
}

bool end_of_domain(const char *line, char name[NAME_BYTES], bool *stays)
{
    static const char start[] = "bulkhead: domain ";
    if (strncmp(line, start, sizeof(start) - 1) != 0)
        return false;
    line += sizeof(start) - 1;
    size_t length = strspn(line, "abcdefghijklmnopqrstuvwxyz0123456789-");
    if (length == 0 || length >= NAME_BYTES)
        return false;
    memcpy(name, line, length);
    name[length] = 0;
    *stays = strstr(line + length, "stays stopped") != NULL;
    return true;
}

/* The number of the domain that is called so, -1: none. */
static int domain_named(const struct run *run, const char *name)
{
    for (unsigned i = 0; i < run->image.domain_count; i++)
        if (strcmp(run->image.domains[i], name) == 0)
            return (int)i;
    return -1;
}

bool session_has_stopped(const struct run *run, int port)
{
    int domain = domain_named(run, run->image.owners[port]);
    return domain >= 0 && run->stopped[domain] != STOP_NO;
}

/* Takes down that a domain has stopped and starts by itself no more, or that it has not. */
static void note_stop(struct run *run, int domain, enum stop how)
{
    bool all = true;
    run->stopped[domain] = how;
    screen_note(&run->screen, "%s %s", run->image.domains[domain],
                how == STOP_NO ? "speaks again: its port had said that it has stopped"
                : run->image.startable[domain] ? "has stopped, until an operator starts it"
                                               : "has stopped for good");
    for (unsigned i = 0; i < run->image.domain_count; i++)
        all &= run->stopped[i] != STOP_NO;
    run->ended = all ? seconds_now() : 0;
}

/*
 * What the hypervisor says of a domain's end stands in the boot log or on the domain's own port,
 * where the domain could say it, too: of itself only, and then it had better be silent.
 */
static void heed_end(struct run *run, int port, const char *line)
{
    char name[NAME_BYTES];
    bool stays, is_log = port == 0 && !*run->image.owners[0];
    int owner = domain_named(run, run->image.owners[port]);
    if (end_of_domain(line, name, &stays)) {
        int domain = domain_named(run, name);
        if (stays && domain >= 0 && (is_log || domain == owner) && run->stopped[domain] == STOP_NO)
            note_stop(run, domain, is_log ? STOP_IN_LOG : STOP_ON_ITS_PORT);
    } else if (owner >= 0 && run->stopped[owner] == STOP_ON_ITS_PORT && *line &&
               strncmp(line, "bulkhead: ", 10) != 0) {
        note_stop(run, owner, STOP_NO);
    }
}

/* Once the domains start, where the console is. */
static void say_console(struct run *run, const char *line)
{
    char words[2 * CONSOLE_PATH];
    unsigned port = run->options.console.port, domains;
    int length = 0;
    if (port == 0 || sscanf(line, "bulkhead: %u domains start%n", &domains, &length) < 1 || !length)
        return;
    run->opened = true;
    if (!console_has_name(&run->image.console, port))
        return; /* said before */
    console_words(&run->image.console, port, words, sizeof(words));
    screen_note(&run->screen, "%s", words);
}

/* What com1 says before the loader speaks is the firmware's, afterwards the boot log's. */
static void show_line(void *context, int port, bool firmware, const char *line)
{
    static const struct {
        const char *start, *stage;
    } stages[] = {{"BdsDxe: loading", "the firmware reads the image"},
                  {"BdsDxe: starting", "the image starts"}};
    struct run *run = context;

    for (unsigned i = 0; firmware && i < sizeof(stages) / sizeof(stages[0]); i++)
        if (strncmp(line, stages[i].start, strlen(stages[i].start)) == 0)
            run->stage = stages[i].stage;
    /* What firmware does with an image that it can't load. */
    if (firmware && run->stage == stages[1].stage && strstr(line, "Shell"))
        run->shell = seconds_now();
    if (!firmware || *line)
        screen_line(&run->screen, port, firmware ? "firmware" : NULL, line);
    if (firmware)
        return;
    heed_end(run, port, line);
    if (port == 0 && strcmp(line, "bulkhead: no domain was started") == 0)
        run->refused = seconds_now();
    if (port == 0 && !run->opened)
        say_console(run, line);
}

/* Shows the unfinished lines that have waited for `wait` seconds. */
static void show_prompts(struct run *run, double wait)
{
    char text[LINE_BYTES];
    for (int port = 0; port < SERIAL_PORTS; port++) {
        bool typed = run->screen.keyboard == port && *run->screen.open[port];
        /* On a terminal, what is typed must be seen at once. */
        if (!ports_partial(&run->ports, port, typed && run->screen.terminal ? 0 : wait, text) ||
            (!*text && !*run->screen.open[port]))
            continue;
        if (run->typing && !run->prompted && *text && port == run->screen.keyboard) {
            run->prompted = true;
            keys_give(run, port);
        }
        screen_partial(&run->screen, port, text);
    }
}

static void show_progress(struct run *run)
{
    double time = seconds_now();
    if (run->ports.started || time - run->progress < (run->screen.terminal ? 1 : progress_every))
        return;
    run->progress = time;
    screen_status(&run->screen, "%s: %.0f of about %d s", run->stage,
                  machine_seconds(&run->machine),
                  machine_facts[run->options.kind].firmware_seconds);
}

/* How an emulator ended that nobody had asked to. */
static const char *end_words(int status)
{
    static char words[96];
    if (WIFSIGNALED(status))
        snprintf(words, sizeof(words), "the emulator was killed (%s)", strsignal(WTERMSIG(status)));
    else
        snprintf(words, sizeof(words), "the emulator ended by itself, status %d",
                 WEXITSTATUS(status));
    return words;
}

/* The last lines of a file. */
struct tail {
    char lines[LOG_LINES][LINE_BYTES];
    unsigned count;
};

static void keep_line(const char *text, void *context)
{
    struct tail *tail = context;
    if (*text)
        snprintf(tail->lines[tail->count++ % LOG_LINES], LINE_BYTES, "%s", text);
}

/* What the emulator itself wrote last most often says why it ended. */
static void show_log(struct run *run)
{
    static struct tail tail;
    static struct line line;
    char path[4096];
    int byte;
    snprintf(path, sizeof(path), "%s/emulator.log", run->options.directory);
    FILE *log = fopen(path, "re");
    line_open(&line, LOG_CELLS, run->screen.ascii);
    tail.count = 0;
    if (log && fseek(log, -LOG_BYTES, SEEK_END) != 0)
        rewind(log); /* it is shorter */
    while (log && (byte = fgetc(log)) != EOF)
        line_put(&line, (uint8_t)byte, keep_line, &tail);
    line_put(&line, '\n', keep_line, &tail);
    if (log)
        fclose(log);
    screen_note(&run->screen, tail.count ? "the last lines of %s:" : "%s says nothing", path);
    for (unsigned i = tail.count < LOG_LINES ? 0 : tail.count - LOG_LINES; i < tail.count; i++)
        screen_note(&run->screen, "  %s", tail.lines[i % LOG_LINES]);
}

/* Why the run is over, or NULL; the exit status with it. */
static const char *over(struct run *run, int *status)
{
    double now = seconds_now();
    *status = EXIT_GOOD;
    if (run->quit || interrupted)
        return "ended";
    if (ferror(stdout)) {
        *status = EXIT_ENVIRONMENT;
        return "nobody reads this any more";
    }
    if (run->refused > 0 && now - run->refused > last_words) {
        *status = EXIT_FINDINGS;
        return "the machine refused to start the domains";
    }
    if (run->shell > 0 && now - run->shell > last_words) {
        *status = EXIT_FINDINGS;
        return "the firmware could not load the image and started its shell";
    }
    if (run->ended > 0 && now - run->ended > last_silence &&
        now - ports_last(&run->ports) > last_silence)
        return "all domains have stopped";
    if (machine_ended(&run->machine)) {
        ports_read(&run->ports);
        *status = EXIT_FINDINGS;
        run->fell = true;
        return end_words(run->machine.status);
    }
    if (run->limit > 0 && now - run->began > run->limit) {
        *status = run->ports.spoken ? EXIT_GOOD : EXIT_SILENT;
        return "the time is over";
    }
    return NULL;
}

static void take_signals(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGWINCH};
    struct sigaction action = {.sa_handler = on_signal};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        sigaction(numbers[i], &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static void turn(struct run *run)
{
    if (resized) {
        resized = 0;
        screen_layout(&run->screen);
        screen_refresh(&run->screen);
    }
    if (ports_wait(&run->ports, run->typing ? STDIN_FILENO : -1, POLL_MS))
        keys_read(run);
    ports_read(&run->ports);
    show_progress(run);
    show_prompts(run, run->screen.terminal ? prompt_wait : plain_prompt_wait);
    if (run->ports.started && !run->told && run->typing && run->screen.keyboard >= 0)
        keys_give(run, run->screen.keyboard);
}

int session_run(struct run *run)
{
    const char *reason;
    int status = EXIT_ENVIRONMENT;
    take_signals();
    run->ports.sink = show_line;
    run->ports.context = run;
    if (machine_start(&run->options, &run->machine) ||
        ports_open(&run->ports, &run->machine, run->options.directory)) {
        machine_stop(&run->machine);
        return status;
    }
    keys_open(run);
    run->began = run->progress = seconds_now();
    run->stage = "the firmware starts";
    if (run->limit > 0)
        screen_note(&run->screen, "ends after %.0f s", run->limit);
    if (run->typing)
        screen_note(&run->screen, run->screen.terminal
                                      ? "Ctrl-] q quits"
                                      : "Ctrl-C ends it; what is typed is sent line by line");
    while (!(reason = over(run, &status)))
        turn(run);
    machine_stop(&run->machine);
    show_prompts(run, 0);
    screen_close(&run->screen);
    if (run->fell)
        show_log(run);
    screen_note(&run->screen, "%s after %.0f s; what each port wrote is in %s/com1.txt ...", reason,
                seconds_now() - run->began, run->options.directory);
    keys_close();
    return status;
}

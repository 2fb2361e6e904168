/* SPDX-License-Identifier: Apache-2.0 */
/* `bulkhead run`: options, and the loop that moves bytes between ports, screen and keyboard. */
#include "run.h"
#include "image.h"
#include "ports.h"
#include "screen.h"
#include "tools/tool.h"
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum {
    UNATTENDED_SECONDS = 300,
    POLL_MS = 100,
    ESCAPE_KEY = 0x1d, /* Ctrl-] */
    INTERRUPT_KEY = 0x03,
};
/* After so many seconds an unfinished line is shown, on a terminal and in a file. */
static const double prompt_wait = 0.2, plain_prompt_wait = 2;
static const double progress_every = 5, last_words = 0.5;

/* What each machine takes: seconds of firmware, and words on the whole. */
static const struct {
    int firmware_seconds;
    const char *title, *duration;
} machine_facts[MACHINE_KINDS] = {
    [MACHINE_BOCHS] = {12, "Bochs (emulates VT-x)",
                       "firmware takes 10 to 30 s, Linux another minute or two"},
    [MACHINE_KVM] = {3, "QEMU with KVM", "firmware takes 3 s, Linux a few more"},
    [MACHINE_TCG] = {5, "QEMU without KVM (emulates AMD-V)",
                     "firmware takes 5 s, Linux another half a minute"},
};

struct run {
    const char *image, *machine_name;
    struct disk_file file;
    struct machine_options options;
    struct machine machine;
    struct screen screen;
    struct ports ports;
    double began, limit; /* seconds; limit 0: none */
    double progress;     /* when progress was last told */
    double last_line;    /* when the refusal came, 0: none */
    const char *stage;
    bool plain, which, quit;
    bool escape; /* Ctrl-] was typed */
    bool told;   /* whose the keyboard is */
};

static struct termios terminal_before;
static bool terminal_changed;
static volatile sig_atomic_t interrupted;

const char run_help[] =
    "usage: bulkhead run [OPTION...] IMAGE.efi\n"
    "\n"
    "Boots the image in an emulator and shows each domain's serial port, one line a line, with\n"
    "the domain's name. Ctrl-] and 1 to 4 gives the keyboard to the domain on that port, Ctrl-] q\n"
    "ends the run.\n"
    "\n"
    "  --machine NAME   auto (default), bochs, kvm, tcg\n"
    "  --cpus N         processors (default: as the manifest's platform says, else 4)\n"
    "  --memory MIB     memory (default: as the manifest's platform says, else 2048)\n"
    "  --model NAME     processor model, as the emulator calls it\n"
    "  --ips N          Bochs: instructions that make a second (default 50000000)\n"
    "  --timeout SEC    ends the run (default: none on a terminal, else 300)\n"
    "  --dir DIR        where disk image, configuration and logs go (default build/run)\n"
    "  --plain          no colour and no control codes, as when output is no terminal\n"
    "  --count          tcg: the TSC counts instructions, so that figures repeat\n"
    "  --debug          Bochs: its debugger here; QEMU: waits for gdb on port 1234\n"
    "  --which          only says which machine it would be\n"
    "  -h, --help       this text\n"
    "\n"
    "Exit status: 0 ended as asked or by its time limit, 1 the machine refused the image or\n"
    "stopped, 2 wrong usage, 3 no emulator, 4 the time was over before any domain wrote anything.\n"
    "\n"
    "Examples:\n"
    "  bulkhead run gate-7.efi\n"
    "  bulkhead run --machine tcg --timeout 120 gate-7.efi\n";

static void restore_terminal(void)
{
    if (terminal_changed)
        tcsetattr(STDIN_FILENO, TCSANOW, &terminal_before);
    terminal_changed = false;
}

static void on_signal(int number)
{
    interrupted = number;
}

/* What com1 says before the loader speaks is the firmware's, afterwards the boot log's. */
static void show_line(void *context, int port, bool firmware, const char *line)
{
    static const struct {
        const char *start, *stage;
    } stages[] = {{"BdsDxe: loading", "the firmware reads the image"},
                  {"BdsDxe: starting", "the loader has been called"}};
    struct run *run = context;

    for (unsigned i = 0; firmware && i < sizeof(stages) / sizeof(stages[0]); i++)
        if (strncmp(line, stages[i].start, strlen(stages[i].start)) == 0)
            run->stage = stages[i].stage;
    if (!firmware || *line)
        screen_line(&run->screen, port, firmware ? "firmware" : NULL, line);
    if (!firmware && port == 0 && strcmp(line, "bulkhead: no domain was started") == 0)
        run->last_line = seconds_now();
}

/* Shows the unfinished lines that have waited for `wait` seconds. */
static void show_prompts(struct run *run, double wait)
{
    char text[LINE_BYTES];
    for (int port = 0; port < SERIAL_PORTS; port++) {
        bool open = run->screen.open == port; /* what is typed must be seen at once */
        if (ports_partial(&run->ports, port, open ? 0 : wait, text) && (*text || open))
            screen_partial(&run->screen, port, text);
    }
}

static void show_progress(struct run *run)
{
    double time = seconds_now();
    if (run->ports.started || time - run->progress < (run->screen.terminal ? 1 : progress_every))
        return;
    run->progress = time;
    screen_status(&run->screen, "%s: %.0f s, of which the emulator computed %.0f (about %d)",
                  run->stage, time - run->began, machine_seconds(&run->machine),
                  machine_facts[run->options.kind].firmware_seconds);
}

static void give_keyboard(struct run *run, int port)
{
    struct screen *screen = &run->screen;
    screen->keyboard = port;
    run->told = true;
    screen_note(screen,
                "the keyboard is %s's now (Ctrl-] and a port's digit: another; Ctrl-] q: "
                "quit)",
                screen->names[port]);
}

static void take_key(struct run *run, uint8_t key)
{
    int port = run->screen.keyboard;
    if (run->escape) {
        run->escape = false;
        if (key == 'q' || key == 'Q')
            run->quit = true;
        else if (key >= '1' && key < '1' + SERIAL_PORTS)
            give_keyboard(run, key - '1');
        else
            screen_note(&run->screen, "Ctrl-] 1..%d gives the keyboard away, Ctrl-] q quits",
                        SERIAL_PORTS);
    } else if (key == ESCAPE_KEY) {
        run->escape = true;
    } else if (key == INTERRUPT_KEY && !run->ports.started) {
        run->quit = true;
    } else if (run->ports.started && port >= 0 && run->machine.ports[port] >= 0 &&
               write(run->machine.ports[port], &key, 1) != 1) {
        screen_note(&run->screen, "%s takes no input now", run->screen.names[port]);
    }
}

static void read_keyboard(struct run *run)
{
    uint8_t keys[64];
    ssize_t got = read(STDIN_FILENO, keys, sizeof(keys));
    run->quit |= got == 0; /* the terminal has gone */
    for (ssize_t i = 0; i < got; i++)
        take_key(run, keys[i]);
}

/* Why the run is over, or NULL; the exit status with it. */
static const char *over(struct run *run, int *status)
{
    *status = EXIT_GOOD;
    if (run->quit || interrupted)
        return "ended";
    if (run->last_line > 0 && seconds_now() - run->last_line > last_words) {
        *status = EXIT_FINDINGS;
        return "the machine refused to start the domains";
    }
    if (machine_ended(&run->machine)) {
        ports_read(&run->ports);
        *status = run->machine.status == 0 ? EXIT_GOOD : EXIT_FINDINGS;
        return "the emulator has ended";
    }
    if (run->limit > 0 && seconds_now() - run->began > run->limit) {
        *status = run->ports.spoken ? EXIT_GOOD : 4;
        return "the time is over";
    }
    return NULL;
}

static void prepare_keyboard(struct run *run)
{
    if (!run->screen.terminal || !isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &terminal_before))
        return;
    struct termios raw = terminal_before;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG | IEXTEN);
    raw.c_iflag &= ~(tcflag_t)(ICRNL | INLCR | IXON);
    atexit(restore_terminal);
    terminal_changed = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
    for (int port = SERIAL_PORTS - 1; port > 0; port--)
        if (run->screen.names[port][0] != '(')
            run->screen.keyboard = port;
}

static void name_ports(struct run *run, const struct run_image *image)
{
    struct screen *screen = &run->screen;
    for (int i = 0; i < SERIAL_PORTS; i++) {
        const char *owner = image->owners[i];
        /* A domain's name has no parentheses: nobody can be called "(boot)". */
        if (i == 0)
            snprintf(screen->names[i], OWNER_BYTES, "(boot)%.31s", owner);
        else if (*owner)
            snprintf(screen->names[i], OWNER_BYTES, "%.31s", owner);
        else
            snprintf(screen->names[i], OWNER_BYTES, "(com%d)", i + 1);
    }
    ports_width(&run->ports, screen_layout(screen), screen->ascii);
}

static int run_machine(struct run *run)
{
    const char *reason;
    int status = EXIT_ENVIRONMENT;
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    run->ports.sink = show_line;
    run->ports.context = run;
    if (machine_start(&run->options, &run->machine) ||
        ports_open(&run->ports, &run->machine, run->options.directory)) {
        machine_stop(&run->machine);
        return status;
    }
    prepare_keyboard(run);
    run->began = run->progress = seconds_now();
    run->stage = "the firmware starts";
    if (run->limit > 0)
        screen_note(&run->screen, "ends after %.0f s", run->limit);
    if (terminal_changed)
        screen_note(&run->screen, "Ctrl-] q quits");
    while (!(reason = over(run, &status))) {
        if (ports_wait(&run->ports, terminal_changed ? STDIN_FILENO : -1, POLL_MS))
            read_keyboard(run);
        ports_read(&run->ports);
        show_progress(run);
        show_prompts(run, run->screen.terminal ? prompt_wait : plain_prompt_wait);
        if (run->ports.started && !run->told && terminal_changed && run->screen.keyboard >= 0)
            give_keyboard(run, run->screen.keyboard);
    }
    machine_stop(&run->machine);
    show_prompts(run, 0);
    screen_note(&run->screen, "%s after %.0f s; what each port wrote is in %s/com1.txt ...", reason,
                seconds_now() - run->began, run->options.directory);
    restore_terminal();
    screen_close(&run->screen);
    return status;
}

static bool read_number(const char *text, uint64_t *out)
{
    char *end;
    errno = 0;
    *out = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == 0 && errno == 0;
}

static bool take_option(struct run *run, int option, const char *value)
{
    uint64_t number = 0;
    if (strchr("cmit", option) && !read_number(value, &number))
        return false;
    switch (option) {
    case 'M':
        run->machine_name = value;
        return true;
    case 'p':
        run->options.model = value;
        return true;
    case 'd':
        run->options.directory = value;
        return true;
    case 'c':
        run->options.cpus = (unsigned)number;
        return number >= 1 && number <= 255;
    case 'm':
        run->options.memory_mib = (unsigned)number;
        return number >= 256 && number <= 1 << 20;
    case 'i':
        run->options.ips = number;
        return number >= 1000000;
    case 't':
        run->limit = (double)number;
        return true;
    case 'P':
        run->plain = true;
        return true;
    case 'n':
        run->options.count = true;
        return true;
    case 'g':
        run->options.debug = true;
        return true;
    case 'w':
        run->which = true;
        return true;
    default:
        return false;
    }
}

/* Bochs' debugger wants this terminal; it ends with Bochs. */
static int debug_machine(struct run *run)
{
    if (machine_start(&run->options, &run->machine))
        return EXIT_ENVIRONMENT;
    signal(SIGINT, SIG_IGN);
    while (!machine_ended(&run->machine))
        usleep(POLL_MS * 1000);
    return EXIT_GOOD;
}

int run_main(int argc, char **argv)
{
    static const struct option options[] = {{"machine", required_argument, NULL, 'M'},
                                            {"cpus", required_argument, NULL, 'c'},
                                            {"memory", required_argument, NULL, 'm'},
                                            {"model", required_argument, NULL, 'p'},
                                            {"ips", required_argument, NULL, 'i'},
                                            {"timeout", required_argument, NULL, 't'},
                                            {"dir", required_argument, NULL, 'd'},
                                            {"plain", no_argument, NULL, 'P'},
                                            {"count", no_argument, NULL, 'n'},
                                            {"debug", no_argument, NULL, 'g'},
                                            {"which", no_argument, NULL, 'w'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    static struct run run;
    run = (struct run){.machine_name = "auto",
                       .limit = isatty(STDOUT_FILENO) ? 0 : UNATTENDED_SECONDS,
                       .options = {.ips = 50000000, .directory = "build/run"}};
    int option;
    while ((option = next_option(argc, argv, "h", options)) != -1) {
        if (option == 'h') {
            fputs(run_help, stdout);
            return EXIT_GOOD;
        }
        if (!take_option(&run, option, optarg)) {
            if (option != '?')
                fprintf(stderr, "bulkhead run: \"%s\" is not a value for this option\n", optarg);
            fputs(run_help, stderr);
            return EXIT_USAGE;
        }
    }
    if (optind + 1 != argc) {
        fputs(run_help, stderr);
        return EXIT_USAGE;
    }
    run.image = argv[optind];
    screen_open(&run.screen, run.plain);
    struct run_image image;
    if (run_image_read(run.image, &image))
        return EXIT_ENVIRONMENT;
    run_image_defaults(&image, &run.options);
    name_ports(&run, &image);

    char why[256];
    if (!machine_choose(run.machine_name, image.amd, &run.options.kind, why, sizeof(why))) {
        fprintf(stderr, "bulkhead run: can't use the machine \"%s\": %s\n", run.machine_name, why);
        return EXIT_ENVIRONMENT;
    }
    screen_note(&run.screen, "machine: %s, %u processors, %u MiB (%s); %s",
                machine_facts[run.options.kind].title, run.options.cpus, run.options.memory_mib,
                why, machine_facts[run.options.kind].duration);
    if (run.which)
        return EXIT_GOOD;
    run.file = (struct disk_file){DISK_BOOT_PATH, run.image};
    run.options.files = &run.file;
    run.options.file_count = 1;
    if (run.options.debug && run.options.kind == MACHINE_BOCHS)
        return debug_machine(&run);
    if (run.options.debug)
        screen_note(&run.screen,
                    "QEMU waits: gdb build/kernel/kernel-%s.elf -ex 'target remote "
                    ":1234'",
                    image.amd ? "amd" : "intel");
    return run_machine(&run);
}

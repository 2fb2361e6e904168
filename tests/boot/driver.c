/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs boot tests: usage: boot-test [-j JOBS] [-m MACHINE] [-n|-N NAME.test] NAME.test...
 * The one of -n runs in the nested machine, from the beginning, as it takes longest. Where that
 * machine is not there it is left out, and with -N has failed.
 * Prints a verdict for each with the invariant that it holds, and at the end how many passed and
 * failed. Status 0: at least one ran, and none failed.
 */
#include "expect.h"
#include "host.h"
#include "monitor.h"
#include "prepare.h"
#include "tools/mapped.h"
#include "tools/run/ports.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* STANDS: the emulator did, not what runs in it. */
enum verdict { PASSED, FAILED, SKIPPED, VERDICTS, STANDS = VERDICTS };
static const char *const verdict_words[VERDICTS] = {"PASS", "FAIL", "SKIP"};

enum {
    POLL_MS = 50,
    TAIL_LINES = 15,
    MAX_TAIL = 256,
    WALL_FACTOR = 4,
    MAX_JOBS = 16,
    MONITOR_SECONDS = 20
};
static const char work[] = "build/tests/boot";
static const char out_of_time[] = "out of time";
static const double prompt_silence = 0.2;
static const char *const port_names[SPEC_PORTS] = {"com1", "com2", "com3", "com4", "host"};

struct test {
    struct spec spec;
    struct machine machine;
    struct ports ports;
    struct disk_file files[2];
    struct monitor monitor;
    struct expect expect;
    struct host host;
    char tail[SPEC_PORTS][TAIL_LINES][MAX_TAIL];
    unsigned tail_count[SPEC_PORTS];
};

static void keep_tail(struct test *test, int port, const char *line)
{
    char *at = test->tail[port][test->tail_count[port]++ % TAIL_LINES];
    size_t length = strnlen(line, MAX_TAIL - 1);
    memcpy(at, line, length);
    at[length] = 0;
}

static void print_tails(const struct test *test)
{
    for (int port = 0; port < SPEC_PORTS; port++) {
        unsigned count = test->tail_count[port];
        for (unsigned i = count > TAIL_LINES ? count - TAIL_LINES : 0; i < count; i++)
            printf("    %s | %s\n", port_names[port], test->tail[port][i % TAIL_LINES]);
    }
}

static void take_line(void *context, int port, bool firmware, const char *line)
{
    struct test *test = context;
    keep_tail(test, port, line);
    if (!firmware)
        expect_keep(&test->expect, port, line);
}

static void take_host_line(void *context, const char *line)
{
    take_line(context, SPEC_HOST, false, line);
}

static void read_ports(struct test *test)
{
    ports_read(&test->ports);
    host_read(&test->host, take_host_line, test);
    expect_heed(&test->expect);
}

/* Types what is due. */
static void send_texts(struct test *test)
{
    for (struct step *step; (step = expect_due(&test->expect)) != NULL; step->done = true) {
        char text[SPEC_TEXT + 1];
        if (step->port == SPEC_HOST) {
            if (!host_start(&test->host, step->text))
                expect_break(&test->expect, step, "could not be started");
            continue;
        }
        int length = snprintf(text, sizeof(text), "%s\r", step->text);
        int keys = step->port == SPEC_MONITOR ? test->monitor.keys : test->machine.keys[step->port];
        if (write(keys, text, (size_t)length) != length)
            expect_break(&test->expect, step, "could not be sent");
    }
}

static void heed_prompts(struct test *test)
{
    char text[LINE_BYTES];
    for (int port = 0; port < SERIAL_PORTS; port++)
        if (ports_partial(&test->ports, port, prompt_silence, text))
            expect_partial(&test->expect, port, text);
}

/* Why a test is over without having passed, in words that the caller prints; NULL: go on. */
static const char *trouble(struct test *test, double began)
{
    double limit = (double)test->spec.limit;
    if (test->expect.broken)
        return "a line that must not be";
    if (machine_ended(&test->machine)) {
        read_ports(test);
        return expect_met(&test->expect) && !test->expect.broken ? NULL
                                                                 : "the emulator ended too early";
    }
    if (machine_seconds(&test->machine) > limit || seconds_now() - began > WALL_FACTOR * limit)
        return test->ports.started ? out_of_time : "out of time: the loader never spoke";
    return NULL;
}

/* Runs the machine until the verdict is clear; NULL: passed. */
static const char *watch(struct test *test)
{
    double began = seconds_now();
    const char *why = NULL;
    while (!why && !expect_met(&test->expect)) {
        ports_wait(&test->ports, -1, POLL_MS);
        read_ports(test);
        heed_prompts(test);
        send_texts(test);
        why = trouble(test, began);
    }
    read_ports(test);
    return test->expect.broken ? "a line that must not be" : why;
}

static void report_failure(const struct test *test, const char *why)
{
    printf("    %s\n", why);
    if (test->expect.broken)
        printf("    expectation: %s\n    line: %s\n", test->expect.broken,
               test->expect.broken_line);
    for (unsigned i = 0; i < test->spec.step_count; i++)
        if (!test->spec.steps[i].done)
            printf("    did not appear on %s: %s\n",
                   test->spec.steps[i].port < SPEC_PORTS ? port_names[test->spec.steps[i].port]
                                                         : "the monitor",
                   test->spec.steps[i].text);
    print_tails(test);
    printf("    all that the ports wrote: %s/%s.%s/com1.txt ...\n", work, test->spec.name,
           machine_names[test->spec.options.kind]);
}

/* Whether a test types at QEMU's monitor; then it may reset the machine, too. */
static bool types_at_monitor(const struct spec *spec)
{
    bool wanted = false;
    for (unsigned i = 0; i < spec->step_count; i++)
        wanted |= spec->steps[i].port == SPEC_MONITOR;
    return wanted;
}

static bool open_monitor(struct test *test, const char *directory)
{
    struct machine_options *options = &test->spec.options;
    options->resets = types_at_monitor(&test->spec);
    if (options->kind != MACHINE_TCG && !options->resets)
        return true;
    options->monitor = test->monitor.path;
    return monitor_open(&test->monitor, directory);
}

/* Whether the disk that it booted from holds these words, or none are wanted. */
static bool disk_holds(const char *directory, const char *words)
{
    char path[1024];
    struct mapped disk;
    snprintf(path, sizeof(path), "%s/disk.img", directory);
    if (!*words)
        return true;
    if (!mapped_open(path, &disk))
        return false;
    bool found = memmem(disk.bytes, disk.size, words, strlen(words)) != NULL;
    mapped_close(&disk);
    return found;
}

static enum verdict run_test(struct test *test, const char *directory)
{
    struct spec *spec = &test->spec;
    static char image[1024];
    static struct run_image facts;
    char why[2048] = "";
    snprintf(image, sizeof(image), "%s/image.efi", directory);
    if (!prepare_image(spec, image, why, sizeof(why))) {
        printf("    the image can't be made: %s\n", why);
        return FAILED;
    }
    test->files[0] = (struct disk_file){DISK_BOOT_PATH, *spec->before ? spec->before : image};
    test->files[1] = (struct disk_file){"NEXT.EFI", image};
    spec->options.files = test->files;
    spec->options.file_count = *spec->before ? 2 : 1;
    spec->options.directory = directory;
    spec->options.keeps = *spec->disk;
    spec->options.model = *spec->model ? spec->model : NULL;
    if (!prepare_devices(spec, image, &facts) || !open_monitor(test, directory))
        return FAILED;
    test->expect.spec = spec;
    test->ports.sink = take_line;
    test->ports.context = test;
    ports_width(&test->ports, LINE_CELLS, true);
    fflush(stdout);
    if (machine_start(&spec->options, &test->machine) ||
        ports_open(&test->ports, &test->machine, directory)) {
        printf("    the emulator did not start\n");
        return FAILED;
    }
    const char *trouble_words = watch(test);
    bool stands = trouble_words == out_of_time && test->monitor.keys &&
                  !monitor_answers(&test->monitor, MONITOR_SECONDS);
    host_stop(&test->host);
    machine_stop(&test->machine);
    if (!trouble_words && !disk_holds(directory, spec->disk))
        trouble_words = "the disk does not hold what it should";
    if (trouble_words)
        report_failure(test, trouble_words);
    return stands ? STANDS : (trouble_words ? FAILED : PASSED);
}

/*
 * A QEMU that no longer answers at its own monitor is at fault itself: now and then its main loop
 * never gets out of a network card's timers, and all its processors wait. Such a test begins anew,
 * once.
 */
static enum verdict run_patiently(const char *path, enum machine_kind kind, struct test *test,
                                  const char *directory)
{
    char why[512];
    enum verdict verdict = run_test(test, directory);
    if (verdict != STANDS)
        return verdict;
    printf("    the emulator itself stands still: its monitor does not answer; the test begins "
           "anew\n");
    memset(test, 0, sizeof(*test));
    if (!spec_read(path, kind, &test->spec, why, sizeof(why)))
        return FAILED;
    verdict = run_test(test, directory);
    return verdict == STANDS ? FAILED : verdict;
}

/* In a process of its own: the whole test, its words to `out`. The status is the verdict. */
static _Noreturn void test_process(const char *path, enum machine_kind kind, FILE *out)
{
    static struct test test;
    char why[512], directory[512] = "";
    enum verdict verdict = FAILED;
    double began = seconds_now();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(fileno(out), STDOUT_FILENO);
    dup2(fileno(out), STDERR_FILENO);
    signal(SIGPIPE, SIG_IGN);
    bool good = spec_read(path, kind, &test.spec, why, sizeof(why));
    snprintf(directory, sizeof(directory), "%s/%s.%s", work, test.spec.name, machine_names[kind]);
    if (!good)
        printf("    %s\n", why);
    else if (*test.spec.needs && access(test.spec.needs, R_OK) != 0)
        verdict = SKIPPED;
    else if (mkdir(directory, 0755) != 0 && errno != EEXIST)
        printf("    %s: %s\n", directory, strerror(errno));
    else
        verdict = run_patiently(path, kind, &test, directory);
    printf("%s %s on %s (%.0f s): %s%s%s\n", verdict_words[verdict], test.spec.name,
           machine_names[kind], seconds_now() - began, good ? test.spec.invariant : path,
           verdict == SKIPPED ? "; this machine has no " : "",
           verdict == SKIPPED ? test.spec.needs : "");
    fflush(stdout);
    _exit((int)verdict);
}

/* Prints a finished test: the verdict, which comes last, first. */
static void print_result(FILE *out)
{
    char line[4096], last[4096] = "";
    rewind(out);
    while (fgets(line, sizeof(line), out))
        memcpy(last, line, sizeof(last));
    fputs(last, stdout);
    rewind(out);
    while (fgets(line, sizeof(line), out))
        if (strcmp(line, last) != 0)
            fputs(line, stdout);
    fclose(out);
    fflush(stdout);
}

struct job {
    pid_t pid;
    FILE *out;
};

static void start_job(struct job *job, const char *path, enum machine_kind kind)
{
    job->out = tmpfile();
    fflush(stdout);
    job->pid = job->out ? fork() : -1;
    if (job->pid == 0)
        test_process(path, kind, job->out);
    if (job->pid < 0) {
        perror("boot-test");
        exit(3);
    }
}

/* Waits for one job and counts its verdict. */
static void finish_job(struct job *jobs, unsigned count[VERDICTS])
{
    int status;
    pid_t pid = wait(&status);
    for (int i = 0; i < MAX_JOBS; i++) {
        if (jobs[i].pid != pid || pid <= 0)
            continue;
        bool whole = WIFEXITED(status) && WEXITSTATUS(status) < VERDICTS;
        if (!whole)
            printf("FAIL a test's own process died\n");
        count[whole ? WEXITSTATUS(status) : FAILED]++;
        print_result(jobs[i].out);
        jobs[i].pid = 0;
    }
}

/*
 * Whether a test is to run on a machine; a test that can't be read says so on the first. On KVM a
 * test runs only when it was asked for, as few hosts lend out VT-x; nested too, as it takes
 * minutes.
 */
static bool is_due(const char *path, enum machine_kind kind, const char *only)
{
    static struct spec spec;
    char why[512];
    if (only ? strcmp(only, machine_names[kind]) != 0
             : kind == MACHINE_KVM || kind == MACHINE_NESTED)
        return false;
    return spec_read(path, kind, &spec, why, sizeof(why)) ? spec.machines >> kind & 1
                                                          : only || kind == MACHINE_BOCHS;
}

/* The sums; the status of the whole. */
static int print_sums(const unsigned count[VERDICTS], const char *only)
{
    bool none = count[PASSED] + count[FAILED] == 0;
    if (none)
        printf("FAIL nothing ran: %s%s\n",
               count[SKIPPED] ? "this machine has not what the tests need"
                              : "none of these tests is for ",
               count[SKIPPED] ? "" : (only ? only : "a machine that is there"));
    if (count[SKIPPED])
        printf("%u skipped\n", count[SKIPPED]);
    printf("%u passed, %u failed\n", count[PASSED], count[FAILED] + none);
    return count[FAILED] || none ? 1 : 0;
}

/* Whether the machine that was asked for can be had at all; says why not. */
static bool is_usable(const char *only)
{
    enum machine_kind kind;
    char why[256];
    if (!only || machine_choose(only, false, &kind, why, sizeof(why)))
        return true;
    printf("FAIL nothing ran: can't use the machine \"%s\": %s\n0 passed, 1 failed\n", only, why);
    return false;
}

/*
 * Starts the test that runs nested beside the others; `missed`: the verdict where there is no such
 * machine. Returns the number of jobs then running.
 */
static int start_nested(struct job *job, const char *path, enum verdict missed,
                        unsigned count[VERDICTS])
{
    enum machine_kind kind;
    char why[256];
    if (machine_choose("nested", false, &kind, why, sizeof(why))) {
        start_job(job, path, kind);
        return 1;
    }
    printf("%s %s on nested: %s\n", verdict_words[missed], path, why);
    count[missed]++;
    return 0;
}

int main(int argc, char **argv)
{
    const char *only = NULL, *nested = NULL;
    struct job jobs[MAX_JOBS] = {{0}};
    unsigned count[VERDICTS] = {0};
    enum verdict missed = SKIPPED;
    int parallel = 2, option;
    while ((option = getopt(argc, argv, "j:m:n:N:")) != -1) {
        if (option == 'm') {
            only = optarg;
        } else if (option == 'n' || option == 'N') {
            nested = optarg;
            missed = option == 'N' ? FAILED : SKIPPED;
        } else if (option != 'j' || (parallel = atoi(optarg)) < 1 || parallel > MAX_JOBS) {
            fprintf(stderr, "usage: boot-test [-j JOBS] [-m bochs|kvm|tcg|nested] "
                            "[-n|-N NAME.test] NAME.test...\n");
            return 2;
        }
    }
    if (!is_usable(only))
        return 1;
    if (system("mkdir -p build/tests/boot") != 0)
        return 3;
    int running = nested ? start_nested(&jobs[0], nested, missed, count) : 0;
    for (int kind = 0; optind < argc || running > 0;) {
        if (optind < argc && running < parallel) {
            int free_job = 0;
            while (jobs[free_job].pid)
                free_job++;
            if (is_due(argv[optind], (enum machine_kind)kind, only)) {
                start_job(&jobs[free_job], argv[optind], (enum machine_kind)kind);
                running++;
            }
            kind = (kind + 1) % MACHINE_KINDS;
            optind += kind == 0;
        } else {
            finish_job(jobs, count);
            running--;
        }
    }
    return print_sums(count, only);
}

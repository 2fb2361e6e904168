/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A management domain that drives another one by the management call, and tries what it may not.
 * Each thing reports one line,
 *   manage: PASS I6 stop: what was seen
 *
 * The target is hello, which prints what comes to its serial port (`echo`); with the word `shell`
 * it is Linux, and all that is tried is its shell, a check and its power button, with the word
 * `again` another check after that.
 *
 * Command line: target= the domain that it may do all with (target), other= the one that it may
 * only look at and start (other), random= calls by chance (1000), seed= of all that is by chance
 * (1), only=trail tells how the audit trail begins and nothing else, only=lives is about count=
 * lives of all that it may end, only=deaths about as many of its own, only=order tries
 * domains that start after others, only=pieces checks of many pieces.
 */
#include "guests/lib/apic.h"
#include "guests/lib/boot.h"
#include "guests/lib/call.h"
#include "guests/lib/console.h"
#include "guests/lib/cpu.h"
#include "guests/lib/x86.h"
#include "kernel/abi/console.h"
#include "manage.h"

enum { LAST = 0xffffffff, PATIENCE_SECONDS = 20, SHELL_SECONDS = 300 };

static unsigned passed, failed;

void report(bool pass, const char *invariant, const char *name, const char *text, ...)
{
    va_list args;
    *(pass ? &passed : &failed) += 1;
    va_start(args, text);
    print("manage: %s %s %s: ", pass ? "PASS" : "FAIL", invariant, name);
    vprint(text, args);
    print("\n");
    va_end(args);
}

uint64_t call_patiently(uint32_t call, uint32_t index)
{
    uint64_t end = rdtsc() + boot_info.tsc_hz * 2, result;
    do {
        result = call_make(call, index, 0);
    } while (result == MANAGEMENT_TOO_OFTEN && rdtsc() < end);
    return result;
}

/* Is `name` what the command line has after `key`, or if it has nothing `key` itself? */
static bool is_named(const char *name, const char *key)
{
    const char *wanted = cmdline_value(key);
    wanted = wanted ? wanted : key;
    while (*name && *name == *wanted) {
        name++;
        wanted++;
    }
    return *name == 0 && (*wanted == 0 || *wanted == ' ');
}

static uint32_t find(const char *key, uint32_t domains)
{
    const struct manifest_domain *domain = (const void *)call_page;
    for (uint32_t i = 0; i < domains; i++) {
        if (call_make(MANAGEMENT_DESCRIBE, i, MANAGEMENT_DOMAIN) == MANAGEMENT_DONE &&
            is_named(domain->name, key)) {
            return i;
        }
    }
    return LAST;
}

static struct management_machine describe(void)
{
    struct management_machine machine = {0};
    uint64_t result = call_make(MANAGEMENT_DESCRIBE, 0, MANAGEMENT_MACHINE);
    if (result == MANAGEMENT_DONE) {
        machine = *(const struct management_machine *)call_page;
    }
    report(result == MANAGEMENT_DONE && machine.tsc_hz == boot_info.tsc_hz, "I6", "describe",
           "host %s, %u domains, this is number %u", machine.host,
           machine.counts[MANAGEMENT_DOMAIN], machine.own);
    return machine;
}

/* What the loader left at GUEST_CONSOLE, of what the test's manifest says. */
static void look_at_console(void)
{
    const struct console_info *info = (const void *)(uint64_t)GUEST_CONSOLE;
    report(info->magic == CONSOLE_MAGIC && info->version == CONSOLE_VERSION &&
               info->bytes == sizeof(*info) && info->admins[0].role == MANIFEST_OPERATOR &&
               info->not_before > 0 &&
               (info->seed_bytes == 0 || info->seed_bytes == sizeof(info->seed)),
           "I6", "console", "%u admins, the first is %s, %u cards, %s, a seed of %lu bytes",
           info->admin_count, info->admins[0].name, info->nic,
           info->has_key && info->key.magic == SERVER_KEY_MAGIC ? "a key" : "no key",
           info->seed_bytes);
}

/* Asks, and waits until the domain has come to rest and is in `state`, its life number `lives`. */
static void drive(const char *name, uint32_t call, uint32_t target, enum life_state state,
                  uint32_t lives)
{
    const struct management_status *status = (const void *)call_page;
    uint64_t end = rdtsc() + boot_info.tsc_hz * PATIENCE_SECONDS;
    uint64_t result = call_patiently(call, target);
    uint32_t ticket = ((const struct management_ticket *)call_page)->ticket;
    bool there = false;
    while (result == MANAGEMENT_DONE && !there && rdtsc() < end) {
        result = call_make(MANAGEMENT_STATUS, target, 0);
        there = status->answered == ticket && status->ticket == ticket;
    }
    report(there && status->state == state && status->lives == lives, "I6", name,
           "result %lu, state %u, life %u", result, status->state, status->lives);
}

/* Serial read from `from`; 0: it was refused. */
static uint64_t read_serial(uint32_t target, uint64_t from)
{
    *(struct management_request *)(void *)call_page =
        (struct management_request){.version = MANAGEMENT_VERSION,
                                    .call = MANAGEMENT_SERIAL_READ,
                                    .index = target,
                                    .admin = MANAGEMENT_NO_ADMIN,
                                    .from = from};
    return call_at((uint64_t)call_page) == MANAGEMENT_DONE;
}

bool hear(uint32_t target, uint64_t *from, const char *wanted)
{
    const struct management_serial *serial = (const void *)call_page;
    uint64_t end = rdtsc() + boot_info.tsc_hz * SHELL_SECONDS;
    const char *at = wanted;
    while (*at && rdtsc() < end && read_serial(target, *from)) {
        for (uint32_t i = 0; *at && i < serial->bytes; i++) {
            at = serial->text[i] == (uint8_t)*at ? at + 1
                                                 : wanted + (serial->text[i] == (uint8_t)*wanted);
        }
        *from = serial->from + serial->bytes;
        cpu_relax();
    }
    return *at == 0;
}

/* Serial write; returns the bytes taken, LAST: refused. */
static uint32_t write_serial(uint32_t target, const char *text, uint32_t bytes)
{
    uint64_t end = rdtsc() + boot_info.tsc_hz * 2, result;
    do {
        *(struct management_request *)(void *)call_page =
            (struct management_request){.version = MANAGEMENT_VERSION,
                                        .call = MANAGEMENT_SERIAL_WRITE,
                                        .index = target,
                                        .admin = MANAGEMENT_NO_ADMIN,
                                        .bytes = bytes};
        for (uint32_t i = 0; i < bytes; i++) {
            call_page[sizeof(struct management_request) + i] = (uint8_t)text[i];
        }
        result = call_at((uint64_t)call_page);
    } while (result == MANAGEMENT_TOO_OFTEN && rdtsc() < end);
    return result == MANAGEMENT_DONE ? ((const struct management_written *)call_page)->bytes : LAST;
}

static void drive_serial(uint32_t target)
{
    static const char flood[MANAGEMENT_WRITE_BYTES];
    uint64_t from = 0;
    bool heard = hear(target, &from, "hello: this is domain ");
    report(heard, "I6", "serial read", "%lu bytes", from);
    uint32_t taken = write_serial(target, "ping\n", 5);
    heard = hear(target, &from, "hello: heard ping");
    report(heard && taken == 5, "I6", "serial write", "%u bytes taken", taken);
    for (uint32_t i = 0; i < 8; i++) {
        taken = write_serial(target, flood, sizeof(flood));
        report(taken <= sizeof(flood), "I8", "serial flood", "%u bytes taken", taken);
    }
    while (write_serial(target, "\npong\n", 6) != 6 && read_serial(target, from)) {
        cpu_relax();
    }
    report(hear(target, &from, "hello: heard pong"), "I6", "after it", "%lu bytes", from);
}

static void drive_check(uint32_t target)
{
    const struct management_status *status = (const void *)call_page;
    drive("check", MANAGEMENT_CHECK, target, LIFE_RUNNING, 1);
    report(status->checks == 1 && status->check_failed == 0, "I12", "checks",
           "%u, the last found %u", status->checks, status->check_failed);
    drive("power button", MANAGEMENT_POWER_BUTTON, target, LIFE_RUNNING, 1);
    const struct management_time *time = (const void *)call_page;
    uint64_t result = call_make(MANAGEMENT_TIME, 0, 0), now = rdtsc();
    report(result == MANAGEMENT_DONE && time->tsc <= now && time->tsc_hz == boot_info.tsc_hz &&
               time->unix_time == boot_info.unix_time,
           "I6", "time", "%lu s", time->unix_time);
}

static void drive_target(uint32_t target)
{
    const struct management_status *status = (const void *)call_page;
    const struct management_counters *counters = (const void *)call_page;
    uint64_t end = rdtsc() + boot_info.tsc_hz * PATIENCE_SECONDS, sum = 0;
    while (call_make(MANAGEMENT_STATUS, target, 0) == MANAGEMENT_DONE &&
           status->state != LIFE_RUNNING && rdtsc() < end) {
        cpu_relax();
    }
    report(status->state == LIFE_RUNNING && status->lives == 1 && status->restarts_left == 3, "I6",
           "status", "state %u, life %u, %u restarts left", status->state, status->lives,
           status->restarts_left);
    do {
        uint64_t result = call_make(MANAGEMENT_COUNTERS, target, 0);
        for (uint32_t i = 0; result == MANAGEMENT_DONE && i < PUBLIC_EXIT_KINDS; i++) {
            sum += counters->exits[i];
        }
    } while (sum == 0 && rdtsc() < end);
    report(sum > 0, "I6", "counters", "%lu exits", sum);
    drive_serial(target);
    drive_check(target);
    drive("stop", MANAGEMENT_STOP, target, LIFE_STOPPED, 1);
    report(status->last_end == END_ASKED, "I6", "end", "cause %u", status->last_end);
    uint32_t taken = write_serial(target, "x", 1);
    report(taken == 0, "I7", "serial write to nobody", "%u bytes taken", taken);
    drive("start", MANAGEMENT_START, target, LIFE_RUNNING, 2);
    drive("start again", MANAGEMENT_START, target, LIFE_RUNNING, 2);
    drive("restart", MANAGEMENT_RESTART, target, LIFE_RUNNING, 3);
}

/* A guest that waits in its shell is woken by what comes; its kernel heeds the power button. */
static void drive_shell(uint32_t target)
{
    const struct management_status *status = (const void *)call_page;
    static const char command[] = "echo answer $((6*7))\n";
    uint64_t from = 0, end;
    bool heard = hear(target, &from, "linux:/# ");
    report(heard, "I6", "prompt", "%lu bytes", from);
    uint32_t taken = write_serial(target, command, sizeof(command) - 1);
    heard = hear(target, &from, "\nanswer 42");
    report(heard, "I6", "shell", "%u bytes taken", taken);
    drive("check", MANAGEMENT_CHECK, target, LIFE_RUNNING, 1);
    report(status->checks == 1 && status->check_failed == 0, "I12", "checks",
           "%u, the last found %u", status->checks, status->check_failed);
    drive("power button", MANAGEMENT_POWER_BUTTON, target, LIFE_RUNNING, 1);
    end = rdtsc() + boot_info.tsc_hz * SHELL_SECONDS;
    while (call_make(MANAGEMENT_STATUS, target, 0) == MANAGEMENT_DONE &&
           status->state != LIFE_STOPPED && rdtsc() < end) {
        cpu_relax();
    }
    report(status->state == LIFE_STOPPED && status->last_end == END_POWER_OFF, "I6",
           "it shuts down", "state %u, cause %u, life %u", status->state, status->last_end,
           status->lives);
}

/* A minute later, of a domain that is stopped and whose functions are at rest. */
static void check_stopped(uint32_t target)
{
    const struct management_status *status = (const void *)call_page;
    uint64_t end = rdtsc() + boot_info.tsc_hz * SHELL_SECONDS;
    while (call_make(MANAGEMENT_CHECK, target, 0) == MANAGEMENT_TOO_OFTEN && rdtsc() < end) {
        cpu_relax();
    }
    while (call_make(MANAGEMENT_STATUS, target, 0) == MANAGEMENT_DONE && status->checks != 2 &&
           rdtsc() < end) {
        cpu_relax();
    }
    report(status->checks == 2 && status->check_failed == 0 && status->state == LIFE_STOPPED, "I12",
           "check of a stopped domain", "%u, the last found %u", status->checks,
           status->check_failed);
}

static _Noreturn void finish(void)
{
    print("manage: %u passed, %u failed\n", passed, failed);
    for (;;) {
        wait_for_interrupt();
    }
}

void guest_main(void)
{
    print("manage: this is domain %s\n", boot_info.domain);
    look_at_console();
    struct management_machine machine = describe();
    chance_begin(cmdline_number("seed", 1));
    if (is_named("trail", "only")) {
        tell_trail();
        for (;;) {
            wait_for_interrupt();
        }
    }
    if (is_named("order", "only")) {
        uint32_t domains = machine.counts[MANAGEMENT_DOMAIN];
        try_order(find("brief", domains), find("second", domains), find("third", domains));
        finish();
    }
    if (is_named("lives", "only")) {
        try_lives(&machine, cmdline_number("count", 40));
        finish();
    }
    uint32_t target = find("target", machine.counts[MANAGEMENT_DOMAIN]);
    if (is_named("pieces", "only")) {
        try_pieces(target);
        finish();
    }
    if (cmdline_has("shell")) {
        drive_shell(target);
        if (cmdline_has("again")) {
            check_stopped(target);
        }
        finish();
    }
    if (is_named("deaths", "only")) {
        try_deaths(&machine, target, cmdline_number("count", 5));
        finish();
    }
    uint32_t other = find("other", machine.counts[MANAGEMENT_DOMAIN]);
    report(target != LAST && other != LAST, "I6", "domains", "target is %u, other is %u", target,
           other);
    drive_target(target);
    try_trail(&machine, target);
    try_refused(&machine, target, other);
    try_pages();
    try_instructions();
    try_flood(other);
    try_random(machine.counts[MANAGEMENT_DOMAIN], cmdline_number("random", 1000));
    try_trail_after();
    uint64_t result = call_patiently(MANAGEMENT_RESTART, target);
    report(result == MANAGEMENT_DONE, "I9", "still there", "result %lu", result);
    finish();
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Choosing, starting and ending an emulator. */
#include "machine.h"
#include "devices.h"
#include "nested.h"
#include "tools/output.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CONNECT_MS = 20000, PIPE_BYTES = 1 << 20 };

const char *const machine_names[MACHINE_KINDS] = {"bochs", "kvm", "tcg", "nested"};

const char *first_of(const char *const *paths)
{
    while (*paths && access(*paths, R_OK) != 0)
        paths++;
    return *paths;
}

const char *program_of(const char *const *names)
{
    static char path[4096];
    const char *folders = getenv("PATH");
    for (; *names; names++)
        for (const char *at = folders ? folders : ""; *at; at += strspn(at, ":")) {
            int length = (int)strcspn(at, ":");
            snprintf(path, sizeof(path), "%.*s/%s", length, at, *names);
            if (access(path, X_OK) == 0)
                return path;
            at += length;
        }
    return NULL;
}

void command_add(struct machine_command *command, const char *text, ...)
{
    size_t room = sizeof(command->text) - command->used;
    char *at = command->text + command->used;
    va_list args;
    va_start(args, text);
    int length = vsnprintf(at, room, text, args);
    va_end(args);
    if (length < 0 || (size_t)length >= room || command->count + 1 >= MACHINE_ARGUMENTS) {
        fprintf(stderr, "bulkhead: the emulator's command line is too long: shorten the paths\n");
        exit(3);
    }
    command->arguments[command->count++] = at;
    command->used += (size_t)length + 1;
}

bool machine_choose(const char *name, bool amd, enum machine_kind *kind, char *why, size_t room)
{
    if (strcmp(name, "auto") == 0) {
        bool kvm = !amd && kvm_offers_vtx(why, room);
        *kind = amd ? MACHINE_TCG : kvm ? MACHINE_KVM : MACHINE_BOCHS;
        if (amd)
            snprintf(why, room, "the image is for AMD-V");
        return true;
    }
    for (int i = 0; i < MACHINE_KINDS; i++)
        if (strcmp(name, machine_names[i]) == 0) {
            *kind = (enum machine_kind)i;
            snprintf(why, room, "as asked for");
            return *kind == MACHINE_KVM      ? kvm_offers_vtx(why, room)
                   : *kind == MACHINE_NESTED ? nested_possible(why, room)
                                             : true;
        }
    snprintf(why, room, "it is none of auto, bochs, kvm, tcg, nested");
    return false;
}

/* A listening socket on a free port of the loopback interface. */
static int listen_locally(uint16_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(listener, 1) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) != 0)
        return -1;
    *port = ntohs(address.sin_port);
    return listener;
}

/* In the child: becomes the emulator, which must not outlive its parent nor touch its terminal. */
static _Noreturn void become(const struct machine_options *options,
                             const struct machine_command *command, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127);
    if (!options->debug || options->kind != MACHINE_BOCHS) {
        char path[4096];
        snprintf(path, sizeof(path), "%s/emulator.log", options->directory);
        int none = open("/dev/null", O_RDONLY);
        int log = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
        setsid();
        setenv("TERM", "dumb", 1); /* Bochs' display draws; nobody looks */
        if (none < 0 || log < 0 || dup2(none, 0) < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0)
            _exit(127);
    }
    signal(SIGPIPE, SIG_DFL);
    execv(command->arguments[0], (char *const *)command->arguments);
    _exit(127);
}

static int spawn(const struct machine_options *options, const struct machine_command *command,
                 struct machine *machine)
{
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid < 0) {
        fprintf(stderr, "bulkhead: no new process: %s\n", strerror(errno));
        return -1;
    }
    if (pid == 0)
        become(options, command, parent);
    machine->pid = pid;
    return 0;
}

static void close_all(int files[SERIAL_PORTS])
{
    for (int i = 0; i < SERIAL_PORTS; i++) {
        if (files[i] >= 0)
            close(files[i]);
        files[i] = -1;
    }
}

static int start_bochs(const struct machine_options *options, struct machine *machine)
{
    struct machine_command command = {.count = 0};
    int listeners[SERIAL_PORTS] = {-1, -1, -1, -1};
    uint16_t tcp[SERIAL_PORTS] = {0};
    int result = -1;
    for (int i = 0; i < SERIAL_PORTS; i++)
        if ((listeners[i] = listen_locally(&tcp[i])) < 0) {
            fprintf(stderr, "bulkhead: no local port for com%d: %s\n", i + 1, strerror(errno));
            goto end;
        }
    if (!bochs_command(options, tcp, &command) || spawn(options, &command, machine))
        goto end;
    result = 0;
    for (int i = 0; i < SERIAL_PORTS && !options->debug && result == 0; i++) {
        struct pollfd wait = {.fd = listeners[i], .events = POLLIN};
        for (int ms = 0; ms < CONNECT_MS && !machine_ended(machine); ms += 100)
            if (poll(&wait, 1, 100) > 0)
                break;
        if (wait.revents & POLLIN)
            machine->ports[i] = accept4(listeners[i], NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        machine->keys[i] = fcntl(machine->ports[i], F_DUPFD_CLOEXEC, 0);
        if (machine->keys[i] < 0) {
            fprintf(stderr, "bulkhead: Bochs did not start: see %s/emulator.log\n",
                    options->directory);
            result = -1;
        }
    }
end:
    close_all(listeners);
    return result;
}

/*
 * A pipe, whose end `ours` (0: to read, 1: to write) stays here. A socket holds as little as 278
 * bytes that were written one by one; while this process is held up a port would lose the rest.
 */
static bool make_pipe(int ours, int *mine, int *theirs)
{
    int pair[2];
    if (pipe(pair) != 0)
        return false;
    *mine = pair[ours];
    *theirs = pair[!ours];
    fcntl(*mine, F_SETFD, FD_CLOEXEC);
    fcntl(*mine, F_SETFL, O_NONBLOCK);
    fcntl(*mine, F_SETPIPE_SZ, PIPE_BYTES); /* as large as may be; it also runs with less */
    return true;
}

static int start_qemu(const struct machine_options *options, struct machine *machine)
{
    struct machine_command command = {.count = 0};
    struct machine_pipes theirs = {.from = {-1, -1, -1, -1}, .to = {-1, -1, -1, -1}};
    bool made = true;
    int result = -1;
    for (int i = 0; i < SERIAL_PORTS && made; i++)
        made = make_pipe(0, &machine->ports[i], &theirs.from[i]) &&
               make_pipe(1, &machine->keys[i], &theirs.to[i]);
    if (!made)
        fprintf(stderr, "bulkhead: no pipes for the serial ports: %s\n", strerror(errno));
    else if (qemu_command(options, &theirs, &command))
        result = spawn(options, &command, machine);
    close_all(theirs.from);
    close_all(theirs.to);
    return result;
}

/* Two runs in one folder would mix their files, and one rewrite the other's disk. */
static int lock_folder(const char *directory)
{
    char path[4096], owner[32] = "";
    snprintf(path, sizeof(path), "%s/run.lock", directory);
    int lock = folder_make(directory) ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666) : -1;
    if (lock < 0) {
        fprintf(stderr, "bulkhead: %s: %s; --dir names another folder\n", directory,
                strerror(errno));
        return -1;
    }
    if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
        ssize_t got = read(lock, owner, sizeof(owner) - 1);
        owner[got > 0 ? strspn(owner, "0123456789") : 0] = 0;
        fprintf(stderr,
                "bulkhead: %s is in use by another run%s%s: end that one, or give this one a "
                "folder of its own with --dir\n",
                directory, *owner ? ", process " : "", owner);
        close(lock);
        return -1;
    }
    if (ftruncate(lock, 0) != 0 || dprintf(lock, "%d\n", (int)getpid()) < 0)
        fprintf(stderr, "bulkhead: %s: %s\n", path, strerror(errno)); /* locked all the same */
    return lock;
}

/* Makes what the machine has besides the disk that it boots from. */
static int machine_files(const struct machine_options *options)
{
    switch (options->kind) {
    case MACHINE_BOCHS:
        return 0;
    case MACHINE_NESTED:
        return nested_files(options);
    default:
        return devices_files(options);
    }
}

int machine_start(const struct machine_options *options, struct machine *machine)
{
    char path[4096];
    *machine = (struct machine){.pid = 0, .ports = {-1, -1, -1, -1}, .keys = {-1, -1, -1, -1}};
    machine->lock = lock_folder(options->directory);
    if (machine->lock < 0)
        return -1;
    /* A run that was killed leaves locks, and Bochs then refuses the disks. */
    static const char *const locks[] = {"disk.img.lock", "command.img.lock"};
    for (size_t i = 0; i < sizeof(locks) / sizeof(locks[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", options->directory, locks[i]);
        unlink(path);
    }
    snprintf(path, sizeof(path), "%s/disk.img", options->directory);
    if (disk_write(path, options->files, options->file_count) || machine_files(options)) {
        machine_stop(machine);
        return -1;
    }
    int result = options->kind == MACHINE_BOCHS || options->kind == MACHINE_NESTED
                     ? start_bochs(options, machine)
                     : start_qemu(options, machine);
    if (result)
        machine_stop(machine);
    return result;
}

bool machine_ended(struct machine *machine)
{
    if (machine->pid > 0 && waitpid(machine->pid, &machine->status, WNOHANG) == machine->pid)
        machine->pid = 0;
    return machine->pid == 0;
}

void machine_stop(struct machine *machine)
{
    if (machine->pid > 0) {
        kill(machine->pid, SIGKILL); /* Bochs' display swallows anything milder */
        waitpid(machine->pid, &machine->status, 0);
        machine->pid = 0;
    }
    close_all(machine->ports);
    close_all(machine->keys);
    if (machine->lock >= 0)
        close(machine->lock);
    machine->lock = -1;
}

double machine_seconds(const struct machine *machine)
{
    char path[64], text[1024] = "";
    unsigned long user = 0, system = 0;
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)machine->pid);
    FILE *file = fopen(path, "r");
    if (!file)
        return 0;
    if (fgets(text, sizeof(text), file)) {
        const char *end = strrchr(text, ')'); /* the name may hold spaces */
        if (end)
            sscanf(end + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
    }
    fclose(file);
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

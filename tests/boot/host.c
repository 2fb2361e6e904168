/* SPDX-License-Identifier: Apache-2.0 */
/* The host's side of a boot test: see the header. */
#include "host.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

bool host_start(struct host *host, const char *command)
{
    int ends[2];
    host_stop(host);
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    host->pid = fork();
    if (host->pid == 0) {
        setpgid(0, 0);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    host->words = ends[0];
    fcntl(host->words, F_SETFL, O_NONBLOCK);
    if (host->pid < 0)
        host->pid = 0;
    return host->pid > 0;
}

static void take_byte(struct host *host, char byte, void (*sink)(void *context, const char *line),
                      void *context)
{
    if (byte != '\n' && host->length < sizeof(host->line) - 1)
        host->line[host->length++] = byte;
    if (byte != '\n')
        return;
    host->line[host->length] = 0;
    host->length = 0;
    sink(context, host->line);
}

void host_read(struct host *host, void (*sink)(void *context, const char *line), void *context)
{
    char bytes[512];
    int status;
    if (host->pid == 0)
        return;
    bool ended = waitpid(host->pid, &status, WNOHANG) == host->pid; /* first: then all is there */
    for (ssize_t count; (count = read(host->words, bytes, sizeof(bytes))) > 0;)
        for (ssize_t i = 0; i < count; i++)
            take_byte(host, bytes[i], sink, context);
    if (!ended)
        return;
    if (host->length > 0)
        take_byte(host, '\n', sink, context);
    kill(-host->pid, SIGKILL); /* what it may have left behind */
    host->pid = 0;
    snprintf(bytes, sizeof(bytes), "exit %d", WIFEXITED(status) ? WEXITSTATUS(status) : 255);
    sink(context, bytes);
}

void host_stop(struct host *host)
{
    if (host->pid > 0) {
        kill(-host->pid, SIGKILL);
        waitpid(host->pid, NULL, 0);
    }
    if (host->words > 0)
        close(host->words);
    *host = (struct host){0};
}

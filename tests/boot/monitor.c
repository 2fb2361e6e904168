/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOOK_MICROSECONDS = 100000 };

bool monitor_open(struct monitor *monitor, const char *directory)
{
    snprintf(monitor->path, sizeof(monitor->path), "%s/monitor", directory);
    unlink(monitor->path);
    if (mkfifo(monitor->path, 0600) != 0) {
        return false;
    }
    monitor->keys = open(monitor->path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
    return monitor->keys > 0;
}

/* Bytes of its answers so far. */
static off_t answered(const struct monitor *monitor)
{
    char path[MONITOR_PATH + 8];
    struct stat about;
    snprintf(path, sizeof(path), "%s.txt", monitor->path);
    return stat(path, &about) == 0 ? about.st_size : 0;
}

bool monitor_answers(const struct monitor *monitor, double seconds)
{
    static const char question[] = "info registers -a\r";
    off_t before = answered(monitor);
    if (write(monitor->keys, question, strlen(question)) != (ssize_t)strlen(question)) {
        return false;
    }
    for (double left = seconds; left > 0 && answered(monitor) == before;
         left -= LOOK_MICROSECONDS / 1e6) {
        usleep(LOOK_MICROSECONDS);
    }
    return answered(monitor) > before;
}

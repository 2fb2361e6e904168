/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the four ports, and telling the firmware's words from the domains'. */
#include "ports.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

/* The loader's and the kernel's lines begin so; no firmware's do. */
static const char first_words[] = "bulkhead";

struct line_of {
    struct ports *ports;
    int port;
};

double seconds_now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int ports_open(struct ports *ports, struct machine *machine, const char *directory)
{
    ports->machine = machine;
    for (int i = 0; i < SERIAL_PORTS; i++) {
        char path[4096];
        snprintf(path, sizeof(path), "%s/com%d.txt", directory, i + 1);
        ports->port[i].log = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        if (ports->port[i].log < 0) {
            fprintf(stderr, "bulkhead: %s: %s\n", path, strerror(errno));
            return -1;
        }
    }
    return 0;
}

void ports_width(struct ports *ports, unsigned width, bool ascii)
{
    for (int i = 0; i < SERIAL_PORTS; i++)
        line_open(&ports->port[i].line, width, ascii);
}

bool ports_wait(struct ports *ports, int other, int ms)
{
    struct pollfd wait[SERIAL_PORTS + 1];
    for (int i = 0; i < SERIAL_PORTS; i++)
        wait[i] = (struct pollfd){.fd = ports->machine->ports[i], .events = POLLIN};
    wait[SERIAL_PORTS] = (struct pollfd){.fd = other, .events = POLLIN};
    poll(wait, SERIAL_PORTS + 1, ms);
    return wait[SERIAL_PORTS].revents != 0;
}

static void heed(struct ports *ports, int number, const uint8_t *bytes, size_t count);

/* The loader's first line: what the other ports hold counts from now on. */
static void begin(struct ports *ports)
{
    ports->started = true;
    for (int i = 1; i < SERIAL_PORTS; i++)
        heed(ports, i, ports->port[i].held, ports->port[i].held_count);
}

static void keep_firmware_line(struct ports *ports, const char *line)
{
    char *at = ports->firmware_lines[ports->firmware_count++ % FIRMWARE_LINES];
    snprintf(at, LINE_BYTES, "%s", line);
}

static bool is_firmware_line(const struct ports *ports, const char *line)
{
    for (int i = 0; i < FIRMWARE_LINES; i++)
        if (strcmp(ports->firmware_lines[i], line) == 0)
            return true;
    return !*line;
}

static void take_line(const char *line, void *context)
{
    struct line_of *of = context;
    struct ports *ports = of->ports;
    if (of->port > 0) {
        if (!ports->port[of->port].own && is_firmware_line(ports, line))
            return;
        ports->port[of->port].own = true;
    } else if (!ports->started) {
        if (strncasecmp(line, first_words, strlen(first_words)) == 0)
            begin(ports);
        else
            keep_firmware_line(ports, line);
    }
    ports->sink(ports->context, of->port, !ports->started, line);
}

static void heed(struct ports *ports, int number, const uint8_t *bytes, size_t count)
{
    struct line_of of = {ports, number};
    struct port *port = &ports->port[number];
    for (size_t i = 0; i < count; i++)
        line_put(&port->line, bytes[i], take_line, &of);
    port->waiting |= count > 0;
    ports->spoken |= number > 0 && (port->own || port->line.length > 0);
}

/* Bytes of another port than com1, before the loader has spoken; so many can't be a domain's. */
static void hold(struct port *port, const uint8_t *bytes, size_t count)
{
    if (count > HELD_BYTES - port->held_count)
        port->held_count = 0;
    memcpy(port->held + port->held_count, bytes, count);
    port->held_count += count;
}

/* Takes what a port has written. */
static void read_port(struct ports *ports, int number)
{
    struct port *port = &ports->port[number];
    uint8_t bytes[4096];
    ssize_t got;
    while ((got = read(ports->machine->ports[number], bytes, sizeof(bytes))) > 0) {
        if (write(port->log, bytes, (size_t)got) != got)
            fprintf(stderr, "bulkhead: com%d.txt: can't write: %s\n", number + 1, strerror(errno));
        port->last = seconds_now();
        if (number > 0 && !ports->started)
            hold(port, bytes, (size_t)got);
        else
            heed(ports, number, bytes, (size_t)got);
    }
    if (got == 0) {
        close(ports->machine->ports[number]);
        ports->machine->ports[number] = -1;
    }
}

/* com1 goes last: what a domain has said by now, the loader has said something before. */
void ports_read(struct ports *ports)
{
    for (int i = SERIAL_PORTS - 1; i >= 0; i--)
        if (ports->machine->ports[i] >= 0)
            read_port(ports, i);
}

double ports_last(const struct ports *ports)
{
    double last = 0;
    for (int i = 0; i < SERIAL_PORTS; i++)
        if (ports->port[i].last > last)
            last = ports->port[i].last;
    return last;
}

bool ports_partial(struct ports *ports, int number, double silence, char out[LINE_BYTES])
{
    struct port *port = &ports->port[number];
    if (!ports->started || !port->waiting || seconds_now() - port->last < silence)
        return false;
    port->waiting = false;
    line_partial(&port->line, out);
    return true;
}

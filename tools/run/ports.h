/* SPDX-License-Identifier: Apache-2.0 */
/* The serial ports of a running machine, as lines. */
#ifndef BULKHEAD_RUN_PORTS_H
#define BULKHEAD_RUN_PORTS_H

#include "line.h"
#include "machine.h"

/* Takes a whole line that came from `port` (0: com1). `firmware`: the loader had not yet spoken. */
typedef void (*ports_sink)(void *context, int port, bool firmware, const char *line);

enum { HELD_BYTES = 1 << 16, FIRMWARE_LINES = 8 };

struct port {
    struct line line;
    uint8_t held[HELD_BYTES]; /* what came before the loader spoke */
    size_t held_count;
    bool own;     /* it has said something that is not the firmware's */
    double last;  /* when its last byte came */
    bool waiting; /* there may be an unfinished line that nobody has looked at */
    int log;      /* gets every byte as it came */
};

struct ports {
    struct machine *machine;
    ports_sink sink;
    void *context;
    bool started; /* the loader has spoken: what comes now is the firmware's no more */
    bool spoken;  /* a port other than com1 has written something since */
    char firmware_lines[FIRMWARE_LINES][LINE_BYTES]; /* the last ones on com1 */
    unsigned firmware_count;
    struct port port[SERIAL_PORTS];
};

/* Seconds of a clock that only goes forward. */
double seconds_now(void);

/* Creates the logs com1.txt .. com4.txt in `directory`. Returns 0, or -1, said on stderr. */
int ports_open(struct ports *ports, struct machine *machine, const char *directory);

/* Sets how wide lines may get, and whether only ASCII may come out. Before anything is read. */
void ports_width(struct ports *ports, unsigned width, bool ascii);

/* Waits until a port or `other` (-1: none) has something to read, at most `ms`. True: `other`. */
bool ports_wait(struct ports *ports, int other, int ms);

/*
 * Takes whatever has come. Firmware writes to com1 and com2 alike: lines at the beginning of
 * another port that com1 had too go to the log only. Not time tells them from a domain's, as a
 * busy host may read the loader's first line and a domain's at once.
 */
void ports_read(struct ports *ports);

/* When a port last had something to say, as seconds_now(). */
double ports_last(const struct ports *ports);

/*
 * The unfinished line of a port that has been silent for `silence` seconds; false when there is
 * nothing new to look at.
 */
bool ports_partial(struct ports *ports, int port, double silence, char out[LINE_BYTES]);

#endif

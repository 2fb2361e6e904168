/* SPDX-License-Identifier: Apache-2.0 */
/* One run of a machine: what the loop, the keyboard and the ends of domains share. */
#ifndef BULKHEAD_RUN_SESSION_H
#define BULKHEAD_RUN_SESSION_H

#include "image.h"
#include "ports.h"
#include "screen.h"

/* What each kind of machine takes: seconds of firmware, and words on the whole. */
struct machine_fact {
    int firmware_seconds;
    const char *title, *duration;
};
extern const struct machine_fact machine_facts[MACHINE_KINDS];

enum { EXIT_SILENT = 4 }; /* beside enum exit_status: the time was over before a domain spoke */

/* Whether a domain has stopped for good, and who said so. Its own port the domain can write, too.
 */
enum stop { STOP_NO, STOP_ON_ITS_PORT, STOP_IN_LOG };

struct run {
    const char *path, *machine_name;
    struct run_image image;
    struct disk_file file;
    struct machine_options options;
    struct machine machine;
    struct screen screen;
    struct ports ports;
    double began, limit;   /* seconds; limit 0: none */
    double progress;       /* when progress was last told */
    double refused, ended; /* when the refusal came, when the last domain stopped; 0: not yet */
    unsigned port;         /* of this host, to lead to the console; 0: none */
    double shell;          /* when the firmware started something else */
    const char *stage;
    bool plain, which, quit;
    bool typing; /* what is typed here is read */
    bool escape; /* Ctrl-] was typed */
    bool opened; /* where the console is was said */
    bool fell;   /* the emulator ended, and nobody had asked it to */
    bool told, prompted,
        deaf; /* said: whose the keyboard is; so at its prompt; that nobody reads */
    enum stop stopped[MAX_DOMAINS];
};

/* Starts the machine and moves bytes until it is over. Returns an enum exit_status or EXIT_SILENT.
 */
int session_run(struct run *run);

/* Whether the domain on a port has stopped for good; false where there is none. */
bool session_has_stopped(const struct run *run, int port);

/* Prepares the terminal for typing and picks the first domain's port; keys_close() undoes it. */
void keys_open(struct run *run);
void keys_close(void);

/* Reads what was typed. */
void keys_read(struct run *run);

/* Gives the keyboard to a port and says so. */
void keys_give(struct run *run, int port);

/*
 * What the hypervisor says of a domain: "bulkhead: domain NAME ...", with "stays stopped" in it if
 * it is the end of that domain. False: another line.
 */
bool end_of_domain(const char *line, char name[NAME_BYTES], bool *stays);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* What an image's manifest says about the machine that it is for. */
#ifndef BULKHEAD_RUN_IMAGE_H
#define BULKHEAD_RUN_IMAGE_H

#include "console.h"
#include "kernel/abi/limits.h"
#include "machine.h"

struct run_image {
    const char *trouble;                   /* why it is no image that boots, NULL: it is one */
    bool survey;                           /* it is the application of `bulkhead survey` */
    bool amd;                              /* made for AMD-V */
    bool holds_key;                        /* the private key of the console's server */
    unsigned cpus, memory_mib;             /* 0: not said */
    char owners[SERIAL_PORTS][NAME_BYTES]; /* the domain of each port, "": none */
    unsigned domain_count;
    char domains[MAX_DOMAINS][NAME_BYTES];
    bool startable[MAX_DOMAINS]; /* an operator may start it again */
    unsigned device_count;
    struct machine_device devices[MAX_DEVICES];
    struct run_console console;
};

/*
 * Reads an image; one without a good manifest (another EFI file, a damaged image) says nothing but
 * its trouble. Returns 0, or -1 with the cause on stderr when the file can't be read.
 */
int run_image_read(const char *path, struct run_image *out);

/*
 * Fills what `options` leave open (0) from the image, then with what suits any image. Its devices
 * stay where they are, in `image`.
 */
void run_image_defaults(const struct run_image *image, struct machine_options *options);

#endif

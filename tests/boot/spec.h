/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A boot test: a file NAME.test with one directive a line, `#` starting a comment.
 *
 *   invariant I4 WORDS...      what it shows; printed with the verdict (required)
 *   manifest FILE              the manifest to build and boot, beside the test (required)
 *   machine NAMES...           where it runs, of bochs, tcg, and if they are asked for kvm and
 *                              nested; default bochs and tcg. For tcg the image is built with
 *                              --cpu amd
 *   on NAME                    what follows is for that machine; `on all` ends it. `on steady`:
 *                              for machines whose time moves evenly (Bochs before 3.0)
 *   model NAME, cpus N, memory MIB, ips N
 *                              as for `bulkhead run`; default: as the manifest's platform says
 *   threads N                  QEMU only: a core has N threads
 *   device TEXT                QEMU only: one more device, as -device has it. What the manifest
 *                              assigns is there by itself (tools/run/devices.h)
 *   absent PCI...              but not what it assigns at these addresses, or `absent all`;
 *                              `absent random`: what the firmware has random numbers from
 *   iommu TEXT                 QEMU only: the IOMMU, as -device has it, or `iommu none`
 *   limit SEC                  seconds that the emulator may compute (default 120; nested: 400)
 *   needs FILE                 the test is skipped where FILE does not exist
 *   beside FILE...             nested only: text files for the folder /tmp of the Linux in which
 *                              QEMU runs; the first is a script that sh runs there meanwhile.
 *                              What it says comes on com1, in lines that begin with `nested:`
 *   kernel NAME                build/kernel/kernel-CPU-NAME.elf in place of the usual kernel
 *   before FILE.efi            firmware boots this first; the image is \NEXT.EFI beside it
 *
 * Damage to the image before it boots:
 *   flip SECTION OFFSET        the lowest bit of a byte of the PE section (.manif, .payload ...)
 *   poke SECTION OFFSET HEX    other bytes there
 *   redigest                   the manifest's own digest computed anew
 *   cut BYTES                  the file's end is missing
 *
 * Expectations; PORT is com1..com4 or host, REGEX a POSIX extended one, searched in each line:
 *   must PORT REGEX            a line, or an unfinished line such as a prompt, that appears
 *   then PORT REGEX            as must, but after everything above it has appeared; between two
 *                              ports that counts which were not read at once (expect.h)
 *   times PORT N REGEX         at least N such lines
 *   send PORT TEXT             typed with a return once everything above it has appeared; PORT may
 *                              also be `monitor`, QEMU's own (not nested), or `host`: a command
 *                              for sh in the top folder, whose lines are those of the port `host`;
 *                              127.0.0.1:$CONSOLE_PORT leads to the management console
 *   never PORT REGEX           no such line until the last expectation was met
 *   hush PORT REGEX            no such line once everything above it has appeared
 *   below PORT N REGEX         as must; what its first (...) matched is a number of at most N
 *   disk TEXT                  the disk that it booted from holds this in the end; QEMU's can be
 *                              written only then
 *
 * The emulator is ended as soon as all that must appear has appeared. What the firmware writes
 * before the loader's first line is not looked at.
 */
#ifndef BULKHEAD_TESTS_SPEC_H
#define BULKHEAD_TESTS_SPEC_H

#include "tools/run/machine.h"
#include <regex.h>

enum {
    MAX_STEPS = 96,
    MAX_DAMAGES = 16,
    SPEC_WORD = 256,
    SPEC_TEXT = 512,
    SPEC_HOST = SERIAL_PORTS, /* what a program on the host says */
    SPEC_PORTS,
    SPEC_MONITOR = SPEC_PORTS
};

enum step_kind { STEP_MUST, STEP_THEN, STEP_TIMES, STEP_SEND, STEP_NEVER, STEP_HUSH, STEP_BELOW };

struct step {
    enum step_kind kind;
    int port;             /* com1..com4 from 0; SPEC_HOST; to send, SPEC_MONITOR */
    unsigned long number; /* times: lines still to come; below: the bound */
    char text[SPEC_TEXT]; /* the regex, or what is typed */
    regex_t regex;
    bool done;
};

enum damage_kind { DAMAGE_FLIP, DAMAGE_POKE, DAMAGE_REDIGEST, DAMAGE_CUT };

struct damage {
    enum damage_kind kind;
    char section[9];
    unsigned long offset; /* or the number of bytes to cut */
    char hex[SPEC_WORD];
};

struct spec {
    char name[SPEC_WORD]; /* the file's name without .test */
    char invariant[SPEC_TEXT];
    char manifest[SPEC_TEXT]; /* a path from the current directory */
    char needs[SPEC_TEXT];
    char before[SPEC_TEXT];
    char disk[SPEC_TEXT];
    char beside[SPEC_TEXT];
    char kernel[SPEC_WORD]; /* empty: the usual one */
    char model[SPEC_WORD];
    char devices[MACHINE_EXTRA][SPEC_WORD];
    unsigned devices_used;
    char absent[SPEC_WORD];
    char iommu[SPEC_WORD];
    struct machine_options options; /* its kind is the machine that the spec was read for */
    unsigned machines;              /* bit n: it runs on enum machine_kind n */
    unsigned long limit;
    unsigned step_count, damage_count;
    struct step steps[MAX_STEPS];
    struct damage damages[MAX_DAMAGES];
};

/* Reads a test as `kind` runs it. False: `why` says what is wrong, with the line. */
bool spec_read(const char *path, enum machine_kind kind, struct spec *spec, char *why, size_t room);

/* Damages the image file as the test says. False: `why` says what went wrong. */
bool spec_damage(const struct spec *spec, const char *image, char *why, size_t room);

#endif

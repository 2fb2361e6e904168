/* SPDX-License-Identifier: Apache-2.0 */
/* The machines that an image can be booted in: which one, how it is configured, its life. */
#ifndef BULKHEAD_RUN_MACHINE_H
#define BULKHEAD_RUN_MACHINE_H

#include "tools/image/disk.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { SERIAL_PORTS = 4, MACHINE_SERIAL = 65, MACHINE_EXTRA = 12, MACHINE_BESIDE = 8 };

enum machine_kind {
    MACHINE_BOCHS,  /* has VT-x, needs nothing from the host */
    MACHINE_KVM,    /* QEMU on a host that lends its VT-x to guests */
    MACHINE_TCG,    /* QEMU's own processor: has AMD-V */
    MACHINE_NESTED, /* QEMU with KVM on Bochs' VT-x, see nested.h */
    MACHINE_KINDS,
};

/* What a kind is called on the command line. */
extern const char *const machine_names[MACHINE_KINDS];

/* A PCI function that the machine is to have. */
struct machine_device {
    uint32_t pci;     /* segment << 16 | bus << 8 | device << 3 | function, as in manifests */
    uint32_t id;      /* vendor << 16 | device; 0: not said */
    uint32_t network; /* cards with the same number see each other; MANIFEST_NONE: on its own */
    char serial[MACHINE_SERIAL]; /* of a disk; "": made from its address */
    bool keeps; /* it need not be reset: the manifest accepts that, or silences it */
};

/* Management's card, on a network of its own from which this host's port leads to it alone. */
struct machine_console {
    uint32_t pci;             /* which of the devices it is */
    uint32_t address, prefix; /* IPv4, the first number in the top byte; address 0: none */
    uint32_t gateway;         /* 0: none */
    unsigned port;            /* of 127.0.0.1 here, to its 443; 0: none leads there */
    bool no_random;           /* the firmware finds no source of random numbers for it */
};

struct machine_options {
    enum machine_kind kind;
    const char *model; /* the emulator's name of a processor; NULL: the usual one */
    unsigned cpus;
    unsigned threads; /* QEMU: a core; 0: one */
    unsigned memory_mib;
    uint64_t ips;                  /* Bochs, not nested: instructions that make a second */
    const char *directory;         /* for the disk image, the configuration and the logs */
    const struct disk_file *files; /* what is on the disk that it boots from */
    unsigned file_count;
    /* QEMU only: */
    const struct machine_device *devices;
    unsigned device_count;
    struct machine_console console;
    const char *extra[MACHINE_EXTRA]; /* more devices, as after `-device`, up to a NULL */
    const char *iommu;                /* as after `-device`; NULL: the usual one, "": none */
    const char *monitor;              /* a FIFO that its monitor reads; NULL: no monitor */
    bool resets;                      /* a reset is one, not the machine's end */
    /* Nested: text files for its Linux's /tmp, up to a NULL; the first, a script for sh, runs there
     * beside QEMU, with $CONSOLE_PORT of 127.0.0.1 leading to the console. */
    const char *beside[MACHINE_BESIDE];
    bool keeps; /* what is written to the disk that it boots from stays */
    bool count; /* without KVM: a TSC tick is an instruction */
    bool debug; /* Bochs: its debugger on this terminal; QEMU: waits for gdb on port 1234 */
};

struct machine {
    pid_t pid;               /* 0: not running */
    int ports[SERIAL_PORTS]; /* non-blocking streams from com1..com4, -1: closed */
    int keys[SERIAL_PORTS];  /* non-blocking streams to them */
    int status;              /* how it ended, as waitpid() says it */
    int lock;                /* keeps others out of the folder, -1: none */
};

/*
 * Whether /dev/kvm lends out VT-x with EPT and unrestricted guest. `why` says in words what was
 * found. Intel SDM, "VMX Capability Reporting Facility".
 */
bool kvm_offers_vtx(char *why, size_t room);

/* Picks the machine for `name` ("auto" or one of machine_names); false when there is none such. */
bool machine_choose(const char *name, bool amd, enum machine_kind *kind, char *why, size_t room);

/*
 * Makes the folder and locks it, writes the disk image and starts the emulator, which dies with
 * this process. Returns 0, or -1 with the cause on stderr, which may be the process that has the
 * folder.
 */
int machine_start(const struct machine_options *options, struct machine *machine);

/* True when the emulator has ended; its status is then in `machine`. */
bool machine_ended(struct machine *machine);

/* Ends the emulator at once and closes the ports. */
void machine_stop(struct machine *machine);

/* Seconds of processor time that the emulator has used so far. */
double machine_seconds(const struct machine *machine);

/*
 * For the two emulators: argument vectors, NULL at the end. False: said on stderr. Of the nested
 * machine bochs_command() is Bochs', qemu_command() what its Linux starts; that has no pipes.
 */
enum { MACHINE_ARGUMENTS = 1024 };
struct machine_command {
    const char *arguments[MACHINE_ARGUMENTS];
    unsigned count;
    char text[1 << 16]; /* where arguments that had to be made are kept */
    size_t used;
};
/* QEMU's ends of the pipes from and to its serial ports. */
struct machine_pipes {
    int from[SERIAL_PORTS], to[SERIAL_PORTS];
};
bool bochs_command(const struct machine_options *options, const uint16_t tcp[SERIAL_PORTS],
                   struct machine_command *command);
bool qemu_command(const struct machine_options *options, const struct machine_pipes *theirs,
                  struct machine_command *command);

/* Appends one argument, made as by printf. */
void command_add(struct machine_command *command, const char *text, ...)
    __attribute__((format(printf, 2, 3)));

/* The first of the NULL-terminated `paths` that exists, or NULL. */
const char *first_of(const char *const *paths);

/* The first of the NULL-terminated `names` that is a program in PATH, with its folder, or NULL. */
const char *program_of(const char *const *names);

#endif

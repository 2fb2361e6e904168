/* SPDX-License-Identifier: Apache-2.0 */
/* Bochs, a Linux with KVM in it, QEMU in that: configuration, and QEMU's command line as a disk. */
#include "nested.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/*
 * So many instructions are a second: GRUB's configuration in tests/nested/disks tells Linux, which
 * could not measure it. CYLINDER: a disk without a partition table has no geometry but this.
 */
enum { INSTRUCTIONS_A_SECOND = 100000000, LINUX_MIB = 768, CYLINDER = 16 * 63 * 512 };

static const char linux_folder[] = "build/nested";
/* In Bochs' Linux: its only folder that can be written. The image's disk is linked there. */
static const char folder_inside[] = "/tmp";

/*
 * One processor: more of them share the one that Bochs runs on. The legacy BIOS is quicker than
 * UEFI, and with it Linux has the I/O APIC. Of Bochs' processors with what KVM wants this one
 * boots Linux.
 */
static const char configuration[] =
    "cpu: model=%s, count=1, ips=%u, reset_on_triple_fault=0, ignore_bad_msrs=1\n"
    "megs: %u\n"
    "romimage: file=/usr/share/bochs/BIOS-bochs-latest\n"
    "vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest\n"
    "vga: extension=none\n"
    "boot: disk\n"
    "ata0-master: type=disk, path=%s/boot.img, mode=volatile, cylinders=1, heads=16, spt=63\n"
    "ata0-slave: type=disk, path=%s/root.img, mode=volatile\n"
    "ata1: enabled=1, ioaddr1=0x170, ioaddr2=0x370, irq=15\n"
    "ata1-master: type=disk, path=%s/disk.img, mode=flat\n"
    "ata1-slave: type=disk, path=%s/command.img, mode=flat, cylinders=1, heads=16, spt=63\n";

bool nested_possible(char *why, size_t room)
{
    static const char *const made[] = {"boot.img", "root.img"};
    for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
        char path[64];
        snprintf(path, sizeof(path), "%s/%s", linux_folder, made[i]);
        if (access(path, R_OK) != 0) {
            snprintf(why, room, "there is no %s here: run make nested", path);
            return false;
        }
    }
    snprintf(why, room, "as asked for");
    return true;
}

void nested_configuration(const struct machine_options *options, FILE *file)
{
    fprintf(file, configuration, options->model ? options->model : "corei7_skylake_x",
            (unsigned)INSTRUCTIONS_A_SECOND, options->memory_mib + LINUX_MIB, linux_folder,
            linux_folder, options->directory, options->directory);
}

/* One word to a shell. */
static void put_word(FILE *file, const char *word)
{
    fputc('\'', file);
    for (; *word; word++)
        if (*word == '\'')
            fputs("'\\''", file);
        else
            fputc(*word, file);
    fputs("' ", file);
}

/* A text file as a here-document, which its shell puts into the folder that can be written. */
static bool put_file(FILE *file, const char *path)
{
    static const char end[] = "end of the file";
    char line[4096];
    const char *slash = strrchr(path, '/');
    FILE *from = fopen(path, "r");
    if (!from)
        return false;
    fprintf(file, "cat >%s/%s <<'%s'\n", folder_inside, slash ? slash + 1 : path, end);
    while (fgets(line, sizeof(line), from))
        fputs(line, file);
    bool good = !ferror(from);
    fclose(from);
    fprintf(file, "%s\n", end);
    return good;
}

/* What it says goes to the first serial port, a line in one piece, as QEMU writes there too. */
static bool put_beside(FILE *file, const struct machine_options *options)
{
    for (int i = 0; i < MACHINE_BESIDE && options->beside[i]; i++)
        if (!put_file(file, options->beside[i])) {
            fprintf(stderr, "bulkhead: %s: %s\n", options->beside[i], strerror(errno));
            return false;
        }
    if (options->beside[0]) {
        const char *slash = strrchr(options->beside[0], '/');
        fprintf(file,
                "CONSOLE_PORT=%u sh %s/%s 2>&1 | while read -r line; do\n"
                "    printf '\\r\\nnested: %%s\\r\\n' \"$line\"\n"
                "done >/dev/ttyS0 &\n",
                options->console.port, folder_inside, slash ? slash + 1 : options->beside[0]);
    }
    return true;
}

int nested_files(const struct machine_options *options)
{
    static struct machine_command command;
    struct machine_options inside = *options;
    char path[4096];
    inside.directory = folder_inside;
    command.count = 0;
    command.used = 0;
    if (!qemu_command(&inside, NULL, &command))
        return -1;
    snprintf(path, sizeof(path), "%s/command.img", options->directory);
    FILE *file = fopen(path, "w");
    if (!file) {
        fprintf(stderr, "bulkhead: %s: %s\n", path, strerror(errno));
        return -1;
    }
    bool good = put_beside(file, options);
    fputs("exec ", file);
    for (unsigned i = 0; i < command.count; i++)
        put_word(file, command.arguments[i]);
    fputs("-name nested,debug-threads=on\n", file); /* threads have names: tests/nested/init */
    bool fits = ftell(file) <= CYLINDER;
    good = good && fits && fflush(file) == 0 && ftruncate(fileno(file), CYLINDER) == 0;
    if (fclose(file) != 0 || !good) {
        fprintf(stderr, "bulkhead: %s: %s\n", path,
                fits ? strerror(errno) : "it has no room for all of its files");
        return -1;
    }
    return 0;
}

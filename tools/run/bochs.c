/* SPDX-License-Identifier: Apache-2.0 */
/* Bochs: its configuration file and command line. */
#include "machine.h"
#include "nested.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* What Debian 12 and 13 install, in the order of preference. */
static const char *const programs[] = {"bochs-bin", "bochs", NULL};
static const char *const firmwares[] = {"/usr/share/ovmf/OVMF.fd", NULL};
static const char *const vga_roms[] = {"/usr/share/vgabios/vgabios.stdvga.bin",
                                       "/usr/share/bochs/VGABIOS-lgpl-latest", NULL};

/* Why each line: plugins that OVMF trips over are off; unknown MSRs must not stop OVMF. */
static const char configuration[] =
    "config_interface: textconfig\n"
    "display_library: term\n"
    "plugin_ctrl: unmapped=1, biosdev=1, speaker=0, extfpuirq=1, parallel=0, serial=1, iodebug=1, "
    "gameport=0\n"
    "pci: enabled=1, chipset=i440fx\n"
    "port_e9_hack: enabled=1\n"
    "clock: sync=none\n"
    "panic: action=fatal\n"
    "error: action=ignore\n"
    "info: action=ignore\n"
    "log: %s/bochs.log\n";
static const char hardware[] =
    "cpu: model=%s, count=%u, ips=%llu, reset_on_triple_fault=0, ignore_bad_msrs=1\n"
    "megs: %u\n"
    "romimage: file=%s, address=0x%llx\n"
    "vgaromimage: file=%s\n"
    "ata0-master: type=disk, path=%s/disk.img, mode=flat\n";

static bool write_configuration(const struct machine_options *options,
                                const uint16_t tcp[SERIAL_PORTS], const char *path)
{
    const char *firmware = first_of(firmwares), *vga = first_of(vga_roms);
    struct stat status;
    if (!firmware || !vga || stat(firmware, &status) != 0) {
        fprintf(stderr, "bulkhead: no %s: run tools/setup\n",
                firmware ? "VGA BIOS for Bochs" : "UEFI firmware (package ovmf)");
        return false;
    }
    FILE *file = fopen(path, "w");
    if (!file) {
        fprintf(stderr, "bulkhead: %s: %s\n", path, strerror(errno));
        return false;
    }
    fprintf(file, configuration, options->directory);
    if (options->kind == MACHINE_NESTED)
        nested_configuration(options, file);
    else
        fprintf(file, hardware, options->model ? options->model : "corei7_icelake_u", options->cpus,
                (unsigned long long)options->ips, options->memory_mib, firmware,
                (1ull << 32) - (unsigned long long)status.st_size, vga, options->directory);
    for (int i = 0; i < SERIAL_PORTS; i++)
        if (options->debug)
            fprintf(file, "com%d: enabled=1, mode=file, dev=%s/com%d.txt\n", i + 1,
                    options->directory, i + 1);
        else
            fprintf(file, "com%d: enabled=1, mode=socket-client, dev=127.0.0.1:%u\n", i + 1,
                    tcp[i]);
    return fclose(file) == 0;
}

bool bochs_command(const struct machine_options *options, const uint16_t tcp[SERIAL_PORTS],
                   struct machine_command *command)
{
    const char *program = program_of(programs);
    if (!program) {
        fprintf(stderr, "bulkhead: Bochs is not installed (packages bochs, bochs-term): run "
                        "tools/setup\n");
        return false;
    }
    char path[4096];
    snprintf(path, sizeof(path), "%s/bochsrc", options->directory);
    if (!write_configuration(options, tcp, path))
        return false;
    command_add(command, "%s", program);
    command_add(command, "-q");
    command_add(command, "-f");
    command_add(command, "%s", path);
    if (options->debug)
        return true;

    /* Debian's Bochs has its debugger built in, which wants to be told to continue. */
    snprintf(path, sizeof(path), "%s/debugger", options->directory);
    FILE *file = fopen(path, "w");
    if (!file || fputs("c\nq\n", file) < 0 || fclose(file) != 0) {
        fprintf(stderr, "bulkhead: %s: %s\n", path, strerror(errno));
        return false;
    }
    command_add(command, "-rc");
    command_add(command, "%s", path);
    return true;
}

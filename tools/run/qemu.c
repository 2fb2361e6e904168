/* SPDX-License-Identifier: Apache-2.0 */
/* QEMU: its command line, with KVM (VT-x) or on its own (AMD-V). */
#include "devices.h"
#include "machine.h"
#include <stdio.h>
#include <string.h>

static const char *const programs[] = {"qemu-system-x86_64", NULL};
static const char *const firmware_code[] = {"/usr/share/OVMF/OVMF_CODE_4M.fd", NULL};
static const char *const firmware_variables[] = {"/usr/share/OVMF/OVMF_VARS_4M.fd", NULL};

static const char usual_iommu[] = "intel-iommu,intremap=on,eim=on,caching-mode=on,aw-bits=48";

/* The version of the installed QEMU as major * 100 + minor, 0 when it won't say. */
static unsigned version(void)
{
    char line[64], text[256];
    unsigned major = 0, minor = 0;
    snprintf(line, sizeof(line), "%s --version", programs[0]);
    FILE *pipe = popen(line, "r");
    if (!pipe)
        return 0;
    if (fgets(text, sizeof(text), pipe))
        sscanf(text, "QEMU emulator version %u.%u", &major, &minor);
    pclose(pipe);
    return major * 100 + minor;
}

static bool parts_present(const struct machine_options *options, const char *program)
{
    if (!program || !first_of(firmware_code) || !first_of(firmware_variables)) {
        fprintf(stderr, "bulkhead: %s is not installed: install it, or use MACHINE=bochs\n",
                program ? "UEFI firmware (package ovmf)" : "QEMU (package qemu-system-x86)");
        return false;
    }
    unsigned installed = version();
    if (options->kind == MACHINE_TCG && installed < 901) {
        fprintf(stderr,
                "bulkhead: QEMU %u.%u has no x2APIC for an emulated processor, 9.1 or newer is "
                "needed: use that of Debian 13 or of bookworm-backports\n",
                installed / 100, installed % 100);
        return false;
    }
    return true;
}

static void add_processor(const struct machine_options *options, struct machine_command *command)
{
    bool kvm = options->kind != MACHINE_TCG;
    command_add(command, "-machine");
    command_add(command, kvm ? "q35,kernel-irqchip=split" : "q35");
    command_add(command, "-accel");
    command_add(command, kvm ? "kvm" : "tcg");
    command_add(command, "-cpu");
    /* Else leaf 0x8000001E, which says how many threads a core has, is missing. */
    command_add(command, "%s",
                options->model ? options->model
                : kvm          ? "host"
                               : "max,xlevel=0x8000001e");
    command_add(command, "-smp");
    command_add(command, "%u,threads=%u", options->cpus, options->threads ? options->threads : 1);
    command_add(command, "-m");
    command_add(command, "%u", options->memory_mib);
    const char *iommu = options->iommu ? options->iommu : usual_iommu;
    if (*iommu) {
        command_add(command, "-device");
        command_add(command, "%s", iommu);
    }
}

bool qemu_command(const struct machine_options *options, const struct machine_pipes *theirs,
                  struct machine_command *command)
{
    const char *program = program_of(programs);
    if (!parts_present(options, program))
        return false;
    command_add(command, "%s", program);
    command_add(command, "-nodefaults");
    add_processor(options, command);

    command_add(command, "-drive");
    command_add(command, "if=pflash,format=raw,unit=0,readonly=on,file=%s", firmware_code[0]);
    /* Nested, variables are in memory: each byte of flash costs two exits and a new memory map. */
    if (options->kind != MACHINE_NESTED) {
        command_add(command, "-drive");
        command_add(command, "if=pflash,format=raw,unit=1,snapshot=on,file=%s",
                    firmware_variables[0]);
    }
    command_add(command, "-drive");
    command_add(command, "if=none,id=disk,format=raw,readonly=%s,file=%s/disk.img",
                options->keeps ? "off" : "on", options->directory);
    command_add(command, "-device");
    /* Without iommu_platform it would go past the IOMMU; its place is where no other can be. */
    command_add(command,
                "virtio-blk-pci,drive=disk,bootindex=0,disable-legacy=on,iommu_platform=on,"
                "bus=pcie.0,addr=%x.0",
                BOOT_DISK_SLOT);
    devices_command(options, command);
    for (int i = 0; i < SERIAL_PORTS; i++) {
        command_add(command, "-chardev");
        if (options->kind == MACHINE_NESTED)
            command_add(command, "serial,id=com%d,path=/dev/ttyS%d", i + 1, i);
        else
            command_add(command, "file,id=com%d,path=/dev/fd/%d,input-path=/dev/fd/%d", i + 1,
                        theirs->from[i], theirs->to[i]);
        command_add(command, "-serial");
        command_add(command, "chardev:com%d", i + 1);
    }
    command_add(command, "-device");
    command_add(command, "isa-debug-exit,iobase=0xf4,iosize=4");
    for (int i = 0; i < MACHINE_EXTRA && options->extra[i]; i++) {
        command_add(command, "-device");
        command_add(command, "%s", options->extra[i]);
    }
    if (options->monitor) {
        command_add(command, "-chardev");
        command_add(command, "file,id=monitor,path=%s.txt,input-path=%s", options->monitor,
                    options->monitor);
        command_add(command, "-mon");
        command_add(command, "chardev=monitor,mode=readline");
    }
    command_add(command, "-display");
    command_add(command, "none");
    if (!options->resets)
        command_add(command, "-no-reboot");
    if (options->count && options->kind == MACHINE_TCG) {
        command_add(command, "-icount");
        command_add(command, "shift=0,sleep=off");
    }
    if (options->debug) {
        command_add(command, "-s");
        command_add(command, "-S");
    }
    return true;
}

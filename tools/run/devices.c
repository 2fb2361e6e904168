/* SPDX-License-Identifier: Apache-2.0 */
/* Which device of QEMU's stands for which PCI id, and where it is plugged in. */
#include "devices.h"
#include "kernel/abi/manifest.h"
#include "media.h"
#include "tools/hw/emulated.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { FIRST_PORT = 0x10, LAST_PORT = 0x1d, CHIPSET_SLOT = 0x1f, ALONE = 100 };
enum model_kind { PLAIN, CARD, DISK, SATA, STICK };

/*
 * virtio goes past the IOMMU unless told otherwise. No card brings a boot ROM: the firmware would
 * try them. edu's usual mask would wrap addresses, so that what is forbidden could not be asked
 * for.
 */
static const struct model {
    uint32_t id;
    enum model_kind kind;
    unsigned mib; /* of its disk */
    const char *device;
} models[] = {
    {0x808610d3, CARD, 0, "e1000e,romfile="},
    {0x808610c9, CARD, 0, "igb,romfile="},
    {0x1af41041, CARD, 0, "virtio-net-pci,disable-legacy=on,iommu_platform=on,romfile="},
    {0x1af41042, DISK, 64, "virtio-blk-pci,disable-legacy=on,iommu_platform=on"},
    {0x1b360010, DISK, 512, "nvme"},
    {0x1b36000d, STICK, 0, "qemu-xhci"},
    {0x123411e8, PLAIN, 0, "edu,dma_mask=0xffffffffffffffff"},
    {0x80862922, SATA, 64, "ich9-ahci"},
};
enum { MODELS = sizeof(models) / sizeof(models[0]) };

static const struct model *model_of(const struct machine_device *device)
{
    for (int i = 0; i < MODELS; i++)
        if (models[i].id == device->id)
            return &models[i];
    return NULL;
}

static unsigned bus_of(const struct machine_device *device)
{
    return device->pci >> 8 & 0xff;
}

static unsigned slot_of(const struct machine_device *device)
{
    return device->pci >> 3 & 31;
}

static unsigned function_of(const struct machine_device *device)
{
    return device->pci & 7;
}

static bool has(const struct machine_device *devices, unsigned count, uint32_t pci)
{
    for (unsigned i = 0; i < count; i++)
        if (devices[i].pci == pci)
            return true;
    return false;
}

static unsigned highest_bus(const struct machine_device *devices, unsigned count)
{
    unsigned highest = 0;
    for (unsigned i = 0; i < count; i++)
        if (bus_of(&devices[i]) > highest)
            highest = bus_of(&devices[i]);
    return highest;
}

/* The slot of the port behind which `bus` is, 0: there are not so many. */
static unsigned port_slot(const struct machine_device *devices, unsigned count, unsigned bus)
{
    for (unsigned slot = FIRST_PORT; slot <= LAST_PORT; slot++)
        if (!has(devices, count, slot << 3) && --bus == 0)
            return slot;
    return 0;
}

static bool refuse(const struct machine_device *device, char *why, size_t room, const char *text,
                   ...) __attribute__((format(printf, 4, 5)));
static bool refuse(const struct machine_device *device, char *why, size_t room, const char *text,
                   ...)
{
    va_list args;
    int used = snprintf(why, room, "the emulated machine can't have the device at %02x:%02x.%u: ",
                        bus_of(device), slot_of(device), function_of(device));
    va_start(args, text);
    if (used >= 0 && (size_t)used < room)
        vsnprintf(why + used, room - (size_t)used, text, args);
    va_end(args);
    return false;
}

static bool id_known(const struct machine_device *device, char *why, size_t room)
{
    char known[256] = "";
    size_t used = 0;
    if (model_of(device))
        return true;
    for (int i = 0; i < MODELS; i++)
        used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%04x:%04x %.*s",
                                 i ? ", " : "", models[i].id >> 16, models[i].id & 0xffff,
                                 (int)strcspn(models[i].device, ","), models[i].device);
    if (device->id == 0)
        return refuse(device, why, room, "the manifest gives it no `id`; known are %s", known);
    return refuse(device, why, room, "its id %04x:%04x is none of %s", device->id >> 16,
                  device->id & 0xffff, known);
}

bool devices_possible(const struct machine_device *devices, unsigned count, char *why, size_t room)
{
    for (unsigned i = 0; i < count; i++) {
        const struct machine_device *device = &devices[i];
        unsigned bus = bus_of(device), slot = slot_of(device);
        if (!id_known(device, why, room))
            return false;
        if (device->pci >> 16)
            return refuse(device, why, room, "it has one segment, 0000");
        if (bus == 0 && (slot == 0 || slot == BOOT_DISK_SLOT || slot == CHIPSET_SLOT))
            return refuse(device, why, room, "%s is there; 00:01.0 to 00:1d.0 are free",
                          slot == BOOT_DISK_SLOT ? "the disk that it boots from" : "its chipset");
        if (bus > 0 && slot > 0)
            return refuse(device, why, room,
                          "behind a root port there is device 00 only: %02x:00.%u, or a bus of its "
                          "own",
                          bus, function_of(device));
        if (bus > 0 && port_slot(devices, count, bus) == 0)
            return refuse(device, why, room, "it has not so many buses; number them from 01");
        if (!has(devices, count, device->pci & ~7u))
            return refuse(device, why, room,
                          "nothing is at %02x:%02x.0, so nobody would look there", bus, slot);
        if (has(devices, i, device->pci))
            return refuse(device, why, room, "another one is there");
        if (!device->keeps && emulated_lacks_reset(device->id, device->pci))
            return refuse(device, why, room,
                          "on bus 00 nothing can reset %04x:%04x, so the loader would refuse "
                          "it; " EMULATED_REMEDY,
                          device->id >> 16, device->id & 0xffff);
    }
    return true;
}

/* The place of a device, behind its name and properties. */
static void add_device(const struct machine_options *options, const struct machine_device *device,
                       const char *text, struct machine_command *command)
{
    const struct machine_device *devices = options->devices;
    bool alone = true;
    char bus[16] = "pcie.0";
    for (unsigned i = 0; i < options->device_count; i++)
        alone &= &devices[i] == device || devices[i].pci >> 3 != device->pci >> 3;
    if (bus_of(device) > 0)
        snprintf(bus, sizeof(bus), "port%u", bus_of(device));
    command_add(command, "-device");
    command_add(command, "%s,bus=%s,addr=%x.%u%s", text, bus, slot_of(device), function_of(device),
                alone ? "" : ",multifunction=on");
}

static void add_ports(const struct machine_options *options, struct machine_command *command)
{
    unsigned count = options->device_count, highest = highest_bus(options->devices, count);
    for (unsigned bus = 1; bus <= highest; bus++) {
        command_add(command, "-device");
        command_add(command, "pcie-root-port,id=port%u,bus=pcie.0,addr=%x.0,chassis=%u,slot=%u",
                    bus, port_slot(options->devices, count, bus), bus, bus);
    }
}

/* The hub's number of a card, and of the network's third byte. */
static unsigned hub_of(const struct machine_options *options, unsigned index)
{
    uint32_t network = options->devices[index].network;
    return network == MANIFEST_NONE ? ALONE + index : network + 1;
}

static bool hub_is_made(const struct machine_options *options, unsigned index)
{
    for (unsigned i = 0; i < index; i++) {
        const struct model *model = model_of(&options->devices[i]);
        if (model->kind == CARD && hub_of(options, i) == hub_of(options, index))
            return true;
    }
    return false;
}

/* The lowest host's number in the console's network that is none of these. */
static uint32_t other_host(const struct machine_console *console, uint32_t one, uint32_t other)
{
    uint32_t network = console->address & ~(uint32_t)((1ull << (32 - console->prefix)) - 1);
    uint32_t host = network + 1;
    while (host == one || host == other)
        host++;
    return host;
}

static void put_ip(char out[16], uint32_t ip)
{
    snprintf(out, 16, "%u.%u.%u.%u", ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255);
}

/*
 * Management's network: QEMU is its router, and answers nothing else there. What it says of DNS and
 * DHCP, which the console never asks, must be addresses of that network. `restrict` lets nothing
 * out, and what is forwarded here in.
 */
static void add_console_network(const struct machine_console *console, unsigned hub,
                                struct machine_command *command)
{
    char own[16], router[16], name_server[16], forward[64] = "";
    uint32_t host = console->gateway && console->gateway != console->address
                        ? console->gateway
                        : other_host(console, console->address, console->address);
    put_ip(own, console->address);
    put_ip(router, host);
    put_ip(name_server, other_host(console, console->address, host));
    if (console->port)
        snprintf(forward, sizeof(forward), ",hostfwd=tcp:127.0.0.1:%u-%s:443", console->port, own);
    command_add(command, "-netdev");
    command_add(command,
                "user,id=net%u,net=%s/%u,host=%s,dns=%s,dhcpstart=%s,ipv6=off,restrict=on%s", hub,
                own, console->prefix, router, name_server, own, forward);
}

/* A network of domains: DHCP, and HTTP at one address. */
static void add_network(const struct machine_options *options, unsigned hub,
                        struct machine_command *command)
{
    command_add(command, "-netdev");
    command_add(command,
                "user,id=net%u,net=10.0.%u.0/24,restrict=on,"
                "guestfwd=tcp:10.0.%u.4:80-cmd:/bin/sh '%s/web.sh' '%s'",
                hub, hub, hub, options->directory, options->directory);
}

static void add_card(const struct machine_options *options, unsigned index,
                     struct machine_command *command)
{
    const struct machine_device *device = &options->devices[index];
    unsigned hub = hub_of(options, index);
    char text[256];
    if (!hub_is_made(options, index)) {
        if (options->console.address && options->console.pci == device->pci)
            add_console_network(&options->console, hub, command);
        else
            add_network(options, hub, command);
        command_add(command, "-netdev");
        command_add(command, "hubport,id=hub%u,hubid=%u,netdev=net%u", hub, hub, hub);
    }
    command_add(command, "-netdev");
    command_add(command, "hubport,id=nic%u,hubid=%u", index, hub);
    snprintf(text, sizeof(text), "%s,netdev=nic%u,mac=52:54:00:00:%02x:%02x",
             model_of(device)->device, index, bus_of(device), device->pci & 0xff);
    add_device(options, device, text, command);
}

/* "disk-01-00.0": what its file and its drive are called. */
static void name_of(const struct machine_device *device, const char *what, char name[32])
{
    snprintf(name, 32, "%s-%02x-%02x.%u", what, bus_of(device), slot_of(device),
             function_of(device));
}

/* A value of a property: QEMU wants commas twice. */
static void put_serial(const struct machine_device *device, const char *name, char *out,
                       size_t room)
{
    const char *from = *device->serial ? device->serial : name;
    size_t used = 0;
    for (; *from && used + 3 < room; from++) {
        out[used++] = *from;
        if (*from == ',')
            out[used++] = ',';
    }
    out[used] = 0;
}

static void add_disk(const struct machine_options *options, const struct machine_device *device,
                     struct machine_command *command)
{
    const struct model *model = model_of(device);
    bool stick = model->kind == STICK, below = stick || model->kind == SATA;
    char name[32], serial[2 * MACHINE_SERIAL + 4], text[512];
    name_of(device, stick ? "stick" : "disk", name);
    put_serial(device, name, serial, sizeof(serial));
    /* The host's cache is enough for a disk of an emulated machine. */
    command_add(command, "-drive");
    command_add(command, "if=none,id=%s,format=raw,cache=unsafe,file=%s/%s.img", name,
                options->directory, name);
    if (below)
        snprintf(text, sizeof(text), "%s,id=on-%s", model->device, name);
    else
        snprintf(text, sizeof(text), "%s,drive=%s,serial=%s", model->device, name, serial);
    add_device(options, device, text, command);
    if (below) {
        command_add(command, "-device");
        command_add(command, "%s,bus=on-%s.0,drive=%s,serial=%s", stick ? "usb-storage" : "ide-hd",
                    name, name, serial);
    }
}

static bool is_taken(const struct machine_options *options, unsigned slot)
{
    const struct machine_device *devices = options->devices;
    unsigned count = options->device_count;
    for (unsigned i = 0; i < count; i++)
        if (devices[i].pci >> 3 == slot)
            return true;
    for (unsigned bus = highest_bus(devices, count); bus > 0; bus--)
        if (port_slot(devices, count, bus) == slot)
            return true;
    return false;
}

/*
 * What OVMF has random numbers from, without which the console opens no network. Nobody owns it: it
 * is where no device of the manifest is.
 */
static void add_random(const struct machine_options *options, struct machine_command *command)
{
    unsigned slot = LAST_PORT;
    while (slot > 0 && is_taken(options, slot))
        slot--;
    if (slot == 0 || options->console.address == 0 || options->console.no_random)
        return;
    command_add(command, "-device");
    command_add(command, "virtio-rng-pci,disable-legacy=on,iommu_platform=on,bus=pcie.0,addr=%x.0",
                slot);
}

void devices_command(const struct machine_options *options, struct machine_command *command)
{
    add_ports(options, command);
    add_random(options, command);
    for (unsigned i = 0; i < options->device_count; i++) {
        const struct machine_device *device = &options->devices[i];
        const struct model *model = model_of(device);
        if (model->kind == CARD)
            add_card(options, i, command);
        else if (model->kind == PLAIN)
            add_device(options, device, model->device, command);
        else
            add_disk(options, device, command);
    }
}

bool devices_have_disks(const struct machine_device *devices, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        const struct model *model = model_of(&devices[i]);
        if (model && model->kind != PLAIN && model->kind != CARD)
            return true;
    }
    return false;
}

int devices_files(const struct machine_options *options)
{
    const char *folder = options->directory;
    int result = 0;
    for (unsigned i = 0; i < options->device_count && result == 0; i++) {
        const struct machine_device *device = &options->devices[i];
        const struct model *model = model_of(device);
        char name[32];
        name_of(device, model->kind == STICK ? "stick" : "disk", name);
        if (model->kind == CARD)
            result = media_web(folder);
        else if (model->kind == STICK)
            result = media_stick(folder, name);
        else if (model->kind != PLAIN)
            result = media_disk(folder, name, model->mib);
    }
    return result;
}

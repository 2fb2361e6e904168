/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every I/O port is read in every width; the values that reset, stop or trap real machines are
 * written where they do that. Only the domain's own few devices may answer (docs/guests.md).
 */
#include "attack.h"
#include "guests/lib/boot.h"
#include "guests/lib/console.h"
#include "guests/lib/x86.h"
#include <stddef.h>

enum { PORTS = 0x10000 };

struct device {
    uint16_t first, last;
};

/* A domain's own. */
static const struct device devices[] = {
    {0x20, 0x21}, {0x40, 0x43},   {0x61, 0x61},   {0x70, 0x71},
    {0xa0, 0xa1}, {0x3f8, 0x3ff}, {0x600, 0x601}, {0xcf8, 0xcff},
};

static bool is_given(uint32_t port, uint32_t bytes)
{
    for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
        if (port + bytes > devices[i].first && port <= devices[i].last) {
            return true;
        }
    }
    return false;
}

struct sweep {
    uint32_t bytes; /* 1, 2 or 4 */
    uint32_t tried, ones, first_bad, bad_value;
    volatile uint32_t port;
};

static uint32_t in(uint16_t port, uint32_t bytes)
{
    return bytes == 1 ? inb(port) : bytes == 2 ? inw(port) : inl(port);
}

static void out(uint16_t port, uint32_t bytes, uint32_t value)
{
    if (bytes == 1) {
        outb(port, (uint8_t)value);
    } else if (bytes == 2) {
        outw(port, (uint16_t)value);
    } else {
        outl(port, value);
    }
}

static void read_ports(void *arg)
{
    struct sweep *sweep = arg;
    uint32_t all_ones = sweep->bytes == 4 ? 0xffffffff : (1u << 8 * sweep->bytes) - 1;
    for (; sweep->port < PORTS; sweep->port++) {
        uint32_t value = in((uint16_t)sweep->port, sweep->bytes);
        if (is_given(sweep->port, sweep->bytes)) {
            continue;
        }
        sweep->tried++;
        if (value == all_ones) {
            sweep->ones++;
        } else if (sweep->tried - sweep->ones == 1) {
            sweep->first_bad = sweep->port;
            sweep->bad_value = value;
        }
    }
}

static void read_all(const char *name, uint32_t bytes)
{
    struct sweep sweep = {.bytes = bytes};
    unsigned faults = 0;
    while (probe(read_ports, &sweep) != NO_FAULT) {
        faults++;
        sweep.port++;
    }
    report(sweep.tried == sweep.ones + faults, "I5", name,
           "%u ports, %u read all ones, %u faults, first other 0x%x: 0x%x", sweep.tried, sweep.ones,
           faults, sweep.first_bad, sweep.bad_value);
}

static void write_ports(void *arg)
{
    struct sweep *sweep = arg;
    for (; sweep->port < PORTS; sweep->port++) {
        if (!is_given(sweep->port, sweep->bytes)) {
            out((uint16_t)sweep->port, sweep->bytes, sweep->bad_value);
            sweep->tried++;
        }
    }
}

static void write_all(const char *name, uint32_t bytes, uint32_t value)
{
    struct sweep sweep = {.bytes = bytes, .bad_value = value};
    unsigned faults = 0;
    while (probe(write_ports, &sweep) != NO_FAULT) {
        faults++;
        sweep.port++;
    }
    report(true, "I5", name, "%u ports written with 0x%x, %u faults; still here", sweep.tried,
           value, faults);
}

/* What ends or changes a real machine. */
struct deed {
    const char *name;
    uint16_t port;
    uint8_t bytes;
    uint32_t value;
};

static const struct deed deeds[] = {
    {"port-keyboard-reset", 0x64, 1, 0xfe},
    {"port-keyboard-output", 0x64, 1, 0xd1},
    {"port-keyboard-a20-reset", 0x60, 1, 0},
    {"port-system-control-a", 0x92, 1, 1},
    {"port-system-control-a", 0x92, 1, 3},
    {"port-smi-data", 0xb3, 1, 0xff},
    {"port-reset-arm", 0xcf9, 1, 2},
    {"port-reset-none", 0xcf9, 1, 0},
    {"port-acpi-s5-q35", 0x604, 2, 0x2000},
    {"port-acpi-s5-q35", 0x604, 2, 0x3400},
    {"port-acpi-s5-piix", 0xb004, 2, 0x2000},
    {"port-acpi-s5-other", 0x4004, 2, 0x3400},
    {"port-acpi-s5-board", 0x404, 2, 0x3c00},
    {"port-acpi-s5-board", 0x1804, 2, 0x3c00},
    {"port-acpi-enable", 0xb2, 1, 0xa0},
    {"port-pci-hotplug-eject", 0xae08, 4, 0xffffffff},
    {"port-cpu-hotplug", 0xaf00, 4, 0},
    {"port-cpu-hotplug", 0x0cd8, 4, 0},
    {"port-debug-exit", 0xf4, 1, 0},
    {"port-debug-exit", 0x501, 1, 0},
    {"port-debug-console", 0xe9, 1, '!'},
    {"port-debug-console", 0x402, 1, '!'},
    {"port-emulator-backdoor", 0x8a00, 2, 0x8a00},
    {"port-emulator-backdoor", 0x5658, 4, 0xa},
    {"port-firmware-config", 0x510, 2, 0},
    {"port-pic-unmask", 0x21, 1, 0},
    {"port-pic-unmask", 0xa1, 1, 0},
    {"port-pic-init", 0x20, 1, 0x11},
    {"port-pic-init", 0xa0, 1, 0x11},
    {"port-pit-channel-0", 0x43, 1, 0x36},
    {"port-pit-channel-0", 0x40, 1, 1},
    {"port-nmi-disable", 0x70, 1, 0x80},
    {"port-nmi-enable", 0x70, 1, 0x0f},
    {"port-clock-set", 0x71, 1, 0},
    {"port-system-control-b", 0x61, 1, 0},
    {"port-dma", 0x0a, 1, 0},
    {"port-dma", 0xd4, 1, 0},
    {"port-disk", 0x1f7, 1, 0xe7},
    {"port-disk", 0x177, 1, 0xe7},
    {"port-disk-reset", 0x3f6, 1, 4},
    {"port-floppy-reset", 0x3f2, 1, 0},
    {"port-vga", 0x3c0, 1, 0},
    {"port-pci-enable", 0xcf8, 4, 0x80000004},
    {"port-pci-command", 0xcfc, 4, 0xffffffff},
    {"port-pci-device", 0xcf8, 4, 0x80000904},
    {"port-pci-command", 0xcfc, 4, 0x7},
    {"port-pci-mechanism-2", 0xcf8, 1, 0xff},
    {"port-pci-mechanism-2", 0xc000, 4, 0xffffffff},
    {"port-superio", 0x2e, 1, 0x87},
    {"port-superio", 0x4e, 1, 0x87},
    {"port-watchdog", 0x443, 1, 1},
    {"port-tco-timer", 0x466, 2, 0xffff},
    {"port-sleep-no-enable", 0x600, 1, 0x14},
    {"port-sleep-s3", 0x600, 1, 0x2c},
};

static void do_deed(void *arg)
{
    const struct deed *deed = arg;
    out(deed->port, deed->bytes, deed->value);
}

/* SMI commands, the word that stops an emulator, and text for other domains' serial ports. */
static void write_series(void *arg)
{
    (void)arg;
    static const uint16_t serial_ports[] = {0x2f8, 0x3e8, 0x2e8};
    for (unsigned value = 0; value < 256; value++) {
        outb(0xb2, (uint8_t)value);
    }
    for (const char *text = "Shutdown"; *text; text++) {
        outb(0x8900, (uint8_t)*text);
    }
    for (unsigned i = 0; i < sizeof(serial_ports) / sizeof(serial_ports[0]); i++) {
        outb((uint16_t)(serial_ports[i] + 3), 3);
        outb((uint16_t)(serial_ports[i] + 1), 0xff);
        for (const char *text = "LEAK\n"; *text; text++) {
            outb(serial_ports[i], (uint8_t)*text);
        }
    }
}

void attack_port(void)
{
    read_all("port-read-1", 1);
    read_all("port-read-2", 2);
    read_all("port-read-4", 4);
    for (size_t i = 0; i < sizeof(deeds) / sizeof(deeds[0]); i++) {
        struct deed deed = deeds[i];
        int vector = probe(do_deed, &deed);
        report(true, "I9", deed.name, "0x%x written to 0x%x: %s happened", deed.value, deed.port,
               fault_name(vector));
    }
    int vector = probe(write_series, NULL);
    report(true, "I9", "port-series", "SMI commands, foreign serial ports: %s happened",
           fault_name(vector));
    write_all("port-write-1", 1, 0xff);
    write_all("port-write-4", 4, 0x55555555);
    console_init();
}

/* String forms: the port, and how often. */
struct string_io {
    uint16_t port;
    bool input;
    uint64_t count;
    uint8_t *buffer;
};

static void do_string(void *arg)
{
    struct string_io *io = arg;
    uint64_t count = io->count;
    uint8_t *buffer = io->buffer;
    if (io->input) {
        __asm__ volatile("rep insb" : "+D"(buffer), "+c"(count) : "d"(io->port) : "memory");
    } else {
        __asm__ volatile("rep outsb" : "+S"(buffer), "+c"(count) : "d"(io->port) : "memory");
    }
}

void attack_string_io(void)
{
    static uint8_t buffer[64];
    static const uint16_t ports[] = {GUEST_COM1 + 7, GUEST_COM1 + 5, 0x71,  0xcfc, 0x80,
                                     0x64,           0xb2,           0x1f0, 0xcf9, 0x600};
    unsigned refused = 0, taken = 0;
    for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
        for (unsigned form = 0; form < 4; form++) {
            struct string_io io = {ports[i], form & 1, form & 2 ? ~0ull : 8, buffer};
            io.buffer = form & 2 ? (uint8_t *)UNBACKED : buffer;
            int vector = probe(do_string, &io);
            refused += vector == VECTOR_GP;
            taken += vector == NO_FAULT;
        }
    }
    report(taken == 0, "I9", "string-io", "%u refused by #GP, %u taken", refused, taken);
    struct string_io none = {GUEST_COM1, false, 0, buffer};
    int vector = probe(do_string, &none);
    report(vector == NO_FAULT || vector == VECTOR_GP, "I9", "string-io-none",
           "with a count of 0: %s", fault_name(vector));
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The table of keys. A key that is not here does not exist. */
#include "schema.h"

#include "../kernel/abi/manifest.h"
#include <string.h>

#define KIB (1ull << 10)
#define MIB (1ull << 20)
#define GIB (1ull << 30)
#define TIB (1ull << 40)

enum { HIGHEST_APIC_ID = 254, PATH_MAX_BYTES = 1024, DAY = 24 * 60 * 60 };

#define IN_MODEL(field)  .offset = offsetof(struct model, field)
#define IN_DOMAIN(field) .offset = offsetof(struct model_domain, field)

static const struct choice cpu_choices[] = {
    {"intel", MANIFEST_CPU_INTEL}, {"amd", MANIFEST_CPU_AMD}, {NULL, 0}};
static const struct choice com1_choices[] = {
    {"boot-log", COM1_BOOT_LOG}, {"domain", COM1_DOMAIN}, {NULL, 0}};
static const struct choice action_choices[] = {
    {"stop", MANIFEST_EXIT_STOP}, {"restart", MANIFEST_EXIT_RESTART}, {NULL, 0}};
static const struct choice port_choices[] = {
    {"com1", 1}, {"com2", 2}, {"com3", 3}, {"com4", 4}, {NULL, 0}};

const struct key keys[] = {
    {"host", KEY_NAME, true, 1, 63, IN_MODEL(host),
     .text = "Name of the machine, shown at boot and in every report."},

    {"platform", KEY_SECTION, IN_MODEL(platform),
     .text = "What the manifest expects of the machine; a machine that differs is refused."},
    {"platform.cpu", KEY_CHOICE, IN_MODEL(platform.cpu), .choices = cpu_choices,
     .fallback = "intel",
     .text = "Vendor of the processors: the hypervisor in the image is "
             "built for VT-x (intel) or for AMD-V (amd)."},
    {"platform.processors", KEY_INTEGER, false, 1, MAX_CPUS, IN_MODEL(platform.processors),
     .text = "Logical processors of the machine."},
    {"platform.memory", KEY_SIZE, false, 64 * MIB, 64 * TIB, MIB, IN_MODEL(platform.memory),
     .text = "Memory of the machine."},
    {"platform.memory_guard", KEY_SIZE, false, 0, GIB, 2 * MIB, IN_MODEL(platform.memory_guard),
     .fallback = "2M", .text = "Memory that stays unowned between the memory of two domains."},
    {"platform.com1", KEY_CHOICE, IN_MODEL(platform.com1), .choices = com1_choices,
     .fallback = "boot-log",
     .text = "Whether com1 stays with the hypervisor's boot log, or goes "
             "to the domain that asks for it once that domain starts."},

    {"domains", KEY_LIST, true, 1, MAX_DOMAINS, IN_MODEL(domains), .noun = "domain",
     .item_bytes = sizeof(struct model_domain), .text = "The security domains."},
    {"domains[].name", KEY_NAME, true, 1, NAME_BYTES - 1, IN_DOMAIN(name),
     .text = "Name of the domain, unique on its machine."},
    {"domains[].cpus", KEY_COUNT_OR_LIST, true, 1, MAX_DOMAIN_CPUS, IN_DOMAIN(cpus),
     .noun = "processor", .item_bytes = sizeof(struct number),
     .text = "Logical processors: a number of them, or a list of physical APIC ids whose first "
             "is the boot processor."},
    {"domains[].cpus[]", KEY_INTEGER, false, 0, HIGHEST_APIC_ID, .text = "A physical APIC id."},
    {"domains[].memory", KEY_SIZE, true, 2 * MIB, TIB, 2 * MIB, IN_DOMAIN(memory),
     .text = "Memory of the domain."},

    {"domains[].boot", KEY_SECTION, true, IN_DOMAIN(boot),
     .text = "What the domain boots: `linux` or `elf64`. Payloads are looked for beside the "
             "manifest first, then in the current directory."},
    {"domains[].boot.linux", KEY_PATH, false, 1, PATH_MAX_BYTES, IN_DOMAIN(boot.bzimage),
     .text = "A Linux kernel as bzImage with 64-bit entry (boot protocol 2.12 or later)."},
    {"domains[].boot.initrd", KEY_PATH, false, 1, PATH_MAX_BYTES, IN_DOMAIN(boot.initrd),
     .text = "The initial RAM disk of a Linux kernel."},
    {"domains[].boot.elf64", KEY_PATH, false, 1, PATH_MAX_BYTES, IN_DOMAIN(boot.elf64),
     .text = "A statically linked x86-64 ELF executable, entered as kernel/abi/guest.h says."},
    {"domains[].boot.cmdline", KEY_TEXT, false, 0, CMDLINE_BYTES - 1, IN_DOMAIN(boot.cmdline),
     .text = "Command line for the payload."},

    {"domains[].on_exit", KEY_SECTION, IN_DOMAIN(on_exit),
     .text = "What happens when the domain shuts down, resets or crashes."},
    {"domains[].on_exit.do", KEY_CHOICE, IN_DOMAIN(on_exit.action), .choices = action_choices,
     .fallback = "stop", .text = "Stop the domain, or clear it and start it again."},
    {"domains[].on_exit.limit", KEY_INTEGER, false, 1, 1000000, IN_DOMAIN(on_exit.limit),
     .text = "Restarts allowed within the window; one more stops the domain."},
    {"domains[].on_exit.within", KEY_DURATION, false, 1, 366 * DAY, IN_DOMAIN(on_exit.within),
     .text = "Length of the window in which restarts are counted; without it they are counted "
             "since boot."},

    {"domains[].serial", KEY_SECTION, IN_DOMAIN(serial),
     .text = "Where the domain's serial port leads."},
    {"domains[].serial.port", KEY_CHOICE, true, IN_DOMAIN(serial.port), .choices = port_choices,
     .text = "The physical UART that belongs to this domain alone."},
    {"domains[].serial.polled", KEY_BOOLEAN, IN_DOMAIN(serial.polled), .fallback = "false",
     .text = "The UART's interrupt line belongs to another domain's UART: look at the port now "
             "and then instead."},
};
const size_t key_count = sizeof(keys) / sizeof(keys[0]);

bool key_is_child(const struct key *key, const char *parent)
{
    size_t length = strlen(parent);

    if (strncmp(key->path, parent, length) != 0)
        return false;
    const char *rest = key->path + length;
    if (length > 0 && *rest++ != '.')
        return false;
    return *rest != 0 && !strpbrk(rest, ".[");
}

const char *key_name(const struct key *key)
{
    const char *dot = strrchr(key->path, '.');

    return dot ? dot + 1 : key->path;
}

const struct key *key_at(const char *path)
{
    for (size_t i = 0; i < key_count; i++) {
        if (strcmp(keys[i].path, path) == 0)
            return &keys[i];
    }
    return NULL;
}

const struct key *key_find(const char *parent, const char *name, size_t length)
{
    for (size_t i = 0; i < key_count; i++) {
        const char *own = key_name(&keys[i]);

        if (key_is_child(&keys[i], parent) && strlen(own) == length &&
            memcmp(own, name, length) == 0)
            return &keys[i];
    }
    return NULL;
}

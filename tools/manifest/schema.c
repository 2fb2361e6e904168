/* SPDX-License-Identifier: Apache-2.0 */
/* The table of keys. A key that is not here does not exist. */
#include "schema.h"

#include "kernel/abi/manifest_policy.h"
#include <string.h>

#define KIB (1ull << 10)
#define MIB (1ull << 20)
#define GIB (1ull << 30)
#define TIB (1ull << 40)

enum { PATH_MAX_BYTES = 1024, TEXT_MAX = 200, DAY = 24 * 60 * 60 };
/* 1990-01-01 to 2199-12-31 */
#define DATE_RANGE 7305, 84005

#define IN_MODEL(field)      .offset = offsetof(struct model, field)
#define IN_LEVEL(field)      .offset = offsetof(struct model_level, field)
#define IN_DOMAIN(field)     .offset = offsetof(struct model_domain, field)
#define IN_NETWORK(field)    .offset = offsetof(struct model_network, field)
#define IN_DEVICE(field)     .offset = offsetof(struct model_device, field)
#define IN_NIC(field)        .offset = offsetof(struct model, management.nic.field)
#define IN_ADMIN(field)      .offset = offsetof(struct model_admin, field)
#define IN_AGGREGATION(what) .offset = offsetof(struct model_aggregation, what)
#define IN_UNSAFE(field)     .offset = offsetof(struct model_unsafe, field)
#define NAMES                .item_bytes = sizeof(struct text)
#define WORDS                .item_bytes = sizeof(struct number)

static const struct choice cpu_choices[] = {
    {"intel", MANIFEST_CPU_INTEL}, {"amd", MANIFEST_CPU_AMD}, {NULL, 0}};
static const struct choice com1_choices[] = {
    {"boot-log", COM1_BOOT_LOG}, {"domain", COM1_DOMAIN}, {NULL, 0}};
static const struct choice smt_choices[] = {
    {"off", MANIFEST_SMT_OFF}, {"on", MANIFEST_SMT_ON}, {NULL, 0}};
static const struct choice tpm_choices[] = {
    {"optional", TPM_OPTIONAL}, {"required", TPM_REQUIRED}, {NULL, 0}};
static const struct choice action_choices[] = {
    {"stop", MANIFEST_EXIT_STOP}, {"restart", MANIFEST_EXIT_RESTART}, {NULL, 0}};
static const struct choice port_choices[] = {
    {"com1", 1}, {"com2", 2}, {"com3", 3}, {"com4", 4}, {NULL, 0}};
static const struct choice role_choices[] = {
    {"system", ROLE_SYSTEM}, {"firewall", ROLE_FIREWALL}, {NULL, 0}};
static const struct choice admin_choices[] = {
    {"operator", MANIFEST_OPERATOR}, {"auditor", MANIFEST_AUDITOR}, {NULL, 0}};
static const struct choice identity_choices[] = {
    {"shared", IDENTITY_SHARED}, {"unique", IDENTITY_UNIQUE}, {NULL, 0}};
static const struct choice interrupt_choices[] = {
    {"msi", INTERRUPTS_MSI}, {"none", INTERRUPTS_NONE}, {NULL, 0}};
static const struct choice dma_choices[] = {{"stop", MANIFEST_DMA_STOP},
                                            {"log", MANIFEST_DMA_LOG},
                                            {"restart", MANIFEST_DMA_RESTART},
                                            {NULL, 0}};
static const struct choice reset_choices[] = {
    {"stop", RESET_FAILURE_STOP}, {"go-on", RESET_FAILURE_GO_ON}, {NULL, 0}};
static const struct choice right_choices[] = {
    {"status", MANIFEST_MAY_STATUS},   {"counters", MANIFEST_MAY_COUNTERS},
    {"start", MANIFEST_MAY_START},     {"stop", MANIFEST_MAY_STOP},
    {"restart", MANIFEST_MAY_RESTART}, {"power-button", MANIFEST_MAY_POWER_BUTTON},
    {"check", MANIFEST_MAY_CHECK},     {NULL, 0}};
static const struct choice unsafe_choices[] = {
    {"no-dma-remapping", MANIFEST_NO_DMA_REMAPPING},
    {"no-interrupt-remapping", MANIFEST_NO_INTERRUPT_REMAPPING},
    {"split-core", MANIFEST_SPLIT_CORE},
    {"split-iommu-group", MANIFEST_SPLIT_IOMMU_GROUP},
    {NULL, 0}};

const struct key keys[] = {
    {"host", KEY_NAME, true, 1, 63, IN_MODEL(host),
     .text = "Name of the machine, shown at boot and in every report."},

    {"include", KEY_LIST, false, 1, 8, IN_MODEL(include), .noun = "file", NAMES,
     .text = "Files with keys that several machines have in common, as levels and networks; looked "
             "for as payloads are. Networks of all files count together, each by one name; any "
             "other key is written in one of them."},
    {"include[]", KEY_PATH, false, 1, PATH_MAX_BYTES, .text = "Path of a file."},

    {"levels", KEY_LIST, false, 1, MAX_LEVELS, IN_MODEL(levels), .noun = "level",
     .item_bytes = sizeof(struct model_level),
     .text = "The levels of classification, lowest first."},
    {"levels[]", KEY_NAME, false, 1, NAME_BYTES - 1,
     .text = "Name of a level, or a section with its name and colour."},
    {"levels[].name", KEY_NAME, true, 1, NAME_BYTES - 1, IN_LEVEL(name),
     .text = "Name of a level that has a colour."},
    {"levels[].colour", KEY_COLOUR, false, 0, 0xffffff, IN_LEVEL(colour),
     .text = "Colour in which the management console shows the level, as red, green and blue."},
    {"categories", KEY_LIST, false, 1, MAX_CATEGORIES, IN_MODEL(categories), .noun = "category",
     NAMES, .text = "The categories (compartments) that a label can have beside its level."},
    {"categories[]", KEY_NAME, false, 1, NAME_BYTES - 1, .text = "Name of a category."},
    {"classification", KEY_SECTION, IN_MODEL(classification),
     .text = "What the machine is classified as; it must dominate the classification that "
             "follows from its domains."},
    {"classification.level", KEY_NAME, true, 1, NAME_BYTES - 1, IN_MODEL(classification.level),
     .refers = "levels", .text = "The machine's level."},
    {"classification.categories", KEY_LIST, false, 0, MAX_CATEGORIES,
     IN_MODEL(classification.categories), .noun = "category", NAMES,
     .text = "The machine's categories."},
    {"classification.categories[]", KEY_NAME, false, 1, NAME_BYTES - 1, .refers = "categories",
     .text = "Name of a category."},
    {"aggregation", KEY_LIST, false, 1, MAX_POLICY_ITEMS, IN_MODEL(aggregation),
     .noun = "aggregation", .item_bytes = sizeof(struct model_aggregation),
     .text = "When many domains of one level together weigh as a higher one."},
    {"aggregation[].when", KEY_SECTION, true, IN_AGGREGATION(when_at),
     .text = "From how many domains on it applies."},
    {"aggregation[].when.count", KEY_INTEGER, true, 2, MAX_DOMAINS, IN_AGGREGATION(count),
     .text = "So many domains, or more."},
    {"aggregation[].when.of", KEY_NAME, true, 1, NAME_BYTES - 1, IN_AGGREGATION(of),
     .refers = "levels", .text = "The level that they have at least."},
    {"aggregation[].then", KEY_NAME, true, 1, NAME_BYTES - 1, IN_AGGREGATION(then),
     .refers = "levels", .text = "The level that the machine then has at least."},
    {"mixed_levels", KEY_SECTION, IN_MODEL(mixed_levels),
     .text = "Someone accepts that domains of different labels share this machine."},
    {"mixed_levels.accepted_by", KEY_TEXT, true, 1, TEXT_MAX, IN_MODEL(mixed_levels.accepted_by),
     .text = "Who accepts it."},
    {"mixed_levels.reason", KEY_TEXT, true, 1, TEXT_MAX, IN_MODEL(mixed_levels.reason),
     .text = "Why two machines are not possible."},
    {"mixed_levels.until", KEY_DATE, true, DATE_RANGE, IN_MODEL(mixed_levels.until),
     .text = "The last day on which the acceptance holds."},
    {"forbid_removable", KEY_LIST, false, 1, MAX_LEVELS, IN_MODEL(forbid_removable),
     .noun = "level", NAMES, .text = "Levels on which no domain has removable media."},
    {"forbid_removable[]", KEY_NAME, false, 1, NAME_BYTES - 1, .refers = "levels",
     .text = "Name of a level."},

    {"networks", KEY_MAP, false, 1, MAX_NETWORKS, IN_MODEL(networks), .noun = "network",
     .item_bytes = sizeof(struct model_network),
     .text = "The networks, by name; one name is the same network on every machine of a site."},
    {"networks[].level", KEY_NAME, false, 1, NAME_BYTES - 1, IN_NETWORK(label.level),
     .refers = "levels", .text = "Level of the network; required where there are levels."},
    {"networks[].categories", KEY_LIST, false, 0, MAX_CATEGORIES, IN_NETWORK(label.categories),
     .noun = "category", NAMES, .text = "Categories of the network."},
    {"networks[].categories[]", KEY_NAME, false, 1, NAME_BYTES - 1, .refers = "categories",
     .text = "Name of a category."},
    {"networks[].exposed", KEY_BOOLEAN, IN_NETWORK(exposed), .fallback = "false",
     .text = "Strangers reach it, as the internet."},
    {"networks[].trunk", KEY_LIST, false, 1, MAX_NETWORKS, IN_NETWORK(trunk), .noun = "network",
     NAMES, .text = "The networks that share its cable, as VLANs of a trunk."},
    {"networks[].trunk[]", KEY_NAME, false, 1, NAME_BYTES - 1, .refers = "networks",
     .text = "Name of a network."},
    {"networks[].one_way", KEY_SECTION, IN_NETWORK(one_way.at),
     .text = "Data goes in one direction only."},
    {"networks[].one_way.from", KEY_NAME, true, 1, NAME_BYTES - 1, IN_NETWORK(one_way.from),
     .text = "The host that sends."},
    {"networks[].one_way.to", KEY_NAME, true, 1, NAME_BYTES - 1, IN_NETWORK(one_way.to),
     .text = "The host that receives."},
    {"networks[].one_way.by", KEY_TEXT, true, 1, TEXT_MAX, IN_NETWORK(one_way.by),
     .text = "What enforces the direction, for instance the model of a data diode."},

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
    {"platform.smt", KEY_CHOICE, IN_MODEL(platform.smt), .choices = smt_choices,
     .text = "Whether firmware has simultaneous multithreading on."},
    {"platform.microcode", KEY_HEX, false, 1, UINT32_MAX, IN_MODEL(platform.microcode),
     .text = "The lowest revision of microcode."},
    {"platform.tpm", KEY_CHOICE, IN_MODEL(platform.tpm), .choices = tpm_choices,
     .fallback = "optional",
     .text =
         "Whether the image starts no domain unless a TPM 2.0 took the measurements of manifest "
         "and payloads, and has them in its event log."},
    {"platform.inventory", KEY_PATH, false, 1, PATH_MAX_BYTES, IN_MODEL(platform.inventory),
     .text = "The machine's hardware inventory, as `bulkhead hw` or a survey saves it."},

    {"domains", KEY_LIST, true, 1, MAX_DOMAINS, IN_MODEL(domains), .noun = "domain",
     .item_bytes = sizeof(struct model_domain), .text = "The security domains."},
    {"domains[].name", KEY_NAME, true, 1, NAME_BYTES - 1, IN_DOMAIN(name),
     .text = "Name of the domain, unique on its machine."},
    {"domains[].label", KEY_SECTION, IN_DOMAIN(label), .text = "The domain's classification."},
    {"domains[].label.level", KEY_NAME, true, 1, NAME_BYTES - 1, IN_DOMAIN(label.level),
     .refers = "levels", .text = "Level of the domain."},
    {"domains[].label.categories", KEY_LIST, false, 0, MAX_CATEGORIES, IN_DOMAIN(label.categories),
     .noun = "category", NAMES, .text = "Categories of the domain."},
    {"domains[].label.categories[]", KEY_NAME, false, 1, NAME_BYTES - 1, .refers = "categories",
     .text = "Name of a category."},
    {"domains[].hardened", KEY_SECTION, IN_DOMAIN(hardened),
     .text = "The domain's system is hardened against attack from its network."},
    {"domains[].hardened.by", KEY_TEXT, true, 1, TEXT_MAX, IN_DOMAIN(hardened.by),
     .text = "The guide that was followed."},
    {"domains[].hardened.date", KEY_DATE, true, DATE_RANGE, IN_DOMAIN(hardened.date),
     .text = "When that was done."},
    {"domains[].role", KEY_CHOICE, IN_DOMAIN(role), .choices = role_choices, .fallback = "system",
     .text = "What the domain is for: a firewall stands between what it protects and the rest."},
    {"domains[].protects", KEY_LIST, false, 1, MAX_POLICY_ITEMS, IN_DOMAIN(protects),
     .noun = "name", NAMES,
     .text = "What a firewall protects: domains, here or on other machines, and networks."},
    {"domains[].protects[]", KEY_NAME, false, 1, NAME_BYTES - 1,
     .text = "Name of a domain or network."},
    {"domains[].cpus", KEY_COUNT_OR_LIST, true, 1, MAX_DOMAIN_CPUS, IN_DOMAIN(cpus),
     .noun = "processor", .item_bytes = sizeof(struct number),
     .text = "Logical processors: a number of them, or a list of physical APIC ids whose first "
             "is the boot processor."},
    {"domains[].cpus[]", KEY_INTEGER, false, 0, HIGHEST_APIC_ID, .text = "A physical APIC id."},
    {"domains[].memory", KEY_SIZE, true, 2 * MIB, TIB, 2 * MIB, IN_DOMAIN(memory),
     .text = "Memory of the domain."},
    {"domains[].memory_at", KEY_SIZE, false, 16 * MIB, 64 * TIB, 2 * MIB, IN_DOMAIN(memory_at),
     .text = "Host-physical address at which the domain's memory lies, as 4G; without it the "
             "loader places it."},
    {"domains[].cache_ways", KEY_INTEGER, false, 1, 20, IN_DOMAIN(cache_ways),
     .text = "Ways of the last-level cache that are the domain's own."},

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
    {"domains[].boot.digest", KEY_SECTION, IN_DOMAIN(boot.digest_at),
     .text = "The SHA-256 that payloads must have."},
    {"domains[].boot.digest.linux", KEY_DIGEST, false, 64, 64, IN_DOMAIN(boot.bzimage_digest),
     .text = "SHA-256 of the kernel."},
    {"domains[].boot.digest.initrd", KEY_DIGEST, false, 64, 64, IN_DOMAIN(boot.initrd_digest),
     .text = "SHA-256 of the initial RAM disk."},
    {"domains[].boot.digest.elf64", KEY_DIGEST, false, 64, 64, IN_DOMAIN(boot.elf64_digest),
     .text = "SHA-256 of the executable."},
    {"domains[].boot.identity", KEY_CHOICE, IN_DOMAIN(boot.identity), .choices = identity_choices,
     .fallback = "shared",
     .text = "Whether the payloads hold what identifies one system (a host key, credentials) and "
             "so boot in one domain only."},

    {"domains[].serial", KEY_SECTION, IN_DOMAIN(serial),
     .text = "Where the domain's serial port leads: to a UART, or to management."},
    {"domains[].serial.port", KEY_CHOICE, IN_DOMAIN(serial.port), .choices = port_choices,
     .text = "The physical UART that belongs to this domain alone."},
    {"domains[].serial.irq", KEY_INTEGER, false, 3, 15, IN_DOMAIN(serial.irq),
     .text = "The UART's ISA interrupt line where it is not the usual one: 4 for com1 and com3, 3 "
             "for com2 and com4."},
    {"domains[].serial.polled", KEY_BOOLEAN, IN_DOMAIN(serial.polled), .fallback = "false",
     .text =
         "The UART's interrupt line belongs to another domain's UART, or leads nowhere: what is "
         "typed waits until the domain exits by itself, which an idle Linux does not."},
    {"domains[].serial.read", KEY_LIST, false, 0, 2, IN_DOMAIN(serial.read), .noun = "role", WORDS,
     .text = "Roles of management that may read what the domain prints."},
    {"domains[].serial.read[]", KEY_CHOICE, .choices = admin_choices,
     .text = "A role of administrators."},
    {"domains[].serial.write", KEY_LIST, false, 0, 2, IN_DOMAIN(serial.write), .noun = "role",
     WORDS, .text = "Roles of management that may type to the domain."},
    {"domains[].serial.write[]", KEY_CHOICE, .choices = admin_choices,
     .text = "A role of administrators."},

    {"domains[].devices", KEY_LIST, false, 0, MAX_DOMAIN_DEVICES, IN_DOMAIN(devices),
     .noun = "device", .item_bytes = sizeof(struct model_device),
     .text = "The PCI functions that belong to the domain."},
    {"domains[].devices[].pci", KEY_PCI, true, 0, UINT32_MAX, IN_DEVICE(pci),
     .text = "Where the function is: bus, device and function."},
    {"domains[].devices[].id", KEY_PCI_ID, false, 0, UINT32_MAX, IN_DEVICE(id),
     .text = "The vendor and device id that must be found there."},
    {"domains[].devices[].serial_number", KEY_TEXT, false, 1, 64, IN_DEVICE(serial_number),
     .text = "The serial number that must be found there."},
    {"domains[].devices[].network", KEY_NAME, false, 1, NAME_BYTES - 1, IN_DEVICE(network),
     .refers = "networks", .text = "The network that a network card is plugged into."},
    {"domains[].devices[].removable", KEY_BOOLEAN, IN_DEVICE(removable), .fallback = "false",
     .text = "It carries removable media: USB, optical discs, cards."},
    {"domains[].devices[].accept_no_reset", KEY_BOOLEAN, IN_DEVICE(accept_no_reset),
     .fallback = "false",
     .text = "It cannot be reset, and what it keeps over a restart of its domain is accepted."},
    {"domains[].devices[].accept_sideband", KEY_BOOLEAN, IN_DEVICE(accept_sideband),
     .fallback = "false", .text = "Firmware (AMT, a BMC) shares the card, and that is accepted."},
    {"domains[].devices[].interrupts", KEY_CHOICE, IN_DEVICE(interrupts),
     .choices = interrupt_choices, .fallback = "msi",
     .text = "none: it is listed for its IOMMU group's sake only. It stays silent, without "
             "interrupts and DMA, and is not shown to the domain."},
    {"domains[].devices[].on_reset_failure", KEY_CHOICE, IN_DEVICE(on_reset_failure),
     .choices = reset_choices, .fallback = "stop",
     .text =
         "What happens when a reset before the domain starts anew fails. stop: the domain stays "
         "stopped. go-on: it runs without the device, which stays silent."},
    {"domains[].devices[].sanitized_by", KEY_TEXT, false, 1, TEXT_MAX, IN_DEVICE(sanitized_by),
     .text =
         "Who cleared it of what its earlier owner left, how and when; `bulkhead diff` asks for "
         "it where a device changed its owner."},

    {"domains[].on_exit", KEY_SECTION, IN_DOMAIN(on_exit),
     .text = "What happens when the domain shuts down, resets or crashes."},
    {"domains[].on_exit.do", KEY_CHOICE, IN_DOMAIN(on_exit.action), .choices = action_choices,
     .fallback = "stop", .text = "Stop the domain, or clear it and start it again."},
    {"domains[].on_exit.limit", KEY_INTEGER, false, 1, 1000000, IN_DOMAIN(on_exit.limit),
     .text = "Restarts allowed within the window; one more stops the domain."},
    {"domains[].on_exit.within", KEY_DURATION, false, 1, 366 * DAY, IN_DOMAIN(on_exit.within),
     .text = "Length of the window in which restarts are counted; without it they are counted "
             "since boot."},
    {"domains[].on_dma_fault", KEY_CHOICE, IN_DOMAIN(on_dma_fault), .choices = dma_choices,
     .fallback = "stop",
     .text =
         "What happens when one of its devices reaches for memory that is not the domain's; the "
         "device is silenced and the fault recorded in any case. stop: the domain ends. "
         "restart: it is started again, within `on_exit.limit`. log: it goes on without the "
         "device."},
    {"domains[].start_after", KEY_LIST, false, 1, MAX_DOMAINS, IN_DOMAIN(start_after),
     .noun = "domain", NAMES,
     .text = "Domains that must run before this one is started for the first time."},
    {"domains[].start_after[]", KEY_NAME, false, 1, NAME_BYTES - 1, .refers = "domains",
     .text = "Name of a domain."},
    {"domains[].manage", KEY_LIST, false, 0, 7, IN_DOMAIN(manage), .noun = "right", WORDS,
     .text = "What management may do with the domain; nothing else. status and counters tell; to "
             "start, stop, restart, press its power button or run its separation check is an "
             "operator's."},
    {"domains[].manage[]", KEY_CHOICE, .choices = right_choices,
     .text = "One right over the domain."},

    {"keep_apart", KEY_LIST, false, 1, MAX_POLICY_ITEMS, IN_MODEL(keep_apart), .noun = "group",
     .item_bytes = sizeof(struct list),
     .text = "Groups of domains of which no two may share a machine."},
    {"keep_apart[]", KEY_LIST, false, 2, MAX_DOMAINS, .noun = "domain", NAMES,
     .text = "Names of domains, here or on other machines."},
    {"keep_apart[][]", KEY_NAME, false, 1, NAME_BYTES - 1, .text = "Name of a domain."},

    {"management", KEY_SECTION, IN_MODEL(management),
     .text =
         "The domain that administers the hypervisor; without it nobody does. Whatever ends its "
         "life, it is started again, and no other domain notices."},
    {"management.cpus", KEY_COUNT_OR_LIST, true, 1, MAX_DOMAIN_CPUS, IN_MODEL(management.cpus),
     .noun = "processor", .item_bytes = sizeof(struct number),
     .text = "Its logical processors, as a domain's."},
    {"management.cpus[]", KEY_INTEGER, false, 0, HIGHEST_APIC_ID, .text = "A physical APIC id."},
    {"management.memory", KEY_SIZE, true, 2 * MIB, TIB, 2 * MIB, IN_MODEL(management.memory),
     .text = "Its memory."},
    {"management.boot", KEY_SECTION, IN_MODEL(management.boot),
     .text = "What it boots in place of Bulkhead's own console."},
    {"management.boot.elf64", KEY_PATH, true, 1, PATH_MAX_BYTES, IN_MODEL(management.boot.elf64),
     .text = "A statically linked x86-64 ELF executable, as a domain's."},
    {"management.boot.cmdline", KEY_TEXT, false, 0, CMDLINE_BYTES - 1,
     IN_MODEL(management.boot.cmdline), .text = "Command line for the payload."},
    {"management.serial", KEY_SECTION, IN_MODEL(management.serial),
     .text = "Where its serial port leads."},
    {"management.serial.port", KEY_CHOICE, true, IN_MODEL(management.serial.port),
     .choices = port_choices, .text = "The physical UART that belongs to it alone."},
    {"management.serial.irq", KEY_INTEGER, false, 3, 15, IN_MODEL(management.serial.irq),
     .text = "The UART's ISA interrupt line, as for a domain's."},
    {"management.serial.polled", KEY_BOOLEAN, IN_MODEL(management.serial.polled),
     .fallback = "false", .text = "It goes without the interrupt line, as a domain's does."},
    {"management.nic", KEY_SECTION, IN_MODEL(management.nic),
     .text = "Its network card, which nobody else uses. A LAB image may go without."},
    {"management.nic.pci", KEY_PCI, true, 0, UINT32_MAX, IN_NIC(pci),
     .text = "Where the function is: bus, device and function."},
    {"management.nic.id", KEY_PCI_ID, false, 0, UINT32_MAX, IN_NIC(id),
     .text = "The vendor and device id that must be found there."},
    {"management.nic.network", KEY_NAME, true, 1, NAME_BYTES - 1, IN_NIC(network),
     .refers = "networks", .text = "The network that it is plugged into."},
    {"management.nic.address", KEY_ADDRESS, true, 0, UINT64_MAX, IN_NIC(address),
     .text = "Its IPv4 address with the length of the network's prefix."},
    {"management.nic.gateway", KEY_IP, false, 0, UINT32_MAX, IN_NIC(gateway),
     .text = "The router that leads to other networks; without it only its own network is "
             "reached."},
    {"management.nic.accept_sideband", KEY_BOOLEAN, IN_NIC(accept_sideband), .fallback = "false",
     .text = "Firmware (AMT, a BMC) shares the card, and that is accepted."},
    {"management.nic.sanitized_by", KEY_TEXT, false, 1, TEXT_MAX, IN_NIC(sanitized_by),
     .text = "Who cleared it of what its earlier owner left, as for a domain's device."},
    {"management.names", KEY_LIST, false, 1, MAX_SERVER_NAMES, IN_MODEL(management.names),
     .noun = "name", NAMES,
     .text = "What a browser may call it: a host's name or IPv4 address, with `:PORT` where it is "
             "not 443. They stand in its certificate, and requests for any other are refused; "
             "without them its address is the one name."},
    {"management.names[]", KEY_TEXT, false, 1, SERVER_NAME_BYTES - 1,
     .text = "One name, as console.example or 127.0.0.1:8443."},
    {"management.key", KEY_PATH, false, 1, PATH_MAX_BYTES, IN_MODEL(management.key),
     .text = "The private key of its TLS server: a PEM file (P-256 or P-384), looked for as "
             "payloads are. The image holds it, so the image is as secret; a LAB image may do "
             "without."},
    {"management.icmp_echo", KEY_BOOLEAN, IN_MODEL(management.icmp_echo), .fallback = "false",
     .text = "It answers echo requests (ping)."},
    {"management.admins", KEY_LIST, true, 1, MAX_ADMINS, IN_MODEL(management.admins),
     .noun = "admin", .item_bytes = sizeof(struct model_admin),
     .text = "Who may use the management interface."},
    {"management.admins[].name", KEY_NAME, true, 1, NAME_BYTES - 1, IN_ADMIN(name),
     .text = "Name of the administrator, as the audit trail has it."},
    {"management.admins[].key", KEY_PATH, false, 1, PATH_MAX_BYTES, IN_ADMIN(key),
     .text = "The public key: a PEM file (PUBLIC KEY), looked for as payloads are."},
    {"management.admins[].role", KEY_CHOICE, true, IN_ADMIN(role), .choices = admin_choices,
     .text = "An auditor reads, an operator acts."},
    {"management.admins[].expires", KEY_DATE, false, DATE_RANGE, IN_ADMIN(expires),
     .text = "The last day on which the key is accepted."},

    {"review", KEY_SECTION, IN_MODEL(review), .text = "When this manifest was looked through."},
    {"review.by", KEY_TEXT, true, 1, TEXT_MAX, IN_MODEL(review.by),
     .text = "Who looked through it."},
    {"review.date", KEY_DATE, true, DATE_RANGE, IN_MODEL(review.date), .text = "When that was."},
    {"review.due", KEY_DATE, true, DATE_RANGE, IN_MODEL(review.due),
     .text = "When it must be looked through again."},
    {"assurance", KEY_INTEGER, false, 1, 1000, IN_MODEL(assurance),
     .text = "How well this machine separates, as a number of the site's own scale; not written "
             "counts as not at all."},
    {"unsafe", KEY_LIST, false, 1, MAX_POLICY_ITEMS, IN_MODEL(unsafe), .noun = "exception",
     .item_bytes = sizeof(struct model_unsafe),
     .text = "Weaker operation than Bulkhead's own; no release image has any."},
    {"unsafe[].allow", KEY_CHOICE, true, IN_UNSAFE(allow), .choices = unsafe_choices,
     .text = "What is allowed. Nothing follows from it in this version: the loader refuses "
             "a machine that needs it, and so does the check."},
    {"unsafe[].reason", KEY_TEXT, true, 1, TEXT_MAX, IN_UNSAFE(reason),
     .text = "Why it is needed."},
};
const size_t key_count = sizeof(keys) / sizeof(keys[0]);

/* SPDX-License-Identifier: Apache-2.0 */
/* The table of rules. */
#include "rules.h"

#include <string.h>

const struct rule rules[] = {
    /* Found while the file is read. */
    {"file-limits", SEVERITY_ERROR, NULL,
     "A manifest has at most 1 MiB, 65,536 values and 32 levels of nesting."},
    {"syntax", SEVERITY_ERROR, NULL, "A manifest is one YAML document in UTF-8."},
    {"alias", SEVERITY_ERROR, NULL,
     "Every value stands where it is used: no anchors, aliases or type tags."},
    {"unknown-key", SEVERITY_ERROR, NULL, "A key is one that the language has at its place."},
    {"duplicate-key", SEVERITY_ERROR, NULL, "A key is written once in its section."},
    {"missing-key", SEVERITY_ERROR, NULL, "A required key is written."},
    {"type", SEVERITY_ERROR, NULL, "A value is of its key's type."},
    {"range", SEVERITY_ERROR, NULL,
     "A number, size, time or length of a list lies within its key's range."},
    {"choice", SEVERITY_ERROR, NULL, "A word is one of those that its key allows."},
    {"name", SEVERITY_ERROR, NULL,
     "A name has a-z, 0-9 and -, begins and ends with a letter or digit, and is not too long."},
    {"listed-twice", SEVERITY_ERROR, NULL, "A list names nothing twice."},
    {"text", SEVERITY_ERROR, NULL, "A text or path has no control characters and is not too long."},

    {"name-twice", SEVERITY_ERROR, rule_name_twice, "No two domains have one name."},
    {"cpu-twice", SEVERITY_ERROR, rule_cpu_twice,
     "A physical processor is listed once, in one domain."},
    {"cpus-platform", SEVERITY_ERROR, rule_cpus_platform,
     "The domains want no more processors than the platform has, and than 64."},
    {"memory-platform", SEVERITY_ERROR, rule_memory_platform,
     "The domains' memory, payloads, tables and guard gaps fit into the platform's memory."},
    {"boot-protocol", SEVERITY_ERROR, rule_boot_protocol,
     "A domain boots one of linux and elf64, and only linux has an initrd."},
    {"on-exit-stop", SEVERITY_ERROR, rule_on_exit_stop,
     "A limit on restarts belongs to a domain that restarts."},
    {"restart-window", SEVERITY_ERROR, rule_restart_window,
     "A window for counting restarts belongs to a limit."},
    {"serial-boot-log", SEVERITY_ERROR, rule_serial_boot_log,
     "com1 is the hypervisor's boot log unless the platform gives it to a domain."},
    {"serial-twice", SEVERITY_ERROR, rule_serial_twice, "A UART belongs to one domain."},
    {"serial-irq", SEVERITY_ERROR, rule_serial_irq,
     "Of two domains whose UARTs share an interrupt line at most one uses it."},

    {"payload-missing", SEVERITY_ERROR, rule_payload_missing, "A payload exists and can be read."},
    {"payload-file", SEVERITY_ERROR, rule_payload_file,
     "A payload is a regular file that is not empty."},
    {"image-size", SEVERITY_ERROR, rule_image_size,
     "All payloads together have at most 1 GiB, as a PE file cannot hold much more."},
    {"linux-bzimage", SEVERITY_ERROR, rule_linux_bzimage, "A linux payload is a whole bzImage."},
    {"linux-64bit", SEVERITY_ERROR, rule_linux_64bit,
     "A linux payload has boot protocol 2.12 or later and a 64-bit entry."},
    {"linux-address", SEVERITY_ERROR, rule_linux_address,
     "A Linux kernel is loaded at or above 1 MiB, at an address that suits its alignment."},
    {"linux-fit", SEVERITY_ERROR, rule_linux_fit,
     "A Linux kernel has the memory it needs to start, below 3 GiB in its domain."},
    {"initrd-fit", SEVERITY_ERROR, rule_initrd_fit,
     "An initrd fits above its kernel, into the domain's memory and the kernel's reach."},
    {"cmdline-length", SEVERITY_ERROR, rule_cmdline_length,
     "A command line, with what the loader adds, is no longer than its kernel takes."},
    {"elf-format", SEVERITY_ERROR, rule_elf_format,
     "An elf64 payload is a static x86-64 executable."},
    {"elf-truncated", SEVERITY_ERROR, rule_elf_truncated, "An ELF segment lies within its file."},
    {"elf-alignment", SEVERITY_ERROR, rule_elf_alignment,
     "An ELF segment's address and file offset agree modulo its alignment."},
    {"elf-range", SEVERITY_ERROR, rule_elf_range,
     "An ELF segment lies between 1 MiB and the end of the domain's memory below 3 GiB."},
    {"elf-physical", SEVERITY_ERROR, rule_elf_physical,
     "An ELF segment's physical address is its virtual one, as memory is mapped one to one."},
    {"elf-order", SEVERITY_ERROR, rule_elf_order,
     "ELF segments stand in the file's table in the order of their addresses."},
    {"elf-overlap", SEVERITY_ERROR, rule_elf_overlap, "No two ELF segments share an address."},
    {"elf-entry", SEVERITY_ERROR, rule_elf_entry,
     "An ELF file's entry point lies within the contents of an executable segment."},
};
const size_t rule_count = sizeof(rules) / sizeof(rules[0]);

const struct rule *rule_named(const char *name)
{
    for (size_t i = 0; i < rule_count; i++) {
        if (strcmp(rules[i].name, name) == 0)
            return &rules[i];
    }
    return NULL;
}

void rules_apply(struct check *check)
{
    for (size_t i = 0; i < rule_count; i++) {
        check->rule = &rules[i];
        if (rules[i].apply)
            rules[i].apply(check);
    }
    check->rule = NULL;
}

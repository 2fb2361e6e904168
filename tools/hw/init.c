/* SPDX-License-Identifier: Apache-2.0 */
/* A first manifest from a hardware inventory. */
#include "inventory.h"
#include "source.h"

#include "kernel/abi/limits.h"
#include "tools/manifest/schema_parse.h"
#include <string.h>

enum { KEY_DAYS = 183, NETWORK = 0x02, LITTLE_MEMORY = 1 << 30 };

static const struct {
    uint32_t class_code; /* base class, subclass */
    const char *what;
} classes[] = {
    {0x0100, "SCSI"},          {0x0106, "SATA"},     {0x0107, "SAS"},
    {0x0108, "NVMe"},          {0x0200, "Ethernet"}, {0x0280, "network"},
    {0x0300, "display"},       {0x0403, "audio"},    {0x0c03, "USB"},
    {0x0c05, "SMBus"},         {0x0880, "other"},    {0x1180, "signal processing"},
    {0x0780, "communication"},
};

static const char *class_name(uint32_t class_code)
{
    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        if (classes[i].class_code == class_code >> 8)
            return classes[i].what;
    }
    return "device";
}

static bool is_printable(const char *text)
{
    uint32_t code;

    for (size_t bytes; *text; text += bytes) {
        bytes = utf8_sequence((const unsigned char *)text, strlen(text), &code);
        if (bytes == 0 || code < 0x20 || (code >= 0x7f && code < 0xa0))
            return false;
    }
    return true;
}

static void print_inventory(const char *from, FILE *out)
{
    if (!is_printable(from)) {
        fputs("  # inventory: give its folder a name that can be printed, and write it here\n",
              out);
        return;
    }
    fputs("  inventory: '", out);
    for (; *from; from++)
        fputs(*from == '\'' ? "''" : (char[]){*from, 0}, out);
    fputs("'\n", out);
}

static void print_platform(struct hw *hw, const char *from, FILE *out)
{
    uint32_t most = hw->cpu_count > MAX_CPUS ? MAX_CPUS : hw->cpu_count;

    fputs("host: new-host                  # the name of the machine\n\n"
          "# What the image expects; a machine that differs is refused.\nplatform:\n",
          out);
    fprintf(out, "  cpu: %s\n", hw_is_amd(hw) ? "amd" : "intel");
    if (most > 0)
        fprintf(out, "  processors: %u\n", most);
    if (hw->memory_bytes >> 20 >= 64)
        fprintf(out, "  memory: %lluM\n", (unsigned long long)(hw->memory_bytes >> 20));
    if (hw->smt_known)
        fprintf(out, "  smt: %s\n", hw->smt_active ? "on" : "off");
    if (hw->microcode && strlen(hw->microcode) <= 10 &&
        strspn(hw->microcode, "0123456789abcdefx") == strlen(hw->microcode))
        fprintf(out, "  microcode: %s           # the least\n", hw->microcode);
    if (from)
        print_inventory(from, out);
}

static void print_cpu_choices(struct hw *hw, FILE *out)
{
    fputs("    # APIC ids, if it matters which: cpus: [1]; threads of one core go together:\n",
          out);
    for (uint32_t i = 0; i < hw->cpu_count; i++) {
        const char *threads = hw_apic_ids(hw, hw->cpus[i].siblings);

        fprintf(out, "    #   APIC id %u: package %u, core %u, APIC ids of the core: %s\n",
                hw->cpus[i].apic_id, hw->cpus[i].package, hw->cpus[i].core,
                threads ? threads : "not known");
    }
}

static bool has_twin(const struct hw *hw, const struct hw_function *function)
{
    for (uint32_t i = 0; i < hw->function_count; i++) {
        const struct hw_function *other = &hw->functions[i];

        if (other != function && other->vendor == function->vendor &&
            other->device == function->device && other->address >> 3 != function->address >> 3)
            return true;
    }
    return false;
}

/* The keys behind `id`, where the rules ask for them. */
static const char *device_keys(struct hw *hw, const struct hw_function *function)
{
    char *text = say(&hw->arena, "%s",
                     hw_removable(function)                  ? ", removable: true"
                     : function->class_code >> 16 == NETWORK ? ", network: work"
                                                             : "");

    if (function->has_serial)
        text = say(&hw->arena, "%s, serial_number: \"%016llx\"", text,
                   (unsigned long long)function->serial);
    return hw_lacks_msi(function) ? say(&hw->arena, "%s, interrupts: none", text) : text;
}

/* What whoever gives it away has to know. */
static void print_remarks(struct hw *hw, const struct hw_function *function, FILE *out)
{
    const char *refusal = hw_refusal(hw, function), *partners = hw_partners(hw, function);
    const struct hw_reserved *kept = hw_kept(hw, function, 0);
    const char *evidence, *by = hw_sideband(hw, function, &evidence);

    if (refusal) {
        fprintf(out, "; for nobody: %s", refusal);
        return;
    }
    if (partners)
        fprintf(out, "; only together with %s", partners);
    if (function->config_bytes < HW_CONVENTIONAL_BYTES)
        fputs("; its capabilities are not known: save the inventory as root", out);
    if (hw_lacks_msi(function))
        fputs("; has no MSI: kept silent, for its group's sake", out);
    else if (hw_lacks_reset(function))
        fputs("; has no reset that clears it: accept_no_reset", out);
    if (by)
        fprintf(out, "; %s may share it: accept_sideband", by);
    if (kept)
        fprintf(out, "; firmware keeps %s for it (RMRR): turn legacy support off",
                hw_range_text(&hw->arena, kept));
    if (has_twin(hw, function) && !function->has_serial)
        fputs("; others have its id, and it shows no serial number", out);
}

static void print_device(struct hw *hw, const struct hw_function *function, FILE *out)
{
    fprintf(out, "    #   - {pci: \"%s\", id: \"%04x:%04x\"%s}  # %s",
            hw_address(hw, function->address), function->vendor, function->device,
            device_keys(hw, function), class_name(function->class_code));
    print_remarks(hw, function, out);
    fputc('\n', out);
}

/* Why management cannot have the card, or should not; NULL: it can. */
static const char *card_problem(struct hw *hw, const struct hw_function *card)
{
    const char *refusal = hw_refusal(hw, card), *partners = hw_partners(hw, card);
    const char *evidence, *by = hw_sideband(hw, card, &evidence);

    if (refusal)
        return refusal;
    if (!hw_console_drives(card->vendor, card->device))
        return "the console does not drive it";
    if (card->config_bytes < HW_CONVENTIONAL_BYTES)
        return "its capabilities are not known: save the inventory as root";
    if (hw_lacks_msi(card))
        return "has no MSI";
    if (partners)
        return say(&hw->arena, "only together with %s", partners);
    return by ? say(&hw->arena, "shared with %s unless that is off: accept_sideband", by) : NULL;
}

/* The first card that will do, and as comments all others. */
static void print_cards(struct hw *hw, FILE *out)
{
    bool found = false;

    for (uint32_t i = 0; i < hw->function_count; i++) {
        const struct hw_function *card = &hw->functions[i];

        if (card->class_code >> 16 != NETWORK)
            continue;
        const char *problem = card_problem(hw, card);
        const char *remark = problem ? problem : found ? "another that will do" : NULL;
        fprintf(out,
                "#   %snic: {pci: \"%s\", id: \"%04x:%04x\", network: admin, "
                "address: 192.0.2.10/24}%s%s\n",
                remark ? "# " : "", hw_address(hw, card->address), card->vendor, card->device,
                remark ? "  # " : "", remark ? remark : "");
        found |= !problem;
    }
    if (!found)
        fputs(hw_is_amd_board(hw) ? "#   # AMD's IOMMU is not supported yet: no card of this board "
                                    "can be given away.\n"
                                  : "#   # Of the cards seen none will do as it is: put one into a "
                                    "slot of its own.\n",
              out);
}

static void print_management(struct hw *hw, uint32_t today, FILE *out)
{
    const char *expires = date_text(&hw->arena, today + KEY_DAYS);

    fputs(
        "\n# Management has a network card and a network of its own; levels and networks, above,\n"
        "# belong to it. Make keys with `bulkhead key new ops --role operator --dir keys`.\n"
        "# management:\n"
        "#   cpus: 1\n"
        "#   memory: 64M\n",
        out);
    print_cards(hw, out);
    fprintf(out,
            "#   admins:\n"
            "#     - {name: ops, key: keys/ops.pub, role: operator, expires: %s}\n"
            "#     - {name: audit, key: keys/audit.pub, role: auditor, expires: %s}\n",
            expires, expires);
}

/* The first port that the machine has, com1 aside, with its line where that is not the usual one.
 */
static void print_serial(struct hw *hw, FILE *out)
{
    uint64_t com = 2;

    while (com <= UARTS && !hw_uart_at(hw, com))
        com++;
    if (com > UARTS) {
        fputs(hw_uart_at(hw, 1)
                  ? "    # No port but com1, which is the boot log's.\n"
                  : "    # No port: none of the UARTs seen is at the address of com1 to com4.\n",
              out);
        return;
    }
    const struct hw_uart *uart = hw_uart_at(hw, com);
    uint32_t line = hw_uart_line(uart);
    const char *more = "";

    if (uart->irq == 0)
        more = ", polled: true"; /* nothing shows a line */
    else if (line != 0 && line != uart_default_line(com))
        more = say(&hw->arena, ", irq: %u", line);
    fprintf(out, "    serial: {port: com%llu%s}        # com1 is the boot log's\n",
            (unsigned long long)com, more);
}

bool hw_manifest(struct hw *hw, const char *from, FILE *out)
{
    uint32_t today;

    if (!check_today(&today)) {
        fputs("bulkhead: SOURCE_DATE_EPOCH is no number of seconds\n", stderr);
        return false;
    }
    fputs("# Made by `bulkhead init` from the machine's inventory: a start, to be changed.\n"
          "# `bulkhead check` says what is wrong with it, `bulkhead build` makes the image.\n",
          out);
    print_platform(hw, from, out);
    fputs(
        "\n# Levels of classification, the lowest first, and a label for each domain and network:\n"
        "# levels: [public, restricted]\n"
        "# networks:\n"
        "#   admin: {level: restricted}  # management's: no domain is on it\n"
        "#   work: {level: public}       # of the domain's cards\n"
        "\ndomains:\n"
        "  - name: first\n"
        "    # label: {level: public}\n"
        "    cpus: 1                     # a number, or physical APIC ids\n",
        out);
    print_cpu_choices(hw, out);
    fprintf(out, "    memory: %s\n",
            hw->memory_bytes > 0 && hw->memory_bytes < LITTLE_MEMORY ? "64M" : "256M");
    fputs("    boot: {elf64: first.elf}    # a payload of yours; or Linux:\n"
          "    # boot: {linux: vmlinuz, initrd: initrd.img, cmdline: \"console=ttyS0\"}\n",
          out);
    print_serial(hw, out);
    fputs("    on_exit: {do: stop}\n"
          "    # PCI functions of this machine; one belongs to one domain:\n"
          "    # devices:\n",
          out);
    for (uint32_t i = 0; i < hw->function_count; i++) {
        if (!hw_is_bridge(&hw->functions[i]) && !hw_organ(hw, &hw->functions[i]))
            print_device(hw, &hw->functions[i], out);
    }
    print_management(hw, today, out);
    for (uint32_t i = 0; i < hw->missing_count; i++)
        fprintf(out, "# Not known: %s (%s %s).\n", hw->missing[i].lost, hw->missing[i].path,
                hw->missing[i].why);
    return true;
}

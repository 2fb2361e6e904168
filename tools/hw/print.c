/* SPDX-License-Identifier: Apache-2.0 */
/* The hardware inventory for people. */
#include "source.h"

/* A line "name: value"; foreign text cannot drive the terminal. */
static void line(FILE *out, const char *name, const char *value)
{
    fprintf(out, "  %-12s ", name);
    put_safely(out, value ? value : "not known");
    fputc('\n', out);
}

static void print_cpus(struct hw *hw, FILE *out)
{
    fprintf(out, "processors: %u\n", hw->cpu_count);
    line(out, "vendor", hw->vendor);
    line(out, "model", hw->model);
    line(out, "microcode", hw->microcode);
    for (uint32_t i = 0; i < hw->cpu_count; i++) {
        const struct hw_cpu *cpu = &hw->cpus[i];
        const char *threads = hw_apic_ids(hw, cpu->siblings);
        char *text = say(&hw->arena, "APIC id %u, package %u, core %u, APIC ids of the core: %s",
                         cpu->apic_id, cpu->package, cpu->core, threads ? threads : "not known");

        for (uint32_t j = 0; j < cpu->cache_count; j++) {
            const struct hw_cache *cache = &cpu->caches[j];
            const char *sharers = hw_apic_ids(hw, cache->shared);

            if (cache->level >= 2)
                text =
                    say(&hw->arena, "%s; L%llu %s with %s", text, (unsigned long long)cache->level,
                        cache->size ? cache->size : "", sharers ? sharers : "?");
        }
        line(out, say(&hw->arena, "cpu%u", cpu->number), text);
    }
}

static void print_memory(struct hw *hw, FILE *out)
{
    fputs("memory\n", out);
    line(out, "size", say(&hw->arena, "%llu MiB", (unsigned long long)(hw->memory_bytes >> 20)));
    line(out, "ECC", hw->ecc);
    fputs("board\n", out);
    line(out, "name", hw->board);
    line(out, "firmware", hw->firmware);
    line(out, "boot",
         hw->is_uefi          ? "64-bit UEFI"
         : hw->shows_firmware ? "not by 64-bit UEFI"
                              : NULL);
    line(out, "Secure Boot", hw->secure_boot < 0 ? NULL : hw->secure_boot ? "on" : "off");
    line(out, "TPM 2.0", hw->has_tpm ? "yes" : hw->lacks_tpm ? "no" : "none shown");
}

static const char *resets(struct hw *hw, const struct hw_function *function)
{
    if (function->reset_method)
        return say(&hw->arena, "%s (the kernel's order)%s", function->reset_method,
                   hw_lacks_reset(function) ? ": none that clears it" : "");
    if (function->config_bytes < HW_CONVENTIONAL_BYTES)
        return "not known";
    return function->has_flr        ? "FLR"
           : function->has_af_flr   ? "AF FLR"
           : function->has_d3_reset ? "D3hot"
                                    : "none of its own (secondary bus reset at best)";
}

static const char *interrupts(struct hw *hw, const struct hw_function *function)
{
    if (function->config_bytes < HW_CONVENTIONAL_BYTES)
        return "not known";
    if (function->msi_vectors == 0 && function->msix_vectors == 0)
        return "neither MSI nor MSI-X";
    char *text = function->msi_vectors ? say(&hw->arena, "MSI %u", function->msi_vectors) : "";
    if (function->msix_vectors)
        text = say(&hw->arena, "%s%sMSI-X %u in BAR %u at 0x%x", text, *text ? ", " : "",
                   function->msix_vectors, function->msix_bar, function->msix_offset);
    return text;
}

/* Can a domain have it, and if not, why and what helps. */
static const char *verdict(struct hw *hw, const struct hw_function *function)
{
    const char *refusal = hw_refusal(hw, function), *partners = hw_partners(hw, function);
    const struct hw_reserved *kept = hw_kept(hw, function, 0);

    if (refusal)
        return say(&hw->arena, "no: %s", refusal);
    if (function->config_bytes < HW_CONVENTIONAL_BYTES)
        return "not known; run this as root";
    if (partners)
        return say(&hw->arena, "only together with %s%s", partners,
                   function->address >> 8 == 0
                       ? ""
                       : "; another slot, below a root port with ACS, may separate them");
    if (hw_lacks_msi(function))
        return "only with `interrupts: none`, kept silent for its group's sake: it has neither MSI "
               "nor MSI-X";
    if (function->group < 0)
        return "not known; IOMMU groups are not shown";
    if (hw_lacks_reset(function))
        return "only with accept_no_reset: it has no reset that clears it";
    if (kept)
        return say(&hw->arena,
                   "yes; firmware keeps %s for it (RMRR), so turn its legacy support off there",
                   hw_range_text(&hw->arena, kept));
    return "yes";
}

static const char *acs(const struct hw_function *function)
{
    return function->has_acs ? "yes" : function->config_bytes > 256 ? "no" : "not known";
}

/* Only there ACS matters: functions of one device may reach each other within it. */
static bool is_one_of_several(const struct hw *hw, const struct hw_function *function)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < 8; i++)
        count += hw_function_at(hw, (function->address & ~7u) | i) != NULL;
    return count > 1;
}

static void print_function(struct hw *hw, const struct hw_function *function, FILE *out)
{
    const struct hw_reserved *kept;

    fprintf(out, "  %s %04x:%04x class %06x", hw_address(hw, function->address), function->vendor,
            function->device, function->class_code);
    if (function->driver) {
        fputs(", driver ", out);
        put_safely(out, function->driver);
    }
    if (hw_boots_from(hw, function->address))
        fputs(", booted from here", out);
    fputc('\n', out);
    if (function->name) {
        fputs("    name       ", out);
        put_safely(out, function->name);
        fputc('\n', out);
    }
    for (int i = 0; i < HW_BARS; i++) {
        const struct hw_bar *bar = &function->bars[i];

        if (bar->end > bar->start)
            fprintf(out, "    BAR %d      0x%llx-0x%llx%s\n", i, (unsigned long long)bar->start,
                    (unsigned long long)bar->end, bar->flags & 0x100 ? " ports" : "");
    }
    if (function->is_bridge) {
        fprintf(out, "    bridge     to buses %02x-%02x, ACS %s\n", function->secondary,
                function->subordinate, acs(function));
        return;
    }
    fprintf(out, "    interrupts %s\n    resets     ", interrupts(hw, function));
    put_safely(out, resets(hw, function));
    fputc('\n', out);
    if (function->has_serial)
        fprintf(out, "    serial     %016llx\n", (unsigned long long)function->serial);
    if (is_one_of_several(hw, function))
        fprintf(out, "    ACS        %s\n", acs(function));
    if (function->group >= 0)
        fprintf(out, "    group      %d\n", function->group);
    for (uint32_t i = 0; (kept = hw_kept(hw, function, i)); i++)
        fprintf(out, "    kept       %s by firmware (RMRR)\n", hw_range_text(&hw->arena, kept));
    fprintf(out, "    to domains %s\n", verdict(hw, function));
}

static void print_iommu(struct hw *hw, FILE *out)
{
    fprintf(out, "IOMMU units: %u\n", hw->unit_count);
    for (uint32_t i = 0; i < hw->unit_count; i++) {
        const struct hw_unit *unit = &hw->units[i];
        bool has_rest = unit->flags & 1;

        fprintf(out, "  0x%llx segment %u for %s%s%s\n", (unsigned long long)unit->base,
                unit->segment, unit->scope.text, has_rest && *unit->scope.text ? " and " : "",
                has_rest ? "all that no other has" : "");
    }
    for (uint32_t i = 0; i < hw->amd_unit_count; i++)
        fprintf(out, "  0x%llx is AMD's (IVRS), which is not supported\n",
                (unsigned long long)hw->amd_units[i]);
    if (hw->has_ivrs && hw->amd_unit_count == 0)
        fputs("  AMD's IOMMU (IVRS), which is not supported\n", out);
    for (uint32_t i = 0; i < hw->reserved_count; i++)
        fprintf(out, "  firmware keeps %s for %s%s\n", hw_range_text(&hw->arena, &hw->reserved[i]),
                hw->reserved[i].scope.is_open ? "any function, as not all can be followed: " : "",
                hw->reserved[i].scope.text);
}

static void print_uarts(struct hw *hw, FILE *out)
{
    fprintf(out, "UARTs: %u\n", hw->uart_count);
    for (uint32_t i = 0; i < hw->uart_count; i++) {
        const struct hw_uart *uart = &hw->uarts[i];
        const char *name = "none that Bulkhead drives";

        for (uint64_t com = 1; com <= UARTS; com++) {
            if (hw_uart_at(hw, com) == uart)
                name = say(&hw->arena, "com%llu", (unsigned long long)com);
        }
        fprintf(out, "  ttyS%u port 0x%llx memory 0x%llx interrupt %u%s: %s\n", uart->number,
                (unsigned long long)uart->port, (unsigned long long)uart->memory, uart->irq,
                hw_uart_line(uart) ? "" : " (not its line)", name);
    }
}

void hw_print(struct hw *hw, FILE *out)
{
    print_cpus(hw, out);
    print_memory(hw, out);
    print_iommu(hw, out);
    fprintf(out, "PCI functions: %u", hw->function_count);
    if (hw->unread_count > 0)
        fprintf(out, ", and %u in segments that cannot be reached", hw->unread_count);
    fputc('\n', out);
    for (uint32_t i = 0; i < hw->function_count; i++)
        print_function(hw, &hw->functions[i], out);
    print_uarts(hw, out);
    if (hw->missing_count > 0)
        fputs("not known\n", out);
    for (uint32_t i = 0; i < hw->missing_count; i++)
        fprintf(out, "  %s: %s %s\n", hw->missing[i].lost, hw->missing[i].path, hw->missing[i].why);
}

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
}

static const char *resets(struct hw *hw, const struct hw_function *function)
{
    if (function->reset_method)
        return say(&hw->arena, "%s (the kernel's order)", function->reset_method);
    if (function->config_bytes <= 64)
        return "not known";
    return function->has_flr        ? "FLR"
           : function->has_af_flr   ? "AF FLR"
           : function->has_d3_reset ? "D3hot"
                                    : "none of its own (secondary bus reset at best)";
}

static const char *interrupts(struct hw *hw, const struct hw_function *function)
{
    if (function->config_bytes <= 64)
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
    const char *partners = hw_partners(hw, function);

    if (function->class_code >> 16 == 0x06)
        return "no: it is part of the chipset";
    if (hw_boots_from(hw, function->address))
        return "no: the machine boots from it; management may have it";
    if (function->config_bytes <= 64)
        return "not known; run this as root";
    if (function->msi_vectors == 0 && function->msix_vectors == 0)
        return "no: it has neither MSI nor MSI-X";
    if (partners)
        return say(&hw->arena,
                   "only together with %s; another slot, below a root port with ACS, may separate "
                   "them",
                   partners);
    if (function->group < 0)
        return "not known; IOMMU groups are not shown";
    if (hw_lacks_reset(function))
        return "only with accept_no_reset: it has no reset of its own";
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
    fprintf(out, "  %s %04x:%04x class %06x", hw_address(hw, function->address), function->vendor,
            function->device, function->class_code);
    if (function->driver) {
        fputs(", driver ", out);
        put_safely(out, function->driver);
    }
    if (hw_boots_from(hw, function->address))
        fputs(", booted from here", out);
    fputc('\n', out);
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
    fprintf(out, "    to domains %s\n", verdict(hw, function));
}

static void print_iommu(struct hw *hw, FILE *out)
{
    fprintf(out, "IOMMU units: %u%s\n", hw->unit_count,
            hw->has_ivrs ? " (and an AMD IOMMU, which is not supported)" : "");
    for (uint32_t i = 0; i < hw->unit_count; i++) {
        const struct hw_unit *unit = &hw->units[i];
        bool has_rest = unit->flags & 1;

        fprintf(out, "  0x%llx segment %u for %s%s%s\n", (unsigned long long)unit->base,
                unit->segment, unit->scope, has_rest && *unit->scope ? " and " : "",
                has_rest ? "all that no other has" : "");
    }
    for (uint32_t i = 0; i < hw->reserved_count; i++)
        fprintf(out, "  firmware keeps 0x%llx-0x%llx for %s\n",
                (unsigned long long)hw->reserved[i].base, (unsigned long long)hw->reserved[i].limit,
                hw->reserved[i].scope);
}

void hw_print(struct hw *hw, FILE *out)
{
    print_cpus(hw, out);
    print_memory(hw, out);
    print_iommu(hw, out);
    fprintf(out, "PCI functions: %u\n", hw->function_count);
    for (uint32_t i = 0; i < hw->function_count; i++)
        print_function(hw, &hw->functions[i], out);
    fprintf(out, "UARTs: %u\n", hw->uart_count);
    for (uint32_t i = 0; i < hw->uart_count; i++)
        fprintf(out, "  ttyS%u port 0x%llx memory 0x%llx interrupt %u\n", hw->uarts[i].number,
                (unsigned long long)hw->uarts[i].port, (unsigned long long)hw->uarts[i].memory,
                hw->uarts[i].irq);
    if (hw->missing_count > 0)
        fputs("not known\n", out);
    for (uint32_t i = 0; i < hw->missing_count; i++)
        fprintf(out, "  %s: %s %s\n", hw->missing[i].lost, hw->missing[i].path, hw->missing[i].why);
}

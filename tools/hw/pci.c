/* SPDX-License-Identifier: Apache-2.0 */
/* PCI functions of a machine: config space, BARs, IOMMU groups. */
#include "source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FUNCTIONS_MAX = 4096,
    /* PCI Express Base Specification, Capability Structures */
    STATUS_CAPABILITIES = 0x10,
    CAPABILITY_PM = 0x01,
    CAPABILITY_MSI = 0x05,
    CAPABILITY_EXPRESS = 0x10,
    CAPABILITY_MSIX = 0x11,
    CAPABILITY_AF = 0x13,
    EXTENDED_SERIAL = 0x03,
    EXTENDED_ACS = 0x0d,
    EXTENDED_SRIOV = 0x10,
    HEADER_BYTES = 64,
    WINDOW_MEMORY = 0x20, /* of a bridge: base and limit */
    WINDOW_PREFETCHABLE = 0x24,
    WINDOW_UPPER = 0x28, /* their upper halves, where the window has 64 bits */
    WINDOW_64 = 1,
};

/* Intel's Volume Management Device gives what is behind it segments with five digits. */
#define VMD_REMEDY                                                                                 \
    "PCI functions behind Intel's VMD (in firmware: VMD, RST or RAID mode off, NVMe and SATA as "  \
    "AHCI)"

int64_t hw_parse_address(const char *text)
{
    unsigned segment, bus, device, function;
    char rest;

    if (strlen(text) != 12 || strspn(text, "0123456789abcdef:.") != 12 ||
        sscanf(text, "%4x:%2x:%2x.%1x%c", &segment, &bus, &device, &function, &rest) != 4 ||
        device > 31 || function > 7)
        return -1;
    return (int64_t)(segment << 16 | bus << 8 | device << 3 | function);
}

const char *hw_address(struct hw *hw, uint32_t address)
{
    const char *segment = address >> 16 ? say(&hw->arena, "%04x:", address >> 16) : "";

    return say(&hw->arena, "%s%02x:%02x.%u", segment, address >> 8 & 0xff, address >> 3 & 31,
               address & 7);
}

static void take_capability(struct hw_function *function, const uint8_t *config, uint32_t at)
{
    const uint8_t *cap = config + at;

    switch (cap[0]) {
    case CAPABILITY_PM:
        function->has_d3_reset = (cap[4] & 0x08) == 0; /* No_Soft_Reset is clear */
        break;
    case CAPABILITY_MSI:
        function->msi_vectors = 1u << (cap[2] >> 1 & 7);
        break;
    case CAPABILITY_MSIX:
        function->msix_vectors = (little(cap + 2, 2) & 0x7ff) + 1;
        function->msix_bar = cap[4] & 7;
        function->msix_offset = little(cap + 4, 4) & ~7u;
        function->pending_bar = cap[8] & 7;
        function->pending_offset = little(cap + 8, 4) & ~7u;
        break;
    case CAPABILITY_EXPRESS:
        function->has_express = true;
        function->express_type = cap[2] >> 4;
        function->has_flr = (little(cap + 4, 4) >> 28 & 1) != 0;
        break;
    case CAPABILITY_AF:
        function->has_af_flr = (cap[3] & 3) == 3;
        break;
    default:
        break;
    }
}

/* A list that loops or leaves the space ends: no domain can have what has such a one. */
static void read_capabilities(struct hw_function *function, const uint8_t *config)
{
    if (function->config_bytes < HW_CONVENTIONAL_BYTES || (config[6] & STATUS_CAPABILITIES) == 0)
        return;
    uint32_t at = config[0x34], count = 0;
    for (; at >= HEADER_BYTES && at % 4 == 0 && count < 48; count++) {
        if (at <= HW_CONVENTIONAL_BYTES - 12)
            take_capability(function, config, at);
        at = config[at + 1];
    }
    function->bad_list = at != 0;
}

/* As PCI-to-PCI Bridge Architecture Specification, "Memory Base Register", has it. */
static void read_window(const uint8_t *config, uint32_t at, struct hw_bar *window)
{
    uint64_t base = (uint64_t)(little(config + at, 2) & 0xfff0) << 16;
    uint64_t last = (uint64_t)(little(config + at + 2, 2) & 0xfff0) << 16 | 0xfffff;

    if (at == WINDOW_PREFETCHABLE && (config[at] & 15) == WINDOW_64) {
        base |= (uint64_t)little(config + WINDOW_UPPER, 4) << 32;
        last |= (uint64_t)little(config + WINDOW_UPPER + 4, 4) << 32;
    }
    if (base != 0 && base < last)
        *window = (struct hw_bar){.start = base, .end = last};
}

static void read_extended(struct hw_function *function, const uint8_t *config)
{
    uint32_t at = HW_CONVENTIONAL_BYTES;

    for (int count = 0;
         at >= HW_CONVENTIONAL_BYTES && at + 12 <= function->config_bytes && count < 960; count++) {
        uint32_t header = little(config + at, 4);

        if (header == 0 || header == UINT32_MAX)
            return;
        if ((header & 0xffff) == EXTENDED_ACS) {
            function->has_acs = true;
            function->acs_capability = little(config + at + 4, 2);
        } else if ((header & 0xffff) == EXTENDED_SERIAL) {
            function->has_serial = true;
            function->serial = little64(config + at + 4);
        } else if ((header & 0xffff) == EXTENDED_SRIOV) {
            function->has_sriov = true;
        }
        at = header >> 20 & ~3u;
    }
}

static void read_config(struct hw *hw, struct hw_function *function, const char *folder)
{
    uint8_t config[HW_CONFIG_BYTES] = {0};
    long count = hw_read(hw, say(&hw->arena, "%s/config", folder), config, sizeof(config));

    function->config_bytes = count < 0 ? 0 : (uint32_t)count;
    if (count < HEADER_BYTES)
        return;
    function->is_bridge = (config[0x0e] & 0x7f) == 1;
    function->secondary = config[0x19];
    function->subordinate = config[0x1a];
    if (function->is_bridge) {
        read_window(config, WINDOW_MEMORY, &function->windows[0]);
        read_window(config, WINDOW_PREFETCHABLE, &function->windows[1]);
    }
    read_capabilities(function, config);
    read_extended(function, config);
}

static void read_bars(struct hw *hw, struct hw_function *function, const char *folder)
{
    const char *text = hw_text(hw, say(&hw->arena, "%s/resource", folder), 4096);

    function->has_resources = text != NULL;
    for (int i = 0; text && i < HW_BARS; i++) {
        struct hw_bar *bar = &function->bars[i];
        unsigned long long start, end, flags;

        if (sscanf(text, "%llx %llx %llx", &start, &end, &flags) != 3)
            return;
        *bar = (struct hw_bar){start, end, flags};
        text = strchr(text, '\n');
        text = text ? text + 1 : NULL;
    }
}

static const char *last_part(const char *path)
{
    const char *slash = path ? strrchr(path, '/') : NULL;

    return slash ? slash + 1 : path;
}

static void read_function(struct hw *hw, const char *name, uint32_t address)
{
    const char *folder = say(&hw->arena, "sys/bus/pci/devices/%s", name), *group, *physical;
    struct hw_function *function;
    uint64_t vendor = 0, device = 0, class_code = 0;

    hw->functions = hw_grow(hw, hw->functions, hw->function_count, sizeof(*hw->functions));
    function = &hw->functions[hw->function_count++];
    *function = (struct hw_function){.address = address, .group = -1, .physical = -1};
    hw_number(hw, say(&hw->arena, "%s/vendor", folder), &vendor);
    hw_number(hw, say(&hw->arena, "%s/device", folder), &device);
    hw_number(hw, say(&hw->arena, "%s/class", folder), &class_code);
    function->vendor = vendor & 0xffff;
    function->device = device & 0xffff;
    function->class_code = class_code & 0xffffff;
    read_config(hw, function, folder);
    read_bars(hw, function, folder);
    function->reset_method = hw_line(hw, say(&hw->arena, "%s/reset_method", folder), HW_WORD);
    function->driver = last_part(hw_link(hw, say(&hw->arena, "%s/driver", folder)));
    group = last_part(hw_link(hw, say(&hw->arena, "%s/iommu_group", folder)));
    physical = last_part(hw_link(hw, say(&hw->arena, "%s/physfn", folder)));
    if (physical)
        function->physical = hw_parse_address(physical);
    if (group && *group >= '0' && *group <= '9')
        function->group = (int32_t)(strtoul(group, NULL, 10) & INT32_MAX);
}

static int by_address(const void *left, const void *right)
{
    const struct hw_function *a = left, *b = right;

    return a->address == b->address ? 0 : a->address < b->address ? -1 : 1;
}

void hw_read_pci(struct hw *hw)
{
    char **names;
    uint32_t count = hw_list(hw, "sys/bus/pci/devices", &names), short_config = 0, groups = 0;
    const char *first_unread = NULL;
    bool shows_some = false;

    if (count == 0)
        hw_note_missing(hw, "sys/bus/pci/devices", "PCI functions");
    for (uint32_t i = 0; i < count && hw->function_count < FUNCTIONS_MAX; i++) {
        int64_t address = hw_parse_address(names[i]);

        if (address >= 0)
            read_function(hw, names[i], (uint32_t)address);
        else if (hw->unread_count++ == 0)
            first_unread = names[i];
    }
    if (hw->unread_count > 0)
        hw_note(hw, say(&hw->arena, "sys/bus/pci/devices/%s", first_unread),
                hw->unread_count == 1 ? "is in a segment that Bulkhead cannot reach"
                                      : "and others are in segments that Bulkhead cannot reach",
                VMD_REMEDY);
    if (hw->function_count > 0)
        qsort(hw->functions, hw->function_count, sizeof(*hw->functions), by_address);
    for (uint32_t i = 0; i < hw->function_count; i++) {
        short_config += hw->functions[i].config_bytes < HW_CONVENTIONAL_BYTES;
        shows_some |= hw->functions[i].config_bytes > 0;
        groups += hw->functions[i].group >= 0;
    }
    if (short_config > 0) {
        errno = shows_some ? EACCES : ENOENT; /* others see the first bytes */
        hw_note_missing(hw, "sys/bus/pci/devices/*/config",
                        "capabilities: MSI, resets, ACS and serial numbers");
    }
    if (hw->function_count > 0 && groups == 0 && !hw->surveyed) {
        errno = ENOENT;
        hw_note_missing(hw, "sys/kernel/iommu_groups",
                        "IOMMU groups (boot Linux with intel_iommu=on and VT-d on in firmware)");
    }
}

/* What the kernel found it can do, of the ways that clear a function; else its capabilities. */
bool hw_lacks_reset(const struct hw_function *function)
{
    static const char *const counts[] = {"flr", "af_flr", "pm", "bus"};

    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        if (hw_has_word(function->reset_method, counts[i]))
            return false;
    }
    return function->config_bytes >= HW_CONVENTIONAL_BYTES &&
           (function->reset_method ||
            (!function->has_flr && !function->has_af_flr && !function->has_d3_reset));
}

bool hw_lacks_msi(const struct hw_function *function)
{
    return function->config_bytes >= HW_CONVENTIONAL_BYTES &&
           function->msi_vectors + function->msix_vectors == 0;
}

const struct hw_function *hw_function_at(const struct hw *hw, uint64_t address)
{
    for (uint32_t i = 0; i < hw->function_count; i++) {
        if (hw->functions[i].address == address)
            return &hw->functions[i];
    }
    return NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a guest reads in the configuration space of its function. The pages begin as zeros with
 * nothing of the hardware in them, and only what is named here is shown: what is not known to be
 * harmless is hidden. Base address registers and Command are the kernel's own answers.
 */
#include "assign.h"
#include "judge.h"
#include <string.h>

enum {
    /* PCI Local Bus Specification, "Configuration Space Organization" */
    REGISTER_STATUS = 0x06,
    REGISTER_CLASS = 0x08,
    REGISTER_CACHE_LINE = 0x0c,
    REGISTER_BARS = 0x10,
    REGISTER_SUBSYSTEM = 0x2c,
    REGISTER_CAPABILITIES = 0x34,
    STATUS_CAPABILITIES = 1 << 4,
    FIRST_CAPABILITY = 0x40,
    CONVENTIONAL_BYTES = 0x100,
    MAX_CAPABILITIES = 48, /* as many as fit */
    POWER_BYTES = 8,
    MSI_BYTES = 10,
    MSI_64_BYTES = 4,
    MSI_MASK_BYTES = 10,
    MSIX_BYTES = 12,
    EXPRESS_BYTES = 12, /* to Device Status */

    CAPABILITY_POWER = 0x01,
    CAPABILITY_MSI = 0x05,
    CAPABILITY_VENDOR = 0x09,
    CAPABILITY_EXPRESS = 0x10,
    CAPABILITY_MSIX = 0x11,

    POWER_VERSION = 7,
    POWER_NO_SOFT_RESET = 1 << 3,
    MSI_64 = 1 << 7,
    MSI_MASKABLE = 1 << 8,
    MSI_ENABLE = 1 << 0,
    MSIX_TABLE_SIZE = 0x7ff,
    MSIX_ENABLE_AND_MASK = 3 << 14,

    /* PCI Express Base Specification, "PCI Express Capability Structure" */
    EXPRESS_VERSION = 0xf,
    EXPRESS_INTEGRATED_ENDPOINT = 9 << 4,
    EXPRESS_TAGS_AND_LATENCIES = 0x0fe0, /* Device Capabilities */
    EXPRESS_ROLE_BASED_ERRORS = 1 << 15,
    EXPRESS_CONTROL = 0x08,     /* Device Control */
    EXPRESS_PAYLOAD_SHIFT = 5,  /* Max_Payload_Size in it */
    EXPRESS_PASSED_ON = 0x7110, /* relaxed ordering, extended tags, read request size */
    EXPRESS_STATUS = 0x0a,      /* Device Status */
    EXPRESS_PENDING = 1 << 5,   /* Transactions Pending */

    EXTENDED_ERRORS = 0x0001, /* Advanced Error Reporting, of whatever version */
    EXTENDED_VERSION = 0xf << 16,
    MAX_EXTENDED = 64,

    /* Virtual I/O Device, "Virtio Structure PCI Capabilities" */
    VIRTIO_COMMON = 1,
    VIRTIO_NOTIFY = 2,
    VIRTIO_DEVICE = 4,
    VIRTIO_BYTES = 16,
    VIRTIO_NOTIFY_BYTES = 20,
};

struct pages {
    const uint8_t *found; /* as it reads */
    const struct fact_function *fact;
    const struct function *function;
    uint8_t *reads, *hardware;
};

static uint32_t get(const uint8_t *bytes, uint32_t at, uint32_t count)
{
    uint32_t value = 0;
    for (uint32_t i = 0; i < count; i++)
        value |= (uint32_t)bytes[at + i] << (8 * i);
    return value;
}

static void put(uint8_t *bytes, uint32_t at, uint32_t count, uint32_t value)
{
    for (uint32_t i = 0; i < count; i++)
        bytes[at + i] = (uint8_t)(value >> (8 * i));
}

static void show_header(const struct pages *pages)
{
    uint8_t *reads = pages->reads;
    put(reads, 0, 4, pages->fact->id);
    put(reads, REGISTER_CLASS, 4, pages->fact->class_code);
    reads[REGISTER_CACHE_LINE] = pages->found[REGISTER_CACHE_LINE];
    memcpy(&reads[REGISTER_SUBSYSTEM], &pages->found[REGISTER_SUBSYSTEM], 4);
    for (uint32_t i = 0; i < MAX_BARS; i++)
        if (pages->function->bars[i].bytes > 0)
            put(reads, REGISTER_BARS + 4 * i, 4, pages->function->bars[i].type);
}

/* Only D0 and D3hot, and D3hot loses nothing: the power state is virtual. */
static void show_power(const struct pages *pages, uint32_t at)
{
    put(pages->reads, at + 2, 2, pages->found[at + 2] & POWER_VERSION);
    put(pages->reads, at + 4, 2, POWER_NO_SOFT_RESET);
}

/* One message. Address and data read as the guest wrote them: the kernel keeps them. */
static void show_msi(const struct pages *pages, uint32_t at)
{
    uint32_t mask = at + (pages->function->msi_64 ? 16 : 12);
    put(pages->reads, at + 2, 2,
        (pages->function->msi_64 ? MSI_64 : 0u) |
            (pages->function->msi_maskable ? MSI_MASKABLE : 0u));
    put(pages->hardware, at + 2, 2, MSI_ENABLE);
    if (!pages->function->msi_maskable)
        return;
    put(pages->hardware, mask, 4, 1);
    put(pages->hardware, mask + 4, 4, 1);
}

static void show_msix(const struct pages *pages, uint32_t at)
{
    put(pages->reads, at + 2, 2, pages->fact->msix_control & MSIX_TABLE_SIZE);
    put(pages->hardware, at + 2, 2, MSIX_ENABLE_AND_MASK);
    put(pages->reads, at + 4, 4, pages->fact->msix_table);
    put(pages->reads, at + 8, 4, pages->fact->msix_pending);
}

/*
 * As an integrated endpoint it has no link and no slot. What Linux sets for one of these is the
 * largest payload that it supports: so it supports what firmware has set (TRAPS 72).
 */
static void show_express(const struct pages *pages, uint32_t at)
{
    uint32_t control = get(pages->found, at + EXPRESS_CONTROL, 2);
    uint32_t payload = control >> EXPRESS_PAYLOAD_SHIFT & 7;
    put(pages->reads, at + 2, 2,
        (pages->found[at + 2] & EXPRESS_VERSION) | EXPRESS_INTEGRATED_ENDPOINT);
    put(pages->reads, at + 4, 4,
        (pages->fact->express_capabilities &
         (EXPRESS_TAGS_AND_LATENCIES | EXPRESS_ROLE_BASED_ERRORS)) |
            payload);
    put(pages->reads, at + EXPRESS_CONTROL, 2, payload << EXPRESS_PAYLOAD_SHIFT);
    put(pages->hardware, at + EXPRESS_CONTROL, 2, EXPRESS_PASSED_ON);
    put(pages->hardware, at + EXPRESS_STATUS, 2, EXPRESS_PENDING);
}

/* Where virtio's registers are. */
static void show_vendor(const struct pages *pages, uint32_t at, uint32_t bytes)
{
    pages->reads[at + 2] = (uint8_t)bytes;
    memcpy(&pages->reads[at + 3], &pages->found[at + 3], bytes - 3);
}

/* Never the window through configuration space (type 5), nor a BAR that isn't given. */
static uint32_t virtio_bytes(const struct pages *pages, uint32_t at)
{
    if (!(pages->function->flags & FUNCTION_VIRTIO) || at + VIRTIO_BYTES > CONVENTIONAL_BYTES)
        return 0;
    uint32_t type = pages->found[at + 3], bar = pages->found[at + 4];
    uint32_t bytes = type == VIRTIO_NOTIFY ? VIRTIO_NOTIFY_BYTES : VIRTIO_BYTES;
    return type >= VIRTIO_COMMON && type <= VIRTIO_DEVICE && bar < MAX_BARS &&
                   pages->function->bars[bar].bytes > 0 && pages->found[at + 2] >= bytes
               ? bytes
               : 0;
}

/* What is shown of the capability at `at`; 0: it is hidden. */
static uint32_t shown_bytes(const struct pages *pages, uint32_t at)
{
    const struct function *function = pages->function;
    switch (pages->found[at]) {
    case CAPABILITY_POWER:
        return at == function->power ? POWER_BYTES : 0;
    case CAPABILITY_MSI:
        return at != function->msi ? 0
               : function->msi_maskable
                   ? MSI_BYTES + MSI_64_BYTES * function->msi_64 + MSI_MASK_BYTES
                   : MSI_BYTES + MSI_64_BYTES * function->msi_64;
    case CAPABILITY_MSIX:
        return at == function->msix ? MSIX_BYTES : 0;
    case CAPABILITY_EXPRESS:
        return at == function->express ? EXPRESS_BYTES : 0;
    case CAPABILITY_VENDOR:
        return virtio_bytes(pages, at);
    default:
        return 0;
    }
}

static void show(const struct pages *pages, uint32_t at, uint32_t bytes)
{
    switch (pages->found[at]) {
    case CAPABILITY_POWER:
        show_power(pages, at);
        break;
    case CAPABILITY_MSI:
        show_msi(pages, at);
        break;
    case CAPABILITY_MSIX:
        show_msix(pages, at);
        break;
    case CAPABILITY_EXPRESS:
        show_express(pages, at);
        break;
    default:
        show_vendor(pages, at, bytes);
    }
}

/* Marks bytes as shown; false: they aren't all there, or one was shown before. */
static bool claim(uint8_t used[CONVENTIONAL_BYTES], uint32_t at, uint32_t bytes)
{
    if (bytes == 0 || bytes > CONVENTIONAL_BYTES - at)
        return false;
    for (uint32_t i = 0; i < bytes; i++)
        if (used[at + i])
            return false;
    memset(&used[at], 1, bytes);
    return true;
}

/* In the order of the device's own list. Nothing in it is trusted: it need not even end. */
static void show_capabilities(const struct pages *pages)
{
    uint8_t used[CONVENTIONAL_BYTES] = {0};
    uint32_t link = REGISTER_CAPABILITIES;
    uint32_t at = pages->found[REGISTER_CAPABILITIES] & ~3u;
    for (uint32_t i = 0; i < MAX_CAPABILITIES && at >= FIRST_CAPABILITY; i++) {
        uint32_t bytes = shown_bytes(pages, at);
        if (claim(used, at, bytes)) {
            show(pages, at, bytes);
            pages->reads[at] = pages->found[at];
            pages->reads[link] = (uint8_t)at;
            pages->reads[REGISTER_STATUS] = STATUS_CAPABILITIES;
            link = at + 1;
        }
        at = pages->found[at + 1] & ~3u;
    }
}

/* No error is reported, and none is pending: they are the machine's, not the guest's (TRAPS 63). */
static void show_errors(const struct pages *pages)
{
    uint32_t at = CONVENTIONAL_BYTES;
    for (uint32_t i = 0; i < MAX_EXTENDED && at >= CONVENTIONAL_BYTES; i++) {
        uint32_t header = get(pages->found, at, 4);
        if ((header & 0xffff) == EXTENDED_ERRORS) {
            put(pages->reads, CONVENTIONAL_BYTES, 4, EXTENDED_ERRORS | (header & EXTENDED_VERSION));
            return;
        }
        at = header >> 20 & ~3u;
    }
}

void config_space_build(const struct fact_function *fact, const struct function *function,
                        uint8_t reads[CONFIG_SPACE_BYTES], uint8_t hardware[CONFIG_SPACE_BYTES])
{
    const struct pages pages = {.found = fact->config,
                                .fact = fact,
                                .function = function,
                                .reads = reads,
                                .hardware = hardware};
    memset(reads, 0, CONFIG_SPACE_BYTES);
    memset(hardware, 0, CONFIG_SPACE_BYTES);
    if (!fact->config || function->flags & FUNCTION_SILENT)
        return;
    show_header(&pages);
    show_capabilities(&pages);
    if (function->express)
        show_errors(&pages);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PCI functions, by the firmware's own access to configuration space, which only reads. How
 * large a function's windows are can't be read: sizing writes to registers whose devices the
 * firmware drives. It did that itself, so it is asked. UEFI Specification, "PCI Root Bridge I/O
 * Protocol", "EFI PCI I/O Protocol".
 */
#include "bars.h"
#include "boot/firmware/firmware.h"
#include "config.h"
#include "kernel/abi/function.h"
#include "kernel/abi/survey.h"
#include "kernel/format.h"
#include "report.h"
#include "survey.h"
#include <efipciio.h>
#include <string.h>

enum {
    SEGMENTS = 16,
    BUSES = 256,
    DEVICES = 32,
    FUNCTIONS = 8,
    WORDS = 64,
    ID = 0,
    CLASS = 8,
    HEADER_TYPE = 0x0e,
    MULTIFUNCTION = 0x80,
    ABSENT = 0xffff,
    RESOURCE_BUS = 2,
    BAR_INDICES = 6,
};

struct place {
    EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL *bridge;
    uint32_t function; /* bus << 8 | device << 3 | function */
};

static uint8_t seen[SEGMENTS][BUSES];
static uint8_t config[CONFIG_BYTES];
static uint32_t found;

static uint32_t read_dword(void *context, uint32_t offset)
{
    const struct place *place = context;
    uint32_t value = UINT32_MAX, function = place->function;
    uint64_t address =
        (uint64_t)(function >> 8 & 0xff) << 24 | (function >> 3 & 31) << 16 | (function & 7) << 8;
    address |= offset < CONFIG_CONVENTIONAL ? offset : (uint64_t)offset << 32;
    if (place->bridge->Pci.Read(place->bridge, EfiPciIoWidthUint32, address, 1, &value) !=
        EFI_SUCCESS)
        return UINT32_MAX;
    return value;
}

/* The firmware's driver of that function, or NULL. */
static EFI_PCI_IO_PROTOCOL *find_driver(uint32_t segment, uint32_t wanted)
{
    static EFI_GUID guid = EFI_PCI_IO_PROTOCOL_GUID;
    static EFI_HANDLE *handles;
    static UINTN count;
    EFI_BOOT_SERVICES *boot = firmware->BootServices;
    if (!handles &&
        boot->LocateHandleBuffer(ByProtocol, &guid, NULL, &count, &handles) != EFI_SUCCESS)
        return NULL;
    for (UINTN i = 0; i < count; i++) {
        EFI_PCI_IO_PROTOCOL *pci = NULL;
        UINTN group, bus, device, function;
        if (boot->HandleProtocol(handles[i], &guid, (void **)&pci) == EFI_SUCCESS && pci &&
            pci->GetLocation(pci, &group, &bus, &device, &function) == EFI_SUCCESS &&
            group == segment && (bus << 8 | device << 3 | function) == wanted)
            return pci;
    }
    return NULL;
}

/* What firmware says of all its windows, whatever number it gives them. */
static uint32_t list_windows(EFI_PCI_IO_PROTOCOL *pci, struct bars_window *out)
{
    uint32_t count = 0;
    for (UINT8 i = 0; pci && i < BAR_INDICES; i++) {
        void *list = NULL;
        if (pci->GetBarAttributes(pci, i, NULL, &list) != EFI_SUCCESS || !list)
            continue;
        count = bars_take(list, out, count);
        firmware->BootServices->FreePool(list);
    }
    return count;
}

static void write_words(uint32_t function, uint32_t id, uint32_t class_code, uint32_t has)
{
    static const char *const words[] = {" FLR", " D3hot", " MSI", " MSI-X", " ACS", " SR-IOV", ""};
    char text[WORDS] = "";
    size_t used = 0;
    for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (has & 1u << i)
            used += format(text + used, sizeof(text) - used, "%s", words[i]);
    report_say("  %02x:%02x.%u %04x:%04x class %06x%s", function >> 8 & 0xff, function >> 3 & 31,
               function & 7, id & 0xffff, id >> 16, class_code >> 8, text);
}

static void write_function(const struct place *place)
{
    struct bars_window windows[BARS_WINDOWS];
    uint32_t segment = place->bridge->SegmentNumber, has, f = place->function;
    char folder[WORDS];
    struct place at = *place;
    uint32_t bytes = config_read(read_dword, &at, config, &has), id, class_code;
    memcpy(&id, config + ID, sizeof(id));
    memcpy(&class_code, config + CLASS, sizeof(class_code));
    format(folder, sizeof(folder), "sys/bus/pci/devices/%04x:%02x:%02x.%u", segment, f >> 8 & 0xff,
           f >> 3 & 31, f & 7);
    report_line(report_path("%s/vendor", folder), "0x%04x", id & 0xffff);
    report_line(report_path("%s/device", folder), "0x%04x", id >> 16);
    report_line(report_path("%s/class", folder), "0x%06x", class_code >> 8);
    report_data(report_path("%s/config", folder), config, bytes);

    struct bars_line lines[BARS_LINES];
    uint32_t count = list_windows(find_driver(segment, f), windows);
    if (bars_match(config, windows, count, lines)) {
        report_text(report_path("%s/resource", folder));
        for (unsigned i = 0; i < BARS_LINES; i++)
            report_more("0x%lx 0x%lx 0x%lx", lines[i].start, lines[i].end, lines[i].flags);
    } else {
        report_say("  the firmware does not say how large all windows of the next one are");
    }
    write_words(f, id, class_code, has);
    found++;
}

static void survey_bus(EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL *bridge, uint32_t bus)
{
    for (uint32_t device = 0; device < DEVICES; device++) {
        struct place place = {bridge, bus << 8 | device << 3};
        uint32_t last = FUNCTIONS;
        for (uint32_t i = 0; i < last; i++) {
            place.function = bus << 8 | device << 3 | i;
            bool here = (read_dword(&place, ID) & 0xffff) != ABSENT;
            if (i == 0 && (!here || !(read_dword(&place, HEADER_TYPE & ~3u) >> 16 & MULTIFUNCTION)))
                last = 1;
            if (here)
                write_function(&place);
        }
    }
}

static void survey_bridge(EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL *bridge)
{
    void *list = NULL;
    uint32_t first = 0, last = BUSES - 1, segment = bridge->SegmentNumber;
    if (bridge->Configuration(bridge, &list) == EFI_SUCCESS && list)
        bars_buses(list, &first, &last);
    report_say("PCI segment %u, buses %02x-%02x", segment, first, last);
    if (segment >= SEGMENTS) {
        report_say("  has a number that is too high to be looked at");
        return;
    }
    for (uint32_t bus = first; bus <= last && bus < BUSES; bus++) {
        if (!seen[segment][bus])
            survey_bus(bridge, bus);
        seen[segment][bus] = 1;
    }
}

void survey_functions(void)
{
    EFI_GUID guid = EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL_GUID;
    EFI_BOOT_SERVICES *services = firmware->BootServices;
    EFI_HANDLE *handles = NULL;
    UINTN count = 0;
    uint32_t boot = find_boot_function();
    if (services->LocateHandleBuffer(ByProtocol, &guid, NULL, &count, &handles) != EFI_SUCCESS)
        report_say("the firmware shows no PCI root bridge");
    for (UINTN i = 0; handles && i < count; i++) {
        EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL *bridge = NULL;
        if (services->HandleProtocol(handles[i], &guid, (void **)&bridge) == EFI_SUCCESS && bridge)
            survey_bridge(bridge);
    }
    if (handles)
        services->FreePool(handles);
    report_say("PCI functions: %u", found);
    if (boot == FUNCTION_NONE)
        report_say("not started from a PCI function");
    else
        report_line(SURVEY_BOOT, "%04x:%02x:%02x.%u", boot >> 16, boot >> 8 & 0xff, boot >> 3 & 31,
                    boot & 7);
}

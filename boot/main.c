/* SPDX-License-Identifier: Apache-2.0 */
/* The loader's story: from the firmware's call to the jump into the kernel. */
#include "arch/x86/include/cpu.h"
#include "boot/devices/bridges.h"
#include "boot/devices/vtd.h"
#include "boot/firmware/firmware.h"
#include "boot/firmware/processor.h"
#include "boot/machine/overview.h"
#include "boot/machine/pins.h"
#include "boot/machine/processors.h"
#include "boot/machine/serial.h"
#include "boot/machine/silence.h"
#include "boot/machine/watchdog.h"
#include "boot/plan/demands.h"
#include "boot/plan/plan.h"
#include "boot/plan/remap.h"
#include <string.h>

enum { PLACE_ATTEMPTS = 4 };

static struct facts facts;
static struct manifest manifest;
static struct image image;
static struct diagnostic why;

static void *identity(uint64_t hpa, uint64_t bytes, void *context)
{
    (void)bytes;
    (void)context;
    return (void *)hpa;
}

/* Decides where everything goes and takes that memory from the firmware. */
static struct handoff *place(const struct plan_input *in)
{
    struct handoff *handoff = memory_allocate(sizeof(*handoff));
    for (unsigned attempt = 0; attempt < PLACE_ATTEMPTS; attempt++) {
        memset(handoff, 0, sizeof(*handoff));
        memory_collect(&facts);
        if (!plan_place(in, handoff, &why))
            refuse("%s", why.text);
        if (memory_claim(handoff))
            return handoff;
    }
    refuse("the firmware keeps taking memory that was free a moment before; update the firmware");
}

/* DMA and messages of whatever is not silent are blocked by tables in which nothing stands yet. */
static void block_devices(const struct handoff *handoff)
{
    for (uint32_t i = 0; i < handoff->extent_count; i++)
        if (handoff->extents[i].kind == EXTENT_IOMMU)
            memset((void *)handoff->extents[i].base, 0, handoff->extents[i].bytes);
    if (!vtd_block(handoff, &vtd_hardware, &why))
        refuse("%s", why.text);
}

EFI_STATUS efi_main(EFI_HANDLE handle, EFI_SYSTEM_TABLE *table);
EFI_STATUS efi_main(EFI_HANDLE handle, EFI_SYSTEM_TABLE *table)
{
    clock_start();
    facts.entry_tsc = cpu_rdtsc();
    firmware_image = handle;
    firmware = table;
    firmware->BootServices->SetWatchdogTimer(0, 0, 0, NULL);

    console_open(&facts.screen, &facts.glyphs);
    image_open(&image);
    sections_check(&image, &manifest);
    processor_check(&manifest, &facts);
    serial_check(&manifest);
    measure_image(&image, &manifest);
    clock_collect(&facts, firmware_tables_collect(&facts));
    processors_collect(&facts);
    if (manifest_management(&manifest) != MANIFEST_NONE)
        random_collect(&manifest, &facts);
    devices_collect(&manifest, &facts);
    if (!demands_met(&manifest, &facts, &why))
        refuse("%s", why.text);
    facts.jump_page = processors_jump_page();
    counter_advance(&facts);
    survivors_find(&facts);

    struct plan_input in = {.facts = &facts,
                            .manifest = &manifest,
                            .kernel = image.kernel.data,
                            .kernel_bytes = image.kernel.bytes,
                            .payload = image.payload.data,
                            .payload_bytes = image.payload.bytes,
                            .ticks = cpu_rdtsc};
    struct handoff *handoff = place(&in);
    survivors_follow(&facts, handoff);
    memory_leave_boot_services(handoff);
    processors_stop(handoff);

    /* Silence, then build: what a device of the firmware's time wrote is found or written over. */
    silence(&facts, handoff);
    block_devices(handoff);
    sections_check(&image, &manifest);
    remap_serves(&facts, &why);
    overview(handoff, &manifest, &facts, why.text);
    overview_records(handoff);
    watchdog_tell(&facts.watchdog);
    handoff->text_row = text_row();
    handoff->work_tsc = sections_hash_tsc;
    handoff->work_bytes = sections_hash_bytes;
    plan_build(&in, handoff, identity, NULL);
    pins_route_knocks(handoff, &manifest);
    if (!vtd_invalidate(handoff, &vtd_hardware, &why) || !bridges_open(&facts, handoff, &why))
        refuse("%s", why.text);
    processors_start(handoff);
    processors_enter_kernel(handoff, in.kernel);
}

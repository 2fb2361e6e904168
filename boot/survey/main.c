/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `bulkhead survey`: the loader's eyes without its hands. An application of its own that reads,
 * writes a file beside itself and returns: no register of a device and no variable is written, so
 * it may be started on a machine in use.
 */
#include "boot/firmware/firmware.h"
#include "report.h"
#include "survey.h"

enum { BUFFER_BYTES = 16384, WAIT_STEP = 100000, WAIT_STEPS = 600 };

EFI_SYSTEM_TABLE *firmware;
EFI_HANDLE firmware_image;

static EFI_FILE_HANDLE file;
static char buffer[BUFFER_BYTES];
static size_t used;

static bool flush(void)
{
    UINTN bytes = used;
    bool good = file && file->Write(file, &bytes, buffer) == EFI_SUCCESS && bytes == used;
    used = 0;
    return good;
}

/* Firmware's files are slow in small pieces. */
static bool take(const char *bytes, size_t count)
{
    bool good = true;
    for (size_t i = 0; i < count; i++) {
        if (used == BUFFER_BYTES)
            good = flush() && good;
        buffer[used++] = bytes[i];
    }
    return good;
}

/* What a boot manager draws next would wipe the words away. */
static void wait_for_key(void)
{
    SIMPLE_INPUT_INTERFACE *keys = firmware->ConIn;
    EFI_INPUT_KEY key;
    for (unsigned i = 0; i < WAIT_STEPS; i++) {
        if (keys && keys->ReadKeyStroke(keys, &key) == EFI_SUCCESS)
            return;
        firmware->BootServices->Stall(WAIT_STEP);
    }
}

EFI_STATUS efi_main(EFI_HANDLE handle, EFI_SYSTEM_TABLE *table);
EFI_STATUS efi_main(EFI_HANDLE handle, EFI_SYSTEM_TABLE *table)
{
    firmware_image = handle;
    firmware = table;
    file = beside_create();
    report_begin(take, print_by_firmware);
    report_say("bulkhead: survey of this machine; nothing is changed");
    survey_processors();
    survey_memory();
    survey_tables();
    survey_functions();
    survey_platform();
    bool good = report_end();
    good = flush() && good;
    if (file && file->Close(file) != EFI_SUCCESS)
        good = false;
    print_by_firmware(
        good ? "bulkhead: the survey is in BULKHEAD.TXT beside the image; read it with "
               "`bulkhead hw --from BULKHEAD.TXT`\n"
             : "bulkhead: the survey could not be written to BULKHEAD.TXT beside the image: "
               "what it found stands above\n");
    print_by_firmware("bulkhead: any key returns to the firmware, or a minute\n");
    wait_for_key();
    return good ? EFI_SUCCESS : EFI_DEVICE_ERROR;
}

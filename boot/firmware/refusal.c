/* SPDX-License-Identifier: Apache-2.0 */
/* Why the machine does not start, in a file for whoever carries the stick. */
#include "firmware.h"
#include <string.h>

void refusal_keep(const char *words)
{
    EFI_FILE_HANDLE file = beside_create();
    const char *const parts[] = {"bulkhead: refused: ", words, "\r\n"};
    bool good = file != NULL;
    for (unsigned i = 0; good && i < sizeof(parts) / sizeof(parts[0]); i++) {
        UINTN bytes = strlen(parts[i]);
        good = file->Write(file, &bytes, (void *)(uintptr_t)parts[i]) == EFI_SUCCESS;
    }
    if (file && file->Close(file) != EFI_SUCCESS)
        good = false;
    text_print(good ? "bulkhead: these words are in BULKHEAD.TXT beside the image\n"
                    : "bulkhead: these words could not be written to BULKHEAD.TXT beside the "
                      "image\n");
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Text by the firmware's own console. UEFI Specification, "Simple Text Output Protocol". */
#include "firmware.h"

void print_by_firmware(const char *text)
{
    for (; *text; text++) {
        CHAR16 line[3] = {(CHAR16)*text, 0, 0};
        if (*text == '\n') {
            line[0] = '\r';
            line[1] = '\n';
        }
        firmware->ConOut->OutputString(firmware->ConOut, line);
    }
}

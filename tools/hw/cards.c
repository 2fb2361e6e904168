/* SPDX-License-Identifier: Apache-2.0 */
/* The cards of Bulkhead's console, by the list that its driver has. */
#include "guests/console/cards.h"
#include "hw.h"

bool hw_console_drives(uint32_t vendor, uint32_t device)
{
#define DRIVEN(device, family) (device),
    static const uint16_t devices[] = {CONSOLE_CARDS(DRIVEN)};
    bool known = false;

    for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
        known |= device == devices[i];
    return known && vendor == 0x8086;
}

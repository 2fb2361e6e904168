/* SPDX-License-Identifier: Apache-2.0 */
/* A UEFI application that takes the firmware's fonts away, and then starts \NEXT.EFI. */
#include "before.h"

EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table)
{
    InitializeLib(image, table);
    return before_take_fonts() ? before_start_next(image) : EFI_UNSUPPORTED;
}

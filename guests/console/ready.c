/* SPDX-License-Identifier: Apache-2.0 */
/* What the console wants: see the header. */
#include "ready.h"
#include <stddef.h>

bool ready_is_info(const struct console_info *info)
{
    return info->magic == CONSOLE_MAGIC && info->version == CONSOLE_VERSION &&
           info->bytes == sizeof(*info) && info->admin_count <= MAX_ADMINS &&
           info->seed_bytes <= sizeof(info->seed) && info->prefix <= 32;
}

/* The processor's random numbers alone are one maker's word: with them, there are two sources. */
const char *ready_refusal(const struct console_info *info)
{
    if (info->nic != 1) {
        return "the manifest gives this domain no network card";
    }
    if (info->has_key != 1) {
        return "the manifest gives this domain no key";
    }
    if (info->seed_bytes < sizeof(info->seed)) {
        return "the firmware has no random numbers (EFI_RNG_PROTOCOL) and there is no TPM with "
               "such: switch the TPM on in the firmware's set-up, or update the firmware";
    }
    return NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* A seed for the console's random numbers. UEFI Specification, "EFI_RNG_PROTOCOL". */
#include "firmware.h"
#include <string.h>

void random_collect(struct facts *facts)
{
    EFI_GUID guid = EFI_RNG_PROTOCOL_GUID;
    static const uint8_t zeros[CONSOLE_SEED_BYTES];
    EFI_RNG_PROTOCOL *rng = NULL;
    if (firmware->BootServices->LocateProtocol(&guid, NULL, (void **)&rng) == EFI_SUCCESS &&
        rng->GetRNG(rng, NULL, sizeof(facts->seed), facts->seed) == EFI_SUCCESS &&
        memcmp(facts->seed, zeros, sizeof(zeros)) != 0)
        facts->seed_bytes = sizeof(facts->seed);
    else
        memset(facts->seed, 0, sizeof(facts->seed));
}

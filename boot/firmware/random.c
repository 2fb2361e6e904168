/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A seed for the console's random numbers: the firmware's, or where it has none the TPM's. UEFI
 * Specification, "EFI_RNG_PROTOCOL"; TCG EFI Protocol Specification,
 * "EFI_TCG2_PROTOCOL.SubmitCommand"; TPM 2.0 Library Specification, Part 3, "TPM2_GetRandom".
 */
#include "kernel/abi/manifest_policy.h"
#include "tcg2.h"
#include <string.h>

/* Twice as many as are used are drawn: what gives the same again and again gives nothing. */
enum { DRAWN = 2 * CONSOLE_SEED_BYTES };

/* TPM2_GetRandom: what comes before its bytes, and its code. A TPM may give fewer than asked. */
enum { COMMAND_BYTES = 12, ANSWER_HEAD_BYTES = 12, GET_RANDOM = 0x17b };

static bool firmware_draws(uint8_t bytes[DRAWN])
{
    EFI_GUID guid = EFI_RNG_PROTOCOL_GUID;
    EFI_RNG_PROTOCOL *rng = NULL;
    return firmware->BootServices->LocateProtocol(&guid, NULL, (void **)&rng) == EFI_SUCCESS &&
           rng->GetRNG(rng, NULL, DRAWN, bytes) == EFI_SUCCESS;
}

/* Bytes that one command brought, at most `wanted`; 0: none. */
static uint32_t ask_tpm(struct tcg2 *tpm, uint8_t *bytes, uint8_t wanted)
{
    UINT8 command[COMMAND_BYTES] = {
        0x80, 0x01, 0, 0, 0, COMMAND_BYTES, 0, 0, GET_RANDOM >> 8, GET_RANDOM & 0xff, 0, wanted};
    UINT8 answer[ANSWER_HEAD_BYTES + DRAWN] = {0};
    if (tpm->submit_command(tpm, sizeof(command), command, sizeof(answer), answer) != EFI_SUCCESS)
        return 0;
    uint32_t tag = tcg2_number(answer, 2), all = tcg2_number(answer + 2, 4);
    uint32_t code = tcg2_number(answer + 6, 4), given = tcg2_number(answer + 10, 2);
    if (tag != 0x8001 || code != 0 || given > wanted || all != ANSWER_HEAD_BYTES + given)
        return 0;
    memcpy(bytes, answer + ANSWER_HEAD_BYTES, given);
    return given;
}

static bool tpm_draws(uint8_t bytes[DRAWN])
{
    struct tcg2 *tpm = tcg2_locate();
    uint32_t drawn = 0, given = 1;
    if (!tpm)
        return false;
    for (; drawn < DRAWN && given > 0; drawn += given)
        given = ask_tpm(tpm, bytes + drawn, (uint8_t)(DRAWN - drawn));
    return drawn == DRAWN;
}

static bool differ(const uint8_t bytes[DRAWN])
{
    return memcmp(bytes, bytes + CONSOLE_SEED_BYTES, CONSOLE_SEED_BYTES) != 0;
}

void random_collect(const struct manifest *manifest, struct facts *facts)
{
    uint32_t count;
    const struct manifest_management *management =
        manifest_entries(manifest, MANIFEST_MANAGEMENT, &count);
    uint8_t bytes[DRAWN];
    if ((firmware_draws(bytes) && differ(bytes)) || (tpm_draws(bytes) && differ(bytes))) {
        memcpy(facts->seed, bytes, sizeof(facts->seed));
        facts->seed_bytes = sizeof(facts->seed);
    } else if (count > 0 && management->address) {
        text_print("bulkhead: warning: the firmware has no random numbers (EFI_RNG_PROTOCOL) and "
                   "there is no TPM with such, so the management console will open no network; "
                   "switch the TPM on in the firmware's set-up, or update the firmware\n");
    }
    memset(bytes, 0, sizeof(bytes));
    __asm__ volatile("" : : "r"(bytes) : "memory"); /* no compiler leaves that out */
}

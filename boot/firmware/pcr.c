/* SPDX-License-Identifier: Apache-2.0 */
/* TPM 2.0 Library Specification, Part 3, "TPM2_PCR_Read"; Part 2, "TPML_PCR_SELECTION". A bank that
 * is not active is left out of the answer, one that the TPM does not have is an error. */
#include "pcr.h"
#include <string.h>

enum {
    COMMAND_BYTES = 20,
    COMMAND_HASH = 14,
    COMMAND_SELECT = 17,
    SELECT_BYTES = 3,
    READ = 0x17e,
    /* The answer: what is selected in it, and its one value. */
    SELECTIONS = 14,
    VALUES = 24,
    VALUE_BYTES = 28,
    VALUE = 30
};

static const struct {
    uint16_t hash;
    uint8_t bytes;
} banks[] = {{0x0b, 32}, {0x0c, 48}, {0x0d, 64}};

static bool read_bank(struct tcg2 *tcg2, uint32_t number, struct pcr *pcr)
{
    UINT8 answer[VALUE + PCR_BYTES] = {0}, command[COMMAND_BYTES] = {0x80, 0x01};
    command[5] = COMMAND_BYTES;
    command[8] = READ >> 8;
    command[9] = READ & 0xff;
    command[13] = 1;
    command[COMMAND_HASH + 1] = (UINT8)pcr->hash;
    command[COMMAND_HASH + 2] = SELECT_BYTES;
    command[COMMAND_SELECT + number / 8] = (UINT8)(1 << number % 8);
    if (tcg2->submit_command(tcg2, sizeof(command), command, sizeof(answer), answer) != EFI_SUCCESS)
        return false;
    /* The selection comes back as it was asked for. */
    if (tcg2_number(answer, 2) != 0x8001 || tcg2_number(answer + 2, 4) != VALUE + pcr->bytes ||
        tcg2_number(answer + 6, 4) != 0 ||
        memcmp(answer + SELECTIONS, command + COMMAND_BYTES - 10, 10) != 0 ||
        tcg2_number(answer + VALUES, 4) != 1 || tcg2_number(answer + VALUE_BYTES, 2) != pcr->bytes)
        return false;
    memcpy(pcr->value, answer + VALUE, pcr->bytes);
    return true;
}

bool pcr_read(struct tcg2 *tcg2, uint32_t number, struct pcr *out)
{
    for (unsigned i = 0; i < sizeof(banks) / sizeof(banks[0]); i++) {
        *out = (struct pcr){.hash = banks[i].hash, .bytes = banks[i].bytes};
        if (read_bank(tcg2, number, out))
            return true;
    }
    return false;
}

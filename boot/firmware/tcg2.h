/* SPDX-License-Identifier: Apache-2.0 */
/* How the firmware lends a TPM. TCG EFI Protocol Specification, "EFI_TCG2_PROTOCOL". */
#ifndef BULKHEAD_BOOT_TCG2_H
#define BULKHEAD_BOOT_TCG2_H

#include "firmware.h"

/* Of the first version, which later ones answer too. */
struct tcg2_capability {
    UINT8 bytes, structure[2], protocol[2];
    UINT32 hashes, logs;
    BOOLEAN present;
    UINT16 command_bytes, answer_bytes;
    UINT32 maker;
};

struct tcg2_event;

struct tcg2 {
    EFI_STATUS(EFIAPI *get_capability)(struct tcg2 *, struct tcg2_capability *);
    void *get_event_log;
    EFI_STATUS(EFIAPI *hash_log_extend)
    (struct tcg2 *, UINT64 flags, EFI_PHYSICAL_ADDRESS data, UINT64 bytes, struct tcg2_event *);
    EFI_STATUS(EFIAPI *submit_command)
    (struct tcg2 *, UINT32 bytes, UINT8 *command, UINT32 room, UINT8 *answer);
};

/* NULL: the firmware shows none. */
static inline struct tcg2 *tcg2_locate(void)
{
    EFI_GUID guid = {0x607f766c, 0x7455, 0x42be, {0x93, 0x0b, 0xe4, 0xd7, 0x6d, 0xb2, 0x72, 0x0f}};
    struct tcg2 *tcg2 = NULL;
    EFI_STATUS status = firmware->BootServices->LocateProtocol(&guid, NULL, (void **)&tcg2);
    return status == EFI_SUCCESS ? tcg2 : NULL;
}

/* Whether there is a TPM behind it. */
static inline bool tcg2_is_present(struct tcg2 *tcg2)
{
    struct tcg2_capability capability = {.bytes = sizeof(capability)};
    return tcg2->get_capability(tcg2, &capability) == EFI_SUCCESS && capability.present;
}

/* A number of a TPM's answer, which has the highest byte first. */
static inline uint32_t tcg2_number(const uint8_t *at, unsigned bytes)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < bytes; i++)
        value = value << 8 | at[i];
    return value;
}

#endif

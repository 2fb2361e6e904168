/* SPDX-License-Identifier: Apache-2.0 */
/* Measures manifest and payloads into the TPM, when there is one. TCG EFI Protocol Specification,
 * "EFI_TCG2_PROTOCOL.HashLogExtendEvent". */
#include "firmware.h"
#include "kernel/format.h"

enum { PCR = 11, EVENT_IPL = 0x0d, EVENT_NAME_BYTES = 16 };

struct __attribute__((packed)) tcg2_event {
    UINT32 bytes;
    UINT32 header_bytes;
    UINT16 header_version;
    UINT32 pcr;
    UINT32 type;
    char name[EVENT_NAME_BYTES];
};

struct tcg2 {
    void *get_capability, *get_event_log;
    EFI_STATUS(EFIAPI *hash_log_extend)
    (struct tcg2 *, UINT64 flags, EFI_PHYSICAL_ADDRESS data, UINT64 bytes, struct tcg2_event *);
};

/* A full log is no lost measurement: the PCR has it. */
static bool measure(struct tcg2 *tcg2, const char *name, const uint8_t *data, uint64_t bytes)
{
    struct tcg2_event event = {.bytes = sizeof(event),
                               .header_bytes = sizeof(event) - 4 - EVENT_NAME_BYTES,
                               .header_version = 1,
                               .pcr = PCR,
                               .type = EVENT_IPL};
    format(event.name, sizeof(event.name), "%s", name);
    EFI_STATUS status = tcg2->hash_log_extend(tcg2, 0, (EFI_PHYSICAL_ADDRESS)data, bytes, &event);
    if (status == EFI_VOLUME_FULL)
        text_print("bulkhead: warning: the TPM's event log is full, and lacks the %s\n", name);
    else if (status != EFI_SUCCESS)
        text_print("bulkhead: warning: the TPM does not take the measurement of the %s, so nobody "
                   "can attest to it; see the firmware's TPM settings\n",
                   name);
    return status == EFI_SUCCESS || status == EFI_VOLUME_FULL;
}

/* Each payload by itself, in the manifest's order: its SHA-256 is the one that `show` prints. */
void measure_image(const struct image *image, const struct manifest *manifest)
{
    EFI_GUID guid = {0x607f766c, 0x7455, 0x42be, {0x93, 0x0b, 0xe4, 0xd7, 0x6d, 0xb2, 0x72, 0x0f}};
    struct tcg2 *tcg2 = NULL;
    if (firmware->BootServices->LocateProtocol(&guid, NULL, (void **)&tcg2) != EFI_SUCCESS)
        return;
    bool all = measure(tcg2, "manifest", image->manifest.data, image->manifest.bytes);
    for (uint32_t i = 0; all && i < manifest->payload_count; i++) {
        const struct manifest_payload *payload = &manifest->payloads[i];
        char name[EVENT_NAME_BYTES];
        format(name, sizeof(name), "payload %u", i);
        all = measure(tcg2, name, image->payload.data + payload->offset, payload->bytes);
    }
    if (all)
        text_print("bulkhead: manifest and payloads are measured into the TPM's PCR %u\n", PCR);
}

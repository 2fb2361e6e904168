/* SPDX-License-Identifier: Apache-2.0 */
/* Measures manifest and payloads into the TPM, when there is one, and refuses where the manifest
 * demands one that did not do its part. TCG EFI Protocol Specification,
 * "EFI_TCG2_PROTOCOL.GetCapability", "EFI_TCG2_PROTOCOL.HashLogExtendEvent". */
#include "kernel/format.h"
#include "pcr.h"
#include <string.h>

enum { PCR = 11, EVENT_IPL = 0x0d, EVENT_NAME_BYTES = 16 };

struct __attribute__((packed)) tcg2_event {
    UINT32 bytes;
    UINT32 header_bytes;
    UINT16 header_version;
    UINT32 pcr;
    UINT32 type;
    char name[EVENT_NAME_BYTES];
};

/* Says what keeps a TPM from its part; the end where the manifest demands one. */
static void lacks(const struct manifest *manifest, const char *what, const char *name)
{
    if (manifest->header->flags & MANIFEST_TPM)
        refuse(
            "I10: %s%s, and the manifest wants its boot attested: switch the TPM on (2.0) in the "
            "firmware's set-up, or update the firmware, or remove `tpm: required`",
            what, name);
    text_print("bulkhead: warning: %s%s; see the firmware's TPM settings\n", what, name);
}

static void lacks_bank(const struct manifest *manifest)
{
    lacks(manifest,
          "nobody can attest to this boot, as the TPM shows no PCR of SHA-256 or longer: none of "
          "these banks is active",
          "");
}

/* Firmware says that it measured where it did not: the PCR itself is asked whether it has changed.
 * `shown` is what it showed before; of 0 bytes: nothing that anyone believes. */
static bool is_taken(struct tcg2 *tcg2, const struct manifest *manifest, const char *name,
                     struct pcr *shown)
{
    struct pcr before = *shown;
    if (before.bytes == 0)
        return true;
    if (!pcr_read(tcg2, PCR, shown) || shown->hash != before.hash) {
        lacks_bank(manifest);
        return false;
    }
    if (memcmp(before.value, shown->value, before.bytes) != 0)
        return true;
    lacks(manifest,
          "nobody can attest to this boot, as the TPM's PCR is as it was before the measurement of "
          "the ",
          name);
    return false;
}

/* A full log is no lost measurement: the PCR has it. */
static bool measure(struct tcg2 *tcg2, const struct manifest *manifest, const char *name,
                    const uint8_t *data, uint64_t bytes, struct pcr *shown)
{
    struct tcg2_event event = {.bytes = sizeof(event),
                               .header_bytes = sizeof(event) - 4 - EVENT_NAME_BYTES,
                               .header_version = 1,
                               .pcr = PCR,
                               .type = EVENT_IPL};
    format(event.name, sizeof(event.name), "%s", name);
    EFI_STATUS status = tcg2->hash_log_extend(tcg2, 0, (EFI_PHYSICAL_ADDRESS)data, bytes, &event);
    if (status == EFI_VOLUME_FULL)
        lacks(manifest,
              "the TPM's event log is full, so whoever attests to this boot finds there no ", name);
    else if (status != EFI_SUCCESS)
        lacks(manifest,
              "nobody can attest to this boot, as the TPM does not take the measurement of the ",
              name);
    return (status == EFI_SUCCESS || status == EFI_VOLUME_FULL) &&
           is_taken(tcg2, manifest, name, shown);
}

/* NULL: there is none, which without a demand is nobody's fault unless the firmware shows one. */
static struct tcg2 *find(const struct manifest *manifest)
{
    struct tcg2 *tcg2 = tcg2_locate();
    if (!tcg2) {
        if (manifest->header->flags & MANIFEST_TPM)
            lacks(manifest, "nobody can attest to this boot, as the firmware shows no TPM 2.0", "");
        return NULL;
    }
    if (tcg2_is_present(tcg2))
        return tcg2;
    lacks(manifest, "nobody can attest to this boot, as the firmware says that its TPM is absent",
          "");
    return NULL;
}

/* Each payload by itself, in the manifest's order: its SHA-256 is the one that `show` prints. */
static bool measure_all(struct tcg2 *tcg2, const struct image *image,
                        const struct manifest *manifest, struct pcr *shown)
{
    bool all =
        measure(tcg2, manifest, "manifest", image->manifest.data, image->manifest.bytes, shown);
    for (uint32_t i = 0; all && i < manifest->payload_count; i++) {
        const struct manifest_payload *payload = &manifest->payloads[i];
        char name[EVENT_NAME_BYTES];
        format(name, sizeof(name), "payload %u", i);
        all = measure(tcg2, manifest, name, image->payload.data + payload->offset, payload->bytes,
                      shown);
    }
    return all;
}

/* Where none of the TPM's banks is active, or only one that nobody believes any more (SHA-1),
 * firmware takes the measurements all the same. */
void measure_image(const struct image *image, const struct manifest *manifest)
{
    struct pcr shown;
    struct tcg2 *tcg2 = find(manifest);
    if (!tcg2)
        return;
    if (!pcr_read(tcg2, PCR, &shown))
        shown.bytes = 0;
    if (!measure_all(tcg2, image, manifest, &shown))
        return;
    if (shown.bytes == 0)
        lacks_bank(manifest);
    else
        text_print("bulkhead: manifest and payloads are measured into the TPM's PCR %u\n", PCR);
}

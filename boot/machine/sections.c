/* SPDX-License-Identifier: Apache-2.0 */
/* Is the image whole: see the header. */
#include "sections.h"
#include "arch/x86/include/cpu.h"
#include "kernel/sha256.h"
#include "text.h"
#include <string.h>

uint64_t sections_hash_tsc, sections_hash_bytes;

static bool has_digest(const uint8_t *data, uint64_t bytes, const uint8_t due[DIGEST_BYTES])
{
    uint8_t digest[DIGEST_BYTES];
    uint64_t start = cpu_rdtsc();
    sha256(data, bytes, digest);
    sections_hash_tsc += cpu_rdtsc() - start;
    sections_hash_bytes += bytes;
    return memcmp(digest, due, sizeof(digest)) == 0;
}

static void check_payload(const struct image *image, const struct manifest *manifest,
                          const struct manifest_payload *payload)
{
    const char *path = manifest_string(manifest, payload->path);
    if (payload->offset > image->payload.bytes ||
        payload->bytes > image->payload.bytes - payload->offset)
        refuse("payload %s lies outside the image's .payload section (%lu bytes at 0x%lx of %lu): "
               "the image is truncated; write it anew",
               path, payload->bytes, payload->offset, image->payload.bytes);
    if (!has_digest(image->payload.data + payload->offset, payload->bytes, payload->digest))
        refuse("payload %s does not have the SHA-256 that the manifest gives it: the image was "
               "changed after `bulkhead build`, or the medium is failing; write it anew",
               path);
}

void sections_check(const struct image *image, struct manifest *manifest)
{
    static uint8_t first[DIGEST_BYTES];
    static bool opened;
    enum manifest_error error =
        manifest_open(image->manifest.data, image->manifest.bytes, manifest);
    if (error != MANIFEST_OK)
        refuse("manifest: %s", manifest_error_text(error));
    if (opened && memcmp(first, manifest->header->digest, sizeof(first)) != 0)
        refuse("the manifest is another than a moment before: a device wrote to it; switch off or "
               "remove what boots from a network");
    memcpy(first, manifest->header->digest, sizeof(first));
    opened = true;
    if (!has_digest(image->kernel.data, image->kernel.bytes, manifest->header->kernel_digest))
        refuse("the hypervisor does not have the SHA-256 that the manifest gives it: the image was "
               "changed after `bulkhead build`, or the medium is failing; write it anew");
    for (uint32_t i = 0; i < manifest->payload_count; i++)
        check_payload(image, manifest, &manifest->payloads[i]);
}

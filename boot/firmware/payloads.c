/* SPDX-License-Identifier: Apache-2.0 */
/* Is the image whole: the manifest's self-digest and every payload's SHA-256. */
#include "payloads.h"
#include "arch/x86/include/cpu.h"
#include "kernel/sha256.h"
#include <string.h>

uint64_t payloads_hash_tsc, payloads_hash_bytes;

static void check_payload(const struct image *image, const struct manifest *manifest,
                          const struct manifest_payload *payload)
{
    const char *path = manifest_string(manifest, payload->path);
    if (payload->offset > image->payload.bytes ||
        payload->bytes > image->payload.bytes - payload->offset)
        refuse("payload %s lies outside the image's .payload section (%lu bytes at 0x%lx of %lu): "
               "the image is truncated; write it anew",
               path, payload->bytes, payload->offset, image->payload.bytes);
    uint8_t digest[DIGEST_BYTES];
    uint64_t start = cpu_rdtsc();
    sha256(image->payload.data + payload->offset, payload->bytes, digest);
    payloads_hash_tsc += cpu_rdtsc() - start;
    payloads_hash_bytes += payload->bytes;
    if (memcmp(digest, payload->digest, sizeof(digest)) != 0)
        refuse("payload %s does not have the SHA-256 that the manifest gives it: the image was "
               "changed after `bulkhead build`, or the medium is failing; write it anew",
               path);
}

void payloads_check(const struct image *image, struct manifest *manifest)
{
    enum manifest_error error =
        manifest_open(image->manifest.data, image->manifest.bytes, manifest);
    if (error != MANIFEST_OK)
        refuse("manifest: %s", manifest_error_text(error));
    for (uint32_t i = 0; i < manifest->payload_count; i++)
        check_payload(image, manifest, &manifest->payloads[i]);
}

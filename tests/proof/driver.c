/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What EVA analyses: manifest_read() and manifest_open() on a buffer of MANIFEST_SIZE bytes of any
 * content, and the accessors on all that they accept. SHA-256 is a contract here: it reads what it
 * is given, and the digest may be any.
 * Both sources are one unit here: in two, Frama-C refuses the predicates of manifest_parts.h, as
 * they name a static variable.
 */
#include "kernel/manifest.c"
#include "kernel/manifest_fields.c"
#include "kernel/sha256.h"
#include <__fc_builtin.h>

/*@ assigns *hash \from \nothing; */
void sha256_init(struct sha256 *hash);

/*@
  requires \valid_read((uint8_t *)data + (0 .. bytes - 1));
  assigns *hash \from *hash, ((uint8_t *)data)[0 .. bytes - 1];
*/
void sha256_update(struct sha256 *hash, const void *data, size_t bytes);

/*@
  requires \valid(digest + (0 .. DIGEST_BYTES - 1));
  assigns digest[0 .. DIGEST_BYTES - 1], *hash \from *hash;
  ensures \initialized(digest + (0 .. DIGEST_BYTES - 1));
*/
void sha256_final(struct sha256 *hash, uint8_t digest[DIGEST_BYTES]);

static char buffer[MANIFEST_SIZE] __attribute__((aligned(8)));

static void use(const struct manifest *manifest)
{
    uint32_t count;
    for (int table = 0; table < MANIFEST_TABLES; table++)
        manifest_entries(manifest, table, &count);
    manifest_string(manifest, Frama_C_unsigned_int_interval(0, UINT32_MAX));
}

int main(void)
{
    struct manifest manifest;
    Frama_C_make_unknown(buffer, sizeof(buffer));
    /* The hypervisor reads bytes that the loader opened; here they may be any. */
    enum manifest_error error = manifest_read(buffer, sizeof(buffer), &manifest);
    if (manifest_error_text(error) && error == MANIFEST_OK)
        use(&manifest);
    error = manifest_open(buffer, sizeof(buffer), &manifest);
    if (manifest_error_text(error) && error == MANIFEST_OK)
        use(&manifest);
    return 0;
}

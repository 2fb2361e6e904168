/* SPDX-License-Identifier: Apache-2.0 */
/* The console's certificate, from the same names and the same key as the image holds. */
#include "server.h"

#include "pair.h"
#include "tools/image/payload.h"
#include "tools/manifest/check.h"
#include "tools/manifest/private_key.h"
#include "tools/manifest/schema_parse.h"
#include "tools/output.h"
#include <string.h>
#include <unistd.h>

static bool write_pem(const char *pem, const char *path)
{
    struct output output;

    if (!path)
        return fputs(pem, stdout) >= 0 && fflush(stdout) == 0;
    if (!output_open(&output, path))
        return false;
    bool good = write(output.file, pem, strlen(pem)) == (ssize_t)strlen(pem);
    if (!good)
        perror("bulkhead key");
    return output_close(&output, good) && good;
}

/* As the compiled manifest has them: where none are written the address is the name. */
static uint32_t read_names(struct check *check, char names[MAX_SERVER_NAMES][SERVER_NAME_BYTES])
{
    const struct model_management *management = &check->model.management;
    uint32_t address = (uint32_t)(management->nic.address.value >> 8);

    for (uint32_t i = 0; i < management->names.count; i++)
        strcpy(names[i], listed_text(&management->names, i)->value);
    if (management->names.count == 0)
        strcpy(names[0], ip_text(&check->arena, address));
    return address;
}

static enum exit_status refuse(const char *why)
{
    fprintf(stderr, "bulkhead key: %s\n", why);
    return EXIT_FINDINGS;
}

/* Of a manifest without errors, which has lengths and the key's file checked. */
static enum exit_status write_certificate(struct check *check, const char *path)
{
    const struct model_management *management = &check->model.management;
    char names[MAX_SERVER_NAMES][SERVER_NAME_BYTES] = {{0}}, pem[PEM_BYTES];
    uint8_t der[CERTIFICATE_BYTES], digest[DIGEST_BYTES];
    struct server_key key;

    if (!management->key.value)
        return refuse("the manifest names no server's key; write `management.key`");
    if (!is_written(management->nic.at))
        return refuse("the management of this manifest has no network card, so nobody reaches it");
    const struct payload *file = payload_open(check, management->key.value);
    const char *complaint = private_key_read(file->bytes, file->size, &key, digest);
    uint32_t address = read_names(check, names);
    size_t bytes = complaint ? 0 : certificate_of_server(&key, names, address, der);

    explicit_bzero(&key, sizeof(key));
    if (bytes == 0)
        return refuse("the server's key cannot be read");
    certificate_pem(der, bytes, pem);
    return write_pem(pem, path) ? EXIT_GOOD : EXIT_ENVIRONMENT;
}

enum exit_status server_certificate(const char *path, const char *output)
{
    enum exit_status status = EXIT_ENVIRONMENT;
    struct check check = {0};

    if (check_manifest(&check, path)) {
        check_print(&check, stderr);
        status = check.errors > 0 ? EXIT_FINDINGS : write_certificate(&check, output);
    }
    check_close(&check);
    return status;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What hosts.yaml wants of a machine stands in its manifest. */
#include "enrol.h"

#include "tools/ctl/hosts.h"
#include "tools/image/payload.h"
#include "tools/manifest/check.h"
#include "tools/manifest/private_key.h"
#include "tools/manifest/schema_parse.h"
#include <string.h>

static bool read_digest(struct check *check, uint8_t digest[DIGEST_BYTES])
{
    const char *path = check->model.management.key.value;
    const struct payload *file = path ? payload_open(check, path) : NULL;
    struct server_key key;
    bool good = file && file->state == PAYLOAD_GOOD &&
                !private_key_read(file->bytes, file->size, &key, digest);

    explicit_bzero(&key, sizeof(key));
    return good;
}

/* Other findings are no reason: a manifest is not done before its keys are there. */
static enum exit_status enrol(struct check *check, struct host *host)
{
    const struct model *model = &check->model;
    const struct number *address = &model->management.nic.address;
    const char *lacks = !model->host.value ? "host"
                        : !address->valid  ? "management.nic.address"
                        : !read_digest(check, host->server_key)
                            ? "a management.key that can be read"
                            : NULL;

    if (lacks) {
        fputs("bulkhead key: ", stderr);
        put_safely(stderr, check->path);
        fprintf(stderr,
                ": has no %s, which hosts.yaml wants: write it there, or leave --manifest out and "
                "say `bulkhead ctl host add` later\n",
                lacks);
        return EXIT_FINDINGS;
    }
    host->name = model->host.value;
    host->address = ip_text(&check->arena, address->value >> 8);
    if (!host->key) /* it is only asked whether it could be */
        return hosts_may_add(host, HOSTS_SAME) ? EXIT_GOOD : EXIT_ENVIRONMENT;
    if (!hosts_add(host, HOSTS_SAME))
        return EXIT_ENVIRONMENT;
    printf("hosts.yaml: %s at %s, with this key, for `bulkhead ctl`\n", host->name, host->address);
    return EXIT_GOOD;
}

enum exit_status key_may_enrol(const char *manifest)
{
    return key_enrol(manifest, NULL, NULL);
}

enum exit_status key_enrol(const char *manifest, const char *key, const char *certificate)
{
    enum exit_status status = EXIT_ENVIRONMENT;
    struct host host = {.key = key, .certificate = certificate};
    struct check check = {0};

    if (check_manifest(&check, manifest))
        status = enrol(&check, &host);
    check_close(&check);
    return status;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What an image's manifest says of how its console is reached. */
#include "console.h"
#include "kernel/abi/manifest_policy.h"
#include <stdio.h>
#include <string.h>

static void take_card(const struct manifest *manifest, const struct manifest_management *management,
                      struct machine_console *out)
{
    uint32_t count;
    const struct manifest_device *device = manifest_entries(manifest, MANIFEST_DEVICES, &count);
    for (uint32_t i = 0; i < count; i++)
        if (device[i].domain == manifest_management(manifest) && management->address &&
            management->prefix >= 1 && management->prefix <= 30)
            *out = (struct machine_console){
                device[i].pci, management->address, management->prefix, management->gateway, 0,
                false};
}

static void take_admins(const struct manifest *manifest, bool operators, struct run_console *out)
{
    uint32_t count;
    const struct manifest_admin *admin = manifest_entries(manifest, MANIFEST_ADMINS, &count);
    for (uint32_t i = 0; i < count && out->admin_count < MAX_ADMINS; i++, admin++)
        if ((admin->role == MANIFEST_OPERATOR) == operators) {
            struct console_person *to = &out->admins[out->admin_count++];
            snprintf(to->path, sizeof(to->path), "%s", manifest_string(manifest, admin->path));
            memcpy(to->key, admin->key, DIGEST_BYTES);
        }
}

void console_take(const struct manifest *manifest, struct run_console *out)
{
    uint32_t count;
    const struct manifest_management *management =
        manifest_entries(manifest, MANIFEST_MANAGEMENT, &count);
    if (manifest_management(manifest) == MANIFEST_NONE)
        return;
    take_card(manifest, management, &out->card);
    memcpy(out->host, manifest->header->host, sizeof(out->host));
    for (uint32_t i = 0; i < MAX_SERVER_NAMES; i++)
        snprintf(out->names[i], SERVER_NAME_BYTES, "%s",
                 manifest_string(manifest, management->names[i]));
    if (management->key != MANIFEST_NONE) {
        snprintf(out->key, sizeof(out->key), "%s",
                 manifest_string(manifest, manifest->payloads[management->key].path));
        memcpy(out->key_digest, management->key_digest, DIGEST_BYTES);
    }
    take_admins(manifest, true, out);
    take_admins(manifest, false, out);
}

bool console_has_name(const struct run_console *console, unsigned port)
{
    char name[SERVER_NAME_BYTES];
    snprintf(name, sizeof(name), "127.0.0.1:%u", port);
    for (uint32_t i = 0; i < MAX_SERVER_NAMES; i++)
        if (strcmp(console->names[i], name) == 0)
            return true;
    return false;
}

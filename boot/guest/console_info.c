/* SPDX-License-Identifier: Apache-2.0 */
/* What the management domain is told of its network, of its admins and of itself. */
#include "console_info.h"
#include "boot/plan/diagnostic.h"
#include "kernel/abi/manifest_policy.h"
#include "kernel/format.h"
#include <string.h>

enum {
    /* 2026-11-01, before which no clock was right that boots this version. Moved on by releases. */
    RELEASE_DAY = 20758,
    P256_BYTES = 32,
};

static const struct manifest_management *management_of(const struct manifest *manifest)
{
    uint32_t count;
    return manifest_entries(manifest, MANIFEST_MANAGEMENT, &count);
}

/* PCI functions that the management domain is shown. */
static uint32_t functions_of(const struct manifest *manifest)
{
    uint32_t count, own = 0;
    const struct manifest_device *devices = manifest_entries(manifest, MANIFEST_DEVICES, &count);
    for (uint32_t i = 0; i < count; i++)
        own += devices[i].domain == manifest_management(manifest) &&
                       !(devices[i].flags & MANIFEST_SILENT)
                   ? 1
                   : 0;
    return own;
}

static bool check_network(const struct manifest *manifest, struct diagnostic *why)
{
    const struct manifest_management *management = management_of(manifest);
    uint32_t cards = functions_of(manifest), own = management->address, to = management->gateway;
    if (cards > 1)
        return diagnose(why,
                        "management has %u PCI functions, and its console serves one network card: "
                        "build the image again",
                        cards);
    if (cards == 0)
        return (!own && !management->prefix && !to) ||
               diagnose(why, "management has an address and no network card: build the image "
                             "again");
    uint32_t hosts = management->prefix > 30 ? 0 : (1ull << (32 - management->prefix)) - 1;
    if (management->prefix < 1 || !(own & hosts) || (own & hosts) == hosts)
        return diagnose(why,
                        "management's address 0x%08x/%u is no host's in that network: correct "
                        "`management: {nic: {address: ...}}`",
                        own, management->prefix);
    return to == 0 || (to != own && (to & ~hosts) == (own & ~hosts)) ||
           diagnose(why,
                    "management's gateway 0x%08x is no other host of its network 0x%08x/%u: "
                    "correct `management: {nic: {gateway: ...}}`",
                    to, own, management->prefix);
}

/* A browser's words for the console: short, printable, none behind the last. */
static bool check_names(const struct manifest *manifest, struct diagnostic *why)
{
    const struct manifest_management *management = management_of(manifest);
    for (uint32_t i = 0; i < MAX_SERVER_NAMES; i++) {
        const char *name = manifest_string(manifest, management->names[i]);
        size_t length = 0;
        while (name[length] > ' ' && name[length] <= '~')
            length++;
        if (name[length] || length >= SERVER_NAME_BYTES ||
            (length && i && !*manifest_string(manifest, management->names[i - 1])))
            return diagnose(why,
                            "name %u of management is too long, not printable or behind an empty "
                            "one: correct `management: {names: ...}`",
                            i + 1);
    }
    return true;
}

static bool check_admins(const struct manifest *manifest, struct diagnostic *why)
{
    uint32_t count;
    const struct manifest_admin *admins = manifest_entries(manifest, MANIFEST_ADMINS, &count);
    if (count > MAX_ADMINS)
        return diagnose(why, "management has %u admins, and its console knows %u: remove some",
                        count, (uint32_t)MAX_ADMINS);
    for (uint32_t i = 0; i < count; i++)
        if (admins[i].role != MANIFEST_OPERATOR && admins[i].role != MANIFEST_AUDITOR)
            return diagnose(why, "admin %s has no role: build the image again", admins[i].name);
    return true;
}

/* The server's private key; NULL: the manifest names none. */
static const struct manifest_payload *key_payload(const struct manifest *manifest)
{
    uint32_t key = management_of(manifest)->key;
    return key == MANIFEST_NONE ? NULL : &manifest->payloads[key];
}

static bool check_key(const struct plan_input *in, struct diagnostic *why)
{
    const struct manifest_payload *payload = key_payload(in->manifest);
    if (!payload)
        return true;
    /* manifest_open() found its size right. The number itself is not copied: nothing may stay. */
    struct server_key key;
    const uint8_t *number = in->payload + payload->offset + offsetof(struct server_key, private);
    memcpy(&key, in->payload + payload->offset, offsetof(struct server_key, private));
    uint32_t used = key.curve == SERVER_KEY_P256 ? P256_BYTES : SERVER_KEY_BYTES, first = 0;
    bool good = key.magic == SERVER_KEY_MAGIC && key.version == SERVER_KEY_VERSION &&
                (key.curve == SERVER_KEY_P256 || key.curve == SERVER_KEY_P384);
    while (first < used && number[first] == 0)
        first++;
    good = good && first < used;
    for (uint32_t i = used; i < SERVER_KEY_BYTES; i++)
        good = good && number[i] == 0;
    return good || diagnose(why,
                            "the payload %s is no key of a server on P-256 or P-384: name one in "
                            "`management: {key: ...}` and build the image again",
                            manifest_string(in->manifest, payload->path));
}

bool console_info_check(const struct plan_input *in, struct diagnostic *why)
{
    return check_network(in->manifest, why) && check_names(in->manifest, why) &&
           check_admins(in->manifest, why) && check_key(in, why);
}

static uint32_t not_before(const struct manifest *manifest)
{
    uint32_t count;
    const struct manifest_policy *policy = manifest_entries(manifest, MANIFEST_POLICY, &count);
    return count > 0 && policy->review_date > RELEASE_DAY ? policy->review_date : RELEASE_DAY;
}

static void fill_names(const struct manifest *manifest, struct console_info *out)
{
    const struct manifest_management *management = management_of(manifest);
    for (uint32_t i = 0; i < MAX_SERVER_NAMES; i++) {
        const char *name = manifest_string(manifest, management->names[i]);
        memcpy(out->names[i], name, strlen(name));
    }
    if (out->nic && !out->names[0][0])
        format(out->names[0], SERVER_NAME_BYTES, "%u.%u.%u.%u", out->address >> 24,
               out->address >> 16 & 255, out->address >> 8 & 255, out->address & 255);
}

void console_info_fill(const struct plan_input *in, struct console_info *out)
{
    const struct manifest *manifest = in->manifest;
    const struct manifest_management *management = management_of(manifest);
    const struct manifest_payload *payload = key_payload(manifest);
    const struct manifest_admin *admins =
        manifest_entries(manifest, MANIFEST_ADMINS, &out->admin_count);
    out->magic = CONSOLE_MAGIC;
    out->version = CONSOLE_VERSION;
    out->bytes = sizeof(*out);
    out->nic = functions_of(manifest);
    out->address = management->address;
    out->prefix = management->prefix;
    out->gateway = management->gateway;
    out->icmp_echo = management->flags & MANIFEST_ICMP_ECHO ? 1 : 0;
    out->not_before = not_before(manifest);
    out->seed_bytes = in->facts->seed_bytes;
    memcpy(out->seed, in->facts->seed, sizeof(out->seed));
    fill_names(manifest, out);
    for (uint32_t i = 0; i < out->admin_count; i++) {
        memcpy(out->admins[i].name, admins[i].name, NAME_BYTES);
        memcpy(out->admins[i].key, admins[i].key, DIGEST_BYTES);
        out->admins[i].role = admins[i].role;
        out->admins[i].expires = admins[i].expires;
    }
    if (payload) {
        out->has_key = 1;
        memcpy(out->key_digest, management->key_digest, DIGEST_BYTES);
        memcpy(&out->key, in->payload + payload->offset, sizeof(out->key));
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about how management is reached: its card, names, gateway and the server's key. */
#include "rules.h"

#include "tools/hw/inventory.h"
#include "tools/image/payload.h"
#include "tools/manifest/private_key.h"
#include "tools/manifest/pubkey.h"
#include "tools/manifest/schema_parse.h"
#include <string.h>
#include <sys/stat.h>

void rule_management_offline(struct check *check)
{
    const struct model_management *management = &check->model.management;

    if (is_written(management->at) && !is_written(management->nic.at))
        report(check, management->at, "management has no network card, so nobody reaches it",
               "write `nic` with the card that management has for itself; without it only a LAB "
               "image can be built");
}

void rule_management_gateway(struct check *check)
{
    const struct model_device *nic = &check->model.management.nic;
    uint64_t own = nic->address.value >> 8, gateway = nic->gateway.value;

    if (!nic->gateway.valid || !nic->address.valid)
        return;
    uint64_t hosts = (1ull << (32 - (nic->address.value & 0xff))) - 1;
    const char *why = (own & ~hosts) != (gateway & ~hosts) ? "lies outside of"
                      : gateway == own                     ? "is management's own address in"
                      : (gateway & hosts) == 0             ? "is the address of the network of"
                      : (gateway & hosts) == hosts         ? "is the broadcast address of"
                                                           : NULL;
    if (why)
        report(check, nic->gateway.at,
               say(&check->arena, "the gateway %s %s `address: %s` (%s)",
                   ip_text(&check->arena, gateway), why,
                   address_text(&check->arena, nic->address.value),
                   line_of(check, nic->address.at)),
               "write the router's address on the management network, or remove `gateway`");
}

/* Letters, digits and -, neither first nor last in a part; parts with dots between. */
static bool is_host(const char *text, size_t length)
{
    static const char inside[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    bool letter = false;

    for (size_t i = 0; i < length; i++) {
        bool first = i == 0 || text[i - 1] == '.', last = i + 1 == length || text[i + 1] == '.';

        if (text[i] == '.' ? first || last
                           : !strchr(inside, text[i]) || (text[i] == '-' && (first || last)))
            return false;
        if (first)
            letter = false; /* a last part of digits alone is no name's */
        letter |= text[i] >= 'a' && text[i] <= 'z';
    }
    return letter;
}

/* Browsers write no zero before a port, and 443 not at all. */
static bool is_port(const char *text)
{
    uint64_t port = 0;

    for (const char *at = text; *at; at++) {
        if (*at < '0' || *at > '9' || at - text > 4)
            return false;
        port = 10 * port + (uint64_t)(*at - '0');
    }
    return *text != '0' && port > 0 && port < 65536 && port != 443;
}

static bool is_server_name(struct check *check, const char *name)
{
    size_t length = strcspn(name, ":");
    const char *host = say(&check->arena, "%.*s", (int)length, name);
    uint64_t ip;

    return (parse_ip(host, &ip) || is_host(host, length)) &&
           (name[length] == 0 || is_port(name + length + 1));
}

void rule_management_names(struct check *check)
{
    const struct list *names = &check->model.management.names;

    for (uint32_t i = 0; i < names->count; i++) {
        const struct text *name = listed_text(names, i);

        if (!name->value)
            continue;
        if (!is_server_name(check, name->value))
            report(check, name->at,
                   say(&check->arena,
                       "`names`: %s is not what a browser asks for: a host's name in small letters "
                       "or an IPv4 address, and a port only if it is not 443",
                       name->value),
                   "write for instance console.example, 10.0.2.15 or 127.0.0.1:8443");
        for (uint32_t j = 0; j < i; j++) {
            const struct text *other = listed_text(names, j);

            if (other->value && strcmp(name->value, other->value) == 0)
                report(check, name->at,
                       say(&check->arena, "`names` lists %s here and before, on %s", name->value,
                           line_of(check, other->at)),
                       "remove one of the two");
        }
    }
}

/* Whoever has the image would have that admin's key, or the domain that boots it the server's. */
static void report_shared(struct check *check, const struct payload *key, const uint8_t digest[32])
{
    const struct model *model = &check->model;
    struct place at = model->management.key.at;
    const char *remedy = "the console has a key of its own: `bulkhead key new NAME --role server`";
    uint8_t other[32];

    for (uint32_t i = 0; i < model->management.admins.count; i++) {
        const struct model_admin *admin = model_admin(model, i);
        const struct payload *file =
            admin->key.value ? payload_open(check, admin->key.value) : NULL;

        if (file && file->state == PAYLOAD_GOOD &&
            pubkey_digest(file->bytes, file->head_bytes, other) && memcmp(other, digest, 32) == 0)
            report(check, at,
                   say(&check->arena, "the server's key is that of admin %s (%s)",
                       admin->name.value ? admin->name.value : "?", line_of(check, admin->key.at)),
                   remedy);
    }
    for (uint32_t i = 0; i < 3 * model->domains.count; i++) {
        const struct model_domain *domain = model_domain(model, i / 3);
        const struct text *paths[] = {&domain->boot.bzimage, &domain->boot.initrd,
                                      &domain->boot.elf64};
        const struct text *path = paths[i % 3];
        const struct payload *file = path->value ? payload_open(check, path->value) : NULL;

        if (file && file->state == PAYLOAD_GOOD && payload_same(key, file))
            report(check, at,
                   say(&check->arena, "the server's key is what %s boots (%s)",
                       domain_of(check, domain), line_of(check, path->at)),
                   remedy);
    }
}

void rule_management_key(struct check *check)
{
    const struct text *path = &check->model.management.key;
    struct server_key key;
    uint8_t digest[32];

    if (!path->value)
        return;
    const struct payload *file = payload_open(check, path->value);
    const char *complaint = file->state != PAYLOAD_GOOD
                                ? "holds no private key in PEM form"
                                : private_key_read(file->bytes, file->size, &key, digest);
    explicit_bzero(&key, sizeof(key));
    if (!complaint)
        report_shared(check, file, digest);
    else
        report(check, path->at,
               file->state == PAYLOAD_UNREADABLE
                   ? say(&check->arena, "the server's key cannot be read: %s",
                         payload_searched(check, path->value))
                   : say(&check->arena, "the server's key: %s %s", path->value, complaint),
               "name the file of its private key on P-256 or P-384, as `bulkhead key new NAME "
               "--role server` makes it");
}

void rule_management_key_mode(struct check *check)
{
    const struct text *path = &check->model.management.key;
    const struct payload *file = path->value ? payload_open(check, path->value) : NULL;
    struct server_key key;
    struct stat status;
    uint8_t digest[32];

    if (!file || file->state != PAYLOAD_GOOD || stat(file->resolved, &status) != 0 ||
        !(status.st_mode & 077))
        return;
    if (!private_key_read(file->bytes, file->size, &key, digest))
        report(
            check, path->at,
            say(&check->arena, "the server's key, %s, can be read or written by others (mode %04o)",
                path->value, status.st_mode & 07777),
            say(&check->arena, "chmod 600 %s: who has it can pass for this console", path->value));
    explicit_bzero(&key, sizeof(key));
}

enum { CLASS_NETWORK = 0x02 };

/* By the id that is written, else by what the inventory has there. */
void rule_management_card(struct check *check)
{
    const struct model_management *management = &check->model.management;
    const struct model_device *nic = &management->nic;
    const struct hw *hw = inventory(check);
    const struct hw_function *there = hw ? inventory_function(hw, &nic->pci) : NULL;
    uint64_t id = nic->id.valid ? nic->id.value
                  : there && there->class_code >> 16 == CLASS_NETWORK
                      ? (uint64_t)there->vendor << 16 | there->device
                      : 0;

    if (!nic->pci.valid || id == 0 || is_written(management->boot.at) ||
        hw_console_drives((uint32_t)id >> 16, id & 0xffff))
        return;
    report(check, nic->id.valid ? nic->id.at : nic->pci.at,
           say(&check->arena,
               "the network card of management is %s, which Bulkhead's console does not "
               "drive",
               pci_id_text(&check->arena, id)),
           "give management an Intel 82574 (8086:10d3), 82576, I350, I210, I211, I225 or I226, or "
           "write `boot` with a payload that drives it");
}

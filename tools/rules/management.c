/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about management: its network, its administrators, and what they may do. */
#include "rules.h"

#include "kernel/abi/manifest.h"
#include "tools/image/payload.h"
#include "tools/manifest/label.h"
#include "tools/manifest/pubkey.h"
#include "tools/manifest/schema_parse.h"
#include <string.h>

static const char *admin_of(struct check *check, const struct model_admin *admin)
{
    return admin->name.value ? say(&check->arena, "admin %s", admin->name.value)
                             : say(&check->arena, "the admin of %s", line_of(check, admin->at));
}

/* What management learns of a domain, or NULL: the place of the first grant. */
static const struct number *first_grant(const struct model_domain *domain)
{
    if (domain->manage.count > 0)
        return listed(&domain->manage, 0);
    return domain->serial.read.count > 0 ? listed(&domain->serial.read, 0) : NULL;
}

void rule_management_place(struct check *check)
{
    const struct model *model = &check->model;

    if (is_written(model->management.at) && model->domains.count >= MAX_DOMAINS)
        report(check, model->management.at,
               say(&check->arena, "with management there are %u domains, and an image holds %u",
                   model->domains.count + 1, (unsigned int)MAX_DOMAINS),
               "remove a domain, or move it to another machine");
}

void rule_management_dominates(struct check *check)
{
    const struct model *model = &check->model;
    const struct model_network *network = network_named(model, &model->management.nic.network);

    for (uint32_t i = 0; i < model->domains.count && network; i++) {
        const struct model_domain *domain = model_domain(model, i);
        const struct number *grant = first_grant(domain);
        struct label net = label_of(model, &network->label);
        struct label own = label_of(model, &domain->label);

        if (!grant || net.level == 0 || label_dominates(net, own))
            continue;
        report(check, grant->at,
               say(&check->arena,
                   "management may read of %s, which is %s (%s), over network %s, which is %s (%s) "
                   "and does not dominate it",
                   domain_of(check, domain), label_text(&check->arena, model, own),
                   line_of(check, domain->label.at), network->name.value,
                   label_text(&check->arena, model, net), line_of(check, network->at)),
               say(&check->arena, "raise the management network to %s, or remove the grant",
                   label_text(&check->arena, model, label_join(net, own))));
    }
}

void rule_management_network(struct check *check)
{
    const struct model *model = &check->model;
    const struct text *name = &model->management.nic.network;
    const struct model_network *network = network_named(model, name);

    for (uint32_t i = 0; i < model->domains.count && network; i++) {
        const struct model_domain *domain = model_domain(model, i);

        for (uint32_t j = 0; j < domain->devices.count; j++) {
            const struct text *used = &model_device(domain, j)->network;
            const struct model_network *other = network_named(model, used);

            if (!other || !(cable_of(model, network) >> (other - model_network(model, 0)) & 1))
                continue;
            report(check, used->at,
                   say(&check->arena, "%s is plugged into network %s, which %s (%s)",
                       domain_of(check, domain), used->value,
                       other == network
                           ? "management uses"
                           : say(&check->arena, "shares a cable with management's network %s",
                                 name->value),
                       line_of(check, name->at)),
                   "management is alone on its network: give it one that no domain is on");
        }
    }
}

void rule_management_exposed(struct check *check)
{
    const struct text *name = &check->model.management.nic.network;
    const struct model_network *network = network_named(&check->model, name);

    if (network && network->exposed.value)
        report(check, name->at,
               say(&check->arena, "management is plugged into network %s, which is exposed (%s)",
                   name->value, line_of(check, network->exposed.at)),
               "use a network of its own that strangers do not reach");
}

void rule_management_address(struct check *check)
{
    const struct number *address = &check->model.management.nic.address;
    uint64_t host_bits = 32 - (address->value & 0xff), ip = address->value >> 8;
    uint64_t host = ip & ((1ull << host_bits) - 1);

    if (address->valid && (host == 0 || host == (1ull << host_bits) - 1 || ip >> 24 == 0 ||
                           ip >> 24 == 127 || ip >> 24 >= 224))
        report(check, address->at,
               say(&check->arena, "%s is the address of a network or a broadcast, not of a card",
                   address_text(&check->arena, address->value)),
               "write the address that this machine has on the management network");
}

void rule_admin_key(struct check *check)
{
    for (uint32_t i = 0; i < check->model.management.admins.count; i++) {
        const struct model_admin *admin = model_admin(&check->model, i);

        if (!is_written(admin->key.at))
            report(check, admin->at, say(&check->arena, "%s has no key", admin_of(check, admin)),
                   "write `key: FILE` with the admin's public key");
    }
}

static bool admin_digest(struct check *check, const struct model_admin *admin, uint8_t digest[32])
{
    const struct payload *file = admin->key.value ? payload_open(check, admin->key.value) : NULL;

    return file && file->state == PAYLOAD_GOOD &&
           pubkey_digest(file->bytes, file->head_bytes, digest);
}

void rule_admin_key_file(struct check *check)
{
    uint8_t digest[32];

    for (uint32_t i = 0; i < check->model.management.admins.count; i++) {
        const struct model_admin *admin = model_admin(&check->model, i);

        if (!admin->key.value || admin_digest(check, admin, digest))
            continue;
        const struct payload *file = payload_open(check, admin->key.value);
        report(check, admin->key.at,
               file->state == PAYLOAD_UNREADABLE
                   ? say(&check->arena, "%s: the key cannot be read: %s", admin_of(check, admin),
                         payload_searched(check, admin->key.value))
                   : say(&check->arena, "%s: %s holds no public key in PEM form",
                         admin_of(check, admin), admin->key.value),
               "name the file of the public key (`-----BEGIN PUBLIC KEY-----`)");
    }
}

void rule_admin_key_shared(struct check *check)
{
    uint8_t own[32], other[32];

    for (uint32_t i = 1; i < check->model.management.admins.count; i++) {
        const struct model_admin *admin = model_admin(&check->model, i);

        for (uint32_t j = 0; j < i && admin_digest(check, admin, own); j++) {
            const struct model_admin *before = model_admin(&check->model, j);

            if (!admin_digest(check, before, other) || memcmp(own, other, sizeof(own)) != 0)
                continue;
            report(check, admin->key.at,
                   say(&check->arena, "%s%s has the key of %s%s (%s)", admin_of(check, admin),
                       admin->role.value == MANIFEST_OPERATOR ? ", an operator," : ", an auditor,",
                       admin_of(check, before),
                       before->role.value == MANIFEST_OPERATOR ? ", an operator" : ", an auditor",
                       line_of(check, before->key.at)),
                   "who acts and who looks are two people with a key each: make a new key");
            break;
        }
    }
}

void rule_admin_expiry(struct check *check)
{
    for (uint32_t i = 0; i < check->model.management.admins.count; i++) {
        const struct model_admin *admin = model_admin(&check->model, i);

        if (!is_written(admin->expires.at))
            report(check, admin->at,
                   say(&check->arena, "the key of %s never expires", admin_of(check, admin)),
                   "write `expires: DATE`, not much later than the next review");
    }
}

void rule_admin_expired(struct check *check)
{
    for (uint32_t i = 0; i < check->model.management.admins.count; i++) {
        const struct model_admin *admin = model_admin(&check->model, i);

        if (admin->expires.valid && admin->expires.value < check->today)
            report(check, admin->expires.at,
                   say(&check->arena, "the key of %s expired on %s, and today is %s",
                       admin_of(check, admin), date_text(&check->arena, admin->expires.value),
                       date_text(&check->arena, check->today)),
                   "give the admin a new key and date, or remove the admin");
    }
}

/* Where `role` is granted to type to the domain, or NULL. */
static const struct number *writer(const struct model_domain *domain, uint64_t role)
{
    for (uint32_t i = 0; i < domain->serial.write.count; i++) {
        const struct number *own = listed(&domain->serial.write, i);

        if (own->valid && own->value == role)
            return own;
    }
    return NULL;
}

void rule_serial_auditor(struct check *check)
{
    for (uint32_t i = 0; i < check->model.domains.count; i++) {
        const struct model_domain *domain = model_domain(&check->model, i);
        const struct number *role = writer(domain, MANIFEST_AUDITOR);

        if (role)
            report(check, role->at,
                   say(&check->arena, "auditors may type to %s, but an auditor only reads",
                       domain_of(check, domain)),
                   "grant auditors `read`, and write `write: []`");
    }
}

void rule_serial_write(struct check *check)
{
    for (uint32_t i = 0; i < check->model.domains.count; i++) {
        const struct model_domain *domain = model_domain(&check->model, i);

        if (writer(domain, MANIFEST_OPERATOR))
            report(check, domain->serial.write.at,
                   say(&check->arena,
                       "management may type to %s: the interface that administers "
                       "the machine is used to administer a guest",
                       domain_of(check, domain)),
                   "administer the guest over its own network, and write `write: []`");
    }
}

/* Whether an admin of role `role` exists; 0: of any. */
static bool has_admin(const struct model *model, uint64_t role)
{
    for (uint32_t i = 0; i < model->management.admins.count; i++) {
        const struct number *own = &model_admin(model, i)->role;

        if (own->valid && (role == 0 || own->value == role))
            return true;
    }
    return false;
}

static void report_idle(struct check *check, const struct model_domain *domain,
                        const struct number *grant, const char *what, const char *lacks)
{
    const struct model_management *management = &check->model.management;

    report(check, grant->at,
           say(&check->arena, "%s grants %s, but %s", domain_of(check, domain), what,
               is_written(management->at) ? say(&check->arena, "`management.admins` (%s) has no %s",
                                                line_of(check, management->admins.at), lacks)
                                          : "there is no `management` that could use it"),
           "remove the grant, or add who shall use it");
}

void rule_manage_nobody(struct check *check)
{
    enum { TELLS = MANIFEST_MAY_STATUS | MANIFEST_MAY_COUNTERS };
    const struct model *model = &check->model;

    for (uint32_t i = 0; i < model->domains.count; i++) {
        const struct model_domain *domain = model_domain(model, i);
        const struct list *lists[] = {&domain->serial.read, &domain->serial.write};

        for (uint32_t j = 0; j < domain->manage.count; j++) {
            const struct number *right = listed(&domain->manage, j);
            bool acts = !(right->value & TELLS);

            if (right->valid && !has_admin(model, acts ? MANIFEST_OPERATOR : 0)) {
                report_idle(check, domain, right, "a right", acts ? "operator" : "admin");
                break;
            }
        }
        for (int k = 0; k < 2; k++) {
            for (uint32_t j = 0; j < lists[k]->count; j++) {
                const struct number *role = listed(lists[k], j);

                if (role->valid && !has_admin(model, role->value))
                    report_idle(check, domain, role, k ? "typing to it" : "reading its serial port",
                                role->value == MANIFEST_OPERATOR ? "operator" : "auditor");
            }
        }
    }
}

void rule_serial_nowhere(struct check *check)
{
    for (uint32_t i = 0; i < check->model.domains.count; i++) {
        const struct model_domain *domain = model_domain(&check->model, i);
        const struct model_serial *serial = &domain->serial;

        if (is_written(serial->at) && !is_written(serial->port.at) &&
            !is_written(serial->read.at) && !is_written(serial->write.at))
            report(
                check, serial->at,
                say(&check->arena, "the serial port of %s leads nowhere", domain_of(check, domain)),
                "add for instance `port: com2` or `read: [auditor]`, or remove `serial`");
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Who reaches whom, through which cable, and who may do what. */
#include "report.h"

#include "access.h"
#include "tools/diff/diff.h"
#include "tools/image/payload.h"
#include "tools/manifest/label.h"
#include "tools/manifest/pubkey.h"
#include "tools/manifest/schema_parse.h"
#include "tools/map/map.h"
#include <string.h>

static uint32_t party_at(const struct check *check, uint32_t index)
{
    uint32_t domains = check->model.domains.count;

    return index < domains                                              ? index
           : index == domains && is_written(check->model.management.at) ? ACCESS_MANAGEMENT
                                                                        : ACCESS_OUTSIDE;
}

/* All that goes from one party to another, a line each, what is unsafe first. */
static void paths_cell(struct report *out, const struct access_list *list, uint32_t from,
                       uint32_t to)
{
    static const char word[] = "UNSAFE: ";
    bool is_unsafe = false;
    size_t bytes = 0;

    for (uint32_t i = 0; i < list->count; i++) {
        if (list->items[i].from == from && list->items[i].to == to)
            bytes += strlen(list->items[i].what) + sizeof(word);
    }
    if (bytes == 0) {
        page_cell(&out->page, MARK_PLAIN, "none");
        return;
    }
    char *text = arena_take(out->arena, bytes + 1), *end = text;
    for (int safe = 0; safe < 2; safe++) {
        for (uint32_t i = 0; i < list->count; i++) {
            const struct access *path = &list->items[i];

            if (path->from != from || path->to != to || access_is_unsafe(path->kind) == safe)
                continue;
            is_unsafe |= !safe;
            end += sprintf(end, "%s%s%s", end > text ? "\n" : "", safe ? "" : word, path->what);
        }
    }
    page_cell(&out->page, is_unsafe ? MARK_ALARM : MARK_PLAIN, text);
}

void report_matrix(struct report *out)
{
    struct check *check = out->check;
    uint32_t parties = check->model.domains.count + 1 + is_written(check->model.management.at);
    struct access_list list = access_paths(check);
    const char *heads[PAGE_COLUMNS] = {"from \\ to"};

    page_section(&out->page, "Access matrix");
    page_say(&out->page, MARK_PLAIN,
             "Every path that exists: what goes from the party of a row to the party of a column, "
             "and why. Outside is whatever stands at the other end of a serial port or cable, and "
             "whoever carries media. What is not listed does not exist, but for the shared "
             "hardware below. Paths add up: who "
             "receives can pass on.");
    for (uint32_t i = 0; i < parties; i++)
        heads[i + 1] = access_party(check, party_at(check, i));
    page_table(&out->page, parties + 1, heads);
    for (uint32_t i = 0; i < parties; i++) {
        page_cell(&out->page, MARK_HEAD, heads[i + 1]);
        for (uint32_t j = 0; j < parties; j++) {
            if (i == j)
                page_cell(&out->page, MARK_PLAIN, "\xe2\x80\x94");
            else
                paths_cell(out, &list, party_at(check, i), party_at(check, j));
        }
    }
    if (!is_written(check->model.management.at))
        page_say(&out->page, MARK_PLAIN,
                 "There is no management: nobody administers the hypervisor, and no row or column "
                 "of it exists.");
}

static void cable(struct report *out, const char *party, const struct model_device *device)
{
    const char *notes = map_device_notes(out->arena, device, ", ");

    page_cell(&out->page, MARK_HEAD, party);
    page_cell(&out->page, MARK_CODE, pci_text(out->arena, device->pci.value));
    page_cell(&out->page, MARK_CODE,
              device->id.valid ? pci_id_text(out->arena, device->id.value) : "any");
    page_cell(&out->page, MARK_PLAIN,
              device->network.value     ? say(out->arena, "network %s", device->network.value)
              : device->removable.value ? "whatever media people bring"
                                        : "no network");
    page_cell(&out->page, MARK_PLAIN, notes);
}

static void cabling_sheet(struct report *out)
{
    static const char *const heads[] = {"Owner", "Where", "Device id", "Plugged into", "Remark"};
    const struct model *model = &out->check->model;

    page_table(&out->page, 5, heads);
    page_cell(&out->page, MARK_HEAD, "hypervisor");
    page_cell(&out->page, MARK_CODE, "com1");
    page_cell(&out->page, MARK_PLAIN, "");
    page_cell(&out->page, MARK_PLAIN, "serial cable");
    page_cell(&out->page, MARK_PLAIN,
              model->platform.com1.value == COM1_DOMAIN ? "boot log until a domain takes it"
                                                        : "boot log, output only");
    for (uint32_t i = 0; i < model->domains.count; i++) {
        const struct model_domain *domain = model_domain(model, i);

        if (domain->serial.port.valid) {
            page_cell(&out->page, MARK_HEAD, domain->name.value);
            page_cell(&out->page, MARK_CODE,
                      say(out->arena, "com%llu", (unsigned long long)domain->serial.port.value));
            page_cell(&out->page, MARK_PLAIN, "");
            page_cell(&out->page, MARK_PLAIN, "serial cable");
            page_cell(&out->page, MARK_PLAIN, domain->serial.polled.value ? "polled" : "");
        }
        for (uint32_t j = 0; j < domain->devices.count; j++)
            cable(out, domain->name.value, model_device(domain, j));
    }
    if (is_written(model->management.nic.at))
        cable(out, "management", &model->management.nic);
}

static const char *network_remark(struct report *out, const struct model_network *network)
{
    const char *text = network->exposed.value ? "exposed: strangers reach it" : "";

    for (uint32_t i = 0; i < network->trunk.count; i++)
        text = say(out->arena, "%s%sshares its cable with %s", text, *text ? "\n" : "",
                   listed_text(&network->trunk, i)->value);
    if (is_written(network->one_way.at))
        text =
            say(out->arena, "%s%sone way, from host %s to host %s, by %s", text, *text ? "\n" : "",
                network->one_way.from.value, network->one_way.to.value, network->one_way.by.value);
    return text;
}

void report_networks(struct report *out)
{
    static const char *const heads[] = {"Network", "Label", "Remark"};
    const struct model *model = &out->check->model;

    page_section(&out->page, "Networks and cabling");
    cabling_sheet(out);
    if (model->networks.count == 0) {
        page_say(&out->page, MARK_PLAIN, "The manifest defines no network.");
        return;
    }
    page_table(&out->page, 3, heads);
    for (uint32_t i = 0; i < model->networks.count; i++) {
        const struct model_network *network = model_network(model, i);

        page_cell(&out->page, MARK_HEAD, network->name.value);
        page_cell(&out->page, MARK_PLAIN,
                  label_text(out->arena, model, label_of(model, &network->label)));
        page_cell(&out->page, MARK_PLAIN, network_remark(out, network));
    }
}

/* What a role may do with a domain: only an operator acts, and serial ports name their roles. */
static const char *operations(struct report *out, const struct model_domain *domain, uint64_t role)
{
    enum { TELLS = MANIFEST_MAY_STATUS | MANIFEST_MAY_COUNTERS };
    const struct list *serial[] = {&domain->serial.read, &domain->serial.write};
    const char *text = "";

    for (uint32_t i = 0; i < domain->manage.count; i++) {
        uint64_t right = listed(&domain->manage, i)->value;

        if (right & TELLS || role == MANIFEST_OPERATOR)
            text = say(out->arena, "%s%s%s", text, *text ? ", " : "", right_word(right));
    }
    for (int k = 0; k < 2; k++) {
        for (uint32_t i = 0; i < serial[k]->count; i++) {
            if (listed(serial[k], i)->value == role)
                text = say(out->arena, "%s%s%s serial port", text, *text ? ", " : "",
                           k ? "type to" : "read");
        }
    }
    return *text ? text : "nothing";
}

static void administrators(struct report *out)
{
    static const char *const heads[] = {"Administrator", "Role", "Key", "SHA-256 of the key",
                                        "Expires"};
    const struct model *model = &out->check->model;

    page_table(&out->page, 5, heads);
    for (uint32_t i = 0; i < model->management.admins.count; i++) {
        const struct model_admin *admin = model_admin(model, i);
        const struct payload *file = payload_open(out->check, admin->key.value);
        uint8_t digest[DIGEST_BYTES];

        pubkey_digest(file->bytes, file->size, digest); /* admin-key-file found it good */
        page_cell(&out->page, MARK_HEAD, admin->name.value);
        page_cell(&out->page, MARK_PLAIN, role_word(admin->role.value));
        page_cell(&out->page, MARK_CODE, admin->key.value);
        page_cell(&out->page, MARK_CODE, digest_text(out->arena, digest));
        page_cell(&out->page, MARK_PLAIN, date_text(out->arena, admin->expires.value));
    }
}

/* What the management domain boots, by its digest. */
static const char *boots_text(struct report *out)
{
    const struct manifest_header *header = out->lab.manifest;
    uint32_t last = header->tables[MANIFEST_DOMAINS].count - 1;
    const struct manifest_domain *domain =
        (const struct manifest_domain *)(const void *)((const char *)header +
                                                       header->tables[MANIFEST_DOMAINS].offset) +
        last;

    if (!(domain->flags & MANIFEST_IS_MANAGEMENT))
        return "Bulkhead's console, of which no file was found: the digests below are without it";
    return say(out->arena, "%s, SHA-256 %s",
               boots_own_console(out->check) ? "Bulkhead's console"
                                             : out->check->management.boot.elf64.value,
               digest_text(out->arena, out->lab.payloads[domain->kernel].digest));
}

/* Its reach, beyond what the table of operations has. */
static void reach(struct report *out)
{
    bool card = is_written(out->check->model.management.nic.at);

    page_cell(&out->page, MARK_HEAD, "can reach");
    page_cell(&out->page, MARK_PLAIN,
              say(out->arena,
                  "of the domains: what the operations above say, by the management call%s",
                  card ? "; its network card, and the network on it" : ""));
    page_cell(&out->page, MARK_HEAD, "cannot reach");
    page_cell(&out->page, MARK_PLAIN,
              say(out->arena,
                  "memory, processors, devices and UARTs of any domain, and the hypervisor's "
                  "memory%s",
                  card ? "; its card's DMA ends at its own memory" : "; any network"));
}

/* How it is reached, and by which key one knows it. */
static void console(struct report *out)
{
    static const char *const heads[] = {"Console", ""};
    const struct model_management *management = &out->check->model.management;
    const struct model_device *nic = &management->nic;
    const char *digest = digest_text(out->arena, out->lab.key_digest);

    page_table(&out->page, 2, heads);
    page_cell(&out->page, MARK_HEAD, "boots");
    page_cell(&out->page, MARK_PLAIN, boots_text(out));
    reach(out);
    page_cell(&out->page, MARK_HEAD, "its address");
    page_cell(&out->page, MARK_CODE,
              nic->address.valid ? address_text(out->arena, nic->address.value)
                                 : "none: without a network card nobody reaches it");
    page_cell(&out->page, MARK_HEAD, "gateway");
    page_cell(&out->page, MARK_CODE,
              nic->gateway.valid ? ip_text(out->arena, nic->gateway.value) : "none");
    page_cell(&out->page, MARK_HEAD, "names that a browser may use");
    page_cell(&out->page, MARK_CODE,
              management->names.count > 0 ? names_text(out->arena, &management->names)
              : nic->address.valid        ? ip_text(out->arena, nic->address.value >> 8)
                                          : "none");
    page_cell(&out->page, MARK_HEAD, "answers echo requests");
    page_cell(&out->page, MARK_PLAIN, management->icmp_echo.value ? "yes" : "no");
    page_cell(&out->page, MARK_HEAD, "private key of the server");
    page_cell(&out->page, MARK_PLAIN,
              management->key.value
                  ? say(out->arena,
                        "%s, in the image, which is as secret. SHA-256 of its public key: %s",
                        management->key.value, digest)
                  : "none: no release image is built");
}

void report_roles(struct report *out)
{
    static const char *const heads[] = {"Of", "operator", "auditor"};
    const struct model *model = &out->check->model;

    page_section(&out->page, "Roles and operations");
    if (!is_written(model->management.at)) {
        page_say(&out->page, MARK_PLAIN, "There is no management, so nobody has an operation.");
        return;
    }
    page_say(
        &out->page, MARK_NOTE,
        "The console tells roles apart, by the keys; the hypervisor does not: to it the management "
        "domain has all that either has.");
    page_table(&out->page, 3, heads);
    for (uint32_t i = 0; i < model->domains.count; i++) {
        const struct model_domain *domain = model_domain(model, i);

        page_cell(&out->page, MARK_HEAD, say(out->arena, "domain %s", domain->name.value));
        page_cell(&out->page, MARK_PLAIN, operations(out, domain, MANIFEST_OPERATOR));
        page_cell(&out->page, MARK_PLAIN, operations(out, domain, MANIFEST_AUDITOR));
    }
    /* No key of the manifest grants this. */
    page_cell(&out->page, MARK_HEAD, "the machine");
    page_cell(&out->page, MARK_PLAIN, "read the audit");
    page_cell(&out->page, MARK_PLAIN, "read the audit");
    administrators(out);
    console(out);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Every path between two parties of a machine, from what its manifest says. */
#include "access.h"

#include "tools/manifest/owned.h"

#include "kernel/abi/manifest_policy.h"
#include "shared.h"
#include "tools/hw/inventory.h"
#include "tools/manifest/label.h"
#include "tools/manifest/schema.h"
#include "tools/manifest/schema_parse.h"
#include <string.h>

struct finder {
    struct check *check;
    struct access *items;
    uint32_t count, room;
};

static void add(struct finder *finder, uint32_t from, uint32_t to, enum access_kind kind,
                const char *what)
{
    if (finder->count == finder->room) {
        uint32_t room = finder->room ? 2 * finder->room : 64;
        struct access *grown = arena_take(&finder->check->arena, room * sizeof(*grown));

        if (finder->count > 0)
            memcpy(grown, finder->items, finder->count * sizeof(*grown));
        finder->items = grown;
        finder->room = room;
    }
    finder->items[finder->count++] = (struct access){from, to, kind, what};
}

const char *access_party(const struct check *check, uint32_t party)
{
    return party == ACCESS_MANAGEMENT ? "management"
           : party == ACCESS_OUTSIDE  ? "outside"
                                      : model_domain(&check->model, party)->name.value;
}

uint32_t partition_of(const struct check *check, uint32_t party)
{
    return party == ACCESS_MANAGEMENT ? check->model.domains.count : party;
}

const char *right_word(uint64_t right)
{
    return choice_word("domains[].manage[]", right);
}

const char *role_word(uint64_t role)
{
    return role == MANIFEST_OPERATOR ? "operator" : "auditor";
}

/* What management may do with a domain; what only tells something goes the other way. */
static void find_rights(struct finder *finder, uint32_t index)
{
    enum { TELLS = MANIFEST_MAY_STATUS | MANIFEST_MAY_COUNTERS };
    const struct model_domain *domain = model_domain(&finder->check->model, index);
    struct arena *arena = &finder->check->arena;

    for (uint32_t i = 0; i < domain->manage.count; i++) {
        uint64_t right = listed(&domain->manage, i)->value;
        bool tells = right & TELLS;

        add(finder, tells ? index : ACCESS_MANAGEMENT, tells ? ACCESS_MANAGEMENT : index,
            ACCESS_RIGHT,
            say(arena, "%s (granted by manage, %s)", right_word(right),
                line_of(finder->check, listed(&domain->manage, i)->at)));
        if (right == MANIFEST_MAY_CHECK)
            add(finder, index, ACCESS_MANAGEMENT, ACCESS_RIGHT, "the result of its check");
    }
    for (uint32_t i = 0; i < domain->serial.read.count; i++)
        add(finder, index, ACCESS_MANAGEMENT, ACCESS_SERIAL_READ,
            say(arena, "what it prints, read by role %s",
                role_word(listed(&domain->serial.read, i)->value)));
    for (uint32_t i = 0; i < domain->serial.write.count; i++)
        add(finder, ACCESS_MANAGEMENT, index, ACCESS_SERIAL_WRITE,
            say(arena, "typing to its serial port, role %s",
                role_word(listed(&domain->serial.write, i)->value)));
}

/* The n-th network of a party, NULL behind the last. */
static const struct model_network *network_of(const struct check *check, uint32_t party,
                                              uint32_t index)
{
    const struct model *model = &check->model;

    if (party == ACCESS_MANAGEMENT)
        return index == 0 ? network_named(model, &model->management.nic.network) : NULL;
    const struct model_domain *domain = model_domain(model, party);
    for (uint32_t i = 0; i < domain->devices.count; i++) {
        const struct model_network *network =
            network_named(model, &model_device(domain, i)->network);
        bool before = false;

        for (uint32_t j = 0; network && j < i; j++)
            before |= network_named(model, &model_device(domain, j)->network) == network;
        if (network && !before && index-- == 0)
            return network;
    }
    return NULL;
}

static bool is_on(const struct check *check, uint32_t party, const struct model_network *network)
{
    const struct model_network *own;

    for (uint32_t i = 0; (own = network_of(check, party, i)); i++) {
        if (own == network)
            return true;
    }
    return false;
}

static void add_both(struct finder *finder, uint32_t one, uint32_t other, enum access_kind kind,
                     const char *what)
{
    add(finder, one, other, kind, what);
    add(finder, other, one, kind, what);
}

/* What people carry to a domain and away from it: its own serial port, media. */
static void find_carried(struct finder *finder, uint32_t index)
{
    const struct model_domain *domain = model_domain(&finder->check->model, index);
    struct arena *arena = &finder->check->arena;

    if (domain->serial.port.valid)
        add_both(
            finder, index, ACCESS_OUTSIDE, ACCESS_UART,
            say(arena, "com%llu, its own UART", (unsigned long long)domain->serial.port.value));
    for (uint32_t i = 0; i < domain->devices.count; i++) {
        const struct model_device *device = model_device(domain, i);

        if (device->removable.value)
            add_both(finder, index, ACCESS_OUTSIDE, ACCESS_MEDIA,
                     say(arena, "removable media in %s", pci_text(arena, device->pci.value)));
    }
}

/* What a network's cable lets in and out of the machine. */
static void find_cables(struct finder *finder, uint32_t party)
{
    const struct model *model = &finder->check->model;
    const struct model_network *network;

    for (uint32_t i = 0; (network = network_of(finder->check, party, i)); i++) {
        const struct model_one_way *one_way = &network->one_way;
        bool sends = !one_way->from.value || strcmp(one_way->from.value, model->host.value) == 0;
        bool receives = !one_way->to.value || strcmp(one_way->to.value, model->host.value) == 0;
        const char *what =
            say(&finder->check->arena, "network %s%s%s%s", network->name.value,
                network->exposed.value ? ", exposed" : "", one_way->by.value ? ", one way by " : "",
                one_way->by.value ? one_way->by.value : "");

        /* A host that a one-way network does not name may stand at either end. */
        if (sends || !receives)
            add(finder, party, ACCESS_OUTSIDE, ACCESS_NETWORK, what);
        if (receives || !sends)
            add(finder, ACCESS_OUTSIDE, party, ACCESS_NETWORK, what);
    }
}

/* What `unsafe` opens from one party to another. */
static void find_unsafe(struct finder *finder, uint32_t from, uint32_t to)
{
    struct check *check = finder->check;
    const struct model *model = &check->model;
    uint32_t one = partition_of(check, from), other = partition_of(check, to);
    bool reaches = has_functions(check, one), reached = has_functions(check, other);
    enum sharing group = shares_group(check, one, other);

    if (unsafe_allows(model, MANIFEST_NO_DMA_REMAPPING)) {
        if (reaches)
            add(finder, from, to, ACCESS_DMA,
                "its devices write all memory and raise any interrupt (no-dma-remapping)");
        if (reached)
            add(finder, from, to, ACCESS_DMA,
                say(&check->arena, "devices of %s read all memory (no-dma-remapping)",
                    access_party(check, to)));
    }
    if (reaches && unsafe_allows(model, MANIFEST_NO_INTERRUPT_REMAPPING))
        add(finder, from, to, ACCESS_INTERRUPT,
            "its devices raise any interrupt (no-interrupt-remapping)");
    if (may_split_cores(check))
        add(finder, from, to, ACCESS_CORE, "they may have threads of one core (split-core)");
    if (group != SHARING_NO && unsafe_allows(model, MANIFEST_SPLIT_IOMMU_GROUP))
        add(finder, from, to, ACCESS_GROUP,
            say(&check->arena, "%s devices of one IOMMU group (split-iommu-group)",
                group == SHARING_YES ? "they have" : "they may have"));
}

/* "a, b or c" */
static const char *any_of(struct arena *arena, const char *const *names, uint32_t count)
{
    const char *text = names[0];

    for (uint32_t i = 1; i < count; i++)
        text = say(arena, "%s%s%s", text, i + 1 < count ? ", " : " or ", names[i]);
    return text;
}

/* The domains that are on both networks, other than the two ends: firewalls, and the others. */
static void find_relays(struct finder *finder, uint32_t from, const struct model_network *near,
                        uint32_t to, const struct model_network *far)
{
    const struct check *check = finder->check;
    struct arena *arena = &finder->check->arena;

    for (int firewalls = 0; firewalls < 2; firewalls++) {
        const char *names[MAX_DOMAINS];
        uint32_t count = 0;

        for (uint32_t i = 0; i < check->model.domains.count; i++) {
            const struct model_domain *domain = model_domain(&check->model, i);

            if (i != from && i != to && (domain->role.value == ROLE_FIREWALL) == firewalls &&
                is_on(check, i, near) && is_on(check, i, far))
                names[count++] = domain->name.value;
        }
        if (count > 0)
            add(finder, from, to, ACCESS_RELAY,
                say(arena, "network %s, then %s %s%s, then network %s", near->name.value,
                    firewalls ? "firewall" : "whatever domain", any_of(arena, names, count),
                    firewalls ? "" : " passes on", far->name.value));
    }
}

/* From one party to another through networks. Both stand at one end of a one-way network. */
static void find_networks(struct finder *finder, uint32_t from, uint32_t to)
{
    const struct check *check = finder->check;
    struct arena *arena = &finder->check->arena;
    const struct model_network *near, *far;

    for (uint32_t i = 0; (near = network_of(check, from, i)); i++) {
        for (uint32_t j = 0; (far = network_of(check, to, j)); j++) {
            if (near == far)
                add(finder, from, to, ACCESS_NETWORK,
                    say(arena, "both are on network %s%s", near->name.value,
                        near->one_way.from.value ? ", at one end of it: cabling decides" : ""));
            else if (cable_of(&check->model, near) >> (far - model_network(&check->model, 0)) & 1)
                add(finder, from, to, ACCESS_TRUNK,
                    say(arena,
                        "networks %s and %s share a cable: the switch's VLANs keep them "
                        "apart, not Bulkhead",
                        near->name.value, far->name.value));
            else
                find_relays(finder, from, near, to, far);
        }
    }
}

static void find_sidebands(struct finder *finder)
{
    const struct model *model = &finder->check->model;
    struct owned owned;

    for (uint32_t i = 0; owned_device(model, i, &owned); i++) {
        if (owned.device->accept_sideband.value)
            add_both(finder,
                     owned.domain ? (uint32_t)(owned.domain - model_domain(model, 0))
                                  : ACCESS_MANAGEMENT,
                     ACCESS_OUTSIDE, ACCESS_SIDEBAND,
                     "firmware shares its network card: AMT or a BMC (accept_sideband)");
    }
}

struct access_list access_paths(struct check *check)
{
    struct finder finder = {.check = check};
    uint32_t domains = check->model.domains.count;
    uint32_t parties = domains + (is_written(check->model.management.at) ? 1 : 0);

    for (uint32_t i = 0; i < parties; i++) {
        uint32_t from = i < domains ? i : ACCESS_MANAGEMENT;

        for (uint32_t j = 0; j < parties; j++) {
            uint32_t to = j < domains ? j : ACCESS_MANAGEMENT;

            if (j == i)
                continue;
            find_unsafe(&finder, from, to);
            find_networks(&finder, from, to);
        }
        if (i < domains) {
            find_rights(&finder, i);
            find_carried(&finder, i);
        }
        find_cables(&finder, from);
    }
    find_sidebands(&finder);
    return (struct access_list){finder.count, finder.items};
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What the management domain finds at GUEST_CONSOLE, and which manifests no console could serve. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "boot/guest/console_info.h"
#include "boot/guest/guest_memory.h"
#include "kernel/abi/manifest_policy.h"
#include "plan_world.h"

/* One manifest with all of management's tables, behind its other ones. */
static struct tables {
    struct made_manifest made;
    struct manifest_management management;
    struct manifest_policy policy;
    struct manifest_admin admins[MAX_ADMINS];
    struct manifest_device devices[3];
} all;
static struct world *world;
static struct server_key *key; /* in the payloads */

enum { ADDRESS = 0x0a00020f, GATEWAY = 0x0a000202 };

static void add_table(enum manifest_table_id id, const void *at, uint32_t count, size_t bytes)
{
    all.made.header.tables[id] = (struct manifest_table){
        (uint32_t)((const char *)at - (const char *)&all), count, (uint32_t)bytes, 0};
}

static void add_management(void)
{
    static const struct server_key made = {
        SERVER_KEY_MAGIC, SERVER_KEY_VERSION, SERVER_KEY_P256, {0x11, 0x22, 0x33}};
    uint32_t guest = world_add_guest(world);
    world_add_domain(world, "first", 1, 16 * MIB, guest);
    world_add_domain(world, "management", 1, 64 * MIB, guest)->flags = MANIFEST_IS_MANAGEMENT;
    uint32_t payload = world_add_payload(world, "console.key", &made, sizeof(made));
    key = (struct server_key *)(world->payload + world->made.payloads[payload].offset);
    all.made = world->made;
    all.made.header.total_bytes = sizeof(all);
    all.management = (struct manifest_management){.cpu_count = 1, .memory = 64 * MIB, .key = 1};
    memset(all.management.key_digest, 0xd1, DIGEST_BYTES);
    all.policy = (struct manifest_policy){0};
    memset(all.admins, 0, sizeof(all.admins));
    all.admins[0] = (struct manifest_admin){
        .name = "ops", .key = {1, 2, 3}, .role = MANIFEST_OPERATOR, .expires = 21000};
    all.admins[1] = (struct manifest_admin){.name = "audit", .key = {4}, .role = MANIFEST_AUDITOR};
    add_table(MANIFEST_MANAGEMENT, &all.management, 1, sizeof(all.management));
    add_table(MANIFEST_POLICY, &all.policy, 1, sizeof(all.policy));
    add_table(MANIFEST_ADMINS, all.admins, 2, sizeof(all.admins[0]));
}

static int setup(void **state)
{
    (void)state;
    world = world_make();
    add_management();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    world_drop(world);
    return 0;
}

/* Opens the manifest of all tables as the loader does. */
static bool plan(void)
{
    struct handoff_domain domain = {0};
    made_manifest_seal(&all.made);
    enum manifest_error error = manifest_open(&all, sizeof(all), &world->manifest);
    if (error)
        fail_msg("the test's manifest: %s", manifest_error_text(error));
    return guest_plan(&world->in, 1, &domain, &world->why);
}

static void must_refuse(const char *words)
{
    if (plan())
        fail_msg("accepted, without `%s`", words);
    if (!strstr(world->why.text, words))
        fail_msg("no `%s` in: %s", words, world->why.text);
}

/* A network card, as far as the manifest goes. */
static void add_card(uint32_t count)
{
    for (uint32_t i = 0; i < 3; i++)
        all.devices[i] = (struct manifest_device){
            .domain = i < count ? 1 : 0, .pci = (i + 1) << 8, .network = MANIFEST_NONE};
    add_table(MANIFEST_DEVICES, all.devices, 3, sizeof(all.devices[0]));
    all.management.address = ADDRESS;
    all.management.prefix = 24;
    all.management.gateway = GATEWAY;
}

/* The page as it is copied at every start, and what `index` has at its place in its RAM. */
static const struct console_info *built(uint32_t index)
{
    made_manifest_seal(&all.made);
    assert_int_equal(manifest_open(&all, sizeof(all), &world->manifest), MANIFEST_OK);
    world_list_memory(world);
    memset(&world->handoff, 0, sizeof(world->handoff));
    if (!plan_place(&world->in, &world->handoff, &world->why))
        fail_msg("refused: %s", world->why.text);
    world_build(world);
    const struct handoff_domain *domain = &world->handoff.domains[index];
    for (uint32_t i = 0; i < domain->load_count; i++)
        if (domain->load[i].gpa == GUEST_CONSOLE) {
            assert_true(domain->load[i].from + PAGE_BYTES <= domain->payload_bytes);
            return (const void *)(world->memory + domain->payload_hpa + domain->load[i].from);
        }
    return NULL;
}

static void all_is_told(void **state)
{
    (void)state;
    world->facts.seed_bytes = CONSOLE_SEED_BYTES;
    memset(world->facts.seed, 0x5e, CONSOLE_SEED_BYTES);
    all.management.flags = MANIFEST_ICMP_ECHO;
    all.management.names[0] = made_manifest_string(&all.made, "console.example");
    all.management.names[1] = made_manifest_string(&all.made, "127.0.0.1:8443");
    all.policy.review_date = 30000;
    const struct console_info *info = built(1);
    assert_non_null(info);
    assert_int_equal(info->magic, CONSOLE_MAGIC);
    assert_int_equal(info->version, CONSOLE_VERSION);
    assert_int_equal(info->bytes, sizeof(*info));
    assert_int_equal(info->nic, 0);
    assert_int_equal(info->icmp_echo, 1);
    assert_int_equal(info->has_key, 1);
    assert_memory_equal(&info->key, key, sizeof(*key));
    assert_memory_equal(info->key_digest, all.management.key_digest, DIGEST_BYTES);
    assert_int_equal(info->not_before, 30000);
    assert_int_equal(info->seed_bytes, CONSOLE_SEED_BYTES);
    assert_memory_equal(info->seed, world->facts.seed, CONSOLE_SEED_BYTES);
    assert_string_equal(info->names[0], "console.example");
    assert_string_equal(info->names[1], "127.0.0.1:8443");
    assert_string_equal(info->names[2], "");
    assert_int_equal(info->admin_count, 2);
    assert_string_equal(info->admins[0].name, "ops");
    assert_memory_equal(info->admins[0].key, all.admins[0].key, DIGEST_BYTES);
    assert_int_equal(info->admins[0].role, MANIFEST_OPERATOR);
    assert_int_equal(info->admins[0].expires, 21000);
    assert_string_equal(info->admins[1].name, "audit");
    assert_string_equal(info->admins[2].name, "");
    const uint8_t *behind = (const uint8_t *)(info + 1);
    for (size_t i = 0; i < PAGE_BYTES - sizeof(*info); i++)
        assert_int_equal(behind[i], 0);
}

/* I6: the key is in one page of one domain, and so in no frame of another or of nobody. */
static void the_key_is_nowhere_else(void **state)
{
    (void)state;
    assert_null(built(0));
    world_free(world);
    const uint8_t *info = (const uint8_t *)built(1);
    const uint8_t *copy = info + offsetof(struct console_info, key);
    unsigned copies = 0;
    for (uint32_t i = 0; i < world->handoff.extent_count; i++) {
        const struct handoff_extent *extent = &world->handoff.extents[i];
        const uint8_t *at = world->memory + extent->base, *end = at + extent->bytes;
        if (extent->kind == EXTENT_RAM)
            continue;
        while ((at = memmem(at, (size_t)(end - at), key->private, 32))) {
            copies++;
            assert_ptr_equal(at, copy + offsetof(struct server_key, private));
            assert_int_equal(extent->kind, EXTENT_PAYLOAD);
            assert_int_equal(extent->index, 1);
            at++;
        }
    }
    assert_int_equal(copies, 1);
}

static void its_network_is_told(void **state)
{
    (void)state;
    add_card(1);
    all.management.key = MANIFEST_NONE;
    assert_true(plan());
    struct console_info info = {0};
    console_info_fill(&world->in, &info);
    assert_int_equal(info.nic, 1);
    assert_int_equal(info.address, ADDRESS);
    assert_int_equal(info.prefix, 24);
    assert_int_equal(info.gateway, GATEWAY);
    assert_int_equal(info.icmp_echo, 0);
    assert_int_equal(info.has_key, 0);
    assert_int_equal(info.seed_bytes, 0);
    assert_string_equal(info.names[0], "10.0.2.15"); /* where none is named */
    assert_string_equal(info.names[1], "");
    /* No day of a review: that of this version, which is none of the future. */
    assert_true(info.not_before >= 20758 && info.not_before < 30000);
}

static void networks_that_are_none(void **state)
{
    (void)state;
    add_card(2);
    must_refuse("2 PCI functions");
    add_card(0);
    must_refuse("no network card");
    all.management.address = 0;
    must_refuse("no network card");
    all.management.prefix = all.management.gateway = 0;
    assert_true(plan());
    add_card(1);
    assert_true(plan());
    const uint32_t prefixes[] = {0, 31, 32};
    for (size_t i = 0; i < 3; i++) {
        all.management.prefix = prefixes[i];
        must_refuse("no host's");
    }
    all.management.prefix = 24;
    all.management.address = 0x0a000200;
    must_refuse("0x0a000200/24");
    all.management.address = 0x0a0002ff;
    must_refuse("no host's");
    all.management.address = ADDRESS;
    const uint32_t gateways[] = {ADDRESS, 0x0a000302};
    for (size_t i = 0; i < 2; i++) {
        all.management.gateway = gateways[i];
        must_refuse("gateway");
    }
    all.management.gateway = 0;
    assert_true(plan());
}

static void names_that_are_none(void **state)
{
    char text[SERVER_NAME_BYTES + 1];
    (void)state;
    memset(text, 'x', SERVER_NAME_BYTES);
    text[SERVER_NAME_BYTES] = 0;
    uint32_t name = made_manifest_string(&all.made, text);
    all.management.names[0] = name;
    must_refuse("name 1");
    all.management.names[0] = name + 1;
    assert_true(plan());
    all.management.names[2] = name + 1;
    must_refuse("name 3");
    all.management.names[2] = 0;
    all.management.names[1] = made_manifest_string(&all.made, "a b");
    must_refuse("name 2");
    all.management.names[1] = made_manifest_string(&all.made, "a\x7f");
    must_refuse("name 2");
}

static void admins_that_are_none(void **state)
{
    (void)state;
    all.admins[1].role = 0;
    must_refuse("admin audit has no role");
    all.admins[1].role = MANIFEST_OPERATOR;
    assert_true(plan());
}

static void keys_that_are_none(void **state)
{
    (void)state;
    assert_true(plan());
    key->magic++;
    must_refuse("console.key is no key");
    key->magic--;
    key->version++;
    must_refuse("is no key");
    key->version--;
    key->private[32] = 1; /* of P-256 there are 32 bytes */
    must_refuse("is no key");
    key->curve = SERVER_KEY_P384;
    assert_true(plan());
    memset(key->private, 0, sizeof(key->private));
    must_refuse("is no key");
    key->private[47] = 1;
    assert_true(plan());
    key->curve = 25;
    must_refuse("is no key");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(the_key_is_nowhere_else, setup, teardown),
        cmocka_unit_test_setup_teardown(its_network_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(networks_that_are_none, setup, teardown),
        cmocka_unit_test_setup_teardown(names_that_are_none, setup, teardown),
        cmocka_unit_test_setup_teardown(admins_that_are_none, setup, teardown),
        cmocka_unit_test_setup_teardown(keys_that_are_none, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

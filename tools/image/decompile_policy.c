/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of labels, networks, devices, management and policy back to YAML. */
#include "decompile_parts.h"

#include "kernel/abi/manifest_policy.h"
#include "tools/manifest/schema_parse.h"

static void put_date(FILE *out, const char *key, uint32_t days)
{
    struct arena arena = {0};

    fprintf(out, "%s: %s", key, date_text(&arena, days));
    arena_free(&arena);
}

static void put_text(const struct manifest *manifest, FILE *out, const char *key, uint32_t string)
{
    fprintf(out, "%s: ", key);
    put_scalar(out, manifest_string(manifest, string));
}

/* Entry `index` of a table whose entries begin with a name. */
static const char *name_at(const struct manifest *manifest, enum manifest_table_id table,
                           uint32_t index)
{
    uint32_t count;
    const char *entries = manifest_entries(manifest, table, &count);

    return index < count ? entries + (size_t)index * manifest->header->tables[table].entry_bytes
                         : "?";
}

/* "key: [a, b]" of the bits set; nothing when there is none. */
static void put_bits(const struct manifest *manifest, FILE *out, const char *before,
                     enum manifest_table_id table, uint32_t bits, const char *behind)
{
    const char *separator = "[";

    if (bits == 0)
        return;
    fputs(before, out);
    for (uint32_t i = 0; i < 32; i++) {
        if (!(bits >> i & 1))
            continue;
        fputs(separator, out);
        put_scalar(out, name_at(manifest, table, i));
        separator = ", ";
    }
    fprintf(out, "]%s", behind);
}

/* "level: x, categories: [a, b]" */
static void put_label(const struct manifest *manifest, FILE *out, uint32_t level, uint32_t bits)
{
    fputs("level: ", out);
    put_scalar(out, name_at(manifest, MANIFEST_LEVELS, level - 1));
    put_bits(manifest, out, ", categories: ", MANIFEST_CATEGORIES, bits, "");
}

static uint32_t all_of(const struct manifest *manifest, enum manifest_table_id table)
{
    uint32_t count = manifest->header->tables[table].count;

    return count >= 32 ? UINT32_MAX : (1u << count) - 1;
}

static void put_networks(const struct manifest *manifest, FILE *out)
{
    uint32_t count;
    const struct manifest_network *network = manifest_entries(manifest, MANIFEST_NETWORKS, &count);

    if (count > 0)
        fputs("networks:\n", out);
    for (uint32_t i = 0; i < count; i++, network++) {
        fputs("  ", out);
        put_scalar(out, network->name);
        fprintf(out, ": {exposed: %s", network->exposed ? "true" : "false");
        if (network->level) {
            fputs(", ", out);
            put_label(manifest, out, network->level, network->categories);
        }
        put_bits(manifest, out, ", trunk: ", MANIFEST_NETWORKS, network->trunk, "");
        if (network->one_way_from) {
            put_text(manifest, out, ", one_way: {from", network->one_way_from);
            put_text(manifest, out, ", to", network->one_way_to);
            put_text(manifest, out, ", by", network->one_way_by);
            fputc('}', out);
        }
        fputs("}\n", out);
    }
}

static void put_aggregations(const struct manifest *manifest, FILE *out)
{
    uint32_t count;
    const struct manifest_aggregation *one =
        manifest_entries(manifest, MANIFEST_AGGREGATIONS, &count);

    if (count > 0)
        fputs("aggregation:\n", out);
    for (uint32_t i = 0; i < count; i++, one++) {
        fprintf(out, "  - {when: {count: %u, of: ", one->count);
        put_scalar(out, name_at(manifest, MANIFEST_LEVELS, one->of - 1));
        fputs("}, then: ", out);
        put_scalar(out, name_at(manifest, MANIFEST_LEVELS, one->then - 1));
        fputs("}\n", out);
    }
}

static void put_groups(const struct manifest *manifest, FILE *out)
{
    uint32_t count;
    const struct manifest_apart *apart = manifest_entries(manifest, MANIFEST_KEEP_APART, &count);

    for (uint32_t i = 0; i < count; i++) {
        bool first = i == 0 || apart[i].group != apart[i - 1].group;

        fputs(i == 0 ? "keep_apart:\n" : first ? "]\n" : "", out);
        fputs(first ? "  - [" : ", ", out);
        put_scalar(out, manifest_string(manifest, apart[i].name));
    }
    fputs(count > 0 ? "]\n" : "", out);
}

static void put_unsafe(const struct manifest *manifest, FILE *out)
{
    uint32_t count;
    const struct manifest_unsafe *one = manifest_entries(manifest, MANIFEST_UNSAFE, &count);

    if (count > 0)
        fputs("unsafe:\n", out);
    for (uint32_t i = 0; i < count; i++, one++) {
        fprintf(out, "  - {allow: %s, ", choice_word("unsafe[].allow", one->allow));
        put_text(manifest, out, "reason", one->reason);
        fputs("}\n", out);
    }
}

static void put_sentences(const struct manifest *manifest, const struct manifest_policy *policy,
                          FILE *out)
{
    if (policy->declared_level) {
        fputs("classification: {", out);
        put_label(manifest, out, policy->declared_level, policy->declared_categories);
        fputs("}\n", out);
    }
    put_bits(manifest, out, "forbid_removable: ", MANIFEST_LEVELS, policy->forbid_removable, "\n");
    if (policy->mixed_until) {
        put_text(manifest, out, "mixed_levels: {accepted_by", policy->mixed_by);
        put_text(manifest, out, ", reason", policy->mixed_reason);
        put_date(out, ", until", policy->mixed_until);
        fputs("}\n", out);
    }
    if (policy->review_date) {
        put_text(manifest, out, "review: {by", policy->review_by);
        put_date(out, ", date", policy->review_date);
        put_date(out, ", due", policy->review_due);
        fputs("}\n", out);
    }
    if (policy->assurance)
        fprintf(out, "assurance: %u\n", policy->assurance);
}

static void put_levels(const struct manifest *manifest, FILE *out)
{
    uint32_t count;
    const struct manifest_name *level = manifest_entries(manifest, MANIFEST_LEVELS, &count);

    fputs(count > 0 ? "levels: [" : "", out);
    for (uint32_t i = 0; i < count; i++, level++) {
        fputs(i > 0 ? ", " : "", out);
        fputs(level->colour ? "{name: " : "", out);
        put_scalar(out, level->name);
        if (level->colour)
            fprintf(out, ", colour: \"#%06x\"}", level->colour & 0xffffff);
    }
    fputs(count > 0 ? "]\n" : "", out);
}

void put_policy_head(const struct manifest *manifest, FILE *out)
{
    uint32_t count;
    const struct manifest_policy *policy = manifest_entries(manifest, MANIFEST_POLICY, &count);

    if (count > 0 && policy->classification) {
        fputs("# classified ", out);
        put_safely(out, manifest_string(manifest, policy->classification));
        fputc('\n', out);
    }
    put_levels(manifest, out);
    put_bits(manifest, out, "categories: ", MANIFEST_CATEGORIES,
             all_of(manifest, MANIFEST_CATEGORIES), "\n");
    if (count > 0)
        put_sentences(manifest, policy, out);
    put_aggregations(manifest, out);
    put_networks(manifest, out);
    put_groups(manifest, out);
    put_unsafe(manifest, out);
}

void put_policy_platform(const struct manifest *manifest, FILE *out)
{
    uint32_t count;
    const struct manifest_policy *policy = manifest_entries(manifest, MANIFEST_POLICY, &count);

    if (count == 0)
        return;
    if (policy->smt)
        fprintf(out, "  smt: %s\n", choice_word("platform.smt", policy->smt));
    if (policy->microcode)
        fprintf(out, "  microcode: 0x%x\n", policy->microcode);
    if (policy->inventory) {
        put_text(manifest, out, "  inventory", policy->inventory);
        fputc('\n', out);
    }
}

static void put_device(const struct manifest *manifest, const struct manifest_device *device,
                       FILE *out)
{
    struct arena arena = {0};

    fprintf(out, "pci: \"%s\"", pci_text(&arena, device->pci));
    if (device->id)
        fprintf(out, ", id: \"%s\"", pci_id_text(&arena, device->id));
    if (device->serial_number)
        put_text(manifest, out, ", serial_number", device->serial_number);
    if (device->sanitized_by)
        put_text(manifest, out, ", sanitized_by", device->sanitized_by);
    if (device->network != MANIFEST_NONE) {
        fputs(", network: ", out);
        put_scalar(out, name_at(manifest, MANIFEST_NETWORKS, device->network));
    }
    fputs(device->flags & MANIFEST_REMOVABLE ? ", removable: true" : "", out);
    fputs(device->flags & MANIFEST_NO_RESET ? ", accept_no_reset: true" : "", out);
    fputs(device->flags & MANIFEST_SIDEBAND ? ", accept_sideband: true" : "", out);
    fputs(device->flags & MANIFEST_SILENT ? ", interrupts: none" : "", out);
    fputs(device->flags & MANIFEST_GO_ON ? ", on_reset_failure: go-on" : "", out);
    arena_free(&arena);
}

static void put_devices(const struct manifest *manifest, uint32_t domain, FILE *out)
{
    uint32_t count, shown = 0;
    const struct manifest_device *device = manifest_entries(manifest, MANIFEST_DEVICES, &count);

    for (uint32_t i = 0; i < count; i++) {
        if (device[i].domain != domain)
            continue;
        fputs(shown++ == 0 ? "    devices:\n      - {" : "      - {", out);
        put_device(manifest, &device[i], out);
        fputs("}\n", out);
    }
}

/* "key: [status, restart]": the words whose value is among `bits`. */
static void put_words(FILE *out, const char *before, const char *path, uint32_t bits, bool shift,
                      const char *behind)
{
    const char *separator = before;

    for (const struct choice *choice = key_at(path)->choices; choice->word; choice++) {
        if (!(bits & (shift ? 1u << choice->value : (uint32_t)choice->value)))
            continue;
        fprintf(out, "%s%s", separator, choice->word);
        separator = ", ";
    }
    fputs(bits ? behind : "", out);
}

static void put_serial(const struct manifest_domain *domain, const char *before, FILE *out)
{
    const char *separator = before;

    if (domain->serial_port) {
        fprintf(out, "%sport: com%u", separator, domain->serial_port);
        separator = ", ";
    }
    if (domain->serial_irq) {
        fprintf(out, "%sirq: %u", separator, domain->serial_irq);
        separator = ", ";
    }
    if (domain->flags & MANIFEST_SERIAL_POLLED) {
        fprintf(out, "%spolled: true", separator);
        separator = ", ";
    }
    if (domain->serial_read) {
        fputs(separator, out);
        put_words(out, "read: [", "domains[].serial.read[]", domain->serial_read, true, "]");
        separator = ", ";
    }
    if (domain->serial_write) {
        fputs(separator, out);
        put_words(out, "write: [", "domains[].serial.write[]", domain->serial_write, true, "]");
        separator = ", ";
    }
    fputs(*separator == ',' ? "}\n" : "", out);
}

static void put_statements(const struct manifest *manifest, uint32_t index, FILE *out)
{
    uint32_t count, shown = 0;
    const struct manifest_hardened *hardened =
        manifest_entries(manifest, MANIFEST_HARDENED, &count);

    for (uint32_t i = 0; i < count; i++) {
        if (hardened[i].domain != index)
            continue;
        put_text(manifest, out, "    hardened: {by", hardened[i].by);
        put_date(out, ", date", hardened[i].date);
        fputs("}\n", out);
    }
    const struct manifest_protects *protects =
        manifest_entries(manifest, MANIFEST_PROTECTS, &count);
    for (uint32_t i = 0; i < count; i++) {
        if (protects[i].domain != index)
            continue;
        fputs(shown++ == 0 ? "    protects: [" : ", ", out);
        put_scalar(out, manifest_string(manifest, protects[i].name));
    }
    fputs(shown > 0 ? "]\n" : "", out);
}

void put_policy_domain(const struct manifest *manifest, uint32_t index, FILE *out)
{
    const struct manifest_domain *domain = &manifest->domains[index];

    if (domain->level) {
        fputs("    label: {", out);
        put_label(manifest, out, domain->level, domain->categories);
        fputs("}\n", out);
    }
    fputs(domain->flags & MANIFEST_FIREWALL ? "    role: firewall\n" : "", out);
    put_statements(manifest, index, out);
    if (domain->memory_at) {
        fputs("    memory_at: ", out);
        put_size(out, domain->memory_at);
        fputc('\n', out);
    }
    if (domain->cache_ways)
        fprintf(out, "    cache_ways: %u\n", domain->cache_ways);
    put_serial(domain, "    serial: {", out);
    put_devices(manifest, index, out);
    if (domain->on_dma_fault)
        fprintf(out, "    on_dma_fault: %s\n",
                choice_word("domains[].on_dma_fault", domain->on_dma_fault));
    put_bits(manifest, out, "    start_after: ", MANIFEST_DOMAINS, domain->start_after, "\n");
    put_words(out, "    manage: [", "domains[].manage[]", domain->manage, false, "]\n");
}

static void put_bytes(const uint8_t digest[DIGEST_BYTES], FILE *out)
{
    for (int i = 0; i < DIGEST_BYTES; i++)
        fprintf(out, "%02x", digest[i]);
    fputc('\n', out);
}

/* What the management domain boots, and where its serial port leads; returns its index. */
static uint32_t put_management_domain(const struct manifest *manifest,
                                      const struct manifest_management *management, FILE *out)
{
    uint32_t index = manifest_management(manifest);

    if (index == MANIFEST_NONE)
        return index;
    const struct manifest_domain *domain = &manifest->domains[index];
    const struct manifest_payload *payload = &manifest->payloads[domain->kernel];

    bool own = management->flags & MANIFEST_OWN_CONSOLE;

    fputs(own ? "  # boots Bulkhead's console" : "  boot: {elf64: ", out);
    if (!own)
        put_scalar(out, manifest_string(manifest, payload->path));
    if (!own && domain->cmdline)
        put_text(manifest, out, ", cmdline", domain->cmdline);
    fprintf(out, "%s %llu bytes, SHA-256 ", own ? "," : "} #", (unsigned long long)payload->bytes);
    put_bytes(payload->digest, out);
    put_serial(domain, "  serial: {", out);
    return index;
}

static void put_nic(const struct manifest *manifest, const struct manifest_management *management,
                    uint32_t owner, FILE *out)
{
    uint32_t count;
    const struct manifest_device *device = manifest_entries(manifest, MANIFEST_DEVICES, &count);
    struct arena arena = {0};

    for (uint32_t i = 0; i < count; i++) {
        if (device[i].domain != owner)
            continue;
        fputs("  nic: {", out);
        put_device(manifest, &device[i], out);
        fprintf(out, ", address: %s",
                address_text(&arena, (uint64_t)management->address << 8 | management->prefix));
        if (management->gateway)
            fprintf(out, ", gateway: %s", ip_text(&arena, management->gateway));
        fputs("}\n", out);
    }
    arena_free(&arena);
}

static void put_console(const struct manifest *manifest,
                        const struct manifest_management *management, FILE *out)
{
    put_nic(manifest, management, put_management_domain(manifest, management, out), out);
    for (uint32_t i = 0; i < MAX_SERVER_NAMES && management->names[i]; i++) {
        fputs(i == 0 ? "  names: [" : ", ", out);
        put_scalar(out, manifest_string(manifest, management->names[i]));
    }
    fputs(management->names[0] ? "]\n" : "", out);
    if (management->key != MANIFEST_NONE) {
        put_text(manifest, out, "  key", manifest->payloads[management->key].path);
        fputs(" # SHA-256 of its public key ", out);
        put_bytes(management->key_digest, out);
    }
    fputs(management->flags & MANIFEST_ICMP_ECHO ? "  icmp_echo: true\n" : "", out);
}

void put_policy_tail(const struct manifest *manifest, FILE *out)
{
    uint32_t count;
    const struct manifest_management *management =
        manifest_entries(manifest, MANIFEST_MANAGEMENT, &count);

    if (count == 0)
        return;
    fputs("management:\n  cpus: ", out);
    put_cpus(out, management->flags & MANIFEST_CPUS_PINNED, management->cpu_count,
             management->cpus);
    fputs("\n  memory: ", out);
    put_size(out, management->memory);
    fputc('\n', out);
    put_console(manifest, management, out);
    fputs("  admins:\n", out);
    const struct manifest_admin *admin = manifest_entries(manifest, MANIFEST_ADMINS, &count);
    for (uint32_t i = 0; i < count; i++, admin++) {
        fputs("    - {name: ", out);
        put_scalar(out, admin->name);
        put_text(manifest, out, ", key", admin->path);
        fprintf(out, ", role: %s", choice_word("management.admins[].role", admin->role));
        put_date(out, ", expires", admin->expires);
        fputs("} # SHA-256 of the key ", out);
        put_bytes(admin->key, out);
    }
}

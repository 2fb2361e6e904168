/* SPDX-License-Identifier: Apache-2.0 */
/* The page docs/manifest.md, written from the tables of keys and rules. */
#include "reference.h"

#include "tools/manifest/schema.h"
#include "tools/rules/rules.h"
#include <string.h>

static const char introduction[] =
    "# Manifests\n"
    "\n"
    "<!-- Written by `bulkhead reference` from the tables in tools/manifest/schema.c and "
    "tools/rules/rules.c. "
    "-->\n"
    "\n"
    "A manifest is one YAML file that says who owns what on one machine, and why that is allowed.\n"
    "`bulkhead check` says everything that is wrong with it, `bulkhead explain RULE` what a rule\n"
    "wants, and `bulkhead schema` writes a JSON Schema, with which an editor completes keys and\n"
    "checks values while one types. What is not written is not granted.\n"
    "\n"
    "```yaml\n"
    "# two systems of different classification on one board\n"
    "host: gate-7\n"
    "levels: [public, restricted, secret] # lowest first\n"
    "mixed_levels: {accepted_by: \"site accreditor\", reason: \"no room for two boxes\", "
    "until: 2027-06-30}\n"
    "networks:\n"
    "  internet: {level: public, exposed: true}\n"
    "  plant: {level: restricted}\n"
    "  admin: {level: restricted} # dominates all that management may read\n"
    "domains:\n"
    "  - name: office\n"
    "    label: {level: public}\n"
    "    hardened: {by: \"CIS Debian 12\", date: 2026-10-01}\n"
    "    cpus: 2 # a number, or physical ids: [2, 3]\n"
    "    memory: 512M\n"
    "    boot: {linux: build/guests/vmlinuz, initrd: build/guests/initrd.img, "
    "cmdline: \"console=ttyS0\"}\n"
    "    serial: {port: com2}\n"
    "    devices:\n"
    "      - {pci: \"01:00.0\", id: \"8086:10d3\", serial_number: \"52-54-00-ff-ff-00-01-00\", "
    "network: internet}\n"
    "    on_exit: {do: restart, limit: 3, within: 60s}\n"
    "    manage: [status, restart]\n"
    "  - name: control\n"
    "    label: {level: restricted}\n"
    "    cpus: 1\n"
    "    memory: 256M\n"
    "    boot: {elf64: build/guests/control.elf}\n"
    "    devices:\n"
    "      - {pci: \"02:00.0\", id: \"8086:10c9\", network: plant}\n"
    "    on_exit: {do: stop}\n"
    "    manage: [status]\n"
    "management:\n"
    "  cpus: 1\n"
    "  memory: 64M\n"
    "  nic: {pci: \"03:00.0\", id: \"8086:10d3\", network: admin, address: 10.0.2.15/24}\n"
    "  names: [10.0.2.15, 127.0.0.1:8443] # the second in `bulkhead run`\n"
    "  key: keys/console.key # `bulkhead key new console --role server --dir keys`\n"
    "  admins:\n"
    "    - {name: ops, key: keys/ops.pub, role: operator, expires: 2027-01-31}\n"
    "    - {name: audit, key: keys/audit.pub, role: auditor, expires: 2027-01-31}\n"
    "```\n"
    "\n"
    "`bulkhead build --cpu amd` makes an image of it once what it names is there: payloads of\n"
    "yours, as `control.elf`, and the keys, which `bulkhead key new` makes (`new ops --role\n"
    "operator --dir keys`, `new audit --role auditor` and `new console --role server` likewise).\n"
    "`bulkhead run` boots that image: these ids are QEMU's, and each card has a bus of its own\n"
    "there, by which it is reset. For a board, `bulkhead hw` shows what stands in their place.\n"
    "\n"
    "A label is a level and a set of categories. One label dominates another if its level is at\n"
    "least as high and its categories include the other's. The machine's overall classification "
    "is\n"
    "the least label that dominates those of all its domains, or a higher one by `aggregation`.\n"
    "\n"
    "Dates are compared with today's. `SOURCE_DATE_EPOCH` (seconds since 1970) or `check --date`\n"
    "put another day in its place.\n"
    "\n"
    "## Keys\n"
    "\n"
    "`domains[].name` is the key `name` of each item of the list `domains`; `networks.NAME.level`\n"
    "is the key `level` of each network, which stands under its name.\n"
    "\n"
    "| key | value | default | |\n"
    "|---|---|---|---|\n";

/* "networks[].level" as people write it. */
static const char *shown_path(struct arena *arena, const struct key *key)
{
    const char *bracket = strstr(key->path, "[]");
    const struct key *list =
        bracket ? key_at(say(arena, "%.*s", (int)(bracket - key->path), key->path)) : NULL;

    if (!list || list->type != KEY_MAP)
        return key->path;
    return say(arena, "%s.NAME%s", list->path, bracket + 2);
}

static void put_key(FILE *out, const struct key *key)
{
    struct arena arena = {0};
    const char *refers = key->refers ? say(&arena, ", of `%s`", key->refers) : "";

    fprintf(out, "| `%s` | %s%s | %s | %s |\n", shown_path(&arena, key),
            key_expectation(&arena, key), refers,
            key->required   ? "required"
            : key->fallback ? say(&arena, "`%s`", key->fallback)
                            : "",
            key->text);
    arena_free(&arena);
}

void reference_write(FILE *out)
{
    static const char *const severities[] = {"error", "warning"};

    fputs(introduction, out);
    for (size_t i = 0; i < key_count; i++)
        put_key(out, &keys[i]);
    fputs(
        "\n"
        "## Rules\n"
        "\n"
        "An error refuses the manifest; a warning is printed, and the image is built. Beside what\n"
        "must hold, each rule has a manifest in `tests/fixtures/` that breaks it and nothing\n"
        "else, and one that differs in the least and is good; a rule across manifests has a "
        "folder\n"
        "of each kind.\n"
        "\n"
        "| rule | | what must hold |\n"
        "|---|---|---|\n",
        out);
    for (size_t i = 0; i < rule_count; i++)
        fprintf(out, "| `%s` | %s | %s |\n", rules[i].name, severities[rules[i].severity],
                rules[i].text);
}

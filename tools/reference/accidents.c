/* SPDX-License-Identifier: Apache-2.0 */
/* Well-known accidents of estates with many systems on few machines, each as a manifest. */
#include "accidents.h"

#include "tools/cascade/fleet.h"
#include "tools/cascade/print.h"
#include "tools/manifest/schema.h"
#include "tools/rules/rules.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DOMAIN(name)                                                                               \
    "  - name: " name "\n    cpus: 1\n    memory: 64M\n    boot: {elf64: " name ".elf}\n"
#define CASCADE_SITE "levels: [public, confidential, top-secret]\n" ACCEPTED
#define ACCEPTED     "mixed_levels: {accepted_by: accreditor, reason: one board, until: 2199-12-31}\n"

const struct accident accidents[] = {
    {"The server typed into the internet-facing VLAN",
     "One digit wrong in a switch or a virtual switch, and the records server answers to the "
     "world.",
     "host: records\n"
     "levels: [public, restricted]\n"
     "networks:\n"
     "  internet: {level: public, exposed: true}\n"
     "  offices: {level: restricted}\n"
     "domains:\n" DOMAIN("records") "    label: {level: restricted}\n"
                                    "    hardened: {by: house guide, date: 2026-01-31}\n"
                                    "    devices: [{pci: \"00:04.0\", network: internet}]\n",
     "network-label", NULL, NULL},
    {"Two networks on one trunk",
     "The separation of two levels hangs on the VLAN tags of one cable, and on every switch "
     "between.",
     "host: gate\n"
     "levels: [public, restricted]\n"
     "networks:\n"
     "  internet: {level: public, exposed: true}\n"
     "  offices: {level: restricted, trunk: [internet]}\n"
     "domains:\n" DOMAIN("proxy") "    label: {level: restricted}\n",
     "trunk-label", NULL, NULL},
    {"The image that was copied with its credentials",
     "Another team gets a copy of a working image, and with it the password of its database.",
     "host: lab\n"
     "domains:\n"
     "  - name: production\n    cpus: 1\n    memory: 64M\n"
     "    boot: {elf64: shop.elf, identity: unique}\n"
     "  - name: trial\n    cpus: 1\n    memory: 64M\n    boot: {elf64: shop.elf}\n",
     "identity-twice", NULL, NULL},
    {"Two copies write one database",
     "A copy is started beside the original; both hold the same disk and neither knows.",
     "host: ledger\n"
     "domains:\n" DOMAIN("ledger") "    devices: [{pci: \"01:00.0\", serial_number: "
                                   "S4EV-17}]\n" DOMAIN("copy") "    devices: [{pci: \"02:00.0\", "
                                                                "serial_number: S4EV-17}]\n",
     "device-serial", NULL, NULL},
    {"One controller for two systems",
     "The disk controller is shared, and who has the one disk reads the other.",
     "host: plant\n"
     "domains:\n" DOMAIN("control") "    devices: [{pci: \"01:00.0\"}]\n" DOMAIN(
         "history") "    devices: [{pci: \"01:00.0\"}]\n",
     "device-twice", NULL, NULL},
    {"The lax system beside the exposed one",
     "The web server is hardened; the forgotten print server beside it on the same host is not.",
     "host: front\n"
     "levels: [public]\n"
     "networks: {internet: {level: public, exposed: true}}\n"
     "domains:\n" DOMAIN("web") "    label: {level: public}\n"
                                "    hardened: {by: house guide, date: 2026-01-31}\n"
                                "    devices: [{pci: \"00:04.0\", network: internet}]\n" DOMAIN(
                                    "print") "    label: {level: public}\n",
     "exposed-neighbour", NULL, NULL},
    {"The firewall virtualised with what it protects",
     "To save a box the firewall becomes one more guest of the host whose guests it protects.",
     "host: branch\n"
     "domains:\n" DOMAIN("firewall") "    role: firewall\n    protects: [database]\n" DOMAIN(
         "database"),
     "firewall-beside", NULL, NULL},
    {"The second way in",
     "A maintenance machine with two cards joins what the firewall keeps apart.",
     "host: branch\n"
     "levels: [restricted]\n"
     "networks: {plant: {level: restricted}, offices: {level: restricted}}\n"
     "domains:\n" DOMAIN("firewall") "    label: {level: restricted}\n"
                                     "    role: firewall\n    protects: [plant]\n"
                                     "    devices:\n"
                                     "      - {pci: \"00:03.0\", network: plant}\n"
                                     "      - {pci: \"00:04.0\", network: offices}\n" DOMAIN(
                                         "service") "    label: {level: restricted}\n"
                                                    "    devices:\n"
                                                    "      - {pci: \"00:05.0\", network: plant}\n"
                                                    "      - {pci: \"00:06.0\", network: offices}"
                                                    "\n",
     "firewall-bypass", NULL, NULL},
    {"Public and secret on one host, by nobody's decision",
     "There was room on the board, and nobody has signed that the two may share it.",
     "host: bridge\n"
     "levels: [public, secret]\n"
     "domains:\n" DOMAIN("web") "    label: {level: public}\n" DOMAIN(
         "archive") "    label: {level: secret}\n",
     "mixed-levels", NULL, NULL},
    {"The USB stick that goes from one system to the next",
     "A stick that was in the internet machine carries its guest into the secret one.",
     "host: desk\n"
     "levels: [public, secret]\n" ACCEPTED "forbid_removable: [secret]\n"
     "domains:\n" DOMAIN("web") "    label: {level: public}\n" DOMAIN(
         "archive") "    label: {level: secret}\n"
                    "    devices: [{pci: \"00:14.0\", removable: true}]\n",
     "removable-level", NULL, NULL},
    {"The management interface on a working network",
     "Whoever takes one office machine finds the console of the hypervisor on the same wire.",
     "host: gate\n"
     "levels: [restricted]\n"
     "networks: {admin: {level: restricted}}\n"
     "domains:\n" DOMAIN(
         "office") "    label: {level: restricted}\n"
                   "    devices: [{pci: \"00:04.0\", network: admin}]\n"
                   "management:\n  cpus: 1\n  memory: 64M\n"
                   "  nic: {pci: \"00:03.0\", network: admin, address: 10.0.2.15/24}\n  admins:\n"
                   "    - {name: ops, key: ops.pub, role: operator, expires: 2199-12-31}\n",
     "management-network", NULL, NULL},
    {"The administrator who left",
     "The key of a man who left two years ago still opens the console.",
     "host: gate\n"
     "levels: [restricted]\n"
     "networks: {admin: {level: restricted}}\n"
     "domains:\n" DOMAIN(
         "office") "    label: {level: restricted}\n"
                   "management:\n  cpus: 1\n  memory: 64M\n"
                   "  nic: {pci: \"00:03.0\", network: admin, address: 10.0.2.15/24}\n  admins:\n"
                   "    - {name: ops, key: ops.pub, role: operator, expires: 2024-11-30}\n",
     "admin-expired", NULL, NULL},
    {"The backup beside what it backs up",
     "One power supply burns, and takes the original and its copy with it.",
     "host: store\n"
     "keep_apart: [[archive, archive-copy]]\n"
     "domains:\n" DOMAIN("archive") DOMAIN("archive-copy"),
     "keep-apart", NULL, NULL},
    {"The replicas that drift after a night repair",
     "One of two replicas was repaired by hand at night; since then they only look the same.",
     "host: replica-2\n"
     "domains:\n"
     "  - name: shop\n    cpus: 1\n    memory: 64M\n"
     "    boot:\n"
     "      linux: vmlinuz\n"
     "      initrd: payload.img\n"
     "      digest:\n"
     "        initrd: 5fd924625f6ab16a19cc9807c7c506ae1813490e4ba675f843d5a10e0baacdb8\n",
     "payload-digest", "repaired at night\n", NULL},
    {"From the internet to top secret through two respectable hosts",
     "Each host keeps apart what it may hold, and the network between them has one level; together "
     "they lead from one end to the other.",
     "host: gate\n"
     "assurance: 1\n" CASCADE_SITE
     "networks: {internet: {level: public, exposed: true}, joint: {level: confidential}}\n"
     "domains:\n" DOMAIN("web") "    label: {level: public}\n"
                                "    hardened: {by: house guide, date: 2026-01-31}\n"
                                "    devices: [{pci: \"00:04.0\", network: internet}]\n" DOMAIN(
                                    "desk") "    label: {level: confidential}\n"
                                            "    devices: [{pci: \"00:05.0\", network: joint}]\n",
     NULL, NULL,
     "host: archive\n"
     "assurance: 2\n" CASCADE_SITE "networks: {joint: {level: confidential}}\n"
     "domains:\n" DOMAIN("desk") "    label: {level: confidential}\n"
                                 "    devices: [{pci: \"00:05.0\", network: joint}]\n" DOMAIN(
                                     "vault") "    label: {level: top-secret}\n"},
};
const size_t accident_count = sizeof(accidents) / sizeof(accidents[0]);

/* The accidents name files that no one has, but for the one payload that is there. */
static bool is_expected(const char *rule)
{
    return strcmp(rule, "payload-missing") == 0 || strcmp(rule, "admin-key-file") == 0;
}

/* In a folder of its own, so that no file that lies where this is run counts. */
static void check_accident(struct check *check, const struct accident *accident)
{
    char folder[] = "/tmp/bulkhead-accident-XXXXXX";
    bool made = mkdtemp(folder) != NULL;
    const char *payload = say(&check->arena, "%s/payload.img", folder);
    FILE *file = made && accident->payload ? fopen(payload, "w") : NULL;

    if (file) {
        fputs(accident->payload, file);
        fclose(file);
    }
    check->beside_only = true;
    check_text(check, say(&check->arena, "%s/accident.yaml", folder), accident->manifest,
               strlen(accident->manifest));
    if (file)
        unlink(payload);
    if (made)
        rmdir(folder);
}

/* Writes the findings of the accident's rule; false if there are none, or others beside it. */
static bool write_findings(const struct accident *accident, FILE *out)
{
    struct check check = {.today = 20780}; /* 2026-11-23: the page is the same on every day */
    size_t found = 0, others = 0;

    check_accident(&check, accident);
    for (size_t i = 0; i < check.finding_count; i++) {
        const struct finding *finding = &check.findings[i];
        const char *rule = finding->rule->name;
        bool own = accident->rule && strcmp(rule, accident->rule) == 0;

        if (own)
            fprintf(out, "> line %u, `%s`: %s; %s\n\n", finding->at.line, rule, finding->what,
                    finding->remedy);
        found += own;
        others += !own && !is_expected(rule);
    }
    check_close(&check);
    return (found > 0 || !accident->rule) && others == 0;
}

/* What the site requires between the levels of CASCADE_SITE. */
static void require(struct cascade_table *table)
{
    cascade_table_deny(table);
    table->required[1][0] = 1;
    table->required[2][1] = 2;
    table->required[2][0] = 3;
}

/* Writes what the cascade analysis finds in two hosts; false if it is not one cascade. */
static bool write_cascade(const struct accident *accident, FILE *out)
{
    const char *manifests[] = {accident->manifest, accident->peer};
    struct fleet fleet = {0};
    struct cascade_table table = {3, {"public", "confidential", "top-secret"}, {{0}}, 0};
    struct cascade_result result;

    require(&table);
    for (int i = 0; i < 2; i++) {
        struct check check = {.today = 20780, .path = "accident.yaml"};

        schema_read(&check, manifests[i], strlen(manifests[i]));
        fleet_add(&fleet, &table, &check);
        check_close(&check);
    }
    fleet_finish(&fleet);
    cascade_run(&fleet.arena, &fleet.net, 1, true, &result);
    fprintf(out,
            "with\n\n```\n%s```\n\nand assurance 1 required between confidential and public, 2 "
            "between top-secret and confidential,\n3 between top-secret and public, `bulkhead "
            "cascade` says:\n\n```\n",
            accident->peer);
    if (result.finding_count > 0)
        cascade_print_finding(&fleet.net, &result.findings[0], out);
    fputs("```\n", out);
    bool stopped =
        fleet.problems == 0 && result.locals == 0 && result.directs == 0 && result.cascades == 1;
    arena_free(&fleet.arena);
    return stopped;
}

size_t accidents_write(FILE *out)
{
    size_t passed = 0;

    fputs("# Classic accidents\n"
          "\n"
          "<!-- Written by `bulkhead demo accidents`. -->\n"
          "\n"
          "What goes wrong again and again where many systems share few machines, each as a\n"
          "manifest that commits it, and the message with which `bulkhead check` stops it.\n",
          out);
    for (size_t i = 0; i < accident_count; i++) {
        fprintf(out, "\n## %zu %s\n\n%s\n\n```\n%s```\n\n", i + 1, accidents[i].title,
                accidents[i].story, accidents[i].manifest);
        bool stopped = write_findings(&accidents[i], out);
        if (accidents[i].peer)
            stopped &= write_cascade(&accidents[i], out);
        passed += !stopped;
    }
    return passed;
}

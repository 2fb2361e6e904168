/* SPDX-License-Identifier: Apache-2.0 */
/* Well-known accidents of estates with many systems on few machines, each as a manifest. */
#include "accidents.h"

#include "rules.h"
#include <string.h>

#define DOMAIN(name)                                                                               \
    "  - name: " name "\n    cpus: 1\n    memory: 64M\n    boot: {elf64: " name ".elf}\n"
#define ACCEPTED "mixed_levels: {accepted_by: accreditor, reason: one board, until: 2199-12-31}\n"

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
     "network-label"},
    {"Two networks on one trunk",
     "The separation of two levels hangs on the VLAN tags of one cable, and on every switch "
     "between.",
     "host: gate\n"
     "levels: [public, restricted]\n"
     "networks:\n"
     "  internet: {level: public, exposed: true}\n"
     "  offices: {level: restricted, trunk: [internet]}\n"
     "domains:\n" DOMAIN("proxy") "    label: {level: restricted}\n",
     "trunk-label"},
    {"The image that was copied with its credentials",
     "Another team gets a copy of a working image, and with it the password of its database.",
     "host: lab\n"
     "domains:\n"
     "  - name: production\n    cpus: 1\n    memory: 64M\n"
     "    boot: {elf64: shop.elf, identity: unique}\n"
     "  - name: trial\n    cpus: 1\n    memory: 64M\n    boot: {elf64: shop.elf}\n",
     "identity-twice"},
    {"Two copies write one database",
     "A copy is started beside the original; both hold the same disk and neither knows.",
     "host: ledger\n"
     "domains:\n" DOMAIN("ledger") "    devices: [{pci: \"01:00.0\", serial_number: "
                                   "S4EV-17}]\n" DOMAIN("copy") "    devices: [{pci: \"02:00.0\", "
                                                                "serial_number: S4EV-17}]\n",
     "device-serial"},
    {"One controller for two systems",
     "The disk controller is shared, and who has the one disk reads the other.",
     "host: plant\n"
     "domains:\n" DOMAIN("control") "    devices: [{pci: \"01:00.0\"}]\n" DOMAIN(
         "history") "    devices: [{pci: \"01:00.0\"}]\n",
     "device-twice"},
    {"The lax system beside the exposed one",
     "The web server is hardened; the forgotten print server beside it on the same host is not.",
     "host: front\n"
     "levels: [public]\n"
     "networks: {internet: {level: public, exposed: true}}\n"
     "domains:\n" DOMAIN("web") "    label: {level: public}\n"
                                "    hardened: {by: house guide, date: 2026-01-31}\n"
                                "    devices: [{pci: \"00:04.0\", network: internet}]\n" DOMAIN(
                                    "print") "    label: {level: public}\n",
     "exposed-neighbour"},
    {"The firewall virtualised with what it protects",
     "To save a box the firewall becomes one more guest of the host whose guests it protects.",
     "host: branch\n"
     "domains:\n" DOMAIN("firewall") "    role: firewall\n    protects: [database]\n" DOMAIN(
         "database"),
     "firewall-beside"},
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
     "firewall-bypass"},
    {"Public and secret on one host, by nobody's decision",
     "Step by step, respectable host by respectable host, the internet reaches what is secret.",
     "host: bridge\n"
     "levels: [public, secret]\n"
     "domains:\n" DOMAIN("web") "    label: {level: public}\n" DOMAIN(
         "archive") "    label: {level: secret}\n",
     "mixed-levels"},
    {"The USB stick that goes from one system to the next",
     "A stick that was in the internet machine carries its guest into the secret one.",
     "host: desk\n"
     "levels: [public, secret]\n" ACCEPTED "forbid_removable: [secret]\n"
     "domains:\n" DOMAIN("web") "    label: {level: public}\n" DOMAIN(
         "archive") "    label: {level: secret}\n"
                    "    devices: [{pci: \"00:14.0\", removable: true}]\n",
     "removable-level"},
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
     "management-network"},
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
     "admin-expired"},
    {"The backup beside what it backs up",
     "One power supply burns, and takes the original and its copy with it.",
     "host: store\n"
     "keep_apart: [[archive, archive-copy]]\n"
     "domains:\n" DOMAIN("archive") DOMAIN("archive-copy"),
     "keep-apart"},
};
const size_t accident_count = sizeof(accidents) / sizeof(accidents[0]);

/* Writes the findings of the accident's rule; false if there are none, or others beside it. */
static bool write_findings(const struct accident *accident, FILE *out)
{
    struct check check = {.today = 20780}; /* 2026-11-23: the page is the same on every day */
    size_t found = 0, others = 0;

    check_text(&check, "accident.yaml", accident->manifest, strlen(accident->manifest));
    for (size_t i = 0; i < check.finding_count; i++) {
        const struct finding *finding = &check.findings[i];
        const char *rule = finding->rule->name;

        if (strcmp(rule, accident->rule) == 0)
            fprintf(out, "> line %u, `%s`: %s; %s\n\n", finding->at.line, rule, finding->what,
                    finding->remedy);
        found += strcmp(rule, accident->rule) == 0;
        /* The accidents name files that no one has. */
        others += strcmp(rule, accident->rule) != 0 && strcmp(rule, "payload-missing") != 0 &&
                  strcmp(rule, "admin-key-file") != 0;
    }
    check_close(&check);
    return found > 0 && others == 0;
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
        passed += !write_findings(&accidents[i], out);
    }
    return passed;
}

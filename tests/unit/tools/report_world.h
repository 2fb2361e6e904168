/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests and pages for the tests of `bulkhead report`. */
#ifndef BULKHEAD_REPORT_WORLD_H
#define BULKHEAD_REPORT_WORLD_H

#include "tools/report/report.h"

#define BODY(name, more)                                                                           \
    "  - name: " name "\n    cpus: 1\n    memory: 64M\n"                                           \
    "    boot: {elf64: build/fixtures/good.elf}\n" more
#define START "host: gate\n"
#define ALONE START "domains:\n" BODY("one", "") BODY("two", "")
#define ADMINS                                                                                     \
    "management:\n  cpus: 1\n  memory: 64M\n"                                                      \
    "  nic: {pci: \"00:03.0\", network: admin, address: 10.0.2.15/24}\n"                           \
    "  admins:\n"                                                                                  \
    "    - {name: ops, key: build/fixtures/ops.pub, role: operator, expires: 2027-01-31}\n"        \
    "    - {name: audit, key: build/fixtures/audit.pub, role: auditor, expires: 2027-01-31}\n"

/* One of each kind of path: `a` and `b` meet on x, b joins x with y, z shares y's cable. */
#define PATHS                                                                                      \
    START                                                                                          \
    "networks:\n  x: {level: low}\n  y: {level: low, trunk: [mid]}\n"                              \
    "  mid: {level: low, trunk: [z]}\n  z: {level: low}\n"                                         \
    "  out: {level: low, one_way: {from: gate, to: far, by: diode}}\n  admin: {level: low}\n"      \
    "levels: [low]\ndomains:\n" BODY(                                                              \
        "a", "    label: {level: low}\n    serial: {port: com2}\n"                                 \
             "    devices: [{pci: \"00:04.0\", network: x}]\n    manage: [status, stop]\n")        \
        BODY("b", "    label: {level: low}\n    serial: {read: [auditor]}\n    devices: [{pci: "   \
                  "\"00:05.0\", network: x}, "                                                     \
                  "{pci: \"00:06.0\", network: y}]\n")                                             \
            BODY("c", "    label: {level: low}\n    devices: [{pci: \"00:07.0\", network: z}, "    \
                      "{pci: \"00:08.0\", network: out}]\n")                                       \
                BODY("d", "    label: {level: low}\n    devices: [{pci: \"00:09.0\", "             \
                          "network: y}]\n") ADMINS

/* `a` has a card and media, `b` a card, `c` nothing; each has a thread of a core of its own. */
#define SIDEBAND                                                                                   \
    "management:\n  cpus: [6]\n  memory: 64M\n  boot: {elf64: build/fixtures/good.elf}\n"          \
    "  nic: {pci: \"00:19.0\", network: admin, address: 10.0.2.15/24, accept_sideband: true}\n"    \
    "  admins:\n"                                                                                  \
    "    - {name: ops, key: build/fixtures/ops.pub, role: operator, expires: 2027-01-31}\n"
#define UNSAFE(kind)                                                                               \
    START "platform: {inventory: build/fixtures/boards/wide}\nlevels: [low]\n"                     \
          "networks: {x: {level: low}, y: {level: low}, admin: {level: low}}\ndomains:\n"          \
          "  - {name: a, label: {level: low}, cpus: [0], memory: 64M, boot: {elf64: "              \
          "build/fixtures/good.elf},\n     devices: [{pci: \"01:00.0\", network: x}, {pci: "       \
          "\"01:00.1\", network: x}, "                                                             \
          "{pci: \"00:14.0\", removable: true, accept_no_reset: true}]}\n"                         \
          "  - {name: b, label: {level: low}, cpus: [2], memory: 64M, boot: {elf64: "              \
          "build/fixtures/good.elf},\n     devices: [{pci: \"06:00.0\", network: y}]}\n"           \
          "  - {name: c, label: {level: low}, cpus: [4], memory: 64M, boot: {elf64: "              \
          "build/fixtures/good.elf}}\n" SIDEBAND "unsafe:\n"                                       \
          "  - {allow: split-core, reason: lab}\n  - {allow: split-iommu-group, reason: lab}\n"    \
          "  - {allow: " kind ", reason: lab}\n"

/* What the page's writer makes of it; the caller frees it. */
char *write_page(const struct page *page, bool markdown);

/* Checks a manifest, which has to be good. */
void read_manifest(struct check *check, const char *manifest);

/* The report of a manifest; the caller frees it. */
char *report_text(const char *manifest, bool markdown);

/* Fails unless `part` is in the text, or is not. */
void has(const char *text, const char *part);
void lacks(const char *text, const char *part);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* What the made-up machine consists of. */
#include "made_machine.h"
#include "made_parts.h"
#include <string.h>

static const struct manifest_domain domains[MADE_DOMAINS] = {
    [MADE_OFFICE] = {.name = "office",
                     .cpu_count = 2,
                     .memory = 1ull << 30,
                     .level = 1,
                     .manage = MANIFEST_RIGHTS,
                     .on_exit = MANIFEST_EXIT_RESTART,
                     .restart_limit = 3,
                     .serial_port = 1,
                     .serial_read = 1 << MANIFEST_OPERATOR | 1 << MANIFEST_AUDITOR,
                     .serial_write = 1 << MANIFEST_OPERATOR},
    [MADE_SECRETS] = {.name = "secrets",
                      .cpu_count = 1,
                      .memory = 512ull << 20,
                      .level = 3,
                      .categories = 3,
                      .manage = MANIFEST_MAY_STATUS | MANIFEST_MAY_START | MANIFEST_MAY_STOP,
                      .on_exit = MANIFEST_EXIT_STOP,
                      .serial_port = 2,
                      .serial_read = 1 << MANIFEST_OPERATOR},
    [MADE_GATEWAY] = {.name = "gateway",
                      .cpu_count = 1,
                      .memory = 256ull << 20,
                      .level = 2,
                      .categories = 2,
                      .start_after = 1 << MADE_OFFICE,
                      .manage = MANIFEST_MAY_STATUS | MANIFEST_MAY_COUNTERS | MANIFEST_MAY_RESTART |
                                MANIFEST_MAY_CHECK,
                      .on_exit = MANIFEST_EXIT_RESTART,
                      .serial_port = 3,
                      .serial_read = 1 << MANIFEST_OPERATOR | 1 << MANIFEST_AUDITOR},
    [MADE_PLANT] = {.name = "plant",
                    .cpu_count = 1,
                    .memory = 128ull << 20,
                    .level = 2,
                    .manage = MANIFEST_MAY_STATUS,
                    .on_exit = MANIFEST_EXIT_RESTART},
    [MADE_CONSOLE] = {.name = "console",
                      .flags = MANIFEST_IS_MANAGEMENT,
                      .cpu_count = 1,
                      .memory = 64ull << 20,
                      .level = 3,
                      .categories = 3},
};

static const struct manifest_name levels[] = {
    {.name = "public"},
    {.name = "restricted", .colour = MANIFEST_COLOUR | 0x00a1b2},
    {.name = "secret"}};
static const struct manifest_name categories[] = {{.name = "crypto"}, {.name = "plant"}};
static const struct manifest_network networks[] = {
    {.name = "internet", .level = 1, .exposed = 1},
    {.name = "plant-bus", .level = 2, .categories = 2},
    {.name = "admin", .level = 3},
};
static const struct manifest_device devices[] = {
    {.domain = MADE_OFFICE, .pci = 0x0100, .id = 0x808610d3, .network = 0},
    {.domain = MADE_GATEWAY, .pci = 0x0200, .id = 0x808610d3, .network = 0},
    {.domain = MADE_GATEWAY, .pci = 0x0208, .id = 0x808610c9, .network = 1},
    {.domain = MADE_SECRETS, .pci = 0x0300, .id = 0x1b360010, .network = MANIFEST_NONE},
    {.domain = MADE_CONSOLE, .pci = 0x0018, .id = 0x808610d3, .network = 2},
};

static struct manifest_domain made_domains[MADE_DOMAINS];

struct manifest_domain *made_domain(uint32_t domain)
{
    return &made_domains[domain];
}

void made_parts_start(void)
{
    memcpy(made_domains, domains, sizeof(domains));
}

static const struct management_machine *machine(void)
{
    static struct management_machine is;
    is = (struct management_machine){
        .host = "gate-7",
        .classification = "SECRET//CRYPTO,PLANT",
        .level = 3,
        .categories = 3,
        .lab = 1,
        .own = MADE_CONSOLE,
        .counts = {1, MADE_DOMAINS, sizeof(levels) / sizeof(levels[0]),
                   sizeof(categories) / sizeof(categories[0]),
                   sizeof(networks) / sizeof(networks[0]), sizeof(devices) / sizeof(devices[0])},
        .tsc_hz = MADE_HZ,
        .unix_time = made.unix_time,
        .unix_time_tsc = MADE_TSC_AT_BOOT,
    };
    memset(is.digest, 0xd1, sizeof(is.digest));
    return &is;
}

enum management_result made_describe(const struct management_request *request, void *answer,
                                     size_t room)
{
    const struct {
        const void *first;
        size_t bytes;
    } subjects[MANAGEMENT_SUBJECTS] = {
        [MANAGEMENT_MACHINE] = {machine(), sizeof(struct management_machine)},
        [MANAGEMENT_DOMAIN] = {made_domains, sizeof(made_domains[0])},
        [MANAGEMENT_LEVEL] = {levels, sizeof(levels[0])},
        [MANAGEMENT_CATEGORY] = {categories, sizeof(categories[0])},
        [MANAGEMENT_NETWORK] = {networks, sizeof(networks[0])},
        [MANAGEMENT_DEVICE] = {devices, sizeof(devices[0])},
    };
    if (request->detail >= MANAGEMENT_SUBJECTS ||
        request->index >= machine()->counts[request->detail]) {
        return MANAGEMENT_BAD_ARGUMENT;
    }
    size_t bytes = subjects[request->detail].bytes;
    memcpy(answer, (const char *)subjects[request->detail].first + request->index * bytes,
           bytes < room ? bytes : room);
    return MANAGEMENT_DONE;
}

struct console_info *made_info(void)
{
    static struct console_info info;
    info = (struct console_info){
        .magic = CONSOLE_MAGIC,
        .version = CONSOLE_VERSION,
        .bytes = sizeof(info),
        .nic = 1,
        .address = 0x0a00020f, /* 10.0.2.15 */
        .prefix = 24,
        .not_before = 20786, /* 2026-11-29 */
        .admin_count = MADE_ADMINS,
        .names = {"127.0.0.1:8443", "localhost:8443", "gate-7.example"},
        .admins = {{.name = "ops", .role = MANIFEST_OPERATOR, .expires = 20849},
                   {.name = "audit", .role = MANIFEST_AUDITOR, .expires = 20849},
                   {.name = "past", .role = MANIFEST_OPERATOR, .expires = 20786}},
    };
    memset(info.key_digest, 0x5e, sizeof(info.key_digest));
    return &info;
}

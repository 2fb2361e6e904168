/* SPDX-License-Identifier: Apache-2.0 */
/* A domain taken apart into facts: what it owns, what it boots, who may do what with it. */
#include "diff.h"

#include "tools/image/parts.h"
#include "tools/image/payload.h"
#include "tools/manifest/label.h"
#include "tools/manifest/schema_parse.h"
#include <inttypes.h>

void fact_payload(struct facts *facts, const char *what, const struct text *path)
{
    struct arena *arena = &facts->check->arena;
    const struct payload *file = path->value ? payload_open(facts->check, path->value) : NULL;
    uint8_t digest[32];

    if (!file || file->state != PAYLOAD_GOOD)
        return;
    payload_sha256(file, digest);
    const char *name = path->value == facts->check->console ? PART_CONSOLE : path->value;
    fact_add(facts, false, path->at, what,
             say(arena, "%s, SHA-256 %s", name, digest_text(arena, digest)));
}

static void boot(struct facts *facts, const struct model_boot *boot)
{
    fact_payload(facts, "boots linux", &boot->bzimage);
    fact_payload(facts, "boots with initrd", &boot->initrd);
    fact_payload(facts, "boots elf64", &boot->elf64);
    fact_text(facts, "command line", &boot->cmdline);
    fact_text(facts, "SHA-256 asked of linux", &boot->bzimage_digest);
    fact_text(facts, "SHA-256 asked of initrd", &boot->initrd_digest);
    fact_text(facts, "SHA-256 asked of elf64", &boot->elf64_digest);
    fact_word(facts, "identity of its payloads", "domains[].boot.identity", &boot->identity);
}

static void on_exit_of(struct facts *facts, const struct model_on_exit *on_exit)
{
    struct arena *arena = &facts->check->arena;
    const char *text = choice_word("domains[].on_exit.do", on_exit->action.value);

    if (on_exit->limit.valid)
        text = say(arena, "%s, at most %" PRIu64, text, on_exit->limit.value);
    if (on_exit->within.valid)
        text = say(arena, "%s within %" PRIu64 " seconds", text, on_exit->within.value);
    fact_add(facts, false, on_exit->at, "on exit", text);
}

static void device(struct facts *facts, const struct model_device *device)
{
    struct arena *arena = &facts->check->arena;
    const char *pci = pci_text(arena, device->pci.value);

    fact_add(facts, true, device->at, say(arena, "owns device %s", pci),
             device_identity(arena, device));
    if (device->network.value)
        fact_add(facts, true, device->network.at,
                 say(arena, "reaches network %s", device->network.value), NULL);
    if (device->removable.value)
        fact_add(facts, true, device->removable.at, say(arena, "removable media in %s", pci), NULL);
    if (device->accept_no_reset.value)
        fact_add(facts, true, device->accept_no_reset.at,
                 say(arena, "%s cannot be reset, and that is accepted", pci), NULL);
    if (device->accept_sideband.value)
        fact_add(facts, true, device->accept_sideband.at,
                 say(arena, "firmware shares %s, and that is accepted", pci), NULL);
    if (device->interrupts.value == INTERRUPTS_NONE)
        fact_add(facts, false, device->interrupts.at, say(arena, "%s stays silent", pci), NULL);
    if (device->on_reset_failure.value == RESET_FAILURE_GO_ON)
        fact_add(facts, false, device->on_reset_failure.at,
                 say(arena, "goes on where %s can't be reset", pci), NULL);
    fact_text(facts, say(arena, "%s sanitized by", pci), &device->sanitized_by);
}

/* Who may do what with it. */
static void rights(struct facts *facts, const struct model_domain *domain)
{
    struct arena *arena = &facts->check->arena;
    const struct model_serial *serial = &domain->serial;

    for (uint32_t i = 0; i < domain->manage.count; i++) {
        const struct number *right = listed(&domain->manage, i);

        fact_add(facts, true, right->at,
                 say(arena, "management may: %s", choice_word("domains[].manage[]", right->value)),
                 NULL);
    }
    for (uint32_t i = 0; i < serial->read.count; i++) {
        const struct number *role = listed(&serial->read, i);

        fact_add(facts, true, role->at,
                 say(arena, "serial port read by: %s",
                     choice_word("domains[].serial.read[]", role->value)),
                 NULL);
    }
    for (uint32_t i = 0; i < serial->write.count; i++) {
        const struct number *role = listed(&serial->write, i);

        fact_add(facts, true, role->at,
                 say(arena, "serial port written by: %s",
                     choice_word("domains[].serial.write[]", role->value)),
                 NULL);
    }
}

static void purpose(struct facts *facts, const struct model_domain *domain)
{
    struct arena *arena = &facts->check->arena;
    const struct model *model = &facts->check->model;

    fact_add(facts, false, is_written(domain->label.at) ? domain->label.at : domain->at, "label",
             label_text(arena, model, label_of(model, &domain->label)));
    fact_word(facts, "role", "domains[].role", &domain->role);
    for (uint32_t i = 0; i < domain->protects.count; i++) {
        const struct text *name = listed_text(&domain->protects, i);

        fact_add(facts, false, name->at, say(arena, "protects %s", name->value), NULL);
    }
    if (is_written(domain->hardened.at))
        fact_add(facts, false, domain->hardened.at, "hardened",
                 say(arena, "by %s on %s", domain->hardened.by.value,
                     date_text(arena, domain->hardened.date.value)));
}

void facts_of_domain(struct facts *facts, const struct model_domain *domain)
{
    struct arena *arena = &facts->check->arena;

    facts->group = say(arena, "domain %s", domain->name.value);
    purpose(facts, domain);
    fact_cpus(facts, &domain->cpus);
    fact_size(facts, "memory", &domain->memory);
    fact_size(facts, "memory begins at", &domain->memory_at);
    fact_count(facts, "ways of the cache", &domain->cache_ways);
    boot(facts, &domain->boot);
    on_exit_of(facts, &domain->on_exit);
    fact_word(facts, "on a DMA fault", "domains[].on_dma_fault", &domain->on_dma_fault);
    for (uint32_t i = 0; i < domain->start_after.count; i++) {
        const struct text *name = listed_text(&domain->start_after, i);

        fact_add(facts, false, name->at, say(arena, "starts after %s", name->value), NULL);
    }
    if (domain->serial.port.valid) /* its UART leads out of the machine */
        fact_add(facts, true, domain->serial.port.at, "serial port",
                 choice_word("domains[].serial.port", domain->serial.port.value));
    fact_count(facts, "serial port's interrupt line", &domain->serial.irq);
    if (domain->serial.polled.value)
        fact_add(facts, false, domain->serial.polled.at, "serial port is polled", NULL);
    rights(facts, domain);
    for (uint32_t i = 0; i < domain->devices.count; i++)
        device(facts, model_device(domain, i));
}

/* SPDX-License-Identifier: Apache-2.0 */
/* GET /v1/domains and /v1/domains/NAME. */
#include "api.h"
#include "exits.h"
#include "pending.h"
#include "platform.h"
#include "words.h"

bool domain_status(uint32_t index, uint32_t admin, struct management_status *status)
{
    return machine_may(admin, index, MANIFEST_MAY_STATUS) &&
           machine_ask(MANAGEMENT_STATUS, index, 0, admin, status, sizeof(*status)) ==
               MANAGEMENT_DONE;
}

static const char *level_of(uint32_t level)
{
    return level > 0 && level <= machine.level_count ? machine.levels[level - 1].name : NULL;
}

static void put_label(struct writer *to, const struct manifest_domain *is)
{
    char label[NAME_BYTES + MAX_CATEGORIES * (NAME_BYTES + 2)];
    struct writer text = {.text = label, .room = sizeof(label) - 1};
    const char *level = level_of(is->level);
    json_text(to, "level", level);
    json_begin(to, "categories", '[');
    write_text(&text, level ? level : "");
    bool first = true;
    for (uint32_t i = 0; i < machine.category_count; i++) {
        if (is->categories & 1u << i) {
            json_text(to, NULL, machine.categories[i].name);
            write_text(&text, first ? " (" : ", ");
            write_text(&text, machine.categories[i].name);
            first = false;
        }
    }
    json_end(to, ']');
    write_text(&text, first ? "" : ")");
    label[text.used] = 0;
    json_text(to, "label", level ? label : NULL);
}

static void put_device(struct writer *to, const struct manifest_device *device)
{
    char text[16];
    struct writer name = {.text = text, .room = sizeof(text) - 1};
    json_begin(to, NULL, '{');
    if (device->pci >> 16) {
        write_hex(&name, device->pci >> 16, 4);
        write_text(&name, ":");
    }
    write_hex(&name, device->pci >> 8 & 0xff, 2);
    write_text(&name, ":");
    write_hex(&name, device->pci >> 3 & 0x1f, 2);
    write_text(&name, ".");
    write_hex(&name, device->pci & 7, 1);
    text[name.used] = 0;
    json_text(to, "pci", text);
    name.used = 0;
    write_hex(&name, device->id >> 16, 4);
    write_text(&name, ":");
    write_hex(&name, device->id & 0xffff, 4);
    text[name.used] = 0;
    json_text(to, "id", device->id ? text : NULL);
    json_text(to, "network",
              device->network < machine.network_count ? machine.networks[device->network].name
                                                      : NULL);
    json_end(to, '}');
}

/* What it is by the manifest. */
static void put_belongings(struct writer *to, uint32_t index)
{
    const struct manifest_domain *is = &machine.domains[index];
    json_text(to, "name", is->name);
    put_label(to, is);
    json_number(to, "cpus", is->cpu_count);
    json_number(to, "memory", is->memory);
    json_begin(to, "devices", '[');
    for (uint32_t i = 0; i < machine.device_count; i++) {
        if (machine.devices[i].domain == index) {
            put_device(to, &machine.devices[i]);
        }
    }
    json_end(to, ']');
    json_begin(to, "start_after", '[');
    for (uint32_t i = 0; i < machine.domain_count; i++) {
        if (is->start_after & 1u << i) {
            json_text(to, NULL, machine.domains[i].name);
        }
    }
    json_end(to, ']');
}

static void put_rights(struct writer *to, uint32_t index, uint32_t admin)
{
    const char *word;
    json_begin(to, "may", '[');
    for (unsigned i = 0; (word = word_of_right(i)) != NULL; i++) {
        if (machine_may(admin, index, (enum manifest_right)(1 << i))) {
            json_text(to, NULL, word);
        }
    }
    if (machine_may_read(admin, index)) {
        json_text(to, NULL, "serial-read");
    }
    if (machine_may_write(admin, index)) {
        json_text(to, NULL, "serial-write");
    }
    json_end(to, ']');
}

static void put_fault(struct writer *to, uint32_t index, uint32_t admin, uint32_t reason)
{
    struct management_counters counters;
    if (reason == 0) {
        json_null(to, "fault");
        return;
    }
    json_begin(to, "fault", '{');
    json_number(to, "reason", reason & ~FAULT_DEAF);
    if (machine_may(admin, index, MANIFEST_MAY_COUNTERS) &&
        machine_ask(MANAGEMENT_COUNTERS, index, 0, admin, &counters, sizeof(counters)) ==
            MANAGEMENT_DONE) {
        json_address(to, "address", counters.fault_address);
    } else {
        json_null(to, "address");
    }
    json_bool(to, "deaf", reason & FAULT_DEAF);
    json_end(to, '}');
}

static void put_unless_zero(struct writer *to, const char *key, uint32_t value)
{
    if (value) {
        json_number(to, key, value);
    } else {
        json_null(to, key);
    }
}

static void put_status(struct writer *to, uint32_t index, uint32_t admin,
                       const struct management_status *status)
{
    json_text(to, "state", word_of_state(status->state));
    json_number(to, "since", status->ticks / machine.is.tsc_hz);
    json_number(to, "lives", status->lives);
    json_text(to, "last_end", word_of_end(status->last_end));
    if (status->restarts_left == MANAGEMENT_NO_LIMIT) {
        json_null(to, "restarts_left");
    } else {
        json_number(to, "restarts_left", status->restarts_left);
    }
    json_number(to, "ticket", status->ticket);
    json_number(to, "answered", status->answered);
    put_unless_zero(to, "stop_in", pending_seconds(index, status, platform_milliseconds()));
    json_number(to, "checks", status->checks);
    put_unless_zero(to, "check_failed", status->check_failed);
    put_fault(to, index, admin, status->fault_reason);
}

void domain_members(struct writer *to, uint32_t index, uint32_t admin,
                    const struct management_status *status)
{
    static const char *const unread[] = {"state",         "since",        "lives",    "last_end",
                                         "restarts_left", "ticket",       "answered", "stop_in",
                                         "checks",        "check_failed", "fault"};
    put_belongings(to, index);
    put_rights(to, index, admin);
    if (status) {
        put_status(to, index, admin, status);
        return;
    }
    for (size_t i = 0; i < sizeof(unread) / sizeof(unread[0]); i++) {
        json_null(to, unread[i]);
    }
}

static void put_domain(struct reply *reply, uint32_t index)
{
    struct management_status status;
    bool known = domain_status(index, reply->admin, &status);
    domain_members(&reply->to, index, reply->admin, known ? &status : NULL);
}

/* A domain a step. */
static bool list_step(struct reply *reply)
{
    if (reply->phase == 0) {
        json_begin(&reply->to, NULL, '{');
        json_begin(&reply->to, "domains", '[');
        reply->phase = 1;
        return true;
    }
    for (; reply->index < machine.domain_count; reply->index++) {
        if (!machine_is_own(reply->index)) {
            json_begin(&reply->to, NULL, '{');
            put_domain(reply, reply->index++);
            json_end(&reply->to, '}');
            return true;
        }
    }
    json_end(&reply->to, ']');
    json_end(&reply->to, '}');
    write_text(&reply->to, "\n");
    return false;
}

void api_domains(struct reply *reply)
{
    reply_steps(reply, REPLY_JSON, list_step);
}

static void put_exits(struct writer *to, uint32_t processor,
                      const struct management_counters *counters)
{
    json_begin(to, NULL, '{');
    json_number(to, "processor", processor);
    json_begin(to, "reasons", '{');
    for (uint32_t i = 0; i < PUBLIC_EXIT_KINDS; i++) {
        if (counters->exits[i]) {
            char text[EXIT_TEXT_BYTES];
            json_number(to, exit_word(platform_is_intel(), i, text), counters->exits[i]);
        }
    }
    json_end(to, '}');
    json_end(to, '}');
}

/* The domain first, then the counters of a processor a step. */
static bool domain_step(struct reply *reply)
{
    struct writer *to = &reply->to;
    struct management_counters counters;
    bool may = machine_may(reply->admin, reply->index, MANIFEST_MAY_COUNTERS);
    if (reply->phase == 0) {
        json_begin(to, NULL, '{');
        put_domain(reply, reply->index);
        reply->phase = 1;
        if (may) {
            json_begin(to, "counters", '{');
            json_begin(to, "exits", '[');
            return true;
        }
        json_null(to, "counters");
        json_end(to, '}');
        write_text(to, "\n");
        return false;
    }
    if (reply->cpu < machine.domains[reply->index].cpu_count) {
        if (machine_ask(MANAGEMENT_COUNTERS, reply->index, reply->cpu, reply->admin, &counters,
                        sizeof(counters)) == MANAGEMENT_DONE) {
            put_exits(to, reply->cpu, &counters);
            reply->sum += counters.refused_interrupts;
        }
        reply->cpu++;
        return true;
    }
    json_end(to, ']');
    json_number(to, "refused_interrupts", reply->sum);
    json_end(to, '}');
    json_end(to, '}');
    write_text(to, "\n");
    return false;
}

void api_domain(struct reply *reply, uint32_t index)
{
    reply_steps(reply, REPLY_JSON, domain_step);
    reply->index = index;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* GET /metrics: OpenMetrics 1.0, a family of metrics after the other. */
#include "api.h"
#include "exits.h"
#include "platform.h"
#include "session.h"
#include "words.h"

/* Names are printable ASCII; what the format would want escaped is in none of them. */
static void put_value(struct writer *to, const char *text)
{
    for (; *text; text++) {
        bool odd = *text == '"' || *text == '\\' || *text < ' ' || *text > '~';
        write_bytes(to, odd ? "?" : text, 1);
    }
}

static void put_label(struct writer *to, const char *before, const char *name, const char *value)
{
    write_text(to, before);
    write_text(to, name);
    write_text(to, "=\"");
    put_value(to, value);
    write_text(to, "\"");
}

static void put_number_label(struct writer *to, const char *name, uint64_t value)
{
    char text[24];
    struct writer number = {.text = text, .room = sizeof(text) - 1};
    write_number(&number, value);
    text[number.used] = 0;
    put_label(to, ",", name, text);
}

static void begin_family(struct writer *to, const char *name, const char *type, const char *help)
{
    write_text(to, "# TYPE ");
    write_text(to, name);
    write_text(to, " ");
    write_text(to, type);
    write_text(to, "\n# HELP ");
    write_text(to, name);
    write_text(to, " ");
    write_text(to, help);
    write_text(to, "\n");
}

static void begin_sample(struct writer *to, const char *name, const char *suffix, uint32_t index)
{
    write_text(to, name);
    write_text(to, suffix);
    put_label(to, "{", "domain", machine.domains[index].name);
}

static void end_sample(struct writer *to, uint64_t value)
{
    write_text(to, "} ");
    write_number(to, value);
    write_text(to, "\n");
}

static uint64_t seconds_of(const struct management_status *status)
{
    return status->ticks / machine.is.tsc_hz;
}

static uint64_t lives_of(const struct management_status *status)
{
    return status->lives;
}

static uint64_t restarts_left_of(const struct management_status *status)
{
    return status->restarts_left == MANAGEMENT_NO_LIMIT ? UINT64_MAX : status->restarts_left;
}

static uint64_t ticket_of(const struct management_status *status)
{
    return status->ticket;
}

static uint64_t answered_of(const struct management_status *status)
{
    return status->answered;
}

static uint64_t checks_of(const struct management_status *status)
{
    return status->checks;
}

static uint64_t check_failed_of(const struct management_status *status)
{
    return status->check_failed;
}

static uint64_t fault_of(const struct management_status *status)
{
    return status->fault_reason & ~FAULT_DEAF;
}

static uint64_t deaf_of(const struct management_status *status)
{
    return (status->fault_reason & FAULT_DEAF) != 0;
}

/* Of each domain's status one number; UINT64_MAX: it has none. */
static const struct family {
    const char *name, *type, *suffix, *help;
    uint64_t (*value)(const struct management_status *status);
} families[] = {
    {"bulkhead_domain_state_seconds", "gauge", "", "Time in the present state.", seconds_of},
    {"bulkhead_domain_lives", "counter", "_total", "Starts since boot.", lives_of},
    {"bulkhead_domain_restarts_left", "gauge", "", "Restarts that on_exit still allows.",
     restarts_left_of},
    {"bulkhead_domain_tickets", "counter", "_total", "Requests of management.", ticket_of},
    {"bulkhead_domain_tickets_answered", "counter", "_total", "Those that have come to rest.",
     answered_of},
    {"bulkhead_domain_checks", "counter", "_total", "Separation checks that were asked for.",
     checks_of},
    {"bulkhead_domain_check_failed", "gauge", "", "What the last of these found; 0: nothing.",
     check_failed_of},
    {"bulkhead_domain_dma_fault_reason", "gauge", "", "Of the last DMA fault; 0: none.", fault_of},
    {"bulkhead_domain_dma_faults_unheard", "gauge", "",
     "1: a function went on, and its IOMMU unit tells no more faults.", deaf_of},
};
enum { FAMILIES = sizeof(families) / sizeof(families[0]) };

static void put_family(struct reply *reply, const struct family *family)
{
    struct writer *to = &reply->to;
    begin_family(to, family->name, family->type, family->help);
    for (uint32_t i = 0; i < machine.domain_count; i++) {
        struct management_status status;
        if (machine_is_own(i) || !domain_status(i, reply->admin, &status)) {
            continue;
        }
        uint64_t value = family->value(&status);
        if (value != UINT64_MAX) {
            begin_sample(to, family->name, family->suffix, i);
            end_sample(to, value);
        }
    }
}

/* One sample a state, of which one is 1. */
static void put_states(struct reply *reply)
{
    static const char name[] = "bulkhead_domain_state";
    struct writer *to = &reply->to;
    begin_family(to, name, "stateset", "What it is doing.");
    for (uint32_t i = 0; i < machine.domain_count; i++) {
        struct management_status status;
        if (machine_is_own(i) || !domain_status(i, reply->admin, &status)) {
            continue;
        }
        for (uint32_t state = 0; state <= LIFE_STATES; state++) {
            begin_sample(to, name, "", i);
            put_label(to, ",", name, word_of_state(state));
            end_sample(to, status.state == state);
        }
    }
}

static void put_single(struct writer *to, const char *name, const char *type, const char *suffix,
                       const char *help, uint64_t value)
{
    begin_family(to, name, type, help);
    write_text(to, name);
    write_text(to, suffix);
    write_text(to, " ");
    write_number(to, value);
    write_text(to, "\n");
}

static void put_machine(struct reply *reply)
{
    static struct management_audit page;
    struct writer *to = &reply->to;
    begin_family(to, "bulkhead_machine", "info", "What runs.");
    put_label(to, "bulkhead_machine_info{", "host", machine.is.host);
    write_text(to, ",manifest=\"");
    write_hex_bytes(to, machine.is.digest, sizeof(machine.is.digest));
    write_text(to, "\"");
    end_sample(to, 1);
    put_single(to, "bulkhead_uptime_seconds", "gauge", "", "Time since boot.",
               machine_seconds(machine.is.unix_time_tsc, platform_tsc()));
    put_single(to, "bulkhead_console_connections", "gauge", "", "Open now.", session_count());
    if (audit_read(UINT64_MAX, reply->admin, &page)) {
        put_single(to, "bulkhead_audit_records", "counter", "_total", "Since boot.", page.next);
    }
}

static bool may_count(struct reply *reply, uint32_t index)
{
    return !machine_is_own(index) && machine_may(reply->admin, index, MANIFEST_MAY_COUNTERS);
}

static bool read_counters(struct reply *reply, uint32_t index, uint32_t processor,
                          struct management_counters *counters)
{
    return machine_ask(MANAGEMENT_COUNTERS, index, processor, reply->admin, counters,
                       sizeof(*counters)) == MANAGEMENT_DONE;
}

static void put_refused(struct reply *reply)
{
    static const char name[] = "bulkhead_domain_refused_interrupts";
    struct management_counters counters;
    begin_family(&reply->to, name, "counter", "Interrupts that it sent to where it may not.");
    for (uint32_t i = 0; i < machine.domain_count; i++) {
        uint64_t sum = 0;
        for (uint32_t k = 0; may_count(reply, i) && k < machine.domains[i].cpu_count; k++) {
            sum += read_counters(reply, i, k, &counters) ? counters.refused_interrupts : 0;
        }
        if (may_count(reply, i)) {
            begin_sample(&reply->to, name, "_total", i);
            end_sample(&reply->to, sum);
        }
    }
}

/* A processor a step; false: there are no more. */
static bool put_exits(struct reply *reply)
{
    static const char name[] = "bulkhead_domain_exits";
    struct management_counters counters;
    uint32_t index = reply->index, processor = reply->cpu++;
    if (index >= machine.domain_count) {
        return false;
    }
    if (!may_count(reply, index) || processor >= machine.domains[index].cpu_count ||
        !read_counters(reply, index, processor, &counters)) {
        reply->index++;
        reply->cpu = 0;
        return true;
    }
    for (uint32_t i = 0; i < PUBLIC_EXIT_KINDS; i++) {
        if (counters.exits[i]) {
            char text[EXIT_TEXT_BYTES];
            begin_sample(&reply->to, name, "_total", index);
            put_number_label(&reply->to, "processor", processor);
            put_label(&reply->to, ",", "reason", exit_word(platform_is_intel(), i, text));
            end_sample(&reply->to, counters.exits[i]);
        }
    }
    return true;
}

static bool metrics_step(struct reply *reply)
{
    uint32_t phase = reply->phase++;
    if (phase == 0) {
        put_machine(reply);
        put_states(reply);
    } else if (phase <= FAMILIES) {
        put_family(reply, &families[phase - 1]);
    } else if (phase == FAMILIES + 1) {
        put_refused(reply);
        begin_family(&reply->to, "bulkhead_domain_exits", "counter",
                     "Exits of this life, by the processor's reason.");
    } else if (put_exits(reply)) {
        reply->phase = phase;
    } else {
        write_text(&reply->to, "# EOF\n");
        return false;
    }
    return true;
}

void api_metrics(struct reply *reply)
{
    reply_steps(reply, "application/openmetrics-text; version=1.0.0; charset=utf-8", metrics_step);
}

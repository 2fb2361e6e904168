/* SPDX-License-Identifier: Apache-2.0 */
/* `machine`, `domains`, `status`, `metrics`: what is. */
#include "commands.h"
#include "table.h"

#include <stdlib.h>
#include <string.h>

static const char *number_text(struct arena *arena, int64_t number)
{
    return number < 0 ? NULL : say(arena, "%lld", (long long)number);
}

static const char *or_null(const char *text)
{
    return text ? text : "-";
}

/* "public, secret" of levels, "internet (public, exposed), lab" of networks. */
static void put_names(struct gather *to, const json_t *list)
{
    size_t i;
    json_t *value;

    json_array_foreach(list, i, value)
    {
        const char *name = json_string_value(json_object_get(value, "name"));
        const char *level = json_string_value(json_object_get(value, "level"));
        bool exposed = json_is_true(json_object_get(value, "exposed"));

        fprintf(to->out, "%s%s", i > 0 ? ", " : "", name ? name : "?");
        if (level || exposed)
            fprintf(to->out, " (%s%s)", level ? level : "no level", exposed ? ", exposed" : "");
    }
}

static const char *names_text(struct arena *arena, const json_t *list)
{
    struct gather to;

    gather_open(&to);
    put_names(&to, list);
    return gather_text(&to, arena);
}

static void print_machine(struct arena *arena, const struct machine_view *machine)
{
    pair_print(stdout, "host", machine->host);
    pair_print(stdout, "classification", machine->classification);
    pair_print(stdout, "manifest", machine->manifest);
    pair_print(stdout, "built", machine->lab ? "LAB, without --release" : "for release");
    pair_print(stdout, "version", machine->version);
    pair_print(stdout, "server key", machine->server_key);
    pair_print(stdout, "up", duration_text(arena, machine->uptime));
    pair_print(stdout, "time",
               machine->unix_time < 0
                   ? "the machine has no clock"
                   : say(arena, "%s%s", time_text(arena, machine->unix_time),
                         machine->believed ? "" : ", not to be believed: operators are refused"));
    pair_print(
        stdout, "you",
        say(arena, "%s, %s, until %s", machine->you, machine->role, or_null(machine->expires)));
    pair_print(stdout, "levels", names_text(arena, machine->levels));
    pair_print(stdout, "networks", names_text(arena, machine->networks));
}

enum exit_status ctl_machine(struct ctl *ctl)
{
    struct machine_view machine;
    json_t *object;
    enum exit_status status = api_object(ctl, "GET", "/v1/machine", NULL, &object);

    if (status != EXIT_GOOD)
        return status;
    const char *problem = machine_read(&ctl->arena, object, &machine);
    if (problem)
        status = api_malformed(ctl, problem);
    else if (ctl->json)
        json_print(object, true);
    else
        print_machine(&ctl->arena, &machine);
    json_decref(object);
    return status;
}

static void add_domain(struct table *table, const struct domain *domain)
{
    struct arena *arena = table->arena;
    const char *size = domain->memory >= 0 ? size_text(arena, (uint64_t)domain->memory) : NULL;
    const char *cells[] = {domain->name,
                           domain->label,
                           or_null(domain->state),
                           duration_text(arena, domain->since),
                           number_text(arena, domain->lives),
                           domain->last_end,
                           number_text(arena, domain->cpus),
                           size};

    rows_add(table, cells);
}

enum exit_status ctl_domains(struct ctl *ctl)
{
    static const char *const titles[] = {"DOMAIN", "LABEL",    "STATE", "SINCE",
                                         "LIVES",  "LAST END", "CPUS",  "MEMORY"};
    static const struct field fields[] = {{"domains", FIELD_LIST, false, 0}};
    struct table table;
    json_t *object, *value, *list = NULL;
    size_t i;
    enum exit_status status = api_object(ctl, "GET", "/v1/domains", NULL, &object);

    if (status != EXIT_GOOD)
        return status;
    const char *problem = API_READ(&ctl->arena, object, fields, &list);
    rows_open(&table, &ctl->arena, TABLE_COLUMNS, titles);
    for (i = 0; !problem && i < json_array_size(list); i++) {
        struct domain domain;

        value = json_array_get(list, i);
        problem = domain_read(&ctl->arena, value, &domain);
        if (!problem)
            add_domain(&table, &domain);
    }
    if (problem)
        status = api_malformed(ctl, problem);
    else if (ctl->json)
        json_print(object, true);
    else
        rows_print(&table, stdout);
    json_decref(object);
    return status;
}

/* "CPUID: 96, EPT violation: 3" for each processor, as the console calls reasons. */
static void print_exits(struct arena *arena, const json_t *list)
{
    size_t i;
    json_t *value, *count;
    const char *reason;

    json_array_foreach(list, i, value)
    {
        struct gather to;
        json_t *processor = json_object_get(value, "processor");
        bool first = true;

        gather_open(&to);
        json_object_foreach(json_object_get(value, "reasons"), reason, count)
        {
            fprintf(to.out, "%s%s: %lld", first ? "" : ", ", reason,
                    (long long)json_integer_value(count));
            first = false;
        }
        const char *key = say(arena, "exits, cpu %lld", (long long)json_integer_value(processor));
        pair_print(stdout, key, gather_text(&to, arena));
    }
}

static void print_counters(struct arena *arena, const json_t *counters)
{
    json_t *refused = json_object_get(counters, "refused_interrupts");

    if (!counters)
        return;
    pair_print(stdout, "interrupts",
               json_is_integer(refused)
                   ? say(arena, "%lld refused", (long long)json_integer_value(refused))
                   : NULL);
    print_exits(arena, json_object_get(counters, "exits"));
}

static const char *fault_text(struct arena *arena, const json_t *fault)
{
    const char *address = json_string_value(json_object_get(fault, "address"));

    if (!fault)
        return NULL;
    return say(arena, "reason %lld%s%s%s",
               (long long)json_integer_value(json_object_get(fault, "reason")),
               address ? ", address " : "", address ? address : "",
               json_is_true(json_object_get(fault, "deaf"))
                   ? "; it goes on after its quarantine: its IOMMU unit tells no more faults"
                   : "");
}

static void print_domain(struct arena *arena, const struct domain *domain)
{
    pair_print(stdout, "domain", domain->name);
    pair_print(stdout, "label", or_null(domain->label));
    pair_print(stdout, "state",
               domain->state
                   ? say(arena, "%s for %s", domain->state, duration_text(arena, domain->since))
                   : "you may not read it");
    pair_print(stdout, "lives", number_text(arena, domain->lives));
    pair_print(stdout, "last end", domain->last_end);
    pair_print(stdout, "restarts left", number_text(arena, domain->restarts_left));
    pair_print(stdout, "ticket",
               domain->ticket < 0 ? NULL
                                  : say(arena, "%lld, answered %lld", (long long)domain->ticket,
                                        (long long)domain->answered));
    if (domain->stop_in > 0)
        pair_print(stdout, "power button",
                   say(arena, "pressed; stopped in %s if still up",
                       duration_text(arena, domain->stop_in)));
    if (domain->checks > 0)
        pair_print(stdout, "checks",
                   say(arena, "%lld, the last one %s", (long long)domain->checks,
                       domain->check_failed > 0
                           ? say(arena, "FAILED (%lld)", (long long)domain->check_failed)
                           : "found nothing"));
    pair_print(stdout, "DMA fault", fault_text(arena, domain->fault));
    pair_print(stdout, "processors", number_text(arena, domain->cpus));
    pair_print(stdout, "memory", size_text(arena, (uint64_t)domain->memory));
    pair_print(stdout, "devices", api_devices(arena, domain->devices));
    pair_print(stdout, "starts after", api_texts(arena, domain->start_after));
    pair_print(stdout, "you may", api_texts(arena, domain->may));
    print_counters(arena, domain->counters);
}

enum exit_status ctl_status(struct ctl *ctl, const char *name)
{
    struct domain domain;
    json_t *object;
    enum exit_status status =
        api_object(ctl, "GET", domain_path(&ctl->arena, name, ""), NULL, &object);

    if (status != EXIT_GOOD)
        return status;
    const char *problem = domain_read(&ctl->arena, object, &domain);
    if (problem)
        status = api_malformed(ctl, problem);
    else if (ctl->json)
        json_print(object, true);
    else
        print_domain(&ctl->arena, &domain);
    json_decref(object);
    return status;
}

enum exit_status ctl_metrics(struct ctl *ctl)
{
    struct reply reply;
    enum exit_status status = api_ask(ctl, "GET", "/metrics", NULL, &reply);

    if (status != EXIT_GOOD)
        return status;
    for (char *line = reply.body, *end; line && *line; line = end) {
        end = line + strcspn(line, "\n");
        bool more = *end == '\n';

        *end = 0;
        put_safely(stdout, line);
        putchar('\n');
        end += more;
    }
    reply_close(&reply);
    return status;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Objects of the API, read by tables: what is missing or of another kind is never guessed. */
#include "api.h"

#include <stddef.h>
#include <string.h>

#define LARGEST_NUMBER ((INT64_C(1) << 53) - 1)

enum { TEXT_BYTES = 16 << 10 };

static const char *const kind_words[] = {"a text of at most 16 KiB", "a number from 0 to 2^53 - 1",
                                         "true or false", "a list", "an object"};

static bool take(const json_t *value, enum field_kind kind, void *place)
{
    switch (kind) {
    case FIELD_TEXT:
        *(const char **)place = json_string_value(value);
        return json_is_string(value) && json_string_length(value) <= TEXT_BYTES;
    case FIELD_NUMBER:
        *(int64_t *)place = json_integer_value(value);
        return json_is_integer(value) && json_integer_value(value) >= 0 &&
               json_integer_value(value) <= LARGEST_NUMBER;
    case FIELD_TRUTH:
        *(bool *)place = json_is_true(value);
        return json_is_boolean(value);
    case FIELD_LIST:
        *(const json_t **)place = value;
        return json_is_array(value);
    default:
        *(const json_t **)place = value;
        return json_is_object(value);
    }
}

static void take_null(enum field_kind kind, void *place)
{
    if (kind == FIELD_NUMBER)
        *(int64_t *)place = -1;
    else if (kind == FIELD_TRUTH)
        *(bool *)place = false;
    else
        *(const void **)place = NULL;
}

const char *api_read(struct arena *arena, const json_t *object, const struct field *fields,
                     size_t count, void *out)
{
    if (!json_is_object(object))
        return "something that must be an object is none";
    for (size_t i = 0; i < count; i++) {
        const struct field *field = &fields[i];
        const json_t *value = json_object_get(object, field->key);
        void *place = (char *)out + field->offset;

        if (field->nullable && (!value || json_is_null(value)))
            take_null(field->kind, place);
        else if (!take(value, field->kind, place))
            return say(arena, "`%s` is %s", field->key,
                       value ? say(arena, "not %s", kind_words[field->kind]) : "missing");
    }
    return NULL;
}

const char *api_texts(struct arena *arena, const json_t *list)
{
    struct gather to;
    size_t i;
    json_t *value;

    gather_open(&to);
    json_array_foreach(list, i, value)
    {
        fprintf(to.out, "%s%s", i > 0 ? ", " : "",
                json_is_string(value) ? json_string_value(value) : "?");
    }
    return gather_text(&to, arena);
}

const char *api_devices(struct arena *arena, const json_t *list)
{
    struct gather to;
    size_t i;
    json_t *value;

    gather_open(&to);
    json_array_foreach(list, i, value)
    {
        const char *pci = json_string_value(json_object_get(value, "pci"));
        const char *id = json_string_value(json_object_get(value, "id"));
        const char *network = json_string_value(json_object_get(value, "network"));

        fprintf(to.out, "%s%s%s%s%s%s", i > 0 ? ", " : "", pci ? pci : "?", id ? " " : "",
                id ? id : "", network ? " on " : "", network ? network : "");
    }
    return gather_text(&to, arena);
}

const char *domain_read(struct arena *arena, const json_t *object, struct domain *out)
{
    static const struct field fields[] = {
        {"name", FIELD_TEXT, false, offsetof(struct domain, name)},
        {"level", FIELD_TEXT, true, offsetof(struct domain, level)},
        {"label", FIELD_TEXT, true, offsetof(struct domain, label)},
        {"categories", FIELD_LIST, false, offsetof(struct domain, categories)},
        {"cpus", FIELD_NUMBER, false, offsetof(struct domain, cpus)},
        {"memory", FIELD_NUMBER, false, offsetof(struct domain, memory)},
        {"devices", FIELD_LIST, false, offsetof(struct domain, devices)},
        {"start_after", FIELD_LIST, false, offsetof(struct domain, start_after)},
        {"may", FIELD_LIST, false, offsetof(struct domain, may)},
        {"state", FIELD_TEXT, true, offsetof(struct domain, state)},
        {"since", FIELD_NUMBER, true, offsetof(struct domain, since)},
        {"lives", FIELD_NUMBER, true, offsetof(struct domain, lives)},
        {"last_end", FIELD_TEXT, true, offsetof(struct domain, last_end)},
        {"restarts_left", FIELD_NUMBER, true, offsetof(struct domain, restarts_left)},
        {"ticket", FIELD_NUMBER, true, offsetof(struct domain, ticket)},
        {"answered", FIELD_NUMBER, true, offsetof(struct domain, answered)},
        {"stop_in", FIELD_NUMBER, true, offsetof(struct domain, stop_in)},
        {"checks", FIELD_NUMBER, true, offsetof(struct domain, checks)},
        {"check_failed", FIELD_NUMBER, true, offsetof(struct domain, check_failed)},
        {"fault", FIELD_OBJECT, true, offsetof(struct domain, fault)},
        {"counters", FIELD_OBJECT, true, offsetof(struct domain, counters)},
    };
    return API_READ(arena, object, fields, out);
}

const char *machine_read(struct arena *arena, const json_t *object, struct machine_view *out)
{
    static const struct field fields[] = {
        {"host", FIELD_TEXT, false, offsetof(struct machine_view, host)},
        {"manifest", FIELD_TEXT, false, offsetof(struct machine_view, manifest)},
        {"classification", FIELD_TEXT, true, offsetof(struct machine_view, classification)},
        {"server_key", FIELD_TEXT, true, offsetof(struct machine_view, server_key)},
        {"version", FIELD_TEXT, true, offsetof(struct machine_view, version)},
        {"uptime", FIELD_NUMBER, true, offsetof(struct machine_view, uptime)},
        {"lab", FIELD_TRUTH, false, offsetof(struct machine_view, lab)},
        {"levels", FIELD_LIST, false, offsetof(struct machine_view, levels)},
        {"networks", FIELD_LIST, false, offsetof(struct machine_view, networks)},
        {"you", FIELD_OBJECT, false, offsetof(struct machine_view, you_object)},
        {"time", FIELD_OBJECT, false, offsetof(struct machine_view, time_object)},
    };
    static const struct field who[] = {
        {"name", FIELD_TEXT, false, offsetof(struct machine_view, you)},
        {"role", FIELD_TEXT, false, offsetof(struct machine_view, role)},
        {"expires", FIELD_TEXT, true, offsetof(struct machine_view, expires)},
    };
    static const struct field when[] = {
        {"unix", FIELD_NUMBER, true, offsetof(struct machine_view, unix_time)},
        {"believed", FIELD_TRUTH, false, offsetof(struct machine_view, believed)},
    };
    const char *problem = API_READ(arena, object, fields, out);

    problem = problem ? problem : API_READ(arena, out->you_object, who, out);
    return problem ? problem : API_READ(arena, out->time_object, when, out);
}

const char *domain_path(struct arena *arena, const char *name, const char *action)
{
    return say(arena, "/v1/domains/%s%s%s", name, *action ? "/" : "", action);
}

bool domain_name_is_good(const char *name)
{
    size_t length = strlen(name);

    return length > 0 && length < NAME_BYTES &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == length && name[0] != '-' &&
           name[length - 1] != '-';
}

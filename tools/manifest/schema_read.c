/* SPDX-License-Identifier: Apache-2.0 */
/* Walks a YAML document along the table of keys and fills the model. */
#include "schema.h"

#include "kernel/abi/limits.h"
#include "schema_blame.h"
#include "schema_hint.h"
#include "tools/image/payload.h"
#include "yaml_load.h"
#include <string.h>

struct reader {
    struct check *check;
    yaml_document_t *document;
};

/* One mapping that is being read: a section, or an item of a list. */
struct section {
    const char *path;    /* "domains[].boot" */
    const char *subject; /* whose keys they are: "domain office: boot" */
    char *base;          /* the structure that its keys' offsets count from */
};

static void read_mapping(struct reader *reader, const struct section *section,
                         const yaml_node_t *node);

static yaml_node_t *node_of(const struct reader *reader, int index)
{
    return yaml_document_get_node(reader->document, index);
}

static struct place at_node(const struct reader *reader, const yaml_node_t *node)
{
    return yaml_place(reader->check, node->start_mark);
}

static struct scalar scalar_of(const struct reader *reader, const yaml_node_t *node)
{
    return (struct scalar){(const char *)node->data.scalar.value, node->data.scalar.length,
                           node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE,
                           at_node(reader, node)};
}

/* Puts the defaults into a structure; `container` is "" or the path of a list's items. */
static void store_defaults(struct check *check, const char *container, char *base)
{
    size_t length = strlen(container);

    for (size_t i = 0; i < key_count; i++) {
        const struct key *key = &keys[i];
        const char *rest = key->path + length;

        if (!key->fallback || strncmp(key->path, container, length) != 0 || strchr(rest, '['))
            continue;
        struct scalar scalar = {key->fallback, strlen(key->fallback), true, {0}};
        key_store_scalar(check, key, "a default", &scalar, base + key->offset);
    }
}

static const char *plural(struct arena *arena, const char *noun)
{
    size_t length = strlen(noun);

    return noun[length - 1] == 'y' ? say(arena, "%.*sies", (int)length - 1, noun)
                                   : say(arena, "%ss", noun);
}

/* One value as text that can stand in a message; NULL: it is none. */
static const char *plain_text(struct reader *reader, const yaml_node_t *node)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.:/";

    if (node->type != YAML_SCALAR_NODE || node->data.scalar.length == 0)
        return NULL;
    const char *text = say(&reader->check->arena, "%.*s", (int)node->data.scalar.length,
                           (const char *)node->data.scalar.value);
    return strspn(text, plain) == node->data.scalar.length ? text : NULL;
}

static void report_kind(struct reader *reader, const struct section *section, const struct key *key,
                        const yaml_node_t *node)
{
    static const char *const kinds[] = {
        [YAML_SCALAR_NODE] = "a single value",
        [YAML_SEQUENCE_NODE] = "a list",
        [YAML_MAPPING_NODE] = "a section with keys",
    };
    struct arena *arena = &reader->check->arena;
    const char *text = key->type == KEY_SECTION ? plain_text(reader, node) : NULL;
    const char *hint = text ? hint_section(arena, key, text) : NULL;

    report_as(reader->check, "type", at_node(reader, node),
              say(arena, "%s: `%s` is %s", section->subject, key_name(key), kinds[node->type]),
              hint ? hint
              : key->type == KEY_LIST && node->type == YAML_MAPPING_NODE
                  ? say(arena, "write a `-` before the first key of each %s, or `%s: [{...}]`",
                        key->noun, key_name(key))
                  : say(arena, "write %s", key_expectation(arena, key)));
}

/* "domain office", or "domain 2" as long as no good name is known. */
static const char *item_subject(struct reader *reader, const struct key *list,
                                const yaml_node_t *item, uint32_t index, const char *out)
{
    struct arena *arena = &reader->check->arena;
    const struct text *own = (const struct text *)(const void *)(out + sizeof(struct place));

    if (list->type == KEY_MAP && own->value)
        return say(arena, "%s %s", list->noun, own->value);

    for (yaml_node_pair_t *pair = item->data.mapping.pairs.start;
         item->type == YAML_MAPPING_NODE && pair < item->data.mapping.pairs.top; pair++) {
        const yaml_node_t *name = node_of(reader, pair->key), *value = node_of(reader, pair->value);

        if (name->type == YAML_SCALAR_NODE && value->type == YAML_SCALAR_NODE &&
            strcmp((const char *)name->data.scalar.value, "name") == 0 &&
            value->data.scalar.length > 0 &&
            strspn((const char *)value->data.scalar.value,
                   "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") ==
                value->data.scalar.length)
            return say(arena, "%s %.40s", list->noun, (const char *)value->data.scalar.value);
    }
    return say(arena, "%s %u", list->noun, index + 1);
}

/* Items of a list inside another say whose they are. */
static const char *within(struct reader *reader, const struct section *section, const char *subject)
{
    return *section->path ? say(&reader->check->arena, "%s: %s", section->subject, subject)
                          : subject;
}

/* Returns false if the number of items is out of range. */
static bool read_list(struct reader *reader, const struct section *section, const struct key *key,
                      const yaml_node_t *node, struct list *out);

static void read_item(struct reader *reader, const struct section *section, const struct key *list,
                      const yaml_node_t *node, uint32_t index, char *out)
{
    struct arena *arena = &reader->check->arena;
    const char *path = say(arena, "%s[]", list->path);
    const struct key *item = key_at(path);

    if (item && item->type == KEY_LIST && node->type == YAML_SEQUENCE_NODE) {
        read_list(reader, section, item, node, (struct list *)(void *)out);
    } else if (item && item->type != KEY_LIST && node->type == YAML_SCALAR_NODE) {
        struct scalar scalar = scalar_of(reader, node);

        key_store_scalar(reader->check, item, section->subject, &scalar, out);
    } else if ((!item || key_is_either(list)) && node->type == YAML_MAPPING_NODE) {
        struct section inner = {
            path, within(reader, section, item_subject(reader, list, node, index, out)), out};

        *(struct place *)(void *)out = at_node(reader, node);
        store_defaults(reader->check, say(arena, "%s.", path), out);
        read_mapping(reader, &inner, node);
    } else {
        report_as(reader->check, "type", at_node(reader, node),
                  say(arena, "%s: %s %u is not %s", section->subject, list->noun, index + 1,
                      !item                    ? "a section with keys"
                      : item->type == KEY_LIST ? "a list"
                                               : "a single value"),
                  item ? say(arena, "write %s", key_expectation(arena, item))
                       : say(arena, "write the keys of one %s below its `-`", list->noun));
    }
}

static bool read_list(struct reader *reader, const struct section *section, const struct key *key,
                      const yaml_node_t *node, struct list *out)
{
    struct arena *arena = &reader->check->arena;
    size_t count = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
    bool good = count >= key->min && count <= key->max;

    out->at = at_node(reader, node);
    if (!good)
        report_as(reader->check, "range", out->at,
                  say(arena, "%s: `%s` lists %zu %s", section->subject, key_name(key), count,
                      plural(arena, key->noun)),
                  say(arena, "list %llu to %llu", (unsigned long long)key->min,
                      (unsigned long long)key->max));
    out->count = (uint32_t)(count < key->max ? count : key->max);
    out->item_bytes = (uint32_t)key->item_bytes;
    out->items = arena_take(arena, out->count * key->item_bytes + 1);
    for (uint32_t i = 0; i < out->count; i++)
        read_item(reader, section, key, node_of(reader, node->data.sequence.items.start[i]), i,
                  (char *)out->items + i * key->item_bytes);
    report_repeated(reader->check, section->subject, key, out);
    return good;
}

/*
 * A mapping whose keys are names; items begin with their place and their name. Those that another
 * file had before stay in front.
 */
static void read_map(struct reader *reader, const struct section *section, const struct key *key,
                     const yaml_node_t *node, struct list *out)
{
    static const struct key name_key = {
        "name", KEY_NAME, true, 1, NAME_BYTES - 1, .text = "The name under which it stands."};
    struct arena *arena = &reader->check->arena;
    const yaml_node_pair_t *pairs = node->data.mapping.pairs.start;
    const struct list had = *out;
    size_t count = had.count + (size_t)(node->data.mapping.pairs.top - pairs);

    if (had.count == 0)
        out->at = at_node(reader, node);
    if (count < key->min || count > key->max)
        report_as(reader->check, "range", at_node(reader, node),
                  say(arena, "%s: `%s` has %zu %s", section->subject, key_name(key), count,
                      plural(arena, key->noun)),
                  say(arena, "write %llu to %llu", (unsigned long long)key->min,
                      (unsigned long long)key->max));
    out->count = (uint32_t)(count < key->max ? count : key->max);
    out->item_bytes = (uint32_t)key->item_bytes;
    out->items = arena_take(arena, out->count * key->item_bytes + 1);
    if (had.count > 0)
        memcpy(out->items, had.items, had.count * key->item_bytes);
    for (uint32_t i = had.count; i < out->count; i++) {
        char *item = (char *)out->items + i * key->item_bytes;
        const yaml_node_t *name = node_of(reader, pairs[i - had.count].key);

        if (name->type == YAML_SCALAR_NODE) {
            struct scalar scalar = scalar_of(reader, name);
            key_store_scalar(reader->check, &name_key, key->noun, &scalar,
                             item + sizeof(struct place));
        }
        read_item(reader, section, key, node_of(reader, pairs[i - had.count].value), i, item);
        *(struct place *)(void *)item = at_node(reader, name);
    }
}

static void read_count_or_list(struct reader *reader, const struct section *section,
                               const struct key *key, const yaml_node_t *node,
                               struct count_or_list *out)
{
    struct number count = {0};

    out->at = at_node(reader, node);
    if (node->type == YAML_SEQUENCE_NODE) {
        out->is_list = true;
        out->valid = read_list(reader, section, key, node, &out->list);
        out->value = out->list.count;
        return;
    }
    struct scalar scalar = scalar_of(reader, node);
    key_store_scalar(reader->check, key, section->subject, &scalar, &count);
    out->valid = count.valid;
    out->value = count.value;
}

static void read_value(struct reader *reader, const struct section *section, const struct key *key,
                       const yaml_node_t *node)
{
    char *out = section->base + key->offset;
    struct arena *arena = &reader->check->arena;

    if (key->type == KEY_SECTION && node->type == YAML_MAPPING_NODE) {
        const char *subject =
            *section->path ? say(arena, "%s: %s", section->subject, key_name(key)) : key_name(key);
        struct section inner = {key->path, subject, section->base};

        *(struct place *)(void *)out = at_node(reader, node);
        read_mapping(reader, &inner, node);
    } else if (key->type == KEY_LIST && node->type == YAML_SEQUENCE_NODE) {
        read_list(reader, section, key, node, (struct list *)(void *)out);
    } else if (key->type == KEY_MAP && node->type == YAML_MAPPING_NODE) {
        read_map(reader, section, key, node, (struct list *)(void *)out);
    } else if (key->type == KEY_COUNT_OR_LIST && node->type != YAML_MAPPING_NODE) {
        read_count_or_list(reader, section, key, node, (struct count_or_list *)(void *)out);
    } else if (key->type > KEY_COUNT_OR_LIST && node->type == YAML_SCALAR_NODE) {
        struct scalar scalar = scalar_of(reader, node);

        key_store_scalar(reader->check, key, section->subject, &scalar, out);
    } else {
        report_kind(reader, section, key, node);
        /* Not absent, only unusable: rules must not ask for it a second time. */
        if (key->type != KEY_SECTION)
            *(struct place *)(void *)out = at_node(reader, node);
    }
}

/* What a mapping has of one key. */
struct seen {
    struct place at;
    bool misspelt; /* an unknown key was probably meant to be this one */
};

static void read_pair(struct reader *reader, const struct section *section,
                      const yaml_node_pair_t *pair, struct seen *seen)
{
    struct check *check = reader->check;
    const yaml_node_t *node = node_of(reader, pair->key);

    if (node->type != YAML_SCALAR_NODE) {
        report_as(check, "unknown-key", at_node(reader, node),
                  say(&check->arena, "%s: a list or section stands where a key must be",
                      section->subject),
                  "write `key: value`");
        return;
    }
    struct scalar name = scalar_of(reader, node);
    const struct key *key = key_find(section->path, name.text, name.length);
    if (!key) {
        const char *written = plain_text(reader, node_of(reader, pair->value));
        const struct key *meant =
            report_unknown(check, section->path, section->subject, &name, written);

        if (meant)
            seen[meant - keys].misspelt = true;
        return;
    }
    struct place *first = &seen[key - keys].at;
    if (is_written(*first) && (key->type != KEY_MAP || strcmp(first->file, check->path) == 0)) {
        report_as(check, "duplicate-key", name.at,
                  say(&check->arena, "%s: `%s` is here and on %s", section->subject, key_name(key),
                      line_of(check, *first)),
                  "keep one of the two");
        return;
    }
    *first = name.at;
    read_value(reader, section, key, node_of(reader, pair->value));
}

static void read_pairs(struct reader *reader, const struct section *section,
                       const yaml_node_t *node, struct seen *seen)
{
    for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top && !check_full(reader->check); pair++)
        read_pair(reader, section, pair, seen);
}

static void report_missing(struct reader *reader, const struct section *section,
                           const yaml_node_t *node, const struct seen *seen)
{
    struct check *check = reader->check;

    for (size_t i = 0; i < key_count; i++) {
        const struct key *key = &keys[i];

        if (key->required && !is_written(seen[i].at) && !seen[i].misspelt &&
            key_is_child(key, section->path))
            report_as(check, "missing-key", at_node(reader, node),
                      say(&check->arena, "%s has no `%s`", section->subject, key_name(key)),
                      say(&check->arena, "add `%s:`, %s", key_name(key),
                          key_expectation(&check->arena, key)));
    }
}

static void read_mapping(struct reader *reader, const struct section *section,
                         const yaml_node_t *node)
{
    struct arena passing = {0}; /* a fleet keeps the check's own */
    struct seen *seen = arena_take(&passing, key_count * sizeof(*seen));

    read_pairs(reader, section, node, seen);
    report_missing(reader, section, node, seen);
    arena_free(&passing);
}

/* The keys of an included file, as if they stood in the manifest; places name the file. */
static void read_included(struct check *check, const struct section *root, const char *path,
                          const struct payload *file, struct seen *seen)
{
    const char *manifest = check->path;
    struct list nested = check->model.include;
    yaml_document_t document;
    struct reader reader = {check, &document};

    check->path = path;
    if (yaml_load(check, (const char *)file->bytes, file->size, &document)) {
        const yaml_node_t *node = yaml_document_get_root_node(&document);

        if (node->type == YAML_MAPPING_NODE)
            read_pairs(&reader, root, node, seen);
        else
            report_as(check, "type", at_node(&reader, node),
                      "the included file is not a section with keys", "write `key: value`");
        yaml_document_delete(&document);
    }
    check->path = manifest;
    check->model.include = nested;
}

static void read_includes(struct check *check, const struct section *root, struct seen *seen)
{
    for (uint32_t i = 0; i < check->model.include.count; i++) {
        const struct text *path = listed_text(&check->model.include, i);
        const struct payload *file = path->value ? payload_open(check, path->value) : NULL;

        if (file && file->state == PAYLOAD_GOOD)
            read_included(check, root, file->resolved, file, seen);
        else if (file)
            report_as(check, "include", path->at,
                      say(&check->arena, "the file cannot be included: %s",
                          file->state == PAYLOAD_UNREADABLE ? payload_searched(check, path->value)
                                                            : "it is empty or no regular file"),
                      "correct the path: it counts from the manifest's folder");
    }
}

void schema_read(struct check *check, const char *text, size_t bytes)
{
    yaml_document_t document;
    struct reader reader = {check, &document};
    struct section root = {"", "the manifest", (char *)&check->model};
    struct seen *seen = arena_take(&check->arena, key_count * sizeof(*seen));

    store_defaults(check, "", root.base);
    if (!yaml_load(check, text, bytes, &document))
        return;
    const yaml_node_t *node = yaml_document_get_root_node(&document);
    if (node->type == YAML_MAPPING_NODE) {
        read_pairs(&reader, &root, node, seen);
        read_includes(check, &root, seen);
        report_missing(&reader, &root, node, seen);
    } else {
        report_as(check, "type", at_node(&reader, node), "the manifest is not a section with keys",
                  "begin with `host: NAME`; `bulkhead check --help` shows an example");
    }
    yaml_document_delete(&document);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What a site requires between two of its levels. */
#include "table.h"

#include "cascade.h"
#include "tools/manifest/yaml_load.h"
#include "tools/mapped.h"
#include <string.h>

struct reader {
    struct check *check;
    yaml_document_t *document;
    struct cascade_table *table;
};

void cascade_table_deny(struct cascade_table *table)
{
    for (uint32_t from = 0; from < TABLE_LEVELS; from++) {
        for (uint32_t to = 0; to < TABLE_LEVELS; to++)
            table->required[from][to] = from > to ? CASCADE_NEVER : 0;
    }
    table->category = CASCADE_NEVER;
}

uint32_t cascade_table_level(const struct cascade_table *table, const char *name)
{
    for (uint32_t i = 0; i < table->level_count; i++) {
        if (strcmp(table->levels[i], name) == 0)
            return i;
    }
    return TABLE_LEVELS;
}

static void refuse(struct reader *reader, const yaml_node_t *node, const char *rule,
                   const char *what, const char *remedy)
{
    report_as(reader->check, rule, yaml_place(reader->check, node->start_mark), what, remedy);
}

static const char *quoted(struct reader *reader, const yaml_node_t *node)
{
    return quote(&reader->check->arena, (const char *)node->data.scalar.value,
                 node->data.scalar.length);
}

static bool is_scalar(struct reader *reader, const yaml_node_t *node, const char *what)
{
    if (node->type == YAML_SCALAR_NODE &&
        strlen((const char *)node->data.scalar.value) == node->data.scalar.length)
        return true;
    refuse(reader, node, "type", say(&reader->check->arena, "this is not %s", what),
           "write `bulkhead cascade --help`'s form of a table");
    return false;
}

/* Whether `key` is the first of its name in its section; `first` is where that one is noted. */
static bool is_first(struct reader *reader, const yaml_node_t *key, const yaml_node_t **first)
{
    struct arena *arena = &reader->check->arena;

    if (!*first) {
        *first = key;
        return true;
    }
    refuse(reader, key, "duplicate-key",
           say(arena, "%s is here and on %s", quoted(reader, key),
               line_of(reader->check, yaml_place(reader->check, (*first)->start_mark))),
           "keep one of the two");
    return false;
}

static void read_number(struct reader *reader, const yaml_node_t *node, uint32_t *out)
{
    uint32_t value = 0;

    if (!is_scalar(reader, node, "a number"))
        return;
    const char *text = (const char *)node->data.scalar.value;
    for (; *text >= '0' && *text <= '9' && value <= ASSURANCE_MAX; text++)
        value = value * 10 + (uint32_t)(*text - '0');
    if (*text != 0 || node->data.scalar.length == 0 || value > ASSURANCE_MAX)
        refuse(reader, node, "range",
               say(&reader->check->arena, "%s is not a number from 0 to %d", quoted(reader, node),
                   ASSURANCE_MAX),
               "write the least assurance on the scale of the manifests' `assurance:`");
    else
        *out = value;
}

/* The level named by a key, TABLE_LEVELS with a finding if there is none. */
static uint32_t read_level(struct reader *reader, const yaml_node_t *node)
{
    uint32_t level = TABLE_LEVELS;

    if (!is_scalar(reader, node, "the name of a level"))
        return level;
    level = cascade_table_level(reader->table, (const char *)node->data.scalar.value);
    if (level == TABLE_LEVELS)
        refuse(reader, node, "choice",
               say(&reader->check->arena, "%s is not in `levels:`", quoted(reader, node)),
               "name all levels in `levels:` first, the lowest first");
    return level;
}

static void read_levels(struct reader *reader, const yaml_node_t *node)
{
    struct cascade_table *table = reader->table;

    if (node->type != YAML_SEQUENCE_NODE) {
        refuse(reader, node, "type", "`levels:` is not a list", "write [LOWEST, ..., HIGHEST]");
        return;
    }
    if (node->data.sequence.items.start == node->data.sequence.items.top)
        refuse(reader, node, "range", "`levels:` names no level", "write [LOWEST, ..., HIGHEST]");
    for (yaml_node_item_t *item = node->data.sequence.items.start;
         item < node->data.sequence.items.top; item++) {
        const yaml_node_t *name = yaml_document_get_node(reader->document, *item);

        if (!is_scalar(reader, name, "the name of a level"))
            continue;
        const char *text = say(&reader->check->arena, "%s", (char *)name->data.scalar.value);
        if (table->level_count == TABLE_LEVELS)
            refuse(reader, name, "range", "there are too many levels", "write at most 32");
        else if (cascade_table_level(table, text) != TABLE_LEVELS)
            refuse(reader, name, "listed-twice",
                   say(&reader->check->arena, "%s stands twice in `levels:`", quoted(reader, name)),
                   "remove one");
        else
            table->levels[table->level_count++] = text;
        if (check_full(reader->check))
            return;
    }
}

static void read_row(struct reader *reader, uint32_t from, const yaml_node_t *row)
{
    const yaml_node_t *first[TABLE_LEVELS] = {NULL};

    if (row->type != YAML_MAPPING_NODE) {
        refuse(reader, row, "type", "this is not a section with levels as keys",
               "write FROM: {TO: ASSURANCE, ...}");
        return;
    }
    for (yaml_node_pair_t *pair = row->data.mapping.pairs.start;
         pair < row->data.mapping.pairs.top && !check_full(reader->check); pair++) {
        const yaml_node_t *key = yaml_document_get_node(reader->document, pair->key);
        uint32_t to = read_level(reader, key);

        if (to == TABLE_LEVELS || !is_first(reader, key, &first[to]))
            continue;
        if (to >= from)
            refuse(reader, key, "range", "data may always flow to the same or a higher level",
                   "remove it; name the lower level second");
        else
            read_number(reader, yaml_document_get_node(reader->document, pair->value),
                        &reader->table->required[from][to]);
    }
}

static void read_required(struct reader *reader, const yaml_node_t *node)
{
    const yaml_node_t *first[TABLE_LEVELS] = {NULL};

    if (node->type != YAML_MAPPING_NODE) {
        refuse(reader, node, "type", "`required:` is not a section", "write FROM: {TO: ASSURANCE}");
        return;
    }
    for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top && !check_full(reader->check); pair++) {
        const yaml_node_t *key = yaml_document_get_node(reader->document, pair->key);
        uint32_t from = read_level(reader, key);

        if (from != TABLE_LEVELS && is_first(reader, key, &first[from]))
            read_row(reader, from, yaml_document_get_node(reader->document, pair->value));
    }
}

/* The value of a key of the root, NULL if it is not written. */
static const yaml_node_t *value_of(struct reader *reader, const yaml_node_t *root, const char *name)
{
    for (yaml_node_pair_t *pair = root->data.mapping.pairs.start;
         pair < root->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = yaml_document_get_node(reader->document, pair->key);

        if (key->type == YAML_SCALAR_NODE && strcmp((char *)key->data.scalar.value, name) == 0)
            return yaml_document_get_node(reader->document, pair->value);
    }
    return NULL;
}

static void check_keys(struct reader *reader, const yaml_node_t *root)
{
    static const char *const known[] = {"levels", "required", "categories"};
    const yaml_node_t *first[3] = {NULL};

    for (yaml_node_pair_t *pair = root->data.mapping.pairs.start;
         pair < root->data.mapping.pairs.top && !check_full(reader->check); pair++) {
        const yaml_node_t *key = yaml_document_get_node(reader->document, pair->key);
        uint32_t i = 0;

        if (!is_scalar(reader, key, "a key"))
            continue;
        while (i < 3 && strcmp((char *)key->data.scalar.value, known[i]) != 0)
            i++;
        if (i == 3)
            refuse(reader, key, "unknown-key",
                   say(&reader->check->arena, "a table has no key %s", quoted(reader, key)),
                   "its keys are levels, required and categories");
        else
            is_first(reader, key, &first[i]);
    }
}

static void read_table(struct reader *reader)
{
    const yaml_node_t *root = yaml_document_get_root_node(reader->document), *value;

    if (root->type != YAML_MAPPING_NODE) {
        refuse(reader, root, "type", "the table is not a section with keys",
               "begin with `levels: [LOWEST, ..., HIGHEST]`");
        return;
    }
    check_keys(reader, root);
    value = value_of(reader, root, "levels");
    if (!value)
        refuse(reader, root, "missing-key", "`levels:` is missing", "write it, lowest first");
    else
        read_levels(reader, value);
    if (reader->table->level_count == 0)
        return; /* no key of `required:` could be right */
    value = value_of(reader, root, "required");
    if (value)
        read_required(reader, value);
    value = value_of(reader, root, "categories");
    if (value)
        read_number(reader, value, &reader->table->category);
}

bool cascade_table_read(struct check *check, const char *path, struct cascade_table *table)
{
    yaml_document_t document;
    struct reader reader = {check, &document, table};
    struct mapped mapped;

    cascade_table_deny(table);
    if (!mapped_open(path, &mapped))
        return false;
    check->path = path;
    if (yaml_load(check, mapped.bytes, mapped.size, &document)) {
        read_table(&reader);
        yaml_document_delete(&document);
    }
    mapped_close(&mapped);
    return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* A JSON Schema of manifests, written from the table of keys. */
#include "../json.h"
#include "../manifest/schema.h"
#include "reference.h"
#include <inttypes.h>

/* How the types are written in YAML; NULL: not by a pattern. */
static const char *const patterns[KEY_TYPES] = {
    [KEY_NAME] = "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$",
    [KEY_DIGEST] = "^[0-9a-fA-F]{64}$",
    [KEY_SIZE] = "^[0-9]+[KMGT]$|^0$",
    [KEY_DURATION] = "^[0-9]+[smhd]$",
    [KEY_HEX] = "^0x[0-9a-fA-F]+$",
    [KEY_DATE] = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
    [KEY_PCI] = "^([0-9a-fA-F]{4}:)?[0-9a-fA-F]{2}:[01][0-9a-fA-F]\\.[0-7]$",
    [KEY_PCI_ID] = "^[0-9a-fA-F]{4}:[0-9a-fA-F]{4}$",
    [KEY_ADDRESS] = "^([0-9]{1,3}\\.){3}[0-9]{1,3}/[0-9]{1,2}$",
};

static void put_value(FILE *out, const struct key *key);

/* The keys that stand directly below `path`. */
static void put_object(FILE *out, const char *path)
{
    const char *separator = "";

    fputs("\"type\": \"object\", \"additionalProperties\": false, \"required\": [", out);
    for (size_t i = 0; i < key_count; i++) {
        if (!keys[i].required || !key_is_child(&keys[i], path))
            continue;
        fprintf(out, "%s\"%s\"", separator, key_name(&keys[i]));
        separator = ", ";
    }
    fputs("], \"properties\": {", out);
    separator = "\n";
    for (size_t i = 0; i < key_count; i++) {
        if (!key_is_child(&keys[i], path))
            continue;
        fprintf(out, "%s\"%s\": {\"description\": ", separator, key_name(&keys[i]));
        json_string(out, keys[i].text);
        fputs(", ", out);
        put_value(out, &keys[i]);
        fputc('}', out);
        separator = ",\n";
    }
    fputc('}', out);
}

static void put_list(FILE *out, const struct key *key)
{
    struct arena arena = {0};
    const char *path = say(&arena, "%s[]", key->path);
    const struct key *item = key_at(path);

    fprintf(out,
            "\"type\": \"array\", \"uniqueItems\": %s, \"minItems\": %" PRIu64
            ", \"maxItems\": %" PRIu64 ", \"items\": {",
            item && item->type != KEY_LIST ? "true" : "false", key->min, key->max);
    if (item)
        put_value(out, item);
    else
        put_object(out, path);
    fputc('}', out);
    arena_free(&arena);
}

static void put_choices(FILE *out, const struct key *key)
{
    fputs("\"enum\": [", out);
    for (const struct choice *choice = key->choices; choice->word; choice++)
        fprintf(out, "%s\"%s\"", choice == key->choices ? "" : ", ", choice->word);
    fputc(']', out);
}

static void put_map(FILE *out, const struct key *key)
{
    struct arena arena = {0};

    fputs("\"type\": \"object\", \"propertyNames\": {\"pattern\": ", out);
    json_string(out, patterns[KEY_NAME]);
    fprintf(out, "}, \"maxProperties\": %" PRIu64 ", \"additionalProperties\": {", key->max);
    put_object(out, say(&arena, "%s[]", key->path));
    fputc('}', out);
    arena_free(&arena);
}

static void put_value(FILE *out, const struct key *key)
{
    switch (key->type) {
    case KEY_SECTION:
        put_object(out, key->path);
        break;
    case KEY_LIST:
        put_list(out, key);
        break;
    case KEY_MAP:
        put_map(out, key);
        break;
    case KEY_COUNT_OR_LIST:
        fprintf(out,
                "\"oneOf\": [{\"type\": \"integer\", \"minimum\": %" PRIu64
                ", \"maximum\": %" PRIu64 "}, {",
                key->min, key->max);
        put_list(out, key);
        fputs("}]", out);
        break;
    case KEY_INTEGER:
        fprintf(out, "\"type\": \"integer\", \"minimum\": %" PRIu64 ", \"maximum\": %" PRIu64,
                key->min, key->max);
        break;
    case KEY_BOOLEAN:
        fputs("\"type\": \"boolean\"", out);
        break;
    case KEY_CHOICE:
        put_choices(out, key);
        break;
    case KEY_NAME:
    case KEY_TEXT:
    case KEY_PATH:
        fprintf(out, "\"type\": \"string\", \"minLength\": %" PRIu64 ", \"maxLength\": %" PRIu64,
                key->min, key->max);
        break;
    default: /* a number without quotes is an integer for other readers of YAML */
        fputs(key->type == KEY_SIZE || key->type == KEY_HEX ? "\"type\": [\"string\", \"integer\"]"
                                                            : "\"type\": \"string\"",
              out);
        break;
    }
    if (patterns[key->type]) {
        fputs(", \"pattern\": ", out);
        json_string(out, patterns[key->type]);
    }
}

void json_schema_write(FILE *out)
{
    fputs("{\"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
          "\"title\": \"Bulkhead manifest\",\n",
          out);
    put_object(out, "");
    fputs("}\n", out);
}

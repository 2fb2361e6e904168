/* SPDX-License-Identifier: Apache-2.0 */
/* A JSON Schema of manifests, written from the table of keys. */
#include "reference.h"
#include "tools/json.h"
#include "tools/manifest/schema.h"
#include <inttypes.h>

/* Nothing that hides or reorders what a reader sees. */
#define PLAIN                                                                                      \
    "[^\\u0000-\\u001f\\u007f-\\u009f\\u061c\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff]" \
    "*$"
#define NUMBER "(0|[1-9][0-9]*)"
#define BYTE   "(0|[1-9][0-9]{0,2})"

/* How the types are written in YAML; NULL: not by a pattern. */
static const char *const patterns[KEY_TYPES] = {
    [KEY_NAME] = "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$",
    [KEY_TEXT] = "^(?=.*\\S)" PLAIN,
    [KEY_PATH] = "^(?=.*\\S)" PLAIN,
    [KEY_DIGEST] = "^[0-9a-fA-F]{64}$",
    [KEY_SIZE] = "^" NUMBER "[KMGT]$",
    [KEY_DURATION] = "^" NUMBER "[smhd]$",
    [KEY_HEX] = "^0x[0-9a-fA-F]+$",
    [KEY_DATE] = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
    [KEY_PCI] = "^([0-9a-fA-F]{4}:)?[0-9a-fA-F]{2}:[01][0-9a-fA-F]\\.[0-7]$",
    [KEY_PCI_ID] = "^[0-9a-fA-F]{4}:[0-9a-fA-F]{4}$",
    [KEY_ADDRESS] = "^(" BYTE "\\.){3}" BYTE "/[1-9][0-9]?$",
    [KEY_IP] = "^(" BYTE "\\.){3}" BYTE "$",
    [KEY_COLOUR] = "^#[0-9a-fA-F]{6}$",
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
    fputs(item && key_is_either(key) ? "\"oneOf\": [{" : "", out);
    if (item)
        put_value(out, item);
    fputs(item && key_is_either(key) ? "}, {" : "", out);
    if (!item || key_is_either(key))
        put_object(out, path);
    fputs(item && key_is_either(key) ? "}]" : "", out);
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
    fprintf(out,
            "}, \"minProperties\": %" PRIu64 ", \"maxProperties\": %" PRIu64
            ", \"additionalProperties\": {",
            key->min, key->max);
    put_object(out, say(&arena, "%s[]", key->path));
    fputc('}', out);
    arena_free(&arena);
}

static void put_pattern(FILE *out, const struct key *key)
{
    const char *pattern = key->type == KEY_TEXT && key->min == 0 ? "^" PLAIN : patterns[key->type];

    if (pattern) {
        fputs(", \"pattern\": ", out);
        json_string(out, pattern);
    }
}

/* What is written without quotes may be a number or a boolean for other readers of YAML. */
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
        fprintf(out,
                "\"type\": [\"string\", %s, \"boolean\"], \"minLength\": %" PRIu64
                ", \"maxLength\": %" PRIu64,
                key->type == KEY_NAME ? "\"integer\"" : "\"number\"", key->min, key->max);
        fputs(key->type == KEY_NAME ? ", \"minimum\": 0" : "", out);
        break;
    case KEY_SIZE: /* none needs no unit */
        fputs(key->min == 0 ? "\"type\": [\"string\", \"integer\"], \"minimum\": 0, \"maximum\": 0"
                            : "\"type\": \"string\"",
              out);
        break;
    case KEY_HEX: /* nobody who reads JSON Schema can tell 1 from 0x1 */
        fputs("\"type\": [\"string\", \"integer\"]", out);
        break;
    default:
        fputs("\"type\": \"string\"", out);
        break;
    }
    put_pattern(out, key);
}

void json_schema_write(FILE *out)
{
    fputs("{\"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
          "\"title\": \"Bulkhead manifest\",\n",
          out);
    put_object(out, "");
    fputs("}\n", out);
}

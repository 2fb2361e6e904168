/* SPDX-License-Identifier: Apache-2.0 */
/* What somebody meant who wrote a value in another form. */
#include "schema_hint.h"

#include <stdlib.h>
#include <string.h>

enum { IDS_MAX = 16 };

/* "0-3,0x8" as "0, 1, 2, 3, 8"; NULL: it is no such list, or too long. */
static const char *expand_ids(struct arena *arena, const char *text)
{
    const char *ids = "";
    uint32_t count = 0;

    for (bool more = true; more; text++) {
        char *end;
        unsigned long first = *text >= '0' && *text <= '9' ? strtoul(text, &end, 0) : 1;
        unsigned long last = first;

        if (*text < '0' || *text > '9')
            return NULL;
        if (*end == '-' && end[1] >= '0' && end[1] <= '9')
            last = strtoul(end + 1, &end, 0);
        if (last < first || last - first >= IDS_MAX || last > HIGHEST_APIC_ID)
            return NULL;
        for (; first <= last && count < IDS_MAX; first++, count++)
            ids = say(arena, "%s%s%lu", ids, count > 0 ? ", " : "", first);
        more = *end == ',';
        text = end + (more && end[1] == ' ');
        if (!more && *end != 0)
            return NULL;
    }
    return ids;
}

static const char *hint_ids(struct arena *arena, const struct key *key, const char *text)
{
    const char *ids = expand_ids(arena, text);
    bool one = ids && !strchr(ids, ',');

    if (!ids || (key->type == KEY_INTEGER && !one && key->max != HIGHEST_APIC_ID))
        return NULL;
    return key->type == KEY_INTEGER ? say(arena, "write %s in its place", ids)
                                    : say(arena, "write `%s: [%s]`", key_name(key), ids);
}

/* Linux counts from ttyS0. */
static const char *hint_port(struct arena *arena, const struct key *key, const char *text)
{
    const char *digit = strncmp(text, "/dev/", 5) == 0 ? text + 5 : text;

    if (strncmp(digit, "ttyS", 4) != 0 || digit[4] < '0' || digit[4] > '3' || digit[5] != 0)
        return NULL;
    const char *word = say(arena, "com%c", digit[4] + 1);
    for (const struct choice *choice = key->choices; choice->word; choice++) {
        if (strcmp(choice->word, word) == 0)
            return say(arena, "write %s, as a PC calls it", word);
    }
    return NULL;
}

static const char *hint_pci(const char *text)
{
    bool five_digits = strlen(text) == strlen("10000:e1:00.0") &&
                       strspn(text, "0123456789abcdefABCDEF") == 5 && text[5] == ':';

    return five_digits
               ? "that function is behind Intel's VMD: turn VMD off in firmware (also named "
                 "RST, Optane or RAID mode), and write the address that `lspci` shows then"
               : NULL;
}

const char *hint_value(struct arena *arena, const struct key *key, const char *text)
{
    switch (key->type) {
    case KEY_COUNT_OR_LIST:
    case KEY_INTEGER:
        return hint_ids(arena, key, text);
    case KEY_CHOICE:
        return hint_port(arena, key, text);
    case KEY_PCI:
        return hint_pci(text);
    default:
        return NULL;
    }
}

/* The word of a choice that this can be, NULL: none. */
static const char *word_of(struct arena *arena, const struct key *key, const char *text)
{
    for (const struct choice *choice = key->choices; choice && choice->word; choice++) {
        if (strcmp(choice->word, text) == 0)
            return choice->word;
    }
    return key->choices && hint_port(arena, key, text)
               ? say(arena, "com%c", text[strlen(text) - 1] + 1)
               : NULL;
}

const char *hint_section(struct arena *arena, const struct key *section, const char *text)
{
    const struct key *required = NULL;
    uint32_t count = 0;

    for (size_t i = 0; i < key_count; i++) {
        if (!key_is_child(&keys[i], section->path))
            continue;
        const char *word = word_of(arena, &keys[i], text);
        if (word)
            return say(arena, "write `%s: {%s: %s}`", key_name(section), key_name(&keys[i]), word);
        count += keys[i].required;
        required = keys[i].required ? &keys[i] : required;
    }
    return count == 1 && required->type == KEY_NAME
               ? say(arena, "write `%s: {%s: %s}`", key_name(section), key_name(required), text)
               : NULL;
}

const char *hint_key(struct arena *arena, const struct key *meant, const char *text)
{
    const char *name = key_name(meant);

    if (!text || strlen(text) > 60)
        return say(arena, "did you mean `%s`?", name);
    return meant->type == KEY_LIST ? say(arena, "did you mean `%s: [%s]`?", name, text)
           : meant->type == KEY_SECTION || meant->type == KEY_MAP
               ? say(arena, "did you mean `%s`?", name)
               : say(arena, "did you mean `%s: %s`?", name, text);
}

const struct key *hint_synonym(const char *parent, const char *name)
{
    static const char *const synonyms[][3] = {
        {"platform", "cpus", "processors"},    {"platform", "ram", "memory"},
        {"domains[]", "processors", "cpus"},   {"domains[]", "ram", "memory"},
        {"domains[].boot", "kernel", "linux"}, {"domains[].boot", "ramdisk", "initrd"},
    };

    for (size_t i = 0; i < sizeof(synonyms) / sizeof(synonyms[0]); i++) {
        if (strcmp(synonyms[i][0], parent) == 0 && strcmp(synonyms[i][1], name) == 0)
            return key_find(parent, synonyms[i][2], strlen(synonyms[i][2]));
    }
    return NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Looking up keys by their paths, and what a list of them holds. */
#include "schema.h"

#include <string.h>

bool key_is_child(const struct key *key, const char *parent)
{
    size_t length = strlen(parent);

    if (strncmp(key->path, parent, length) != 0)
        return false;
    const char *rest = key->path + length;
    if (length > 0 && *rest++ != '.')
        return false;
    return *rest != 0 && !strpbrk(rest, ".[");
}

const char *key_name(const struct key *key)
{
    const char *dot = strrchr(key->path, '.');

    return dot ? dot + 1 : key->path;
}

bool key_is_either(const struct key *list)
{
    return list->item_bytes == sizeof(struct model_level);
}

const struct text *named_item(const struct key *list, const struct list *items, uint32_t index)
{
    const char *item = (const char *)items->items + index * list->item_bytes;

    /* Things with keys of their own begin with their place and their name. */
    return (const struct text *)(const void *)(list->item_bytes == sizeof(struct text) ||
                                                       key_is_either(list)
                                                   ? item
                                                   : item + sizeof(struct place));
}

const struct key *key_at(const char *path)
{
    for (size_t i = 0; i < key_count; i++) {
        if (strcmp(keys[i].path, path) == 0)
            return &keys[i];
    }
    return NULL;
}

const struct key *key_find(const char *parent, const char *name, size_t length)
{
    for (size_t i = 0; i < key_count; i++) {
        const char *own = key_name(&keys[i]);

        if (key_is_child(&keys[i], parent) && strlen(own) == length &&
            memcmp(own, name, length) == 0)
            return &keys[i];
    }
    return NULL;
}

const char *choice_word(const char *path, uint64_t value)
{
    for (const struct choice *choice = key_at(path)->choices; choice->word; choice++) {
        if (choice->value == value)
            return choice->word;
    }
    return "?";
}

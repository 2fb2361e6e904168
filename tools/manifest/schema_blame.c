/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that do not exist, and where they do; names and words that are listed twice. */
#include "schema_blame.h"

#include "schema_hint.h"
#include <string.h>

/* Where a key of that name does exist, for "it belongs into ...". */
static const struct key *key_elsewhere(const char *name)
{
    for (size_t i = 0; i < key_count; i++) {
        if (strcmp(key_name(&keys[i]), name) == 0)
            return &keys[i];
    }
    return NULL;
}

/* "platform", "a domain", "a domain's boot": where a key lives, for people. */
static const char *home_of(struct arena *arena, const struct key *key)
{
    if (!strchr(key->path, '.'))
        return "the top level";
    const char *bracket = strrchr(key->path, '[');
    const char *start = bracket ? bracket + 3 : key->path;
    int length = (int)(key_name(key) - start) - 1;
    const char *noun = NULL;

    for (size_t i = 0; bracket && i < key_count; i++) {
        if (strlen(keys[i].path) == (size_t)(bracket - key->path) &&
            strncmp(keys[i].path, key->path, (size_t)(bracket - key->path)) == 0)
            noun = keys[i].noun;
    }
    if (!noun)
        return say(arena, "`%.*s`", length, start);
    const char *article = strchr("aeiou", *noun) ? "an" : "a";
    return length > 0 ? say(arena, "`%.*s` of %s %s", length, start, article, noun)
                      : say(arena, "%s %s", article, noun);
}

const struct key *report_unknown(struct check *check, const char *parent, const char *subject,
                                 const struct scalar *name, const char *value)
{
    const char *words[128] = {0};
    size_t count = 0;
    const char *list = "";

    for (size_t i = 0; i < key_count && count < 128; i++) {
        if (key_is_child(&keys[i], parent)) {
            words[count] = key_name(&keys[i]);
            list = say(&check->arena, "%s%s%s", list, count > 0 ? ", " : "", words[count]);
            count++;
        }
    }
    const struct key *meant = hint_synonym(parent, name->text);
    const char *near = meant ? key_name(meant) : nearest_word(name->text, words, count);
    const struct key *elsewhere = key_elsewhere(name->text);
    meant = near ? key_find(parent, near, strlen(near)) : NULL;
    const char *remedy =
        meant       ? hint_key(&check->arena, meant, value)
        : elsewhere ? say(&check->arena, "it belongs into %s", home_of(&check->arena, elsewhere))
                    : say(&check->arena, "known here: %s", list);
    report_as(check, "unknown-key", name->at,
              say(&check->arena, "%s has no key %s", subject,
                  quote(&check->arena, name->text, name->length)),
              remedy);
    return meant;
}

void report_repeated(struct check *check, const char *subject, const struct key *key,
                     const struct list *list)
{
    const struct key *item = key_at(say(&check->arena, "%s[]", key->path));

    if (!item || (item->type != KEY_NAME && item->type != KEY_CHOICE))
        return;
    for (uint32_t i = 1; i < list->count; i++) {
        const struct text *name = listed_text(list, i);
        const struct number *word = listed(list, i);
        struct place first = {0}, at = item->type == KEY_NAME ? name->at : word->at;

        for (uint32_t j = 0; j < i && !is_written(first); j++) {
            const struct text *other = listed_text(list, j);

            if (item->type == KEY_CHOICE && word->valid && listed(list, j)->valid &&
                word->value == listed(list, j)->value)
                first = listed(list, j)->at;
            else if (item->type == KEY_NAME && name->value && other->value &&
                     strcmp(name->value, other->value) == 0)
                first = other->at;
        }
        if (is_written(first))
            report_as(check, "listed-twice", at,
                      say(&check->arena, "%s: `%s` lists the same %s here and before, on %s",
                          subject, key_name(key), key->noun, line_of(check, first)),
                      "remove one of the two");
    }
}

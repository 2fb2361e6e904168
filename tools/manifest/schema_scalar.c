/* SPDX-License-Identifier: Apache-2.0 */
/* One value: is it of its key's type and within its range? */
#include "schema.h"

#include "schema_hint.h"
#include "schema_parse.h"
#include <string.h>

enum parsed { PARSED, NOT_OF_TYPE, TOO_LARGE, NEGATIVE };

static enum parsed parse_digits(const char *text, size_t length, uint64_t *value)
{
    bool negative = length > 1 && *text == '-';
    enum parsed result = PARSED;

    if (negative) {
        text++;
        length--;
    }
    if (length == 0 || (length > 1 && *text == '0'))
        return NOT_OF_TYPE;
    *value = 0;
    for (size_t i = 0; i < length; i++) {
        uint64_t digit = (uint64_t)(unsigned char)text[i] - '0';

        if (digit > 9)
            return NOT_OF_TYPE;
        if (*value > (UINT64_MAX - digit) / 10)
            result = TOO_LARGE;
        *value = *value * 10 + digit;
    }
    return negative ? NEGATIVE : result;
}

static enum parsed parse_unit(const char *text, size_t length, const char *units,
                              const uint64_t *factors, uint64_t *value)
{
    const char *unit = length > 1 ? strchr(units, text[length - 1]) : NULL;

    if (!unit || !*unit)
        return length == 1 && *text == '0' ? parse_digits(text, length, value) : NOT_OF_TYPE;
    enum parsed result = parse_digits(text, length - 1, value);
    uint64_t factor = factors[unit - units];
    if (result == PARSED && *value > UINT64_MAX / factor)
        return TOO_LARGE;
    *value *= factor;
    return result;
}

static enum parsed parse_integer(const struct key *key, const struct scalar *scalar,
                                 uint64_t *value)
{
    (void)key;
    return parse_digits(scalar->text, scalar->length, value);
}

static enum parsed parse_size(const struct key *key, const struct scalar *scalar, uint64_t *value)
{
    static const uint64_t factors[] = {1ull << 10, 1ull << 20, 1ull << 30, 1ull << 40};

    (void)key;
    return parse_unit(scalar->text, scalar->length, "KMGT", factors, value);
}

static enum parsed parse_duration(const struct key *key, const struct scalar *scalar,
                                  uint64_t *value)
{
    static const uint64_t factors[] = {1, 60, 60 * 60, 24 * 60 * 60};

    (void)key;
    return parse_unit(scalar->text, scalar->length, "smhd", factors, value);
}

static enum parsed parse_choice(const struct key *key, const struct scalar *scalar, uint64_t *value)
{
    static const struct choice booleans[] = {{"false", 0}, {"False", 0}, {"FALSE", 0}, {"true", 1},
                                             {"True", 1},  {"TRUE", 1},  {NULL, 0}};

    for (const struct choice *choice = key->choices ? key->choices : booleans; choice->word;
         choice++) {
        if (strlen(choice->word) == scalar->length && strcmp(choice->word, scalar->text) == 0) {
            *value = choice->value;
            return PARSED;
        }
    }
    return NOT_OF_TYPE;
}

/* Values with a form of their own; a zero byte inside is no part of any. */
static enum parsed parse_form(const struct key *key, const struct scalar *scalar, uint64_t *value)
{
    static bool (*const forms[KEY_TYPES])(const char *text, uint64_t *value) = {
        [KEY_HEX] = parse_hex,       [KEY_DATE] = parse_date,       [KEY_PCI] = parse_pci,
        [KEY_PCI_ID] = parse_pci_id, [KEY_ADDRESS] = parse_address, [KEY_IP] = parse_ip,
        [KEY_COLOUR] = parse_colour,
    };

    return strlen(scalar->text) == scalar->length && forms[key->type](scalar->text, value)
               ? PARSED
               : NOT_OF_TYPE;
}

static bool has_form(const struct key *key)
{
    return key->type >= KEY_HEX && key->type < KEY_TYPES;
}

/* `example` is shown where the value is of another type. */
static const struct {
    enum parsed (*parse)(const struct key *key, const struct scalar *scalar, uint64_t *value);
    const char *what, *example;
} number_types[KEY_TYPES] = {
    [KEY_COUNT_OR_LIST] = {parse_integer, "a number or a list of numbers", "2 or [4, 5]"},
    [KEY_INTEGER] = {parse_integer, "a number", "3"},
    [KEY_SIZE] = {parse_size, "a size with its unit (K, M, G, T)", "512M or 2G"},
    [KEY_DURATION] = {parse_duration, "a time with its unit (s, m, h, d)", "60s or 5m"},
    [KEY_BOOLEAN] = {parse_choice, "true or false", "true"},
    [KEY_CHOICE] = {parse_choice, "a word of the language", NULL},
    [KEY_HEX] = {parse_form, "a hexadecimal number", "0x2b000571"},
    [KEY_DATE] = {parse_form, "a date", "2027-06-30"},
    [KEY_PCI] = {parse_form, "a PCI function", "00:1f.2 (bus, device 00 to 1f, function 0 to 7)"},
    [KEY_PCI_ID] = {parse_form, "a vendor and device id", "8086:10d3"},
    [KEY_ADDRESS] = {parse_form, "an IPv4 address with its prefix", "10.0.2.15/24"},
    [KEY_IP] = {parse_form, "an IPv4 address", "10.0.2.1"},
    [KEY_COLOUR] = {parse_form, "a colour between quotes", "\"#c8102e\""},
};

static const char *value_text(struct arena *arena, const struct key *key, uint64_t value)
{
    if (key->type == KEY_SIZE)
        return size_text(arena, value);
    if (key->type == KEY_DATE)
        return date_text(arena, value);
    if (key->type == KEY_HEX)
        return say(arena, "0x%llx", (unsigned long long)value);
    if (key->type != KEY_DURATION)
        return say(arena, "%llu", (unsigned long long)value);
    static const struct {
        uint64_t seconds;
        char unit;
    } units[] = {{24 * 60 * 60, 'd'}, {60 * 60, 'h'}, {60, 'm'}, {1, 's'}};
    size_t i = 0;
    while (value % units[i].seconds != 0)
        i++;
    return say(arena, "%llu%c", (unsigned long long)(value / units[i].seconds), units[i].unit);
}

static const char *range_text(struct arena *arena, const struct key *key)
{
    const char *multiple =
        key->step ? say(arena, ", a multiple of %s", value_text(arena, key, key->step)) : "";

    return say(arena, "%s to %s%s", value_text(arena, key, key->min),
               value_text(arena, key, key->max), multiple);
}

static bool is_in_range(const struct key *key, uint64_t value)
{
    return key->type == KEY_CHOICE || key->type == KEY_BOOLEAN ||
           (value >= key->min && value <= key->max && (key->step == 0 || value % key->step == 0));
}

static uint64_t nearest_value(const struct key *key, enum parsed parsed, uint64_t value)
{
    if (parsed == NEGATIVE || (parsed == PARSED && value < key->min))
        return key->min;
    if (parsed == TOO_LARGE || value > key->max)
        return key->max;
    if (key->step == 0)
        return value;
    return (value + key->step - 1) / key->step * key->step;
}

static const char *choice_words(struct arena *arena, const struct key *key)
{
    const char *words = key->choices->word;

    for (const struct choice *choice = key->choices + 1; choice->word; choice++)
        words = say(arena, choice[1].word ? "%s, %s" : "%s or %s", words, choice->word);
    return words;
}

const char *key_expectation(struct arena *arena, const struct key *key)
{
    switch (key->type) {
    case KEY_SECTION:
        return "a section with keys of its own";
    case KEY_LIST:
        return say(arena, "a list of %llu to %llu items", (unsigned long long)key->min,
                   (unsigned long long)key->max);
    case KEY_MAP:
        return say(arena, "%ss by name, each a section with keys of its own", key->noun);
    case KEY_NAME:
        return say(arena, "a name of at most %llu characters a-z, 0-9 and -",
                   (unsigned long long)key->max);
    case KEY_TEXT:
        return say(arena, "a text of at most %llu bytes", (unsigned long long)key->max);
    case KEY_PATH:
        return "the path of a file";
    case KEY_CHOICE:
        return choice_words(arena, key);
    case KEY_BOOLEAN:
        return "true or false";
    case KEY_DIGEST:
        return "64 hexadecimal digits";
    case KEY_PCI:
    case KEY_PCI_ID:
    case KEY_ADDRESS:
    case KEY_IP:
    case KEY_COLOUR:
        return say(arena, "%s, for instance %s", number_types[key->type].what,
                   number_types[key->type].example);
    default:
        return say(arena, "%s, %s", number_types[key->type].what, range_text(arena, key));
    }
}

static const char *near_choice(const struct key *key, const char *word)
{
    const char *words[16];
    size_t count = 0;

    for (const struct choice *choice = key->choices; choice->word && count < 16; choice++)
        words[count++] = choice->word;
    return nearest_word(word, words, count);
}

static void report_choice(struct check *check, const struct key *key, const char *what,
                          struct place at, const char *word)
{
    const char *hint = hint_value(&check->arena, key, word);
    const char *near = near_choice(key, word);
    const char *words = choice_words(&check->arena, key);

    report_as(check, "choice", at, say(&check->arena, "%s, which is none of %s", what, words),
              hint   ? hint
              : near ? say(&check->arena, "did you mean %s?", near)
                     : say(&check->arena, "write %s", words));
}

static void store_number(struct check *check, const struct key *key, const char *what,
                         const struct scalar *scalar, struct number *out)
{
    struct arena *arena = &check->arena;
    uint64_t value = 0;
    enum parsed parsed = number_types[key->type].parse(key, scalar, &value);

    if (parsed == NOT_OF_TYPE && key->type == KEY_CHOICE) {
        report_choice(check, key, what, scalar->at, scalar->text);
    } else if (!scalar->plain && parsed != NOT_OF_TYPE && key->type != KEY_CHOICE &&
               !has_form(key)) {
        report_as(check, "type", scalar->at,
                  say(arena, "%s between quotes, which is a text and not %s", what,
                      number_types[key->type].what),
                  "remove the quotes");
    } else if (parsed == NOT_OF_TYPE) {
        const char *hint = hint_value(arena, key, scalar->text);

        report_as(check, "type", scalar->at,
                  say(arena, "%s, which is not %s", what, number_types[key->type].what),
                  hint ? hint
                       : say(arena, "write for instance %s", number_types[key->type].example));
    } else if (parsed != PARSED || !is_in_range(key, value)) {
        report_as(check, "range", scalar->at,
                  say(arena, "%s, but must be %s", what, range_text(arena, key)),
                  say(arena, "the nearest is %s",
                      value_text(arena, key, nearest_value(key, parsed, value))));
    } else {
        out->valid = true;
        out->value = value;
    }
}

/* The first reason why a name is none, or NULL. */
static const char *name_complaint(struct arena *arena, const struct key *key,
                                  const struct scalar *scalar)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    size_t good = strspn(scalar->text, allowed);

    if (scalar->length > key->max)
        return say(arena, "which has %zu characters; at most %llu are allowed", scalar->length,
                   (unsigned long long)key->max);
    if (good < scalar->length) {
        size_t step = 1; /* a character of several bytes is shown whole */
        while (good + step < scalar->length && (scalar->text[good + step] & 0xc0) == 0x80)
            step++;
        return say(arena, "with %s in it, where only a-z, 0-9 and - are allowed",
                   quote(arena, scalar->text + good, step));
    }
    if (scalar->text[0] == '-' || scalar->text[scalar->length - 1] == '-')
        return "which begins or ends with -";
    return NULL;
}

/* Turns what was written into the nearest good name. */
static const char *name_proposal(struct arena *arena, const struct key *key, const char *text)
{
    char *name = say(arena, "%s", text);
    size_t length = 0;

    for (; *text && length < key->max; text++) {
        char c = *text >= 'A' && *text <= 'Z' ? (char)(*text + ('a' - 'A')) : *text;
        bool good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');

        if (good || (length > 0 && name[length - 1] != '-'))
            name[length++] = good ? c : '-';
    }
    while (length > 0 && name[length - 1] == '-')
        length--;
    name[length] = 0;
    return length > 0 ? name : "office";
}

/* A text may be empty where its key allows it; if not, someone must be able to read it. */
static const char *text_complaint(struct arena *arena, const struct key *key,
                                  const struct scalar *scalar)
{
    bool visible = key->min == 0;

    for (size_t i = 0, step; i < scalar->length; i += step) {
        uint32_t code = 0;

        step = utf8_sequence((const unsigned char *)scalar->text + i, scalar->length - i, &code);
        if (step == 0)
            return "which is not UTF-8";
        if (code < 0x20 || code == 0x7f)
            return say(arena, "with the control character 0x%02x in it", (unsigned int)code);
        if (is_steering(code))
            return say(arena, "with U+%04X in it, which hides or reorders what a reader sees",
                       (unsigned int)code);
        visible = visible || is_visible(code);
    }
    if (!visible)
        return "in which there is nothing to read";
    if (scalar->length > key->max)
        return say(arena, "which has %zu bytes; at most %llu are allowed", scalar->length,
                   (unsigned long long)key->max);
    return NULL;
}

static const char *digest_complaint(const struct scalar *scalar)
{
    uint8_t digest[32];

    return scalar->length == 64 && parse_digest(scalar->text, digest)
               ? NULL
               : "which is no SHA-256 in hexadecimal";
}

static void store_text(struct check *check, const struct key *key, const char *subject,
                       const char *what, const struct scalar *scalar, struct text *out)
{
    struct arena *arena = &check->arena;
    bool name = key->type == KEY_NAME;
    const char *complaint = name                      ? name_complaint(arena, key, scalar)
                            : key->type == KEY_DIGEST ? digest_complaint(scalar)
                                                      : text_complaint(arena, key, scalar);

    if (!complaint) {
        out->value = say(arena, "%s", scalar->text);
        if (key->refers) {
            struct reference *reference = arena_take(arena, sizeof(*reference));

            *reference = (struct reference){check->references, key->refers, subject, out};
            check->references = reference;
        }
        return;
    }
    report_as(check, name ? "name" : "text", scalar->at, say(arena, "%s, %s", what, complaint),
              name ? say(arena, "write for instance %s", name_proposal(arena, key, scalar->text))
              : key->type == KEY_DIGEST ? "write the 64 digits that `sha256sum` prints"
                                        : "write plain text on one line");
}

void key_store_scalar(struct check *check, const struct key *key, const char *subject,
                      const struct scalar *scalar, void *out)
{
    struct arena *arena = &check->arena;
    bool text = key->type >= KEY_NAME && key->type <= KEY_DIGEST;
    bool empty =
        scalar->length == 0 ||
        (scalar->plain && (strcmp(scalar->text, "~") == 0 || strcmp(scalar->text, "null") == 0));

    if (text)
        ((struct text *)out)->at = scalar->at;
    else
        ((struct number *)out)->at = scalar->at;
    if (empty && (scalar->plain || key->min > 0 || !text)) {
        report_as(check, "type", scalar->at,
                  say(arena, "%s: `%s` has no value", subject, key_name(key)),
                  say(arena, "write %s", key_expectation(arena, key)));
        return;
    }
    const char *what = say(arena, "%s: `%s` is %s", subject, key_name(key),
                           quote(arena, scalar->text, scalar->length));
    if (text)
        store_text(check, key, subject, what, scalar, out);
    else
        store_number(check, key, what, scalar, out);
}

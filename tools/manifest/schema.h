/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The language of manifests: one table of keys (schema.c). Reading, and every finding about
 * types, ranges, unknown, duplicate and missing keys, follow from it.
 *
 * Paths: "platform.cpu" is a key of a section, "domains[]" stands for one item of a list.
 */
#ifndef BULKHEAD_SCHEMA_H
#define BULKHEAD_SCHEMA_H

#include "check.h"
#include <stddef.h>

enum key_type {
    KEY_SECTION,       /* a mapping with keys of its own; stores struct place */
    KEY_LIST,          /* a list, of values, sections or lists; stores struct list */
    KEY_MAP,           /* sections by name; stores struct list, a name in each item */
    KEY_COUNT_OR_LIST, /* a count or a list of numbers; stores struct count_or_list */
    KEY_NAME,          /* a-z 0-9 -; stores struct text, as do the next two */
    KEY_TEXT,
    KEY_PATH,
    KEY_DIGEST,  /* a SHA-256 in hexadecimal */
    KEY_INTEGER, /* stores struct number, as do all below */
    KEY_SIZE,
    KEY_DURATION,
    KEY_BOOLEAN,
    KEY_CHOICE,
    KEY_HEX,     /* 0x... */
    KEY_DATE,    /* days since 1970-01-01 */
    KEY_PCI,     /* segment << 16 | bus << 8 | device << 3 | function */
    KEY_PCI_ID,  /* vendor << 16 | device */
    KEY_ADDRESS, /* IPv4 address << 8 | prefix length */
    KEY_IP,      /* IPv4 address */
    KEY_COLOUR,  /* "#c8102e" */
    KEY_TYPES,
};

struct choice {
    const char *word; /* NULL ends a table of choices */
    uint64_t value;
};

struct key {
    const char *path;
    enum key_type type;
    bool required;        /* where its section is written */
    uint64_t min, max;    /* of the value, a text's length or a list's items */
    uint64_t step;        /* the value is a multiple of it; 0: any */
    const char *fallback; /* the value when the key is not written; NULL: none */
    const struct choice *choices;
    size_t offset;      /* of the field in the structure of the innermost list, or in the model */
    size_t item_bytes;  /* of a list */
    const char *noun;   /* of a list: what one item is */
    const char *refers; /* of a name: the list in which it must be */
    const char *text;   /* one sentence for the reference */
};

extern const struct key keys[];
extern const size_t key_count;

/* Whether `key` stands directly in the section or item whose path is `parent` ("": the root). */
bool key_is_child(const struct key *key, const char *parent);

/* Whether the items of `list` may be written as a section as well as by their name alone. */
bool key_is_either(const struct key *list);

/* The name of item `index` of a list or map of named things, or of a list of names. */
const struct text *named_item(const struct key *list, const struct list *items, uint32_t index);

/* The last part of the path: "cpu" of "platform.cpu". */
const char *key_name(const struct key *key);

/* The key named by `length` bytes at `name` in `parent`, or NULL. */
const struct key *key_find(const char *parent, const char *name, size_t length);

/* The key whose whole path that is, or NULL. */
const struct key *key_at(const char *path);

/* The word for `value` of the key whose whole path that is. */
const char *choice_word(const char *path, uint64_t value);

/* One scalar of the file. */
struct scalar {
    const char *text; /* with a terminating zero, but zero bytes may stand inside */
    size_t length;
    bool plain; /* written without quotes */
    struct place at;
};

/*
 * Stores `scalar` in the field at `out` if it is a good value of `key`, else reports the finding;
 * `subject` says whose key it is ("domain office").
 */
void key_store_scalar(struct check *check, const struct key *key, const char *subject,
                      const struct scalar *scalar, void *out);

/* "a number from 1 to 16", "one of intel, amd": what a good value is. */
const char *key_expectation(struct arena *arena, const struct key *key);

/* Reads the YAML text into check->model, and reports everything that the schema forbids. */
void schema_read(struct check *check, const char *text, size_t bytes);

#endif

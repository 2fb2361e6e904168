/* SPDX-License-Identifier: Apache-2.0 */
/* YAML into a document with a place for every value; hostile input ends in a finding. */
#include "yaml_load.h"

#include <string.h>

struct place yaml_place(const struct check *check, yaml_mark_t mark)
{
    return (struct place){check->path, (uint32_t)mark.line + 1, (uint32_t)mark.column + 1};
}

/* libyaml's reader reports a byte offset only. */
static struct place place_of_byte(const struct check *check, const char *text, size_t offset)
{
    struct place at = {check->path, 1, 1};

    for (size_t i = 0; i < offset; i++) {
        if (text[i] == '\n') {
            at.line++;
            at.column = 1;
        } else if ((text[i] & 0xc0) != 0x80) {
            at.column++;
        }
    }
    return at;
}

/* What people usually did when libyaml says so. */
static const struct {
    const char *problem, *remedy;
} remedies[] = {
    {"cannot start any token", "put the text between quotes; YAML reserves this character"},
    {"mapping values are not allowed",
     "write one `key: value` a line, each key in the column of its siblings, and quote texts "
     "that hold `: `"},
    {"expected key", "start all keys of one section in the same column"},
    {"expected '-' indicator", "start all items of one list in the same column"},
    {"',' or '}'", "close the `{` with `}` and put `, ` between its keys"},
    {"',' or ']'", "close the `[` with `]` and put `, ` between its items"},
    {"expected ':'", "write `key: value` with a blank after the colon"},
    {"unexpected end of stream", "close the quotation mark"},
    {"control characters", "remove the control character; a manifest is plain UTF-8 text"},
    {"UTF-8", "save the file as UTF-8"},
    {"octet", "save the file as UTF-8"},
    {"Unicode", "save the file as UTF-8"},
    {"unknown escape", "use single quotes, in which a backslash is a backslash"},
    {"tab character", "indent with blanks; YAML forbids tabs there"},
};

static void report_syntax(struct check *check, const yaml_parser_t *parser, const char *text,
                          size_t bytes)
{
    const char *problem = parser->problem ? parser->problem : "the text cannot be read";
    const char *remedy = "correct the YAML at this place";
    struct place at = yaml_place(check, parser->problem_mark);
    size_t byte = parser->problem_mark.index;

    if (parser->error == YAML_READER_ERROR) {
        byte = parser->problem_offset < bytes ? parser->problem_offset : bytes;
        at = place_of_byte(check, text, byte);
    }
    for (size_t i = 0; i < sizeof(remedies) / sizeof(remedies[0]); i++) {
        if (strstr(problem, remedies[i].problem)) {
            remedy = remedies[i].remedy;
            break;
        }
    }
    if (strstr(problem, "cannot start any token") && byte < bytes && text[byte] == '\t')
        remedy = "indent with blanks; YAML forbids tabs there";
    if (parser->context)
        problem = say(&check->arena, "%s, %s that begins on line %zu", problem, parser->context,
                      parser->context_mark.line + 1);
    report_as(check, "syntax", at, problem, remedy);
}

struct scan {
    struct check *check;
    uint32_t depth, values, documents;
    bool good;
};

static void refuse(struct scan *scan, const char *rule, const yaml_event_t *event, const char *what,
                   const char *remedy)
{
    scan->good = false;
    report_as(scan->check, rule, yaml_place(scan->check, event->start_mark), what, remedy);
}

static void refuse_label(struct scan *scan, const yaml_event_t *event, const yaml_char_t *anchor,
                         const yaml_char_t *tag)
{
    struct arena *arena = &scan->check->arena;

    if (anchor)
        refuse(scan, "alias", event,
               say(arena, "%s has an anchor (&)",
                   quote(arena, (const char *)anchor, strlen((const char *)anchor))),
               "remove it and write the value out at each place: who reads a line must see all of "
               "what it grants");
    if (tag)
        refuse(scan, "alias", event,
               say(arena, "%s is a type tag (!)",
                   quote(arena, (const char *)tag, strlen((const char *)tag))),
               "remove it; the key decides the type of its value");
}

/* Looks at one event; returns false when reading on is pointless or dangerous. */
static bool scan_event(struct scan *scan, const yaml_event_t *event)
{
    struct arena *arena = &scan->check->arena;

    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (++scan->documents == 1)
            return true;
        refuse(scan, "syntax", event, "a second document begins here",
               "keep one manifest in one file: remove the `---` or what follows it");
        return false;
    case YAML_ALIAS_EVENT:
        refuse(scan, "alias", event,
               say(arena, "%s is an alias (*) for a value elsewhere",
                   quote(arena, (const char *)event->data.alias.anchor,
                         strlen((const char *)event->data.alias.anchor))),
               "write the value out: who reads a line must see all of what it grants");
        break;
    case YAML_SCALAR_EVENT:
        refuse_label(scan, event, event->data.scalar.anchor, event->data.scalar.tag);
        break;
    case YAML_SEQUENCE_START_EVENT:
        refuse_label(scan, event, event->data.sequence_start.anchor,
                     event->data.sequence_start.tag);
        scan->depth++;
        break;
    case YAML_MAPPING_START_EVENT:
        refuse_label(scan, event, event->data.mapping_start.anchor, event->data.mapping_start.tag);
        scan->depth++;
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        scan->depth--;
        return true;
    default:
        return true;
    }
    if (scan->depth > YAML_MAX_DEPTH) {
        refuse(scan, "file-limits", event,
               say(arena, "lists and sections nest more than %d deep", YAML_MAX_DEPTH),
               "close the brackets opened before; no manifest needs more than six");
        return false;
    }
    if (++scan->values > YAML_MAX_VALUES) {
        refuse(scan, "file-limits", event,
               say(arena, "the file has more than %d values", YAML_MAX_VALUES),
               "check that this is a manifest");
        return false;
    }
    return true;
}

static bool start(struct check *check, yaml_parser_t *parser, const char *text, size_t bytes)
{
    if (!yaml_parser_initialize(parser)) {
        report_as(check, "file-limits", (struct place){check->path, 1, 1}, "out of memory",
                  "run it again with more memory");
        return false;
    }
    yaml_parser_set_input_string(parser, (const unsigned char *)text, bytes);
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING);
    return true;
}

/* One pass over the events, which take no memory, before the document is built. */
static bool scan_text(struct check *check, const char *text, size_t bytes)
{
    struct scan scan = {.check = check, .good = true};
    yaml_parser_t parser;
    yaml_event_t event;
    bool more = true;

    if (!start(check, &parser, text, bytes))
        return false;
    while (more) {
        if (!yaml_parser_parse(&parser, &event)) {
            report_syntax(check, &parser, text, bytes);
            scan.good = false;
            break;
        }
        more =
            event.type != YAML_STREAM_END_EVENT && scan_event(&scan, &event) && !check_full(check);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return scan.good;
}

bool yaml_load(struct check *check, const char *text, size_t bytes, yaml_document_t *document)
{
    struct place top = {check->path, 1, 1};
    yaml_parser_t parser;

    if (bytes > YAML_MAX_BYTES) {
        report_as(check, "file-limits", top,
                  say(&check->arena, "the file is larger than %s",
                      size_text(&check->arena, YAML_MAX_BYTES)),
                  "check that this is a manifest");
        return false;
    }
    if (bytes >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) { /* some editors' mark of UTF-8 */
        text += 3;
        bytes -= 3;
    }
    if (!scan_text(check, text, bytes) || !start(check, &parser, text, bytes))
        return false;
    bool good = yaml_parser_load(&parser, document);
    if (!good) {
        report_syntax(check, &parser, text, bytes);
    } else if (!yaml_document_get_root_node(document)) {
        report_as(check, "syntax", top, "the file holds no manifest",
                  "begin with `host: NAME`; `bulkhead check --help` shows an example");
        yaml_document_delete(document);
        good = false;
    }
    yaml_parser_delete(&parser);
    return good;
}

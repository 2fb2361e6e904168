/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is asked of a console and what it answers (docs/console-api.md). A console may be hostile:
 * each answer is read by a table of what must be in it, and what it says is written safely.
 */
#ifndef BULKHEAD_CTL_API_H
#define BULKHEAD_CTL_API_H

#include "tools/tool.h"
#include "transport.h"
#include "words.h"

#include <jansson.h>

enum { EXIT_DIFFERS = 4 }; /* beside enum exit_status: of `compare` */

/* One command at one host. */
struct ctl {
    struct arena arena;
    const struct host *host;
    struct transport *transport;
    bool json;
    bool quiet; /* nothing is complained about */
};

/* "bulkhead ctl: HOST: ..." on stderr, safely; returns `status`. */
enum exit_status ctl_complain(const struct ctl *ctl, enum exit_status status, const char *text, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Asks and waits. EXIT_GOOD: an answer with a status of 200 to 299 is in `reply`, to be closed;
 * else said on stderr: EXIT_FINDINGS what the console has against it, EXIT_ENVIRONMENT no answer
 * came.
 */
enum exit_status api_ask(struct ctl *ctl, const char *method, const char *path, const char *body,
                         struct reply *reply);

/* What to do about a reply of any status, likewise. */
enum exit_status api_judge(struct ctl *ctl, const struct reply *reply);

/* The same for an answer that is a JSON object, which the caller lets go with json_decref(). */
enum exit_status api_object(struct ctl *ctl, const char *method, const char *path, const char *body,
                            json_t **object);

/* JSON text from outside as an object, without doubled keys; NULL if it is none. */
json_t *api_parse(const char *text, size_t bytes);

/* What must be under a key of an object, and where it goes. */
enum field_kind {
    FIELD_TEXT,   /* const char * */
    FIELD_NUMBER, /* int64_t, 0 to 2^53 - 1; -1: null */
    FIELD_TRUTH,  /* bool */
    FIELD_LIST,   /* json_t *, NULL: null */
    FIELD_OBJECT, /* likewise */
};
struct field {
    const char *key;
    enum field_kind kind;
    bool nullable; /* null may stand there, or nothing at all */
    size_t offset;
};

/*
 * Reads an object by `count` fields; texts and lists live as long as it does. NULL, or what is
 * wrong as a sentence in the arena.
 */
const char *api_read(struct arena *arena, const json_t *object, const struct field *fields,
                     size_t count, void *out);
#define API_READ(arena, object, fields, out)                                                       \
    api_read(arena, object, fields, sizeof(fields) / sizeof((fields)[0]), out)

/* The texts of a list with ", " between them; "-" if there are none, "?" for what is no text. */
const char *api_texts(struct arena *arena, const json_t *list);

/* "01:00.0 8086:10d3 on internet, 02:00.0" of a list of devices, likewise. */
const char *api_devices(struct arena *arena, const json_t *list);

/* An answer that is not what docs/console-api.md says: said, EXIT_ENVIRONMENT. */
enum exit_status api_malformed(struct ctl *ctl, const char *what);

/* A domain, as far as the caller's key may know. */
struct domain {
    const char *name, *level, *label, *state, *last_end;
    int64_t cpus, memory, since, lives, restarts_left, ticket, answered, stop_in, checks,
        check_failed;
    json_t *categories, *devices, *start_after, *may, *fault, *counters;
};
const char *domain_read(struct arena *arena, const json_t *object, struct domain *out);

/* The machine, and who one is there. */
struct machine_view {
    const char *host, *manifest, *classification, *server_key, *version;
    const char *you, *role, *expires;
    int64_t uptime, unix_time;
    bool lab, believed;
    json_t *levels, *networks, *you_object, *time_object;
};
const char *machine_read(struct arena *arena, const json_t *object, struct machine_view *out);

/* "/v1/domains/NAME" and what follows, in the arena; `name` has passed name_is_good(). */
const char *domain_path(struct arena *arena, const char *name, const char *action);

/* Whether a domain can be called so, as manifests have names. */
bool domain_name_is_good(const char *name);

#endif

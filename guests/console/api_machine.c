/* SPDX-License-Identifier: Apache-2.0 */
/* GET /v1/machine. */
#include "api.h"
#include "platform.h"
#include "version.h"
#include "words.h"

/* The manifest's, or by rank, in the colours that are usual on markings; higher ones share the
 * last. */
static void put_colour(struct writer *to, uint32_t rank)
{
    static const char *const colours[] = {"#007a33", "#0033a0", "#c8102e", "#ff8c00", "#fce83a"};
    uint32_t most = sizeof(colours) / sizeof(colours[0]) - 1;
    uint32_t said = machine.levels[rank].colour;
    char text[8];
    struct writer hex = {.text = text, .room = sizeof(text) - 1};
    write_text(&hex, "#");
    write_hex(&hex, said & 0xffffff, 6);
    text[hex.used] = 0;
    json_text(to, "colour", said & MANIFEST_COLOUR ? text : colours[rank < most ? rank : most]);
}

static void put_labels(struct writer *to)
{
    json_begin(to, "levels", '[');
    for (uint32_t i = 0; i < machine.level_count; i++) {
        json_begin(to, NULL, '{');
        json_text(to, "name", machine.levels[i].name);
        put_colour(to, i);
        json_end(to, '}');
    }
    json_end(to, ']');
    json_begin(to, "networks", '[');
    for (uint32_t i = 0; i < machine.network_count; i++) {
        const struct manifest_network *network = &machine.networks[i];
        uint32_t level = network->level;
        json_begin(to, NULL, '{');
        json_text(to, "name", network->name);
        json_text(to, "level",
                  level > 0 && level <= machine.level_count ? machine.levels[level - 1].name
                                                            : NULL);
        json_bool(to, "exposed", network->exposed);
        json_end(to, '}');
    }
    json_end(to, ']');
}

static void put_caller(struct writer *to, uint32_t admin)
{
    const struct console_admin *key = &machine.info->admins[admin];
    char name[NAME_BYTES] = "", expires[TIME_TEXT_BYTES];
    for (unsigned i = 0; i + 1 < sizeof(name) && key->name[i]; i++) {
        name[i] = key->name[i];
    }
    date_text(expires, key->expires);
    json_begin(to, "you", '{');
    json_text(to, "name", name);
    json_text(to, "role", word_of_role(key->role));
    json_text(to, "expires", expires);
    json_end(to, '}');
}

static void put_time(struct writer *to)
{
    uint64_t now = platform_unix_time();
    json_begin(to, "time", '{');
    if (now) {
        json_number(to, "unix", now);
    } else {
        json_null(to, "unix");
    }
    json_bool(to, "believed", machine_clock_is_good());
    json_end(to, '}');
}

void api_machine(struct reply *reply)
{
    struct writer body = reply_body();
    json_begin(&body, NULL, '{');
    json_text(&body, "host", machine.is.host);
    json_hex(&body, "manifest", machine.is.digest, sizeof(machine.is.digest));
    json_text(&body, "classification", machine.is.classification);
    json_bool(&body, "lab", machine.is.lab);
    put_labels(&body);
    put_caller(&body, reply->admin);
    put_time(&body);
    json_hex(&body, "server_key", machine.info->key_digest, sizeof(machine.info->key_digest));
    json_number(&body, "uptime", machine_seconds(machine.is.unix_time_tsc, platform_tsc()));
    json_text(&body, "version", CONSOLE_VERSION_TEXT);
    json_end(&body, '}');
    write_text(&body, "\n");
    reply_whole(reply, 200, REPLY_JSON, &body);
}

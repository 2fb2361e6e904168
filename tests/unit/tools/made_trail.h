/* SPDX-License-Identifier: Apache-2.0 */
/* A machine's trail, made up, as its console tells it; for a test that includes it once. */
#ifndef BULKHEAD_MADE_TRAIL_H
#define BULKHEAD_MADE_TRAIL_H

#include "guests/console/audit_text.h"
#include "kernel/sha256.h"
#include "tools/audit/keep.h"

enum { LINES = 200, HZ = 1000000, EPOCH = 1796032800 };

/* A machine's trail, and what its console makes of it. */
static struct audit_record records[LINES];
static uint32_t count, first_kept;
static char lines[LINES][1024];
static struct trail trail;
static char *said;
static size_t said_bytes;

static void hex(char *to, const void *from, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        sprintf(to + 2 * i, "%02x", ((const uint8_t *)from)[i]);
}

/* As a console's manifest calls domains and keys. */
static const char *name_of(uint32_t domain)
{
    static const char *const names[] = {"\"office\"", "\"net\""};
    return domain < 2 ? names[domain] : "null";
}

static void write_line(uint32_t index)
{
    const struct audit_record *record = &records[index];
    char body[2 * AUDIT_BODY_BYTES + 1], hash[2 * DIGEST_BYTES + 1], when[64] = "null";
    uint64_t ms = (record->tsc - 5 * HZ) / (HZ / 1000);
    time_t seconds = (time_t)(EPOCH + ms / 1000);
    struct tm tm;
    static const char *const bare[] = {"office", "net"};
    char text[WORDING_BYTES];
    struct writer to = {.text = text, .room = sizeof text - 1};
    audit_text(&to, record, record->domain < 2 ? bare[record->domain] : NULL,
               audit_admin(record) == 0 ? "ops" : NULL);
    text[to.used] = 0;
    hex(body, record, AUDIT_BODY_BYTES);
    hex(hash, record->hash, DIGEST_BYTES);
    strftime(when, sizeof when, "\"%Y-%m-%dT%H:%M:%S", gmtime_r(&seconds, &tm));
    sprintf(when + strlen(when), ".%03uZ\"", (unsigned)(ms % 1000));
    sprintf(lines[index],
            "{\"number\": %lu, \"time\": %s, \"kind\": \"%s\", \"domain\": %s, \"text\": \"%s\", "
            "\"record\": \"%s\", \"hash\": \"%s\"}",
            record->number, when,
            audit_kind_word(record->kind) ? audit_kind_word(record->kind) : "unknown",
            name_of(record->domain), text, body, hash);
}

static void append(uint16_t kind, uint32_t domain, const uint64_t value[AUDIT_VALUES])
{
    struct audit_record *record = &records[count];
    bool first = kind == AUDIT_BOOT;
    uint8_t bytes[DIGEST_BYTES + AUDIT_BODY_BYTES] = {0};
    *record = (struct audit_record){.number = first ? 0 : records[count - 1].number + 1,
                                    .tsc = (uint64_t)(10 + count) * HZ + 123000,
                                    .kind = kind,
                                    .domain = domain};
    memcpy(record->value, value, sizeof record->value);
    if (!first)
        memcpy(bytes, records[count - 1].hash, DIGEST_BYTES);
    memcpy(bytes + DIGEST_BYTES, record, AUDIT_BODY_BYTES);
    sha256(bytes, sizeof bytes, record->hash);
    write_line(count++);
}

static void append_boot(uint64_t boot, bool cold, uint32_t events)
{
    uint64_t before[AUDIT_VALUES] = {0};
    if (count > 0 && !cold) {
        memcpy(before, records[count - 1].hash, DIGEST_BYTES);
        before[4] = 1;
    }
    append(AUDIT_BOOT, AUDIT_NOBODY, (uint64_t[]){1, 2, 3, 4, boot});
    append(AUDIT_STORE, AUDIT_NOBODY, (uint64_t[5]){0});
    append(AUDIT_CLOCK, AUDIT_NOBODY, (uint64_t[5]){HZ, EPOCH, 5 * HZ});
    append(AUDIT_BEFORE, AUDIT_NOBODY, before);
    for (uint32_t i = 0; i < events; i++)
        append(AUDIT_START, i % 2, (uint64_t[5]){i});
}

static int setup(void **state)
{
    (void)state;
    memset(records, 0, sizeof records);
    count = first_kept = 0;
    if (trail.out)
        fclose(trail.out);
    free(said);
    said = NULL;
    trail = (struct trail){.name = "trail", .out = open_memstream(&said, &said_bytes)};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    if (trail.out)
        fclose(trail.out);
    trail.out = NULL;
    free(said);
    said = NULL;
    return 0;
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* I6: the audit trail, as a reader sees it who believes no hash that it has not computed. */
#include "guests/lib/boot.h"
#include "guests/lib/call.h"
#include "guests/lib/x86.h"
#include "kernel/sha256.h"
#include "manage.h"
#include <stddef.h>

static struct {
    uint64_t next; /* number of the record that comes next */
    uint8_t head[DIGEST_BYTES];
    uint64_t broken, refused, refusals, lost, notes, taken;
} seen;

static bool same(const void *left, const void *right, size_t bytes)
{
    const uint8_t *a = left, *b = right;
    for (; bytes > 0 && *a == *b; bytes--) {
        a++;
        b++;
    }
    return bytes == 0;
}

static void check(const struct audit_record *record)
{
    struct sha256 hash;
    sha256_init(&hash);
    sha256_update(&hash, seen.head, DIGEST_BYTES);
    sha256_update(&hash, record, AUDIT_BODY_BYTES);
    sha256_final(&hash, seen.head);
    seen.broken += record->number != seen.next || !same(seen.head, record->hash, DIGEST_BYTES);
    seen.next++;
    seen.refused += record->kind == AUDIT_REFUSED;
    seen.refusals += record->kind == AUDIT_REFUSED ? record->value[3] : 0;
    seen.lost += record->kind == AUDIT_LOST ? record->value[0] : 0;
    seen.notes += record->kind == AUDIT_CONSOLE;
    seen.taken += record->kind == AUDIT_CALL;
}

uint64_t trail_read(void (*each)(const struct audit_record *record))
{
    volatile struct management_request *request = (void *)call_page;
    const struct management_audit *answer = (const void *)call_page;
    uint64_t result;
    do {
        *request = (struct management_request){.version = MANAGEMENT_VERSION,
                                               .call = MANAGEMENT_AUDIT_READ,
                                               .from = seen.next,
                                               .admin = MANAGEMENT_NO_ADMIN};
        result = call_at((uint64_t)call_page);
        for (uint32_t i = 0; result == MANAGEMENT_DONE && i < answer->count; i++) {
            check(&answer->records[i]);
            if (each) {
                each(&answer->records[i]);
            }
        }
    } while (result == MANAGEMENT_DONE && answer->count > 0 &&
             answer->count <= MANAGEMENT_AUDIT_RECORDS);
    return result;
}

/* What drive_target() has done, with value[0] of each; its last but one request changed nothing. */
static const struct {
    uint32_t kind, value;
} due[] = {
    {AUDIT_START, 1},
    {AUDIT_CALL, MANAGEMENT_CHECK},
    {AUDIT_CHECK, 0},
    {AUDIT_CALL, MANAGEMENT_POWER_BUTTON},
    {AUDIT_CALL, MANAGEMENT_STOP},
    {AUDIT_END, END_ASKED},
    {AUDIT_REST, LIFE_STOPPED},
    {AUDIT_CALL, MANAGEMENT_START},
    {AUDIT_START, 2},
    {AUDIT_CALL, MANAGEMENT_START},
    {AUDIT_CALL, MANAGEMENT_RESTART},
    {AUDIT_END, END_ASKED},
    {AUDIT_START, 3},
};
static uint32_t target_is, met, others, begun, typed;
static const struct management_machine *machine_is;

static void meet(const struct audit_record *record)
{
    static const uint32_t first[] = {AUDIT_BOOT, AUDIT_STORE, AUDIT_CLOCK, AUDIT_BEFORE};
    uint64_t n = record->number;
    if (n < sizeof(first) / sizeof(first[0])) {
        begun += record->kind == first[n] && record->domain == AUDIT_NOBODY;
        begun += n == 0 && same(record->value, machine_is->digest, DIGEST_BYTES);
        begun += n == 2 && record->value[0] == boot_info.tsc_hz;
    } else if (record->kind == AUDIT_CALL && record->value[0] == MANAGEMENT_SERIAL_WRITE) {
        typed++;
    } else if (record->domain == target_is && record->kind != AUDIT_REFUSED) { /* too early */
        bool good = met < sizeof(due) / sizeof(due[0]) && record->kind == due[met].kind &&
                    record->value[0] == due[met].value;
        *(good ? &met : &others) += 1;
    }
}

void try_trail(const struct management_machine *machine, uint32_t target)
{
    machine_is = machine;
    target_is = target;
    uint64_t result = trail_read(meet);
    report(result == MANAGEMENT_DONE && begun == 6, "I6", "trail's beginning",
           "result %lu, %u of 6 as due, %lu records", result, begun, seen.next);
    report(met == sizeof(due) / sizeof(due[0]) && others == 0 && typed > 0, "I6", "trail",
           "%u records of the target as due, %u others, %u of its serial port", met, others, typed);
    report(seen.broken == 0 && seen.next > 0, "I6", "chain", "%lu records, %lu broken", seen.next,
           seen.broken);
    result = call_make(MANAGEMENT_AUDIT_NOTE, 0, AUDIT_NOTE_LOGIN);
    report(result == MANAGEMENT_DONE, "I6", "note", "result %lu", result);
}

struct trail_sum trail_sum(void)
{
    return (struct trail_sum){seen.next, seen.broken, seen.lost, seen.refused};
}

static struct {
    uint64_t boot, before;
    char panic[AUDIT_VALUES * sizeof(uint64_t) + 1];
} beginning = {.panic = "none"};

static void note_beginning(const struct audit_record *record)
{
    const char *text = (const char *)record->value;
    if (record->kind == AUDIT_BOOT) {
        beginning.boot = record->value[4];
    } else if (record->kind == AUDIT_BEFORE) {
        beginning.before = record->value[4];
    }
    for (size_t i = 0; record->kind == AUDIT_PANIC && i < sizeof(beginning.panic) - 1; i++) {
        beginning.panic[i] = text[i];
    }
}

void tell_trail(void)
{
    uint64_t result = trail_read(note_beginning);
    report(result == MANAGEMENT_DONE && seen.broken == 0, "I6", "trail's beginning",
           "boot %lu, before %lu, panic %s", beginning.boot, beginning.before, beginning.panic);
}

/* Ten refusals and one a second since: a minute of an emulator that is slow, no more. */
void try_trail_after(void)
{
    enum { MOST_REFUSED = 10 + 600 };
    uint64_t result = trail_read(NULL);
    report(result == MANAGEMENT_DONE && seen.broken == 0 && seen.lost == 0 && seen.taken > 4, "I6",
           "trail after all", "%lu records, %lu broken, %lu lost, %lu calls", seen.next,
           seen.broken, seen.lost, seen.taken);
    report(seen.refused >= 10 && seen.refused <= MOST_REFUSED && seen.refusals > MOST_REFUSED, "I8",
           "refused calls", "%lu records of %lu", seen.refused, seen.refusals);
    report(seen.notes >= 1, "I6", "the console's word", "%lu on record", seen.notes);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Does each record follow from the one before? See the header. */
#include "trail.h"
#include "guests/console/audit_text.h"
#include "guests/console/words.h"
#include "hash.h"
#include "tools/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { TIME_SLACK_MS = 2000 }; /* between what the console says and what the TSC says */

static bool say_wrong(struct trail *trail, uint64_t *counter, const char *text, ...)
    __attribute__((format(printf, 3, 4)));

/* "NAME:LINE: text"; always false. */
static bool say_wrong(struct trail *trail, uint64_t *counter, const char *text, ...)
{
    char words[640];
    va_list args;
    ++*counter;
    if (counter == &trail->broken && trail->first_broken == 0)
        trail->first_broken = trail->line;
    if (!trail->out || (counter == &trail->reworded && *counter > 1))
        return false;
    va_start(args, text);
    vsnprintf(words, sizeof(words), text, args);
    va_end(args);
    put_safely(trail->out, trail->name);
    fprintf(trail->out, ":%" PRIu64 ": ", trail->line);
    put_safely(trail->out, words);
    putc('\n', trail->out);
    return false;
}

static void hex(const uint8_t digest[DIGEST_BYTES], char out[2 * DIGEST_BYTES + 1])
{
    for (size_t i = 0; i < DIGEST_BYTES; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

/* From here on it is a trail again, whatever was before. */
static void begin_anew(struct trail *trail, uint64_t number)
{
    trail->since_boot = trail->boot;
    trail->since_number = number;
}

static bool check_hash(struct trail *trail, const struct audit_record *record,
                       const uint8_t before[DIGEST_BYTES])
{
    uint8_t due[DIGEST_BYTES];
    char is_text[2 * DIGEST_BYTES + 1], due_text[2 * DIGEST_BYTES + 1];
    audit_hash(before, record, due);
    if (memcmp(due, record->hash, DIGEST_BYTES) == 0)
        return true;
    hex(record->hash, is_text);
    hex(due, due_text);
    begin_anew(trail, record->number);
    return say_wrong(trail, &trail->broken,
                     "record %" PRIu64 " has the hash %s, from the record before follows %s: one "
                     "of the two is not what the machine wrote; compare with another copy",
                     record->number, is_text, due_text);
}

bool trail_goes_back(const struct trail *trail, const struct audit_record *record)
{
    uint64_t boot = record->value[4];
    return trail->records > 0 && trail->boot != 0 && boot != 0 && boot <= trail->boot;
}

/* A boot begins: its counter goes on, and what is known of the one before is put aside. */
static bool begin_boot(struct trail *trail, const struct audit_record *record)
{
    uint64_t before = trail->boot, boot = record->value[4];
    bool first = trail->records == 0, back = trail_goes_back(trail, record), good = true;
    trail->has_before = trail->has_head;
    memcpy(trail->before, trail->head, DIGEST_BYTES);
    memset(trail->head, 0, sizeof(trail->head));
    memset(trail->domains, 0, sizeof(trail->domains));
    memset(trail->admins, 0, sizeof(trail->admins));
    trail->has_head = trail->in_boot = true;
    trail->after_gap = false;
    trail->tsc_hz = trail->unix_time = 0;
    trail->next = 0;
    trail->boot = boot;
    trail->boots++;
    if (first)
        begin_anew(trail, 0);
    if (record->kind != AUDIT_BOOT)
        good = say_wrong(trail, &trail->broken,
                         "record 0 is not of a boot's beginning: no machine begins a trail so");
    if (back) {
        begin_anew(trail, 0);
        good = say_wrong(trail, &trail->broken,
                         "boot %" PRIu64 " comes after boot %" PRIu64 ": the firmware's counter "
                         "was set back, or this is another machine's trail; look at the firmware",
                         boot, before);
    } else if (!first && before != 0 && boot > before + 1) {
        trail->has_before = false;
        begin_anew(trail, 0);
        good = say_wrong(trail, &trail->gaps,
                         "boot %" PRIu64 " comes after boot %" PRIu64 ": of those between nothing "
                         "was collected; collect more often",
                         boot, before);
    }
    return good;
}

/* The head of the boot before, as the machine found it, against the last record that is here. */
static bool check_before(struct trail *trail, const struct audit_record *record)
{
    char found[2 * DIGEST_BYTES + 1], kept[2 * DIGEST_BYTES + 1];
    uint8_t head[DIGEST_BYTES];
    if (trail->boots == 1)
        return true;
    memcpy(head, record->value, DIGEST_BYTES);
    if (record->value[4] != 1) {
        trail->cold_starts++;
        begin_anew(trail, 0);
        return true;
    }
    if (trail->has_before && memcmp(head, trail->before, DIGEST_BYTES) == 0)
        return true;
    begin_anew(trail, 0);
    if (!trail->has_before) /* already said */
        return true;
    hex(head, found);
    hex(trail->before, kept);
    return say_wrong(trail, &trail->gaps,
                     "this boot found the head %s of the one before, the last record here has %s: "
                     "the last records of that boot were not collected, or are not what the "
                     "machine wrote; collect more often, and compare with another copy",
                     found, kept);
}

/* What stands beside the bytes. */
static bool check_reading(struct trail *trail, const struct audit_line *line)
{
    const struct audit_record *record = &line->record;
    const char *word = audit_kind_word(record->kind);
    if (line->number != record->number)
        return say_wrong(trail, &trail->broken,
                         "`number` is %" PRIu64 ", the record's own %" PRIu64
                         ": the console has told something else than the machine wrote",
                         line->number, record->number);
    if (word && strcmp(word, line->kind) != 0)
        return say_wrong(trail, &trail->broken,
                         "`kind` is `%s`, the record's own `%s`: the console has told something "
                         "else than the machine wrote",
                         line->kind, word);
    if (!word && strcmp(line->kind, word_of_record(record->kind)) != 0)
        return say_wrong(trail, &trail->broken,
                         "`kind` is `%s`, the record's own is number %u, "
                         "which this version does not know: verify with the version that the "
                         "machine runs",
                         line->kind, record->kind);
    if ((record->domain == AUDIT_NOBODY && line->domain[0]) ||
        (record->domain >= MAX_DOMAINS && record->domain != AUDIT_NOBODY))
        return say_wrong(trail, &trail->broken,
                         "`domain` is `%s`, the record is about number %" PRIu32, line->domain,
                         record->domain);
    if (record->domain == AUDIT_NOBODY || !line->domain[0])
        return true;
    char *name = trail->domains[record->domain];
    if (name[0] && strcmp(name, line->domain) != 0)
        return say_wrong(trail, &trail->broken,
                         "`domain` is `%s`, which was `%s` before in this boot: the console has "
                         "told something else than the machine wrote",
                         line->domain, name);
    memcpy(name, line->domain, NAME_BYTES);
    return true;
}

/*
 * No finding by itself: another version may have had other words, and the bytes are what counts.
 * One line says it, for a machine of another version has it in each.
 */
static void compare_text(struct trail *trail, const struct audit_line *line)
{
    const struct audit_record *record = &line->record;
    char admin[NAME_BYTES];
    bool fits = wording_fits(record, line->domain[0] ? line->domain : NULL, line->text, admin);
    char *name = fits && *admin ? trail->admins[audit_admin(record)] : NULL;
    if (name && !*name)
        memcpy(name, admin, NAME_BYTES);
    if ((fits && (!name || strcmp(name, admin) == 0)) || !audit_kind_word(record->kind))
        return;
    if (trail->reworded == 0)
        trail->first_reworded = trail->line;
    say_wrong(trail, &trail->reworded,
              "`text` is not what this version says of record %" PRIu64
              ": it was changed, or another version wrote it; believe the bytes",
              record->number);
}

static bool check_time(struct trail *trail, const struct audit_line *line)
{
    const struct audit_record *record = &line->record;
    if (record->kind == AUDIT_CLOCK) {
        trail->tsc_hz = record->value[0];
        trail->unix_time = record->value[1];
        trail->unix_time_tsc = record->value[2];
    }
    if (trail->tsc_hz == 0 || trail->unix_time == 0 || line->time == AUDIT_TIME_UNKNOWN)
        return true;
    double ticks = (double)(int64_t)(record->tsc - trail->unix_time_tsc);
    double due = 1000.0 * ((double)trail->unix_time + ticks / (double)trail->tsc_hz);
    double late = (double)line->time - due;
    return (late < TIME_SLACK_MS && late > -TIME_SLACK_MS) ||
           say_wrong(trail, &trail->broken,
                     "`time` is %.0f s off what the record's TSC says: the console has told "
                     "something else than the machine wrote",
                     late / 1000);
}

/* Where in its boot the record stands; true: its hash can be computed. */
static bool check_number(struct trail *trail, const struct audit_record *record, bool *good)
{
    if (record->number == 0) {
        *good &= begin_boot(trail, record);
        return true;
    }
    if (!trail->in_boot || trail->after_gap) { /* of the same boot or not: nobody knows */
        if (record->number < trail->next)
            trail->boot = 0;
        trail->boots += !trail->in_boot || record->number < trail->next;
        trail->in_boot = true;
        trail->after_gap = false;
        trail->tsc_hz = 0;
        memset(trail->domains, 0, sizeof(trail->domains));
        memset(trail->admins, 0, sizeof(trail->admins));
        begin_anew(trail, record->number);
        return false;
    }
    if (record->number == trail->next)
        return trail->has_head;
    begin_anew(trail, record->number);
    if (record->number > trail->next)
        *good &= say_wrong(trail, &trail->gaps,
                           "record %" PRIu64 " follows on record %" PRIu64 ": those between are "
                           "missing; collect more often, or find where the file lost them",
                           record->number, trail->next - 1);
    else
        *good &= say_wrong(trail, &trail->broken,
                           "record %" PRIu64 " follows on record %" PRIu64 ": the file was put "
                           "together wrongly, or another boot's beginning is missing",
                           record->number, trail->next - 1);
    return false;
}

static bool put_record(struct trail *trail, const struct audit_line *line)
{
    const struct audit_record *record = &line->record;
    bool good = true;
    if (check_number(trail, record, &good))
        good &= check_hash(trail, record, trail->head);
    trail->records++;
    trail->has_head = true;
    trail->next = record->number + 1;
    memcpy(trail->head, record->hash, DIGEST_BYTES);
    if (record->kind == AUDIT_BEFORE)
        good &= check_before(trail, record);
    if (record->kind == AUDIT_LOST)
        trail->lost += record->value[0];
    compare_text(trail, line);
    return check_reading(trail, line) && check_time(trail, line) && good;
}

bool trail_put(struct trail *trail, const char *text, size_t bytes)
{
    struct audit_line line;
    trail->line++;
    const char *wrong = audit_line_read(text, bytes, &line);
    if (wrong && trail->records == 0 && trail->broken > 0) { /* another kind of file: said */
        trail->broken++;
        return false;
    }
    if (wrong)
        return say_wrong(trail, &trail->broken, "%s: no line of an audit trail", wrong);
    if (!line.lost)
        return put_record(trail, &line);
    trail->has_head = false;
    trail->after_gap = true;
    if (trail->records == 0) /* the window had moved on before anybody looked */
        return true;
    return say_wrong(trail, &trail->gaps,
                     "%" PRIu64 " records were not kept any more: collect more often", line.lost);
}

enum trail_verdict trail_verdict(const struct trail *trail)
{
    if (trail->broken > 0)
        return TRAIL_BROKEN;
    if (trail->gaps > 0)
        return TRAIL_GAP;
    return trail->since_number == 0 && trail->cold_starts == 0 ? TRAIL_ANCHORED : TRAIL_UNBROKEN;
}

/* "boot 7", or the record where it is not known which boot that was. */
static void print_since(const struct trail *trail, FILE *out)
{
    if (trail->since_boot)
        fprintf(out, "boot %" PRIu64, trail->since_boot);
    else
        fprintf(out, "a boot of unknown number");
    if (trail->since_number)
        fprintf(out, ", record %" PRIu64, trail->since_number);
}

void trail_print(const struct trail *trail, FILE *out)
{
    enum trail_verdict verdict = trail_verdict(trail);
    put_safely(out, trail->name);
    if (trail->records == 0 && trail->broken > 0) {
        fprintf(out, ": is no audit trail: none of %" PRIu64 " lines is a record\n", trail->line);
        return;
    }
    fprintf(out, ": %" PRIu64 " record%s of %" PRIu64 " boot%s: ", trail->records,
            trail->records == 1 ? "" : "s", trail->boots, trail->boots == 1 ? "" : "s");
    if (trail->records == 0)
        fprintf(out, "nothing to verify");
    else if (verdict == TRAIL_ANCHORED)
        fprintf(out, "unbroken and anchored");
    else if (verdict == TRAIL_BROKEN)
        fprintf(out, "broken, first at line %" PRIu64 ", unbroken since ", trail->first_broken);
    else if (verdict == TRAIL_GAP)
        fprintf(out, "records are missing, unbroken since ");
    else
        fprintf(out, "unbroken from ");
    if (trail->records > 0 && verdict != TRAIL_ANCHORED)
        print_since(trail, out);
    if (trail->cold_starts)
        fprintf(out, "; %" PRIu64 " cold start%s", trail->cold_starts,
                trail->cold_starts == 1 ? "" : "s");
    if (trail->lost)
        fprintf(out, "; the machine lost %" PRIu64 " events", trail->lost);
    if (trail->reworded)
        fprintf(out,
                "; BUT THE TEXT beside %" PRIu64 " record%s, first at line %" PRIu64
                ", is not what this version says of the bytes: changed, or another version's",
                trail->reworded, trail->reworded == 1 ? "" : "s", trail->first_reworded);
    putc('\n', out);
}

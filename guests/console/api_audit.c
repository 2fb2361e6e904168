/* SPDX-License-Identifier: Apache-2.0 */
/* GET /v1/audit, and a record as the API tells it. */
#include "api.h"
#include "audit_text.h"
#include "platform.h"
#include "words.h"

enum { RECORD_ROOM = 2048 }; /* no record takes more */

bool audit_read(uint64_t from, uint32_t admin, struct management_audit *page)
{
    const struct management_request request = {
        .call = MANAGEMENT_AUDIT_READ, .from = from, .admin = admin};
    if (platform_call(&request, NULL, page, sizeof(*page)) != MANAGEMENT_DONE) {
        return false;
    }
    page->count = page->count < MANAGEMENT_AUDIT_RECORDS ? page->count : MANAGEMENT_AUDIT_RECORDS;
    return true;
}

static const char *domain_name(uint32_t domain)
{
    return domain < machine.domain_count ? machine.domains[domain].name : NULL;
}

void record_object(struct writer *to, const struct audit_record *record)
{
    char text[512], name[NAME_BYTES] = "", when[TIME_TEXT_BYTES];
    struct writer line = {.text = text, .room = sizeof(text) - 1};
    uint32_t admin = audit_admin(record);
    uint64_t time = machine_time_of(record->tsc);
    bool known = admin < machine.admin_count;
    for (unsigned i = 0; known && i + 1 < sizeof(name); i++) {
        name[i] = machine.info->admins[admin].name[i];
    }
    audit_text(&line, record, domain_name(record->domain), known ? name : NULL);
    text[line.used] = 0;
    time_text(when, time);
    json_begin(to, NULL, '{');
    json_number(to, "number", record->number);
    json_text(to, "time", time ? when : NULL);
    json_text(to, "kind", word_of_record(record->kind));
    json_text(to, "domain", domain_name(record->domain));
    json_text(to, "text", text);
    json_hex(to, "record", record, AUDIT_BODY_BYTES);
    json_hex(to, "hash", record->hash, sizeof(record->hash));
    json_end(to, '}');
}

static void put_lost(struct writer *to, uint64_t count)
{
    json_begin(to, NULL, '{');
    json_number(to, "lost", count);
    json_end(to, '}');
    write_text(to, "\n");
    to->comma = false;
}

/* As many records as a piece has room for, up to where the trail ended when it was asked for. */
static bool audit_step(struct reply *reply)
{
    struct writer *to = &reply->to;
    static struct management_audit page;
    if (!audit_read(reply->from, reply->admin, &page)) {
        to->full = true; /* what is not whole must not look so */
        return false;
    }
    if (page.first > reply->from && reply->from < reply->end) {
        put_lost(to, page.first - reply->from);
        reply->from = page.first;
    }
    uint32_t count = 0;
    while (count < page.count && reply->from < reply->end && to->room - to->used > RECORD_ROOM) {
        record_object(to, &page.records[count++]);
        write_text(to, "\n");
        to->comma = false;
        reply->from++;
    }
    return count > 0 && reply->from < reply->end;
}

void api_audit(struct reply *reply, uint64_t from)
{
    static struct management_audit page;
    if (!audit_read(from, reply->admin, &page)) {
        reply_problem(reply, 501, "this hypervisor does not give its audit trail", NULL, NULL);
        return;
    }
    reply_steps(reply, "application/x-ndjson", audit_step);
    reply->from = from;
    reply->end = page.next;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The audit trail: see the header. */
#include "audit.h"
#include "arch/x86/include/machine_words.h"
#include "arch/x86/include/stop.h"
#include "arch/x86/include/vcpu.h"
#include "kernel/sha256.h"
#include "memory.h"

/* What a domain's processor may have seen, and what else management's own may write. */
#define OWN_KINDS                                                                                  \
    (1u << AUDIT_START | 1u << AUDIT_END | 1u << AUDIT_REST | 1u << AUDIT_DMA_FAULT |              \
     1u << AUDIT_QUARANTINE | 1u << AUDIT_CHECK | 1u << AUDIT_MACHINE_CHECK)
#define CALL_KINDS (1u << AUDIT_CALL | 1u << AUDIT_REFUSED | 1u << AUDIT_CONSOLE)

enum { BURST = 10 }; /* at once; then one a second */

/* Of what may come often: whom one says it is from can't hide that another did the same. */
struct budget {
    uint64_t paid; /* TSC up to which the records so far are paid for */
    uint32_t more; /* alike, and not on record yet */
};
enum { NO_ADMIN = MAX_ADMINS, ADMINS };

static PER_CPU struct {
    uint64_t refused_paid; /* as in a budget, of all refused calls */
    uint32_t refused[MANAGEMENT_CALLS + 1][MANAGEMENT_RESULTS];
    struct budget noted[AUDIT_NOTES][ADMINS], typed[MAX_DOMAINS][ADMINS];
    uint64_t machine_checks; /* those that are on record */
} audit;

static struct public_page *own_page(void)
{
    return (struct public_page *)VA_PUBLIC;
}

static bool is_reader(void)
{
    return slice()->auditor == cpu.apic_id;
}

void audit_write(enum audit_kind kind, uint32_t domain, uint64_t value0, uint64_t value1,
                 uint64_t value2, uint64_t value3)
{
    if (slice()->auditor == HANDOFF_NOBODY)
        return;
    struct audit_ring *ring = public_audit(own_page(), cpu.domain->cpu_count, cpu.local);
    uint64_t head = ring->head;
    ring->events[head % AUDIT_RING] =
        (struct audit_event){machine_tsc(), kind, domain, {value0, value1, value2, value3}};
    __atomic_store_n(&ring->head, head + 1, __ATOMIC_RELEASE);
    if (is_reader())
        vcpu.knock = 1;
    else
        machine_knock((uint32_t)slice()->auditor);
}

/* Whether one more may be written now; what is not is counted. */
static bool is_paid_for(uint64_t *paid, uint32_t *count)
{
    uint64_t now = machine_tsc(), second = slice()->tsc_hz;
    if ((int64_t)(now - *paid) > (int64_t)(BURST * second))
        *paid = now - BURST * second;
    if ((int64_t)(now - *paid) < (int64_t)second) {
        ++*count;
        return false;
    }
    *paid += second;
    return true;
}

static uint32_t admin_of(const struct management_request *request)
{
    return request->admin < MAX_ADMINS ? request->admin : NO_ADMIN;
}

void audit_refused(const struct management_request *request, enum management_result result)
{
    uint32_t call = request->call < MANAGEMENT_CALLS ? request->call : MANAGEMENT_CALLS;
    uint32_t *count = &audit.refused[call][result];
    if (!is_paid_for(&audit.refused_paid, count))
        return;
    audit_write(AUDIT_REFUSED, request->index, request->call, request->admin, result, *count);
    *count = 0;
}

void audit_note(const struct management_request *request)
{
    struct budget *budget = &audit.noted[request->detail][admin_of(request)];
    if (!is_paid_for(&budget->paid, &budget->more))
        return;
    audit_write(AUDIT_CONSOLE, AUDIT_NOBODY, request->detail, request->admin, 0, budget->more);
    budget->more = 0;
}

void audit_typed(const struct management_request *request)
{
    struct budget *budget = &audit.typed[request->index][admin_of(request)];
    if (!is_paid_for(&budget->paid, &budget->more))
        return;
    audit_write(AUDIT_CALL, request->index, request->call, request->admin, 0, budget->more);
    budget->more = 0;
}

/*
 * A machine check may end this life anywhere in here: until `next` says so nothing has happened.
 * What stands before the first record is all zeros.
 */
void audit_append(struct audit_trail *trail, struct audit_record *record)
{
    struct survivor *survivor = &stop_page.survivor;
    struct sha256 hash;
    uint64_t head[SURVIVOR_HEAD_WORDS];
    record->number = trail->next;
    sha256_init(&hash);
    sha256_update(&hash, trail->records[(record->number - 1) % AUDIT_KEPT].hash, DIGEST_BYTES);
    sha256_update(&hash, record, AUDIT_BODY_BYTES);
    sha256_final(&hash, record->hash);
    trail->records[record->number % AUDIT_KEPT] = *record;
    __atomic_store_n(&trail->next, record->number + 1, __ATOMIC_RELEASE);
    memory_copy(head, record->hash, DIGEST_BYTES);
    for (uint32_t i = 0; i < SURVIVOR_HEAD_WORDS; i++) {
        survivor->word[SURVIVOR_HEAD + i] = head[i];
        survivor->complement[SURVIVOR_HEAD + i] = ~head[i];
    }
    machine_write_back(survivor, sizeof(*survivor));
}

/* Of a ring of domain `domain` the event that was copied; false: it can't be one. */
static bool take(struct audit_trail *trail, const struct audit_event *event, uint32_t domain,
                 uint32_t local)
{
    bool own = domain == slice()->domain;
    uint32_t kinds = OWN_KINDS | (own ? CALL_KINDS : 0);
    if (event->kind >= AUDIT_KINDS || !(kinds >> event->kind & 1))
        return false;
    if (CALL_KINDS >> event->kind & 1)
        domain = event->domain < handoff_book_of(slice())->machine.counts[MANAGEMENT_DOMAIN]
                     ? event->domain
                     : AUDIT_NOBODY;
    struct audit_record record = {.tsc = event->tsc,
                                  .kind = (uint16_t)event->kind,
                                  .processor = (uint16_t)local,
                                  .domain = domain};
    memory_copy(record.value, event->value, sizeof(event->value));
    audit_append(trail, &record);
    return true;
}

/*
 * At most a ring's events, whatever its head says: what is further behind is lost, and so is what
 * was written over while it was copied.
 */
static void drain(struct audit_trail *trail, const struct audit_ring *ring, uint32_t domain,
                  uint32_t local)
{
    uint64_t *next = &trail->drained[domain][local], lost = 0;
    uint64_t end = __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE);
    if (end - *next >= AUDIT_RING) {
        lost = end - (AUDIT_RING - 1) - *next;
        *next += lost;
    }
    for (; *next != end; ++*next) {
        struct audit_event event = ring->events[*next % AUDIT_RING];
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        lost += ring->head - *next >= AUDIT_RING || !take(trail, &event, domain, local);
    }
    if (lost == 0)
        return;
    struct audit_record record = {.tsc = machine_tsc(),
                                  .kind = AUDIT_LOST,
                                  .processor = (uint16_t)local,
                                  .domain = domain,
                                  .value = {lost}};
    audit_append(trail, &record);
}

/* Management's own first: who asked is on record before what came of it. */
static void drain_all(void)
{
    const struct handoff_book *book = handoff_book_of(slice());
    struct audit_trail *trail = public_trail(own_page(), cpu.domain->public_bytes);
    uint32_t own = slice()->domain, count = book->machine.counts[MANAGEMENT_DOMAIN];
    for (uint32_t i = 0; i < count; i++) {
        uint32_t domain = (own + i) % count, cpus = book->domains[domain].cpu_count;
        struct public_page *page =
            domain == own ? own_page()
                          : (struct public_page *)(VA_OTHERS + (uint64_t)domain * OTHERS_STRIDE);
        for (uint32_t local = 0; local < cpus; local++)
            drain(trail, public_audit(page, cpus, local), domain, local);
        stop_heed();
    }
}

void audit_heed(void)
{
    uint64_t checks = own_page()->machine_checks[cpu.local];
    if (checks != audit.machine_checks) {
        audit.machine_checks = checks;
        audit_own(AUDIT_MACHINE_CHECK, checks, 0, 0);
    }
    if (is_reader())
        drain_all();
}

/*
 * Another processor may be writing the record that takes the oldest one's place: that one is not
 * told, nor is what was overtaken while it was copied.
 */
void audit_read(uint64_t from, struct management_audit *answer)
{
    const struct audit_trail *trail = public_trail(own_page(), cpu.domain->public_bytes);
    if (is_reader())
        drain_all();
    uint64_t next = __atomic_load_n(&trail->next, __ATOMIC_ACQUIRE);
    uint64_t first = next < AUDIT_KEPT ? 0 : next - (AUDIT_KEPT - 1), count = 0;
    from = from < first ? first : from;
    if (from < next)
        count = next - from < MANAGEMENT_AUDIT_RECORDS ? next - from : MANAGEMENT_AUDIT_RECORDS;
    for (uint64_t i = 0; i < count; i++)
        memory_copy(&answer->records[i], &trail->records[(from + i) % AUDIT_KEPT],
                    sizeof(answer->records[i]));
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    if (trail->next - from >= AUDIT_KEPT)
        count = 0;
    answer->first = first;
    answer->next = next;
    answer->count = (uint32_t)count;
    answer->reserved = 0;
    answer->reserved2 = 0;
}

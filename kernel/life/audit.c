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
     1u << AUDIT_QUARANTINE | 1u << AUDIT_CHECK | 1u << AUDIT_MACHINE_CHECK | 1u << AUDIT_NMI)
#define CALL_KINDS (1u << AUDIT_CALL | 1u << AUDIT_REFUSED | 1u << AUDIT_CONSOLE)

enum { BURST = 10, DAY = 86400 }; /* at once; then one a second */

/* Of what may come often: whom one says it is from can't hide that another did the same. */
struct budget {
    uint64_t paid; /* TSC up to which the records so far are paid for */
    uint32_t more; /* alike, and not on record yet */
};
enum { NO_ADMIN = MAX_ADMINS, ADMINS };

/* Management's own, of all its processors. */
static PER_DOMAIN struct {
    struct budget refused[MANAGEMENT_CALLS + 1][MANAGEMENT_RESULTS];
    uint64_t refused_paid; /* of all of these, in place of their own */
    struct budget noted[AUDIT_NOTES][ADMINS], typed[MAX_DOMAINS][ADMINS];
} allowed;

static PER_CPU struct {
    uint64_t machine_checks; /* those that are on record */
    uint32_t running; /* the reader: domains that began a life and have not ended it, as bits */
    uint32_t taken;   /* and events, whether or not they went on record */
} audit;

static bool is_reader(void)
{
    return slice()->auditor == cpu.apic_id;
}

void audit_write(enum audit_kind kind, uint32_t domain, uint64_t value0, uint64_t value1,
                 uint64_t value2, uint64_t value3)
{
    if (slice()->auditor == HANDOFF_NOBODY)
        return;
    struct audit_ring *ring = public_audit(public_page(), cpu.domain->cpu_count, cpu.local);
    uint64_t head = ring->head;
    ring->events[head % AUDIT_RING] =
        (struct audit_event){machine_tsc(), kind, domain, {value0, value1, value2, value3}};
    __atomic_store_n(&ring->head, head + 1, __ATOMIC_RELEASE);
    if (is_reader())
        vcpu.knock = 1;
    else
        machine_knock((uint32_t)slice()->auditor);
}

static uint64_t admin_of(uint64_t admin)
{
    return admin < MAX_ADMINS ? admin : NO_ADMIN;
}

/* Of two processors that come at once one is not paid for: no lock. */
static bool is_paid_for(uint64_t *paid)
{
    uint64_t now = machine_tsc(), second = slice()->tsc_hz;
    uint64_t before = __atomic_load_n(paid, __ATOMIC_RELAXED), from = before;
    if ((int64_t)(now - from) > (int64_t)(BURST * second))
        from = now - BURST * second;
    return (int64_t)(now - from) >= (int64_t)second &&
           __atomic_compare_exchange_n(paid, &before, from + second, false, __ATOMIC_ACQ_REL,
                                       __ATOMIC_RELAXED);
}

static struct audit_trail *own_trail(void)
{
    return public_trail(public_page(), cpu.domain->public_bytes);
}

/*
 * What can go on for ever without an operator's doing, by sorts: calls refused, what the console
 * let nobody do, and of each domain the lives that on_exit begins anew, whose numbers tell of those
 * between, its devices' faults, and what its processors count. 0: it is none of these.
 */
static uint64_t sort_of(const struct audit_record *record)
{
    const uint64_t *value = record->value;
    if (record->kind == AUDIT_REFUSED)
        return AUDIT_REFUSED;
    if (record->kind == AUDIT_CONSOLE && value[0] != AUDIT_NOTE_LOGIN)
        return (value[0] * ADMINS + admin_of(value[1])) << 16 | AUDIT_CONSOLE;
    if (record->kind >= AUDIT_DMA_FAULT && record->kind != AUDIT_CHECK)
        return (uint64_t)record->domain << 16 | record->kind;
    bool again = value[2] && (record->kind == AUDIT_START || record->kind == AUDIT_END);
    return again ? (uint64_t)record->domain << 16 | AUDIT_START : 0;
}

/*
 * Whether it may take the place of an older record: so many of its sort are kept at most, and
 * beyond these one a day, so that no flood, however long, pushes the rest out.
 */
static bool has_room(const struct audit_record *record)
{
    static const uint8_t shares[AUDIT_KINDS] = {
        [AUDIT_REFUSED] = 128,     [AUDIT_CONSOLE] = 4,   [AUDIT_START] = 16,
        [AUDIT_END] = 16,          [AUDIT_DMA_FAULT] = 8, [AUDIT_QUARANTINE] = 8,
        [AUDIT_MACHINE_CHECK] = 4, [AUDIT_NMI] = 2,       [AUDIT_LOST] = 2};
    const struct audit_record *kept = own_trail()->records;
    const uint64_t sort = sort_of(record), day = DAY * slice()->tsc_hz;
    uint32_t alike = 0;
    bool today = false;
    for (uint32_t i = 0; sort && i < AUDIT_KEPT; i++) {
        bool is = sort_of(&kept[i]) == sort;
        alike += is;
        today |= is && (int64_t)(record->tsc - kept[i].tsc) < (int64_t)day;
    }
    return !today || alike < shares[record->kind];
}

/* What is not written is counted with the next one alike. */
static void write_of_many(struct budget *budget, enum audit_kind kind, uint32_t domain,
                          uint64_t what, uint64_t admin, uint64_t result)
{
    struct audit_record record = {
        .tsc = machine_tsc(), .kind = (uint16_t)kind, .value = {what, admin}};
    if (is_paid_for(kind == AUDIT_REFUSED ? &allowed.refused_paid : &budget->paid) &&
        has_room(&record))
        audit_write(kind, domain, what, admin, result,
                    __atomic_exchange_n(&budget->more, 0, __ATOMIC_ACQ_REL));
    else
        __atomic_add_fetch(&budget->more, 1, __ATOMIC_ACQ_REL);
}

void audit_refused(const struct management_request *request, enum management_result result)
{
    uint32_t call = request->call < MANAGEMENT_CALLS ? request->call : MANAGEMENT_CALLS;
    write_of_many(&allowed.refused[call][result], AUDIT_REFUSED, request->index, request->call,
                  request->admin, result);
}

void audit_note(const struct management_request *request)
{
    write_of_many(&allowed.noted[request->detail][admin_of(request->admin)], AUDIT_CONSOLE,
                  request->from ? request->index : AUDIT_NOBODY, request->detail, request->admin,
                  request->from);
}

void audit_typed(const struct management_request *request)
{
    write_of_many(&allowed.typed[request->index][admin_of(request->admin)], AUDIT_CALL,
                  request->index, request->call, request->admin, 0);
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

/* Who starts after others is let go when the last of them starts while all the others run; once. */
static void note_life(const struct audit_record *record)
{
    const struct handoff_book *book = handoff_book_of(slice());
    if (record->kind == AUDIT_END)
        audit.running &= ~(1u << record->domain);
    if (record->kind != AUDIT_START)
        return;
    uint32_t bit = 1u << record->domain;
    audit.running |= bit;
    for (uint32_t i = 0; i < book->machine.counts[MANAGEMENT_DOMAIN]; i++) {
        uint32_t after = book->domains[i].start_after;
        struct public_page *page = (struct public_page *)(VA_OTHERS + (uint64_t)i * OTHERS_STRIDE);
        if (!(after & bit) || after & ~audit.running || i == slice()->domain || page->go)
            continue;
        __atomic_store_n(&page->go, 1, __ATOMIC_RELEASE);
        machine_knock(book->apic_ids[i]);
    }
}

/* Of refusals and the like their writer has judged whether there is room. */
static void put(struct audit_trail *trail, const struct audit_event *event, uint32_t domain,
                uint32_t local)
{
    struct audit_record record = {.tsc = event->tsc,
                                  .kind = (uint16_t)event->kind,
                                  .processor = (uint16_t)local,
                                  .domain = domain};
    memory_copy(record.value, event->value, sizeof(event->value));
    note_life(&record);
    if (CALL_KINDS >> record.kind & 1 || has_room(&record))
        audit_append(trail, &record);
}

/* Of a ring of domain `domain` the event that was copied; false: it can't be one. */
static bool take(struct audit_trail *trail, const struct audit_event *event, uint32_t domain,
                 uint32_t local)
{
    uint32_t kinds = OWN_KINDS | (domain == slice()->domain ? CALL_KINDS : 0);
    if (event->kind >= AUDIT_KINDS || !(kinds >> event->kind & 1))
        return false;
    if (CALL_KINDS >> event->kind & 1)
        domain = event->domain < handoff_book_of(slice())->machine.counts[MANAGEMENT_DOMAIN]
                     ? event->domain
                     : AUDIT_NOBODY;
    put(trail, event, domain, local);
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
    audit.taken += (uint32_t)(end - *next);
    if (end - *next >= AUDIT_RING) {
        lost = end - (AUDIT_RING - 1) - *next;
        *next += lost;
    }
    for (; *next != end; ++*next) {
        struct audit_event event = ring->events[*next % AUDIT_RING];
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        lost += ring->head - *next >= AUDIT_RING || !take(trail, &event, domain, local);
    }
    if (lost != 0)
        put(trail, &(struct audit_event){machine_tsc(), AUDIT_LOST, domain, {lost}}, domain, local);
}

/* Management's own first: who asked is on record before what came of it. */
static void drain_all(void)
{
    const struct handoff_book *book = handoff_book_of(slice());
    struct audit_trail *trail = own_trail();
    uint32_t own = slice()->domain, count = book->machine.counts[MANAGEMENT_DOMAIN];
    for (uint32_t i = 0; i < count; i++) {
        uint32_t domain = (own + i) % count, cpus = book->domains[domain].cpu_count;
        struct public_page *page =
            domain == own ? public_page()
                          : (struct public_page *)(VA_OTHERS + (uint64_t)domain * OTHERS_STRIDE);
        for (uint32_t local = 0; local < cpus; local++)
            drain(trail, public_audit(page, cpus, local), domain, local);
        stop_heed();
    }
}

uint32_t audit_knocks(void)
{
    return audit.taken;
}

void audit_heed(void)
{
    uint64_t checks = public_page()->machine_checks[cpu.local];
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
    const struct audit_trail *trail = own_trail();
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

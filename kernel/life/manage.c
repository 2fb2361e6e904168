/* SPDX-License-Identifier: Apache-2.0 */
/* The management call: see the header. */
#include "manage.h"
#include "arch/x86/include/machine_words.h"
#include "arch/x86/include/upcalls.h"
#include "audit.h"
#include "memory.h"

/* Management's own: the TSC of the last request to each domain, and of the last for a check. */
static PER_DOMAIN struct {
    uint64_t asked[MAX_DOMAINS], checked[MAX_DOMAINS];
} manage;

/*
 * Each call: how many `detail`s there are, 0: there is no such call; what else it uses of the
 * request, whose rest is 0; the right that it needs over domain `index`, 0: none.
 */
enum { INDEX = 1, FROM = 2, BYTES = 4, KNOCKS = 8 };
enum { SERIAL_READ = MANIFEST_RIGHTS + 1, SERIAL_WRITE = 2 * SERIAL_READ };
static const struct {
    uint8_t details, uses;
    uint8_t ask;    /* enum life_ask */
    uint32_t right; /* enum manifest_right, or whether a role may read or write the serial port */
} calls[MANAGEMENT_CALLS] = {
    [MANAGEMENT_DESCRIBE] = {MANAGEMENT_SUBJECTS, INDEX, ASK_NOTHING, 0},
    [MANAGEMENT_STATUS] = {1, INDEX, ASK_NOTHING, MANIFEST_MAY_STATUS},
    [MANAGEMENT_COUNTERS] = {MAX_DOMAIN_CPUS, INDEX, ASK_NOTHING, MANIFEST_MAY_COUNTERS},
    [MANAGEMENT_START] = {1, INDEX | KNOCKS, ASK_START, MANIFEST_MAY_START},
    [MANAGEMENT_STOP] = {1, INDEX | KNOCKS, ASK_STOP, MANIFEST_MAY_STOP},
    [MANAGEMENT_RESTART] = {1, INDEX | KNOCKS, ASK_RESTART, MANIFEST_MAY_RESTART},
    [MANAGEMENT_POWER_BUTTON] = {1, INDEX | KNOCKS, ASK_POWER_BUTTON, MANIFEST_MAY_POWER_BUTTON},
    [MANAGEMENT_CHECK] = {1, INDEX | KNOCKS, ASK_CHECK, MANIFEST_MAY_CHECK},
    [MANAGEMENT_SERIAL_READ] = {1, INDEX | FROM, ASK_NOTHING, SERIAL_READ},
    [MANAGEMENT_SERIAL_WRITE] = {1, INDEX | BYTES | KNOCKS, ASK_NOTHING, SERIAL_WRITE},
    [MANAGEMENT_TIME] = {1, 0, ASK_NOTHING, 0},
    [MANAGEMENT_AUDIT_READ] = {1, FROM, ASK_NOTHING, 0},
    [MANAGEMENT_AUDIT_NOTE] = {AUDIT_NOTES, INDEX | FROM, ASK_NOTHING, 0},
};

static enum management_result judge_domain(const struct management_request *request,
                                           const struct handoff_book *book)
{
    if (request->index >= book->machine.counts[MANAGEMENT_DOMAIN])
        return MANAGEMENT_BAD_DOMAIN;
    const struct manifest_domain *rules = &book->domains[request->index];
    if (rules->flags & MANIFEST_IS_MANAGEMENT)
        return MANAGEMENT_BAD_DOMAIN;
    uint32_t right = calls[request->call].right;
    if (!(rules->manage & MANIFEST_RIGHTS & right) &&
        !(right == SERIAL_READ && rules->serial_read) &&
        !(right == SERIAL_WRITE && rules->serial_write))
        return MANAGEMENT_NO_RIGHT;
    return request->call != MANAGEMENT_COUNTERS || request->detail < rules->cpu_count
               ? MANAGEMENT_DONE
               : MANAGEMENT_BAD_ARGUMENT;
}

/* The console's word is about a call and its domain, or neither is told. */
static bool is_note(const struct management_request *request, const struct handoff_book *book)
{
    uint32_t domains = request->from ? book->machine.counts[MANAGEMENT_DOMAIN] : 1;
    return request->detail && request->from < MANAGEMENT_CALLS && request->index < domains;
}

enum management_result manage_judge(const struct management_request *request,
                                    const struct handoff_book *book)
{
    if (request->version != MANAGEMENT_VERSION)
        return MANAGEMENT_BAD_VERSION;
    if (request->call >= MANAGEMENT_CALLS || !calls[request->call].details)
        return MANAGEMENT_BAD_CALL;
    uint8_t uses = calls[request->call].uses;
    uint64_t unused = request->bytes > (uses & BYTES ? MANAGEMENT_WRITE_BYTES : 0);
    if (!(uses & INDEX))
        unused |= request->index;
    if (!(uses & FROM))
        unused |= request->from;
    for (unsigned i = 0; i < sizeof(request->reserved) / sizeof(request->reserved[0]); i++)
        unused |= request->reserved[i];
    if (unused || request->detail >= calls[request->call].details ||
        (request->call == MANAGEMENT_AUDIT_NOTE && !is_note(request, book)) ||
        (request->admin >= MAX_ADMINS && request->admin != MANAGEMENT_NO_ADMIN))
        return MANAGEMENT_BAD_ARGUMENT;
    if (calls[request->call].right)
        return judge_domain(request, book);
    return request->call != MANAGEMENT_DESCRIBE ||
                   request->index < book->machine.counts[request->detail]
               ? MANAGEMENT_DONE
               : MANAGEMENT_BAD_ARGUMENT;
}

static void describe(const struct management_request *request, const struct handoff_book *book,
                     void *answer)
{
    const struct {
        const void *first;
        size_t bytes;
    } subjects[MANAGEMENT_SUBJECTS] = {
        [MANAGEMENT_MACHINE] = {&book->machine, sizeof(book->machine)},
        [MANAGEMENT_DOMAIN] = {book->domains, sizeof(book->domains[0])},
        [MANAGEMENT_LEVEL] = {book->levels, sizeof(book->levels[0])},
        [MANAGEMENT_CATEGORY] = {book->categories, sizeof(book->categories[0])},
        [MANAGEMENT_NETWORK] = {book->networks, sizeof(book->networks[0])},
        [MANAGEMENT_DEVICE] = {book->devices, sizeof(book->devices[0])},
    };
    size_t bytes = subjects[request->detail].bytes;
    memory_copy(answer, (const char *)subjects[request->detail].first + request->index * bytes,
                bytes);
}

static uint32_t bounded(uint32_t value, uint32_t values)
{
    return value < values ? value : values;
}

/* The other domain writes all this: none of it is more than a number to tell. */
static void tell_status(const struct public_page *page, const struct manifest_domain *rules,
                        struct management_status *answer)
{
    uint64_t now = machine_tsc();
    uint32_t answered = __atomic_load_n(&page->answered, __ATOMIC_ACQUIRE); /* written last */
    uint32_t state = __atomic_load_n(&page->state, __ATOMIC_ACQUIRE);
    uint64_t since = page->since;
    uint32_t limit = rules->restart_limit, restarts = page->restarts;
    *answer = (struct management_status){
        .state = bounded(state, LIFE_STATES),
        .last_end = bounded(page->last_end, END_KINDS),
        .lives = page->lives,
        .restarts_left = limit == 0 ? MANAGEMENT_NO_LIMIT : limit - bounded(restarts, limit),
        .ticket = (uint32_t)(page->wish >> PUBLIC_TICKET),
        .answered = answered,
        .fault_reason = page->fault_reason,
        .checks = page->checks,
        .check_failed = page->check_failed,
        .reserved = 0, /* or all is zeroed before */
        .ticks = since != 0 && since < now ? now - since : 0,
    };
}

static void tell_counters(struct public_page *page, uint32_t local,
                          struct management_counters *answer)
{
    answer->fault_address = page->fault_address;
    answer->refused_interrupts = page->refused_interrupts[local];
    memory_copy(answer->exits, public_exits(page, local), sizeof(answer->exits));
}

/*
 * What of the bytes that were asked for is still in the ring; its last page is left alone, or who
 * reads the oldest would be overtaken at once by who prints. One that is overtaken has copied bytes
 * of two ages: it tells none, and the caller asks again.
 */
static void tell_serial(struct public_page *page, uint32_t cpu_count, uint64_t from,
                        struct management_serial *answer)
{
    const uint64_t kept = PUBLIC_OUT_BYTES - PAGE_BYTES;
    const uint8_t *ring = public_out(page, cpu_count);
    uint64_t next = __atomic_load_n(&page->printed, __ATOMIC_ACQUIRE);
    from = from > next ? next : next - from > kept ? next - kept : from;
    uint32_t bytes = bounded((uint32_t)(next - from), sizeof(answer->text));
    for (uint32_t i = 0; i < bytes; i++)
        answer->text[i] = ring[(from + i) % PUBLIC_OUT_BYTES];
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    next = page->printed;
    answer->from = from;
    answer->next = next;
    answer->bytes = next - from < PUBLIC_OUT_BYTES ? bytes : 0;
    answer->reserved = 0;
}

/*
 * Of two processors that ask at once one is too early: no lock, which a machine check could leave
 * taken for ever.
 */
static bool may_knock(uint32_t index, enum life_ask what)
{
    uint64_t now = machine_tsc(), last = __atomic_load_n(&manage.asked[index], __ATOMIC_RELAXED);
    uint64_t *checked = &manage.checked[index], tsc_hz = slice()->tsc_hz;
    if (manage_is_too_soon(now, last, tsc_hz / MANAGE_KNOCKS_A_SECOND) ||
        (what == ASK_CHECK && manage_is_too_soon(now, *checked, tsc_hz * MANAGE_CHECK_SECONDS)) ||
        !__atomic_compare_exchange_n(&manage.asked[index], &last, now, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_RELAXED))
        return false;
    if (what == ASK_CHECK)
        *checked = now;
    return true;
}

/* As many bytes as there is room for, if a guest is there to read them; then the knock. */
static uint32_t send(struct public_page *page, uint32_t count, void *request)
{
    const uint8_t *bytes = (uint8_t *)request + sizeof(struct management_request);
    uint32_t head = page->in_head, used = head - __atomic_load_n(&page->in_tail, __ATOMIC_ACQUIRE);
    if (page->state != LIFE_RUNNING)
        used = PUBLIC_IN_BYTES;
    count = bounded(count, PUBLIC_IN_BYTES - bounded(used, PUBLIC_IN_BYTES));
    for (uint32_t i = 0; i < count; i++)
        page->in[(head + i) % PUBLIC_IN_BYTES] = bytes[i];
    __atomic_store_n(&page->in_head, head + count, __ATOMIC_RELEASE);
    ((struct management_written *)request)->bytes = count;
    return count;
}

static enum management_result carry_out(const struct management_request *request, void *page)
{
    const struct handoff_book *book = handoff_book_of(slice());
    enum management_result result = manage_judge(request, book);
    if (result != MANAGEMENT_DONE)
        return result;
    __asm__ volatile("lfence" ::: "memory"); /* nothing is read ahead of its judging (TRAPS 25) */
    uint32_t index = request->index, ticket, sent;
    uint64_t before;
    enum life_ask what = calls[request->call].ask;
    struct public_page *other = (struct public_page *)(VA_OTHERS + (uint64_t)index * OTHERS_STRIDE);
    if (calls[request->call].uses & KNOCKS && !may_knock(index, what))
        return MANAGEMENT_TOO_OFTEN;
    switch (request->call) {
    case MANAGEMENT_DESCRIBE:
        describe(request, book, page);
        return MANAGEMENT_DONE;
    case MANAGEMENT_STATUS:
        tell_status(other, &book->domains[index], page);
        return MANAGEMENT_DONE;
    case MANAGEMENT_COUNTERS:
        tell_counters(other, request->detail, page);
        return MANAGEMENT_DONE;
    case MANAGEMENT_SERIAL_READ:
        tell_serial(other, book->domains[index].cpu_count, request->from, page);
        return MANAGEMENT_DONE;
    case MANAGEMENT_SERIAL_WRITE:
        sent = send(other, request->bytes, page);
        audit_typed(request);
        if (sent == 0)
            return MANAGEMENT_DONE; /* each knock has its reason (nmi.h) */
        break;
    case MANAGEMENT_AUDIT_READ:
        audit_read(request->from, page);
        return MANAGEMENT_DONE;
    case MANAGEMENT_AUDIT_NOTE:
        audit_note(request);
        return MANAGEMENT_DONE;
    case MANAGEMENT_TIME:
        *(struct management_time *)page = (struct management_time){
            machine_tsc(), slice()->tsc_hz, slice()->unix_time, slice()->unix_time_tsc};
        return MANAGEMENT_DONE;
    default: /* a wish that was not taken yet is overtaken, and only one comes at any moment */
        before = __atomic_load_n(&other->wish, __ATOMIC_RELAXED);
        ticket = (uint32_t)(before >> PUBLIC_TICKET) + 1;
        if (!__atomic_compare_exchange_n(&other->wish, &before,
                                         (uint64_t)ticket << PUBLIC_TICKET | what, false,
                                         __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
            return MANAGEMENT_TOO_OFTEN;
        audit_write(AUDIT_CALL, index, request->call, request->admin, ticket, 0);
        ((struct management_ticket *)page)->ticket = ticket;
    }
    machine_knock(book->apic_ids[index]);
    return MANAGEMENT_DONE;
}

enum management_result management_call(void *page)
{
    static const struct management_request none = {.call = MANAGEMENT_CALLS,
                                                   .admin = MANAGEMENT_NO_ADMIN};
    struct management_request request;
    /* Once: the guest may be writing to it. */
    memory_copy_words(&request, page ? page : &none, sizeof(request) / 8);
    enum management_result result = page ? carry_out(&request, page) : MANAGEMENT_BAD_PAGE;
    if (result == MANAGEMENT_DONE)
        return result;
    if (request.version != MANAGEMENT_VERSION || request.call >= MANAGEMENT_CALLS ||
        !calls[request.call].right) /* a level's number is not a domain's */
        request.index = AUDIT_NOBODY;
    audit_refused(&request, result);
    return result;
}

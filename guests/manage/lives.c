/* SPDX-License-Identifier: Apache-2.0 */
/* I6, I7: many lives of several domains, begun and ended by chance; each act is on record. */
#include "guests/lib/apic.h"
#include "guests/lib/boot.h"
#include "guests/lib/call.h"
#include "guests/lib/console.h"
#include "guests/lib/x86.h"
#include "manage.h"
#include <stddef.h>

enum {
    MOST_VICTIMS = 8,
    MOST_DUE = 16, /* records: of three acts */
    WORD_BYTES = 80,
    PACES_A_SECOND = 40, /* of one domain: less often than requests are refused for */
    LOOKS_A_SECOND = 1000,
    PATIENCE_SECONDS = 60,
    TIMER_VECTOR = 0x40,
    ACTS_A_LINE = 100,
};

/* How far a life has come, by what it prints (guests/lives); none: nothing of it is heard yet. */
enum stage { STAGE_NONE, STAGE_BEGUN, STAGE_CLEAN, STAGE_PLANTED, STAGE_AT_WORK };

struct due {
    uint32_t kind;
    uint64_t first, second; /* value[0]; of a call the ticket, of an end which life */
};

static struct victim {
    uint32_t index;
    enum life_state state; /* what it must come to */
    uint32_t lives, ticket;
    enum stage stage, wanted;
    uint64_t asked; /* TSC */
    uint64_t heard; /* bytes of its port */
    char word[WORD_BYTES];
    unsigned length;
    struct due due[MOST_DUE];
    unsigned due_first, due_last;
} victims[MOST_VICTIMS];
static unsigned victim_count;
static const struct victim *late; /* the one that was waited for in vain */

static struct {
    uint64_t acts[MANAGEMENT_CALLS];
    uint64_t clean, dirty; /* lives that said so */
    uint64_t wrong;        /* acts that came to something else */
    uint64_t met, others;  /* records */
} sum;

/* Of two orders by chance the calls' own is to be on record too. */
static uint32_t order[MOST_VICTIMS * MOST_DUE];
static uint64_t order_first, order_last;

static void expect_record(struct victim *victim, uint32_t kind, uint64_t first, uint64_t second)
{
    victim->due[victim->due_last++ % MOST_DUE] = (struct due){kind, first, second};
}

static struct victim *victim_of(uint32_t index)
{
    for (unsigned i = 0; i < victim_count; i++) {
        if (victims[i].index == index) {
            return &victims[i];
        }
    }
    return NULL;
}

static bool is_due(struct victim *victim, const struct audit_record *record)
{
    if (victim->due_first == victim->due_last) {
        return false;
    }
    const struct due *due = &victim->due[victim->due_first++ % MOST_DUE];
    uint64_t second = record->kind == AUDIT_CALL  ? record->value[2]
                      : record->kind == AUDIT_END ? record->value[1]
                                                  : 0;
    bool in_turn = record->kind != AUDIT_CALL ||
                   (order_first != order_last &&
                    order[order_first++ % (MOST_VICTIMS * MOST_DUE)] == victim->index);
    return in_turn && record->kind == due->kind && record->value[0] == due->first &&
           second == due->second;
}

static void meet(const struct audit_record *record)
{
    struct victim *victim = victim_of(record->domain);
    if (!victim) {
        return;
    }
    bool good = is_due(victim, record);
    *(good ? &sum.met : &sum.others) += 1;
    if (!good && sum.others < 4) {
        print("manage: record %lu of domain %u is not due: kind %u, %lu, %lu, %lu\n",
              record->number, record->domain, record->kind, record->value[0], record->value[1],
              record->value[2]);
    }
}

static bool begins(const char *text, const char *with)
{
    while (*with && *text == *with) {
        text++;
        with++;
    }
    return *with == 0;
}

/* A line that a life's end has cut off is the beginning of one of these. */
static void heed_word(struct victim *victim)
{
    static const char *const words[] = {[STAGE_NONE] = "bulkhead: ",
                                        [STAGE_BEGUN] = "lives: begin",
                                        [STAGE_CLEAN] = "lives: clean",
                                        [STAGE_PLANTED] = "lives: planted",
                                        [STAGE_AT_WORK] = "lives: at work"};
    const char *word = victim->word;
    for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (i != STAGE_NONE && begins(word, words[i])) {
            bool of_this = victim->stage != STAGE_NONE || i == STAGE_BEGUN;
            victim->stage = of_this ? (enum stage)i : STAGE_NONE;
            sum.clean += i == STAGE_CLEAN;
            return;
        }
        if (begins(words[i], word) || begins(word, words[STAGE_NONE])) {
            return;
        }
    }
    sum.dirty++;
    print("manage: domain %u says %s\n", victim->index, word);
}

static void listen(struct victim *victim)
{
    const struct management_serial *serial = (const void *)call_page;
    *(struct management_request *)(void *)call_page =
        (struct management_request){.version = MANAGEMENT_VERSION,
                                    .call = MANAGEMENT_SERIAL_READ,
                                    .index = victim->index,
                                    .admin = MANAGEMENT_NO_ADMIN,
                                    .from = victim->heard};
    if (call_at((uint64_t)call_page) != MANAGEMENT_DONE) {
        sum.wrong++;
        return;
    }
    for (uint32_t i = 0; i < serial->bytes; i++) {
        char c = (char)serial->text[i];
        if (c == '\n') {
            victim->word[victim->length] = 0;
            victim->length = 0;
            heed_word(victim);
        } else if (c >= ' ' && c <= '~' && victim->length < WORD_BYTES - 1) {
            victim->word[victim->length++] = c;
        }
    }
    victim->heard = serial->from + serial->bytes;
}

static bool is_late(const struct victim *victim)
{
    return rdtsc() - victim->asked > PATIENCE_SECONDS * boot_info.tsc_hz;
}

/* Whether it has come to rest, at what was asked for, and what is waited for of its life. */
static bool is_ready(struct victim *victim)
{
    const struct management_status *status = (const void *)call_page;
    if (call_make(MANAGEMENT_STATUS, victim->index, 0) != MANAGEMENT_DONE ||
        status->answered != victim->ticket || status->state == LIFE_NEW ||
        rdtsc() - victim->asked < boot_info.tsc_hz / PACES_A_SECOND) {
        return false;
    }
    if (status->state != victim->state || status->lives != victim->lives) {
        sum.wrong += victim->ticket != 0;
        return false;
    }
    return victim->state != LIFE_RUNNING || victim->stage >= victim->wanted;
}

/* What follows from a request, and in which order it is on record. */
static void expect_act(struct victim *victim, uint32_t call)
{
    bool runs = victim->state == LIFE_RUNNING;
    expect_record(victim, AUDIT_CALL, call, victim->ticket);
    order[order_last++ % (MOST_VICTIMS * MOST_DUE)] = victim->index;
    if (runs && call != MANAGEMENT_START) {
        expect_record(victim, AUDIT_END, END_ASKED, victim->lives);
    }
    if (runs && call == MANAGEMENT_STOP) {
        expect_record(victim, AUDIT_REST, LIFE_STOPPED, 0);
        victim->state = LIFE_STOPPED;
    }
    if (call == MANAGEMENT_RESTART || (!runs && call == MANAGEMENT_START)) {
        victim->lives++;
        victim->state = LIFE_RUNNING;
        victim->stage = STAGE_NONE;
        expect_record(victim, AUDIT_START, victim->lives, 0);
    }
}

static void act(struct victim *victim)
{
    static const uint32_t calls[] = {MANAGEMENT_RESTART, MANAGEMENT_STOP,    MANAGEMENT_START,
                                     MANAGEMENT_RESTART, MANAGEMENT_RESTART, MANAGEMENT_STOP,
                                     MANAGEMENT_START,   MANAGEMENT_STOP};
    static const enum stage wanted[] = {STAGE_AT_WORK, STAGE_NONE, STAGE_PLANTED, STAGE_AT_WORK};
    uint64_t dice = chance();
    uint32_t call = calls[dice % 8];
    if (trail_read(meet) != MANAGEMENT_DONE ||
        call_make(call, victim->index, 0) != MANAGEMENT_DONE) {
        sum.wrong++;
        return;
    }
    victim->ticket = ((const struct management_ticket *)call_page)->ticket;
    victim->asked = rdtsc();
    victim->wanted = wanted[dice >> 8 & 3];
    sum.acts[call]++;
    expect_act(victim, call);
}

static void find_victims(const struct management_machine *machine)
{
    const struct manifest_domain *domain = (const void *)call_page;
    const uint32_t rights =
        MANIFEST_MAY_STATUS | MANIFEST_MAY_START | MANIFEST_MAY_STOP | MANIFEST_MAY_RESTART;
    for (uint32_t i = 0; i < machine->counts[MANAGEMENT_DOMAIN]; i++) {
        if (call_make(MANAGEMENT_DESCRIBE, i, MANAGEMENT_DOMAIN) == MANAGEMENT_DONE &&
            (domain->manage & rights) == rights && domain->serial_read &&
            victim_count < MOST_VICTIMS) {
            victims[victim_count++] = (struct victim){.index = i,
                                                      .state = LIFE_RUNNING,
                                                      .lives = 1,
                                                      .wanted = STAGE_PLANTED,
                                                      .asked = rdtsc()};
            expect_record(&victims[victim_count - 1], AUDIT_START, 1, 0);
        }
    }
}

static void sleep(void)
{
    timer_at(rdtsc() + boot_info.tsc_hz / LOOKS_A_SECOND);
    wait_for_interrupt();
    for (unsigned i = 0; i < victim_count; i++) {
        listen(&victims[i]);
    }
}

/* Waits for it; false: it is late. */
static bool settle(struct victim *victim)
{
    while (!is_ready(victim)) {
        if (is_late(victim) || sum.wrong) {
            late = victim;
            return false;
        }
        sleep();
    }
    return true;
}

static bool settle_all(void)
{
    for (unsigned i = 0; i < victim_count; i++) {
        if (!settle(&victims[i])) {
            return false;
        }
    }
    return true;
}

static void sum_up(uint64_t acts)
{
    struct trail_sum trail = trail_sum();
    uint64_t lives = 0, open = 0;
    for (unsigned i = 0; i < victim_count; i++) {
        lives += victims[i].lives;
        open += victims[i].due_last - victims[i].due_first;
    }
    if (late) {
        print("manage: domain %u is late: state %u, life %u, ticket %u, stage %u of %u\n",
              late->index, late->state, late->lives, late->ticket, late->stage, late->wanted);
    }
    report(!late && sum.wrong == 0 && acts > 0, "I6", "lives",
           "%lu acts on %u domains: %lu starts, %lu stops, %lu restarts, %lu wrong; %lu lives",
           acts, victim_count, sum.acts[MANAGEMENT_START], sum.acts[MANAGEMENT_STOP],
           sum.acts[MANAGEMENT_RESTART], sum.wrong, lives);
    report(sum.dirty == 0 && sum.clean * 2 > lives, "I7", "memory",
           "%lu lives have looked and found nothing, %lu lines of others", sum.clean, sum.dirty);
    report(sum.others == 0 && open == 0 && sum.met > acts, "I6", "trail of lives",
           "%lu records as due, %lu others, %lu not there", sum.met, sum.others, open);
    report(trail.broken == 0 && trail.lost == 0 && trail.refused == 0, "I6", "chain of lives",
           "%lu records, %lu broken, %lu lost, %lu of refused calls", trail.records, trail.broken,
           trail.lost, trail.refused);
}

void try_lives(const struct management_machine *machine, uint64_t count)
{
    uint64_t acts = 0;
    apic_enable();
    timer_init(TIMER_VECTOR);
    find_victims(machine);
    bool good = victim_count > 0 && settle_all();
    while (good && acts < count) {
        struct victim *victim = &victims[chance() % victim_count];
        good = settle(victim); /* the others go on meanwhile */
        if (good) {
            act(victim);
            acts++;
        }
        if (acts % ACTS_A_LINE == 0) {
            print("manage: %lu acts\n", acts);
        }
    }
    if (good) {
        settle_all();
    }
    if (trail_read(meet) != MANAGEMENT_DONE) {
        sum.wrong++;
    }
    sum_up(acts);
}

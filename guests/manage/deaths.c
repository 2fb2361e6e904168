/* SPDX-License-Identifier: Apache-2.0 */
/* I6, I8: a management domain that dies again and again, and what the trail says of it. */
#include "guests/lib/boot.h"
#include "guests/lib/call.h"
#include "guests/lib/console.h"
#include "guests/lib/x86.h"
#include "manage.h"

enum { CALLS = 500, CAUSES = 3 };

static uint32_t own;
static uint64_t begun, ended, wrong;

/* Of its life `life`, as the trail is to have it. */
static enum life_end cause_of(uint64_t life)
{
    static const enum life_end causes[CAUSES] = {END_RESET, END_TRIPLE_FAULT, END_TRIPLE_FAULT};
    return causes[life % CAUSES];
}

static void meet(const struct audit_record *record)
{
    if (record->domain != own) {
        return;
    }
    if (record->kind == AUDIT_START) {
        wrong += record->value[0] != ++begun || begun != ended + 1;
    } else if (record->kind == AUDIT_END) {
        wrong += record->value[1] != ++ended || record->value[0] != cause_of(ended);
    } else {
        wrong++;
    }
}

/* What costs the hypervisor most, and what it refuses. */
static void load(uint32_t target, uint32_t domains)
{
    for (uint32_t i = 0; i < CALLS; i++) {
        call_make((uint32_t)(chance() % MANAGEMENT_CALLS), domains + i, 0);
        call_make(MANAGEMENT_COUNTERS, target, 0);
        call_make(MANAGEMENT_SERIAL_READ, target, 0);
        call_make(MANAGEMENT_DESCRIBE, i % domains, MANAGEMENT_DOMAIN);
        call_at(chance() | 1);
    }
}

static _Noreturn void die(uint64_t life)
{
    static const struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) nothing;
    if (cause_of(life) == END_RESET) {
        domain_reset();
    }
    __asm__ volatile("lidt %0; ud2" : : "m"(nothing));
    __builtin_unreachable();
}

void try_deaths(const struct management_machine *machine, uint32_t target, uint64_t count)
{
    own = machine->own;
    uint64_t result = trail_read(meet);
    struct trail_sum trail = trail_sum();
    report(result == MANAGEMENT_DONE && wrong == 0 && begun == ended + 1 && trail.broken == 0 &&
               trail.lost == 0,
           "I6", "life", "%lu, %lu ended as due, %lu records otherwise; trail %lu, %lu broken",
           begun, ended, wrong, trail.records, trail.broken);
    if (begun > count) {
        report(begun == count + 1, "I9", "deaths", "%lu", ended);
        return;
    }
    chance_begin(begun);
    load(target, machine->counts[MANAGEMENT_DOMAIN]);
    if (begun % CAUSES == 0) { /* what was asked for and not seen to its end is done all the same */
        result = call_patiently(MANAGEMENT_RESTART, target);
        report(result == MANAGEMENT_DONE, "I9", "restart", "result %lu", result);
    }
    die(begun);
}

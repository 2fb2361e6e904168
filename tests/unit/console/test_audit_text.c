/* SPDX-License-Identifier: Apache-2.0 */
/* What each kind of audit record says. */
#include "guests/console/audit_text.h"
#include "kernel/abi/management.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *text_of(const struct audit_record *record, const char *domain, const char *admin)
{
    static char text[512];
    struct writer to = {.text = text, .room = sizeof(text) - 1};
    memset(text, 0, sizeof(text));
    audit_text(&to, record, domain, admin);
    assert_false(to.full);
    return text;
}

#define RECORD(of, about, ...)                                                                     \
    {                                                                                              \
        .kind = (of), .domain = (about), .value = { __VA_ARGS__ }                                  \
    }

static const struct {
    struct audit_record record;
    const char *text;
} told[] = {
    {RECORD(AUDIT_BOOT, AUDIT_NOBODY, 0, 0, 0, 1ull << 56, 41),
     "boot 41, manifest 0000000000000000000000000000000000000000000000000000000000000001"},
    {RECORD(AUDIT_BOOT, AUDIT_NOBODY, 0),
     "boot of unknown number, manifest "
     "0000000000000000000000000000000000000000000000000000000000000000"},
    {RECORD(AUDIT_STORE, AUDIT_NOBODY, AUDIT_STORE_GOOD), "the counter of boots was kept"},
    {RECORD(AUDIT_STORE, AUDIT_NOBODY, AUDIT_STORE_READ_ONLY),
     "the firmware does not let the counter of boots be written"},
    {RECORD(AUDIT_STORE, AUDIT_NOBODY, 77), "what became of the counter of boots is unknown"},
    {RECORD(AUDIT_CLOCK, AUDIT_NOBODY, 1000, 5, 7),
     "the clock says 5 s since 1970 at TSC 7, 1000 ticks a second"},
    {RECORD(AUDIT_CLOCK, AUDIT_NOBODY, 1000), "the machine has no clock, 1000 ticks a second"},
    {RECORD(AUDIT_BEFORE, AUDIT_NOBODY, 0),
     "head of the chain of the boot before unknown (cold start)"},
    {RECORD(AUDIT_BEFORE, AUDIT_NOBODY, 0xab, 0, 0, 0, 1),
     "head of the chain of the boot before: "
     "ab00000000000000000000000000000000000000000000000000000000000000"},
    {RECORD(AUDIT_PANIC, AUDIT_NOBODY, 0x21677562), "the boot before ended in a panic: bug!"},
    {RECORD(AUDIT_PANIC, AUDIT_NOBODY, 0x411b0a41, 0), "the boot before ended in a panic: A??A"},
    {RECORD(AUDIT_START, 1, 3), "office: life 3 begins"},
    {RECORD(AUDIT_END, 1, END_TRIPLE_FAULT, 3), "office: life 3 ended: triple-fault"},
    {RECORD(AUDIT_END, 1, END_CHECK, 3), "office: life 3 ended: check-failed"},
    {RECORD(AUDIT_END, 1, END_KINDS, 3), "office: life 3 ended: unknown"},
    {RECORD(AUDIT_END, 1, END_NONE, 3), "office: life 3 ended: unknown"},
    {RECORD(AUDIT_REST, 1, LIFE_REFUSED), "office: refused"},
    {RECORD(AUDIT_REST, 1, 1ull << 40), "office: unknown"},
    {RECORD(AUDIT_CALL, 1, MANAGEMENT_STOP, 0, 9), "ops asked: stop of office, ticket 9"},
    {RECORD(AUDIT_CALL, AUDIT_NOBODY, MANAGEMENT_AUDIT_READ, MANAGEMENT_NO_ADMIN),
     "the console itself asked: audit-read"},
    {RECORD(AUDIT_REFUSED, 1, MANAGEMENT_START, 0, MANAGEMENT_NO_RIGHT),
     "ops asked: start of office; refused: the manifest does not grant it"},
    {RECORD(AUDIT_REFUSED, 1, 99, 0, MANAGEMENT_BAD_CALL, 12),
     "ops asked: unknown of office; refused: no such call, and 12 more alike"},
    {RECORD(AUDIT_CALL, 1, MANAGEMENT_SERIAL_WRITE, 0, 0, 9),
     "ops asked: serial-write of office, and 9 more alike"},
    {RECORD(AUDIT_CONSOLE, AUDIT_NOBODY, AUDIT_NOTE_LOGIN, 0), "console: ops logged in"},
    {RECORD(AUDIT_CONSOLE, AUDIT_NOBODY, AUDIT_NOTE_ROLE, 0, 0, 3),
     "console: ops refused: not for the key's role, and 3 more alike"},
    {RECORD(AUDIT_CONSOLE, 1, AUDIT_NOTE_ROLE, 0, MANAGEMENT_STOP, 3),
     "console: ops was refused stop of office: not for the key's role, and 3 more alike"},
    {RECORD(AUDIT_CONSOLE, 1, AUDIT_NOTE_ROLE, 0, 1ull << 40),
     "console: ops was refused unknown of office: not for the key's role"},
    {RECORD(AUDIT_CONSOLE, AUDIT_NOBODY, AUDIT_NOTE_EXPIRED, 0),
     "console: ops turned away: the key has expired"},
    {RECORD(AUDIT_CONSOLE, AUDIT_NOBODY, 0, 0), "console: ops: an unknown note"},
    {RECORD(AUDIT_DMA_FAULT, 1, 0x1020b, 6, 0x7000),
     "office: device 0001:02:01.3 reached for 0x7000 and was blocked, reason 6"},
    {RECORD(AUDIT_DMA_FAULT, 1, 0x0208, 6 | FAULT_DEAF, 0x7000),
     "office: device 02:01.0 reached for 0x7000 and was blocked, reason 6; it goes on after its "
     "quarantine: its IOMMU unit tells no more faults"},
    {RECORD(AUDIT_QUARANTINE, 1, 0x0208),
     "office: device 02:01.0 is in quarantine, its bus mastering off"},
    {RECORD(AUDIT_CHECK, 1, 0), "office: the separation check found nothing"},
    {RECORD(AUDIT_CHECK, 1, 4), "office: the separation check found a breach, number 4"},
    {RECORD(AUDIT_MACHINE_CHECK, 1, 2), "office: machine check, errors of its processor so far: 2"},
    {RECORD(AUDIT_NMI, AUDIT_NOBODY, 2), "NMIs that nobody explains: 2"},
    {RECORD(AUDIT_LOST, 1, 2), "office: records lost: 2"},
    {RECORD(0, 1, 2), "a record of unknown kind 0"},
    {RECORD(AUDIT_KINDS, 1, 2), "a record of unknown kind 18"},
    {RECORD(0xffff, 1, 2), "a record of unknown kind 65535"},
};

static void each_kind_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
        assert_string_equal(text_of(&told[i].record, "office", "ops"), told[i].text);
    }
}

static void without_names(void **state)
{
    const struct audit_record call = RECORD(AUDIT_CALL, 3, MANAGEMENT_STOP, 2, 9);
    const struct audit_record lost = RECORD(AUDIT_LOST, AUDIT_NOBODY, 9);
    (void)state;
    assert_string_equal(text_of(&call, NULL, NULL), "key 2 asked: stop of domain 3, ticket 9");
    assert_string_equal(text_of(&lost, NULL, NULL), "nobody: records lost: 9");
}

/* Only records that have one name an admin, and none that can't be. */
static void whose_wish(void **state)
{
    struct audit_record record = RECORD(AUDIT_CALL, 0, 0, 15);
    (void)state;
    assert_int_equal(audit_admin(&record), 15);
    record.value[1] = 16;
    assert_int_equal(audit_admin(&record), MANAGEMENT_NO_ADMIN);
    record.value[1] = 1ull << 32;
    assert_int_equal(audit_admin(&record), MANAGEMENT_NO_ADMIN);
    record.value[1] = 1;
    record.kind = AUDIT_END;
    assert_int_equal(audit_admin(&record), MANAGEMENT_NO_ADMIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_is_told),
        cmocka_unit_test(without_names),
        cmocka_unit_test(whose_wish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

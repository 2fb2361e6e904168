/* SPDX-License-Identifier: Apache-2.0 */
/* I3, I4: in which order the machine is made quiet, and what of that refuses the boot. */
#include "board.h"
#include "boot/devices/pci_quiet.h"
#include "boot/devices/scan.h"
#include "boot/machine/pins.h"
#include "boot/machine/reach.h"
#include "boot/machine/serial.h"
#include "boot/machine/silence.h"
#include "boot/machine/sources.h"
#include "boot/machine/text.h"
#include "kernel/format.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct board board;
static struct pci_census census;
static bool acs_stays, switches_off, hpet_stops;
static uint32_t display; /* that pci_quiet() was told of */
static char order[64], refusal[1536];
static jmp_buf refused;

static void note(const char *what)
{
    strcat(order, what);
}

void serial_quiet(void)
{
    note("serial ");
}

void pins_mask(const struct facts *facts)
{
    (void)facts;
    note("pins ");
}

bool hpet_answers(volatile void *registers)
{
    return registers != NULL;
}

bool hpet_quiet(volatile void *registers)
{
    note("hpet ");
    return registers != NULL && hpet_stops;
}

bool iommu_quiet(volatile void *registers)
{
    note("iommu ");
    return registers != NULL;
}

void reach(uint64_t base, uint64_t bytes, const char *what)
{
    assert_true(base > 0 && bytes > 0 && *what);
}

bool reach_possible(uint64_t base, uint64_t bytes)
{
    return base > 0 && bytes > 0;
}

bool scan_switch_off(const struct facts *facts, struct diagnostic *why)
{
    (void)facts;
    note("bypass ");
    return switches_off || diagnose(why, "something bypasses");
}

struct pci_census pci_quiet(const struct facts *facts, uint32_t index)
{
    (void)facts;
    note("functions ");
    display = index;
    return census;
}

bool scan_acs_stays(const struct facts *facts, struct diagnostic *why)
{
    (void)facts;
    note("acs ");
    return acs_stays || diagnose(why, "ACS does not stay");
}

_Noreturn void refuse(const char *text, ...)
{
    va_list args;
    va_start(args, text);
    vformat(refusal, sizeof(refusal), text, args);
    va_end(args);
    longjmp(refused, 1);
}

static int prepare(void **state)
{
    (void)state;
    board_init(&board);
    struct fact_function *card = board_add(&board, PCI(0, 6, 0), 0x030000);
    card->bars[0] = (struct fact_bar){.base = 0xe8000000};
    board.facts.screen = (struct handoff_screen){.base = 0xe8000000, .bytes = 0x300000};
    board_must_assign(&board);
    board.handoff.iommu_count = 1;
    census = (struct pci_census){.host_bridges = 1};
    acs_stays = switches_off = hpet_stops = true;
    return 0;
}

/* What is said, or "" if nothing is refused. */
static const char *outcome(void)
{
    order[0] = refusal[0] = 0;
    board.handoff.muted_count = 0;
    if (setjmp(refused) == 0)
        silence(&board.facts, &board.handoff);
    return refusal;
}

static void expect(const char *text)
{
    if (!strstr(outcome(), text))
        fail_msg("no `%s` in: %s", text, refusal);
}

static void functions_lose_what_bypasses_first(void **state)
{
    (void)state;
    assert_string_equal(outcome(), "");
    assert_string_equal(order, "serial pins bypass functions hpet iommu ");
    board_give(&board, PCI(1, 0, 0), 0);
    board_must_assign(&board);
    assert_string_equal(outcome(), "");
    assert_string_equal(order, "serial pins bypass functions acs hpet iommu ");
}

static void the_display_is_spared_where_a_unit_blocks_it(void **state)
{
    (void)state;
    assert_string_equal(outcome(), "");
    assert_int_equal(display, board_index(&board, PCI(0, 6, 0)));
    assert_int_equal(board.handoff.muted_count, 1);
    assert_int_equal(board.handoff.muted[0], PCI(0, 6, 0));
    board.handoff.iommu_count = 0;
    assert_string_equal(outcome(), "");
    assert_int_equal(display, FUNCTION_NONE);
    assert_int_equal(board.handoff.muted_count, 0);
    board.handoff.iommu_count = 1;
    board.facts.screen.base = 0;
    assert_string_equal(outcome(), "");
    assert_int_equal(display, FUNCTION_NONE);
}

static void stubborn_masters_are_muted_or_refused(void **state)
{
    (void)state;
    census.stubborn = 2;
    census.stubborn_functions[0] = board_index(&board, PCI(1, 0, 0));
    census.stubborn_functions[1] = board_index(&board, PCI(8, 0, 0));
    assert_string_equal(outcome(), "");
    assert_int_equal(board.handoff.muted_count, 3);
    assert_int_equal(board.handoff.muted[2], PCI(8, 0, 0));
    board.handoff.iommu_count = 0;
    expect("0000:01:00.0 keeps bus mastering: it is nobody's, and no IOMMU");
    board.handoff.iommu_count = 1;
    census.stubborn = MAX_MUTED + 20;
    expect("more than 8 PCI functions");
    census.stubborn = 2;
    board_give(&board, PCI(8, 0, 0), 0);
    board_must_assign(&board);
    board.handoff.iommu_count = 1;
    expect("0000:08:00.0 keeps bus mastering: it is to be a domain's");
}

static void what_does_not_become_quiet_is_refused(void **state)
{
    (void)state;
    census.host_bridges = 0;
    expect("no PCI host bridge answers");
    census.host_bridges = 1;
    census.usb_held = 1;
    census.usb_function = 0xa0;
    expect("does not let go of the USB controller 0000:00:14.0");
    census.usb_held = 0;
    switches_off = false;
    expect("something bypasses");
    assert_string_equal(order, "serial pins bypass functions ");
    switches_off = true;
    acs_stays = false;
    assert_string_equal(outcome(), ""); /* nobody has anything */
    board_give(&board, PCI(1, 0, 0), 0);
    board_must_assign(&board);
    expect("ACS does not stay");
    acs_stays = true;
    hpet_stops = false;
    expect("a timer of the HPET at fed00000 can't be switched off");
    assert_string_equal(order, "serial pins bypass functions acs hpet ");
    hpet_stops = true;
    board.facts.iommu_count = 0;
    board.facts.hpet_base = 0;
    assert_string_equal(outcome(), "");
    assert_string_equal(order, "serial pins bypass functions acs hpet "); /* where it usually is */
}

#define TEST(f) cmocka_unit_test_setup(f, prepare)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(functions_lose_what_bypasses_first),
        TEST(the_display_is_spared_where_a_unit_blocks_it),
        TEST(stubborn_masters_are_muted_or_refused),
        TEST(what_does_not_become_quiet_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* I3: the boot screen says of each PCI function who has it, and what is left as it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "board.h"
#include "boot/devices/bridges.h"
#include "boot/machine/overview.h"
#include "boot/machine/text.h"
#include "kernel/format.h"

static struct board board;
static char screen[8192];

void text_print(const char *text, ...)
{
    size_t length = strlen(screen);
    char line[256]; /* as much as the loader's takes */
    va_list args;
    va_start(args, text);
    vformat(line, sizeof(line), text, args);
    snprintf(screen + length, sizeof(screen) - length, "%s", line);
    va_end(args);
}

/* Of the two ways down that a board has, only this is asked for. */
bool bridge_leads(const struct fact_function *bridge, const struct handoff *handoff)
{
    return handoff->function_count && handoff->functions[0].pci >> 8 == bridge->secondary;
}

static int prepare(void **state)
{
    (void)state;
    board_init(&board);
    return 0;
}

static void shows(void)
{
    board_must_assign(&board);
    board.handoff.iommu_count = 1;
    screen[0] = 0;
    overview(&board.handoff, &board.manifest, &board.facts, "nothing");
}

static void says(const char *text, bool due)
{
    if (!strstr(screen, text) == due)
        fail_msg("%s `%s` in: %s", due ? "no" : "there is", text, screen);
}

static void functions_have_their_owners(void **state)
{
    (void)state;
    board_give(&board, PCI(1, 0, 0), 0);
    board_give(&board, PCI(0, 0x1c, 0), 0);
    board_give(&board, PCI(0, 0x1c, 1), 0)->flags = MANIFEST_SILENT;
    board_give(&board, PCI(8, 0, 0), 1);
    board_at(&board, PCI(6, 0, 0))->pci |= 3 << 16;
    shows();
    says("no serial, devices 01:00.0 8086:10d3, 00:1c.0 8086:10d3, 00:1c.1 8086:10d3 (silent), on",
         true);
    says("no serial, devices 08:00.0 8086:10d3, on exit", true);
    says("PCI functions 00:00.0 00:01.0 (above a domain's: on) 00:02.0 00:03.0 "
         "00:04.0 00:05.0 "
         "00:14.0 00:1f.0 00:1f.2 02:00.0 02:00.1 03:00.0 04:00.0 04:01.0 05:00.0 0003:06:00.0 "
         "07:01.0 07:02.0 08:00.1; other interrupt lines",
         true);
    says("1 IOMMU unit on", true);
    says("blocked", false);
    says("left alone", false);
    says("not mapped", false);
    says("this screen", false);
}

static void what_is_left_as_it_is_is_said(void **state)
{
    (void)state;
    board_give(&board, PCI(1, 0, 0), 0);
    board_give(&board, PCI(0, 0x14, 0), 1);
    board.facts.reserved_count = 2;
    board.facts.scope_count = 2;
    board.facts.reserved[0] = (struct fact_reserved){0x7a000000, 0x7a020000, 0, false, 0, 1};
    board.facts.reserved[1] = (struct fact_reserved){0x7b000000, 0x7c000000, 0, false, 1, 1};
    board.facts.scopes[0] = (struct fact_scope){SCOPE_ENDPOINT, 0, 0, 1, {0x14 << 3}};
    board.facts.scopes[1] = (struct fact_scope){SCOPE_ENDPOINT, 0, 0, 1, {2 << 3}};
    board_at(&board, PCI(0, 1, 0))->slot_capabilities = 1 << 6; /* above 01:00.0 */
    board_at(&board, PCI(0, 2, 0))->slot_capabilities = 1 << 6;
    board_at(&board, PCI(0, 3, 0))->slot_capabilities = 1 << 5;
    board_at(&board, PCI(0, 5, 0))->slot_capabilities = 3;
    board.facts.screen.base = board_at(&board, PCI(8, 0, 1))->bars[0].base;
    board.facts.screen.bytes = 0x1000;
    board_at(&board, PCI(8, 0, 1))->class_code = 0x03000000;
    board_must_assign(&board);
    shows();
    says("  not mapped: memory that the firmware kept at 7a000000 to 7a020000 for 00:14.0 (RMRR",
         true);
    says("7b000000", false);
    says("  left alone, ports for hot-plugging: 00:02.0 00:03.0\n", true);
    board.handoff.muted_count = 2;
    board.handoff.muted[0] = PCI(8, 0, 1);
    board.handoff.muted[1] = PCI(2, 0, 0);
    board.handoff.display =
        (struct handoff_display){.base = 0x7c000000, .bytes = 0x2000000, .pci = PCI(8, 0, 1)};
    screen[0] = 0;
    overview(&board.handoff, &board.manifest, &board.facts, "nothing");
    says("  the screen's display reads what the firmware keeps for it, and writes nothing: "
         "7c000000 to 7e000000 (RMRR)\n",
         true);
    says("  blocked by the IOMMU, unreported: 08:00.1 (the screen's display), 02:00.0 (keeps bus "
         "mastering)\n",
         true);
}

static void a_usb_controller_may_take_what_can_t_be_told(void **state)
{
    (void)state;
    board_give(&board, PCI(0, 0x14, 0), 1);
    board.facts.reserved_count = 1;
    board.facts.reserved[0] = (struct fact_reserved){0x7b000000, 0x7c000000, 0, true, 0, 0};
    board.facts.screen.base = board_at(&board, PCI(0, 0x14, 0))->bars[0].base;
    board.facts.screen.bytes = 0x1000;
    shows();
    says("7b000000 to 7c000000 for 00:14.0 or another (RMRR", true);
    says("this screen is a domain's", true);
}

/* I9: the longest text is told whole, and only what is a record. */
static void records_are_told(void **state)
{
    static uint8_t pages[3][PAGE_BYTES] __attribute__((aligned(PAGE_BYTES)));
    struct panic_record *record = (void *)pages[2];
    (void)state;
    board.handoff.stop_hpa = (uint64_t)pages;
    board.handoff.cpu_count = 2;
    board.handoff.audit.boots = 5;
    for (uint32_t i = 0; i < 2; i++)
        board.handoff.cpus[i].record = i + 1;
    screen[0] = 0;
    overview_records(&board.handoff);
    assert_string_equal(screen, "");
    *record = (struct panic_record){
        .processor = 6, .boots = 4, .rip = 0x12, .rsp = 0x34, .domain = "office"};
    memset(record->text, 'x', sizeof(record->text) - 1);
    record->crc = record_crc(record);
    overview_records(&board.handoff);
    says("  the boot before was stopped by processor 6, of office: xxx", true);
    says("xxx (RIP 0x12, RSP 0x34)\n", true);
    record->domain[0] = 0;
    record->crc = record_crc(record);
    screen[0] = 0;
    overview_records(&board.handoff);
    says("processor 6, nobody's: xxx", true);
}

#define TEST(f) cmocka_unit_test_setup(f, prepare)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(functions_have_their_owners),
        TEST(what_is_left_as_it_is_is_said),
        TEST(a_usb_controller_may_take_what_can_t_be_told),
        TEST(records_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* I10: the text of a survey: what the application writes the tool reads, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "boot/survey/report.h"
#include "kernel/abi/survey.h"
#include "tools/hw/hw.h"
#include "tools/hw/survey.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char text[65536];
static size_t used, room;
static struct arena arena;
static struct survey survey;
static uint32_t at_line;

static bool sink(const char *bytes, size_t count)
{
    if (count > room - used)
        return false;
    memcpy(text + used, bytes, count);
    used += count;
    return true;
}

static void to_nobody(const char *words)
{
    (void)words;
}

static void begin(void)
{
    used = 0;
    room = sizeof(text);
    report_begin(sink, to_nobody);
}

static const char *open_text(const char *whole, size_t count)
{
    char *exactly = malloc(count + 1); /* a byte behind it is noticed */

    memcpy(exactly, whole, count);
    char *shrunk = realloc(exactly, count ? count : 1);
    arena_free(&arena);
    const char *complaint = survey_open(&arena, shrunk, count, &survey, &at_line);
    free(shrunk);
    return complaint;
}

static void expect_file(const char *path, const void *bytes, size_t count)
{
    const struct survey_file *file = survey_find(&survey, path);

    assert_non_null(file);
    assert_non_null(file->bytes);
    assert_int_equal(file->count, count);
    assert_memory_equal(file->bytes, bytes, count);
}

static void what_is_written_is_read(void **state)
{
    uint8_t data[300] = {[0] = 1, [31] = 2, [64] = 0xab, [299] = 0xff};
    uint32_t next = 0;
    size_t length;

    (void)state;
    begin();
    report_say("words of %u lines\n: one", 2);
    report_folder("sys/empty");
    report_line("sys/one/line", "%s", "a\x1b[2J\r\nb");
    report_text("proc/text");
    report_more("key\t: %u", 7);
    report_say("# for people, in the midst of it");
    report_more("%s", "");
    report_more(" indented");
    report_data(report_path("sys/%s/data", "one"), data, sizeof(data));
    report_data("sys/none", data, 0);
    report_data("sys/large", data, SURVEY_DATA_MOST + 1);
    report_text("sys/nothing");
    assert_true(report_end());

    assert_null(open_text(text, used));
    assert_int_equal(survey.count, 5);
    expect_file("sys/one/line", "a?[2J??b\n", 9);
    expect_file("proc/text", "key\t: 7\n\n indented\n", 19);
    expect_file("sys/one/data", data, sizeof(data));
    expect_file("sys/nothing", "", 0);
    assert_null(survey_find(&survey, "sys/one"));
    assert_true(survey_has_folder(&survey, "sys/empty"));
    assert_true(survey_has_folder(&survey, "sys/one"));
    assert_false(survey_has_folder(&survey, "sys/one/line"));
    assert_false(survey_has_folder(&survey, "sys/on"));
    assert_memory_equal(survey_name(&survey, "sys/one", &next, &length), "data", 4);
    assert_int_equal(length, 4);
    assert_memory_equal(survey_name(&survey, "sys/one", &next, &length), "line", 4);
    assert_null(survey_name(&survey, "sys/one", &next, &length));
    arena_free(&arena);
}

/* All of a folder is in one piece, whatever sorts before a slash. */
static void names_ascend(void **state)
{
    static const char whole[] = SURVEY_FIRST "\nfolder d/0:1\nline d/0:1-x/a 1\nline d/0:1.5 1\n"
                                             "line d/0:1/a 1\nline d/0:1/b 1\nend 5\n";
    static const char *const due[] = {"0:1", "0:1", "0:1", "0:1-x", "0:1.5"};
    const char *name;
    uint32_t next = 0;
    size_t length, count = 0;

    (void)state;
    assert_null(open_text(whole, strlen(whole)));
    while ((name = survey_name(&survey, "d", &next, &length))) {
        assert_true(count < sizeof(due) / sizeof(due[0]));
        assert_int_equal(length, strlen(due[count]));
        assert_memory_equal(name, due[count++], length);
    }
    assert_int_equal(count, sizeof(due) / sizeof(due[0]));
    expect_file("d/0:1.5", "1\n", 2);
    expect_file("d/0:1/b", "1\n", 2);
    arena_free(&arena);
}

/* The same with the line ends that mail or an editor made. */
static void other_line_ends_are_good(void **state)
{
    static const char crlf[] =
        SURVEY_FIRST "\r\ntext a\r\n b\r\nline c d\r\ndata e 2\r\n 0 0102\r\n"
                     "\r\nend 3\r\nwhatever follows";

    (void)state;
    assert_null(open_text(crlf, strlen(crlf)));
    expect_file("a", "b\n", 2);
    expect_file("c", "d\n", 2);
    expect_file("e", "\1\2", 2);
    arena_free(&arena);
}

static void a_full_disk_is_told(void **state)
{
    (void)state;
    begin();
    room = 40;
    report_line("a", "%s", "more than fits in what is left of the room");
    assert_false(report_end());
    begin();
    assert_true(report_end());
}

static void what_is_none_is_refused(void **state)
{
    static const struct {
        const char *text, *complaint;
    } cases[] = {
        {"", "is neither a folder nor a survey"},
        {"bulkhead-survey 2\nend 0\n", "is neither"},
        {"bulkhead-survey 1", "is neither"},
        {SURVEY_FIRST "x\nend 0\n", "is neither"},
        {SURVEY_FIRST "\n", "is cut off"},
        {SURVEY_FIRST "\nend 0", "is cut off"},
        {SURVEY_FIRST "\nend 1\n", "has lost a part"},
        {SURVEY_FIRST "\nfolder a\nend 0\n", "has lost a part"},
        {SURVEY_FIRST "\nend x\n", "has lost a part"},
        {SURVEY_FIRST "\nend 0 0\n", "has lost a part"},
        {SURVEY_FIRST "\nfile a\nend 1\n", "a line that is none"},
        {SURVEY_FIRST "\n stray\nend 0\n", "a line that is none"},
        {SURVEY_FIRST "\nfolder a b\nend 1\n", "words behind a path"},
        {SURVEY_FIRST "\nfolder \nend 1\n", "a path that is none"},
        {SURVEY_FIRST "\nfolder /a\nend 1\n", "a path that is none"},
        {SURVEY_FIRST "\nfolder a/\nend 1\n", "a path that is none"},
        {SURVEY_FIRST "\nfolder a//b\nend 1\n", "a path that is none"},
        {SURVEY_FIRST "\nfolder ..\nend 1\n", "a path that is none"},
        {SURVEY_FIRST "\nfolder a/../b\nend 1\n", "a path that is none"},
        {SURVEY_FIRST "\nfolder a\\b\nend 1\n", "a path that is none"},
        {SURVEY_FIRST "\nline a\nend 1\n", "a line without a text"},
        {SURVEY_FIRST "\nline a b\nline a b\nend 2\n", "one file twice"},
        {SURVEY_FIRST "\nfolder a\nline a b\nend 2\n", "one file twice"},
        {SURVEY_FIRST "\ndata a\nend 1\n", "how many bytes"},
        {SURVEY_FIRST "\ndata a -1\nend 1\n", "how many bytes"},
        {SURVEY_FIRST "\ndata a 1 1\nend 1\n", "how many bytes"},
        {SURVEY_FIRST "\ndata a 1048577\nend 1\n", "more bytes than a machine"},
        {SURVEY_FIRST "\ndata a 99999999999\nend 1\n", "how many bytes"},
        {SURVEY_FIRST "\ndata a 1\n 0 0102\nend 1\n", "a byte too many"},
        {SURVEY_FIRST "\ndata a 4\n 4 01\nend 1\n", "a byte too many"},
        {SURVEY_FIRST "\ndata a 4\n 0 0g\nend 1\n", "none that is one"},
        {SURVEY_FIRST "\ndata a 4\n 0 010\nend 1\n", "half a byte"},
        {SURVEY_FIRST "\ndata a 4\n 2 01\n 1 01\nend 1\n", "no offset"},
        {SURVEY_FIRST "\ndata a 4\n 0\nend 1\n", "no offset"},
        {SURVEY_FIRST "\ndata a 4\n x 01\nend 1\n", "no offset"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *complaint = open_text(cases[i].text, strlen(cases[i].text));

        if (!complaint || !strstr(complaint, cases[i].complaint))
            fail_msg("%s: %s", cases[i].text, complaint ? complaint : "is taken");
    }
    static const char zero[] = SURVEY_FIRST "\nfolder a\0b\nend 1\n";
    assert_non_null(open_text(zero, sizeof(zero) - 1));
    arena_free(&arena);
}

static void a_path_of_any_length_fits(void **state)
{
    char whole[SURVEY_PATH_MOST + 64];

    (void)state;
    for (int more = 0; more < 2; more++) {
        int count = snprintf(whole, sizeof(whole), SURVEY_FIRST "\nfolder %0*d\nend 1\n",
                             SURVEY_PATH_MOST + more, 0);

        const char *complaint = open_text(whole, (size_t)count);
        assert_true(more ? complaint != NULL : complaint == NULL);
    }
    arena_free(&arena);
}

static const char head[] = "line sys/bus/pci/devices/0000:00:1c.0/class 0x060400\n"
                           "line sys/bus/pci/devices/0000:00:1c.0/vendor 0x8086\n"
                           "data sys/bus/pci/devices/0000:00:1c.0/config 256\n"
                           " c 00000100\n"
                           " 18 00010100\n"
                           "line sys/bus/pci/devices/0000:01:00.0/class 0x020000\n"
                           "line sys/bus/pci/devices/0000:01:00.0/vendor 0x8086\n"
                           "line sys/bus/pci/devices/0000:01:00.0/device 0x10d3\n"
                           "data sys/bus/pci/devices/0000:01:00.0/config 256\n"
                           "text sys/bus/pci/devices/0000:01:00.0/resource\n"
                           " 0xa1200000 0xa121ffff 0x40200\n"
                           "line sys/bus/pci/devices/0000:02:00.0/class 0x020000\n"
                           "data sys/bus/pci/devices/0000:02:00.0/config 256\n"
                           "data sys/firmware/efi/efivars/"
                           "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c 5\n"
                           " 0 0600000001\n"
                           "data sys/firmware/dmi/tables/DMI 64\n"
                           " 0 000600000102\n"
                           " 6 4d616b657200322e310000\n"
                           " 11 010600000102\n"
                           " 17 5600426f6172640000\n"
                           "line saved 2026-11-30\n"
                           "line paging-levels 5\n"
                           "line boot-function 0000:01:00.0\n";

static void write_survey(const char *path)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fprintf(file, SURVEY_FIRST "\n%send 15\n", head);
    assert_int_equal(fclose(file), 0);
}

/* A survey is an inventory: what firmware told stands where Linux' files would. */
static void it_is_an_inventory(void **state)
{
    static const char path[] = "build/unit/survey.txt";
    struct hw hw;

    (void)state;
    write_survey(path);
    assert_true(hw_open(&hw, path, NULL));
    assert_int_equal(hw.function_count, 3);
    assert_int_equal(hw.functions[1].address, 0x100);
    assert_int_equal(hw.functions[1].device, 0x10d3);
    assert_int_equal(hw.functions[1].bars[0].end, 0xa121ffff);
    assert_int_equal(hw.functions[1].config_bytes, 256);
    assert_true(hw.functions[1].has_resources);
    assert_false(hw.functions[2].has_resources);
    /* Groups are by its own judgement: a port without ACS, and what is below it. */
    assert_int_equal(hw.functions[0].group, 0);
    assert_int_equal(hw.functions[1].group, 0);
    assert_int_equal(hw.functions[2].group, 2);
    assert_true(hw.boot_known);
    assert_true(hw_boots_from(&hw, 0x100));
    assert_int_equal(hw.boot_count, 1);
    assert_string_equal(hw.saved, "2026-11-30");
    assert_int_equal(hw.paging_levels, 5);
    assert_int_equal(hw.secure_boot, 1);
    assert_true(!hw.has_tpm && hw.lacks_tpm);
    assert_string_equal(hw.firmware, "Maker 2.1");
    assert_string_equal(hw.board, "V Board");
    for (uint32_t i = 0; i < hw.missing_count; i++)
        assert_null(strstr(hw.missing[i].path, "iommu_groups"));
    hw_close(&hw);
    unlink(path);
}

/* Saved as a folder it is the same machine, with the same digest. */
static void a_folder_of_it_tells_the_same(void **state)
{
    static const char path[] = "build/unit/survey.txt", folder[] = "build/unit/survey.saved";
    struct hw hw, saved;

    (void)state;
    assert_int_equal(system("rm -rf build/unit/survey.saved"), 0);
    write_survey(path);
    assert_true(hw_open(&hw, path, folder));
    assert_true(hw_open(&saved, folder, NULL));
    assert_int_equal(saved.function_count, 3);
    assert_int_equal(saved.functions[1].bars[0].end, 0xa121ffff);
    assert_int_equal(saved.paging_levels, 5);
    assert_string_equal(saved.board, "V Board");
    assert_int_equal(saved.functions[1].group, 0);
    assert_true(hw_boots_from(&saved, 0x100));
    assert_memory_equal(saved.digest, hw.digest, sizeof(hw.digest));
    hw_close(&hw);
    hw_close(&saved);
    unlink(path);
    assert_int_equal(system("rm -rf build/unit/survey.saved"), 0);
}

static void any_damage_ends_in_no_harm(void **state)
{
    size_t count = (size_t)snprintf(text, sizeof(text), SURVEY_FIRST "\n%send 15\n", head);

    (void)state;
    for (size_t cut = 0; cut < count; cut++)
        assert_non_null(open_text(text, cut));
    for (size_t i = 0; i < count; i++)
        for (int bit = 0; bit < 8; bit++) {
            text[i] ^= (char)(1 << bit);
            open_text(text, count);
            text[i] ^= (char)(1 << bit);
        }
    assert_null(open_text(text, count));
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(names_ascend),
        cmocka_unit_test(other_line_ends_are_good),
        cmocka_unit_test(a_full_disk_is_told),
        cmocka_unit_test(what_is_none_is_refused),
        cmocka_unit_test(a_path_of_any_length_fits),
        cmocka_unit_test(it_is_an_inventory),
        cmocka_unit_test(a_folder_of_it_tells_the_same),
        cmocka_unit_test(any_damage_ends_in_no_harm),
    };
    return cmocka_run_group_tests_name("survey", tests, NULL, NULL);
}

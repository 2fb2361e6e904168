/* SPDX-License-Identifier: Apache-2.0 */
/* Pages of manifests. */
#include "report_world.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *write_page(const struct page *page, bool markdown)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    (markdown ? page_markdown : page_html)(page, out);
    assert_int_equal(fclose(out), 0);
    return text;
}

void read_manifest(struct check *check, const char *manifest)
{
    *check = (struct check){.today = 20700, .console = "build/fixtures/good.elf"};
    check_text(check, "gate.yaml", manifest, strlen(manifest));
    if (check->errors > 0) {
        check_print(check, stderr);
        fail_msg("the manifest of the test is not good");
    }
}

char *report_text(const char *manifest, bool markdown)
{
    struct report out;
    struct check check;

    read_manifest(&check, manifest);
    assert_null(report_build(&out, &check, NULL));
    char *text = write_page(&out.page, markdown);
    check_close(&check);
    return text;
}

void has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("not there: %s in\n%s", part, text);
}

void lacks(const char *text, const char *part)
{
    if (strstr(text, part))
        fail_msg("there: %s", part);
}

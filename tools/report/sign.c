/* SPDX-License-Identifier: Apache-2.0 */
/* What who signs the page accepts, and where. */
#include "report.h"

#include "shared.h"
#include "tools/hw/inventory.h"
#include "tools/manifest/owned.h"
#include "tools/manifest/schema_parse.h"
#include "tools/rules/undone.h"

enum { SIGNATURES = 3 };

static void accept(struct report *out, const char *what, const char *why)
{
    page_cell(&out->page, MARK_HEAD, what);
    page_cell(&out->page, MARK_PLAIN, why);
}

static void accept_written(struct report *out)
{
    const struct check *check = out->check;
    const struct model *model = &check->model;

    if (is_written(model->mixed_levels.at))
        accept(out, "Different labels on one machine",
               say(out->arena, "accepted by %s until %s", model->mixed_levels.accepted_by.value,
                   date_text(out->arena, model->mixed_levels.until.value)));
    for (uint32_t i = 0; i < model->unsafe.count; i++) {
        const struct model_unsafe *item = (const struct model_unsafe *)model->unsafe.items + i;

        accept(out, say(out->arena, "Unsafe: %s", choice_word("unsafe[].allow", item->allow.value)),
               item->reason.value);
    }
    if (check->warnings > 0)
        accept(out, "Warnings of the check",
               say(out->arena, "%zu, under Acceptances and reviews", check->warnings));
}

/* In the words of CAVEATS.md, where what holds for every manifest stands too. */
static void accept_caveats(struct report *out)
{
    const struct model *model = &out->check->model;
    const char *undone = undone_text(out->check), *board = undone_board(out->check);
    struct owned owned;

    if (undone)
        accept(out, "Checked and not carried out",
               say(out->arena, "%s: the image starts no domain", undone));
    if (board)
        accept(out, "The board", board);
    if (!inventory(out->check))
        accept(out, "No inventory", "nothing was compared with the machine");
    if (partition_count(out->check) > 1)
        accept(out, "Timing",
               "caches, memory, power and ports are shared: domains can be watched "
               "and slowed, and can talk by it if two conspire");
    if (model->platform.memory_guard.value == 0)
        accept(out, "Rows of memory", "nothing lies between two domains' memory (memory_guard: 0)");
    if (owned_device(model, 0, &owned))
        accept(out, "Devices",
               "what they keep over a restart and what their firmware does is "
               "theirs; VT-d was run with AMD-V in QEMU, with VT-x in a nested machine");
    accept(out, "The rest",
           "firmware, SMM, processor and chipset are trusted; physical access is "
           "not covered (CAVEATS.md)");
}

void report_signature(struct report *out)
{
    static const char *const heads[] = {"What", "How it stands"};
    static const char *const sign_heads[] = {"Name", "Role", "Date", "Signature"};

    page_section(&out->page, "Acceptance");
    page_say(&out->page, MARK_PLAIN, "Who signs accepts, beside what the sections above say:");
    page_table(&out->page, 2, heads);
    accept_written(out);
    accept_caveats(out);
    page_table(&out->page, 4, sign_heads);
    for (int i = 0; i < 4 * SIGNATURES; i++)
        page_cell(&out->page, MARK_BLANK, "");
}

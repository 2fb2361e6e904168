/* SPDX-License-Identifier: Apache-2.0 */
/* What a good manifest asks for and this version does not carry out. */
#include "undone.h"

#include "kernel/abi/manifest.h"
#include "tools/hw/inventory.h"
#include "tools/manifest/owned.h"

static struct place ways_of(const struct model_domain *domain)
{
    return domain->cache_ways.valid ? domain->cache_ways.at : (struct place){0};
}

static const struct {
    const char *key;
    struct place (*at)(const struct model_domain *domain);
} parts[] = {
    {"cache_ways", ways_of},
};

static const char *append(struct check *check, const char *text, const char *key, const char *lines)
{
    return say(&check->arena, "%s%s`%s` (%s)", text ? text : "", text ? ", " : "", key, lines);
}

const char *undone_text(struct check *check)
{
    const struct model *model = &check->model;
    const char *text = NULL;

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        const char *lines = NULL;

        for (uint32_t j = 0; j < model->domains.count; j++) {
            struct place at = parts[i].at(model_domain(model, j));

            if (is_written(at))
                lines = say(&check->arena, "%s%s%s", lines ? lines : "", lines ? ", " : "",
                            line_of(check, at));
        }
        if (lines)
            text = append(check, text, parts[i].key, lines);
    }
    return text;
}

const char *undone_board(struct check *check)
{
    const struct model_platform *platform = &check->model.platform;
    struct owned owned;

    if (!platform->cpu.valid || platform->cpu.value != MANIFEST_CPU_AMD || inventory(check))
        return NULL;
    return owned_device(&check->model, 0, &owned)
               ? "AMD-V with VT-d exists in QEMU only: this image starts no domain on a board"
               : "AMD-V was tried in QEMU only, and without an inventory nothing says which board "
                 "this image is for";
}

/* A card without a key: no TLS, and so no network. */
static void print_unkeyed(struct check *check, FILE *out)
{
    const struct model_management *management = &check->model.management;

    if (is_written(management->nic.at) && !management->key.value)
        fprintf(out,
                "bulkhead: note: `management` (%s) has a network card and no server's key: nobody "
                "reaches its console; write `key`, which `bulkhead key new console --role server` "
                "makes\n",
                line_of(check, management->at));
}

void undone_print(struct check *check, FILE *out)
{
    const char *parts_text = undone_text(check), *board = undone_board(check);

    if (parts_text)
        fprintf(
            out,
            "bulkhead: note: this version does not carry out %s: the image will refuse to start "
            "any domain\n",
            parts_text);
    print_unkeyed(check, out);
    if (board && !check->cpu_vendor) /* else an emulator's image on purpose */
        fprintf(out, "bulkhead: note: `platform: {cpu: amd}`: %s\n", board);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the text of a survey, first alone, then behind its first line; what is taken is an
 * inventory of which all can be said. */
#include "fuzz.h"

#include "kernel/abi/survey.h"
#include "tools/hw/hw.h"
#include "tools/hw/survey.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool read_text(const char *text, size_t size)
{
    struct arena arena = {0};
    struct survey survey;
    uint32_t line = 0;
    const char *complaint = survey_open(&arena, text, size, &survey, &line);

    fuzz_expect(line > 0, "nowhere");
    for (uint32_t i = 0; !complaint && i < survey.count; i++) {
        const struct survey_file *file = &survey.files[i];

        fuzz_expect(*file->path != '/' && !strstr(file->path, "..") && !strstr(file->path, "//"),
                    "a path that leads elsewhere");
        fuzz_expect(i == 0 || strcmp(survey.files[i - 1].path, file->path) != 0, "a file twice");
        fuzz_expect(survey_find(&survey, file->path) == file, "a file that is not found");
    }
    arena_free(&arena);
    return !complaint;
}

static void say_all(const char *text, size_t size)
{
    static const char path[] = "build/fuzz/survey.txt";
    char *said = NULL;
    size_t bytes = 0;
    FILE *file = fopen(path, "w"), *out = open_memstream(&said, &bytes);
    struct hw hw;

    fuzz_expect(file && out && fwrite(text, 1, size, file) == size && fclose(file) == 0, "no file");
    fuzz_expect(hw_open(&hw, path, NULL), "read alone, but not as an inventory");
    hw_print(&hw, out);
    hw_check(&hw, out);
    hw_manifest(&hw, NULL, out);
    fuzz_expect(fclose(out) == 0, "no memory");
    for (size_t i = 0; i < bytes; i++)
        fuzz_expect(said[i] == '\n' || (said[i] >= ' ' && said[i] <= '~'),
                    "a character that drives a terminal");
    hw_close(&hw);
    free(said);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char first[] = SURVEY_FIRST "\n";
    size_t ahead = sizeof(first) - 1;
    char *text = malloc(ahead + size); /* exactly: a byte more is noticed */

    fuzz_expect(text != NULL, "no memory");
    memcpy(text, data, size);
    bool taken = read_text(text, size);
    if (taken)
        say_all(text, size);
    memcpy(text, first, ahead);
    memcpy(text + ahead, data, size);
    taken = read_text(text, ahead + size);
    if (taken)
        say_all(text, ahead + size);
    free(text);
    return 0;
}

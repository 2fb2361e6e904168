/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What devices are called: from the list of the package pci.ids. A saved copy has the part of it
 * that the machine needs, in the same form.
 */
#include "source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIST_BYTES = 8 << 20, NAME_MAX_BYTES = 160 };

struct names {
    struct hw *hw;
    const char *vendor; /* its name, while the lines of its devices follow */
    uint32_t vendor_id, base_class;
    bool in_classes;
    char *excerpt;
    size_t bytes;
};

/* "8086  Intel Corporation": the number, and the name in `line`; false: it is no such line. */
static bool split(char **line, int digits, uint32_t *number)
{
    char *end;

    *number = (uint32_t)strtoul(*line, &end, 16);
    if (end - *line != digits || end[0] != ' ' || end[1] != ' ' || end[2] == 0)
        return false;
    *line = end + 2;
    return strlen(*line) <= NAME_MAX_BYTES;
}

/* `excerpt` has room for the whole list. */
static void keep(struct names *names, const char *line)
{
    names->bytes += (size_t)sprintf(names->excerpt + names->bytes, "%s\n", line);
}

/* Gives every function for which it is the name; returns whether there is one. */
static bool give(struct names *names, uint32_t number, const char *name)
{
    struct hw *hw = names->hw;
    bool any = false;

    for (uint32_t i = 0; i < hw->function_count; i++) {
        struct hw_function *function = &hw->functions[i];
        bool is_class = names->in_classes && function->class_code >> 16 == names->base_class &&
                        (function->class_code >> 8 & 0xff) == number;
        bool is_device = !names->in_classes && function->vendor == names->vendor_id &&
                         function->device == number;

        if (is_class && !function->class_name)
            function->class_name = name;
        if (is_device && !function->name)
            function->name = say(&hw->arena, "%s %s", names->vendor, name);
        any |= is_class || is_device;
    }
    return any;
}

/* Whether a function is of this vendor, or of this base class. */
static bool is_wanted(const struct names *names)
{
    for (uint32_t i = 0; i < names->hw->function_count; i++) {
        const struct hw_function *function = &names->hw->functions[i];

        if (names->in_classes ? function->class_code >> 16 == names->base_class
                              : function->vendor == names->vendor_id)
            return true;
    }
    return false;
}

static void take_line(struct names *names, char *line)
{
    const char *whole = line;
    uint32_t number;

    if (*line == '#' || *line == 0 || strncmp(line, "\t\t", 2) == 0)
        return;
    if (*line == '\t') {
        line++;
        if (names->vendor && split(&line, names->in_classes ? 2 : 4, &number) &&
            give(names, number, line))
            keep(names, whole);
        return;
    }
    names->in_classes = strncmp(line, "C ", 2) == 0;
    line += names->in_classes ? 2 : 0;
    names->vendor = NULL;
    if (!split(&line, names->in_classes ? 2 : 4, &number))
        return;
    *(names->in_classes ? &names->base_class : &names->vendor_id) = number;
    if (is_wanted(names)) {
        names->vendor = line;
        keep(names, whole);
    }
}

void hw_read_names(struct hw *hw)
{
    static const char path[] = "usr/share/misc/pci.ids";
    struct names names = {.hw = hw};
    const char *save = hw->save;

    if (hw->function_count == 0)
        return;
    hw->save = NULL; /* the list is long: its copy is the excerpt */
    char *text = hw_text(hw, path, LIST_BYTES);
    hw->save = save;
    if (!text)
        hw_note_missing(hw, path, "names of devices (package pci.ids)");
    else
        names.excerpt = arena_take(&hw->arena, strlen(text) + 2);
    for (char *line = text, *next; line && *line; line = next) {
        next = line + strcspn(line, "\n");
        if (*next)
            *next++ = 0;
        take_line(&names, line);
    }
    if (names.bytes > 0)
        hw_save(hw, path, names.excerpt, names.bytes);
}

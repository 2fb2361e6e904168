/* SPDX-License-Identifier: Apache-2.0 */
/* A PCI function's windows: see the header. */
#include "bars.h"
#include <string.h>

enum {
    QWORD_SPACE = 0x8a,
    QWORD_BYTES = 46,
    QWORD_TYPE = 3,
    QWORD_LEAST = 14,
    QWORD_MOST = 22,
    QWORD_LENGTH = 38,
    LIST_MOST = 64,
    SPACE_MEMORY = 0,
    SPACE_PORTS = 1,
    SPACE_BUS = 2,
    FIRST_BAR = 0x10,
    HEADER_TYPE = 0x0e,
    BRIDGE_BARS = 2,
    PORTS = 1,
    MEMORY_TYPE = 6,
    MEMORY_64 = 4,
    PREFETCHABLE = 8,
    /* as the kernel's resource files have them */
    FLAG_PORTS = 0x100,
    FLAG_MEMORY = 0x200,
    FLAG_PREFETCHABLE = 0x2000,
    FLAG_64 = 0x100000,
    FLAG_UNSET = 0x20000000,
};

static uint64_t read64(const uint8_t *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof(value));
    return value;
}

static uint32_t read32(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof(value));
    return value;
}

/* The next descriptor of an address space, or NULL; any other ends the list. */
static const uint8_t *next(const uint8_t **list, unsigned *left)
{
    const uint8_t *at = *list;
    if (*left == 0 || at[0] != QWORD_SPACE || (at[1] | at[2] << 8) != QWORD_BYTES - 3)
        return NULL;
    --*left;
    *list = at + QWORD_BYTES;
    return at;
}

uint32_t bars_take(const uint8_t *list, struct bars_window *out, uint32_t count)
{
    const uint8_t *at;
    for (unsigned left = LIST_MOST; (at = next(&list, &left)) && count < BARS_WINDOWS;)
        if ((at[QWORD_TYPE] == SPACE_MEMORY || at[QWORD_TYPE] == SPACE_PORTS) &&
            read64(at + QWORD_LENGTH) != 0)
            out[count++] = (struct bars_window){read64(at + QWORD_LEAST), read64(at + QWORD_LENGTH),
                                                at[QWORD_TYPE] == SPACE_PORTS};
    return count;
}

void bars_buses(const uint8_t *list, uint32_t *first, uint32_t *last)
{
    const uint8_t *at;
    for (unsigned left = LIST_MOST; (at = next(&list, &left));) {
        uint64_t least = read64(at + QWORD_LEAST), most = read64(at + QWORD_MOST);
        if (at[QWORD_TYPE] != SPACE_BUS || least > most || most > 0xff)
            continue;
        *first = (uint32_t)least;
        *last = (uint32_t)most;
        return;
    }
}

static uint64_t flags_of(uint32_t low)
{
    if (low & PORTS)
        return FLAG_PORTS | (low & 3);
    return FLAG_MEMORY | (low & 15) | (low & PREFETCHABLE ? FLAG_PREFETCHABLE : 0) |
           ((low & MEMORY_TYPE) == MEMORY_64 ? FLAG_64 : 0);
}

bool bars_match(const uint8_t *config, const struct bars_window *windows, uint32_t count,
                struct bars_line lines[BARS_LINES])
{
    uint8_t type = config[HEADER_TYPE] & 0x7f;
    unsigned registers = type == 0 ? BARS_LINES : type == 1 ? BRIDGE_BARS : 0;
    memset(lines, 0, BARS_LINES * sizeof(*lines));
    for (unsigned i = 0; i < registers; i++) {
        struct bars_line *line = &lines[i];
        uint32_t low = read32(config + FIRST_BAR + 4 * i);
        bool ports = low & PORTS, wide = !ports && (low & MEMORY_TYPE) == MEMORY_64;
        uint64_t base = low & (ports ? ~3u : ~15u);
        if (wide && i + 1 < registers)
            base |= (uint64_t)read32(config + FIRST_BAR + 4 * ++i) << 32;
        if (low == 0)
            continue;
        line->flags = flags_of(low) | (base ? 0 : FLAG_UNSET);
        for (uint32_t k = 0; k < count && line->end == 0 && base; k++)
            if (windows[k].ports == ports && windows[k].base == base) {
                line->start = base;
                line->end = base + windows[k].bytes - 1;
            }
        if (base && line->end <= line->start)
            return false;
    }
    return true;
}

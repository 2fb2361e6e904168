/* SPDX-License-Identifier: Apache-2.0 */
/* Writes PE32+ images with more sections than they had. */
#include "pe.h"

#include "payload.h"
#include "pe_format.h"
#include <stdlib.h>
#include <string.h>

static void put32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

static uint64_t align_up(uint64_t value, uint64_t unit)
{
    return (value + unit - 1) / unit * unit;
}

static const char *append_complaint(const struct pe *pe, uint32_t count)
{
    uint64_t table_end = pe->section_table + (uint64_t)(pe->section_count + count) * SECTION_BYTES;
    uint64_t room = pe->header_bytes;

    for (uint32_t i = 0; i < pe->section_count; i++) {
        const struct pe_section *section = &pe->sections[i];

        if (section->raw_bytes > 0 && section->raw_offset < room)
            room = section->raw_offset;
        if (section->address < room)
            room = section->address;
        if ((section->flags & SECTION_WRITE) && (section->flags & SECTION_EXECUTE))
            return "has a section that is writable and executable; link it with separate ones";
        if ((section->address & (PAGE - 1)) != 0)
            return "has a section that begins inside a page; link it with 4 KiB alignment";
    }
    if (table_end > room)
        return "has no room in its header for more sections; strip it, or link it with fewer";
    const uint8_t *optional = pe->bytes + pe->optional_header;
    if (get32(optional + OPTIONAL_DIRECTORIES) > 2 && get32(optional + OPTIONAL_RESOURCE + 4))
        return "has resources already; link it without";
    if (get32(optional + OPTIONAL_DIRECTORIES) > 4 && get32(optional + OPTIONAL_CERTIFICATE + 4))
        return "is signed already; take the unsigned file and sign the image";
    return NULL;
}

/* What one section needs in memory and in the file. */
static uint64_t addition_bytes(const struct pe_addition *addition)
{
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < addition->piece_count; i++)
        bytes = align_up(bytes, PAGE) + addition->pieces[i].size;
    return bytes;
}

struct layout {
    uint64_t raw_end;    /* of the file, so far */
    uint64_t image_end;  /* in memory */
    uint64_t data_bytes; /* SizeOfInitializedData */
};

static uint32_t memory_align(const struct pe *pe)
{
    return pe->section_align < PAGE ? PAGE : pe->section_align;
}

static void add_header(const struct pe *pe, const struct pe_addition *addition, uint8_t *header,
                       struct layout *layout)
{
    uint64_t bytes = addition_bytes(addition), raw_bytes = align_up(bytes, pe->file_align);

    memcpy(header, addition->name, strlen(addition->name));
    put32(header + SECTION_VIRTUAL_BYTES, (uint32_t)bytes);
    put32(header + SECTION_ADDRESS, (uint32_t)layout->image_end);
    put32(header + SECTION_RAW_BYTES, (uint32_t)raw_bytes);
    put32(header + SECTION_RAW_OFFSET, (uint32_t)layout->raw_end);
    put32(header + SECTION_FLAGS, SECTION_DATA | SECTION_READ);
    layout->raw_end += raw_bytes;
    layout->image_end = align_up(layout->image_end + bytes, memory_align(pe));
    layout->data_bytes += raw_bytes;
}

uint64_t pe_end(const struct pe *pe)
{
    uint64_t image_end = align_up(pe->image_bytes, memory_align(pe));

    for (uint32_t i = 0; i < pe->section_count; i++) {
        const struct pe_section *section = &pe->sections[i];
        uint64_t bytes = section->virtual_bytes > section->raw_bytes ? section->virtual_bytes
                                                                     : section->raw_bytes;
        uint64_t end = align_up(section->address + bytes, memory_align(pe));

        if (end > image_end)
            image_end = end;
    }
    return image_end;
}

/* Corrects the headers in `head`; returns false if a field cannot hold its value. */
static bool correct_headers(const struct pe *pe, const struct pe_addition *added, uint32_t count,
                            uint64_t raw_start, uint8_t *head)
{
    uint8_t *file = head + pe->file_header, *optional = head + pe->optional_header;
    struct layout layout = {raw_start, pe_end(pe), get32(optional + OPTIONAL_DATA_BYTES)};
    uint32_t sections = pe->section_count + count;

    uint8_t *table = head + pe->section_table + (size_t)pe->section_count * SECTION_BYTES;
    memset(table, 0, (size_t)count * SECTION_BYTES);
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(added[i].name, ".rsrc") == 0) {
            put32(optional + OPTIONAL_RESOURCE, (uint32_t)layout.image_end);
            put32(optional + OPTIONAL_RESOURCE + 4, (uint32_t)addition_bytes(&added[i]));
        }
        add_header(pe, &added[i], table + (size_t)i * SECTION_BYTES, &layout);
    }
    file[FILE_SECTIONS] = (uint8_t)sections;
    put32(file + FILE_TIME, 0);
    put32(file + FILE_SYMBOLS, 0);
    put32(file + FILE_SYMBOL_COUNT, 0);
    put32(optional + OPTIONAL_DATA_BYTES, (uint32_t)layout.data_bytes);
    put32(optional + OPTIONAL_IMAGE_BYTES, (uint32_t)layout.image_end);
    put32(optional + OPTIONAL_CHECKSUM, 0);
    optional[OPTIONAL_DLL_FLAGS + 1] |= NX_COMPAT >> 8;
    return layout.raw_end < 1ull << 31 && layout.image_end < 1ull << 31;
}

/* Where bytes go: into the checksum, into the file, or both. */
struct sink {
    FILE *out; /* NULL: only the checksum */
    uint64_t written;
    uint64_t sum; /* of 16-bit words */
};

static void sink_put(struct sink *sink, const void *data, uint64_t bytes)
{
    const uint8_t *from = data;

    if (sink->out) {
        fwrite(data, 1, bytes, sink->out);
    } else {
        for (uint64_t i = 0; i < bytes; i++)
            sink->sum += (uint64_t)from[i] << ((sink->written + i) % 2 * 8);
    }
    sink->written += bytes;
}

static void sink_pad(struct sink *sink, uint64_t unit)
{
    static const uint8_t zeros[65536];

    sink_put(sink, zeros, align_up(sink->written, unit) - sink->written);
}

static void sink_take(void *sink, const void *data, size_t bytes)
{
    sink_put(sink, data, bytes);
}

static void sink_piece(struct sink *sink, const struct pe_piece *piece)
{
    if (piece->bytes)
        sink_put(sink, piece->bytes, piece->size);
    else
        payload_read(piece->file, sink_take, sink);
}

static void put_image(const struct pe *pe, const struct pe_addition *added, uint32_t count,
                      const uint8_t *head, uint64_t head_bytes, uint64_t own_bytes,
                      struct sink *sink)
{
    sink_put(sink, head, head_bytes);
    sink_put(sink, pe->bytes + head_bytes, own_bytes - head_bytes);
    sink_pad(sink, pe->file_align);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t start = sink->written;

        for (uint32_t j = 0; j < added[i].piece_count; j++) {
            static const uint8_t zeros[PAGE];

            sink_put(sink, zeros, align_up(sink->written - start, PAGE) - (sink->written - start));
            sink_piece(sink, &added[i].pieces[j]);
        }
        sink_pad(sink, pe->file_align);
    }
}

/* The checksum of the PE format: folded sum of the words, plus the file's length. */
static uint32_t checksum(const struct sink *sink)
{
    uint64_t sum = sink->sum;

    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint32_t)(sum + sink->written);
}

const char *pe_append(const struct pe *pe, const struct pe_addition *added, uint32_t count,
                      FILE *out)
{
    const char *complaint = append_complaint(pe, count);
    uint64_t own_bytes = pe->header_bytes;

    if (complaint)
        return complaint;
    for (uint32_t i = 0; i < pe->section_count; i++) {
        const struct pe_section *section = &pe->sections[i];

        if (section->raw_bytes > 0 &&
            (uint64_t)section->raw_offset + section->raw_bytes > own_bytes)
            own_bytes = (uint64_t)section->raw_offset + section->raw_bytes;
    }
    uint8_t *head = malloc(pe->header_bytes);
    if (!head)
        return "is too large for this machine's memory";
    memcpy(head, pe->bytes, pe->header_bytes);
    if (correct_headers(pe, added, count, align_up(own_bytes, pe->file_align), head)) {
        struct sink summed = {0}, written = {.out = out};

        put_image(pe, added, count, head, pe->header_bytes, own_bytes, &summed);
        put32(head + pe->optional_header + OPTIONAL_CHECKSUM, checksum(&summed));
        put_image(pe, added, count, head, pe->header_bytes, own_bytes, &written);
    } else {
        complaint = "with kernel, manifest and payloads passes the 2 GiB that a PE file can hold";
    }
    free(head);
    return complaint;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* PE32+ images: reading sections defensively, and appending some (PE Format specification). */
#include "pe.h"

#include "payload.h"
#include <stdlib.h>
#include <string.h>

/* Offsets in the file, the COFF file header, the optional header and a section header. */
enum {
    DOS_PE_OFFSET = 0x3c,
    FILE_MACHINE = 4,
    FILE_SECTIONS = 6,
    FILE_TIME = 8,
    FILE_SYMBOLS = 12,
    FILE_SYMBOL_COUNT = 16,
    FILE_OPTIONAL_BYTES = 20,
    FILE_BYTES = 24, /* with the signature */
    OPTIONAL_MAGIC = 0,
    OPTIONAL_DATA_BYTES = 8,
    OPTIONAL_SECTION_ALIGN = 32,
    OPTIONAL_FILE_ALIGN = 36,
    OPTIONAL_IMAGE_BYTES = 56,
    OPTIONAL_HEADER_BYTES = 60,
    OPTIONAL_CHECKSUM = 64,
    OPTIONAL_SUBSYSTEM = 68,
    OPTIONAL_DLL_FLAGS = 70,
    OPTIONAL_DIRECTORIES = 108,
    OPTIONAL_RESOURCE = 128,    /* directory 2 */
    OPTIONAL_CERTIFICATE = 144, /* directory 4 */
    OPTIONAL_MIN_BYTES = 152,
    SECTION_VIRTUAL_BYTES = 8,
    SECTION_ADDRESS = 12,
    SECTION_RAW_BYTES = 16,
    SECTION_RAW_OFFSET = 20,
    SECTION_FLAGS = 36,
    SECTION_BYTES = 40,
    MACHINE_X86_64 = 0x8664,
    MAGIC_PE32_PLUS = 0x20b,
    SUBSYSTEM_EFI_APPLICATION = 10,
    NX_COMPAT = 0x100,
    PAGE = 4096,
};
#define SECTION_DATA    0x00000040u
#define SECTION_EXECUTE 0x20000000u
#define SECTION_READ    0x40000000u
#define SECTION_WRITE   0x80000000u

static uint16_t get16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

static uint32_t get32(const uint8_t *at)
{
    return get16(at) | (uint32_t)get16(at + 2) << 16;
}

static void put32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

static uint64_t align_up(uint64_t value, uint64_t unit)
{
    return (value + unit - 1) / unit * unit;
}

static bool is_power_of_two(uint32_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

static const char *open_headers(const uint8_t *bytes, uint64_t size, struct pe *out)
{
    if (size < DOS_PE_OFFSET + 4 || memcmp(bytes, "MZ", 2) != 0)
        return "is no PE file";
    out->file_header = get32(bytes + DOS_PE_OFFSET);
    if (out->file_header > size || size - out->file_header < FILE_BYTES + OPTIONAL_MIN_BYTES ||
        memcmp(bytes + out->file_header, "PE\0\0", 4) != 0)
        return "is no PE file";
    const uint8_t *file = bytes + out->file_header;
    const uint8_t *optional = file + FILE_BYTES;
    if (get16(file + FILE_MACHINE) != MACHINE_X86_64 ||
        get16(optional + OPTIONAL_MAGIC) != MAGIC_PE32_PLUS ||
        get16(file + FILE_OPTIONAL_BYTES) < OPTIONAL_MIN_BYTES)
        return "is no PE32+ file for x86-64";
    if (get16(optional + OPTIONAL_SUBSYSTEM) != SUBSYSTEM_EFI_APPLICATION)
        return "is no EFI application";
    out->optional_header = out->file_header + FILE_BYTES;
    out->section_table = out->optional_header + get16(file + FILE_OPTIONAL_BYTES);
    out->section_count = get16(file + FILE_SECTIONS);
    out->header_bytes = get32(optional + OPTIONAL_HEADER_BYTES);
    out->section_align = get32(optional + OPTIONAL_SECTION_ALIGN);
    out->file_align = get32(optional + OPTIONAL_FILE_ALIGN);
    out->image_bytes = get32(optional + OPTIONAL_IMAGE_BYTES);
    if (out->section_count == 0 || out->section_count > PE_MAX_SECTIONS ||
        !is_power_of_two(out->section_align) || !is_power_of_two(out->file_align) ||
        out->file_align > 65536 || out->section_align > (1 << 20) || out->header_bytes > size ||
        (uint64_t)out->section_table + out->section_count * SECTION_BYTES > out->header_bytes)
        return "has a damaged PE header";
    return NULL;
}

const char *pe_open(const void *file, uint64_t size, struct pe *out)
{
    const uint8_t *bytes = file;

    memset(out, 0, sizeof(*out));
    out->bytes = bytes;
    out->size = size;
    const char *complaint = open_headers(bytes, size, out);
    for (uint32_t i = 0; !complaint && i < out->section_count; i++) {
        const uint8_t *from = bytes + out->section_table + i * SECTION_BYTES;
        struct pe_section *section = &out->sections[i];

        memcpy(section->name, from, 8);
        section->virtual_bytes = get32(from + SECTION_VIRTUAL_BYTES);
        section->address = get32(from + SECTION_ADDRESS);
        section->raw_bytes = get32(from + SECTION_RAW_BYTES);
        section->raw_offset = get32(from + SECTION_RAW_OFFSET);
        section->flags = get32(from + SECTION_FLAGS);
        if (section->raw_bytes > 0 &&
            (section->raw_offset > size || section->raw_bytes > size - section->raw_offset))
            complaint = "is cut off: a section lies beyond its end";
    }
    return complaint;
}

const struct pe_section *pe_find(const struct pe *pe, const char *name)
{
    for (uint32_t i = 0; i < pe->section_count; i++) {
        if (strcmp(pe->sections[i].name, name) == 0)
            return &pe->sections[i];
    }
    return NULL;
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

/* SPDX-License-Identifier: Apache-2.0 */
/* Writes AML. */
#include "aml.h"

enum {
    AML_ZERO = 0x00,
    AML_NAME = 0x08,
    AML_BYTE = 0x0a,
    AML_WORD = 0x0b,
    AML_DWORD = 0x0c,
    AML_STRING = 0x0d,
    AML_SCOPE = 0x10,
    AML_BUFFER = 0x11,
    AML_PACKAGE = 0x12,
    AML_METHOD = 0x14,
    AML_EXTENDED = 0x5b,
    AML_DEVICE = 0x82,
    AML_NOTIFY = 0x86,
    /* Lengths take two bytes (up to 4095), so that they can be filled in afterwards. */
    LENGTH_BYTES = 2,
    /* A template's buffer size is a word for the same reason: opcode and value. */
    BUFFER_SIZE_BYTES = 3,
};

static void put(struct aml *aml, uint64_t value, size_t bytes)
{
    for (; bytes > 0; bytes--, value >>= 8) {
        if (aml->used < aml->room)
            aml->out[aml->used] = (uint8_t)value;
        aml->used++;
    }
}

static void put_name(struct aml *aml, const char *name)
{
    while (*name)
        put(aml, (uint8_t)*name++, 1);
}

static void patch(struct aml *aml, size_t at, uint8_t value)
{
    if (at < aml->room)
        aml->out[at] = value;
}

static size_t open_block(struct aml *aml)
{
    size_t block = aml->used;
    put(aml, 0, LENGTH_BYTES);
    return block;
}

void aml_close(struct aml *aml, size_t block)
{
    size_t length = aml->used - block;
    patch(aml, block, (uint8_t)(1 << 6 | (length & 0xf)));
    patch(aml, block + 1, (uint8_t)(length >> 4));
}

size_t aml_scope(struct aml *aml, const char *name)
{
    put(aml, AML_SCOPE, 1);
    size_t block = open_block(aml);
    put_name(aml, name);
    return block;
}

size_t aml_device(struct aml *aml, const char *name)
{
    put(aml, AML_EXTENDED, 1);
    put(aml, AML_DEVICE, 1);
    size_t block = open_block(aml);
    put_name(aml, name);
    return block;
}

size_t aml_method(struct aml *aml, const char *name, uint8_t arguments)
{
    put(aml, AML_METHOD, 1);
    size_t block = open_block(aml);
    put_name(aml, name);
    put(aml, arguments, 1);
    return block;
}

void aml_notify(struct aml *aml, const char *object, uint8_t value)
{
    put(aml, AML_NOTIFY, 1);
    put_name(aml, object);
    put(aml, AML_BYTE, 1);
    put(aml, value, 1);
}

void aml_name_text(struct aml *aml, const char *name, const char *text)
{
    put(aml, AML_NAME, 1);
    put_name(aml, name);
    put(aml, AML_STRING, 1);
    put_name(aml, text);
    put(aml, 0, 1);
}

void aml_name_integer(struct aml *aml, const char *name, uint8_t value)
{
    put(aml, AML_NAME, 1);
    put_name(aml, name);
    put(aml, AML_BYTE, 1);
    put(aml, value, 1);
}

static unsigned int hex_digit(char c)
{
    return (unsigned int)(c <= '9' ? c - '0' : c - 'A' + 10);
}

void aml_name_eisa_id(struct aml *aml, const char *name, const char *id)
{
    unsigned int letters = (unsigned int)(id[0] - '@') << 10 | (unsigned int)(id[1] - '@') << 5 |
                           (unsigned int)(id[2] - '@');
    put(aml, AML_NAME, 1);
    put_name(aml, name);
    put(aml, AML_DWORD, 1);
    put(aml, letters >> 8, 1);
    put(aml, letters, 1);
    put(aml, hex_digit(id[3]) << 4 | hex_digit(id[4]), 1);
    put(aml, hex_digit(id[5]) << 4 | hex_digit(id[6]), 1);
}

void aml_name_bytes(struct aml *aml, const char *name, const uint8_t *values, uint8_t count)
{
    put(aml, AML_NAME, 1);
    put_name(aml, name);
    put(aml, AML_PACKAGE, 1);
    size_t block = open_block(aml);
    put(aml, count, 1);
    for (uint8_t i = 0; i < count; i++) {
        put(aml, AML_BYTE, 1);
        put(aml, values[i], 1);
    }
    aml_close(aml, block);
}

size_t aml_resources(struct aml *aml)
{
    put(aml, AML_NAME, 1);
    put_name(aml, "_CRS");
    put(aml, AML_BUFFER, 1);
    size_t block = open_block(aml);
    put(aml, AML_WORD, 1);
    put(aml, 0, 2);
    return block;
}

void aml_close_resources(struct aml *aml, size_t block)
{
    put(aml, 0x79, 1); /* end tag, checksum not used */
    put(aml, 0, 1);
    size_t bytes = aml->used - block - LENGTH_BYTES - BUFFER_SIZE_BYTES;
    patch(aml, block + LENGTH_BYTES + 1, (uint8_t)bytes);
    patch(aml, block + LENGTH_BYTES + 2, (uint8_t)(bytes >> 8));
    aml_close(aml, block);
}

void aml_io(struct aml *aml, uint16_t base, uint8_t bytes)
{
    put(aml, 0x47, 1); /* I/O port descriptor */
    put(aml, 1, 1);    /* decodes 16 bits */
    put(aml, base, 2);
    put(aml, base, 2);
    put(aml, 0, 1); /* alignment: fixed */
    put(aml, bytes, 1);
}

void aml_edge_interrupt(struct aml *aml, uint32_t gsi)
{
    put(aml, 0x89, 1); /* extended interrupt descriptor */
    put(aml, 6, 2);
    put(aml, 1 << 0 | 1 << 1, 1); /* consumer, edge; active high, exclusive */
    put(aml, 1, 1);
    put(aml, gsi, 4);
}

void aml_memory32(struct aml *aml, uint32_t base, uint32_t bytes)
{
    put(aml, 0x86, 1); /* 32-bit fixed memory range descriptor */
    put(aml, 9, 2);
    put(aml, 1, 1); /* writable */
    put(aml, base, 4);
    put(aml, bytes, 4);
}

void aml_buses(struct aml *aml, uint16_t first, uint16_t last)
{
    put(aml, 0x88, 1); /* word address space descriptor */
    put(aml, 13, 2);
    put(aml, 2, 1);               /* bus numbers */
    put(aml, 1 << 2 | 1 << 3, 1); /* minimum and maximum are fixed */
    put(aml, 0, 1);
    put(aml, 0, 2); /* granularity */
    put(aml, first, 2);
    put(aml, last, 2);
    put(aml, 0, 2); /* translation */
    put(aml, (uint64_t)last - first + 1, 2);
}

void aml_memory_window(struct aml *aml, uint64_t base, uint64_t bytes)
{
    put(aml, 0x8a, 1); /* quad word address space descriptor */
    put(aml, 43, 2);
    put(aml, 0, 1);               /* memory */
    put(aml, 1 << 2 | 1 << 3, 1); /* produced; minimum and maximum are fixed */
    put(aml, 1, 1);               /* read and written, not cacheable */
    put(aml, 0, 8);               /* granularity */
    put(aml, base, 8);
    put(aml, base + bytes - 1, 8);
    put(aml, 0, 8); /* translation */
    put(aml, bytes, 8);
}

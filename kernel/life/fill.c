/* SPDX-License-Identifier: Apache-2.0 */
/* RAM zeroed and loaded, in pieces: see the header. */
#include "fill.h"
#include "arch/x86/include/upcalls.h"
#include "kernel/sha256.h"
#include "memory.h"
#include <string.h>

#define PIECE_BYTES LARGE_PAGE_BYTES

/* Where this processor is. */
static PER_CPU struct {
    uint64_t pieces; /* zeroed */
    uint32_t run;    /* digests first, then loads */
    uint64_t at;     /* bytes of that run that are done */
    struct sha256 hash;
} fill;

void fill_begin(void)
{
    fill.pieces = 0;
    fill.run = 0;
    fill.at = 0;
}

/* The processors share the work by pieces: each takes every cpu_count-th. */
enum fill fill_zero(void)
{
    uint64_t at = (fill.pieces * cpu.domain->cpu_count + cpu.local) * PIECE_BYTES;
    for (uint32_t i = 0; i < cpu.domain->ram_count; i++) {
        const struct handoff_ram *ram = &cpu.domain->ram[i];
        uint64_t whole = (ram->bytes + PIECE_BYTES - 1) / PIECE_BYTES * PIECE_BYTES;
        if (at < whole) {
            uint64_t left = ram->bytes - at;
            memory_zero((void *)(VA_RAM + ram->gpa + at), left < PIECE_BYTES ? left : PIECE_BYTES);
            fill.pieces++;
            return FILL_GOES_ON;
        }
        at -= whole;
    }
    return FILL_DONE;
}

/* The next piece of a run of `bytes`, which begins at `*from`; the last one leads to the next run.
 */
static uint64_t take_piece(uint64_t bytes, uint64_t *from)
{
    uint64_t left = bytes - fill.at, piece = left < PIECE_BYTES ? left : PIECE_BYTES;
    *from = fill.at;
    fill.at += piece;
    if (fill.at == bytes) {
        fill.run++;
        fill.at = 0;
    }
    return piece;
}

static enum fill hash(const struct handoff_digest *run)
{
    uint8_t digest[DIGEST_BYTES];
    uint64_t from, bytes = take_piece(run->bytes, &from);
    if (from == 0)
        sha256_init(&fill.hash);
    sha256_update(&fill.hash, (const void *)(VA_PAYLOAD + run->from + from), bytes);
    if (from + bytes < run->bytes)
        return FILL_GOES_ON;
    sha256_final(&fill.hash, digest);
    return memcmp(digest, run->digest, DIGEST_BYTES) == 0 ? FILL_GOES_ON : FILL_REFUSED;
}

enum fill fill_load(void)
{
    const struct handoff_domain *domain = cpu.domain;
    if (fill.run < domain->digest_count)
        return hash(&domain->digest[fill.run]);
    if (fill.run - domain->digest_count >= domain->load_count)
        return FILL_DONE;
    const struct handoff_load *load = &domain->load[fill.run - domain->digest_count];
    uint64_t from, bytes = take_piece(load->bytes, &from);
    memory_copy((void *)(VA_RAM + load->gpa + from), (const void *)(VA_PAYLOAD + load->from + from),
                bytes);
    return FILL_GOES_ON;
}

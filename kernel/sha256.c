/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-256 (FIPS 180-4, "SHA-256 Preprocessing" and "SHA-256 Hash Computation"). Rotations are
 * nested and the round variables renamed instead of moved: payloads are hashed at every start of
 * a domain, so instructions per byte count. Loader and kernel (SHA256_BY_PROCESSOR) use the
 * processor's own instructions where it has them.
 */
#include "sha256.h"
#include <stdbool.h>
#include <string.h>

enum { SHA256_BLOCK_BYTES = 64 };

static const uint32_t round_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static inline uint32_t rotate(uint32_t value, unsigned int bits)
{
    return value >> bits | value << (32 - bits);
}

/* The standard numbers bytes from the most significant one. */
static inline uint32_t load_word(const uint8_t *bytes)
{
    uint32_t word;
    __builtin_memcpy(&word, bytes, sizeof(word));
    return __builtin_bswap32(word);
}

static inline uint32_t sum0(uint32_t a)
{
    return rotate(rotate(rotate(a, 9) ^ a, 11) ^ a, 2);
}

static inline uint32_t sum1(uint32_t e)
{
    return rotate(rotate(rotate(e, 14) ^ e, 5) ^ e, 6);
}

/* Word t of the message schedule; `words` holds the sixteen before it. */
static inline uint32_t schedule(const uint32_t words[16], unsigned int t)
{
    uint32_t near = words[(t + 1) & 15], far = words[(t + 14) & 15];
    uint32_t sigma0 = rotate(rotate(near, 11) ^ near, 7) ^ near >> 3;
    uint32_t sigma1 = rotate(rotate(far, 2) ^ far, 17) ^ far >> 10;
    return words[t & 15] + sigma0 + words[(t + 9) & 15] + sigma1;
}

/* One round; what it returns in `d` and `h` are the next round's e and a. */
static inline void hash_round(uint32_t a, uint32_t b, uint32_t c, uint32_t *d, uint32_t e,
                              uint32_t f, uint32_t g, uint32_t *h, uint32_t word)
{
    uint32_t t1 = *h + sum1(e) + (g ^ (e & (f ^ g))) + word;
    *d += t1;
    *h = t1 + sum0(a) + ((a & b) | (c & (a | b)));
}

static void hash_block(uint32_t state[8], const uint8_t *block)
{
    uint32_t words[16];
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    for (unsigned int i = 0; i < 16; i++)
        words[i] = load_word(block + 4 * i);
    for (unsigned int t = 0; t < 64; t += 8) {
        const uint32_t *k = &round_constants[t];
        uint32_t *w = &words[t & 15];
        for (unsigned int i = 0; i < 8 && t >= 16; i++)
            w[i] = schedule(words, t + i);
        hash_round(a, b, c, &d, e, f, g, &h, k[0] + w[0]);
        hash_round(h, a, b, &c, d, e, f, &g, k[1] + w[1]);
        hash_round(g, h, a, &b, c, d, e, &f, k[2] + w[2]);
        hash_round(f, g, h, &a, b, c, d, &e, k[3] + w[3]);
        hash_round(e, f, g, &h, a, b, c, &d, k[4] + w[4]);
        hash_round(d, e, f, &g, h, a, b, &c, k[5] + w[5]);
        hash_round(c, d, e, &f, g, h, a, &b, k[6] + w[6]);
        hash_round(b, c, d, &e, f, g, h, &a, k[7] + w[7]);
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
    state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

#ifdef SHA256_BY_PROCESSOR
#include <cpuid.h>

/* arch/x86/sha256.asm */
void sha256_blocks_by_processor(uint32_t state[8], const uint8_t *data, size_t blocks,
                                const uint32_t constants[64]);

/* CPUID: SSSE3, SSE4.1 and the SHA extensions. */
static bool processor_hashes(void)
{
    uint32_t eax, ebx, ecx, edx;
    return __get_cpuid(1, &eax, &ebx, &ecx, &edx) && ecx & bit_SSSE3 && ecx & bit_SSE4_1 &&
           __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) && ebx & bit_SHA;
}
#endif

static void hash_blocks(uint32_t state[8], const uint8_t *data, size_t blocks)
{
#ifdef SHA256_BY_PROCESSOR
    if (blocks > 0 && processor_hashes()) {
        sha256_blocks_by_processor(state, data, blocks, round_constants);
        return;
    }
#endif
    for (; blocks > 0; blocks--, data += SHA256_BLOCK_BYTES)
        hash_block(state, data);
}

void sha256_init(struct sha256 *hash)
{
    static const uint32_t initial[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    memcpy(hash->state, initial, sizeof(initial));
    hash->bytes = 0;
}

void sha256_update(struct sha256 *hash, const void *data, size_t bytes)
{
    const uint8_t *from = data;
    size_t waiting = hash->bytes % SHA256_BLOCK_BYTES;
    hash->bytes += bytes;
    if (waiting > 0 && waiting + bytes >= SHA256_BLOCK_BYTES) {
        size_t missing = SHA256_BLOCK_BYTES - waiting;
        memcpy(hash->block + waiting, from, missing);
        hash_blocks(hash->state, hash->block, 1);
        from += missing;
        bytes -= missing;
        waiting = 0;
    }
    if (waiting == 0) {
        size_t blocks = bytes / SHA256_BLOCK_BYTES;
        hash_blocks(hash->state, from, blocks);
        from += blocks * SHA256_BLOCK_BYTES;
        bytes -= blocks * SHA256_BLOCK_BYTES;
    }
    if (bytes > 0)
        memcpy(hash->block + waiting, from, bytes);
}

void sha256_final(struct sha256 *hash, uint8_t digest[32])
{
    static const uint8_t padding[64] = {0x80};
    uint64_t bits = __builtin_bswap64(hash->bytes * 8);
    sha256_update(hash, padding, 1 + (119 - hash->bytes % 64) % 64);
    sha256_update(hash, &bits, sizeof(bits));
    for (int i = 0; i < 8; i++) {
        uint32_t word = __builtin_bswap32(hash->state[i]);
        memcpy(digest + 4 * i, &word, sizeof(word));
    }
}

void sha256(const void *data, size_t bytes, uint8_t digest[32])
{
    struct sha256 hash;
    sha256_init(&hash);
    sha256_update(&hash, data, bytes);
    sha256_final(&hash, digest);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Random numbers. */
#include "random.h"
#include "guests/lib/x86.h"
#include "start.h"
#include <bearssl.h>

enum {
    CPUID_RDRAND = 1 << 30,
    TRIES = 10, /* Intel SDM, Random Number Generator Instructions */
    WORDS = 8,
};

static br_hmac_drbg_context generator;
static bool started;

__attribute__((no_stack_protector)) bool random_hardware(uint64_t *value)
{
    bool good = false;
    if (!(cpuid(1, 0).ecx & CPUID_RDRAND)) {
        return false;
    }
    for (unsigned i = 0; i < TRIES && !good; i++) {
        __asm__ volatile("rdrand %0" : "=r"(*value), "=@ccc"(good));
    }
    return good;
}

/* There were processors that gave the same number for ever and called it good. */
bool random_start(const void *seed, size_t bytes)
{
    uint64_t words[WORDS];
    for (unsigned i = 0; i < WORDS; i++) {
        if (!random_hardware(&words[i]) || (i > 0 && words[i] == words[i - 1])) {
            return false;
        }
    }
    br_hmac_drbg_init(&generator, &br_sha256_vtable, words, sizeof(words));
    if (seed) {
        br_hmac_drbg_update(&generator, seed, bytes);
    }
    /* The domain's next life finds the same seed. */
    uint64_t tsc = rdtsc();
    br_hmac_drbg_update(&generator, &tsc, sizeof(tsc));
    random_forget(words, sizeof(words));
    started = true;
    return true;
}

void random_bytes(void *bytes, size_t count)
{
    if (!started) {
        console_end("random numbers without a seed");
    }
    br_hmac_drbg_generate(&generator, bytes, count);
}

void random_forget(void *bytes, size_t count)
{
    __builtin_memset(bytes, 0, count);
    __asm__ volatile("" : : "r"(bytes) : "memory");
}

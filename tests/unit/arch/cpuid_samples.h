/* SPDX-License-Identifier: Apache-2.0 */
/* Processors for the policy tables to judge: CPUID answers as recorded or as feared. */
#ifndef BULKHEAD_TEST_CPUID_SAMPLES_H
#define BULKHEAD_TEST_CPUID_SAMPLES_H

#include "arch/x86/grant/cpuid.h"
#include <stddef.h>
#include <string.h>

struct cpuid_sample {
    uint32_t leaf, subleaf, out[4];
};

/* Ice Lake client, four threads, APIC id 2. */
static const struct cpuid_sample ice_lake[] = {
    {0x0, 0, {0x1b, 0x756e6547, 0x6c65746e, 0x49656e69}},
    {0x1, 0, {0x706e5, 0x02040800, 0xfffaf38b, 0xbfebfbff}},
    {0x2, 0, {0x00feff01, 0xf0, 0, 0}},
    {0x4, 0, {0x1c004121, 0x02c0003f, 0x3f, 0}},
    {0x4, 1, {0x1c004122, 0x01c0003f, 0x3f, 0}},
    {0x4, 2, {0x1c004143, 0x01c0003f, 0x3ff, 0}},
    {0x4, 3, {0x1c03c163, 0x03c0003f, 0x1fff, 6}},
    {0x5, 0, {0x40, 0x40, 3, 0x11121020}},
    {0x6, 0, {0x17aff7, 2, 9, 0}},
    {0x7, 0, {2, 0xf2bf27eb, 0x40405f4e, 0xbc000410}},
    {0xa, 0, {0x08300805, 0, 0xf, 0x8604}},
    {0xb, 0, {1, 2, 0x100, 2}},
    {0xb, 1, {4, 4, 0x201, 2}},
    {0xb, 2, {0, 0, 2, 2}},
    {0xd, 0, {0x2e7, 0xa80, 0xa88, 0}},
    {0xd, 1, {0xf, 0x9d0, 0x100, 0}},
    {0xd, 2, {0x100, 0x240, 0, 0}},
    {0xd, 5, {0x40, 0x440, 0, 0}},
    {0xd, 6, {0x200, 0x480, 0, 0}},
    {0xd, 7, {0x400, 0x680, 0, 0}},
    {0xd, 8, {0x80, 0, 1, 0}}, /* processor trace: a supervisor component */
    {0xd, 9, {8, 0xa80, 0, 0}},
    {0x12, 0, {3, 0, 0, 0x2f1f}},
    {0x14, 0, {1, 0xf, 7, 0}},
    {0x15, 0, {2, 0x4e, 0x249f000, 0}},
    {0x16, 0, {0x5dc, 0xf3c, 0x64, 0}},
    {0x18, 0, {7, 0, 0, 0}},
    {0x1b, 0, {0x77777777, 0x77777777, 0x77777777, 0x77777777}}, /* also for what is above */
    {0x80000000, 0, {0x80000008, 0, 0, 0}},
    {0x80000001, 0, {0, 0, 0x121, 0x2c100800}},
    {0x80000002, 0, {0x65746e49, 0x2952286c, 0x726f4320, 0x4d542865}},
    {0x80000006, 0, {0, 0, 0x02008040, 0}},
    {0x80000007, 0, {0, 0, 0, 0x100}},
    {0x80000008, 0, {0x3927, 0, 0, 0}}, /* 57 linear bits */
};

/* Zen 3, APIC id 5. */
static const struct cpuid_sample zen3[] = {
    {0x0, 0, {0x10, 0x68747541, 0x444d4163, 0x69746e65}},
    {0x1, 0, {0xa20f10, 0x05100800, 0x7ef8320b, 0x178bfbff}},
    {0x6, 0, {4, 0, 1, 0}},
    {0x7, 0, {0, 0x219c97a9, 0x0040068c, 0x10}},
    {0xb, 0, {1, 2, 0x100, 5}},
    {0xb, 1, {5, 16, 0x201, 5}},
    {0xd, 0, {0x207, 0x340, 0x988, 0}},
    {0xd, 1, {0xf, 0x348, 0x1800, 0}},
    {0xd, 2, {0x100, 0x240, 0, 0}},
    {0xd, 9, {8, 0x980, 0, 0}},
    {0x80000000, 0, {0x80000023, 0x68747541, 0x444d4163, 0x69746e65}},
    {0x80000001, 0, {0xa20f10, 0x20000000, 0x75c237ff, 0x2fd3fbff}},
    {0x80000007, 0, {0, 0x3b, 0, 0x6799}},
    {0x80000008, 0, {0x303030, 0x111ef657, 0x500f, 0x10000}},
    {0x8000000a, 0, {1, 0x8000, 0, 0x101bbcff}},
    {0x8000001d, 0, {0x4121, 0x01c0003f, 0x3f, 0}},
    {0x8000001d, 1, {0x4122, 0x01c0003f, 0x3f, 0}},
    {0x8000001d, 3, {0x3c163, 0x03c0003f, 0x7fff, 1}},
    {0x8000001e, 0, {5, 0x102, 0, 0}},
    {0x8000001f, 0, {0x101fd3f, 0x4173, 0x1fd, 1}},
    {0x80000021, 0, {0x2d, 0, 0, 0}},
};

static const struct cpuid_sample *sample_lines;
static size_t sample_count;

static inline void sample_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    memset(out, 0, 4 * sizeof(out[0]));
    if (leaf < 0x80000000 && leaf > sample_lines[0].out[0]) /* as Intel does */
        leaf = sample_lines[0].out[0];
    for (size_t i = 0; i < sample_count; i++)
        if (sample_lines[i].leaf == leaf &&
            (sample_lines[i].subleaf == subleaf ||
             (leaf != 4 && leaf != 7 && leaf != 0xb && leaf != 0xd && leaf != 0x8000001d)))
            memcpy(out, sample_lines[i].out, sizeof(sample_lines[i].out));
}

/* A processor, of Intel or AMD, that claims every bit of every leaf there could be. */
static inline void boastful_intel(uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    (void)subleaf;
    memset(out, 0xff, 4 * sizeof(out[0]));
    if (leaf == 0)
        out[2] = 0x6c65746e;
    if (leaf == 0xd && subleaf > 1) {
        out[0] = 64;
        out[1] = 576 + 64 * subleaf;
    }
}

static inline void boastful_amd(uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    boastful_intel(leaf, subleaf, out);
    if (leaf == 0)
        out[2] = 0x444d4163;
}

static inline struct cpu_features sample_features(const struct cpuid_sample *lines, size_t count)
{
    struct cpu_features features;

    sample_lines = lines;
    sample_count = count;
    features_read(&features, sample_cpuid);
    features.tsc_hz = 1497600000;
    return features;
}

#define SAMPLE(name) sample_features(name, sizeof(name) / sizeof((name)[0]))

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* What a manifest asks that would be left out in silence (I10). */
#include "demands.h"

static bool check_management(const struct manifest *manifest, struct diagnostic *why)
{
    uint32_t count;
    manifest_entries(manifest, MANIFEST_MANAGEMENT, &count);
    return count == 0 || manifest_management(manifest) != MANIFEST_NONE ||
           diagnose(why, "I10: the manifest has a management that boots nothing: build the image "
                         "again with `bulkhead build`, which gives it a console");
}

static bool check_domain(const struct manifest *manifest, const struct manifest_domain *domain,
                         struct diagnostic *why)
{
    uint32_t management = manifest_management(manifest);
    if (domain->cache_ways != 0)
        return diagnose(why,
                        "I10: domain %s is to have %u ways of the last-level cache for itself, and "
                        "this version of Bulkhead divides no cache: remove `cache_ways`",
                        domain->name, domain->cache_ways);
    if (domain->start_after != 0 && management == MANIFEST_NONE)
        return diagnose(why,
                        "I10: domain %s is to start after others, and without `management` nobody "
                        "sees whether they run: add it, or remove `start_after`",
                        domain->name);
    return domain->start_after == 0 || domain != &manifest->domains[management] ||
           diagnose(
               why,
               "I10: management's domain %s is to start after others, and it is who lets these "
               "start: build the image again with `bulkhead build`",
               domain->name);
}

static bool check_threads(const struct manifest_policy *policy, const struct facts *facts,
                          struct diagnostic *why)
{
    for (uint32_t i = 0; i < facts->cpu_count; i++)
        for (uint32_t j = 0; j < i; j++) {
            if (facts->cpus[i].core_id != facts->cpus[j].core_id)
                continue;
            return policy->smt != MANIFEST_SMT_OFF ||
                   diagnose(why,
                            "I10: the manifest is for a machine without multithreading, and the "
                            "processors with APIC ids %u and %u are threads of one core: switch it "
                            "off in the firmware's setup, or correct `platform: {smt: ...}`",
                            facts->cpus[j].apic_id, facts->cpus[i].apic_id);
        }
    return policy->smt != MANIFEST_SMT_ON ||
           diagnose(why, "I10: the manifest is for a machine with multithreading, and no two "
                         "processors of this one are threads of one core: switch it on in the "
                         "firmware's setup, or correct `platform: {smt: ...}`");
}

bool demands_met(const struct manifest *manifest, const struct facts *facts, struct diagnostic *why)
{
    uint32_t count;
    const struct manifest_policy *policy = manifest_entries(manifest, MANIFEST_POLICY, &count);
    if (!check_management(manifest, why))
        return false;
    for (uint32_t i = 0; i < manifest->domain_count; i++)
        if (!check_domain(manifest, &manifest->domains[i], why))
            return false;
    if (count == 0)
        return true;
    if (policy->microcode > facts->microcode)
        return diagnose(why,
                        "I10: the manifest wants microcode 0x%x or later, and this processor has "
                        "0x%x: update the firmware, or correct `platform: {microcode: ...}`",
                        policy->microcode, facts->microcode);
    return check_threads(policy, facts, why);
}

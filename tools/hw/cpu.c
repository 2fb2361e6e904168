/* SPDX-License-Identifier: Apache-2.0 */
/* Processors, caches and memory of a machine. */
#include "source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    CPUINFO_BYTES = 8 << 20,
    CPUS_MAX = 4096,
    MEMMAP_MAX = 1024,
    DMI_BYTES = 1 << 20,
    DMI_FIRMWARE = 0, /* and of the system: makers and names are their first two strings */
    DMI_SYSTEM = 1,
    DMI_MEMORY_ARRAY = 16,
    DMI_IPMI = 38,
    DMI_ONBOARD = 41,
    DMI_END = 127,
    DMI_ETHERNET = 5,
    NUMBERS = 8192, /* of processors, in the lists that are read */
    IDS_SHOWN = 64
};

bool hw_has_word(const char *words, const char *word)
{
    size_t length = strlen(word);

    for (const char *at = words; at && (at = strstr(at, word)); at += length) {
        bool starts = at == words || at[-1] == ' ';

        if (starts && (at[length] == ' ' || at[length] == 0))
            return true;
    }
    return false;
}

/* "key<tabs>: value" in place; returns the value, NULL if the line has none. */
static char *split_line(char *line)
{
    char *colon = strchr(line, ':');

    if (!colon)
        return NULL;
    char *end = colon;
    while (end > line && (end[-1] == '\t' || end[-1] == ' '))
        end--;
    *end = 0;
    return colon[1] == ' ' ? colon + 2 : colon + 1;
}

static void take_line(struct hw *hw, const char *key, char *value)
{
    const struct {
        const char *key;
        const char **out;
    } texts[] = {{"vendor_id", &hw->vendor},
                 {"model name", &hw->model},
                 {"microcode", &hw->microcode},
                 {"flags", &hw->flags},
                 {"vmx flags", &hw->vmx_flags}};
    struct hw_cpu *cpu = hw->cpu_count > 0 ? &hw->cpus[hw->cpu_count - 1] : NULL;
    uint32_t number = (uint32_t)strtoul(value, NULL, 10);

    if (strcmp(key, "processor") == 0 && hw->cpu_count < CPUS_MAX) {
        hw->cpus = hw_grow(hw, hw->cpus, hw->cpu_count, sizeof(*hw->cpus));
        hw->cpus[hw->cpu_count++] = (struct hw_cpu){.number = number};
    } else if (cpu && strcmp(key, "apicid") == 0) {
        cpu->apic_id = number;
    } else if (cpu && strcmp(key, "physical id") == 0) {
        cpu->package = number;
    } else if (cpu && strcmp(key, "core id") == 0) {
        cpu->core = number;
    }
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (!*texts[i].out && strcmp(key, texts[i].key) == 0)
            *texts[i].out = value;
    }
}

static void read_caches(struct hw *hw, struct hw_cpu *cpu)
{
    for (int index = 0; index < 8 && cpu->cache_count < HW_CACHES; index++) {
        const char *folder =
            say(&hw->arena, "sys/devices/system/cpu/cpu%u/cache/index%d", cpu->number, index);
        struct hw_cache *cache = &cpu->caches[cpu->cache_count];

        if (!hw_number(hw, say(&hw->arena, "%s/level", folder), &cache->level))
            break;
        cache->type = hw_line(hw, say(&hw->arena, "%s/type", folder), HW_WORD);
        cache->size = hw_line(hw, say(&hw->arena, "%s/size", folder), HW_WORD);
        cache->shared = hw_line(hw, say(&hw->arena, "%s/shared_cpu_list", folder), HW_LIST);
        cpu->cache_count++;
    }
}

/* Which numbers a list like "0,2-3" has; it may be hostile. */
static void take_list(const char *list, bool has[NUMBERS])
{
    char *end;

    for (; list && *list >= '0' && *list <= '9'; list = *end == ',' ? end + 1 : NULL) {
        unsigned long first = strtoul(list, &end, 10);
        unsigned long last = *end == '-' ? strtoul(end + 1, &end, 10) : first;

        last = last < NUMBERS ? last : NUMBERS - 1;
        if (first <= last)
            memset(has + first, true, last - first + 1);
    }
}

static int by_number(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

    return (a > b) - (a < b);
}

const char *hw_apic_ids(struct hw *hw, const char *list)
{
    bool has[NUMBERS] = {false};
    uint32_t ids[IDS_SHOWN], count = 0, all = 0;
    const char *text = NULL;

    take_list(list, has);
    for (uint32_t i = 0; i < hw->cpu_count; i++) {
        bool listed = hw->cpus[i].number < NUMBERS && has[hw->cpus[i].number];

        all += listed;
        if (listed && count < IDS_SHOWN)
            ids[count++] = hw->cpus[i].apic_id;
    }
    if (count == 0)
        return NULL;
    qsort(ids, count, sizeof(ids[0]), by_number);
    for (uint32_t i = 0, last; i < count; i = last + 1) {
        for (last = i; last + 1 < count && ids[last + 1] == ids[last] + 1;)
            last++;
        last = last == i + 1 ? i : last; /* two are no range */
        text = say(&hw->arena, "%s%s%u", text ? text : "", text ? ", " : "", ids[i]);
        if (last > i)
            text = say(&hw->arena, "%s-%u", text, ids[last]);
    }
    return all == count ? text : say(&hw->arena, "%s and more", text);
}

void hw_read_cpus(struct hw *hw)
{
    char *text = hw_text(hw, "proc/cpuinfo", CPUINFO_BYTES), *next;
    uint64_t active;

    if (!text)
        hw_note_missing(hw, "proc/cpuinfo", "processors and their features");
    for (char *line = text; line && *line; line = next) {
        next = line + strcspn(line, "\n");
        if (*next)
            *next++ = 0;
        char *value = split_line(line);
        if (value)
            take_line(hw, line, value);
    }
    for (uint32_t i = 0; i < hw->cpu_count; i++) {
        hw->cpus[i].siblings =
            hw_line(hw,
                    say(&hw->arena, "sys/devices/system/cpu/cpu%u/topology/thread_siblings_list",
                        hw->cpus[i].number),
                    HW_LIST);
        if (i == 0 && !hw->cpus[0].siblings)
            hw_note_missing(hw, "sys/devices/system/cpu/cpu0/topology/thread_siblings_list",
                            "which processors are threads of one core");
        read_caches(hw, &hw->cpus[i]);
        if (i == 0 && hw->cpus[0].cache_count == 0)
            hw_note_missing(hw, "sys/devices/system/cpu/cpu0/cache",
                            "which processors share a cache");
    }
    hw->smt_known = hw_number(hw, "sys/devices/system/cpu/smt/active", &active);
    hw->smt_active = hw->smt_known && active != 0;
    hw->itlb_multihit =
        hw_line(hw, "sys/devices/system/cpu/vulnerabilities/itlb_multihit", HW_LIST);
}

/* Reads the firmware's map; returns the sum of what it gave as RAM, 0 if it cannot be read. */
static uint64_t firmware_memory(struct hw *hw)
{
    uint64_t sum = 0, start, end;

    for (int i = 0; i < MEMMAP_MAX; i++) {
        const char *folder = say(&hw->arena, "sys/firmware/memmap/%d", i);
        const char *type = hw_line(hw, say(&hw->arena, "%s/type", folder), HW_WORD);

        if (!type)
            break;
        if (!hw_number(hw, say(&hw->arena, "%s/start", folder), &start) ||
            !hw_number(hw, say(&hw->arena, "%s/end", folder), &end) || end < start)
            continue;
        hw->ranges = hw_grow(hw, hw->ranges, hw->range_count, sizeof(*hw->ranges));
        hw->ranges[hw->range_count++] = (struct hw_range){start, end, type};
        sum += strcmp(type, "System RAM") == 0 ? end - start + 1 : 0;
    }
    return sum;
}

/* SMBIOS, Onboard Devices Extended Information: where an Ethernet card of the board is. */
static void take_onboard(struct hw *hw, const uint8_t *item)
{
    if ((item[5] & 0x7f) != DMI_ETHERNET)
        return;
    hw->onboard = hw_grow(hw, hw->onboard, hw->onboard_count, sizeof(*hw->onboard));
    hw->onboard[hw->onboard_count++] =
        little(item + 7, 2) << 16 | (uint32_t)item[9] << 8 | item[10];
}

static const char *words_of(struct hw *hw, const char *first, const char *second)
{
    if (!first && !second)
        return NULL;
    return say(&hw->arena, "%s%s%s", first ? first : "", first && second ? " " : "",
               second ? second : "");
}

/* The n-th string behind a structure, NULL: it has none, or not to its end. */
static const char *dmi_string(struct hw *hw, const uint8_t *item, size_t room, uint8_t number)
{
    const char *at = (const char *)item + item[1];
    size_t left = room - item[1];

    for (uint8_t i = 1; number > 0 && left > 0 && *at; i++) {
        size_t length = strnlen(at, left);

        if (length == left)
            return NULL;
        if (i == number)
            return say(&hw->arena, "%.*s", (int)(length < HW_LIST ? length : HW_LIST), at);
        at += length + 1;
        left -= length + 1;
    }
    return NULL;
}

/* Maker and name of firmware or system, where no file of the kernel's tells. */
static void take_names(struct hw *hw, const uint8_t *item, size_t room)
{
    const char **out = item[0] == DMI_FIRMWARE ? &hw->firmware : &hw->board;

    if (item[1] >= 6 && !*out)
        *out =
            words_of(hw, dmi_string(hw, item, room, item[4]), dmi_string(hw, item, room, item[5]));
}

/* System Management BIOS Reference Specification, Structure Definitions. */
static void take_dmi(struct hw *hw, const uint8_t *table, size_t count)
{
    static const char *const words[] = {"none", "parity", "single-bit ECC", "multi-bit ECC", "CRC"};

    for (size_t at = 0; at + 4 <= count;) {
        uint8_t type = table[at], length = table[at + 1];

        if (length < 4 || at + length > count || type == DMI_END)
            break;
        if (type == DMI_MEMORY_ARRAY && !hw->ecc && length > 6 && table[at + 6] >= 3 &&
            table[at + 6] <= 7)
            hw->ecc = words[table[at + 6] - 3];
        hw->has_ipmi |= type == DMI_IPMI;
        if (type == DMI_FIRMWARE || type == DMI_SYSTEM)
            take_names(hw, table + at, count - at);
        if (type == DMI_ONBOARD && length >= 11)
            take_onboard(hw, table + at);
        for (at += length; at + 1 < count && (table[at] != 0 || table[at + 1] != 0);)
            at++;
        at += 2;
    }
}

static void read_dmi(struct hw *hw)
{
    uint8_t *dmi = malloc(DMI_BYTES);
    long count = dmi ? hw_read(hw, "sys/firmware/dmi/tables/DMI", dmi, DMI_BYTES) : -1;
    int why = count < 0 ? errno : ENODATA;

    if (count > 0)
        take_dmi(hw, dmi, (size_t)count);
    free(dmi);
    if (!hw->ecc)
        hw->ecc = hw_line(hw, "sys/devices/system/edac/mc/mc0/dimm0/dimm_edac_mode", HW_LIST);
    errno = why;
    if (!hw->ecc)
        hw_note_missing(hw, "sys/firmware/dmi/tables/DMI", "whether memory has ECC");
}

/* Of the variable: its attributes, four bytes, and its value. A Linux without a driver for the TPM
 * shows none; a survey asked the firmware, as the loader does. */
static void read_trust(struct hw *hw)
{
    static const char secure[] =
        "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";
    uint8_t variable[5];
    uint64_t major;

    hw->secure_boot =
        hw_read(hw, secure, variable, sizeof(variable)) == sizeof(variable) ? variable[4] == 1 : -1;
    bool shown = hw_number(hw, "sys/class/tpm/tpm0/tpm_version_major", &major);
    hw->has_tpm = shown && major == 2;
    hw->lacks_tpm = !hw->has_tpm && (shown || hw->surveyed);
}

void hw_read_memory(struct hw *hw)
{
    const char *meminfo = hw_text(hw, "proc/meminfo", 64 << 10);
    const char *total = meminfo ? strstr(meminfo, "MemTotal:") : NULL;

    hw->memory_bytes = firmware_memory(hw);
    if (hw->memory_bytes == 0) {
        errno = hw->range_count > 0 ? ENODATA : errno;
        hw_note_missing(hw, "sys/firmware/memmap",
                        "memory as firmware gives it (MemTotal stands in)");
        if (total)
            hw->memory_bytes = (uint64_t)strtoull(total + 9, NULL, 10) << 10;
    }
    hw->board = words_of(hw, hw_line(hw, "sys/class/dmi/id/sys_vendor", HW_LIST),
                         hw_line(hw, "sys/class/dmi/id/product_name", HW_LIST));
    hw->firmware = words_of(hw, hw_line(hw, "sys/class/dmi/id/bios_vendor", HW_LIST),
                            hw_line(hw, "sys/class/dmi/id/bios_version", HW_LIST));
    read_dmi(hw);
    uint64_t bits;
    hw->shows_firmware = hw_has_folder(hw, "sys/firmware");
    hw->is_uefi = hw_number(hw, "sys/firmware/efi/fw_platform_size", &bits) && bits == 64;
    read_trust(hw);
}

bool hw_is_intel(const struct hw *hw)
{
    return hw->vendor && strcmp(hw->vendor, "GenuineIntel") == 0;
}

bool hw_is_amd(const struct hw *hw)
{
    return hw->vendor && strcmp(hw->vendor, "AuthenticAMD") == 0;
}

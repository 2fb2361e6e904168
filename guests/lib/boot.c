/* SPDX-License-Identifier: Apache-2.0 */
/* Start of a payload in C, the command line, and the way out. */
#include "boot.h"
#include "apic.h"
#include "console.h"
#include "cpu.h"
#include "x86.h"
#include <stddef.h>

struct guest_boot_info boot_info;
char boot_cmdline[CMDLINE_BYTES];
void guest_start(const struct guest_boot_info *info);

/* The compiler calls these for large structures. */
void *memcpy(void *to, const void *from, size_t bytes);
void *memset(void *to, int value, size_t bytes);

void *memcpy(void *to, const void *from, size_t bytes)
{
    void *result = to;
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes) : : "memory");
    return result;
}

void *memset(void *to, int value, size_t bytes)
{
    void *result = to;
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(bytes) : "a"(value) : "memory");
    return result;
}

void guest_start(const struct guest_boot_info *info)
{
    boot_info = *info;
    console_init();
    const char *text = (const char *)info->cmdline;
    for (size_t i = 0; text && i < sizeof(boot_cmdline) - 1 && text[i]; i++) {
        boot_cmdline[i] = text[i];
    }
    bool good = info->magic == GUEST_BOOT_MAGIC && info->version == GUEST_BOOT_VERSION &&
                info->cpu_count >= 1 && info->cpu_count <= MAX_DOMAIN_CPUS;
    if (!good) {
        panic("no boot information of this version");
    }
    cpu_init();
    guest_main();
    domain_stop();
}

/* What follows `key` where it begins a word: '=' or, for a `flag`, the word's end. NULL: nowhere.
 */
static const char *behind(const char *key, bool flag)
{
    const char *text = boot_cmdline;
    while (*text) {
        size_t i = 0;
        while (key[i] && text[i] == key[i]) {
            i++;
        }
        if (!key[i] && (flag ? text[i] == 0 || text[i] == ' ' : text[i] == '=')) {
            return text + i;
        }
        while (*text && *text != ' ') {
            text++;
        }
        while (*text == ' ') {
            text++;
        }
    }
    return NULL;
}

const char *cmdline_value(const char *key)
{
    const char *text = behind(key, false);
    return text ? text + 1 : NULL;
}

bool cmdline_has(const char *word)
{
    return behind(word, true) != NULL;
}

uint64_t cmdline_number(const char *key, uint64_t otherwise)
{
    const char *text = cmdline_value(key);
    if (!text) {
        return otherwise;
    }
    uint64_t value = 0;
    unsigned base = text[0] == '0' && text[1] == 'x' ? 16 : 10;
    for (text += base == 16 ? 2 : 0;; text++) {
        unsigned digit = base;
        if (*text >= '0' && *text <= '9') {
            digit = (unsigned)(*text - '0');
        } else if (*text >= 'a' && *text <= 'f') {
            digit = (unsigned)(*text - 'a') + 10;
        }
        if (digit >= base) {
            return value;
        }
        value = value * base + digit;
    }
}

static bool list_end(char c)
{
    return c == 0 || c == ' ' || c == ',';
}

bool cmdline_lists(const char *key, const char *word, bool otherwise)
{
    const char *text = cmdline_value(key);
    if (!text) {
        return otherwise;
    }
    for (;;) {
        size_t i = 0;
        while (word[i] && text[i] == word[i]) {
            i++;
        }
        if (!word[i] && list_end(text[i])) {
            return true;
        }
        while (!list_end(*text)) {
            text++;
        }
        if (*text != ',') {
            return false;
        }
        text++;
    }
}

_Noreturn void domain_stop(void)
{
    console_drain();
    outb(GUEST_SLEEP_CONTROL, 1 << 5 | GUEST_SLEEP_S5 << 2); /* SLP_EN, SLP_TYP */
    panic("S5 did not stop the domain");
}

_Noreturn void domain_reset(void)
{
    console_drain();
    outb(GUEST_RESET_PORT, GUEST_RESET_VALUE);
    panic("the reset register did not end this life");
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Values that are written in a form of their own: dates, PCI functions, addresses, digests. */
#include "schema_parse.h"

#include <string.h>

/* `*text` moves behind `least` to `most` digits of `base`; false if they are not there. */
static bool take_number(const char **text, int base, int least, int most, uint64_t *value)
{
    int digits = 0;

    *value = 0;
    for (; digits < most; digits++, ++*text) {
        char c = **text;
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : 99;

        if (digit >= base)
            break;
        *value = *value * (uint64_t)base + (uint64_t)digit;
    }
    return digits >= least;
}

static bool take(const char **text, char c)
{
    if (**text != c)
        return false;
    ++*text;
    return true;
}

bool parse_hex(const char *text, uint64_t *value)
{
    return take(&text, '0') && take(&text, 'x') && take_number(&text, 16, 1, 16, value) && !*text;
}

static bool is_leap(uint64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static uint64_t month_days(uint64_t year, uint64_t month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return days[month - 1] + (month == 2 && is_leap(year) ? 1u : 0u);
}

bool parse_date(const char *text, uint64_t *value)
{
    uint64_t year, month, day;

    if (!take_number(&text, 10, 4, 4, &year) || !take(&text, '-') ||
        !take_number(&text, 10, 2, 2, &month) || !take(&text, '-') ||
        !take_number(&text, 10, 2, 2, &day) || *text)
        return false;
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > month_days(year, month))
        return false;
    *value = day - 1;
    for (uint64_t y = 1970; y < year; y++)
        *value += is_leap(y) ? 366 : 365;
    for (uint64_t m = 1; m < month; m++)
        *value += month_days(year, m);
    return true;
}

char *date_text(struct arena *arena, uint64_t days)
{
    uint64_t year = 1970, month = 1;

    if (days > 1000000)
        return say(arena, "?");
    while (days >= (is_leap(year) ? 366u : 365u))
        days -= is_leap(year++) ? 366 : 365;
    while (days >= month_days(year, month))
        days -= month_days(year, month++);
    return say(arena, "%04u-%02u-%02u", (unsigned int)year, (unsigned int)month,
               (unsigned int)days + 1);
}

bool parse_pci(const char *text, uint64_t *value)
{
    uint64_t segment = 0, bus, device, function;
    const char *start = text;

    if (!take_number(&text, 16, 4, 4, &segment) || !take(&text, ':')) {
        text = start;
        segment = 0;
    }
    if (!take_number(&text, 16, 2, 2, &bus) || !take(&text, ':') ||
        !take_number(&text, 16, 2, 2, &device) || !take(&text, '.') ||
        !take_number(&text, 16, 1, 1, &function) || *text || device > 31 || function > 7)
        return false;
    *value = segment << 16 | bus << 8 | device << 3 | function;
    return true;
}

char *pci_text(struct arena *arena, uint64_t pci)
{
    const char *segment = pci >> 16 ? say(arena, "%04x:", (unsigned int)(pci >> 16 & 0xffff)) : "";

    return say(arena, "%s%02x:%02x.%x", segment, (unsigned int)(pci >> 8 & 0xff),
               (unsigned int)(pci >> 3 & 31), (unsigned int)(pci & 7));
}

bool parse_pci_id(const char *text, uint64_t *value)
{
    uint64_t vendor, device;

    if (!take_number(&text, 16, 4, 4, &vendor) || !take(&text, ':') ||
        !take_number(&text, 16, 4, 4, &device) || *text)
        return false;
    *value = vendor << 16 | device;
    return vendor != 0 && vendor != 0xffff;
}

char *pci_id_text(struct arena *arena, uint64_t id)
{
    return say(arena, "%04x:%04x", (unsigned int)(id >> 16 & 0xffff), (unsigned int)(id & 0xffff));
}

/* A decimal number of at most three digits; other tools read one that begins with 0 as octal. */
static bool take_decimal(const char **text, uint64_t *value)
{
    return (**text != '0' || (*text)[1] < '0' || (*text)[1] > '9') &&
           take_number(text, 10, 1, 3, value);
}

static bool take_ip(const char **text, uint64_t *value)
{
    uint64_t part;

    *value = 0;
    for (int i = 0; i < 4; i++) {
        if (!take_decimal(text, &part) || part > 255 || (i < 3 && !take(text, '.')))
            return false;
        *value = *value << 8 | part;
    }
    return true;
}

bool parse_ip(const char *text, uint64_t *value)
{
    return take_ip(&text, value) && !*text;
}

bool parse_address(const char *text, uint64_t *value)
{
    uint64_t prefix;

    if (!take_ip(&text, value) || !take(&text, '/'))
        return false;
    if (!take_decimal(&text, &prefix) || *text || prefix < 1 || prefix > 30)
        return false;
    *value = *value << 8 | prefix;
    return true;
}

char *ip_text(struct arena *arena, uint64_t ip)
{
    return say(arena, "%u.%u.%u.%u", (unsigned int)(ip >> 24 & 255), (unsigned int)(ip >> 16 & 255),
               (unsigned int)(ip >> 8 & 255), (unsigned int)(ip & 255));
}

char *address_text(struct arena *arena, uint64_t address)
{
    return say(arena, "%s/%u", ip_text(arena, address >> 8), (unsigned int)(address & 255));
}

bool parse_colour(const char *text, uint64_t *value)
{
    return take(&text, '#') && take_number(&text, 16, 6, 6, value) && !*text;
}

bool parse_digest(const char *text, uint8_t digest[32])
{
    for (int i = 0; i < 32; i++) {
        uint64_t byte;

        if (!take_number(&text, 16, 2, 2, &byte))
            return false;
        digest[i] = (uint8_t)byte;
    }
    return !*text;
}

const char *digest_text(struct arena *arena, const uint8_t digest[32])
{
    const char *text = "";

    for (size_t i = 0; i < 32; i++)
        text = say(arena, "%s%02x", text, digest[i]);
    return text;
}

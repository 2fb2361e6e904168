/* SPDX-License-Identifier: Apache-2.0 */
/* Records of panics: what is one. */
#include "records.h"
#include <string.h>

static void make_plain(char *text, size_t room)
{
    text[room - 1] = 0;
    for (; *text; text++)
        if (*text < ' ' || *text > '~')
            *text = '?';
}

/* Where nobody counts, a record is of the boot before too: each boot takes its pages anew. */
bool record_read(const struct panic_record *page, uint64_t boots, struct panic_record *out)
{
    memcpy(out, page, sizeof(*out));
    if (out->crc != record_crc(out) || out->boots != (boots ? boots - 1 : 0))
        return false;
    make_plain(out->domain, sizeof(out->domain));
    make_plain(out->text, sizeof(out->text));
    return out->text[0] != 0;
}

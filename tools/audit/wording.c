/* SPDX-License-Identifier: Apache-2.0 */
/* The console's own words, said again: see the header. */
#include "wording.h"
#include "guests/console/audit_text.h"
#include "kernel/abi/management.h"

#include <string.h>

#define MARK "\001" /* stands for a key's name */

static void tell(const struct audit_record *record, const char *domain, const char *admin,
                 char text[WORDING_BYTES])
{
    struct writer to = {.text = text, .room = WORDING_BYTES - 1};

    audit_text(&to, record, domain, admin);
    text[to.used] = 0;
}

bool wording_fits(const struct audit_record *record, const char *domain, const char *text,
                  char admin[NAME_BYTES])
{
    char due[WORDING_BYTES];

    *admin = 0;
    tell(record, domain, NULL, due);
    if (strcmp(text, due) == 0)
        return true;
    tell(record, domain, MARK, due);
    const char *mark = strstr(due, MARK);
    if (audit_admin(record) == MANAGEMENT_NO_ADMIN || !mark)
        return false;
    size_t before = (size_t)(mark - due), after = strlen(mark + 1), all = strlen(text);
    if (all <= before + after || all - before - after >= NAME_BYTES)
        return false;
    size_t length = all - before - after;
    memcpy(admin, text + before, length);
    admin[length] = 0;
    return strspn(admin, "abcdefghijklmnopqrstuvwxyz0123456789-") == length &&
           memcmp(text, due, before) == 0 && strcmp(text + all - after, mark + 1) == 0;
}

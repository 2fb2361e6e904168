/* SPDX-License-Identifier: Apache-2.0 */
/* What an audit record says, in words: see the header. */
#include "audit_text.h"
#include "kernel/abi/management.h"
#include "words.h"

struct telling {
    struct writer *to;
    const struct audit_record *record;
    const char *domain, *admin;
};

uint32_t audit_admin(const struct audit_record *record)
{
    uint64_t admin =
        record->kind == AUDIT_CALL || record->kind == AUDIT_REFUSED || record->kind == AUDIT_CONSOLE
            ? record->value[1]
            : MANAGEMENT_NO_ADMIN;
    return admin < MAX_ADMINS ? (uint32_t)admin : MANAGEMENT_NO_ADMIN;
}

static void put(const struct telling *telling, const char *text)
{
    write_text(telling->to, text);
}

static void put_value(const struct telling *telling, unsigned value)
{
    write_number(telling->to, telling->record->value[value]);
}

static void put_domain(const struct telling *telling)
{
    if (telling->domain) {
        put(telling, telling->domain);
    } else if (telling->record->domain == AUDIT_NOBODY) {
        put(telling, "nobody");
    } else {
        put(telling, "domain ");
        write_number(telling->to, telling->record->domain);
    }
}

static void put_admin(const struct telling *telling)
{
    if (audit_admin(telling->record) == MANAGEMENT_NO_ADMIN) {
        put(telling, "the console itself");
    } else if (telling->admin) {
        put(telling, telling->admin);
    } else {
        put(telling, "key ");
        put_value(telling, 1);
    }
}

/* Segment, bus, device and function as the manifest writes them. */
static void put_function(const struct telling *telling)
{
    uint64_t pci = telling->record->value[0];
    if (pci >> 16) {
        write_hex(telling->to, pci >> 16, 4);
        put(telling, ":");
    }
    write_hex(telling->to, pci >> 8 & 0xff, 2);
    put(telling, ":");
    write_hex(telling->to, pci >> 3 & 0x1f, 2);
    put(telling, ".");
    write_hex(telling->to, pci & 7, 1);
}

static void tell_boot(const struct telling *telling)
{
    put(telling, "boot ");
    if (telling->record->value[4]) {
        put_value(telling, 4);
    } else {
        put(telling, "of unknown number");
    }
    put(telling, ", manifest ");
    write_hex_bytes(telling->to, telling->record->value, DIGEST_BYTES);
}

static void tell_store(const struct telling *telling)
{
    static const char *const words[] = {
        [AUDIT_STORE_GOOD] = "the counter of boots was kept",
        [AUDIT_STORE_ABSENT] = "the firmware keeps no counter of boots",
        [AUDIT_STORE_FULL] = "the firmware has no room for the counter of boots",
        [AUDIT_STORE_READ_ONLY] = "the firmware does not let the counter of boots be written",
    };
    uint64_t store = telling->record->value[0];
    put(telling, store < sizeof(words) / sizeof(words[0]) ? words[store]
                                                          : "what became of the counter of boots "
                                                            "is unknown");
}

static void tell_clock(const struct telling *telling)
{
    if (telling->record->value[1] == 0) {
        put(telling, "the machine has no clock");
    } else {
        put(telling, "the clock says ");
        put_value(telling, 1);
        put(telling, " s since 1970 at TSC ");
        put_value(telling, 2);
    }
    put(telling, ", ");
    put_value(telling, 0);
    put(telling, " ticks a second");
}

static void tell_before(const struct telling *telling)
{
    if (telling->record->value[4] != 1) {
        put(telling, "head of the chain of the boot before unknown (cold start)");
        return;
    }
    put(telling, "head of the chain of the boot before: ");
    write_hex_bytes(telling->to, telling->record->value, DIGEST_BYTES);
}

static void tell_panic(const struct telling *telling)
{
    const char *text = (const char *)telling->record->value;
    put(telling, "the boot before ended in a panic: ");
    for (size_t i = 0; i < sizeof(telling->record->value) && text[i]; i++) {
        write_bytes(telling->to, text[i] >= ' ' && text[i] <= '~' ? text + i : "?", 1);
    }
}

static void tell_start(const struct telling *telling)
{
    put_domain(telling);
    put(telling, ": life ");
    put_value(telling, 0);
    put(telling, " begins");
}

static void tell_end(const struct telling *telling)
{
    const char *word = word_of_end(telling->record->value[0]);
    put_domain(telling);
    put(telling, ": life ");
    put_value(telling, 1);
    put(telling, " ended: ");
    put(telling, word ? word : "unknown");
}

static void tell_rest(const struct telling *telling)
{
    put_domain(telling);
    put(telling, ": ");
    put(telling, word_of_state(telling->record->value[0]));
}

static void put_wish(const struct telling *telling)
{
    put_admin(telling);
    put(telling, " asked: ");
    put(telling, word_of_call(telling->record->value[0]));
    if (telling->record->domain != AUDIT_NOBODY) {
        put(telling, " of ");
        put_domain(telling);
    }
}

/* Records of one kind that would come too often are one, with a number. */
static void put_more(const struct telling *telling)
{
    if (telling->record->value[3]) {
        put(telling, ", and ");
        put_value(telling, 3);
        put(telling, " more alike");
    }
}

static void tell_call(const struct telling *telling)
{
    put_wish(telling);
    if (telling->record->value[2]) {
        put(telling, ", ticket ");
        put_value(telling, 2);
    }
    put_more(telling);
}

static void tell_refused(const struct telling *telling)
{
    put_wish(telling);
    put(telling, "; refused: ");
    put(telling, word_of_result(telling->record->value[2]));
    put_more(telling);
}

static void tell_console(const struct telling *telling)
{
    static const char *const words[AUDIT_NOTES] = {
        [AUDIT_NOTE_LOGIN] = " logged in",
        [AUDIT_NOTE_EXPIRED] = " turned away: the key has expired",
        [AUDIT_NOTE_ROLE] = " refused: not for the key's role",
        [AUDIT_NOTE_CLOCK] = " turned away: the clock is not to be believed",
    };
    uint64_t note = telling->record->value[0], act = telling->record->value[2];
    put(telling, "console: ");
    put_admin(telling);
    if (note == AUDIT_NOTE_ROLE && act) {
        put(telling, " was refused ");
        put(telling, word_of_call(act));
        put(telling, " of ");
        put_domain(telling);
        put(telling, ": not for the key's role");
        put_more(telling);
        return;
    }
    put(telling, note < AUDIT_NOTES && words[note] ? words[note] : ": an unknown note");
    put_more(telling);
}

static void tell_dma_fault(const struct telling *telling)
{
    put_domain(telling);
    put(telling, ": device ");
    put_function(telling);
    put(telling, " reached for 0x");
    write_hex(telling->to, telling->record->value[2], 1);
    put(telling, " and was blocked, reason ");
    write_number(telling->to, telling->record->value[1] & ~(uint64_t)FAULT_DEAF);
    if (telling->record->value[1] & FAULT_DEAF)
        put(telling, "; it goes on after its quarantine: its IOMMU unit tells no more faults");
}

static void tell_quarantine(const struct telling *telling)
{
    put_domain(telling);
    put(telling, ": device ");
    put_function(telling);
    put(telling, " is in quarantine, its bus mastering off");
}

static void tell_check(const struct telling *telling)
{
    put_domain(telling);
    put(telling, ": the separation check found ");
    if (telling->record->value[0] == 0) {
        put(telling, "nothing");
        return;
    }
    put(telling, "a breach, number ");
    put_value(telling, 0);
}

static void tell_machine_check(const struct telling *telling)
{
    put_domain(telling);
    put(telling, ": machine check, errors of its processor so far: ");
    put_value(telling, 0);
}

static void tell_nmi(const struct telling *telling)
{
    put(telling, "NMIs that nobody explains: ");
    put_value(telling, 0);
}

static void tell_lost(const struct telling *telling)
{
    put_domain(telling);
    put(telling, ": records lost: ");
    put_value(telling, 0);
}

void audit_text(struct writer *to, const struct audit_record *record, const char *domain,
                const char *admin)
{
    static void (*const tellers[AUDIT_KINDS])(const struct telling *) = {
        [AUDIT_BOOT] = tell_boot,
        [AUDIT_STORE] = tell_store,
        [AUDIT_CLOCK] = tell_clock,
        [AUDIT_BEFORE] = tell_before,
        [AUDIT_PANIC] = tell_panic,
        [AUDIT_START] = tell_start,
        [AUDIT_END] = tell_end,
        [AUDIT_REST] = tell_rest,
        [AUDIT_CALL] = tell_call,
        [AUDIT_REFUSED] = tell_refused,
        [AUDIT_CONSOLE] = tell_console,
        [AUDIT_DMA_FAULT] = tell_dma_fault,
        [AUDIT_QUARANTINE] = tell_quarantine,
        [AUDIT_CHECK] = tell_check,
        [AUDIT_MACHINE_CHECK] = tell_machine_check,
        [AUDIT_NMI] = tell_nmi,
        [AUDIT_LOST] = tell_lost,
    };
    const struct telling telling = {to, record, domain, admin};
    if (record->kind < AUDIT_KINDS && tellers[record->kind]) {
        tellers[record->kind](&telling);
        return;
    }
    put(&telling, "a record of unknown kind ");
    write_number(to, record->kind);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The API's words: see the header. */
#include "words.h"
#include "kernel/abi/audit.h"
#include "kernel/abi/management.h"
#include <stddef.h>

#define WORD(table, value)                                                                         \
    ((value) < sizeof(table) / sizeof((table)[0]) && (table)[value] ? (table)[value] : "unknown")

const char *word_of_state(uint64_t state)
{
    static const char *const words[LIFE_STATES] = {
        [LIFE_NEW] = "waiting",     [LIFE_RESETTING] = "resetting", [LIFE_EMPTYING] = "emptying",
        [LIFE_ZEROING] = "zeroing", [LIFE_SETTLING] = "settling",   [LIFE_LOADING] = "loading",
        [LIFE_RUNNING] = "running", [LIFE_LEAVING] = "leaving",     [LIFE_STOPPED] = "stopped",
        [LIFE_REFUSED] = "refused",
    };
    return WORD(words, state);
}

const char *word_of_end(uint64_t end)
{
    static const char *const words[END_KINDS] = {
        [END_POWER_OFF] = "power-off",
        [END_RESET] = "reset",
        [END_TRIPLE_FAULT] = "triple-fault",
        [END_MACHINE_CHECK] = "machine-check",
        [END_BAD_STATE] = "bad-state",
        [END_UNEXPECTED_EXIT] = "unexpected-exit",
        [END_ASKED] = "asked",
        [END_DMA_FAULT] = "dma-fault",
        [END_CHECK] = "check-failed",
    };
    return end == END_NONE ? NULL : WORD(words, end);
}

const char *word_of_right(unsigned bit)
{
    static const char *const words[] = {"status",  "counters",     "start", "stop",
                                        "restart", "power-button", "check"};
    _Static_assert(MANIFEST_RIGHTS == (1 << sizeof(words) / sizeof(words[0])) - 1, "a word each");
    return bit < sizeof(words) / sizeof(words[0]) ? words[bit] : NULL;
}

const char *word_of_role(uint64_t role)
{
    static const char *const words[] = {
        [MANIFEST_OPERATOR] = "operator", [MANIFEST_AUDITOR] = "auditor"};
    return WORD(words, role);
}

const char *word_of_call(uint64_t call)
{
    static const char *const words[MANAGEMENT_CALLS] = {
        [MANAGEMENT_DESCRIBE] = "describe",
        [MANAGEMENT_STATUS] = "status",
        [MANAGEMENT_COUNTERS] = "counters",
        [MANAGEMENT_START] = "start",
        [MANAGEMENT_STOP] = "stop",
        [MANAGEMENT_RESTART] = "restart",
        [MANAGEMENT_POWER_BUTTON] = "power-button",
        [MANAGEMENT_CHECK] = "check",
        [MANAGEMENT_SERIAL_READ] = "serial-read",
        [MANAGEMENT_SERIAL_WRITE] = "serial-write",
        [MANAGEMENT_AUDIT_READ] = "audit-read",
        [MANAGEMENT_AUDIT_NOTE] = "audit-note",
        [MANAGEMENT_TIME] = "time",
    };
    return WORD(words, call);
}

const char *word_of_result(uint64_t result)
{
    static const char *const words[MANAGEMENT_RESULTS] = {
        [MANAGEMENT_DONE] = "done",
        [MANAGEMENT_BAD_PAGE] = "a page that is not its own",
        [MANAGEMENT_BAD_VERSION] = "another version of the call",
        [MANAGEMENT_BAD_CALL] = "no such call",
        [MANAGEMENT_BAD_ARGUMENT] = "a bad argument",
        [MANAGEMENT_BAD_DOMAIN] = "no such domain",
        [MANAGEMENT_NO_RIGHT] = "the manifest does not grant it",
        [MANAGEMENT_TOO_OFTEN] = "too soon after the last",
    };
    return WORD(words, result);
}

const char *word_of_record(uint64_t kind)
{
    static const char *const words[AUDIT_KINDS] = {
        [AUDIT_BOOT] = "boot",
        [AUDIT_STORE] = "store",
        [AUDIT_CLOCK] = "clock",
        [AUDIT_BEFORE] = "before",
        [AUDIT_PANIC] = "panic",
        [AUDIT_START] = "start",
        [AUDIT_END] = "end",
        [AUDIT_REST] = "rest",
        [AUDIT_CALL] = "call",
        [AUDIT_REFUSED] = "refused",
        [AUDIT_CONSOLE] = "console",
        [AUDIT_DMA_FAULT] = "dma-fault",
        [AUDIT_QUARANTINE] = "quarantine",
        [AUDIT_CHECK] = "check",
        [AUDIT_MACHINE_CHECK] = "machine-check",
        [AUDIT_NMI] = "nmi",
        [AUDIT_LOST] = "lost",
    };
    return WORD(words, kind);
}

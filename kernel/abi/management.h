/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The management call (I6): VMCALL on Intel's processors, VMMCALL on AMD's, by 64-bit code in ring
 * 0 of the management domain. For everybody else, and the other of the two, the answer is #UD.
 *
 * RAX holds the guest-physical address of a page of the domain's own RAM that begins with a struct
 * management_request. On return RAX is an enum management_result, and all other registers are as
 * before. Only after MANAGEMENT_DONE the page begins with the answer that the call's line names;
 * else it is untouched. No call waits for another domain: what is asked of one is done by its own
 * processors, and `answered` reaches the ticket when it has come to rest.
 *
 * What each call may do, whoever makes it, is `manage:` of the manifest, and for the serial port
 * `serial.read` and `serial.write`. How often the calls come that ask nobody is not bounded: they
 * cost the caller's own processor its time, and nobody else.
 *
 * What speculation reaches (TRAPS 25): management's processors map, of the other domains, the
 * public pages of those with which it may do anything or that start after others, and of the rest
 * only the rings of the audit trail. What is in such a page and in none of its calls (counters
 * where only the state may be asked for) a hostile management may learn by a guess of its
 * processor's; a serial port's output is there only if somebody may read it. Calls end a
 * processor's guesses after their judging.
 */
#ifndef BULKHEAD_ABI_MANAGEMENT_H
#define BULKHEAD_ABI_MANAGEMENT_H

#include "audit.h"
#include "limits.h"
#include "manifest_domain.h"
#include "public.h"
#include <stdint.h>

enum { MANAGEMENT_VERSION = 2 }; /* another one too when what describe tells changes its layout */

/*
 * `index` is a domain's, as describe numbers them, unless said otherwise; `detail`, `from` and
 * `bytes` are 0 unless said otherwise.
 */
enum management_call {
    MANAGEMENT_DESCRIBE, /* `detail`: enum management_subject, `index`: which; needs no right */
    MANAGEMENT_STATUS,   /* struct management_status */
    MANAGEMENT_COUNTERS, /* `detail`: its processor; struct management_counters */
    MANAGEMENT_START,    /* struct management_ticket, as the next two */
    MANAGEMENT_STOP,
    MANAGEMENT_RESTART,
    MANAGEMENT_POWER_BUTTON, /* struct management_ticket; answered when the guest was told */
    MANAGEMENT_CHECK,        /* struct management_ticket; status tells how the check went */
    MANAGEMENT_SERIAL_READ,  /* `from`: first byte wanted; struct management_serial */
    MANAGEMENT_SERIAL_WRITE, /* `bytes` behind the request; struct management_written */
    MANAGEMENT_AUDIT_READ,   /* `index` 0; `from`: first record wanted; struct management_audit */
    MANAGEMENT_AUDIT_NOTE, /* `detail`: enum audit_note, of `admin`; no answer. Of what `admin` was
                              refused: `from` its enum management_call, `index`; else both 0 */
    MANAGEMENT_TIME,       /* `index` 0; struct management_time; needs no right */
    MANAGEMENT_CALLS,
};

enum management_result {
    MANAGEMENT_DONE,
    MANAGEMENT_BAD_PAGE,     /* not at a page's beginning, or not in the domain's RAM */
    MANAGEMENT_BAD_VERSION,  /* of the request */
    MANAGEMENT_BAD_CALL,     /* no such call in this version */
    MANAGEMENT_BAD_ARGUMENT, /* out of range, or not 0 where the call does not use it */
    MANAGEMENT_BAD_DOMAIN,   /* there is none with that number, or it is the management domain */
    MANAGEMENT_NO_RIGHT,     /* the manifest does not grant it */
    MANAGEMENT_TOO_OFTEN,    /* less than 1/50 s since the last request or serial write to that
                                domain, or less than 60 s since the last check of it */
    MANAGEMENT_RESULTS,
};

struct management_request {
    uint32_t version; /* MANAGEMENT_VERSION */
    uint32_t call;    /* enum management_call */
    uint32_t index;
    uint32_t detail;
    uint64_t from;
    uint32_t admin; /* whose wish it is, as the caller says: index of an admin of the manifest, or
                       MANAGEMENT_NO_ADMIN; goes on record, grants nothing */
    uint32_t bytes;
    uint64_t reserved[4]; /* 0 */
};
#define MANAGEMENT_NO_ADMIN 0xffffffffu
enum { MANAGEMENT_WRITE_BYTES = 1024 }; /* most that one serial write takes */

/* What describe tells: of the machine `index` is 0, of the others below the machine's count. */
enum management_subject {
    MANAGEMENT_MACHINE,  /* struct management_machine */
    MANAGEMENT_DOMAIN,   /* struct manifest_domain; strings and payloads are not to be had */
    MANAGEMENT_LEVEL,    /* struct manifest_name, with its colour; lowest first */
    MANAGEMENT_CATEGORY, /* struct manifest_name */
    MANAGEMENT_NETWORK,  /* struct manifest_network */
    MANAGEMENT_DEVICE,   /* struct manifest_device */
    MANAGEMENT_SUBJECTS,
};

enum { MANAGEMENT_TEXT_BYTES = 128 };
struct management_machine {
    uint8_t digest[DIGEST_BYTES]; /* of the compiled manifest */
    char host[64];
    char classification[MANAGEMENT_TEXT_BYTES]; /* to print; cut off, zero-terminated */
    uint32_t level, categories;                 /* of the whole machine; level 0: none */
    uint32_t lab;                               /* 1: built without --release */
    uint32_t own;                               /* the management domain's number */
    uint32_t counts[MANAGEMENT_SUBJECTS];       /* of each subject */
    uint64_t tsc_hz;
    uint64_t unix_time, unix_time_tsc; /* seconds when the machine booted, 0: unknown; TSC then */
};

struct management_ticket {
    uint32_t ticket;
};

#define MANAGEMENT_NO_LIMIT 0xffffffffu
struct management_status {
    uint32_t state;            /* enum life_state; LIFE_STATES: none that is known */
    uint32_t last_end;         /* enum life_end; END_KINDS: likewise */
    uint32_t lives;            /* starts so far */
    uint32_t restarts_left;    /* by on_exit; or MANAGEMENT_NO_LIMIT */
    uint32_t ticket, answered; /* of the last request, and the last one that has come to rest */
    uint32_t fault_reason;     /* of its last DMA fault, as public.h has it; 0: none yet */
    uint32_t checks;           /* separation checks that were asked for and are done */
    /* 0: the last of these found nothing; else the broken invariant's number: such a life ends, and
       until a check finds nothing no other begins. */
    uint32_t check_failed;
    uint32_t reserved;
    uint64_t ticks; /* of the TSC since `state` began */
};

struct management_counters {
    uint64_t fault_address;            /* of its last DMA fault */
    uint64_t refused_interrupts;       /* that it sent to where it may not (I4) */
    uint64_t exits[PUBLIC_EXIT_KINDS]; /* of this life, as public.h numbers them */
};

/* What a domain printed: its bytes are numbered from 0 since boot. */
struct management_serial {
    uint64_t from;  /* number of text[0]: beyond what was asked for if that is no longer there */
    uint64_t next;  /* number of the byte that it will print next */
    uint32_t bytes; /* 0 though `next` is beyond `from`: others took their place meanwhile */
    uint32_t reserved;
    uint8_t text[PAGE_BYTES - 24];
};

struct management_written {
    /* Taken: fewer than asked for where the domain has not read the former, none where it does not
       run; what a guest has not read when its life ends is lost. */
    uint32_t bytes;
};

enum { MANAGEMENT_AUDIT_RECORDS = (PAGE_BYTES - 32) / AUDIT_RECORD_BYTES };
struct management_audit {
    uint64_t first; /* number of the oldest record that is kept */
    uint64_t next;  /* number that the next record gets */
    uint32_t count; /* of `records`, which go on from max(`from`, first) */
    uint32_t reserved;
    uint64_t reserved2;
    struct audit_record records[MANAGEMENT_AUDIT_RECORDS];
};

struct management_time {
    uint64_t tsc, tsc_hz;
    uint64_t unix_time, unix_time_tsc; /* seconds when the machine booted, 0: unknown; TSC then */
};

_Static_assert(sizeof(struct management_request) == 64, "management ABI");
_Static_assert(sizeof(struct management_machine) == 288, "management ABI");
_Static_assert(sizeof(struct management_status) == 48, "management ABI");
_Static_assert(sizeof(struct management_counters) <= PAGE_BYTES, "management ABI: one page");
_Static_assert(sizeof(struct management_serial) == PAGE_BYTES, "management ABI: one page");
_Static_assert(sizeof(struct management_audit) <= PAGE_BYTES, "management ABI: one page");

#endif

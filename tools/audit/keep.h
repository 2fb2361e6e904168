/* SPDX-License-Identifier: Apache-2.0 */
/* Files that keep trails, a line a record: read, verified, and added to. */
#ifndef BULKHEAD_AUDIT_KEEP_H
#define BULKHEAD_AUDIT_KEEP_H

#include "tools/tool.h"
#include "trail.h"

/*
 * Reads all lines of `file` into `trail`, whose name and out are set. False, said on stderr: it
 * can't be read. `whole` (or NULL): the bytes up to the end of the last whole line; what is behind
 * it was cut off while it was written.
 */
bool keep_read(FILE *file, struct trail *trail, long *whole);

/*
 * Where records come from: fills `text` (freed by the caller) with the lines of the trail of `host`
 * from record `from` on, as GET /v1/audit answers. False, said on stderr: there was no whole
 * answer.
 */
struct keep_source {
    bool (*fetch)(void *context, const char *host, uint64_t from, char **text, size_t *bytes);
    void *context;
};

/*
 * Adds what the trail of `host` has grown by to the last of FOLDER/HOST.ndjson, HOST.2.ndjson and
 * so on, each line judged before, and says on stdout how many records that were. What does not
 * follow from the former ones is said on stderr, and added, for it is what the console has told;
 * what is no line of a trail is not, nor what comes behind it. Where the counter of boots goes
 * back, or the last file is broken, what is new goes to the next file, with the whole boot as far
 * as the machine still has it. Only whole lines are added, and they are on the disk before this
 * returns. EXIT_GOOD; EXIT_FINDINGS: a gap, a head that does not follow, a broken chain, in what
 * came now, or the next file was begun; EXIT_ENVIRONMENT: no answer, or a file can't be written.
 */
enum exit_status keep_collect(const struct keep_source *source, const char *host,
                              const char *folder);

#endif

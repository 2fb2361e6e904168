/* SPDX-License-Identifier: Apache-2.0 */
/* What reading and writing hosts.yaml share. */
#ifndef BULKHEAD_CTL_HOSTS_PARTS_H
#define BULKHEAD_CTL_HOSTS_PARTS_H

#include "hosts.h"

/* Finds where the file is, or would be. False, said on stderr: there is no such place. */
bool hosts_path(struct hosts *hosts);

/* "PATH:LINE: WHAT" on stderr; line 0: the file as a whole. */
void hosts_complain(const struct hosts *hosts, uint32_t line, const char *what);

/* At most 63 characters a-z, 0-9 and -, which is neither first nor last. */
bool host_name_is_good(const char *name);

#endif

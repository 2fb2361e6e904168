/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the emulated machine's devices read and write on the host: files of the run's folder. Each
 * is made once and then left as it is. All return 0, or -1, said on stderr.
 */
#ifndef BULKHEAD_RUN_MEDIA_H
#define BULKHEAD_RUN_MEDIA_H

enum { MEDIA_WEB_MIB = 64, MEDIA_BLOCK_BYTES = 4 << 20 };

/* DIRECTORY/NAME.img: an empty disk of so many MiB, which take no room until they are written. */
int media_disk(const char *directory, const char *name, unsigned mib);

/* DIRECTORY/NAME.img: a USB stick with one partition in FAT32, on it README.TXT. */
int media_stick(const char *directory, const char *name);

/*
 * What networks lend by HTTP: DIRECTORY/web-data and web-sum are answers with their heads, and
 * web.sh, started with DIRECTORY for each connection, writes the one that is asked for.
 */
int media_web(const char *directory);

#endif

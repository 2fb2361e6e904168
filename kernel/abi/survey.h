/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of a survey, BULKHEAD.TXT: what boot/survey/ writes of a machine and tools/hw/ reads. It
 * is the machine as the files that Linux shows of it below /, as far as firmware tells that much.
 * Lines end with a line feed, before which a carriage return may stand; a path has no leading
 * slash, and none stands twice.
 *
 *   bulkhead-survey 1        the first line, with the format's version
 *   # WORDS                  for people
 *   folder PATH              it is there, whether or not something is in it
 *   line PATH TEXT           a file of one line
 *   text PATH                a file of the lines that follow, each after a blank
 *   data PATH BYTES          a file of so many bytes (decimal): the lines that follow, each
 *                            a blank, an offset, a blank and up to SURVEY_ROW bytes, all
 *                            in hexadecimal; what no line has is zero
 *   end RECORDS              the last line: so many folders, lines, texts and data are above
 */
#ifndef BULKHEAD_ABI_SURVEY_H
#define BULKHEAD_ABI_SURVEY_H

#define SURVEY_FIRST "bulkhead-survey 1"

/* Beside the files of Linux: the day (2026-11-30), the function from which the survey was started
 * (0000:00:1f.2), the levels of paging that firmware runs with (4). */
#define SURVEY_SAVED  "saved"
#define SURVEY_BOOT   "boot-function"
#define SURVEY_PAGING "paging-levels"

enum { SURVEY_ROW = 32, SURVEY_PATH_MOST = 128, SURVEY_DATA_MOST = 1 << 20 };

#endif

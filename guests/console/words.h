/* SPDX-License-Identifier: Apache-2.0 */
/* The API's words for the numbers of kernel/abi/. One that has none is "unknown". */
#ifndef CONSOLE_WORDS_H
#define CONSOLE_WORDS_H

#include <stdint.h>

const char *word_of_state(uint64_t state);   /* enum life_state */
const char *word_of_end(uint64_t end);       /* enum life_end; END_NONE: NULL */
const char *word_of_right(unsigned bit);     /* 1 << bit of enum manifest_right; NULL: no more */
const char *word_of_role(uint64_t role);     /* enum manifest_role */
const char *word_of_call(uint64_t call);     /* enum management_call */
const char *word_of_result(uint64_t result); /* enum management_result, as why it was refused */
const char *word_of_record(uint64_t kind);   /* enum audit_kind */

#endif

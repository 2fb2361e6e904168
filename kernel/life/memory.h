/* SPDX-License-Identifier: Apache-2.0 */
/* Filling, copying and comparing memory; the compiler may call the first two by their C names. */
#ifndef BULKHEAD_MEMORY_H
#define BULKHEAD_MEMORY_H

#include <stddef.h>

/* Whole words; in an emulator each repetition counts. */
static inline void memory_copy_words(void *to, const void *from, size_t words)
{
    char(*whole)[words * 8] = to;
    __asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words), "=m"(*whole)::"memory");
}

void memory_zero(void *to, size_t bytes);
void memory_copy(void *to, const void *from, size_t bytes);

#endif

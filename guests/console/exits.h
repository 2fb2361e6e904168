/* SPDX-License-Identifier: Apache-2.0 */
/* What exits are called, by the numbers of kernel/abi/public.h. */
#ifndef CONSOLE_EXITS_H
#define CONSOLE_EXITS_H

#include <stdbool.h>
#include <stdint.h>

enum { EXIT_TEXT_BYTES = 40 };

/*
 * The manual's own word: Intel SDM, "VMX Basic Exit Reasons"; AMD APM, "SVM Intercept Exit Codes",
 * without VMEXIT_. The number where it has none. In `text` where it is not the same for ever.
 */
const char *exit_word(bool is_intel, uint32_t number, char text[EXIT_TEXT_BYTES]);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* How the loader's arithmetic says why the machine does not start. */
#include "diagnostic.h"
#include "kernel/format.h"

bool diagnose(struct diagnostic *why, const char *text, ...)
{
    va_list args;
    va_start(args, text);
    vformat(why->text, sizeof(why->text), text, args);
    va_end(args);
    return false;
}

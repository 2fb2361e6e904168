/* SPDX-License-Identifier: Apache-2.0 */
/* JSON that is written. */
#include "json.h"

#include "text.h"
#include <string.h>

void json_string(FILE *out, const char *text)
{
    size_t left = strlen(text);

    fputc('"', out);
    while (left > 0) {
        uint32_t code = 0xfffd;
        size_t bytes = utf8_sequence((const unsigned char *)text, left, &code);

        if (bytes == 0)
            code = 0xfffd;
        if (code == '"' || code == '\\')
            fprintf(out, "\\%c", (char)code);
        else if (code >= 0x20 && code < 0x7f)
            fputc((int)code, out);
        else if (code < 0x10000)
            fprintf(out, "\\u%04x", code);
        else
            fprintf(out, "\\u%04x\\u%04x", 0xd800 + ((code - 0x10000) >> 10),
                    0xdc00 + (code & 0x3ff));
        bytes = bytes > 0 ? bytes : 1;
        text += bytes;
        left -= bytes;
    }
    fputc('"', out);
}

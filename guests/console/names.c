/* SPDX-License-Identifier: Apache-2.0 */
/* By which names a browser may reach the console: see the header. */
#include "names.h"
#include "machine.h"
#include "writer.h"
#include <string.h>

/* The usual port says nothing, behind a name that has none. */
static struct span without_port(struct span name)
{
    struct span port = name, host = span_cut(&port, ':');
    return span_is(port, "443") ? host : name;
}

static bool is_address(struct span host)
{
    char text[16];
    struct writer to = {.text = text, .room = sizeof(text) - 1};
    uint32_t address = machine.info->address;
    for (int shift = 24; shift >= 0; shift -= 8) {
        write_number(&to, address >> shift & 0xff);
        write_text(&to, shift ? "." : "");
    }
    text[to.used] = 0;
    return address != 0 && span_is(host, text);
}

bool names_host_is_ours(struct span host)
{
    host = without_port(host);
    for (unsigned i = 0; i < MAX_SERVER_NAMES && machine.info->names[i][0]; i++) {
        char name[SERVER_NAME_BYTES];
        memcpy(name, machine.info->names[i], sizeof(name));
        name[sizeof(name) - 1] = 0;
        name[without_port((struct span){name, strlen(name)}).bytes] = 0;
        if (span_is_alike(host, name)) {
            return true;
        }
    }
    return is_address(host);
}

bool names_origin_is_ours(struct span origin)
{
    static const char scheme[] = "https://";
    size_t bytes = sizeof(scheme) - 1;
    if (origin.bytes <= bytes || memcmp(origin.text, scheme, bytes) != 0) {
        return false;
    }
    return names_host_is_ours((struct span){origin.text + bytes, origin.bytes - bytes});
}

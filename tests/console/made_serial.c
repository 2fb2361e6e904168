/* SPDX-License-Identifier: Apache-2.0 */
/* The serial ports of the made-up machine's domains. */
#include "made_parts.h"
#include <stdio.h>
#include <string.h>

enum { RING_BYTES = 8192, INPUT_BYTES = 256, LINE_MS = 1000 };

static struct port {
    uint8_t ring[RING_BYTES];
    uint64_t next;
    char input[INPUT_BYTES];
    size_t input_bytes;
    uint64_t spoke; /* lines that it has said by itself */
} ports[MADE_DOMAINS];

void made_serial_start(void)
{
    memset(ports, 0, sizeof(ports));
}

void made_print(uint32_t domain, const void *bytes, size_t count)
{
    struct port *port = &ports[domain];
    for (size_t i = 0; i < count; i++) {
        port->ring[port->next++ % RING_BYTES] = ((const uint8_t *)bytes)[i];
    }
}

static void print_text(uint32_t domain, const char *text)
{
    made_print(domain, text, strlen(text));
}

/* What a domain says that wants to be taken for another, or to drive the terminal. */
static void say_evil(uint64_t line)
{
    static const char *const evil[] = {
        "\033[2J\033[H\033[31mred, and the screen is empty\033[0m\r\n",
        "\033]0;a title\007office login: root\r\nPassword: \r\n",
        "not UTF-8: \xff\xfe\xc0\xaf \xe2\x28\xa1 \xed\xa0\x80 end\r\n",
        "<script>alert(1)</script> &amp; \"quotes\" \\back\\\r\n",
        "turned: \xe2\x80\xae"
        "abc"
        "\xe2\x80\xac done\r\n",
        "100 %\roverwritten\r\n",
        "na\xc3\xafve \xe2\x82\xac \xf0\x9f\x94\x92 good UTF-8\r\n",
    };
    size_t count = sizeof(evil) / sizeof(evil[0]);
    if (line % 20 < 18) {
        print_text(MADE_SECRETS, evil[line % count]);
        return;
    }
    char wide[4096];
    memset(wide, 'W', sizeof(wide));
    made_print(MADE_SECRETS, wide, sizeof(wide));
    print_text(MADE_SECRETS, "\r\n");
}

void made_serial_go_on(uint64_t now)
{
    for (uint32_t i = 0; made.lively && i < MADE_CONSOLE; i++) {
        struct port *port = &ports[i];
        bool runs = made_status(i)->state == LIFE_RUNNING;
        for (; port->spoke < now / LINE_MS; port->spoke++) {
            char line[128];
            if (!runs || made_domain(i)->serial_port == 0) {
                continue;
            }
            if (i == MADE_SECRETS) {
                say_evil(port->spoke);
                continue;
            }
            snprintf(line, sizeof(line), "[%5llu.%06u] %s: tick %llu\r\n",
                     (unsigned long long)port->spoke, 125 * i, made_domain(i)->name,
                     (unsigned long long)port->spoke);
            print_text(i, line);
        }
    }
}

void made_serial_read(uint32_t domain, uint64_t from, struct management_serial *answer)
{
    struct port *port = &ports[domain];
    uint64_t first = port->next > RING_BYTES ? port->next - RING_BYTES : 0;
    uint64_t at = from < first ? first : from > port->next ? port->next : from;
    memset(answer, 0, sizeof(*answer));
    answer->from = at;
    answer->next = port->next;
    while (at < port->next && answer->bytes < sizeof(answer->text)) {
        answer->text[answer->bytes++] = port->ring[at++ % RING_BYTES];
    }
}

/* It echoes, as a shell's terminal does. */
uint32_t made_serial_write(uint32_t domain, const char *bytes, size_t count)
{
    struct port *port = &ports[domain];
    size_t room = sizeof(port->input) - port->input_bytes;
    size_t taken = count < room ? count : room;
    memcpy(port->input + port->input_bytes, bytes, taken);
    port->input_bytes += taken;
    for (size_t i = 0; i < taken; i++) {
        if (bytes[i] == '\r' || bytes[i] == '\n') {
            print_text(domain, "\r\n$ ");
        } else {
            made_print(domain, bytes + i, 1);
        }
    }
    if (made.lively) {
        port->input_bytes = 0;
    }
    return (uint32_t)taken;
}

size_t made_written(uint32_t domain, char *out, size_t room)
{
    struct port *port = &ports[domain];
    size_t count = port->input_bytes < room ? port->input_bytes : room;
    memcpy(out, port->input, count);
    port->input_bytes = 0;
    return count;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client's bytes against the console's TLS: what an honest client once sent, with changes. The
 * server's randomness is the same each time, so what is left alone is right to the last record.
 * Four bytes of input are a change: two say where, one what, one the byte.
 */
#include "fuzz.h"

#include "tests/unit/console/tls_world.h"
#include <string.h>

enum { FLIGHT_BYTES = 4096, LONGEST = 2 * FLIGHT_BYTES };
enum change { SET, INSERT, REMOVE, CUT, PIECES, CHANGES };

static const char request[] = "GET / HTTP/1.1";
static uint8_t flight[FLIGHT_BYTES];
static size_t flight_bytes;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void record(void)
{
    start(SERVER_KEY_P256);
    begin(0, &world.small);
    fuzz_expect(settle(0) == TLS_OPEN, "an honest client is refused");
    client_write(request, sizeof(request) - 1);
    fuzz_expect(settle(0) == TLS_OPEN, "an honest request is refused");
    fuzz_expect(wires[0].in_count <= FLIGHT_BYTES, "the flight is too long");
    flight_bytes = wires[0].in_count;
    memcpy(flight, wires[0].in, flight_bytes);
    tls_end(0, false);
}

/* The bytes from `at` on move; what is too long falls off. */
static size_t change(uint8_t *bytes, size_t count, const uint8_t *what)
{
    size_t at = (size_t)(what[0] << 8 | what[1]) % (count + 1);

    switch (what[2] % CHANGES) {
    case SET:
        bytes[at] = what[3];
        return at == count && count + 1 < LONGEST ? count + 1 : count;
    case INSERT:
        if (count + 1 >= LONGEST)
            return count;
        memmove(bytes + at + 1, bytes + at, count - at);
        bytes[at] = what[3];
        return count + 1;
    case REMOVE:
        if (at + what[3] > count)
            return at;
        memmove(bytes + at, bytes + at + what[3], count - at - what[3]);
        return count - what[3];
    case CUT:
        return at;
    default:
        wires[0].piece = what[3] + 1u;
        return count;
    }
}

/* I6: what comes out was said by whoever holds the key, in that order, and nothing else does. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t bytes[LONGEST + 1];
    const uint8_t *out = NULL;
    size_t count;

    if (flight_bytes == 0)
        record();
    fuzz_expect(!tls_start(&world.info, world_seed, sizeof(world_seed)), "it does not start");
    wire_open(0);
    memcpy(bytes, flight, flight_bytes);
    count = flight_bytes;
    for (size_t i = 0; i + 4 <= size && i < 32; i += 4)
        count = change(bytes, count, data + i);
    wire_feed(0, bytes, count);
    tls_begin(0);
    enum tls_state state = tls_pump(0);
    size_t received = tls_received(0, &out);
    fuzz_expect(state == TLS_OPEN || received == 0, "bytes of a stranger");
    fuzz_expect(received < sizeof(request) &&
                    (received == 0 || memcmp(out, request, received) == 0),
                "bytes that nobody said");
    fuzz_expect(size >= 4 || received == sizeof(request) - 1, "the flight is not repeatable");
    if (state == TLS_OPEN)
        fuzz_expect(tls_admin(0) == 0, "it is somebody else");
    wires[0].open = false;
    tls_consume(0, received);
    while (tls_received(0, &out) > 0)
        tls_consume(0, 1);
    fuzz_expect(tls_pump(0) == TLS_ENDED, "it does not end");
    tls_end(0, false);
    return 0;
}

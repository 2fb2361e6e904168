/* SPDX-License-Identifier: Apache-2.0 */
/* The console's connections: see the header. */
#include "session.h"
#include "door.h"
#include "http.h"
#include "machine.h"
#include "pending.h"
#include "tls.h"
#include <string.h>

enum being { BEING_NOBODY, BEING_STRANGER, BEING_KNOWN };

static struct {
    enum being being;
    uint32_t peer;
    uint64_t number; /* of its arrival */
    uint64_t since;
} sessions[NET_CONNECTIONS];
static uint64_t arrivals;
static uint64_t due; /* the next moment at which something is to be done */

const char *session_start(const struct console_info *info)
{
    memset(sessions, 0, sizeof(sessions));
    arrivals = 0;
    due = 0;
    door_start();
    pending_start();
    return machine_start(info) ? NULL : "the hypervisor does not describe its machine";
}

static unsigned count_of(enum being being)
{
    unsigned count = 0;
    for (unsigned i = 0; i < NET_CONNECTIONS; i++) {
        count += sessions[i].being == being;
    }
    return count;
}

unsigned session_count(void)
{
    return NET_CONNECTIONS - count_of(BEING_NOBODY);
}

static void end(unsigned connection, bool abort)
{
    if (sessions[connection].being == BEING_KNOWN) {
        http_end(connection);
    }
    tls_end(connection, abort);
    sessions[connection].being = BEING_NOBODY;
}

static unsigned strangers_from(uint32_t peer)
{
    unsigned count = 0;
    for (unsigned i = 0; i < NET_CONNECTIONS; i++) {
        count += sessions[i].being == BEING_STRANGER && sessions[i].peer == peer;
    }
    return count;
}

/*
 * The stranger that has to go: the oldest of the address that has most of them, so that one who
 * floods pushes out his own.
 */
static int weakest(void)
{
    int found = -1;
    unsigned most = 0;
    uint64_t oldest = 0;
    for (unsigned i = 0; i < NET_CONNECTIONS; i++) {
        unsigned count = sessions[i].being == BEING_STRANGER ? strangers_from(sessions[i].peer) : 0;
        if (count > most || (count > 0 && count == most && sessions[i].number < oldest)) {
            found = (int)i;
            most = count;
            oldest = sessions[i].number;
        }
    }
    return found;
}

static void arrive(unsigned connection, uint64_t now)
{
    bool full = session_count() >= SESSION_CONNECTIONS;
    if (full || count_of(BEING_STRANGER) >= SESSION_STRANGERS) {
        int leaves = weakest();
        if (leaves < 0) {
            net_close(connection, true); /* all have a key */
            return;
        }
        end((unsigned)leaves, true);
    }
    sessions[connection].being = BEING_STRANGER;
    sessions[connection].peer = net_peer(connection);
    sessions[connection].number = arrivals++;
    sessions[connection].since = now;
    tls_begin(connection);
}

static unsigned known_of(uint32_t admin)
{
    unsigned count = 0;
    for (unsigned i = 0; i < NET_CONNECTIONS; i++) {
        count += sessions[i].being == BEING_KNOWN && tls_admin(i) == admin;
    }
    return count;
}

/* Those that are connected although their key is not good, or not any more. */
static unsigned turned_away(void)
{
    unsigned count = 0;
    for (unsigned i = 0; i < NET_CONNECTIONS; i++) {
        count +=
            sessions[i].being == BEING_KNOWN && machine_standing(tls_admin(i)) != STANDING_GOOD;
    }
    return count;
}

/*
 * It has shown its key. One key must leave room for the others, and those that are only told why
 * they are turned away for all that are not.
 */
static void welcome(unsigned connection, uint64_t now)
{
    uint32_t admin = tls_admin(connection);
    enum standing standing = machine_standing(admin);
    if (standing != STANDING_GOOD) {
        door_note(admin, standing, now);
    }
    if (known_of(admin) >= SESSION_OF_A_KEY ||
        (standing != STANDING_GOOD && turned_away() >= SESSION_TURNED)) {
        end(connection, false);
        return;
    }
    if (standing == STANDING_GOOD) {
        door_seen(admin, now);
    }
    sessions[connection].being = BEING_KNOWN;
    http_begin(connection, admin, now);
}

static void serve(unsigned connection, uint64_t now)
{
    enum tls_state state = tls_pump(connection);
    if (sessions[connection].being == BEING_STRANGER) {
        uint64_t last = sessions[connection].since + SESSION_HANDSHAKE_MS;
        if (state == TLS_ENDED || (state == TLS_HANDSHAKE && now >= last)) {
            end(connection, true);
            return;
        }
        if (state == TLS_HANDSHAKE) {
            due = last < due ? last : due;
            return;
        }
        welcome(connection, now);
        if (sessions[connection].being != BEING_KNOWN) {
            return;
        }
    }
    if (state == TLS_ENDED) {
        end(connection, true);
        return;
    }
    enum http_wish wish = HTTP_GO_ON;
    for (unsigned i = 0; i < 2 && wish == HTTP_GO_ON && state == TLS_OPEN; i++) {
        wish = http_run(connection, now);
        state = tls_pump(connection); /* what goes out now makes room, of which nobody tells */
    }
    if (wish != HTTP_GO_ON || state == TLS_ENDED) {
        end(connection, wish != HTTP_CLOSE);
        return;
    }
    due = http_due(connection) < due ? http_due(connection) : due;
}

void session_poll(uint64_t now)
{
    int arrived;
    due = NET_NEVER;
    while ((arrived = net_accept()) >= 0) {
        arrive((unsigned)arrived, now);
    }
    for (unsigned i = 0; i < NET_CONNECTIONS; i++) {
        if (sessions[i].being != BEING_NOBODY) {
            serve(i, now);
        }
    }
    uint64_t stop = pending_poll(now);
    due = stop < due ? stop : due;
}

uint64_t session_sleep(uint64_t now)
{
    return due == NET_NEVER ? NET_NEVER : due > now ? due - now : 0;
}

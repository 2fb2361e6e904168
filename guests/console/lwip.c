/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net.h by lwIP. What arrives is copied twice, out of the card's buffer and into its connection's:
 * so no frame is held for anybody, and a connection's bytes have the room that its window promises,
 * in however small pieces they come. The library's own timers would tick for ever; here they run
 * only while there are connections.
 */
#include "guests/lib/boot.h"
#include "hooks.h"
#include "net.h"
#include "nic.h"
#include "platform.h"
#include "random.h"
#include <bearssl.h>
#include <lwip/etharp.h>
#include <lwip/init.h>
#include <lwip/netif.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/prot/icmp.h>
#include <lwip/prot/ip.h>
#include <lwip/prot/tcp.h>
#include <lwip/tcp.h>
#include <netif/ethernet.h>

enum {
    FRAMES = 64,   /* that one look works off at most */
    HALF_OPEN = 8, /* the oldest one gives way */
    ARP_TICKS = ARP_TMR_INTERVAL / TCP_TMR_INTERVAL,
    STALE_MS = 60000,  /* after so long without ticks addresses are asked for again */
    LINGER_POLLS = 10, /* seconds that a closed connection may take to deliver the rest */
    POLL_INTERVAL = 2, /* of half a second */
    SECRET_BYTES = 32,
    VECTOR = 0x41,
};

struct slot {
    struct tcp_pcb *pcb; /* NULL: lost */
    bool used, fresh, ended;
    uint32_t peer;
    size_t first, count; /* of the bytes that have come */
    uint8_t bytes[TCP_WND];
};

static struct slot slots[NET_CONNECTIONS];
static struct netif card;
static bool answers_echo, more_frames;
static uint64_t next_tick;
static unsigned ticks;
static uint8_t secret[SECRET_BYTES];

/* RFC 6528: a clock of 4 microseconds, and a keyed hash of the connection. */
u32_t net_isn(const ip_addr_t *own, u16_t own_port, const ip_addr_t *peer, u16_t peer_port)
{
    uint32_t words[] = {ip4_addr_get_u32(own), ip4_addr_get_u32(peer),
                        (uint32_t)own_port << 16 | peer_port};
    br_hmac_key_context key;
    br_hmac_context hmac;
    uint32_t hash;
    br_hmac_key_init(&key, &br_sha256_vtable, secret, sizeof(secret));
    br_hmac_init(&hmac, &key, sizeof(hash));
    br_hmac_update(&hmac, words, sizeof(words));
    br_hmac_out(&hmac, &hash);
    uint64_t quarters = boot_info.tsc_hz / 250000;
    return hash + (uint32_t)(platform_tsc() / (quarters ? quarters : 1));
}

static bool is_wanted(const struct pbuf *packet)
{
    const struct ip_hdr *ip = packet->payload;
    if (packet->len < IP_HLEN || IPH_HL_BYTES(ip) != IP_HLEN ||
        ip->dest.addr != netif_ip4_addr(&card)->addr || ip->src.addr == ip->dest.addr ||
        IPH_OFFSET(ip) & PP_HTONS(IP_OFFMASK | IP_MF) ||
        packet->flags & (PBUF_FLAG_LLBCAST | PBUF_FLAG_LLMCAST)) {
        return false;
    }
    const void *inner = (const uint8_t *)packet->payload + IP_HLEN;
    uint32_t bytes = packet->len - (uint32_t)IP_HLEN;
    if (IPH_PROTO(ip) == IP_PROTO_TCP) {
        return bytes >= TCP_HLEN && ((const struct tcp_hdr *)inner)->dest == PP_HTONS(NET_PORT);
    }
    return IPH_PROTO(ip) == IP_PROTO_ICMP && answers_echo &&
           bytes >= sizeof(struct icmp_echo_hdr) &&
           ((const struct icmp_echo_hdr *)inner)->type == ICMP_ECHO;
}

int net_filter(struct pbuf *packet, struct netif *from)
{
    (void)from;
    if (is_wanted(packet)) {
        return 0;
    }
    pbuf_free(packet);
    return 1;
}

static err_t put_frame(struct netif *to, struct pbuf *frame)
{
    (void)to;
    uint8_t *room = frame->tot_len > NIC_FRAME_BYTES ? NULL : nic_room();
    if (!room) {
        return ERR_MEM;
    }
    pbuf_copy_partial(frame, room, frame->tot_len, 0);
    nic_send(frame->tot_len);
    return ERR_OK;
}

static err_t set_up_card(struct netif *netif)
{
    netif->name[0] = 'e';
    netif->name[1] = 'n';
    netif->output = etharp_output;
    netif->linkoutput = put_frame;
    netif->mtu = NIC_FRAME_BYTES - NIC_HEADER_BYTES;
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
    netif->hwaddr_len = NIC_ADDRESS_BYTES;
    for (unsigned i = 0; i < NIC_ADDRESS_BYTES; i++) {
        netif->hwaddr[i] = nic_address()[i];
    }
    return ERR_OK;
}

static err_t take_bytes(void *arg, struct tcp_pcb *pcb, struct pbuf *bytes, err_t error)
{
    struct slot *slot = arg;
    (void)error;
    if (!bytes) {
        slot->ended = true;
        return ERR_OK;
    }
    if (bytes->tot_len > sizeof(slot->bytes) - slot->count) { /* the window did not allow it */
        pbuf_free(bytes);
        tcp_abort(pcb);
        return ERR_ABRT;
    }
    size_t end = (slot->first + slot->count) % sizeof(slot->bytes);
    size_t straight = sizeof(slot->bytes) - end;
    straight = straight < bytes->tot_len ? straight : bytes->tot_len;
    pbuf_copy_partial(bytes, slot->bytes + end, (u16_t)straight, 0);
    pbuf_copy_partial(bytes, slot->bytes, (u16_t)(bytes->tot_len - straight), (u16_t)straight);
    slot->count += bytes->tot_len;
    pbuf_free(bytes);
    return ERR_OK;
}

/* The library has freed its part. */
static void lose(void *arg, err_t error)
{
    struct slot *slot = arg;
    (void)error;
    slot->pcb = NULL;
    slot->ended = true;
}

static err_t take_connection(void *arg, struct tcp_pcb *pcb, err_t error)
{
    struct slot *slot = slots;
    (void)arg;
    while (slot < slots + NET_CONNECTIONS && slot->used) {
        slot++;
    }
    if (error != ERR_OK || !pcb) {
        return ERR_VAL;
    }
    if (slot == slots + NET_CONNECTIONS) {
        tcp_abort(pcb);
        return ERR_ABRT;
    }
    slot->pcb = pcb;
    slot->used = slot->fresh = true;
    slot->ended = false;
    slot->peer = lwip_ntohl(ip4_addr_get_u32(&pcb->remote_ip));
    slot->first = slot->count = 0;
    tcp_arg(pcb, slot);
    tcp_recv(pcb, take_bytes);
    tcp_err(pcb, lose);
    tcp_nagle_disable(pcb);
    return ERR_OK;
}

/* Those whose first segment was answered and no more: a flood of them takes each other's place. */
static void limit_half_open(void)
{
    struct tcp_pcb *oldest = NULL;
    unsigned count = 0;
    for (struct tcp_pcb *pcb = tcp_active_pcbs; pcb; pcb = pcb->next) {
        if (pcb->state == SYN_RCVD) {
            count++;
            oldest = !oldest || tcp_ticks - pcb->tmr >= tcp_ticks - oldest->tmr ? pcb : oldest;
        }
    }
    if (count > HALF_OPEN) {
        tcp_abandon(oldest, 0);
    }
}

static void take_frame(const uint8_t *frame, size_t bytes)
{
    struct pbuf *packet = pbuf_alloc(PBUF_RAW, (u16_t)bytes, PBUF_POOL);
    if (!packet) {
        return;
    }
    if (pbuf_take(packet, frame, (u16_t)bytes) != ERR_OK || card.input(packet, &card) != ERR_OK) {
        pbuf_free(packet);
    }
    limit_half_open();
}

const char *net_start(const struct console_info *info)
{
    ip4_addr_t address = {lwip_htonl(info->address)}, gateway = {lwip_htonl(info->gateway)};
    ip4_addr_t mask = {lwip_htonl(info->prefix ? ~0u << (32 - info->prefix) : 0)};
    const char *wrong = nic_start(VECTOR);
    if (wrong) {
        return wrong;
    }
    random_bytes(secret, sizeof(secret));
    answers_echo = info->icmp_echo == 1;
    lwip_init();
    if (!netif_add(&card, &address, &mask, &gateway, NULL, set_up_card, ethernet_input)) {
        return "lwIP does not take the network card";
    }
    netif_set_default(&card);
    struct tcp_pcb *pcb = tcp_new();
    if (!pcb || tcp_bind(pcb, &address, NET_PORT) != ERR_OK) {
        return "lwIP does not take the port";
    }
    pcb = tcp_listen_with_backlog(pcb, HALF_OPEN + 1);
    if (!pcb) {
        return "lwIP does not listen";
    }
    tcp_accept(pcb, take_connection);
    netif_set_link_up(&card);
    netif_set_up(&card);
    return NULL;
}

static bool has_connections(void)
{
    return tcp_active_pcbs || tcp_tw_pcbs;
}

/* The library says so when the first connection comes; has_connections() sees it. */
void tcp_timer_needed(void)
{
}

static void tick(uint64_t now)
{
    if (!has_connections() || now < next_tick) {
        return;
    }
    next_tick = now + TCP_TMR_INTERVAL;
    tcp_tmr();
    if (++ticks % ARP_TICKS == 0) {
        etharp_tmr();
    }
}

/* Addresses that were learnt before the ticks stopped would never age. */
void net_poll(uint64_t now)
{
    if (now >= next_tick + STALE_MS) {
        etharp_cleanup_netif(&card);
        next_tick = now;
    }
    more_frames = nic_receive(FRAMES, take_frame) == FRAMES;
    tick(now);
}

uint64_t net_sleep(uint64_t now)
{
    if (more_frames) {
        return 0;
    }
    if (!has_connections()) {
        return NET_NEVER;
    }
    return next_tick > now ? next_tick - now : 0;
}

int net_accept(void)
{
    for (int i = 0; i < NET_CONNECTIONS; i++) {
        if (slots[i].used && slots[i].fresh) {
            slots[i].fresh = false;
            return i;
        }
    }
    return -1;
}

uint32_t net_peer(unsigned connection)
{
    return slots[connection].peer;
}

bool net_is_open(unsigned connection)
{
    return !slots[connection].ended;
}

size_t net_received(unsigned connection, const uint8_t **bytes)
{
    const struct slot *slot = &slots[connection];
    size_t straight = sizeof(slot->bytes) - slot->first;
    *bytes = slot->bytes + slot->first;
    return slot->count < straight ? slot->count : straight;
}

void net_consume(unsigned connection, size_t count)
{
    struct slot *slot = &slots[connection];
    LWIP_ASSERT("more consumed than received", count <= slot->count);
    slot->first = (slot->first + count) % sizeof(slot->bytes);
    slot->count -= count;
    if (slot->pcb) {
        tcp_recved(slot->pcb, (u16_t)count);
    }
}

/*
 * Where there is no memory for all, there may be for a part. For a connection that is lost there is
 * room without end, so that nobody waits for some.
 */
size_t net_send(unsigned connection, const void *bytes, size_t count)
{
    struct tcp_pcb *pcb = slots[connection].pcb;
    if (!pcb) {
        return count;
    }
    size_t taken = count < tcp_sndbuf(pcb) ? count : tcp_sndbuf(pcb);
    while (taken > 0 && tcp_write(pcb, bytes, (u16_t)taken, TCP_WRITE_FLAG_COPY) != ERR_OK) {
        taken /= 2;
    }
    if (taken > 0) {
        tcp_output(pcb);
    }
    return taken;
}

/* A closed connection that still has something to deliver, or whose peer does not end it. */
static err_t linger(void *arg, struct tcp_pcb *pcb)
{
    uintptr_t polls = (uintptr_t)arg;
    if (polls >= LINGER_POLLS) {
        tcp_abort(pcb);
        return ERR_ABRT;
    }
    tcp_arg(pcb, (void *)(polls + 1));
    return ERR_OK;
}

/*
 * Only its sending half is closed: after tcp_close() whatever the peer still says is answered by a
 * reset, and that may overtake what was sent. Such connections make room for new ones.
 */
void net_close(unsigned connection, bool abort)
{
    struct slot *slot = &slots[connection];
    struct tcp_pcb *pcb = slot->pcb;
    if (pcb) {
        tcp_arg(pcb, NULL);
        tcp_recv(pcb, NULL);
        tcp_err(pcb, NULL);
        if (abort) {
            tcp_abort(pcb);
        } else {
            tcp_recved(pcb, (u16_t)slot->count);
            tcp_setprio(pcb, TCP_PRIO_MIN);
            tcp_poll(pcb, linger, POLL_INTERVAL);
            tcp_shutdown(pcb, 0, 1);
        }
    }
    *slot = (struct slot){0};
}

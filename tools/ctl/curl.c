/* SPDX-License-Identifier: Apache-2.0 */
/* The way to a console, by libcurl. */
#include "transport.h"
#include "words.h"

#include <curl/curl.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { CONNECT_SECONDS = 5, ANSWER_SECONDS = 10, ALIVE_AFTER = 10, ALIVE_EVERY = 5 };
/* What the console speaks; that suites without a certificate are not among them matters: what a
 * server without one shows can't be held against the key. */
static const char suites[] = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
                             "ECDHE-ECDSA-CHACHA20-POLY1305";

struct road {
    CURL *easy;
    struct curl_slist *headers;
    stream_sink sink;
    void *context;
    bool busy, over, too_large;
    struct reply reply;
    char error[CURL_ERROR_SIZE];
};

struct curl_transport {
    struct transport transport; /* first: they share an address */
    struct host host;
    struct arena arena;
    const char *pin; /* as libcurl wants it */
    CURLM *multi;
    struct road roads[LANES];
};

static struct curl_transport *own(struct transport *transport)
{
    return (struct curl_transport *)transport;
}

/* Keeps a part of the body, as far as there may be one. */
static size_t keep(struct road *road, const char *bytes, size_t count)
{
    struct reply *reply = &road->reply;

    if (count > ANSWER_BYTES - reply->bytes) {
        road->too_large = true;
        return 0;
    }
    char *grown = realloc(reply->body, reply->bytes + count + 1);
    if (!grown)
        return 0;
    memcpy(grown + reply->bytes, bytes, count);
    reply->body = grown;
    reply->bytes += count;
    grown[reply->bytes] = 0;
    return count;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *context)
{
    struct road *road = context;
    long status = 0;

    count *= size;
    if (count == 0)
        return 0;
    curl_easy_getinfo(road->easy, CURLINFO_RESPONSE_CODE, &status);
    if (road->sink && status == 200)
        return road->sink(bytes, count, road->context) ? count : 0;
    return keep(road, bytes, count);
}

static void set_tls(const struct curl_transport *curl, CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_SSLVERSION,
                     (long)CURL_SSLVERSION_TLSv1_2 | (long)CURL_SSLVERSION_MAX_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_SSL_CIPHER_LIST, suites);
    /* The certificate is the server's own: nobody vouches for it, the key is what counts. */
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    curl_easy_setopt(easy, CURLOPT_PINNEDPUBLICKEY, curl->pin);
    curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
    curl_easy_setopt(easy, CURLOPT_SSLCERTTYPE, "PEM");
    curl_easy_setopt(easy, CURLOPT_SSLCERT, curl->host.certificate);
    curl_easy_setopt(easy, CURLOPT_SSLKEYTYPE, "PEM");
    curl_easy_setopt(easy, CURLOPT_SSLKEY, curl->host.key);
}

static void set_manners(struct road *road)
{
    CURL *easy = road->easy;

    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
    if (!road->sink)
        curl_easy_setopt(easy, CURLOPT_TIMEOUT, (long)ANSWER_SECONDS);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L); /* a stream may be silent, not dead */
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, (long)ALIVE_AFTER);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, (long)ALIVE_EVERY);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, road->error);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, road);
}

static void set_request(struct road *road, const struct request *request)
{
    curl_slist_free_all(road->headers);
    road->headers = curl_slist_append(NULL, "Expect:");
    if (strcmp(request->method, "POST") == 0) {
        road->headers = curl_slist_append(road->headers, "Bulkhead-Request: 1");
        road->headers = curl_slist_append(
            road->headers, request->body ? "Content-Type: application/json" : "Content-Type:");
        curl_easy_setopt(road->easy, CURLOPT_POSTFIELDSIZE,
                         (long)(request->body ? strlen(request->body) : 0));
        curl_easy_setopt(road->easy, CURLOPT_COPYPOSTFIELDS, request->body ? request->body : "");
    }
    curl_easy_setopt(road->easy, CURLOPT_HTTPHEADER, road->headers);
}

static void begin(struct transport *transport, enum lane lane, const struct request *request)
{
    struct curl_transport *curl = own(transport);
    struct road *road = &curl->roads[lane];
    char url[HOST_ADDRESS_BYTES + 512];

    road->sink = request->sink;
    road->context = request->context;
    road->busy = true;
    road->over = road->too_large = false;
    road->reply = (struct reply){0};
    road->error[0] = 0;
    curl_easy_reset(road->easy);
    int length = snprintf(url, sizeof(url), "https://%s%s", curl->host.address, request->path);
    set_tls(curl, road->easy);
    set_manners(road);
    set_request(road, request);
    if (length < 0 || (size_t)length >= sizeof(url) ||
        curl_easy_setopt(road->easy, CURLOPT_URL, url) != CURLE_OK ||
        curl_multi_add_handle(curl->multi, road->easy) != CURLM_OK) {
        road->over = true;
        snprintf(road->reply.trouble, TROUBLE_BYTES, "the request can't be made");
    }
}

/* Why no whole answer came, in words that say what to do. */
static void say_trouble(const struct curl_transport *curl, struct road *road, CURLcode code)
{
    const struct host *host = &curl->host;
    const char *words = road->error[0] ? road->error : curl_easy_strerror(code);
    char *out = road->reply.trouble;

    if (code == CURLE_SSL_PINNEDPUBKEYNOTMATCH)
        snprintf(out, TROUBLE_BYTES,
                 "whoever answers at %s has another key than hosts.yaml:%u says: it is not %s, or "
                 "its image was built with a new key; compare with `bulkhead show`",
                 host->address, host->line, host->name);
    else if (road->too_large)
        snprintf(out, TROUBLE_BYTES, "the answer is larger than %d MiB", ANSWER_BYTES >> 20);
    else if (code == CURLE_SSL_CERTPROBLEM)
        snprintf(out, TROUBLE_BYTES, "%.100s and %.100s are no key with its certificate: %.200s",
                 host->key, host->certificate, words);
    else if (code == CURLE_SSL_CONNECT_ERROR || code == CURLE_RECV_ERROR ||
             code == CURLE_SEND_ERROR || code == CURLE_GOT_NOTHING)
        snprintf(out, TROUBLE_BYTES,
                 "%.100s ended the connection (%.150s): a console does so with keys that its "
                 "manifest does not list, or it is not this machine, or no console: `bulkhead ctl "
                 "host list` shows what is expected",
                 host->address, words);
    else if (code == CURLE_COULDNT_CONNECT && host->emulated)
        snprintf(out, TROUBLE_BYTES, "%.200s: that run of `bulkhead run` has ended; start it again",
                 words);
    else if (code == CURLE_COULDNT_CONNECT)
        snprintf(out, TROUBLE_BYTES,
                 "%.200s: is it on, and the port right? `bulkhead ctl host list` shows it", words);
    else
        snprintf(out, TROUBLE_BYTES, "%.400s", words);
}

static void take_head(struct road *road)
{
    curl_off_t seconds = 0;

    curl_easy_getinfo(road->easy, CURLINFO_RESPONSE_CODE, &road->reply.status);
    curl_easy_getinfo(road->easy, CURLINFO_RETRY_AFTER, &seconds);
    road->reply.retry_after = seconds;
}

static void collect(struct curl_transport *curl)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(curl->multi, &left)) != NULL) {
        for (int lane = 0; lane < LANES; lane++) {
            struct road *road = &curl->roads[lane];

            if (message->msg != CURLMSG_DONE || message->easy_handle != road->easy || road->over)
                continue;
            if (message->data.result == CURLE_OK)
                take_head(road);
            else
                say_trouble(curl, road, message->data.result);
            road->over = true;
        }
    }
}

static bool ended(struct transport *transport, enum lane lane, struct reply *reply)
{
    struct curl_transport *curl = own(transport);
    struct road *road = &curl->roads[lane];

    if (!road->over)
        return false;
    curl_multi_remove_handle(curl->multi, road->easy);
    *reply = road->reply;
    road->reply = (struct reply){0};
    road->busy = road->over = false;
    return true;
}

static void drop(struct transport *transport, enum lane lane)
{
    struct curl_transport *curl = own(transport);
    struct road *road = &curl->roads[lane];

    if (!road->busy)
        return;
    curl_multi_remove_handle(curl->multi, road->easy);
    reply_close(&road->reply);
    road->busy = road->over = false;
}

static bool turn(struct transport *transport, int file, int milliseconds)
{
    struct curl_transport *curl = own(transport);
    struct curl_waitfd more = {.fd = file, .events = CURL_WAIT_POLLIN};
    int running;

    curl_multi_perform(curl->multi, &running);
    collect(curl);
    for (int lane = 0; lane < LANES; lane++)
        milliseconds = curl->roads[lane].over ? 0 : milliseconds;
    curl_multi_poll(curl->multi, &more, file >= 0, milliseconds, NULL);
    curl_multi_perform(curl->multi, &running);
    collect(curl);
    struct pollfd readable = {.fd = file, .events = POLLIN};
    return file >= 0 && poll(&readable, 1, 0) == 1;
}

static uint64_t now(struct transport *transport)
{
    struct timespec time;

    (void)transport;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

static void close_transport(struct transport *transport)
{
    struct curl_transport *curl = own(transport);

    for (int lane = 0; lane < LANES; lane++) {
        drop(transport, (enum lane)lane);
        curl_easy_cleanup(curl->roads[lane].easy);
        curl_slist_free_all(curl->roads[lane].headers);
    }
    curl_multi_cleanup(curl->multi);
    curl_global_cleanup();
    arena_free(&curl->arena);
    free(curl);
}

static bool is_readable(const char *path)
{
    if (access(path, R_OK) == 0)
        return true;
    fputs("bulkhead ctl: ", stderr);
    put_safely(stderr, path);
    fprintf(stderr, ": %s (hosts.yaml names it; `bulkhead key new` makes it)\n", strerror(errno));
    return false;
}

struct transport *transport_open(const struct host *host)
{
    if (!is_readable(host->key) || !is_readable(host->certificate))
        return NULL;
    struct curl_transport *curl = calloc(1, sizeof(*curl));
    bool good = curl && curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    if (good) {
        curl->transport = (struct transport){begin, ended, drop, turn, now, close_transport};
        curl->host = *host;
        curl->pin = say(&curl->arena, "sha256//%s",
                        base64_text(&curl->arena, host->server_key, DIGEST_BYTES));
        curl->multi = curl_multi_init();
        good = curl->multi != NULL;
        for (int lane = 0; lane < LANES; lane++)
            good = (curl->roads[lane].easy = curl_easy_init()) != NULL && good;
    }
    if (good)
        return &curl->transport;
    fputs("bulkhead ctl: no memory\n", stderr);
    free(curl);
    return NULL;
}

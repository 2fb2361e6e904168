/* SPDX-License-Identifier: Apache-2.0 */
/* Reading hosts.yaml: whoever can write it decides whom one's orders go to, so nothing is guessed.
 */
#include "hosts.h"
#include "hosts_parts.h"
#include "tools/manifest/schema_parse.h"
#include "tools/manifest/yaml_load.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HOST_NAME_BYTES = 64, MAX_PORT = 65535 };

void hosts_complain(const struct hosts *hosts, uint32_t line, const char *what)
{
    put_safely(stderr, hosts->path ? hosts->path : "bulkhead ctl");
    if (line > 0)
        fprintf(stderr, ":%u", line);
    fputs(": ", stderr);
    put_safely(stderr, what);
    fputc('\n', stderr);
}

bool host_name_is_good(const char *name)
{
    size_t length = strlen(name);

    return length > 0 && length < HOST_NAME_BYTES &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == length && name[0] != '-' &&
           name[length - 1] != '-';
}

bool host_address_is_good(const char *address)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
    size_t length = strspn(address, letters);
    const char *port = address + length;

    if (length == 0 || strlen(address) >= HOST_ADDRESS_BYTES || *address == '-' || *address == '.')
        return false;
    if (!*port)
        return true;
    size_t digits = strspn(port + 1, "0123456789");
    return *port == ':' && digits >= 1 && digits <= 5 && !port[1 + digits] && port[1] != '0' &&
           atoi(port + 1) <= MAX_PORT;
}

bool hosts_path(struct hosts *hosts)
{
    const char *folder = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

    if (folder && *folder == '/')
        hosts->path = say(&hosts->arena, "%s/bulkhead/hosts.yaml", folder);
    else if (home && *home == '/')
        hosts->path = say(&hosts->arena, "%s/.config/bulkhead/hosts.yaml", home);
    if (!hosts->path)
        hosts_complain(hosts, 0,
                       "there is no place for hosts.yaml: set HOME or XDG_CONFIG_HOME to a folder");
    return hosts->path != NULL;
}

/* The value of a key of a host, and where it goes. */
static const char **place_of(const char *key, struct host *host, const char **digest)
{
    const struct {
        const char *key, **place;
    } places[] = {
        {"name", &host->name}, {"address", &host->address},         {"server-key", digest},
        {"key", &host->key},   {"certificate", &host->certificate}, {"emulated", &host->emulated}};

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (strcmp(places[i].key, key) == 0)
            return places[i].place;
    }
    return NULL;
}

static bool refuse(const struct hosts *hosts, const yaml_node_t *node, const char *what)
{
    hosts_complain(hosts, (uint32_t)node->start_mark.line + 1, what);
    return false;
}

/* A text without zero bytes, in the arena; NULL, complained about. */
static const char *text_of(struct hosts *hosts, const yaml_node_t *node)
{
    if (node->type == YAML_SCALAR_NODE &&
        strlen((const char *)node->data.scalar.value) == node->data.scalar.length)
        return say(&hosts->arena, "%s", (const char *)node->data.scalar.value);
    refuse(hosts, node, "a text must stand here");
    return NULL;
}

/* From the file's own folder. */
static const char *absolute(struct hosts *hosts, const char *path)
{
    const char *end = strrchr(hosts->path, '/');

    return *path == '/'
               ? path
               : say(&hosts->arena, "%.*s/%s", (int)(end - hosts->path), hosts->path, path);
}

/* What is wrong with its values, or NULL. */
static const char *judge(struct hosts *hosts, struct host *host, const char *digest)
{
    struct arena *arena = &hosts->arena;

    if (!host->name || !host->address || !digest || !host->key || !host->certificate)
        return say(arena, "this host has no `%s`; `bulkhead ctl host add` writes all it needs",
                   !host->name      ? "name"
                   : !host->address ? "address"
                   : !digest        ? "server-key"
                   : !host->key     ? "key"
                                    : "certificate");
    if (!host_name_is_good(host->name))
        return say(arena, "%s is no host's name: at most 63 characters a-z, 0-9 and -",
                   quote(arena, host->name, strlen(host->name)));
    if (!host_address_is_good(host->address))
        return say(arena, "%s is no address: write NAME, IPv4 address, or either with :PORT",
                   quote(arena, host->address, strlen(host->address)));
    if (!parse_digest(digest, host->server_key))
        return "`server-key` is no SHA-256: write the 64 hexadecimal digits that `bulkhead key "
               "new` "
               "printed";
    if (host->emulated && strcmp(host->emulated, "true") != 0)
        return "`emulated` is true, or left out";
    if (!*host->key || !*host->certificate)
        return "`key` and `certificate` are names of files";
    for (uint32_t i = 0; i < hosts->count; i++) {
        if (strcmp(hosts->list[i].name, host->name) == 0)
            return say(arena, "host %s stands on line %u already; remove one", host->name,
                       hosts->list[i].line);
    }
    host->key = absolute(hosts, host->key);
    host->certificate = absolute(hosts, host->certificate);
    return NULL;
}

static bool read_host(struct hosts *hosts, yaml_document_t *document, const yaml_node_t *node)
{
    struct host host = {.line = (uint32_t)node->start_mark.line + 1};
    const char *digest = NULL;

    if (node->type != YAML_MAPPING_NODE)
        return refuse(hosts, node, "a host is `name:`, `address:` and so on");
    if (hosts->count == MAX_HOSTS)
        return refuse(hosts, node, say(&hosts->arena, "there are more than %d hosts", MAX_HOSTS));
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *at = yaml_document_get_node(document, pair->key);
        const char *key = text_of(hosts, at);
        const char **place = key ? place_of(key, &host, &digest) : NULL;

        if (!key)
            return false;
        if (!place || *place)
            return refuse(hosts, at,
                          say(&hosts->arena, "%s %s", quote(&hosts->arena, key, strlen(key)),
                              place ? "stands here twice" : "is no key of a host"));
        *place = text_of(hosts, yaml_document_get_node(document, pair->value));
        if (!*place)
            return false;
    }
    const char *problem = judge(hosts, &host, digest);
    if (problem)
        return refuse(hosts, node, problem);
    hosts->list[hosts->count++] = host;
    return true;
}

static bool read_document(struct hosts *hosts, yaml_document_t *document)
{
    const yaml_node_t *root = yaml_document_get_root_node(document);
    const yaml_node_pair_t *pair = root->data.mapping.pairs.start;

    if (root->type != YAML_MAPPING_NODE || root->data.mapping.pairs.top - pair != 1)
        return refuse(hosts, root, "the file is one list: `hosts:`");
    const yaml_node_t *key = yaml_document_get_node(document, pair->key);
    const yaml_node_t *list = yaml_document_get_node(document, pair->value);
    if (key->type != YAML_SCALAR_NODE || strcmp((const char *)key->data.scalar.value, "hosts") != 0)
        return refuse(hosts, key, "the file is one list: `hosts:`");
    if (list->type != YAML_SEQUENCE_NODE)
        return refuse(hosts, list, "`hosts` is a list: begin each host with `- name:`");
    for (const yaml_node_item_t *item = list->data.sequence.items.start;
         item < list->data.sequence.items.top; item++) {
        if (!read_host(hosts, document, yaml_document_get_node(document, *item)))
            return false;
    }
    return true;
}

static bool read_text(struct hosts *hosts, const char *text, size_t bytes)
{
    struct check check = {.path = hosts->path};
    yaml_document_t document;
    bool good = yaml_load(&check, text, bytes, &document);

    for (size_t i = 0; i < check.finding_count; i++)
        hosts_complain(hosts, check.findings[i].at.line, check.findings[i].what);
    if (good) {
        good = read_document(hosts, &document);
        yaml_document_delete(&document);
    }
    check_close(&check);
    return good;
}

/* Whether nobody else could have written it; else complained about. */
static bool is_ones_own(const struct hosts *hosts, const struct stat *status)
{
    const char *why = !S_ISREG(status->st_mode) ? "is no regular file"
                      : status->st_uid != geteuid() && status->st_uid != 0
                          ? "belongs to somebody else, who could name any machine in it"
                      : status->st_mode & (S_IWGRP | S_IWOTH)
                          ? "can be written by others, who could name any machine in it: chmod 600"
                      : status->st_size > YAML_MAX_BYTES ? "is too large for a list of hosts"
                                                         : NULL;

    if (why)
        hosts_complain(hosts, 0, why);
    return !why;
}

bool hosts_load(struct hosts *hosts)
{
    struct stat status;

    *hosts = (struct hosts){0};
    if (!hosts_path(hosts))
        return false;
    int file = open(hosts->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0 && errno == ENOENT)
        return true;
    if (file < 0 || fstat(file, &status) != 0) {
        hosts_complain(hosts, 0, strerror(errno));
        if (file >= 0)
            close(file);
        return false;
    }
    bool good = is_ones_own(hosts, &status);
    if (good) {
        char *text = arena_take(&hosts->arena, (size_t)status.st_size + 1);
        ssize_t bytes = read(file, text, (size_t)status.st_size);

        good = bytes == status.st_size;
        if (!good)
            hosts_complain(hosts, 0, bytes < 0 ? strerror(errno) : "changed while it was read");
        good = good && read_text(hosts, text, (size_t)bytes);
    }
    close(file);
    return good;
}

void hosts_close(struct hosts *hosts)
{
    arena_free(&hosts->arena);
    *hosts = (struct hosts){0};
}

const struct host *hosts_find(const struct hosts *hosts, const char *name)
{
    struct arena arena = {0};

    if (!name && hosts->count == 1)
        return &hosts->list[0];
    for (uint32_t i = 0; name && i < hosts->count; i++) {
        if (strcmp(hosts->list[i].name, name) == 0)
            return &hosts->list[i];
    }
    if (hosts->count == 0)
        hosts_complain(hosts, 0, "knows no host; `bulkhead ctl host add` writes one");
    else if (!name)
        hosts_complain(hosts, 0,
                       "knows several hosts; say which with --host (`bulkhead ctl host list`)");
    else
        hosts_complain(hosts, 0,
                       say(&arena, "knows no host %s (`bulkhead ctl host list`)",
                           quote(&arena, name, strlen(name))));
    arena_free(&arena);
    return NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* `host add`, `host list`, `host remove`. */
#include "commands.h"
#include "table.h"
#include "tools/key/fit.h"
#include "tools/manifest/pubkey.h"
#include "tools/manifest/schema_parse.h"
#include "tools/mapped.h"

#include <string.h>
#include <unistd.h>

static enum exit_status complain(const char *subject, const char *why)
{
    fputs("bulkhead ctl: ", stderr);
    put_safely(stderr, subject);
    fprintf(stderr, ": %s\n", why);
    return EXIT_ENVIRONMENT;
}

/* The server's key as 64 digits, or as the file with its public key. */
static bool read_key(const char *word, uint8_t digest[DIGEST_BYTES])
{
    struct mapped file;

    if (parse_digest(word, digest))
        return true;
    if (access(word, F_OK) != 0)
        return !complain(word, "--server-key is 64 hexadecimal digits, or a file, and there is "
                               "no such file");
    if (!mapped_open(word, &file))
        return false;
    bool good = pubkey_digest(file.bytes, file.size, digest);
    mapped_close(&file);
    if (!good)
        complain(word, "holds no public key; `bulkhead key new` makes NAME.pub");
    return good;
}

enum exit_status ctl_host_add(const struct host_words *words)
{
    struct host host = {.name = words->name,
                        .address = words->address,
                        .key = words->key,
                        .certificate = words->certificate};

    if (!host.address || !words->server_key || !host.key || !host.certificate) {
        fputs("bulkhead ctl: host add wants --address, --server-key, --key and --certificate\n",
              stderr);
        return EXIT_USAGE;
    }
    if (!host_address_is_good(host.address)) {
        complain(host.address, "--address is a name or an IPv4 address, or either with :PORT");
        return EXIT_USAGE;
    }
    const char *file, *misfit = key_misfit(host.key, host.certificate, &file);
    if (misfit)
        return complain(file, misfit);
    return read_key(words->server_key, host.server_key) &&
                   hosts_add(&host, words->replace ? HOSTS_ANY : HOSTS_SAME)
               ? EXIT_GOOD
               : EXIT_ENVIRONMENT;
}

static void print_json(struct hosts *hosts)
{
    json_t *list = json_array();

    for (uint32_t i = 0; i < hosts->count; i++) {
        const struct host *host = &hosts->list[i];

        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", host->name,
                                              "address", host->address, "server_key",
                                              digest_text(&hosts->arena, host->server_key), "key",
                                              host->key, "certificate", host->certificate));
    }
    json_t *all = json_pack("{s:o}", "hosts", list);
    json_print(all, true);
    json_decref(all);
}

static void print_table(struct hosts *hosts)
{
    static const char *const titles[] = {"HOST", "ADDRESS", "SERVER KEY", "KEY", "CERTIFICATE"};
    struct table table;

    rows_open(&table, &hosts->arena, 5, titles);
    for (uint32_t i = 0; i < hosts->count; i++) {
        const struct host *host = &hosts->list[i];
        const char *digest = digest_text(&hosts->arena, host->server_key);

        rows_add(&table,
                 (const char *[]){host->name, host->address, say(&hosts->arena, "%.16s...", digest),
                                  host->key, host->certificate});
    }
    rows_print(&table, stdout);
}

enum exit_status ctl_host_list(const struct host_words *words)
{
    struct hosts hosts;
    bool good = hosts_load(&hosts);

    if (good && words->json)
        print_json(&hosts);
    else if (good)
        print_table(&hosts);
    hosts_close(&hosts);
    return good ? EXIT_GOOD : EXIT_ENVIRONMENT;
}

enum exit_status ctl_host_remove(const struct host_words *words)
{
    return hosts_remove(words->name) ? EXIT_GOOD : EXIT_ENVIRONMENT;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* `bulkhead key`: key pairs of administrators and of the console's server. */
#include "output.h"
#include "text.h"
#include "tool.h"
#include "tools/key/enrol.h"
#include "tools/key/pkcs12.h"
#include "tools/key/server.h"
#include "tools/manifest/schema_parse.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

const char key_help[] =
    "usage: bulkhead key new NAME [--role ROLE] [--dir DIR] [--password WORD]\n"
    "                             [--manifest MANIFEST]\n"
    "       bulkhead key certificate MANIFEST [-o FILE]\n"
    "\n"
    "`new` makes an administrator's key pair (ECDSA on P-256): NAME.key, the private key, "
    "readable\n"
    "by its owner only, which stays with the administrator; NAME.pub, the public key, which the\n"
    "manifest names; NAME.pem, a certificate for it, with which curl and the like show it; and\n"
    "NAME.p12, key and certificate for a browser to import, encrypted with a password that is\n"
    "made up and printed once. What counts is the key: until when it does says the manifest. With\n"
    "`--role server` it is the key pair of the management console: then the manifest names\n"
    "NAME.key, which goes into the image, NAME.pub is what clients may pin, and there is no more.\n"
    "Never writes over an existing file.\n"
    "\n"
    "`certificate` writes the certificate that the console of a manifest shows, to be trusted by "
    "a\n"
    "browser or by curl: it follows from the server's key, the names and the address.\n"
    "\n"
    "  -r, --role ROLE      operator, auditor or server, for the line that it prints for the\n"
    "                       manifest\n"
    "  -d, --dir DIR        the folder to write to, instead of the current one; it is made if it "
    "is\n"
    "                       not there\n"
    "  -p, --password WORD  for NAME.p12, instead of one that is made up; \"\" for none. Others "
    "on\n"
    "                       this machine may see it while the command runs\n"
    "  -m, --manifest FILE  also puts this manifest's machine into hosts.yaml, for `bulkhead ctl`: "
    "its\n"
    "                       name, address and server's key, and the new key; where the server's "
    "key\n"
    "                       is not at hand, `bulkhead ctl host add` does it\n"
    "  -o, --output FILE    the certificate's file, instead of standard output\n"
    "  -h, --help           this text\n"
    "\n"
    "Exit status: 0 good, 1 the manifest has errors, no address or no server's key, 2 wrong usage, "
    "3 a file\n"
    "exists or cannot be read or written, or the system has no randomness to give.\n"
    "\n"
    "Examples:\n"
    "  bulkhead key new ops --role operator\n"
    "  bulkhead key new audit --role auditor --dir keys\n"
    "  bulkhead key new console --role server --dir keys\n"
    "  bulkhead key new ann --role operator --manifest gate-7.yaml\n"
    "  bulkhead key certificate gate-7.yaml -o keys/console.pem\n";

enum { FILES_MAX = 4 };

struct wish {
    const char *name, *folder, *role;
    const char *password; /* NULL: one is made up */
    const char *output;   /* of `certificate` */
    const char *manifest; /* whose machine hosts.yaml is told of; NULL: none */
    char made_password[PASSWORD_BYTES];
};

struct new_file {
    const char *path;
    const void *bytes;
    size_t count;
    mode_t mode;
};

static bool complain(const char *path, const char *why)
{
    fputs("bulkhead key: ", stderr);
    put_safely(stderr, path);
    fprintf(stderr, ": %s\n", why);
    return false;
}

/* A new file; if it can't be written whole, there is none. */
static bool write_new(const struct new_file *new)
{
    const char *path = new->path;
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, new->mode);

    if (file < 0)
        return complain(path, errno == EEXIST ? "exists; remove it, or choose another name"
                                              : strerror(errno));
    errno = ENOSPC; /* what a write means that is cut short */
    bool good = write(file, new->bytes, new->count) == (ssize_t) new->count &&fsync(file) == 0;
    if (!good)
        complain(path, strerror(errno));
    if (close(file) != 0 && good)
        good = complain(path, strerror(errno));
    if (!good)
        unlink(path);
    return good;
}

/* All of them, or none. */
static bool write_all(const struct new_file *files, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (write_new(&files[i]))
            continue;
        while (i-- > 0)
            unlink(files[i].path);
        return false;
    }
    return true;
}

static void say_admin(const struct new_file *files, const struct wish *wish)
{
    put_safely(stdout, files[1].path);
    printf(": the public key; in the manifest, below management:\n"
           "  admins:\n"
           "    - {name: %s, key: ",
           wish->name);
    put_safely(stdout, files[1].path);
    printf(", role: %s, expires: YYYY-MM-DD}\n", wish->role);
    put_safely(stdout, files[0].path);
    fputs(": the private key, for the administrator alone\n", stdout);
    put_safely(stdout, files[2].path);
    fputs(": its certificate, for curl and the like\n", stdout);
    put_safely(stdout, files[3].path);
    fputs(": both for a browser to import, ", stdout);
    if (wish->password)
        puts(*wish->password ? "with the password that was given" : "without a password");
    else
        printf("with the password %s, which is kept nowhere\n", wish->made_password);
}

static void say_server(const struct new_file *files, const uint8_t digest[DIGEST_BYTES])
{
    struct arena arena = {0};

    put_safely(stdout, files[0].path);
    fputs(": the private key, for whoever builds the image alone; in the manifest, below "
          "management:\n"
          "  key: ",
          stdout);
    put_safely(stdout, files[0].path);
    fputc('\n', stdout);
    put_safely(stdout, files[1].path);
    printf(": the public key, SHA-256 %s\n", digest_text(&arena, digest));
    arena_free(&arena);
}

static enum exit_status write_pair(struct arena *arena, const struct wish *wish, struct pair *pair)
{
    uint8_t pkcs12[PKCS12_BYTES];
    const char *password = wish->password ? wish->password : wish->made_password;
    struct new_file files[FILES_MAX] = {
        {say(arena, "%s/%s.key", wish->folder, wish->name), pair->private_pem,
         strlen(pair->private_pem), 0600},
        {say(arena, "%s/%s.pub", wish->folder, wish->name), pair->public_pem,
         strlen(pair->public_pem), 0644},
        {.path = say(arena, "%s/%s.pem", wish->folder, wish->name), .mode = 0644},
        {.path = say(arena, "%s/%s.p12", wish->folder, wish->name), .mode = 0600},
    };

    if (strcmp(wish->role, "server") == 0) {
        if (!write_all(files, 2))
            return EXIT_ENVIRONMENT;
        say_server(files, pair->digest);
        return EXIT_GOOD;
    }
    pair_certify(pair, wish->name, time(NULL));
    files[2].bytes = pair->certificate_pem;
    files[2].count = strlen(pair->certificate_pem);
    files[3].bytes = pkcs12;
    files[3].count = pkcs12_make(pair, wish->name, password, pkcs12);
    bool good = files[3].count > 0;
    if (!good)
        complain(files[3].path, "cannot be made of that password");
    good = good && write_all(files, FILES_MAX);
    explicit_bzero(pkcs12, sizeof(pkcs12));
    if (!good)
        return EXIT_ENVIRONMENT;
    say_admin(files, wish);
    return wish->manifest ? key_enrol(wish->manifest, files[0].path, files[2].path) : EXIT_GOOD;
}

static enum exit_status new_key(struct wish *wish)
{
    enum exit_status status = EXIT_ENVIRONMENT;
    struct arena arena = {0};
    struct pair pair;

    /* Before there are files: to begin again, nobody has to remove any. */
    enum exit_status enrols = wish->manifest ? key_may_enrol(wish->manifest) : EXIT_GOOD;
    if (enrols != EXIT_GOOD)
        return enrols;
    if (!folder_make(wish->folder))
        complain(wish->folder, strerror(errno));
    else if (!pair_make(&pair) || !password_make(wish->made_password))
        complain(wish->name, "the system has no randomness to make a key of");
    else
        status = write_pair(&arena, wish, &pair);
    explicit_bzero(&pair, sizeof(pair));
    arena_free(&arena);
    return status;
}

/* As the manifest has names. */
static bool is_name(const char *text)
{
    size_t length = strlen(text);

    return length > 0 && length < NAME_BYTES &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == length && text[0] != '-' &&
           text[length - 1] != '-';
}

static enum exit_status complain_usage(const char *text)
{
    fprintf(stderr, "bulkhead key: %s\n", text);
    return EXIT_USAGE;
}

static enum exit_status new_main(struct wish *wish)
{
    if (strcmp(wish->role, "ROLE") != 0 && strcmp(wish->role, "operator") != 0 &&
        strcmp(wish->role, "auditor") != 0 && strcmp(wish->role, "server") != 0)
        return complain_usage("--role is operator, auditor or server");
    if (wish->password && strcmp(wish->role, "server") == 0)
        return complain_usage("a server has no file with a password");
    if (wish->manifest && strcmp(wish->role, "server") == 0)
        return complain_usage("--manifest is for one's own key, not for a server's");
    if (wish->output)
        return complain_usage("--output is for `certificate`; `new` has --dir");
    if (!is_name(wish->name))
        return complain_usage("a name has at most 31 characters a-z, 0-9 and -, and - neither "
                              "first nor last");
    return new_key(wish);
}

int key_main(int argc, char **argv)
{
    static const struct option options[] = {{"dir", required_argument, NULL, 'd'},
                                            {"role", required_argument, NULL, 'r'},
                                            {"password", required_argument, NULL, 'p'},
                                            {"output", required_argument, NULL, 'o'},
                                            {"manifest", required_argument, NULL, 'm'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    struct wish wish = {.folder = ".", .role = "ROLE"};
    int option;

    while ((option = next_option(argc, argv, "d:r:p:o:m:h", options)) != -1) {
        switch (option) {
        case 'h':
            fputs(key_help, stdout);
            return EXIT_GOOD;
        case 'd':
            wish.folder = optarg;
            break;
        case 'r':
            wish.role = optarg;
            break;
        case 'p':
            wish.password = optarg;
            break;
        case 'm':
            wish.manifest = optarg;
            break;
        case 'o':
            wish.output = optarg;
            break;
        default:
            return EXIT_USAGE;
        }
    }
    const char *action = optind + 2 == argc ? argv[optind] : "";
    if (strcmp(action, "new") != 0 && strcmp(action, "certificate") != 0)
        return complain_usage("say `new` and a name, or `certificate` and a manifest; `bulkhead "
                              "key --help` says more");
    wish.name = argv[optind + 1];
    return strcmp(action, "new") == 0 ? new_main(&wish)
                                      : server_certificate(wish.name, wish.output);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* `bulkhead key`: key pairs of administrators and of the console's server. */
#include "kernel/abi/manifest.h"
#include "kernel/sha256.h"
#include "output.h"
#include "text.h"
#include "tool.h"
#include "tools/manifest/private_key.h"
#include "tools/manifest/schema_parse.h"

#include <bearssl.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

const char key_help[] =
    "usage: bulkhead key new NAME [--role ROLE] [--dir DIR]\n"
    "\n"
    "Makes an administrator's key pair (ECDSA on P-256): NAME.key, the private key, readable by\n"
    "its owner only, which stays with the administrator; and NAME.pub, the public key, which the\n"
    "manifest names. With `--role server` it is the key pair of the management console: then the\n"
    "manifest names NAME.key, which goes into the image, and NAME.pub is what clients may pin.\n"
    "Never writes over an existing file.\n"
    "\n"
    "  -r, --role ROLE      operator, auditor or server, for the line that it prints for the\n"
    "                       manifest\n"
    "  -d, --dir DIR        the folder to write to, instead of the current one; it is made if it "
    "is\n"
    "                       not there\n"
    "  -h, --help           this text\n"
    "\n"
    "Exit status: 0 good, 2 wrong usage, 3 a file exists or cannot be written, or the system has\n"
    "no randomness to give.\n"
    "\n"
    "Examples:\n"
    "  bulkhead key new ops --role operator\n"
    "  bulkhead key new audit --role auditor --dir keys\n"
    "  bulkhead key new console --role server --dir keys\n";

enum { SEED_BYTES = 48, DER_BYTES = 256, PEM_BYTES = 1024, PATH_BYTES = 4096 };

struct pair {
    br_ec_private_key private;
    br_ec_public_key public;
    uint8_t private_bytes[BR_EC_KBUF_PRIV_MAX_SIZE], public_bytes[BR_EC_KBUF_PUB_MAX_SIZE];
    char private_pem[PEM_BYTES], public_pem[PEM_BYTES];
    uint8_t digest[DIGEST_BYTES]; /* of the public key */
};

static bool generate(struct pair *pair)
{
    const br_ec_impl *ec = br_ec_get_default();
    br_hmac_drbg_context random;
    uint8_t seed[SEED_BYTES];

    if (getrandom(seed, sizeof(seed), 0) != sizeof(seed))
        return false;
    br_hmac_drbg_init(&random, &br_sha256_vtable, seed, sizeof(seed));
    bool good = br_ec_keygen(&random.vtable, ec, &pair->private, pair->private_bytes,
                             BR_EC_secp256r1) != 0 &&
                br_ec_compute_pub(ec, &pair->public, pair->public_bytes, &pair->private) != 0;
    explicit_bzero(seed, sizeof(seed));
    explicit_bzero(&random, sizeof(random));
    return good;
}

static void encode(struct pair *pair)
{
    uint8_t der[DER_BYTES];
    size_t bytes = br_encode_ec_pkcs8_der(der, &pair->private, &pair->public);

    br_pem_encode(pair->private_pem, der, bytes, BR_ENCODE_PEM_PKCS8, BR_PEM_LINE64);
    explicit_bzero(der, sizeof(der));
    bytes = public_key_der(SERVER_KEY_P256, pair->public.q, der);
    br_pem_encode(pair->public_pem, der, bytes, "PUBLIC KEY", BR_PEM_LINE64);
    sha256(der, bytes, pair->digest);
}

static bool complain(const char *path, const char *why)
{
    fputs("bulkhead key: ", stderr);
    put_safely(stderr, path);
    fprintf(stderr, ": %s\n", why);
    return false;
}

/* A new file; if it can't be written whole, there is none. */
static bool write_new(const char *path, const char *text, mode_t mode)
{
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);

    if (file < 0)
        return complain(path, errno == EEXIST ? "exists; remove it, or choose another name"
                                              : strerror(errno));
    ssize_t length = (ssize_t)strlen(text);
    errno = ENOSPC; /* what a write means that is cut short */
    bool good = write(file, text, (size_t)length) == length && fsync(file) == 0;
    if (!good)
        complain(path, strerror(errno));
    if (close(file) != 0 && good)
        good = complain(path, strerror(errno));
    if (!good)
        unlink(path);
    return good;
}

static void say_admin(const char *private_path, const char *public_path, const char *name,
                      const char *role)
{
    put_safely(stdout, public_path);
    printf(": the public key; in the manifest, below management:\n"
           "  admins:\n"
           "    - {name: %s, key: ",
           name);
    put_safely(stdout, public_path);
    printf(", role: %s, expires: YYYY-MM-DD}\n", role);
    put_safely(stdout, private_path);
    fputs(": the private key, for the administrator alone\n", stdout);
}

static void say_server(const char *private_path, const char *public_path, const char *digest)
{
    put_safely(stdout, private_path);
    fputs(": the private key, for whoever builds the image alone; in the manifest, below "
          "management:\n"
          "  key: ",
          stdout);
    put_safely(stdout, private_path);
    fputc('\n', stdout);
    put_safely(stdout, public_path);
    printf(": the public key, SHA-256 %s\n", digest);
}

static enum exit_status new_key(const char *folder, const char *name, const char *role)
{
    struct arena arena = {0};
    const char *private_path = say(&arena, "%s/%s.key", folder, name);
    const char *public_path = say(&arena, "%s/%s.pub", folder, name);
    enum exit_status status = EXIT_ENVIRONMENT;
    struct pair pair;

    if (!folder_make(folder)) {
        complain(folder, strerror(errno));
    } else if (!generate(&pair)) {
        complain(private_path, "the system has no randomness to make a key of");
    } else {
        encode(&pair);
        if (write_new(private_path, pair.private_pem, 0600)) {
            if (write_new(public_path, pair.public_pem, 0644))
                status = EXIT_GOOD;
            else
                unlink(private_path);
        }
    }
    const char *digest = digest_text(&arena, pair.digest);
    explicit_bzero(&pair, sizeof(pair));
    if (status == EXIT_GOOD && strcmp(role, "server") == 0)
        say_server(private_path, public_path, digest);
    else if (status == EXIT_GOOD)
        say_admin(private_path, public_path, name, role);
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

int key_main(int argc, char **argv)
{
    static const struct option options[] = {{"dir", required_argument, NULL, 'd'},
                                            {"role", required_argument, NULL, 'r'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    const char *folder = ".", *role = "ROLE";
    int option;

    while ((option = next_option(argc, argv, "d:r:h", options)) != -1) {
        if (option == 'h') {
            fputs(key_help, stdout);
            return EXIT_GOOD;
        }
        if (option != 'd' && option != 'r')
            return EXIT_USAGE;
        *(option == 'd' ? &folder : &role) = optarg;
    }
    if (strcmp(role, "ROLE") != 0 && strcmp(role, "operator") != 0 &&
        strcmp(role, "auditor") != 0 && strcmp(role, "server") != 0) {
        fputs("bulkhead key: --role is operator, auditor or server\n", stderr);
        return EXIT_USAGE;
    }
    if (optind + 2 != argc || strcmp(argv[optind], "new") != 0) {
        fputs("bulkhead key: say `new` and a name; `bulkhead key --help` says more\n", stderr);
        return EXIT_USAGE;
    }
    if (!is_name(argv[optind + 1])) {
        fputs("bulkhead key: a name has at most 31 characters a-z, 0-9 and -, and - neither first "
              "nor last\n",
              stderr);
        return EXIT_USAGE;
    }
    return new_key(folder, argv[optind + 1], role);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* hosts.yaml: what is written is read again, and nothing wrong in it is guessed at. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/ctl/hosts.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define DIGEST "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define REST   "    server-key: " DIGEST "\n    key: ann.key\n    certificate: /x/ann.pem\n"
#define GOOD   "hosts:\n  - name: gate-7\n    address: 10.0.2.15\n" REST

static char folder[64], file[128], key[128];
static char said[4096]; /* on stderr */

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/bulkhead-test-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(file, sizeof(file), "%s/bulkhead/hosts.yaml", folder);
    snprintf(key, sizeof(key), "%s/it's a.key", folder);
    fclose(fopen(key, "w"));
    return setenv("XDG_CONFIG_HOME", folder, 1);
}

static int remove_folder(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof(command), "rm -r %s", folder);
    return system(command);
}

static void put_file(const char *text, mode_t mode)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/bulkhead", folder);
    mkdir(path, 0700);
    FILE *out = fopen(file, "w");
    assert_non_null(out);
    fputs(text, out);
    fclose(out);
    assert_int_equal(chmod(file, mode), 0);
}

static FILE *kept_stderr;

static void hear(void)
{
    memset(said, 0, sizeof(said));
    kept_stderr = stderr;
    stderr = fmemopen(said, sizeof(said) - 1, "w");
}

static void hear_no_more(void)
{
    fclose(stderr);
    stderr = kept_stderr;
}

static bool load(struct hosts *hosts)
{
    hear();
    bool good = hosts_load(hosts);
    hear_no_more();
    return good;
}

static uint8_t server_key = 0xab;

static bool add(const char *name, const char *address, const char *path, enum hosts_replace replace)
{
    struct host host = {.name = name, .address = address, .key = path, .certificate = path};

    memset(host.server_key, server_key, DIGEST_BYTES);
    hear();
    bool good = hosts_add(&host, replace);
    hear_no_more();
    return good;
}

static void test_none_yet(void **state)
{
    struct hosts hosts;

    (void)state;
    assert_true(load(&hosts));
    assert_int_equal(hosts.count, 0);
    hear();
    assert_null(hosts_find(&hosts, NULL));
    hear_no_more();
    assert_non_null(strstr(said, "knows no host; `bulkhead ctl host add`"));
    hosts_close(&hosts);
}

static void test_good(void **state)
{
    struct hosts hosts;
    char path[128];

    (void)state;
    put_file(GOOD, 0600);
    assert_true(load(&hosts));
    assert_int_equal(hosts.count, 1);
    const struct host *host = hosts_find(&hosts, NULL);
    assert_non_null(host);
    assert_ptr_equal(host, hosts_find(&hosts, "gate-7"));
    assert_string_equal(host->address, "10.0.2.15");
    assert_int_equal(host->server_key[31], 0xff);
    snprintf(path, sizeof(path), "%s/bulkhead/ann.key", folder);
    assert_string_equal(host->key, path);
    assert_string_equal(host->certificate, "/x/ann.pem");
    hear();
    assert_null(hosts_find(&hosts, "gate-8"));
    hear_no_more();
    assert_non_null(strstr(said, "knows no host \"gate-8\""));
    hosts_close(&hosts);
}

/* Each is refused, with the line it stands on. */
static void test_bad(void **state)
{
    static const struct {
        const char *text, *said;
    } bad[] = {
        {"", "holds no manifest"},
        {"hosts: {}\n", "hosts.yaml:1: `hosts` is a list"},
        {"- a\n", "hosts.yaml:1: the file is one list"},
        {"host: []\n", "hosts.yaml:1: the file is one list"},
        {"hosts: []\nmore: 1\n", "the file is one list"},
        {"hosts: []\n---\nhosts: []\n", "hosts.yaml:2: a second document"},
        {"hosts: [\n", "hosts.yaml:2: "},
        {"hosts:\n- just a text\n", "hosts.yaml:2: a host is `name:`"},
        {"hosts:\n- &x {name: a}\n", "hosts.yaml:2: \"x\" has an anchor"},
        {"hosts:\n- name: a\n  colour: red\n", "hosts.yaml:3: \"colour\" is no key of a host"},
        {"hosts:\n- name: a\n  name: b\n", "hosts.yaml:3: \"name\" stands here twice"},
        {"hosts:\n- name: [a]\n", "hosts.yaml:2: a text must stand here"},
        {"hosts:\n- name: \"a\\0b\"\n", "hosts.yaml:2: a text must stand here"},
        {"hosts:\n- ? [a]\n  : b\n", "hosts.yaml:2: a text must stand here"},
        {"hosts:\n  - address: a\n" REST, "has no `name`"},
        {"hosts:\n  - name: a\n" REST, "hosts.yaml:2: this host has no `address`"},
        {"hosts:\n- name: a\n  address: b\n", "has no `server-key`"},
        {"hosts:\n  - name: A\n    address: a\n" REST, "\"A\" is no host's name"},
        {"hosts:\n  - name: a-\n    address: a\n" REST, "\"a-\" is no host's name"},
        {"hosts:\n  - name: a\n    address: https://a\n" REST, "\"https://a\" is no address"},
        {"hosts:\n  - name: a\n    address: a:0\n" REST, "is no address"},
        {"hosts:\n  - name: a\n    address: a:65536\n" REST, "is no address"},
        {"hosts:\n  - name: a\n    address: a@b\n" REST, "is no address"},
        {"hosts:\n  - name: a\n    address: a:80x\n" REST, "is no address"},
        {"hosts:\n  - name: a\n    address: \"a\\nb\"\n" REST, "is no address"},
        {"hosts:\n  - {name: a, address: b, server-key: 00, key: k, certificate: c}\n",
         "hosts.yaml:2: `server-key` is no SHA-256"},
        {"hosts:\n  - {name: a, address: b, server-key: " DIGEST ", key: k, certificate: c,\n"
         "     emulated: no}\n",
         "hosts.yaml:2: `emulated` is true, or left out"},
        {"hosts:\n  - {name: a, address: b, server-key: " DIGEST ", key: '', certificate: c}\n",
         "hosts.yaml:2: `key` and `certificate`"},
        {GOOD "  - name: gate-7\n    address: a\n" REST,
         "hosts.yaml:7: host gate-7 stands on line 2 already"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct hosts hosts;

        put_file(bad[i].text, 0600);
        if (load(&hosts))
            fail_msg("taken: %s", bad[i].text);
        if (!strstr(said, bad[i].said))
            fail_msg("%s: said %s", bad[i].text, said);
        hosts_close(&hosts);
    }
}

static void test_others_can_write(void **state)
{
    struct hosts hosts;

    (void)state;
    put_file(GOOD, 0620);
    assert_false(load(&hosts));
    assert_non_null(strstr(said, "can be written by others"));
    hosts_close(&hosts);
    assert_int_equal(unlink(file), 0);
    assert_int_equal(mkdir(file, 0700), 0);
    assert_false(load(&hosts));
    assert_non_null(strstr(said, "is no regular file"));
    hosts_close(&hosts);
    assert_int_equal(rmdir(file), 0);
}

static void test_too_many(void **state)
{
    char text[16384] = "hosts:\n";
    struct hosts hosts;

    (void)state;
    for (int i = 0; i <= MAX_HOSTS; i++)
        sprintf(text + strlen(text), "  - name: h%d\n    address: a\n" REST, i);
    put_file(text, 0600);
    assert_false(load(&hosts));
    assert_non_null(strstr(said, "more than 64 hosts"));
    hosts_close(&hosts);
    text[strlen(text) - strlen("  - name: h64\n    address: a\n" REST)] = 0;
    put_file(text, 0600);
    assert_true(load(&hosts));
    assert_int_equal(hosts.count, MAX_HOSTS);
    hosts_close(&hosts);
    assert_false(add("one-more", "b", key, HOSTS_SAME));
    assert_non_null(strstr(said, "no room"));
}

static void test_written_and_read(void **state)
{
    struct hosts hosts;
    struct stat status;

    (void)state;
    assert_true(add("gate-7", "127.0.0.1:8443", key, HOSTS_SAME));
    assert_true(add("gate-8", "gate-8.example", key, HOSTS_SAME));
    assert_int_equal(stat(file, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_true(load(&hosts));
    assert_int_equal(hosts.count, 2);
    assert_string_equal(hosts.list[0].address, "127.0.0.1:8443");
    assert_string_equal(hosts.list[1].key, key);
    assert_int_equal(hosts.list[1].server_key[0], 0xab);
    hear();
    assert_null(hosts_find(&hosts, NULL));
    hear_no_more();
    assert_non_null(strstr(said, "several hosts"));
    hosts_close(&hosts);
    hear();
    assert_true(hosts_remove("gate-7"));
    assert_false(hosts_remove("gate-7"));
    hear_no_more();
    assert_true(load(&hosts));
    assert_int_equal(hosts.count, 1);
    assert_string_equal(hosts.list[0].name, "gate-8");
    hosts_close(&hosts);
    assert_true(hosts_remove("gate-8"));
    assert_true(load(&hosts));
    assert_int_equal(hosts.count, 0);
    hosts_close(&hosts);
}

/* `bulkhead run` must not lead a real machine's name to an emulator. */
static void test_takes_nobodys_place(void **state)
{
    struct hosts hosts;

    (void)state;
    assert_true(add("gate-7", "10.0.2.15", key, HOSTS_SAME));
    assert_true(add("gate-7", "10.0.2.15", key, HOSTS_SAME));
    server_key = 0xac; /* whose key is another is somebody else */
    assert_false(add("gate-7", "10.0.2.15", key, HOSTS_SAME));
    assert_true(add("gate-7", "10.0.2.15", key, HOSTS_EMULATED));
    server_key = 0xab;
    assert_true(add("gate-7", "10.0.2.15", key, HOSTS_ANY));
    assert_false(add("gate-7", "127.0.0.1:8443", key, HOSTS_SAME));
    assert_non_null(strstr(said, "line 3 has a host gate-7 already, at 10.0.2.15"));
    assert_true(load(&hosts));
    assert_string_equal(hosts_find(&hosts, NULL)->address, "10.0.2.15");
    hosts_close(&hosts);
    assert_true(add("gate-7", "127.0.0.1:8443", key, HOSTS_ANY));
    assert_true(load(&hosts));
    assert_string_equal(hosts_find(&hosts, NULL)->address, "127.0.0.1:8443");
    assert_null(hosts_find(&hosts, NULL)->emulated);
    hosts_close(&hosts);
    assert_false(add("gate-7", "127.0.0.1:9443", key, HOSTS_EMULATED));
    /* Its own of another run does. */
    assert_true(add("gate-7", "127.0.0.1:8443", key, HOSTS_EMULATED));
    assert_true(add("gate-7", "127.0.0.1:9443", key, HOSTS_EMULATED));
    assert_true(load(&hosts));
    assert_string_equal(hosts_find(&hosts, NULL)->address, "127.0.0.1:9443");
    assert_string_equal(hosts_find(&hosts, NULL)->emulated, "true");
    hosts_close(&hosts);
}

static void test_add_refuses(void **state)
{
    (void)state;
    assert_false(add("gate 7", "a", key, HOSTS_SAME));
    assert_non_null(strstr(said, "a host's name is"));
    assert_false(add("gate-7", "a/b", key, HOSTS_SAME));
    assert_non_null(strstr(said, "the address is no name"));
    assert_false(add("gate-7", "a", "/nonexistent", HOSTS_SAME));
    assert_non_null(strstr(said, "/nonexistent: No such file"));
    assert_false(add("gate-7", "a", "/tmp", HOSTS_SAME));
    assert_non_null(strstr(said, "/tmp: is no regular file"));
    char steering[128];
    snprintf(steering, sizeof(steering), "%s/a\033b", folder);
    fclose(fopen(steering, "w"));
    assert_false(add("gate-7", "a", steering, HOSTS_SAME));
    assert_non_null(strstr(said, "characters in its path"));
    assert_int_not_equal(access(file, F_OK), 0);
    /* What can't be read is not written over. */
    put_file("hosts: [\n", 0600);
    assert_false(add("gate-7", "a", key, HOSTS_ANY));
    put_file(GOOD, 0600);
}

/* Of two commands at the same time neither loses what the other wrote. */
static void test_two_at_a_time(void **state)
{
    enum { WRITERS = 2, EACH = 20 };
    struct hosts hosts;
    pid_t writers[WRITERS];

    (void)state;
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = fork();
        assert_true(writers[i] >= 0);
        for (int n = 0; writers[i] == 0 && n < EACH; n++) {
            char name[32];

            snprintf(name, sizeof(name), "h%d-%d", i, n);
            if (!add(name, "a", key, HOSTS_SAME))
                _exit(1);
        }
        if (writers[i] == 0)
            _exit(0);
    }
    for (int i = 0; i < WRITERS; i++) {
        int status = -1;

        assert_int_equal(waitpid(writers[i], &status, 0), writers[i]);
        assert_int_equal(status, 0);
    }
    assert_true(load(&hosts));
    assert_int_equal(hosts.count, WRITERS * EACH);
    hosts_close(&hosts);
}

static void test_the_lock_is_waited_for_a_while(void **state)
{
    char path[160];

    (void)state;
    put_file(GOOD, 0600);
    snprintf(path, sizeof(path), "%s.lock", file);
    int lock = open(path, O_RDWR | O_CREAT, 0600);
    assert_int_equal(flock(lock, LOCK_EX), 0);
    assert_false(add("gate-8", "a", key, HOSTS_SAME));
    assert_non_null(strstr(said, "another command has been writing it for 5 seconds"));
    assert_non_null(strstr(said, "hosts.yaml.lock"));
    assert_int_equal(close(lock), 0);
    assert_true(add("gate-8", "a", key, HOSTS_SAME));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink(key, path), 0);
    assert_false(add("gate-9", "a", key, HOSTS_SAME));
    assert_non_null(strstr(said, "can't be opened"));
}

static void test_where_it_is(void **state)
{
    struct hosts hosts;
    char path[128];

    (void)state;
    assert_int_equal(setenv("XDG_CONFIG_HOME", "relative", 1), 0);
    assert_int_equal(setenv("HOME", folder, 1), 0);
    assert_true(load(&hosts));
    snprintf(path, sizeof(path), "%s/.config/bulkhead/hosts.yaml", folder);
    assert_string_equal(hosts.path, path);
    hosts_close(&hosts);
    assert_int_equal(unsetenv("HOME"), 0);
    assert_false(load(&hosts));
    assert_non_null(strstr(said, "set HOME or XDG_CONFIG_HOME"));
    hosts_close(&hosts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_none_yet, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_good, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_bad, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_others_can_write, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_too_many, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_written_and_read, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_takes_nobodys_place, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_add_refuses, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_two_at_a_time, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_the_lock_is_waited_for_a_while, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(test_where_it_is, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

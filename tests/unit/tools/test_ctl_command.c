/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of `build/bulkhead ctl`. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define ADD    "ctl host add gate-7 --key ops.key --certificate ops.pem --server-key "
#define DIGEST "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

/* One after the other in a folder of their own, in which hosts.yaml is, too. */
static const struct {
    const char *command;
    int status;
    const char *out, *messages; /* part of stdout and stderr; NULL: nothing there */
} cases[] = {
    {"ctl --help", 0, "Examples:", NULL},
    {"ctl", 2, NULL, "say what to do"},
    {"ctl domians", 2, NULL, "there is no command `domians`; did you mean `domains`?"},
    {"ctl xyzzy", 2, NULL, "there is no command `xyzzy`"},
    {"ctl domains office", 2, NULL, "nothing more goes with `domains`"},
    {"ctl stop", 2, NULL, "name one domain for `stop`"},
    {"ctl stop a b", 2, NULL, "name one domain for `stop`"},
    {"ctl stop ../machine", 2, NULL, "no domain can be called `../machine`"},
    {"ctl stop 'a?b'", 2, NULL, "no domain can be called"},
    {"ctl stop office --follow", 2, NULL, "an option that is not for `stop`"},
    {"ctl stop office --then-stop", 2, NULL, "an option that is not for `stop`"},
    {"ctl metrics --json", 2, NULL, "an option that is not for `metrics`"},
    {"ctl power-button office --then-stop", 2, NULL, "--then-stop needs --wait"},
    {"ctl power-button office --then-stop --wait 0", 2, NULL, "from 1 to 3600"},
    {"ctl power-button office --then-stop --wait 3601", 2, NULL, "from 1 to 3600"},
    {"ctl stop office --wait 5 --no-wait", 2, NULL, "one or the other"},
    {"ctl stop office --wait 5m", 2, NULL, "--wait takes seconds, not `5m`"},
    {"ctl log --from -1", 2, NULL, "--from takes a record's number"},
    {"ctl compare m.yaml --cpu arm", 2, NULL, "--cpu is intel or amd"},
    {"ctl machine --fast", 2, NULL, "see `bulkhead ctl --help`"},
    {"ctl machine", 3, NULL, "cfg/bulkhead/hosts.yaml: knows no host"},
    {"ctl host", 2, NULL, "say `host list`"},
    {"ctl host list more", 2, NULL, "say `host list`"},
    {"ctl host add", 2, NULL, "say `host list`"},
    {"ctl host add gate-7", 2, NULL, "wants --address, --server-key, --key and --certificate"},
    {"key new ops", 0, "ops.pub", NULL},
    {ADD "ops.pub --address 127.0.0.1:1", 0, NULL, NULL},
    {"ctl host list", 0, "gate-7  127.0.0.1:1  ", NULL},
    {"key new audit", 0, "audit.pub", NULL},
    {"ctl host add gate-9 --key audit.key --certificate ops.pem --server-key ops.pub --address a",
     3, NULL, "ops.pem: is the certificate of another key"},
    {"ctl host add gate-9 --key ops.key --certificate ops.pub --server-key ops.pub --address a", 3,
     NULL, "ops.pub: holds no certificate"},
    {"ctl host add gate-9 --key ops.pem --certificate ops.pem --server-key ops.pub --address a", 3,
     NULL, "ops.pem: holds no private key"},
    {"ctl host add gate-9 --key ops.key --certificate x.pem --server-key ops.pub --address a", 3,
     NULL, "x.pem: cannot be read"},
    {"ctl host list >out; mkfifo f; timeout 20 $B ctl host add gate-9 --key f --certificate "
     "ops.pem "
     "--server-key ops.pub --address a",
     3, NULL, "f: cannot be read as a regular file"},
    {"ctl host add gate-9 --key ops.pub --certificate ops.pem --server-key ops.pub --address a", 3,
     NULL, "NAME.key of `bulkhead key new` does"},
    {ADD "abc --address 127.0.0.1:1", 3, NULL, "abc: --server-key is 64 hexadecimal digits"},
    {ADD "ops.pub --address http://a", 2, NULL,
     "bulkhead ctl: http://a: --address is a name or an IPv4 address"},
    {"audit collect", 2, NULL, "collect needs --output DIR"},
    {"ctl host list --json", 0, "\"address\": \"127.0.0.1:1\"", NULL},
    {ADD DIGEST " --address 127.0.0.1:2", 3, NULL, "has a host gate-7 already, at 127.0.0.1:1"},
    {ADD DIGEST " --address 127.0.0.1:2 --replace", 0, NULL, NULL},
    {"ctl host list", 0, "gate-7  127.0.0.1:2  0011223344556677...", NULL},
    {ADD "absent.pub --address 127.0.0.1:1 --replace", 3, NULL,
     "absent.pub: --server-key is 64 hexadecimal digits, or a file"},
    {ADD "ops.key --address 127.0.0.1:1 --replace", 3, NULL, "ops.key: holds no public key"},
    {"ctl --host gate-8 machine", 3, NULL, "knows no host \"gate-8\""},
    {"ctl --host gate-7 machine", 3, NULL, "is it on, and the port right?"}, /* nobody is there */
    {"ctl --host gate-8 machine; sed -i 's/^    key/    emulated: true\\n&/' "
     "cfg/bulkhead/hosts.yaml; $B ctl machine",
     3, NULL, "that run of `bulkhead run` has ended; start it again"},
    {"ctl host remove gate-8", 3, NULL, "knows no host \"gate-8\""},
    {"ctl host remove gate-7", 0, NULL, NULL},
    {"ctl machine", 3, NULL, "knows no host; `bulkhead ctl host add`"},
    /* A new key and the machine that it is for. */
    {"key new console --role server", 0, "SHA-256", NULL},
    {"key new ann --manifest absent.yaml", 3, NULL, "absent.yaml: No such file"},
    {"key new ann >/dev/null; echo 'host: gate-7' >m.yaml; $B key new bob --dir b --manifest "
     "m.yaml",
     1, NULL, "m.yaml: has no management.nic.address, which hosts.yaml wants"},
    {"key new cal >/dev/null; ls b", 2, NULL, "No such file"}, /* nothing was made */
    {"key new eve >/dev/null; printf 'management:\\n  key: console.key\\n  nic: {address: "
     "10.0.2.15/24}\\n' >>m.yaml; $B key new eve --dir e --manifest m.yaml",
     0, "hosts.yaml: gate-7 at 10.0.2.15, with this key", NULL},
    {"ctl host list", 0, "/e/eve.pem", NULL},
    {"key new console2 --role server >/dev/null; sed 's/console/console2/' m.yaml >n.yaml; "
     "$B key new fay --dir f2 --manifest n.yaml",
     3, NULL, "knows gate-7 by another server's key"},
    {"key new dan >/dev/null; ls f2", 2, NULL, "No such file"},
    {"key new s --role server --manifest m.yaml", 2, NULL, "--manifest is for one's own key"},
};

static void expect(const char *command, const char *folder, const char *name, const char *part)
{
    char path[128], text[65536] = "";

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof(text) - 1, file)] = 0;
    fclose(file);
    if (part ? strstr(text, part) == NULL : *text != 0)
        fail_msg("%s: on %s: %s", command, name, text);
}

static void test_commands(void **state)
{
    char line[1024], folder[] = "/tmp/bulkhead-test-XXXXXX";

    (void)state;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(setenv("DIR", folder, 1), 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(line, sizeof(line),
                 "B=$PWD/build/bulkhead; cd $DIR || exit 9; export XDG_CONFIG_HOME=$DIR/cfg;"
                 "$B %s >out 2>messages",
                 cases[i].command);
        int status = system(line);

        if (!WIFEXITED(status) || WEXITSTATUS(status) != cases[i].status)
            fail_msg("%s: status %d", cases[i].command, WEXITSTATUS(status));
        expect(cases[i].command, folder, "out", cases[i].out);
        expect(cases[i].command, folder, "messages", cases[i].messages);
    }
    assert_int_equal(system("rm -r $DIR"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_commands)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

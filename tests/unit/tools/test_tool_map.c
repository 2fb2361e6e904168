/* SPDX-License-Identifier: Apache-2.0 */
/* `bulkhead map`: each format is sound and names everything that the manifest names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <yaml.h>

enum { OUTPUT_BYTES = 1 << 18, DEPTH = 16 };

static const char set_up[] =
    "cp build/fixtures/good.elf build/fixtures/ops.pub $DIR; cd $DIR || exit 1\n"
    "cat >m.yaml <<'END'\n"
    "host: gate-7\n"
    "platform: {processors: 8, memory: 4G}\n"
    "levels: [public, restricted]\n"
    "categories: [alpha]\n"
    "mixed_levels: {accepted_by: me, reason: room, until: 2027-06-30}\n"
    "networks:\n"
    "  internet: {level: public, exposed: true}\n"
    "  plant: {level: restricted}\n"
    "  spare: {level: restricted}\n"
    "  admin: {level: restricted, categories: [alpha]}\n"
    "domains:\n"
    "  - name: office\n"
    "    label: {level: public}\n"
    "    hardened: {by: guide, date: 2026-01-01}\n"
    "    cpus: [4, 66]\n"
    "    memory: 64M\n"
    "    memory_at: 1G\n"
    "    boot: {elf64: good.elf}\n"
    "    serial: {port: com2}\n"
    "    devices:\n"
    "      - {pci: '00:04.0', id: '8086:10d3', network: internet}\n"
    "      - {pci: '00:1f.2', removable: true}\n"
    "  - name: control\n"
    "    label: {level: restricted}\n"
    "    hardened: {by: guide, date: 2026-01-01}\n"
    "    cpus: 3\n"
    "    memory: 256M\n"
    "    boot: {elf64: good.elf}\n"
    "    devices:\n"
    "      - {pci: '00:05.0', id: '8086:1533', network: plant}\n"
    "      - {pci: '00:06.0', serial_number: \"</text>&<b a='\\\" \\u20ac\\u00e9\"}\n"
    "management:\n"
    "  cpus: 1\n"
    "  memory: 32M\n"
    "  nic: {pci: '00:03.0', id: '8086:10c9', network: admin, address: 10.0.2.15/24}\n"
    "  admins: [{name: ops, key: ops.pub, role: operator, expires: 2027-01-31}]\n"
    "END\n"
    "sed 's/cpus: 3/cpus: 0/' m.yaml >bad.yaml\n"
    "cat >links.yaml <<'END'\n"
    "host: gate-7\n"
    "levels: [public, restricted]\n"
    "networks:\n"
    "  plant-a: {level: restricted, trunk: [plant-b]}\n"
    "  diode: {level: restricted, one_way: {from: gate-7, to: archive, by: model X}}\n"
    "  plant-b: {level: restricted}\n"
    "unsafe:\n"
    "  - {allow: no-interrupt-remapping, reason: lab}\n"
    "  - {allow: split-core, reason: lab}\n"
    "management:\n"
    "  cpus: 1\n"
    "  memory: 32M\n"
    "  nic: {pci: '00:1f.6', network: plant-b, address: 10.0.2.15/24, accept_sideband: true}\n"
    "  admins: [{name: ops, key: ops.pub, role: operator, expires: 2027-01-31}]\n"
    "domains:\n"
    "  - name: edge-of-the-northern-hall-0001\n"
    "    label: {level: restricted}\n"
    "    role: firewall\n"
    "    protects: [archive]\n"
    "    cpus: 1\n"
    "    memory: 64M\n"
    "    boot: {elf64: good.elf}\n"
    "    serial: {port: com2}\n"
    "    devices: [{pci: '00:05.0', network: diode}]\n"
    "END\n"
    /* As many owners as there can be without management, with nothing special. */
    "{ echo 'host: wide'; echo 'domains:'; for i in $(seq 10 25); do\n"
    "echo \"  - {name: a-domain-with-a-very-long-n$i, cpus: 1, memory: 2M, boot: {elf64: "
    "good.elf}}\"\n"
    "done; } >wide.yaml\n";

/* In every format. */
static const char *const named[] = {
    "gate-7",    "office",    "control", "management", "internet",     "plant",   "spare",
    "admin",     "public",    "alpha",   "00:04.0",    "00:1f.2",      "00:05.0", "00:06.0",
    "8086:10d3", "8086:1533", "00:03.0", "8086:10c9",  "10.0.2.15/24", "com2",    "66",
};

static char folder[] = "/tmp/bulkhead-test-XXXXXX";

static int prepare(void **state)
{
    (void)state;
    return !mkdtemp(folder) || setenv("DIR", folder, 1) != 0 || system(set_up) != 0;
}

static int clean(void **state)
{
    (void)state;
    return system("rm -r $DIR");
}

/* What `command` writes to stdout. */
static char *run(const char *command, int expected)
{
    char line[512], *text = calloc(1, OUTPUT_BYTES);

    assert_non_null(text);
    snprintf(line, sizeof(line), "B=$PWD/build; cd $DIR && $B/bulkhead map --date 2026-11-01 %s",
             command);
    FILE *pipe = popen(line, "r");
    assert_non_null(pipe);
    text[fread(text, 1, OUTPUT_BYTES - 1, pipe)] = 0;
    int status = pclose(pipe);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != expected)
        fail_msg("%s: status %d", command, WEXITSTATUS(status));
    return text;
}

static void expect(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("`%s` is not in: %s", part, text);
}

static void expect_names(const char *text)
{
    for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++)
        expect(text, named[i]);
}

static void test_text(void **state)
{
    char *text = run("m.yaml", 0);

    (void)state;
    expect_names(text);
    assert_ptr_equal(strstr(text, "gate-7, classified restricted\n"), text);
    expect(text, "office      public              ids 4 66    64M at 1G  com2\n");
    expect(text, "control     restricted          3           256M       none\n");
    expect(text, "device 00:1f.2  any id     removable\n");
    expect(text, "hypervisor or nobody: 2 of 8 processors, 3744M of 4G, com1 (boot log)");
    expect(text, "strangers (EXPOSED), office\n");
    expect(text, "nobody here");
    assert_null(strchr(text, '\033'));
    free(text);
}

static void expect_no(const char *text, const char *part)
{
    if (strstr(text, part))
        fail_msg("`%s` is in: %s", part, text);
}

/* Who filters, and which links are special. */
static void test_text_of_links(void **state)
{
    char *text = run("links.yaml 2>.messages", 0), *plain = run("m.yaml", 0);

    (void)state;
    expect(text, "SERIAL  ROLE\n");
    expect(text, "com2    firewall, protects archive\n");
    expect(text, "10.0.2.15/24\n");
    expect(text, "network plant-b, shared with firmware, 10");
    expect(text, "nobody here; one cable with plant-b\n");
    expect(text, "; only from gate-7 to archive\n");
    expect_no(plain, "ROLE");
    free(text);
    free(plain);
}

static yaml_node_t *member(yaml_document_t *document, yaml_node_t *map, const char *key)
{
    assert_int_equal(map->type, YAML_MAPPING_NODE);
    for (yaml_node_pair_t *pair = map->data.mapping.pairs.start; pair < map->data.mapping.pairs.top;
         pair++) {
        yaml_node_t *name = yaml_document_get_node(document, pair->key);

        if (strcmp((const char *)name->data.scalar.value, key) == 0)
            return yaml_document_get_node(document, pair->value);
    }
    fail_msg("no key %s", key);
    return NULL;
}

static yaml_node_t *item(yaml_document_t *document, yaml_node_t *list, int index)
{
    assert_int_equal(list->type, YAML_SEQUENCE_NODE);
    assert_true(index < list->data.sequence.items.top - list->data.sequence.items.start);
    return yaml_document_get_node(document, list->data.sequence.items.start[index]);
}

static void expect_scalar(yaml_document_t *document, yaml_node_t *map, const char *key,
                          const char *value)
{
    yaml_node_t *node = member(document, map, key);

    assert_int_equal(node->type, YAML_SCALAR_NODE);
    assert_string_equal((const char *)node->data.scalar.value, value);
}

static void test_json(void **state)
{
    char *text = run("--format json m.yaml", 0);
    yaml_parser_t parser;
    yaml_document_t document;

    (void)state;
    expect_names(text);
    assert_true(yaml_parser_initialize(&parser));
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, strlen(text));
    assert_true(yaml_parser_load(&parser, &document));
    yaml_node_t *root = yaml_document_get_root_node(&document);
    yaml_node_t *office = item(&document, member(&document, root, "domains"), 0);
    yaml_node_t *control = item(&document, member(&document, root, "domains"), 1);
    yaml_node_t *odd = item(&document, member(&document, control, "devices"), 1);
    yaml_node_t *internet = item(&document, member(&document, root, "networks"), 0);

    expect_scalar(&document, root, "host", "gate-7");
    expect_scalar(&document, member(&document, root, "classification"), "level", "restricted");
    expect_scalar(&document, office, "memory_bytes", "67108864");
    expect_scalar(&document, office, "memory_address", "1073741824");
    expect_scalar(&document, office, "serial", "com2");
    expect_scalar(&document, control, "processors", "3");
    expect_scalar(&document, control, "processor_ids", "null");
    expect_scalar(&document, odd, "serial_number", "</text>&<b a='\" \u20ac\u00e9");
    expect_scalar(&document, odd, "network", "null");
    expect_scalar(&document, internet, "exposed", "true");
    expect_scalar(&document, member(&document, root, "management"), "name", "management");
    yaml_node_t *reached = member(&document, internet, "reached_by");
    assert_string_equal((const char *)item(&document, reached, 0)->data.scalar.value, "office");
    yaml_document_delete(&document);
    yaml_parser_delete(&parser);
    free(text);
}

static void test_json_of_links(void **state)
{
    char *text = run("--format json links.yaml 2>.messages", 0);

    (void)state;
    expect(text, "\"unsafe\": [\"no-interrupt-remapping\", \"split-core\"]");
    expect(text, "\"role\": \"firewall\", \"protects\": [\"archive\"]");
    expect(text, "\"accept_sideband\": true");
    expect(text, "\"trunk\": [\"plant-b\"]");
    free(text);
    text = run("--format json m.yaml", 0);
    expect(text, "\"unsafe\": []");
    free(text);
}

/* The end of the tag that starts at `tag`: its attributes are quoted and hold no markup. */
static const char *tag_end(const char *tag)
{
    char within = 0;

    for (tag++; *tag && (within || *tag != '>'); tag++) {
        assert_int_not_equal(*tag, '<');
        if (within ? *tag == within : *tag == '"' || *tag == '\'')
            within = within ? 0 : *tag;
    }
    assert_int_equal(*tag, '>');
    return tag;
}

/* Every element is closed in order, and every & starts a reference to a character. */
static void check_xml(const char *text)
{
    char open[DEPTH][16], name[16];
    int depth = 0, elements = 0;

    for (; *text; text++) {
        unsigned int code;

        if (*text == '&')
            assert_true(sscanf(text, "&#x%x;", &code) == 1 || sscanf(text, "&#%u;", &code) == 1);
        if (*text != '<')
            continue;
        const char *end = tag_end(text);
        if (text[1] == '/') {
            assert_int_equal(sscanf(text, "</%15[a-z]>", name), 1);
            assert_true(depth > 0);
            assert_string_equal(name, open[--depth]);
        } else {
            assert_int_equal(sscanf(text, "<%15[a-z]", name), 1);
            elements += depth == 0;
            assert_true(depth < DEPTH);
            if (end[-1] != '/')
                strcpy(open[depth++], name);
        }
        text = end;
    }
    assert_int_equal(depth, 0);
    assert_int_equal(elements, 1);
}

static void test_svg(void **state)
{
    char *text = run("--format svg m.yaml", 0), *again = run("--format svg m.yaml", 0);
    size_t dots = 0;

    (void)state;
    assert_string_equal(text, again);
    expect_names(text);
    check_xml(text);
    expect(text, "overall classification: restricted");
    expect(text, ">EXPOSED, public<");
    expect(text, ">&#60;/text&#62;&#38;&#60;b a=&#39;&#34;<");
    expect(text, ">\u20ac\u00e9<");
    assert_null(strstr(text, "<script"));
    assert_null(strstr(text, "href"));
    for (const char *dot = text; (dot = strstr(dot, "<circle")); dot++)
        dots++;
    assert_int_equal(dots, 3); /* a card each in internet, plant and admin */
    free(text);
    free(again);
}

static int attribute(const char *text, const char *name)
{
    const char *at = strstr(text, name);

    assert_non_null(at);
    return atoi(at + strlen(name));
}

static void test_svg_of_links(void **state)
{
    char *text = run("--format svg links.yaml 2>.messages", 0);
    const char *diode, *plant_b;

    (void)state;
    check_xml(text);
    expect(text, ">one cable<");
    expect(text, ">one way:<");
    expect(text, ">\u2192 archive<");
    expect(text, "Arrowheads: ");
    expect(text, "Bracket: ");
    expect(text, ">role<");
    expect(text, ">firewall,<");
    expect(text, ">protects archive<");
    expect(text, ">edge-of-the-<"); /* the name goes on in the next line */
    expect(text, ">northern-hall-<");
    expect(text, ">shared with<");
    expect(text, ">10.0.2.15/24<");
    /* What shares a cable lies together. */
    diode = strstr(text, ">diode<");
    plant_b = strstr(text, ">plant-b<");
    assert_true(diode && plant_b && plant_b < diode);
    free(text);
    text = run("--format svg m.yaml", 0);
    expect_no(text, ">one cable<");
    expect_no(text, "Arrowheads");
    expect_no(text, "Bracket");
    expect_no(text, ">role<");
    free(text);
}

/* Many owners stand in rows; the legend explains only what is there. */
static void test_svg_of_many(void **state)
{
    char *text = run("--format svg wide.yaml 2>.messages", 0);
    char name[32];

    (void)state;
    check_xml(text);
    assert_in_range(attribute(text, " width=\""), 600, 1700);
    assert_in_range(attribute(text, " height=\""), 400, 1100);
    for (int i = 10; i <= 25; i++) {
        snprintf(name, sizeof(name), "very-long-n%d<", i);
        expect(text, name);
    }
    expect_no(text, "Dot: ");
    expect_no(text, "Dashed box");
    expect_no(text, "Orange");
    free(text);
}

static void test_bad_manifest(void **state)
{
    static const char *const formats[] = {"text", "json", "svg"};

    (void)state;
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        char command[128];

        snprintf(command, sizeof(command), "--format %s bad.yaml 2>.messages", formats[i]);
        char *text = run(command, 1);
        assert_string_equal(text, "");
        free(text);
        assert_int_equal(system("grep -q 'error.range.' $DIR/.messages"), 0);
    }
}

static void test_command_line(void **state)
{
    static const struct {
        const char *command;
        int status;
    } cases[] = {
        {"--help | grep -q Examples:", 0},
        {"2>&1 | grep -q -e --help", 0},
        {"2>.messages", 2},
        {"m.yaml m.yaml 2>.messages", 2},
        {"--format png m.yaml 2>.messages", 2},
        {"--date soon m.yaml 2>.messages", 2},
        {"absent.yaml 2>.messages", 3},
        {"m.yaml >/dev/full 2>.messages", 3},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        free(run(cases[i].command, cases[i].status));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),         cmocka_unit_test(test_text_of_links),
        cmocka_unit_test(test_json),         cmocka_unit_test(test_json_of_links),
        cmocka_unit_test(test_svg),          cmocka_unit_test(test_svg_of_links),
        cmocka_unit_test(test_svg_of_many),  cmocka_unit_test(test_bad_manifest),
        cmocka_unit_test(test_command_line),
    };

    return cmocka_run_group_tests_name("tool_map", tests, prepare, clean);
}

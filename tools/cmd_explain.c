/* SPDX-License-Identifier: Apache-2.0 */
/* `bulkhead explain`, `bulkhead schema`, `bulkhead reference` and `bulkhead demo`. */
#include "tool.h"
#include "tools/reference/accidents.h"
#include "tools/reference/reference.h"
#include "tools/rules/rules.h"

#include <getopt.h>
#include <string.h>

/* The fixtures of the rules, as they were when the tool was built. */
enum example_kind { EXAMPLE_BAD, EXAMPLE_SAYS, EXAMPLE_GOOD };

struct example {
    const char *rule;
    enum example_kind kind;
    const char *name; /* in tests/fixtures */
    const char *text;
};

#include "examples.h"

const char explain_help[] =
    "usage: bulkhead explain [RULE]...\n"
    "\n"
    "Says what a rule of `bulkhead check` wants, with a manifest that breaks it, what `check` "
    "says\n"
    "of that and what to do about it, and one that is good; without a rule, lists them all.\n"
    "\n"
    "Exit status: 0 good, 2 there is no such rule.\n"
    "\n"
    "Examples:\n"
    "  bulkhead explain mixed-levels\n"
    "  bulkhead explain | grep network\n";

const char schema_help[] =
    "usage: bulkhead schema\n"
    "\n"
    "Writes a JSON Schema of manifests, with which an editor completes keys and checks values.\n"
    "It knows the keys and their values; the rules are `bulkhead check`'s.\n"
    "\n"
    "Exit status: 0 good, 2 wrong usage, 3 it cannot be written.\n"
    "\n"
    "Examples:\n"
    "  bulkhead schema > manifest.schema.json\n"
    "  then begin a manifest with: # yaml-language-server: $schema=manifest.schema.json\n";

const char reference_help[] = "usage: bulkhead reference\n"
                              "\n"
                              "Writes the page docs/manifest.md: every key and every rule.\n"
                              "\n"
                              "Exit status: 0 good, 2 wrong usage, 3 it cannot be written.\n"
                              "\n"
                              "Examples:\n"
                              "  bulkhead reference > docs/manifest.md\n";

const char demo_help[] =
    "usage: bulkhead demo accidents\n"
    "\n"
    "Shows the classic accidents of estates with many systems on few machines: a manifest that\n"
    "commits each, and the message that stops it. Written as Markdown (docs/accidents.md).\n"
    "\n"
    "Exit status: 0 all are stopped, 1 one is not, 2 wrong usage.\n"
    "\n"
    "Examples:\n"
    "  bulkhead demo accidents | less\n";

/* Returns false after --help or a wrong option, with what to end with in `status`. */
static bool read_options(int argc, char **argv, const char *help, enum exit_status *status)
{
    static const struct option options[] = {{"help", no_argument, NULL, 'h'}, {0}};
    int option = next_option(argc, argv, "h", options);

    if (option == -1)
        return true;
    *status = option == 'h' ? EXIT_GOOD : EXIT_USAGE;
    if (option == 'h')
        fputs(help, stdout);
    return false;
}

static void explain(const struct rule *rule)
{
    static const char *const severities[] = {"error", "warning"};

    printf("%s (%s)\n    %s\n", rule->name, severities[rule->severity], rule->text);
}

/* A fixture may hold anything. */
static void print_indented(const char *text)
{
    struct arena arena = {0};

    while (*text) {
        int length = (int)strcspn(text, "\n");

        fputs("        ", stdout);
        put_safely(stdout, say(&arena, "%.*s", length, text));
        fputc('\n', stdout);
        text += length + (text[length] == '\n');
    }
    arena_free(&arena);
}

static void print_examples(const struct rule *rule, enum example_kind kind, const char *head)
{
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        if (examples[i].kind != kind || strcmp(examples[i].rule, rule->name) != 0)
            continue;
        printf("\n    %s%s%s\n", head, *examples[i].name ? ": tests/fixtures/" : ":",
               examples[i].name);
        print_indented(examples[i].text);
    }
}

static void explain_fully(const struct rule *rule)
{
    explain(rule);
    print_examples(rule, EXAMPLE_BAD, "bad");
    print_examples(rule, EXAMPLE_SAYS, "of which `check` says, and what to do about it");
    print_examples(rule, EXAMPLE_GOOD, "good");
}

static enum exit_status unknown(const char *name)
{
    const char *names[256];
    size_t count = 0;

    for (; count < rule_count && count < 256; count++)
        names[count] = rules[count].name;
    const char *near = nearest_word(name, names, count);
    fputs("bulkhead explain: there is no rule `", stderr);
    put_safely(stderr, name);
    fprintf(stderr, near ? "`; did you mean `%s`?\n" : "`; `bulkhead explain` lists them%s\n",
            near ? near : "");
    return EXIT_USAGE;
}

int explain_main(int argc, char **argv)
{
    enum exit_status status = EXIT_GOOD;

    if (!read_options(argc, argv, explain_help, &status))
        return status;
    for (size_t i = 0; optind == argc && i < rule_count; i++)
        explain(&rules[i]);
    for (int i = optind; i < argc; i++) {
        const struct rule *rule = rule_named(argv[i]);

        if (rule)
            explain_fully(rule);
        else
            status = unknown(argv[i]);
    }
    return status;
}

static enum exit_status write_page(int argc, char **argv, const char *help, void (*page)(FILE *))
{
    enum exit_status status = EXIT_GOOD;

    if (!read_options(argc, argv, help, &status))
        return status;
    if (optind < argc) {
        fprintf(stderr, "%s: takes no argument; see `%s --help`\n", argv[0], argv[0]);
        return EXIT_USAGE;
    }
    page(stdout);
    return EXIT_GOOD;
}

int schema_main(int argc, char **argv)
{
    return write_page(argc, argv, schema_help, json_schema_write);
}

int reference_main(int argc, char **argv)
{
    return write_page(argc, argv, reference_help, reference_write);
}

int demo_main(int argc, char **argv)
{
    enum exit_status status = EXIT_GOOD;

    if (!read_options(argc, argv, demo_help, &status))
        return status;
    if (optind + 1 != argc || strcmp(argv[optind], "accidents") != 0) {
        fputs("bulkhead demo: there is one demo, `bulkhead demo accidents`\n", stderr);
        return EXIT_USAGE;
    }
    return accidents_write(stdout) == 0 ? EXIT_GOOD : EXIT_FINDINGS;
}

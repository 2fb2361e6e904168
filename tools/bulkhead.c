/* SPDX-License-Identifier: Apache-2.0 */
/* The command `bulkhead`: finds the subcommand. */
#include "text.h"
#include "tool.h"
#include "tools/image/disk.h"
#include "tools/run/run.h"

#include <getopt.h>
#include <stdbool.h>
#include <string.h>

const struct command commands[] = {
    {"check", check_main, check_help, "say what is wrong with a manifest"},
    {"diff", diff_main, diff_help, "say what changed between two manifests"},
    {"build", build_main, build_help, "make the EFI file that boots it"},
    {"explain", explain_main, explain_help, "say what a rule of check wants"},
    {"schema", schema_main, schema_help, "write a JSON Schema of manifests, for editors"},
    {"reference", reference_main, reference_help, "write the reference page of manifests"},
    {"demo", demo_main, demo_help, "show classic accidents, and what stops them"},
    {"show", show_main, show_help, "turn an image back into its manifest"},
    {"map", map_main, map_help, "show who owns what, as a table or a picture"},
    {"report", report_main, report_help, "write the page on which a machine is approved"},
    {"cascade", cascade_main, cascade_help, "find what several hosts let flow between levels"},
    {"hw", hw_main, hw_help, "list the machine's hardware, or say whether it will do"},
    {"survey", survey_main, survey_help, "make an application that looks at a machine"},
    {"init", init_main, init_help, "write a first manifest for a machine"},
    {"key", key_main, key_help, "make a key pair, or the certificate of a console"},
    {"disk", disk_main, disk_help, "make a bootable disk of an image"},
    {"run", run_main, run_help, "boot an image in an emulator"},
    {"audit", audit_main, audit_help, "collect machines' audit trails, verify them"},
    {"ctl", ctl_main, ctl_help, "speak with the console of a running machine"},
    {"man", man_main, man_help, "write the manual page"},
    {0},
};
enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) - 1 };

static const struct command *command_named(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    }
    return NULL;
}

static void print_help(FILE *out)
{
    fputs("usage: bulkhead SUBCOMMAND ...\n\n"
          "Bulkhead separates systems on one x86-64 board; a manifest says who owns what.\n\n",
          out);
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].summary);
    fputs("\n`bulkhead SUBCOMMAND --help` says more of each.\n\n"
          "Examples:\n"
          "  bulkhead check gate-7.yaml\n"
          "  bulkhead build gate-7.yaml -o gate-7.efi\n"
          "  bulkhead show gate-7.efi\n",
          out);
}

static int usage(const char *name)
{
    const char *names[COMMANDS];

    for (size_t i = 0; i < COMMANDS; i++)
        names[i] = commands[i].name;
    const char *near = nearest_word(name, names, COMMANDS);
    fputs("bulkhead: there is no subcommand `", stderr);
    put_safely(stderr, name);
    fprintf(stderr, near ? "`; did you mean `%s`?\n" : "`; `bulkhead --help` lists them%s\n",
            near ? near : "");
    return EXIT_USAGE;
}

int next_option(int argc, char **argv, const char *letters, const struct option *options)
{
    int option = getopt_long(argc, argv, letters, options, NULL);

    if (option == '?')
        fprintf(stderr, "%s: see `%s --help`\n", argv[0], argv[0]);
    return option;
}

/* A result that got lost is none. */
static int finish(const char *name, int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    if (status != EXIT_ENVIRONMENT) /* else it has been said */
        fprintf(stderr, "bulkhead %s: the output cannot be written\n", name);
    return EXIT_ENVIRONMENT;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    bool help = strcmp(argv[1], "help") == 0;
    if (strcmp(argv[1], "--version") == 0) {
        puts("bulkhead " TOOL_VERSION);
        return EXIT_GOOD;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || (help && argc == 2)) {
        print_help(stdout);
        return EXIT_GOOD;
    }
    const struct command *command = command_named(argv[help ? 2 : 1]);
    if (!command)
        return usage(argv[help ? 2 : 1]);
    if (help) {
        char option[] = "--help";
        char *arguments[] = {argv[2], option, NULL};

        return command->main(2, arguments);
    }
    char name[32];
    snprintf(name, sizeof(name), "bulkhead %s", command->name);
    argv[1] = name;
    return finish(command->name, command->main(argc - 1, argv + 1));
}

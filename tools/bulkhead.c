/* SPDX-License-Identifier: Apache-2.0 */
/* The command `bulkhead`: finds the subcommand. */
#include "disk.h"
#include "run.h"
#include "text.h"
#include "tool.h"

#include <stdbool.h>
#include <string.h>

static const struct command {
    const char *name;
    int (*main)(int argc, char **argv);
    const char *summary;
} commands[] = {
    {"check", check_main, "say what is wrong with a manifest"},
    {"build", build_main, "make the EFI file that boots it"},
    {"explain", explain_main, "say what a rule of check wants"},
    {"schema", schema_main, "write a JSON Schema of manifests, for editors"},
    {"reference", reference_main, "write the reference page of manifests"},
    {"demo", demo_main, "show classic accidents, and what stops them"},
    {"show", show_main, "turn an image back into its manifest"},
    {"map", map_main, "show who owns what, as a table or a picture"},
    {"cascade", cascade_main, "find what several hosts let flow between levels"},
    {"hw", hw_main, "list the machine's hardware, or say whether it will do"},
    {"init", init_main, "write a first manifest for a machine"},
    {"disk", disk_main, "make a bootable disk of an image"},
    {"run", run_main, "boot an image in an emulator"},
};

static const struct command *command_named(const char *name)
{
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
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
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        fprintf(out, "  %-9s %s\n", commands[i].name, commands[i].summary);
    fputs("\n`bulkhead SUBCOMMAND --help` says more of each.\n\n"
          "Examples:\n"
          "  bulkhead check gate-7.yaml\n"
          "  bulkhead build gate-7.yaml -o gate-7.efi\n"
          "  bulkhead show gate-7.efi\n",
          out);
}

static int usage(const char *name)
{
    const char *names[sizeof(commands) / sizeof(commands[0])];
    size_t count = sizeof(names) / sizeof(names[0]);

    for (size_t i = 0; i < count; i++)
        names[i] = commands[i].name;
    const char *near = nearest_word(name, names, count);
    fputs("bulkhead: there is no subcommand `", stderr);
    put_safely(stderr, name);
    fprintf(stderr, near ? "`; did you mean `%s`?\n" : "`; `bulkhead --help` lists them%s\n",
            near ? near : "");
    return EXIT_USAGE;
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
    return command->main(argc - 1, argv + 1);
}

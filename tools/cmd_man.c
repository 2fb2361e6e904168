/* SPDX-License-Identifier: Apache-2.0 */
/* `bulkhead man`: the manual page, made of the texts that --help shows. */
#include "tool.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

const char man_help[] = "usage: bulkhead man\n"
                        "\n"
                        "Writes the manual page bulkhead(1) from the texts of --help.\n"
                        "\n"
                        "Exit status: 0 good, 2 wrong usage, 3 it cannot be written.\n"
                        "\n"
                        "Examples:\n"
                        "  bulkhead man > bulkhead.1 && man -l bulkhead.1\n";

static const char introduction[] =
    ".TH BULKHEAD 1 2026 \"Bulkhead " TOOL_VERSION "\" \"Bulkhead\"\n"
    ".SH NAME\n"
    "bulkhead \\- checks, builds and runs the manifests of a separation hypervisor\n"
    ".SH SYNOPSIS\n"
    ".B bulkhead\n"
    "SUBCOMMAND ...\n"
    ".SH DESCRIPTION\n"
    "Bulkhead separates systems on one x86-64 board. A manifest says who owns what; these\n"
    "subcommands check it, make the one file that the machine boots, and say what it means.\n"
    "Results go to standard output, messages to standard error.\n";

static const char ending[] =
    ".SH EXIT STATUS\n"
    "0 good, 1 the manifest or image was read and is not good, 2 the command line is wrong, 3 a\n"
    "file cannot be read or written, or a part is missing, 4 as the subcommand says.\n"
    ".SH FILES\n"
    ".TP\n"
    "PREFIX/lib/bulkhead/loader.efi, kernel\\-intel.elf, kernel\\-amd.elf\n"
    "What `build` puts into images.\n"
    ".TP\n"
    "PREFIX/share/bulkhead/manifest.schema.json\n"
    "For editors: the language of manifests as a JSON Schema.\n"
    ".TP\n"
    "$XDG_CONFIG_HOME/bulkhead/hosts.yaml, or ~/.config/bulkhead/hosts.yaml\n"
    "Machines that `ctl` knows, the public keys of their consoles, and where one's own keys are.\n"
    ".SH ENVIRONMENT\n"
    ".TP\n"
    "NO_COLOR\n"
    "If it is set and not empty, nothing is coloured. Otherwise colour appears on a terminal "
    "only.\n"
    ".TP\n"
    "SOURCE_DATE_EPOCH\n"
    "Seconds since 1970; dates in manifests are compared with that day instead of today.\n"
    ".SH SEE ALSO\n"
    "PREFIX/share/doc/bulkhead/docs/manifest.md, which every key and rule stands in, and\n"
    "PREFIX/share/doc/bulkhead/CAVEATS.md.\n";

/* What roff would take for something else, or show as a typographic character. */
static const char *roff_character(char c)
{
    switch (c) {
    case '\\':
        return "\\e";
    case '-':
        return "\\-";
    case '`':
        return "\\(ga";
    case '\'':
        return "\\(aq";
    case '^':
        return "\\(ha";
    case '~':
        return "\\(ti";
    default:
        return NULL;
    }
}

/* A line of text that appears as it stands. */
static void put_line(const char *at, size_t length)
{
    if (length > 0 && *at == '.')
        fputs("\\&", stdout);
    for (; length > 0; length--, at++) {
        const char *special = roff_character(*at);

        if (special)
            fputs(special, stdout);
        else
            putchar(*at);
    }
    putchar('\n');
}

enum block { BLOCK_NONE, BLOCK_TEXT, BLOCK_OPTION, BLOCK_LITERAL };

/* "  -o, --output FILE    the image": where its description begins, or NULL. */
static const char *option_text(const char *at, size_t length)
{
    const char *dash = at + strspn(at, " ");

    if (dash - at < 2 || *dash != '-' || (size_t)(dash - at) >= length)
        return NULL;
    const char *gap = strstr(dash, "  ");
    return gap && gap < at + length ? gap : NULL;
}

static void end_block(enum block block)
{
    if (block == BLOCK_LITERAL)
        fputs(".fi\n.RE\n", stdout);
}

static void begin_literal(void)
{
    fputs(".PP\n.RS 2\n.nf\n", stdout);
}

/* One line of the help; what block it continues or begins. */
static enum block put_help_line(enum block block, const char *at, size_t length)
{
    const char *text = option_text(at, length);
    size_t indent = strspn(at, " ");

    if (text && block != BLOCK_LITERAL) {
        fputs(".TP\n.B ", stdout);
        put_line(at + indent, (size_t)(text - at) - indent);
        text += strspn(text, " ");
        put_line(text, (size_t)(at + length - text));
        return BLOCK_OPTION;
    }
    if (block == BLOCK_OPTION && indent > 2) {
        put_line(at + indent, length - indent);
        return block;
    }
    if (indent >= 2) {
        if (block != BLOCK_LITERAL)
            begin_literal();
        put_line(at + 2, length - 2);
        return BLOCK_LITERAL;
    }
    end_block(block);
    if (block != BLOCK_TEXT)
        fputs(".PP\n", stdout);
    put_line(at, length);
    return BLOCK_TEXT;
}

static void put_help(const char *help)
{
    static const char prefix[] = "usage: ";
    enum block block = BLOCK_NONE;

    begin_literal();
    for (; *help && *help != '\n'; help += strcspn(help, "\n") + 1) {
        const char *at = help + sizeof(prefix) - 1; /* further lines are indented as far */

        put_line(at, strcspn(at, "\n"));
    }
    end_block(BLOCK_LITERAL);
    for (; *help; help += strcspn(help, "\n") + 1) {
        size_t length = strcspn(help, "\n");

        if (length > 0) {
            block = put_help_line(block, help, length);
        } else if (block == BLOCK_LITERAL && strncmp(help + 1, "  ", 2) == 0 &&
                   !option_text(help + 1, strcspn(help + 1, "\n"))) {
            putchar('\n');
        } else {
            end_block(block);
            block = BLOCK_NONE;
        }
    }
    end_block(block);
}

int man_main(int argc, char **argv)
{
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        fputs(man_help, stdout);
        return EXIT_GOOD;
    }
    if (argc != 1) {
        fputs("bulkhead man: takes nothing; `bulkhead man --help` says more\n", stderr);
        return EXIT_USAGE;
    }
    fputs(introduction, stdout);
    for (const struct command *command = commands; command->name; command++) {
        printf(".SH BULKHEAD %s\n", command->name);
        put_help(command->help);
    }
    fputs(ending, stdout);
    return EXIT_GOOD;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What all subcommands of `bulkhead` share: exit statuses, and one entry point each. */
#ifndef BULKHEAD_TOOL_H
#define BULKHEAD_TOOL_H

#define TOOL_VERSION "0.1"

enum exit_status {
    EXIT_GOOD = 0,
    EXIT_FINDINGS = 1,    /* the manifest or image was read and is not good */
    EXIT_USAGE = 2,       /* the command line is wrong */
    EXIT_ENVIRONMENT = 3, /* a file cannot be read or written, a part is missing, no memory */
};

struct option;

/* getopt_long(), which on a wrong option also says where the help is. */
int next_option(int argc, char **argv, const char *letters, const struct option *options);

/* Subcommands; argv[0] is "bulkhead NAME", as messages begin. Each returns an enum exit_status. */
int check_main(int argc, char **argv);
int diff_main(int argc, char **argv);
int build_main(int argc, char **argv);
int show_main(int argc, char **argv);
int explain_main(int argc, char **argv);
int schema_main(int argc, char **argv);
int reference_main(int argc, char **argv);
int demo_main(int argc, char **argv);
int report_main(int argc, char **argv);
int cascade_main(int argc, char **argv);
int hw_main(int argc, char **argv);
int init_main(int argc, char **argv);
int survey_main(int argc, char **argv);
int key_main(int argc, char **argv);
int audit_main(int argc, char **argv);
int ctl_main(int argc, char **argv);
int man_main(int argc, char **argv);
int map_main(int argc, char **argv);

/* The text of `bulkhead SUBCOMMAND --help`. */
extern const char check_help[];
extern const char diff_help[];
extern const char build_help[];
extern const char show_help[];
extern const char explain_help[];
extern const char schema_help[];
extern const char reference_help[];
extern const char demo_help[];
extern const char report_help[];
extern const char cascade_help[];
extern const char hw_help[];
extern const char init_help[];
extern const char survey_help[];
extern const char key_help[];
extern const char audit_help[];
extern const char ctl_help[];
extern const char man_help[];
extern const char map_help[];
extern const char disk_help[];
extern const char run_help[];

struct command {
    const char *name;
    int (*main)(int argc, char **argv);
    const char *help, *summary;
};

/* All subcommands, in the order of the help; the last one has no name. */
extern const struct command commands[];

#endif

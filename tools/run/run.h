/* SPDX-License-Identifier: Apache-2.0 */
/* `bulkhead run`: boots an image in an emulator. */
#ifndef BULKHEAD_RUN_H
#define BULKHEAD_RUN_H

/* The subcommand; argv[0] is "run". Returns an enum exit_status. */
int run_main(int argc, char **argv);

#endif

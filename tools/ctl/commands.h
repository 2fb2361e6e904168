/* SPDX-License-Identifier: Apache-2.0 */
/* What `bulkhead ctl` does, one function a command. Each returns an exit status, EXIT_DIFFERS too.
 */
#ifndef BULKHEAD_CTL_COMMANDS_H
#define BULKHEAD_CTL_COMMANDS_H

#include "api.h"

enum exit_status ctl_machine(struct ctl *ctl);
enum exit_status ctl_domains(struct ctl *ctl);
enum exit_status ctl_status(struct ctl *ctl, const char *name);
enum exit_status ctl_metrics(struct ctl *ctl);

/* What one wants of a domain, and how long one waits for it. */
struct wish {
    const char *name, *action; /* "start", "stop", "restart", "power-button", "check" */
    int64_t wait;              /* seconds; -1: not said */
    bool no_wait;              /* only for the ticket */
    bool then_stop;            /* power-button: the console is to stop it after `wait` */
};
enum exit_status ctl_act(struct ctl *ctl, const struct wish *wish);

/*
 * Attaches to a domain's serial port. `wait`: leaves after so many seconds, -1: stays until Ctrl-],
 * a signal, or, where one types no keys, for ever.
 */
enum exit_status ctl_serial(struct ctl *ctl, const char *name, int64_t wait);

/* The audit trail from a record on; `follow`: and what comes, until a signal. */
enum exit_status ctl_log(struct ctl *ctl, int64_t from, bool follow);

struct comparison {
    const char *file;
    const char *kernel;  /* NULL: as `bulkhead build` takes it */
    uint64_t cpu_vendor; /* enum manifest_cpu_vendor; 0: as the manifest says */
};
enum exit_status ctl_compare(struct ctl *ctl, const struct comparison *comparison);

/* `host add`, `list`, `remove`. */
struct host_words {
    const char *name, *address, *server_key, *key, *certificate;
    bool replace, json;
};
enum exit_status ctl_host_add(const struct host_words *words);
enum exit_status ctl_host_list(const struct host_words *words);
enum exit_status ctl_host_remove(const struct host_words *words);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `bulkhead check --fleet`: every manifest of a folder by itself, and the rules across hosts. All
 * manifests stay open until the end, as a finding names two of them.
 */
#ifndef BULKHEAD_CHECK_FLEET_H
#define BULKHEAD_CHECK_FLEET_H

#include "tools/manifest/check.h"
#include "tools/manifest/claims.h"

struct fleet_check {
    struct arena arena;
    uint32_t today;      /* as in struct check */
    struct check *hosts; /* in the order of their files' names */
    size_t count;
    bool incomplete; /* a manifest could not be read: said on stderr */
};

/*
 * Checks the manifests directly in `folder`, the files *.yaml and *.yml, in any case, but those
 * that only others include. Returns false with a message on stderr if there is nothing to check.
 */
bool fleet_check_open(struct fleet_check *fleet, const char *folder);

void fleet_check_close(struct fleet_check *fleet);

/* fleet.c: applies the rules across hosts; each finding is one of the later host's. */
void rules_fleet_apply(struct fleet_check *fleet);

/* fleet_net.c: the one about trunks. */
void rules_fleet_trunk(struct fleet_check *fleet);

/* fleet_apart.c: those about keep_apart and firewalls. */
void rules_fleet_apart(struct fleet_check *fleet);

/* The networks of a fleet, and which of them are joined. */
struct fleet_nets {
    struct claims names; /* of every host, sorted */
    size_t *joined; /* for the first claim of each name: one that it is joined with, or itself */
};

/* Networks that share a cable on any host are joined. */
void fleet_nets_open(struct fleet_check *fleet, struct fleet_nets *nets);

void fleet_nets_join(struct fleet_nets *nets, const char *one, const char *other);

/* One name for all networks that are joined with `name`. */
const char *fleet_net(const struct fleet_nets *nets, const char *name);

/*
 * As fleet_nets_open(), and `domains` (claims of struct model_domain) join too what they have cards
 * on; but for the network `without`, and for what a firewall protects.
 */
void fleet_nets_around(struct arena *arena, const struct fleet_nets *cables,
                       const struct claims *domains, const char *without, struct fleet_nets *nets);

/* The host's name, or its file where it has none. */
const char *fleet_host_name(const struct check *host);

#endif

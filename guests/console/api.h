/* SPDX-License-Identifier: Apache-2.0 */
/* The requests of docs/console-api.md, over the management call. */
#ifndef CONSOLE_API_H
#define CONSOLE_API_H

#include "machine.h"
#include "reply.h"
#include "request.h"

/* Answers a request that is whole, of a key that is good. `now` in milliseconds. */
void api_answer(struct reply *reply, const struct request *request, struct span body, uint64_t now);

/* GET: the answers, each in a file of its own. */
void api_machine(struct reply *reply);
void api_domains(struct reply *reply);
void api_domain(struct reply *reply, uint32_t index);
void api_audit(struct reply *reply, uint64_t from);
void api_metrics(struct reply *reply);

/* POST /v1/domains/NAME/ACT */
void api_act(struct reply *reply, uint32_t index, struct span act, const struct request *request,
             struct span body, uint64_t now);

/* The members of a domain but its counters, without the brackets; its status, if it may be told. */
void domain_members(struct writer *to, uint32_t index, uint32_t admin,
                    const struct management_status *status);

/* The status of a domain; false if it may not be read, or can't be. */
bool domain_status(uint32_t index, uint32_t admin, struct management_status *status);

/* A record as an object. */
void record_object(struct writer *to, const struct audit_record *record);

/* Reads records from `from` into `page`; false if the hypervisor does not let it. */
bool audit_read(uint64_t from, uint32_t admin, struct management_audit *page);

/* The name of a domain's missing right goes into the answer. */
void reply_no_right(struct reply *reply, const char *right, uint32_t index);

#endif

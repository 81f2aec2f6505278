/* SPDX-License-Identifier: ISC */
#ifndef QUEUE_PLAN_WORK_H
#define QUEUE_PLAN_WORK_H

/* One run of plan_make, as queue/plan*.c share it; nobody else includes it. */

#include "queue/plan_hosts.h"

struct plan_work {
	const struct plan_ask		*ask;
	const struct plan_answers	*answers;
	struct plan			*plan;
	struct plan_hosts		 srv;
	struct plan_hosts		 mx;
	const struct plan_answer	*srv_answer;
	const struct plan_answer	*mx_answer;
	bool				 null_mx;
	bool				 implicit_mx;
	bool				 self_seen;	/* we are a target */
	bool				 ipv4;		/* may be used here */
	bool				 ipv6;
};

/* ---- plan.c ---- */

/* The answer, or NULL and a question more. */
const struct plan_answer *plan_need(struct plan_work *w, enum dns_type type,
    const char *name);
/* Asks for the addresses of every host, or fills them in. */
void plan_need_addresses(struct plan_work *w, struct plan_hosts *hosts);
void plan_end(struct plan_work *w, enum plan_status status,
    const char *enhanced, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* ---- plan_domain.c: SRV, then MX ---- */
void plan_domain(struct plan_work *w);

/* ---- plan_order.c: addresses of ordered hosts to candidates ---- */
void plan_order(struct plan_work *w);
void plan_add_candidate(struct plan_work *w,
    const struct plan_candidate *candidate);
/* A host without SRV or MX: a route, LMTP, an address literal. */
void plan_order_host(struct plan_work *w, const struct plan_host *host,
    enum deliver_via via);
/* Keeps at most addresses_max, one IPv4 address at least among them. */
void plan_order_limit(struct plan_work *w);

/* ---- plan_fixed.c: destinations that the DNS has no say in ---- */
void plan_place(struct plan_work *w, const char *place, enum deliver_via via);
void plan_literal(struct plan_work *w);

/* ---- plan_steps.c: what mx6ctl route shows ---- */
void plan_note(struct plan_work *w, const char *what, const char *subject,
    const char *result, const char *why);
void plan_note_lookup(struct plan_work *w, const struct plan_answer *answer,
    const char *why);
void plan_note_host(struct plan_work *w, const struct plan_host *host,
    const char *why);
void plan_note_candidates(struct plan_work *w);

#endif

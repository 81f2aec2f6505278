/* SPDX-License-Identifier: ISC */
#ifndef QUEUE_PLAN_H
#define QUEUE_PLAN_H

/*
 * Where the mail for one destination goes: the sender's section of MX6, as
 * far as it is a matter of names and addresses, in one pure function.
 *
 *	plan_make(ask, answers) --PLAN_ASK--> ask all of `questions` at once,
 *	     ^                                     add the answers
 *	     +----------------------------------------+
 *
 * until the status is another one.  It needs at most three rounds: SRV and
 * MX, then the addresses of all their targets.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "queue/plan_answers.h"
#include "queue/queue_words.h"
#include "util/config.h"
#include "util/domain.h"
#include "util/netaddr.h"

#define PLAN_HOSTS_MAX	20	/* hosts of one SRV or MX answer */
#define PLAN_ADDRS_MAX	8	/* addresses of one answer */

enum plan_status {
	PLAN_ASK,		/* answers are missing: see questions */
	PLAN_USABLE,		/* candidates has at least one */
	PLAN_DEFER,
	PLAN_FAIL,		/* for good: bounce */
};

/* What is "ours": a host with one of these names, or one of these addresses
 * with port, is ourselves.  A port of 0 stands for any. */
struct plan_self {
	const char *const	*names;
	size_t			 name_count;
	const struct netaddr	*addrs;
	size_t			 addr_count;
};

struct plan_ask {
	const char			*domain;	/* or "[literal]" */
	bool				 lmtp;		/* domain is its place */
	enum deliver_family		 demand;
	const char			*pushed_by;	/* host that pushed back, or NULL */
	const struct config		*config;
	const struct config_route	*route;		/* or NULL */
	const struct plan_self		*self;
	/* 0 <= result < below: the random choices of RFC 2782 and 5321. */
	uint32_t			(*pick)(void *arg, uint32_t below);
	void				*pick_arg;
	bool				 explain;	/* fill in steps */
};

struct plan_question {
	enum dns_type	type;
	char		name[DOMAIN_SIZE];
};

struct plan_candidate {
	char		*host;		/* name of the target */
	struct netaddr	 addr;		/* with port; none: unix socket `host` */
	enum deliver_via via;
	bool		 fallback_meant; /* 550 5.5.64 here means: use IPv4 */
	uint32_t	 group;		/* SRV priority or MX preference */
	const char	*why;
};

/* One line of `mx6ctl route`. */
struct plan_step {
	const char	*what;		/* "lookup", "candidate", "skip", "note" */
	char		*subject;
	char		*result;
	char		*why;
};

struct plan {
	enum plan_status	 status;
	struct plan_question	*questions;
	size_t			 question_count;
	struct plan_candidate	*candidates;	/* in the order to try */
	size_t			 candidate_count;
	struct plan_step	*steps;
	size_t			 step_count;
	enum tls_demand		 tls;
	bool			 lmtp;
	bool			 by_srv;	/* an SRV record named targets */
	/* With PLAN_DEFER and PLAN_FAIL. */
	const char		*enhanced;	/* "5.1.10" */
	char			*reason;
};

/* Never NULL; the caller frees it. */
struct plan *plan_make(const struct plan_ask *ask,
    const struct plan_answers *answers);
struct plan *plan_free(struct plan *plan);
/* "mx6-ipv6" and so on, for logs. */
const char *plan_via_text(enum deliver_via via);

#endif

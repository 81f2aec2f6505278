/* SPDX-License-Identifier: ISC */
#include "resolver/resolver_client.h"

#include <stdlib.h>

#include "util/xalloc.h"

/* The resolver keeps to timeout_ms itself; this is for one that hangs. */
#define GRACE_MS 2000

struct lookup {
	struct ipc_peer		*peer;
	enum dns_type		 type;
	uint32_t		 timeout_ms;
	bool			 again;		/* asked a second time */
	resolver_client_done	*done;
	void			*arg;
	char			*name;
};

static void ask(struct lookup *l);

static void
finish(struct lookup *l, const struct resolver_lookup_answer *answer)
{
	resolver_client_done *done = l->done;
	void *arg = l->arg;

	free(l->name);
	free(l);
	done(arg, answer);
}

static void
fail(struct lookup *l, const char *why)
{
	struct resolver_lookup_answer answer = {
		.status = DNS_FAILED,
		.canonical = "",
		.why = why,
	};

	finish(l, &answer);
}

static void
arrived(void *arg, enum ipc_status status,
    const struct resolver_lookup_answer *answer)
{
	struct lookup *l = arg;

	switch (status) {
	case IPC_OK:
		finish(l, answer);
		break;
	case IPC_LOST:
		if (l->again) {
			fail(l, "the resolver died twice");
			break;
		}
		l->again = true;
		ask(l);
		break;
	case IPC_TIMEOUT:
		fail(l, "the resolver does not answer");
		break;
	case IPC_REFUSED:
		fail(l, "too many questions at once");
		break;
	}
}

static void
ask(struct lookup *l)
{
	struct resolver_lookup_ask question = {
		.type = l->type,
		.name = l->name,
		.timeout_ms = l->timeout_ms,
	};

	resolver_lookup(l->peer, &question, l->timeout_ms + GRACE_MS, arrived,
	    l);
}

void
resolver_client_lookup(struct ipc_peer *peer, enum dns_type type,
    const char *name, uint32_t timeout_ms, resolver_client_done *done,
    void *arg)
{
	struct lookup *l = xcalloc(1, sizeof *l);

	l->peer = peer;
	l->type = type;
	l->timeout_ms = timeout_ms;
	l->done = done;
	l->arg = arg;
	l->name = xstrdup(name);
	ask(l);
}

static const struct {
	enum dns_type	 type;
	const char	*name;
} types[] = {
	{ DNS_A, "A" }, { DNS_AAAA, "AAAA" }, { DNS_CNAME, "CNAME" },
	{ DNS_MX, "MX" }, { DNS_PTR, "PTR" }, { DNS_SRV, "SRV" },
	{ DNS_TLSA, "TLSA" }, { DNS_TXT, "TXT" },
};

const char *
resolver_client_type_name(enum dns_type type)
{
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (types[i].type == type)
			return types[i].name;
	return "?";
}

const char *
resolver_client_status_name(enum dns_status status)
{
	static const char *const names[] = {
		[DNS_OK] = "OK",
		[DNS_NODATA] = "NODATA",
		[DNS_NXDOMAIN] = "NXDOMAIN",
		[DNS_FAILED] = "FAILED",
		[DNS_BOGUS] = "BOGUS",
	};

	return status < sizeof names / sizeof names[0] ? names[status] : "?";
}

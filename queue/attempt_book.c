/* SPDX-License-Identifier: ISC */
/*
 * The book of results: which answers are final, and what to do with the
 * recipients that are left (MX6.md, Sender 3 to 7).
 *
 *	answer			over IPv6		over IPv4, LMTP
 *	delivered, failed	final			final
 *	uncertain		final			final
 *	pushed back		final for all		(never)
 *	deferred		next candidate		final
 *	deferred by the end	next candidate		next candidate
 *	of the session
 */

#include <stdlib.h>
#include <string.h>

#include "queue/attempt_state.h"
#include "util/number.h"
#include "util/xalloc.h"

void
attempt_book_batch(struct attempt *a, bool only_again)
{
	a->batch_count = 0;
	for (size_t i = 0; i < a->rcpt_count; i++) {
		struct attempt_rcpt *r = &a->rcpts[i];

		if (r->final || (only_again && !r->again))
			continue;
		r->again = false;
		a->batch[a->batch_count] = r->address;
		a->batch_of[a->batch_count++] = i;
	}
}

static void
set_final(struct attempt *a, struct attempt_rcpt *r)
{
	if (!r->final)
		a->open_count--;
	r->final = true;
}

static void
set_result(struct attempt *a, struct attempt_rcpt *r,
    enum deliver_outcome outcome, const char *code, const char *enhanced,
    const char *text)
{
	free(r->text);
	r->outcome = outcome;
	r->text = xstrdup(text);
	r->candidate = a->route != NULL &&
	    route_plan(a->route)->candidate_count > 0 ?
	    (uint16_t)(a->at + 1) : 0;
	strcpy_bounded(r->code, sizeof r->code, code);
	strcpy_bounded(r->enhanced, sizeof r->enhanced, enhanced);
}

/* An ordinary 4xx over IPv6 may mean the defensive strategy: the remaining
 * addresses get their chance.  Over IPv4 it is the server's word. */
static bool
is_final(const struct attempt *a, const struct client_result *result,
    bool ended)
{
	const struct plan_candidate *c = attempt_candidate(a);

	if (result->outcome != OUTCOME_DEFERRED)
		return true;
	return !ended && (c->via == VIA_LMTP || !netaddr_is_ipv6(&c->addr));
}

/* The push-back takes everybody who has no final answer along. */
static void
push_back_rest(struct attempt *a, const struct client_result *result)
{
	a->pushed_back = true;
	route_pushed_back(a->domain, attempt_candidate(a)->host);
	for (size_t i = 0; i < a->rcpt_count; i++) {
		struct attempt_rcpt *r = &a->rcpts[i];

		if (r->final)
			continue;
		set_result(a, r, OUTCOME_PUSHED_BACK, result->code,
		    result->enhanced, result->text);
		set_final(a, r);
	}
}

static const struct client_result *
find_push_back(const struct attempt *a, const struct client *client)
{
	for (size_t i = 0; i < a->batch_count; i++) {
		const struct client_result *result =
		    client_result(client, i);

		if (result->outcome == OUTCOME_PUSHED_BACK)
			return result;
	}
	return NULL;
}

/* How many recipients the transaction decided, and how many it put off. */
static void
book_each(struct attempt *a, const struct client *client, bool ended,
    size_t *ret_decided, size_t *ret_again)
{
	for (size_t i = 0; i < a->batch_count; i++) {
		const struct client_result *result =
		    client_result(client, i);
		struct attempt_rcpt *r = &a->rcpts[a->batch_of[i]];

		set_result(a, r, result->outcome, result->code,
		    result->enhanced, result->text);
		if (result->again && !ended) {
			r->again = true;
			(*ret_again)++;
			continue;
		}
		(*ret_decided)++;
		if (is_final(a, result, ended))
			set_final(a, r);
	}
}

/* A server that puts off everybody, time after time, makes no progress. */
static void
settle_again(struct attempt *a)
{
	bool ipv6 = netaddr_is_ipv6(&attempt_candidate(a)->addr);

	for (size_t i = 0; i < a->rcpt_count; i++) {
		struct attempt_rcpt *r = &a->rcpts[i];

		if (r->again && !ipv6)
			set_final(a, r);
		r->again = false;
	}
}

/* A session that rested may have been closed by the server meanwhile: that
 * says nothing about the server.  Nor does a TLS that will not come up say
 * anything about mail, where TLS is only a wish (RFC 7435). */
static enum attempt_step
step_after_end(const struct attempt *a, const struct client_end *end)
{
	if (a->open_count == 0)
		return ATTEMPT_NEXT;
	if (a->reused && end->reason != CLIENT_END_TIMEOUT)
		return ATTEMPT_FRESH;
	if (end->reason == CLIENT_END_TLS && !a->no_tls &&
	    route_plan(a->route)->tls == TLS_OPPORTUNISTIC)
		return ATTEMPT_NO_TLS;
	return ATTEMPT_NEXT;
}

enum attempt_step
attempt_book_results(struct attempt *a, const struct client *client,
    const struct client_end *end)
{
	const struct client_result *pushed = find_push_back(a, client);
	size_t decided = 0, again = 0;

	a->tls = client_is_tls(client);
	book_each(a, client, end != NULL, &decided, &again);
	if (pushed != NULL)
		push_back_rest(a, pushed);
	if (end != NULL)
		return step_after_end(a, end);
	if (again > 0 && decided > 0)
		return ATTEMPT_SAME_LINK;
	settle_again(a);
	return ATTEMPT_NEXT;
}

void
attempt_book_trouble(struct attempt *a, const char *what, const char *why)
{
	const struct plan_candidate *c = attempt_candidate(a);
	char addr[NETADDR_TEXT_SIZE];
	char *text = xasprintf("%s %s%s%s: %s", what, c->host,
	    c->addr.family == NETADDR_NONE ? "" : " ",
	    c->addr.family == NETADDR_NONE ? "" :
	    netaddr_format_port(&c->addr, addr), why);

	for (size_t i = 0; i < a->rcpt_count; i++)
		if (!a->rcpts[i].final)
			set_result(a, &a->rcpts[i], OUTCOME_DEFERRED, "",
			    "4.4.1", text);
	free(text);
}

void
attempt_book_all(struct attempt *a, enum deliver_outcome outcome,
    const char *enhanced, const char *text)
{
	for (size_t i = 0; i < a->rcpt_count; i++) {
		set_result(a, &a->rcpts[i], outcome, "", enhanced, text);
		set_final(a, &a->rcpts[i]);
	}
}

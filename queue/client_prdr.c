/* SPDX-License-Identifier: ISC */
/*
 * Replies to the end of the message for each recipient (PRDR,
 * draft-hall-prdr-00), where the server offers them:
 *
 *	C: .
 *	S: 353		then a reply for each who was accepted, in their order,
 *	S: 250 ...	and one for the message
 *
 * Nothing is booked before the last of them: without it the server may have
 * taken the message or not.  A server that says 250 or 5xx in place of 353
 * has replied for all.
 */
#include "queue/client_core.h"

#include <string.h>

#define CODE_EACH	"353"

bool
client_prdr_offered(const struct client *c)
{
	size_t fit = 0;

	for (size_t i = 0; i < c->message.rcpt_count; i++)
		fit += c->rcpts[i].state != RCPT_UNFIT;
	return c->settings->prdr && !c->kind.lmtp && fit > 1 &&
	    (c->offers & OFFER_PRDR) != 0;
}

bool
client_prdr_begins(struct client *c)
{
	if (!c->prdr || c->prdr_open || strcmp(c->reply.code, CODE_EACH) != 0)
		return false;
	c->prdr_open = true;
	return true;
}

/* The reply to the message is a refusal: nobody got it (its section 3). */
static void
book_all(struct client *c, const struct client_result *last)
{
	bool taken = last->outcome == OUTCOME_DELIVERED;

	for (size_t i = 0; i < c->message.rcpt_count; i++) {
		struct client_result own = c->rcpts[i].result;

		if (c->rcpts[i].state != RCPT_ACCEPTED)
			continue;
		client_book(c, i, own.outcome == OUTCOME_DELIVERED && !taken ?
		    last : &own);
	}
	client_book_rest(c, last);
}

bool
client_prdr_reply(struct client *c)
{
	size_t i = c->hear.rcpt;
	struct client_result result = client_reply_result(c);

	if (i < c->message.rcpt_count) {
		c->rcpts[i].result = result;
		return true;
	}
	book_all(c, &result);
	return false;
}

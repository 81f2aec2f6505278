/* SPDX-License-Identifier: ISC */
/*
 * The steps from the greeting to a session that is ready: EHLO (HELO for
 * servers that know nothing better), STARTTLS, and EHLO again.
 */
#include "queue/client_core.h"

#include <string.h>
#include <strings.h>

static const struct {
	const char		*keyword;
	enum client_offer	 offer;
} offers[] = {
	{ "PIPELINING",	OFFER_PIPELINING },	/* RFC 2920 */
	{ "SIZE",	OFFER_SIZE },		/* RFC 1870 */
	{ "8BITMIME",	OFFER_8BITMIME },	/* RFC 6152 */
	{ "SMTPUTF8",	OFFER_SMTPUTF8 },	/* RFC 6531 */
	{ "STARTTLS",	OFFER_STARTTLS },	/* RFC 3207 */
	{ "PRDR",	OFFER_PRDR },		/* draft-hall-prdr-00 */
};

void
client_note_offer(struct client *c)
{
	const char *text = reply_line_text(&c->reply);
	size_t n = strcspn(text, " ");

	if (c->reply.line_count == 1)	/* the server's name */
		return;
	for (size_t i = 0; i < sizeof offers / sizeof offers[0]; i++)
		if (strlen(offers[i].keyword) == n &&
		    strncasecmp(text, offers[i].keyword, n) == 0)
			c->offers |= offers[i].offer;
}

void
client_on_greeting(struct client *c)
{
	if (c->reply.class == 2)
		client_go(c, STEP_EHLO, 0);
	else
		client_refused(c, CLIENT_END_REFUSED);
}

/* What was known before TLS is forgotten (RFC 3207 4.2). */
void
client_say_hello(struct client *c)
{
	c->offers = 0;
	client_say(c, "%s %s", c->kind.lmtp ? "LHLO" : "EHLO",
	    c->settings->hostname);
}

void
client_say_helo(struct client *c)
{
	c->offers = 0;
	client_say(c, "HELO %s", c->settings->hostname);
}

static void
ready(struct client *c)
{
	struct client_result result;

	if (!c->tls && c->kind.tls >= TLS_REQUIRED) {
		result = client_own_result(c, OUTCOME_DEFERRED, "4.7.4",
		    "TLS is required, and the server does not offer it");
		client_stop(c, CLIENT_END_TLS, &result, true);
		return;
	}
	client_go(c, STEP_IDLE, 0);
	if (c->begun)
		client_start(c);
}

/* RFC 5321 3.2: a server that refuses EHLO gets HELO. */
void
client_on_hello(struct client *c)
{
	if (c->reply.class == 5 && !c->kind.lmtp)
		client_go(c, STEP_HELO, 0);
	else if (c->reply.class != 2)
		client_refused(c, CLIENT_END_REFUSED);
	else if (!c->tls && c->kind.tls != TLS_NONE &&
	    (c->offers & OFFER_STARTTLS) != 0)
		client_go(c, STEP_STARTTLS, 0);
	else
		ready(c);
}

void
client_on_helo(struct client *c)
{
	if (c->reply.class == 2)
		ready(c);
	else
		client_refused(c, CLIENT_END_REFUSED);
}

void
client_say_starttls(struct client *c)
{
	client_say(c, "STARTTLS");
}

/* A refusal is no reason to keep the mail where TLS is only wished for. */
void
client_on_starttls(struct client *c)
{
	if (c->reply.class == 2) {
		c->tls_wanted = true;
		client_go(c, STEP_TLS, 0);
	} else if (c->kind.tls >= TLS_REQUIRED) {
		client_refused(c, CLIENT_END_TLS);
	} else {
		ready(c);
	}
}

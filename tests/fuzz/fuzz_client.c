/* SPDX-License-Identifier: ISC */
/*
 * The client session against a server that says anything.  The first octet
 * chooses the kind of session, the second the length of the body, the rest
 * is what the server says, cut at each 0xff, where the client is served.
 * Whatever comes: the session stays within its interface, everybody has a
 * result at the end, and no end of data goes out that is not the last line
 * of a body.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "queue/client.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define RCPTS 3

struct world {
	struct client		*client;
	struct client_message	 message;
	size_t			 body_size, given;
	unsigned		 messages;
	unsigned		 dots;		/* lone dots said */
	bool			 in_transaction;
	unsigned		 at;		/* of CR LF . CR LF, matched */
	uint64_t		 now_ms;
};

static const char *const rcpts[RCPTS] = { "a@x.example", "b@x.example",
    "c@x.example" };
static const uint8_t body[] = "a\r\n.\r\nb\n.\nc\r.\r\n.\0\r\n.\r\n..\r\n";

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static void
note_output(struct world *w, const uint8_t *out, size_t n)
{
	static const char end[] = "\r\n.\r\n";

	for (size_t i = 0; i < n; i++) {
		if (out[i] == (uint8_t)end[w->at])
			w->at++;
		else
			w->at = out[i] == '\r';
		if (w->at == 5) {
			w->dots++;
			w->at = 2;
		}
	}
}

static void
check_results(struct world *w)
{
	for (size_t i = 0; w->in_transaction && i < RCPTS; i++) {
		const struct client_result *r = client_result(w->client, i);

		check(r->text != NULL && strlen(r->code) <= 3);
		check(r->outcome <= OUTCOME_UNCERTAIN);
		check(!r->again || r->outcome == OUTCOME_DEFERRED);
		check(r->outcome != OUTCOME_DELIVERED ||
		    (w->dots > 0 && r->code[0] == '2'));
		check(r->outcome != OUTCOME_UNCERTAIN || w->dots > 0);
		check(r->outcome != OUTCOME_PUSHED_BACK ||
		    w->message.fallback_meant);
	}
	w->in_transaction = false;
}

static void
begin(struct world *w)
{
	w->given = 0;
	w->dots = 0;
	w->messages++;
	w->in_transaction = true;
	client_begin(w->client, &w->message, w->now_ms);
}

/* False when the session has ended. */
static bool
serve(struct world *w)
{
	const uint8_t *out;
	size_t n;

	for (;;)
		switch (client_next(w->client)) {
		case CLIENT_SENDS:
			out = client_output(w->client, &n);
			note_output(w, out, n);
			client_output_taken(w->client, n, w->now_ms);
			check(w->dots <= 1);
			break;
		case CLIENT_WANTS_BODY:
			check(w->given < w->body_size);
			w->given += client_body(w->client, body + w->given,
			    w->body_size - w->given, w->now_ms);
			break;
		case CLIENT_STARTS_TLS:
			client_tls_up(w->client, "TLSv1.3", "X", w->now_ms);
			break;
		case CLIENT_READY:
			check_results(w);
			if (w->messages == 3) {
				client_quit(w->client, w->now_ms);
				break;
			}
			begin(w);
			break;
		case CLIENT_WAITS:
			check(client_timeout_ms(w->client, w->now_ms) > 0);
			return true;
		case CLIENT_ENDED:
			check(client_end(w->client)->reason !=
			    CLIENT_END_NONE);
			check_results(w);
			return false;
		}
}

static void
play(struct world *w, const uint8_t *data, size_t size)
{
	const uint8_t *cut;
	size_t n;

	while (serve(w)) {
		if (size == 0) {
			client_lost(w->client, NULL);
			continue;
		}
		cut = memchr(data, 0xff, size);
		n = cut == NULL ? size : (size_t)(cut - data);
		w->now_ms += 100;
		client_bytes(w->client, data, n, w->now_ms);
		if (cut != NULL)
			n++;
		data += n;
		size -= n;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char code[] = "5.5.64";
	char *const codes[] = { code };
	const struct client_settings settings = { "c.example", codes, 1, true,
	    { 1000, 1000, 1000, 1000, 1000, 1000, 0 } };
	struct client_kind kind = { 0 };
	struct world w = { 0 };

	if (size < 2)
		return 0;
	kind.lmtp = (data[0] & 1) != 0;
	kind.tls = (enum tls_demand)(data[0] >> 1 & 3);
	w.body_size = data[1] % sizeof body;
	w.message = (struct client_message){ .sender = "s@x.example",
	    .rcpts = rcpts, .rcpt_count = RCPTS, .size_bytes = w.body_size,
	    .eightbit = (data[0] & 8) != 0, .utf8 = (data[0] & 16) != 0,
	    .fallback_meant = (data[0] & 32) != 0 };
	w.client = client_new(&settings, &kind, 0);
	if ((data[0] & 64) != 0)
		begin(&w);
	play(&w, data + 2, size - 2);
	client_free(w.client);
	return 0;
}

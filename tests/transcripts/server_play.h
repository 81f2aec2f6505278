/* SPDX-License-Identifier: ISC */
#ifndef TESTS_SERVER_PLAY_H
#define TESTS_SERVER_PLAY_H

/*
 * Plays client, judge and queue to one server session core.  Requests get
 * scripted answers, at once or (late) only when asked to; what the session
 * says and submits is kept to be looked at.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/policy.h"
#include "queue/queue_words.h"
#include "smtpd/session.h"
#include "util/xalloc.h"

#define PLAY_START_MS	1795507440000	/* 2026-11-24 08:04:00 UTC */
#define PLAY_LATE_MAX	128
#define PLAY_LINES_MAX	16
#define PLAY_SPOOL_MAX	(64 * 1024 * 1024)

/* The answer to one recipient; the last one set for an address counts. */
struct play_recipient {
	char	 address[256];
	bool	 ok;
	uint32_t status;
	char	 target[256];	/* "" is the address itself */
	uint8_t	 kind;
};

struct play {
	struct config		 config;
	struct id_source	 ids;
	struct session_env	 env;
	struct session_place	 place;
	struct session		*s;
	uint64_t		 now_ms;
	bool			 late;
	struct buf		 said;		/* by the session, not checked yet */

	bool			 client_ok;
	struct session_client	 client;
	struct play_recipient	 recipients[32];
	size_t			 recipient_count;
	bool			 sender_ok;
	struct sender_facts	 sender;
	bool			 examine_ok;
	struct session_findings	 findings;
	bool			 filter_ok;
	struct session_filtered	 filtered;
	struct header_edit	 edits[8];
	struct config_filter	 filters[2];
	bool			 judge_ok;
	struct session_verdict	 verdict;
	const char		*lines[PLAY_LINES_MAX];
	uint32_t		 opinions[8];
	bool			 submit_ok;
	uint32_t		 submit_status;
	bool			 spool_ok;
	uint32_t		 spool_status;
	bool			 write_ok;

	/* What was asked. */
	struct session_request	 waiting[PLAY_LATE_MAX];
	char			*waiting_address[PLAY_LATE_MAX];
	size_t			 waiting_count;
	struct buf		 spool;
	unsigned		 submits;
	unsigned		 reports;
	struct buf		 message;	/* the last one submitted */
	struct buf		 header;	/* as given to the judge */
	char			 envelope[4096];
};

/* The defaults of util/settings.def. */
static void
play_config(struct config *config)
{
	memset(config, 0, sizeof *config);
#define TEXT(name, def, help)			config->name = (char *)(def);
#define NUMBER(name, def, min, max, unit, help)	config->name = (def);
#define YESNO(name, def, help)			config->name = (def);
#define CHOICE(name, type, words, def, help)	config->name = (def);
#define TEXTS(name, def, help)
#define BLOCKS(name, def, help)
#include "util/settings.def"
#undef TEXT
#undef NUMBER
#undef YESNO
#undef CHOICE
#undef TEXTS
#undef BLOCKS
}

static void
play_report(void *arg, const struct session *s, const struct session_report *r)
{
	struct play *p = arg;

	(void)s;
	(void)r;
	p->reports++;
}

static void
play_init(struct play *p)
{
	memset(p, 0, sizeof *p);
	play_config(&p->config);
	id_source_init(&p->ids, 3, 0x155);
	p->now_ms = PLAY_START_MS;
	p->env.config = &p->config;
	p->env.hostname = "mx.test";
	p->env.ids = &p->ids;
	p->env.arg = p;
	p->env.report = play_report;
	netaddr_parse_port("192.0.2.1:4321", 0, &p->place.peer);
	netaddr_parse_port("192.0.2.25:25", 0, &p->place.local);
	p->client.rdns = "";
	p->sender.domain = p->sender.record = p->sender.why = "";
	p->findings.prepend = "";
	p->sender_ok = p->examine_ok = p->client_ok = p->judge_ok =
	    p->filter_ok = p->submit_ok = p->spool_ok = p->write_ok = true;
	p->config.filters = p->filters;
	p->filtered.filter = "f";
	p->filtered.code = p->filtered.enhanced = p->filtered.text = "";
	p->filtered.edits = p->edits;
	p->verdict.action = VERDICT_ACCEPT;
	p->verdict.rule = "test";
	p->verdict.code = p->verdict.enhanced = p->verdict.prepend = "";
	p->verdict.lines = p->lines;
	p->verdict.opinions = p->opinions;
	buf_init(&p->said, 16 * 1024 * 1024);
	buf_init(&p->spool, PLAY_SPOOL_MAX);
	buf_init(&p->message, PLAY_SPOOL_MAX);
	buf_init(&p->header, PLAY_SPOOL_MAX);
}

static void
play_done(struct play *p)
{
	p->s = session_free(p->s);
	for (size_t i = 0; i < p->waiting_count; i++)
		free(p->waiting_address[i]);
	buf_done(&p->said);
	buf_done(&p->spool);
	buf_done(&p->message);
	buf_done(&p->header);
}

static void
play_answer_recipient(struct play *p, size_t slot, const char *address)
{
	struct play_recipient r = { .ok = true, .kind = TARGET_MAILDIR };
	struct target target = { .user = "u", .path = "Maildir" };

	for (size_t i = 0; i < p->recipient_count; i++)
		if (strcmp(p->recipients[i].address, address) == 0)
			r = p->recipients[i];
	target.kind = r.kind;
	target.address = r.target[0] == '\0' ? address : r.target;
	session_recipient_answer(p->s, slot, r.ok, r.status, &target, 1,
	    p->now_ms);
}

static void
play_take_message(struct play *p)
{
	const struct transaction *t = session_transaction(p->s);
	size_t n;

	p->submits++;
	buf_clear(&p->message);
	buf_add(&p->message, body_bytes(&t->body), body_len(&t->body));
	if (t->spool_id != 0)
		buf_add(&p->message, buf_bytes(&p->spool) + t->replaced,
		    buf_len(&p->spool) - t->replaced);
	n = (size_t)snprintf(p->envelope, sizeof p->envelope,
	    "sender=<%s> spool=%u eightbit=%u utf8=%u quarantine=%u "
	    "spf=%u signed=%u rcpts=", t->sender, t->spool_id != 0,
	    t->eightbit, t->utf8, t->quarantine, t->spf != NULL,
	    t->signed_aligned);
	for (size_t i = 0; i < t->rcpt_count && n < sizeof p->envelope; i++)
		if (!t->rcpts[i].refused)
			n += (size_t)snprintf(p->envelope + n,
			    sizeof p->envelope - n, "%s%s",
			    p->envelope[n - 1] == '=' ? "" : ",",
			    t->rcpts[i].address);
}

static void
play_judge(struct play *p)
{
	const uint8_t *header;
	size_t n;

	header = transaction_header(session_transaction(p->s), &n);
	buf_clear(&p->header);
	buf_add(&p->header, header, n);
	session_judge_answer(p->s, p->judge_ok ? &p->verdict : NULL,
	    p->now_ms);
}

static void
play_answer(struct play *p, const struct session_request *r,
    const char *address)
{
	switch (r->what) {
	case SESSION_CLIENT:
		session_client_answer(p->s, p->client_ok ? &p->client : NULL,
		    p->now_ms);
		break;
	case SESSION_RECIPIENTS:
		play_answer_recipient(p, r->slot, address);
		break;
	case SESSION_SPOOL:
		buf_clear(&p->spool);
		session_spool_answer(p->s, p->spool_ok, p->spool_status, 7,
		    p->now_ms);
		break;
	case SESSION_WRITE:
		buf_add(&p->spool, r->data, r->size);
		session_written(p->s, p->write_ok, p->now_ms);
		break;
	case SESSION_SENDER:
		session_sender_answer(p->s, r->transaction,
		    p->sender_ok ? &p->sender : NULL, p->now_ms);
		break;
	case SESSION_EXAMINE:
		session_examine_answer(p->s,
		    p->examine_ok ? &p->findings : NULL, p->now_ms);
		break;
	case SESSION_JUDGE:
		play_judge(p);
		break;
	case SESSION_FILTER:
		session_filter_answer(p->s,
		    p->filter_ok ? &p->filtered : NULL, p->now_ms);
		break;
	case SESSION_SUBMIT:
		play_take_message(p);
		session_submit_answer(p->s, p->submit_ok, p->submit_status,
		    p->now_ms);
		break;
	case SESSION_INPUT:
	case SESSION_TLS:
	case SESSION_CLOSED:
		break;
	}
}

/* Requests and output, until nothing is left to do. */
static void
play_pump(struct play *p)
{
	struct session_request r;
	const struct buf *out;
	bool more;

	do {
		more = false;
		while (session_next(p->s, &r)) {
			if (r.what == SESSION_TLS)
				continue;
			if (p->late && r.what != SESSION_WRITE &&
			    p->waiting_count < PLAY_LATE_MAX) {
				p->waiting[p->waiting_count] = r;
				p->waiting_address[p->waiting_count++] =
				    xstrdup(r.address == NULL ? "" : r.address);
			} else
				play_answer(p, &r, r.address);
		}
		if ((out = session_output(p->s)) != NULL) {
			buf_add(&p->said, buf_bytes(out), buf_len(out));
			session_output_done(p->s, p->now_ms);
			more = true;
		}
	} while (more);
}

/* The answers that were kept back, the last question's first. */
static void
play_catch_up(struct play *p)
{
	while (p->waiting_count > 0) {
		struct session_request r = p->waiting[--p->waiting_count];
		char *address = p->waiting_address[p->waiting_count];

		play_answer(p, &r, address);
		free(address);
		play_pump(p);
	}
}

static void
play_start(struct play *p)
{
	p->s = session_new(&p->env, &p->place, NULL, p->now_ms);
	session_start(p->s);
	play_pump(p);
	play_catch_up(p);
}

/* piece: how many octets at once. */
static void
play_input(struct play *p, const void *data, size_t n, size_t piece)
{
	const uint8_t *bytes = data;

	while (n > 0) {
		size_t k = n < piece ? n : piece;
		/* Exactly k octets, so that a sanitizer sees one too many. */
		uint8_t *copy = xmemdup(bytes, k);

		session_input(p->s, copy, k, p->now_ms);
		free(copy);
		play_pump(p);
		bytes += k;
		n -= k;
	}
	play_catch_up(p);
}

#endif

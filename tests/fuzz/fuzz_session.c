/* SPDX-License-Identifier: ISC */
/*
 * The server session core under any input.  The first two octets choose the
 * settings and answers and the size of the pieces, the rest is the client's.
 * What must hold: replies are whole lines of printable ASCII, and a message
 * that is submitted has only CRLF line ends and no NUL.
 */

#include <assert.h>

#include "policy/filter.h"
#include "tests/transcripts/server_play.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	LATE = 1,
	OFFER_TLS = 2,
	NORMALIZE = 4,
	SMALL = 8,		/* limits that are reached soon */
	REFUSE = 16,
	LOSE = 32,
	FORGE = 64,		/* a name that fields may claim by chance */
	EACH = 128,		/* two recipients judged differently, and a filter */
};

static void
choose(struct play *p, uint8_t flags)
{
	static struct netblock all;

	p->late = (flags & LATE) != 0;
	p->env.tls_available = (flags & OFFER_TLS) != 0;
	if (flags & NORMALIZE) {
		netblock_parse("192.0.2.0/24", &all);
		p->config.normalize_networks.items = &all;
		p->config.normalize_networks.count = 1;
	}
	if (flags & SMALL) {
		p->config.inline_body_max = 64;
		p->config.message_size_max = 300;
		p->config.line_length_max = 100;
		p->config.text_line_length_max = 80;
		p->config.recipients_max = 3;
		p->config.received_max = 2;
	}
	if (flags & REFUSE) {
		p->place.role = ROLE_MX6;
		p->verdict.action = VERDICT_FALLBACK;
		p->verdict.code = "550";
		p->verdict.enhanced = "5.5.64";
		p->lines[0] = "fall back to IPv4";
		p->verdict.line_count = 1;
	}
	if (flags & LOSE)
		p->submit_ok = p->spool_ok = p->write_ok = p->sender_ok =
		    p->examine_ok = false;
	if (flags & EACH) {
		p->place.role = ROLE_MX6;
		p->opinions[0] = VERDICT_ACCEPT;
		p->opinions[1] = VERDICT_FILTER;
		p->verdict.opinion_count = 2;
		p->config.filter_count = 1;	/* for content */
		p->filtered.status = flags & REFUSE ? FILTER_SPAM :
		    FILTER_CLEAN;
		p->edits[0] = (struct header_edit){ .kind = FILTER_ADD,
		    .name = "X-F", .value = " f" };
		p->filtered.edit_count = 1;
	}
	if (flags & FORGE)
		p->env.hostname = "a";
}

static void
check_said(const struct buf *said)
{
	const uint8_t *text = buf_bytes(said);
	size_t n = buf_len(said), line = 0;

	for (size_t i = 0; i < n; i++, line++) {
		if (text[i] == '\r') {
			assert(i + 1 < n && text[i + 1] == '\n');
			assert(line + 2 <= REPLY_LINE_MAX);
			line = (size_t)-2;
		} else
			assert(text[i] == '\n' ||
			    (text[i] >= ' ' && text[i] <= '~'));
	}
	assert(n == 0 || text[n - 1] == '\n');
}

static void
check_message(const struct buf *message)
{
	const uint8_t *text = buf_bytes(message);
	size_t n = buf_len(message);

	for (size_t i = 0; i < n; i++) {
		assert(text[i] != '\0');
		if (text[i] == '\r')
			assert(i + 1 < n && text[i + 1] == '\n');
		if (text[i] == '\n')
			assert(i > 0 && text[i - 1] == '\r');
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct play p;
	size_t piece;

	if (size < 2)
		return 0;
	play_init(&p);
	choose(&p, data[0]);
	piece = data[1] == 0 ? SIZE_MAX : data[1];
	play_start(&p);
	play_input(&p, data + 2, size - 2, piece);
	if (session_waiting_for(p.s) == SESSION_TLS) {
		session_tls_up(p.s, "TLSv1.3", "X", p.now_ms);
		play_input(&p, data + 2, size - 2, piece);
	}
	session_timed_out(p.s, p.now_ms);
	play_pump(&p);
	check_said(&p.said);
	check_message(&p.message);
	play_done(&p);
	return 0;
}

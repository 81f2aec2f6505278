/* SPDX-License-Identifier: ISC */
/*
 * mx6d-filter: shows messages to the content and malware filters that are
 * configured, all of them at once.  Its connections come from the parent; it
 * opens nothing and connects to nobody.  It keeps nothing: when it dies the
 * asker takes its filters for silent.
 */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy/filter_ipc.h"
#include "policy/talk.h"
#include "policy/weigh.h"
#include "util/child.h"
#include "util/log.h"
#include "util/xalloc.h"

#define IPC_NAME filter
#define IPC_FILE "policy/filter.msg"
#include "util/ipc_serve.h"

/* Each holds a message of up to inline-body-max, and a connection for each
 * filter; beyond that the filters count as silent. */
#define SHOWINGS_MAX	500

struct showing;

struct one {			/* filter that is asked */
	struct showing		*showing;
	struct talk		*talk;		/* NULL: ended */
	struct opinion		 opinion;
};

/* A call; what shown points to is in `text` and `rcpts`, which are copies. */
struct showing {
	struct ipc_call		*call;
	struct shown		 shown;
	char			*text[6];
	uint8_t			*body;
	char			**rcpts;
	size_t			 rcpt_count;
	struct one		*ones;
	size_t			 count;
	size_t			 left;
};

static struct child *child;
static size_t showings;

static void
destroy(struct showing *s)
{
	for (size_t i = 0; i < s->count; i++) {
		if (s->ones[i].talk != NULL)
			talk_cancel(s->ones[i].talk);
		opinion_done(&s->ones[i].opinion);
	}
	for (size_t i = 0; i < s->rcpt_count; i++)
		free(s->rcpts[i]);
	for (size_t i = 0; i < sizeof s->text / sizeof *s->text; i++)
		free(s->text[i]);
	if (s->shown.file >= 0)
		close(s->shown.file);
	free(s->rcpts);
	free(s->body);
	free(s->ones);
	free(s);
	showings--;
}

/* ---- the answer ---- */

/* Changes by all that let the message pass, in the order of the file. */
static struct filter_edit *
edits_of(const struct showing *s, uint32_t *ret_count)
{
	struct filter_edit *rows;
	size_t count = 0, n = 0;

	for (size_t i = 0; i < s->count; i++)
		count += s->ones[i].opinion.edit_count;
	rows = xcalloc(count + 1, sizeof *rows);
	for (size_t i = 0; i < s->count; i++) {
		const struct opinion *o = &s->ones[i].opinion;

		for (size_t k = 0; k < o->edit_count; k++)
			rows[n++] = (struct filter_edit){ o->edits[k].kind,
			    o->edits[k].index, o->edits[k].name,
			    o->edits[k].value };
	}
	*ret_count = (uint32_t)n;
	return rows;
}

static void
answer(struct showing *s)
{
	const struct opinion *worst = &s->ones[0].opinion;
	struct filter_message_answer a = { .status = FILTER_NONE };

	for (size_t i = 0; i < s->count; i++) {
		const struct opinion *o = &s->ones[i].opinion;

		if (opinion_weight(o) > opinion_weight(worst))
			worst = o;
		a.unscanned |= o->malware && o->status != FILTER_CLEAN;
	}
	a.status = worst->status;
	a.filter = worst->filter;
	a.code = worst->code;
	a.enhanced = worst->enhanced;
	a.text = worst->text;
	a.malware = worst->malware;
	a.quarantine = worst->quarantine;
	a.passable = worst->passable;
	a.edits = edits_of(s, &a.edits_count);
	filter_message_reply(s->call, &a);
	free((void *)a.edits);
	destroy(s);
}

static void
on_ended(void *arg, const struct milter_result *result)
{
	struct one *one = arg;
	struct showing *s = one->showing;

	one->talk = NULL;
	opinion_set(&one->opinion, result);
	if (result->status == FILTER_SILENT)
		log_say(LOG_LEVEL_WARNING, "filter", "name=%s message=%s "
		    "silent why=\"%s\"", one->opinion.filter,
		    s->shown.message.id, result->why);
	/* Nothing that others could say would outweigh malware. */
	if (--s->left == 0 || (one->opinion.malware &&
	    result->status == FILTER_SPAM))
		answer(s);
}

/* ---- the question ---- */

/* Octets of the header section, without the empty line; without one it is
 * all that is in memory. */
static size_t
header_size(const uint8_t *text, size_t n)
{
	const uint8_t *found;

	if (n >= 2 && memcmp(text, "\r\n", 2) == 0)
		return 0;
	found = memmem(text, n, "\r\n\r\n", 4);
	return found == NULL ? n : (size_t)(found - text) + 2;
}

static void
set_text(struct showing *s, const struct filter_message_ask *ask)
{
	struct shown *shown = &s->shown;
	size_t head, size = ask->body.size;
	char line[2];

	s->body = xmemdup(ask->body.data, size);
	head = header_size(s->body, size);
	shown->message.header = (char *)s->body;
	shown->message.header_size = head;
	head = head + 2 < size ? head + 2 : size;	/* the empty line */
	shown->body = s->body + head;
	shown->body_size = size - head;
	shown->file = ask->file;
	shown->offset = ask->offset;
	shown->file_size = ask->file < 0 ? 0 : ask->size_bytes;
	if (shown->file_size >= 2 && pread(ask->file, line, sizeof line,
	    (off_t)ask->offset) == sizeof line &&
	    memcmp(line, "\r\n", 2) == 0) {
		shown->offset += 2;
		shown->file_size -= 2;
	}
	shown->message.body_bytes = shown->body_size + shown->file_size;
}

static void
set_envelope(struct showing *s, const struct filter_message_ask *ask)
{
	struct milter_message *m = &s->shown.message;
	char *blank;
	const char *texts[6] = { ask->message, ask->rdns, ask->helo,
	    ask->sender, ask->tls, ask->hostname };

	for (size_t i = 0; i < 6; i++)
		s->text[i] = xstrdup(texts[i]);
	s->rcpts = xcalloc(ask->rcpts_count + 1, sizeof *s->rcpts);
	s->rcpt_count = ask->rcpts_count;
	for (size_t i = 0; i < s->rcpt_count; i++)
		s->rcpts[i] = xstrdup(ask->rcpts[i].address);
	m->peer = ask->peer;
	m->id = s->text[0];
	m->rdns = s->text[1];
	m->helo = s->text[2];
	m->sender = s->text[3];
	m->tls = s->text[4];
	m->cipher = "";
	if ((blank = strchr(s->text[4], ' ')) != NULL) {
		*blank = '\0';
		m->cipher = blank + 1;
	}
	m->hostname = s->text[5];
	m->rcpts = (const char *const *)s->rcpts;
	m->rcpt_count = s->rcpt_count;
}

static bool
is_asked(const struct config_filter *filter,
    const struct filter_message_ask *ask)
{
	return filter->malware ? ask->malware != 0 : ask->content != 0;
}

static void
refuse(struct ipc_call *call, const struct filter_message_ask *ask,
    enum filter_status status)
{
	const struct filter_message_answer a = { .status = status };

	if (ask->file >= 0)
		close(ask->file);
	filter_message_reply(call, &a);
}

void
serve_filter_message(struct ipc_call *call,
    const struct filter_message_ask *ask)
{
	const struct config *config = child->config;
	struct showing *s;
	size_t count = 0;

	for (size_t i = 0; i < config->filter_count; i++)
		count += is_asked(&config->filters[i], ask);
	if (count == 0 || showings == SHOWINGS_MAX) {
		refuse(call, ask, count == 0 ? FILTER_NONE : FILTER_SILENT);
		return;
	}
	showings++;
	s = xcalloc(1, sizeof *s);
	s->call = call;
	set_text(s, ask);
	set_envelope(s, ask);
	s->ones = xcalloc(count, sizeof *s->ones);
	for (size_t i = 0; i < config->filter_count; i++) {
		const struct config_filter *filter = &config->filters[i];
		struct one *one = &s->ones[s->count];

		if (!is_asked(filter, ask))
			continue;
		one->showing = s;
		opinion_init(&one->opinion, filter);
		s->count++;
		s->left++;
		one->talk = talk_start(child->loop,
		    child_peer(PROCESS_PARENT), filter, &s->shown, on_ended,
		    one);
	}
}

/* ---- life ---- */

static bool
start(struct child *the_child)
{
	child = the_child;
	return true;
}

int
main(int argc, char **argv)
{
	static const struct child_spec spec = {
		.name = "filter",
		.kind = PROCESS_FILTER,
		.sandbox = SANDBOX_FILTER,
		.serves = { [PROCESS_SMTP] = &filter_service },
		.asks = { [PROCESS_PARENT] = true },
		.start = start,
	};

	return child_main(argc, argv, &spec);
}

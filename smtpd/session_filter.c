/* SPDX-License-Identifier: ISC */
/*
 * Filters, after the verdict and before the queue (MX6.md, Receiver): what
 * they say, and what that is on a listener of this role.
 */
#include "smtpd/session_int.h"

#include <stdlib.h>
#include <string.h>

#include "policy/filter.h"
#include "policy/policy.h"
#include "util/xalloc.h"

static bool
is_asked(const struct session *s, const struct config_filter *filter)
{
	return filter->malware || s->t->action == VERDICT_FILTER;
}

bool
session_can_filter(const struct session *s)
{
	const struct config *config = s->env->config;

	for (size_t i = 0; i < config->filter_count; i++)
		if (!config->filters[i].malware)
			return true;
	return false;
}

bool
session_has_filter(const struct session *s, bool malware)
{
	const struct config *config = s->env->config;

	for (size_t i = 0; i < config->filter_count; i++) {
		if (config->filters[i].malware == malware &&
		    is_asked(s, &config->filters[i]))
			return true;
	}
	return false;
}

/* No filter said anything: what do those say who should have been asked? */
static bool
all_may_be_silent(const struct session *s)
{
	const struct config *config = s->env->config;

	for (size_t i = 0; i < config->filter_count; i++) {
		if (is_asked(s, &config->filters[i]) &&
		    config->filters[i].silent != SILENT_ACCEPT)
			return false;
	}
	return true;
}

/* ---- refusals ---- */

size_t
session_lines(char *text, const char *lines[static REPLY_LINES_MAX])
{
	size_t n = 0;

	while (text != NULL && *text != '\0' && n < REPLY_LINES_MAX) {
		char *lf = strchr(text, '\n');

		if (lf != NULL)
			*lf++ = '\0';
		lines[n++] = text;
		text = lf;
	}
	return n;
}

static void
refuse(struct session *s, uint32_t action, const char *code,
    const char *enhanced, const char *text)
{
	const char *lines[REPLY_LINES_MAX];
	char *copy = xstrdup(text);
	struct session_verdict v = {
		.action = action,
		.code = code,
		.enhanced = enhanced,
		.lines = lines,
		.line_count = session_lines(copy, lines),
	};

	session_refuse_as(s, &v);
	free(copy);
}

/* In the words that the judge would have used. */
static void
push_back(struct session *s)
{
	struct transaction *t = s->t;

	t->action = VERDICT_FALLBACK;
	if (t->words == NULL)
		refuse(s, VERDICT_FALLBACK, "", "", "");
	else
		refuse(s, VERDICT_FALLBACK, t->words_code, t->words_enhanced,
		    t->words);
}

static void
discard(struct session *s)
{
	session_prdr_each(s, reply_code(REPLY_TAKEN),
	    reply_enhanced(REPLY_TAKEN), reply_text(REPLY_TAKEN));
	session_say(s, REPLY_OK, NULL);
	session_finish(s, reply_code(REPLY_OK), reply_enhanced(REPLY_OK));
}

/* ---- the message passes ---- */

static void
pass(struct session *s, const struct session_filtered *f)
{
	struct transaction *t = s->t;
	struct buf header;
	size_t size;
	bool room = true;

	if (f != NULL && f->edit_count > 0) {
		buf_init(&header, t->body.max_bytes);
		size = header_edit_size(body_bytes(&t->body),
		    body_len(&t->body));
		header_edit(body_bytes(&t->body), size, f->edits,
		    f->edit_count, &header);
		room = !header.overflow && body_replace(&t->body, size,
		    buf_bytes(&header), buf_len(&header));
		buf_done(&header);
	}
	if (room)
		session_wait_for(s, SESSION_SUBMIT);
	else
		session_refuse_message(s, REPLY_TROUBLE);
}

/* ---- results ---- */

/* A content filter's word is not for those who need none; but they, too, wait
 * for that of each malware filter. */
static bool
spare(struct session *s, const struct session_filtered *f, uint32_t action)
{
	return !f->malware && !f->unscanned && session_prdr_spare(s,
	    s->place.role != ROLE_MX ? VERDICT_FALLBACK : action);
}

static void
take_spam(struct session *s, const struct session_filtered *f)
{
	if (f->malware) {
		s->t->action = VERDICT_REJECT;
		session_prdr_none(s);
		session_refuse_message(s, REPLY_MALWARE);
	} else if (spare(s, f, VERDICT_REJECT))
		pass(s, NULL);
	else if (s->place.role != ROLE_MX)
		push_back(s);
	else if (f->quarantine) {
		s->t->quarantine = true;
		pass(s, f);
	} else if (*f->code == '\0')
		discard(s);
	else
		refuse(s, VERDICT_REJECT, f->code, f->enhanced, f->text);
}

static void
take_tempfail(struct session *s, const struct session_filtered *f)
{
	if (spare(s, f, VERDICT_DEFER))
		pass(s, NULL);
	else if (s->place.role != ROLE_MX)
		push_back(s);
	else
		refuse(s, VERDICT_DEFER, f->code, f->enhanced, f->text);
}

static void
take_silence(struct session *s, const struct session_filtered *f)
{
	if (f != NULL && *f->filter != '\0' && !f->passable &&
	    spare(s, f, VERDICT_DEFER))
		pass(s, NULL);
	else if (s->place.role != ROLE_MX)
		push_back(s);
	else if (f == NULL || *f->filter == '\0' ? all_may_be_silent(s) :
	    f->passable)
		pass(s, f);
	else
		session_refuse_message(s, REPLY_DEFERRED);
}

/* They were taken out of the configuration meanwhile. */
static void
take_none(struct session *s, const struct session_filtered *f)
{
	if (s->place.role != ROLE_MX && s->t->action == VERDICT_FILTER)
		push_back(s);
	else
		pass(s, f);
}

static const struct {
	const char	*name;		/* in the log */
	void		(*take)(struct session *,
	    const struct session_filtered *);
} results[] = {
	[FILTER_CLEAN] = { "clean", pass },
	[FILTER_SPAM] = { "spam", take_spam },
	[FILTER_TEMPFAIL] = { "later", take_tempfail },
	[FILTER_SILENT] = { "silent", take_silence },
	[FILTER_NONE] = { "none", take_none },
};

static uint32_t
status_of(const struct session_filtered *f)
{
	return f == NULL || f->status > FILTER_NONE ? FILTER_SILENT :
	    f->status;
}

void
session_filter_noted(struct session *s, const struct session_filtered *f)
{
	struct transaction *t = s->t;
	uint32_t status = status_of(f);

	if (t == NULL || t->filter != NULL)
		return;
	t->filter = xstrdup(f == NULL ? "" : f->filter);
	t->filter_result = f != NULL && f->malware && status == FILTER_SPAM ?
	    "malware" : results[status].name;
	if (f != NULL && *f->text != '\0')
		t->filter_said = xstrdup(f->text);
	session_event(s, "filter %s: %s", t->filter, t->filter_result);
}

void
session_filter_answer(struct session *s, const struct session_filtered *f,
    uint64_t now_ms)
{
	uint32_t status = status_of(f);

	if (s->waiting_for != SESSION_FILTER)
		return;
	s->now_ms = now_ms;
	session_filter_noted(s, f);
	/* Only malware makes a difference to what is pushed back anyway. */
	if (s->t->action == VERDICT_FALLBACK &&
	    (status != FILTER_SPAM || !f->malware))
		push_back(s);
	else
		results[status].take(s, f);
	session_go_on(s, now_ms);
}

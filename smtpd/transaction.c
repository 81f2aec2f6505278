/* SPDX-License-Identifier: ISC */
#include "smtpd/transaction.h"

#include <stdlib.h>
#include <string.h>

#include "policy/authres.h"
#include "util/xalloc.h"

struct transaction *
transaction_new(const char *sender)
{
	struct transaction *t = xcalloc(1, sizeof *t);

	t->sender = xstrdup(sender);
	return t;
}

static void
rcpt_done(struct rcpt *rcpt)
{
	free(rcpt->address);
	free(rcpt->targets);
}

struct transaction *
transaction_free(struct transaction *t)
{
	if (t == NULL)
		return NULL;
	for (size_t i = 0; i < t->rcpt_count; i++)
		rcpt_done(&t->rcpts[i]);
	free(t->rcpts);
	free(t->sender);
	free(t->spf);
	free(t->results);
	free(t->rule);
	free(t->words);
	free(t->filter);
	free(t->filter_said);
	body_done(&t->body);
	free(t);
	return NULL;
}

struct rcpt *
transaction_add_rcpt(struct transaction *t, const char *address)
{
	struct rcpt *rcpt;

	if (t->rcpt_count == t->rcpt_size) {
		t->rcpt_size = t->rcpt_size == 0 ? 4 : 2 * t->rcpt_size;
		t->rcpts = xreallocarray(t->rcpts, t->rcpt_size,
		    sizeof *t->rcpts);
	}
	rcpt = &t->rcpts[t->rcpt_count++];
	memset(rcpt, 0, sizeof *rcpt);
	rcpt->address = xstrdup(address);
	return rcpt;
}

void
transaction_drop_refused(struct transaction *t)
{
	size_t to = 0;

	for (size_t i = 0; i < t->rcpt_count; i++) {
		if (t->rcpts[i].reply == REPLY_RECIPIENT_OK)
			t->rcpts[to++] = t->rcpts[i];
		else
			rcpt_done(&t->rcpts[i]);
	}
	t->rcpt_count = t->rcpts_asked = t->rcpts_told = to;
}

size_t
transaction_taken(const struct transaction *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->rcpt_count; i++)
		n += !t->rcpts[i].refused;
	return n;
}

static const char *
pack(char **to, const char *text)
{
	size_t n = strlen(text) + 1;
	const char *packed = memcpy(*to, text, n);

	*to += n;
	return packed;
}

void
rcpt_set_targets(struct rcpt *rcpt, const struct target *targets, size_t count)
{
	size_t size = count * sizeof *targets;
	char *strings;

	for (size_t i = 0; i < count; i++)
		size += strlen(targets[i].address) + strlen(targets[i].user) +
		    strlen(targets[i].path) + 3;
	free(rcpt->targets);
	rcpt->targets = xmalloc(size);
	rcpt->target_count = count;
	strings = (char *)(rcpt->targets + count);
	for (size_t i = 0; i < count; i++) {
		rcpt->targets[i].kind = targets[i].kind;
		rcpt->targets[i].address = pack(&strings, targets[i].address);
		rcpt->targets[i].user = pack(&strings, targets[i].user);
		rcpt->targets[i].path = pack(&strings, targets[i].path);
	}
}

void
transaction_set_spf(struct transaction *t, const struct sender_facts *facts)
{
	char *strings;

	free(t->spf);
	t->spf = NULL;
	if (facts == NULL)
		return;
	t->spf = xmalloc(sizeof *t->spf + strlen(facts->domain) +
	    strlen(facts->record) + strlen(facts->why) + 3);
	*t->spf = *facts;
	strings = (char *)(t->spf + 1);
	t->spf->domain = pack(&strings, facts->domain);
	t->spf->record = pack(&strings, facts->record);
	t->spf->why = pack(&strings, facts->why);
}

/* The names of domains are compared in lower case. */
static char *
lowered(const char *name)
{
	char *copy = xstrdup(name);

	for (char *c = copy; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	return copy;
}

static bool
remove_forged(struct transaction *t, const char *host)
{
	struct authres_span *spans;
	size_t n, count;
	const uint8_t *header = transaction_header(t, &n);
	char *name = lowered(host);
	bool ok = authres_forged((const char *)header, n, name, &spans,
	    &count);

	if (ok)
		body_cut(&t->body, t->data.header_start, spans, count);
	free(name);
	free(spans);
	return ok;
}

bool
transaction_compose(struct transaction *t, const char *host,
    const char *prepend)
{
	t->replaced = t->spool_id != 0 ? t->kept : 0;
	if (!remove_forged(t, host))
		return false;
	if (t->results != NULL)
		body_prepend(&t->body, t->results, strlen(t->results));
	body_prepend(&t->body, prepend, strlen(prepend));
	return true;
}

const uint8_t *
transaction_text(const struct transaction *t, size_t *ret_n)
{
	*ret_n = body_len(&t->body) - t->data.header_start;
	return body_bytes(&t->body) + t->data.header_start;
}

uint64_t
transaction_size(const struct transaction *t)
{
	return body_len(&t->body) +
	    (t->spool_id != 0 ? t->saved_bytes - t->replaced : 0);
}

const uint8_t *
transaction_header(const struct transaction *t, size_t *ret_n)
{
	*ret_n = t->data.header_end - t->data.header_start;
	return body_bytes(&t->body) + t->data.header_start;
}

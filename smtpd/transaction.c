/* SPDX-License-Identifier: ISC */
#include "smtpd/transaction.h"

#include <stdlib.h>
#include <string.h>

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
	free(t->prepend);
	free(t->rule);
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

uint64_t
transaction_size(const struct transaction *t)
{
	return t->spool_id != 0 ? t->saved_bytes : body_len(&t->body);
}

const uint8_t *
transaction_header(const struct transaction *t, size_t *ret_n)
{
	*ret_n = t->data.header_end - t->data.header_start;
	return body_bytes(&t->body) + t->data.header_start;
}

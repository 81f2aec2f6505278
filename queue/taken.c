/* SPDX-License-Identifier: ISC */
#include "queue/taken.h"

#include <assert.h>
#include <stddef.h>

static int
compare(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int
compare_messages(struct message *a, struct message *b)
{
	return compare(a->id, b->id);
}

static int
compare_rcpts(struct rcpt *a, struct rcpt *b)
{
	return compare(a->id, b->id);
}

RB_GENERATE_INTERNAL(message_tree, message, by_id, compare_messages,
    static __attribute__((unused)))
RB_GENERATE_INTERNAL(rcpt_tree, rcpt, by_id, compare_rcpts,
    static __attribute__((unused)))

void
taken_init(struct taken *t)
{
	RB_INIT(&t->messages);
	RB_INIT(&t->rcpts);
	t->body_bytes = 0;
}

void
taken_add_message(struct taken *t, struct message *m)
{
	struct message *other = RB_INSERT(message_tree, &t->messages, m);

	assert(other == NULL);
	m->known = true;
	if (m->body != NULL)
		taken_add_body(t, m);
}

void
taken_add_rcpt(struct taken *t, struct rcpt *r)
{
	struct rcpt *other = RB_INSERT(rcpt_tree, &t->rcpts, r);

	assert(other == NULL);
	r->known = true;
}

void
taken_add_body(struct taken *t, const struct message *m)
{
	assert(m->known);
	t->body_bytes += m->size_bytes;
}

struct message *
taken_message(struct taken *t, uint64_t id)
{
	struct message key = { .id = id };

	return RB_FIND(message_tree, &t->messages, &key);
}

struct rcpt *
taken_rcpt(struct taken *t, uint64_t id)
{
	struct rcpt key = { .id = id };

	return RB_FIND(rcpt_tree, &t->rcpts, &key);
}

void
taken_release_message(struct taken *t, struct message *m)
{
	if (m->refs == 1 && m->known) {
		RB_REMOVE(message_tree, &t->messages, m);
		m->known = false;
		if (m->body != NULL)
			t->body_bytes -= m->size_bytes;
	}
	message_unref(m);
}

void
taken_release_rcpt(struct taken *t, struct rcpt *r)
{
	if (r->known)
		RB_REMOVE(rcpt_tree, &t->rcpts, r);
	r->known = false;
	rcpt_free(r);
}

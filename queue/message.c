/* SPDX-License-Identifier: ISC */
#include "queue/message.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/policy.h"
#include "util/xalloc.h"

/* Copies text to *cursor and moves it on. */
static const char *
place(char **cursor, const char *text)
{
	size_t n = strlen(text) + 1;
	char *at = *cursor;

	memcpy(at, text, n);
	*cursor += n;
	return at;
}

struct message *
message_copy(const struct message *m)
{
	size_t text = strlen(m->name) + strlen(m->session) +
	    strlen(m->sender) + strlen(m->helo) + 4;
	struct message *copy = xmalloc(sizeof *copy + text);
	char *cursor = (char *)(copy + 1);

	*copy = *m;
	copy->name = place(&cursor, m->name);
	copy->session = place(&cursor, m->session);
	copy->sender = place(&cursor, m->sender);
	copy->helo = place(&cursor, m->helo);
	if (m->body != NULL)
		copy->body = xmemdup(m->body, (size_t)m->size_bytes);
	copy->refs = 1;
	copy->parcels = copy->ending = 0;
	copy->known = false;
	return copy;
}

struct message *
message_ref(struct message *m)
{
	m->refs++;
	return m;
}

struct message *
message_unref(struct message *m)
{
	if (m != NULL) {
		assert(m->refs > 0);
		if (--m->refs == 0) {
			assert(!m->known);
			free((void *)(uintptr_t)m->body);
			free(m);
		}
	}
	return NULL;
}

struct rcpt *
rcpt_copy(const struct rcpt *r)
{
	size_t text = strlen(r->original) + strlen(r->address) +
	    strlen(r->user) + strlen(r->path) + 4;
	struct rcpt *copy = xmalloc(sizeof *copy + text);
	char *cursor = (char *)(copy + 1);

	*copy = *r;
	copy->original = place(&cursor, r->original);
	copy->address = place(&cursor, r->address);
	copy->user = place(&cursor, r->user);
	copy->path = place(&cursor, r->path);
	copy->result = NULL;
	copy->known = false;
	return copy;
}

struct rcpt *
rcpt_free(struct rcpt *r)
{
	if (r != NULL) {
		assert(!r->known);
		free(r->result);
		free(r);
	}
	return NULL;
}

struct result *
result_copy(const struct result *result)
{
	size_t text = strlen(result->status) + strlen(result->code) +
	    strlen(result->reply) + strlen(result->reason) +
	    strlen(result->remote) + 5;
	struct result *copy = xmalloc(sizeof *copy + text);
	char *cursor = (char *)(copy + 1);

	*copy = *result;
	copy->status = place(&cursor, result->status);
	copy->code = place(&cursor, result->code);
	copy->reply = place(&cursor, result->reply);
	copy->reason = place(&cursor, result->reason);
	copy->remote = place(&cursor, result->remote);
	return copy;
}

const char *
address_domain(const char *address)
{
	const char *at = strrchr(address, '@');

	return at == NULL ? "" : at + 1;
}

bool
rcpt_destination(const struct rcpt *r, char ret[static DESTINATION_SIZE])
{
	int n = -1;

	switch (r->kind) {
	case TARGET_REMOTE:
		n = snprintf(ret, DESTINATION_SIZE, "%s",
		    address_domain(r->address));
		break;
	case TARGET_MAILDIR:
		n = snprintf(ret, DESTINATION_SIZE, "local:%s:%s", r->user,
		    r->path);
		break;
	case TARGET_LMTP:
		n = snprintf(ret, DESTINATION_SIZE, "lmtp:%s", r->path);
		break;
	case RCPT_UNROUTED:
		n = snprintf(ret, DESTINATION_SIZE, "%s", DESTINATION_UNROUTED);
		break;
	}
	return n > 0 && n < DESTINATION_SIZE;
}

/* FNV-1a over words of eight octets: a multiplication a word is next to
 * nothing beside the copy of the body that is made anyway. */
uint64_t
message_check(const void *body, size_t size_bytes)
{
	const uint8_t *p = body;
	uint64_t sum = 0xcbf29ce484222325u ^ size_bytes, word;

	for (; size_bytes >= 8; size_bytes -= 8, p += 8) {
		memcpy(&word, p, sizeof word);
		sum = (sum ^ word) * 0x100000001b3u;
		sum ^= sum >> 32;
	}
	for (; size_bytes > 0; size_bytes--)
		sum = (sum ^ *p++) * 0x100000001b3u;
	return sum >> 1;	/* SQLite's integers are signed */
}

/* SPDX-License-Identifier: ISC */
/* Links as their owners see them: opened, begun, at rest, ended. */

#include "queue/link_state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/xalloc.h"

uint32_t
link_hash(const char *text)
{
	uint32_t hash = 2166136261u;	/* FNV-1a */

	while (*text != '\0')
		hash = (hash ^ (uint8_t)*text++) * 16777619u;
	return hash;
}

/* The key's two texts lie behind the struct. */
static struct link *
create(uv_loop_t *loop, struct setup *setup, const struct link_key *key)
{
	static uint32_t serial;
	size_t domain_size = strlen(key->domain) + 1;
	size_t host_size = strlen(key->host) + 1;
	struct link *l = xcalloc(1, sizeof *l + domain_size + host_size);
	char *texts = (char *)(l + 1);

	l->place.link = l;
	l->loop = loop;
	l->setup = setup_hold(setup);
	l->key = *key;
	l->key.domain = memcpy(texts, key->domain, domain_size);
	l->key.host = memcpy(texts + domain_size, key->host, host_size);
	l->hash = link_hash(key->domain);
	l->tls = key->tls;
	snprintf(l->name, sizeof l->name, "out%u", ++serial);
	return l;
}

static void
take_work(struct link *l, const struct link_events *events, void *arg,
    const struct client_message *message, const struct link_body *body)
{
	l->events = events;
	l->arg = arg;
	l->message = message;
	l->body = *body;
	l->body_done = 0;
	l->rest_until_ms = 0;
	l->busy = true;
	l->messages++;
}

static const struct netaddr *
source_for(const struct setup *setup, const struct netaddr *to)
{
	const struct netaddr *source = netaddr_is_ipv6(to) ?
	    &setup->source_ipv6 : &setup->source_ipv4;

	return source->family == NETADDR_NONE ? NULL : source;
}

struct link *
link_open(uv_loop_t *loop, struct setup *setup, const struct link_key *key,
    bool no_tls, const struct link_events *events, void *arg,
    const struct client_message *message, const struct link_body *body)
{
	struct link *l = create(loop, setup, key);

	if (no_tls)
		l->tls = TLS_NONE;
	l->conn = conn_connect(loop, &key->addr,
	    source_for(setup, &key->addr), &link_conn_events, l);
	if (l->conn == NULL) {
		int error = errno;

		link_destroy(l);
		errno = error;
		return NULL;
	}
	take_work(l, events, arg, message, body);
	conn_set_timeout(l->conn, setup->timeout_connect_ms);
	l->timer_ms = uv_now(loop) + setup->timeout_connect_ms;
	return l;
}

struct link *
link_adopt(uv_loop_t *loop, struct setup *setup, int fd,
    const struct link_key *key, const struct link_events *events, void *arg,
    const struct client_message *message, const struct link_body *body)
{
	struct link *l = create(loop, setup, key);

	l->tls = TLS_NONE;
	l->conn = conn_new(loop, fd, &link_conn_events, l);
	if (l->conn == NULL) {
		int error = errno;

		link_destroy(l);
		errno = error;
		return NULL;
	}
	take_work(l, events, arg, message, body);
	link_start_client(l);
	return l;
}

void
link_begin(struct link *l, const struct link_events *events, void *arg,
    const struct client_message *message, const struct link_body *body)
{
	take_work(l, events, arg, message, body);
	client_begin(l->client, message, uv_now(l->loop));
	link_pump(l);
}

void
link_rest(struct link *l, uint64_t rest_ms,
    void (*ended)(void *, struct link *), void *arg)
{
	l->arg = arg;
	l->rest_ended = ended;
	l->rest_until_ms = uv_now(l->loop) + rest_ms;
	link_arm(l);
}

void
link_quit(struct link *l)
{
	l->rest_until_ms = 0;
	l->rest_ended = NULL;
	client_quit(l->client, uv_now(l->loop));
	link_pump(l);
}

const struct client *
link_client(const struct link *l)
{
	return l->client;
}

const char *
link_why(const struct link *l)
{
	return l->why;
}

const struct link_key *
link_key(const struct link *l)
{
	return &l->key;
}

uint32_t
link_key_hash(const struct link *l)
{
	return l->hash;
}

uint32_t
link_messages(const struct link *l)
{
	return l->messages;
}

uint64_t
link_opened_ms(const struct link *l)
{
	return l->opened_ms;
}

struct link_place *
link_place(struct link *l)
{
	return &l->place;
}

bool
link_key_equal(const struct link_key *a, const struct link_key *b)
{
	return a->via == b->via && a->tls == b->tls && a->lmtp == b->lmtp &&
	    a->addr.port == b->addr.port &&
	    netaddr_equal(&a->addr, &b->addr) &&
	    strcmp(a->domain, b->domain) == 0 &&
	    strcmp(a->host, b->host) == 0;
}

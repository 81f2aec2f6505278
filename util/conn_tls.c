/* SPDX-License-Identifier: ISC */
/*
 * libtls, and the only file that knows it.  Its callbacks read and write the
 * descriptor directly, so no bytes are kept here; sendmsg is used because it
 * can refuse SIGPIPE.
 */
#include "util/conn_tls.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <tls.h>
#include <unistd.h>

#include "util/xalloc.h"

struct conn_tls {
	struct tls_config	*config;
	struct tls		*server;	/* NULL: for clients */
	unsigned		 references;	/* sessions and the owner */
};

struct conn_session {
	struct conn_tls	*context;
	struct tls	*tls;
	int		 fd;
};

static ssize_t
read_descriptor(struct tls *tls, void *data, size_t size, void *arg)
{
	const struct conn_session *s = arg;
	ssize_t n;

	(void)tls;
	do
		n = read(s->fd, data, size);
	while (n < 0 && errno == EINTR);
	return n < 0 && errno == EAGAIN ? TLS_WANT_POLLIN : n;
}

static ssize_t
write_descriptor(struct tls *tls, const void *data, size_t size, void *arg)
{
	const struct conn_session *s = arg;
	struct iovec piece = { .iov_base = (void *)(uintptr_t)data,
	    .iov_len = size };
	struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };
	ssize_t n;

	(void)tls;
	do
		n = sendmsg(s->fd, &message, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 && errno == EAGAIN ? TLS_WANT_POLLOUT : n;
}

static struct conn_tls *
context_new(void)
{
	struct conn_tls *context = xcalloc(1, sizeof *context);

	context->references = 1;
	context->config = tls_config_new();
	if (context->config == NULL ||
	    tls_config_set_protocols(context->config,
	    TLS_PROTOCOL_TLSv1_2 | TLS_PROTOCOL_TLSv1_3) != 0)
		abort();	/* out of memory, nothing else */
	return context;
}

/* Why the configuration was refused; kept until the next refusal. */
static struct conn_tls *
refuse(struct conn_tls *context, const char *why, const char **ret_why)
{
	static char *last;

	free(last);
	last = xstrdup(why == NULL ? "TLS could not be set up" : why);
	*ret_why = last;
	return conn_tls_free(context);
}

struct conn_tls *
conn_tls_server(const void *certificate, size_t certificate_size,
    const void *key, size_t key_size, const char **ret_why)
{
	struct conn_tls *context = context_new();

	if (tls_config_set_keypair_mem(context->config, certificate,
	    certificate_size, key, key_size) != 0)
		return refuse(context, tls_config_error(context->config),
		    ret_why);
	context->server = tls_server();
	if (context->server == NULL)
		abort();
	if (tls_configure(context->server, context->config) != 0)
		return refuse(context, tls_error(context->server), ret_why);
	return context;
}

struct conn_tls *
conn_tls_free(struct conn_tls *context)
{
	if (context == NULL || --context->references > 0)
		return NULL;
	tls_free(context->server);
	tls_config_free(context->config);
	free(context);
	return NULL;
}

static int
begin(struct conn_session *s, const char *name)
{
	if (s->context->server != NULL)
		return tls_accept_cbs(s->context->server, &s->tls,
		    read_descriptor, write_descriptor, s);
	s->tls = tls_client();
	if (s->tls == NULL)
		abort();
	if (tls_configure(s->tls, s->context->config) != 0)
		return -1;
	return tls_connect_cbs(s->tls, read_descriptor, write_descriptor, s,
	    name);
}

struct conn_session *
conn_session_new(struct conn_tls *context, int fd, const char *name,
    const char **ret_why)
{
	struct conn_session *s = xcalloc(1, sizeof *s);

	s->context = context;
	s->fd = fd;
	context->references++;
	if (begin(s, name) == 0)
		return s;
	refuse(NULL, tls_error(s->tls != NULL ? s->tls : context->server),
	    ret_why);
	return conn_session_free(s);
}

struct conn_session *
conn_session_free(struct conn_session *s)
{
	if (s == NULL)
		return NULL;
	tls_free(s->tls);
	conn_tls_free(s->context);
	free(s);
	return NULL;
}

struct conn_tls *
conn_tls_client(const void *ca, size_t ca_size, bool verify,
    const char **ret_why)
{
	struct conn_tls *context = context_new();
	struct conn_session *s;

	if (!verify) {
		tls_config_insecure_noverifycert(context->config);
		tls_config_insecure_noverifyname(context->config);
		return context;
	}
	if (ca == NULL)
		return refuse(context, "verifying needs a file of CAs",
		    ret_why);
	if (tls_config_set_ca_mem(context->config, ca, ca_size) != 0)
		return refuse(context, tls_config_error(context->config),
		    ret_why);
	/* libtls reads the CAs only when a session begins: try one now. */
	s = conn_session_new(context, -1, "localhost", ret_why);
	if (s == NULL)
		return conn_tls_free(context);
	conn_session_free(s);
	return context;
}

static ssize_t
step(ssize_t n)
{
	if (n == TLS_WANT_POLLIN)
		return STEP_WANT_READ;
	if (n == TLS_WANT_POLLOUT)
		return STEP_WANT_WRITE;
	return n < 0 ? STEP_BROKEN : n;
}

ssize_t
conn_session_handshake(struct conn_session *s)
{
	return step(tls_handshake(s->tls));
}

ssize_t
conn_session_read(struct conn_session *s, void *data, size_t size)
{
	return step(tls_read(s->tls, data, size));
}

ssize_t
conn_session_write(struct conn_session *s, const void *data, size_t n)
{
	return step(tls_write(s->tls, data, n));
}

ssize_t
conn_session_close(struct conn_session *s)
{
	return step(tls_close(s->tls));
}

const char *
conn_session_error(struct conn_session *s)
{
	const char *why = tls_error(s->tls);

	return why == NULL ? "TLS failed" : why;
}

const char *
conn_session_version(struct conn_session *s)
{
	return tls_conn_version(s->tls);
}

const char *
conn_session_cipher(struct conn_session *s)
{
	return tls_conn_cipher(s->tls);
}

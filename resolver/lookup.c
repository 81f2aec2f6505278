/* SPDX-License-Identifier: ISC */
#include "resolver/lookup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <unbound.h>

#include "util/buf.h"
#include "util/number.h"
#include "util/xalloc.h"

#define CLASS_IN	1
#define RCODE_NXDOMAIN	3
#define OPTIONS_MAX	8192

struct lookup {
	struct ub_ctx	*context;
	uv_poll_t	 poll;
	const char	*broken;
};

struct lookup_job {
	struct lookup	*lookup;
	enum dns_type	 type;
	int		 id;		/* libunbound's, to cancel */
	lookup_done	*done;
	void		*arg;
};

/* Small caches, for ours stands in front; one thread, so one slab. */
static const char options_text[] =
    "server:\n"
    "	do-not-query-localhost: no\n"
    "	msg-cache-size: 2m\n"
    "	msg-cache-slabs: 1\n"
    "	rrset-cache-size: 4m\n"
    "	rrset-cache-slabs: 1\n"
    "	key-cache-size: 1m\n"
    "	key-cache-slabs: 1\n"
    "	neg-cache-size: 512k\n"
    "	infra-cache-slabs: 1\n"
    "	outgoing-range: 512\n"
    "	num-queries-per-thread: 1024\n"
    "	aggressive-nsec: yes\n"
    "	val-clean-additional: yes\n";

/* Zones that libunbound answers as empty by itself (RFC 6303, RFC 6761).
 * Who forwards to a server leaves them to that server: it may well serve
 * the private networks, and a lab's names end in .test. */
static const char *const empty_zones[] = {
	"test.", "invalid.", "home.arpa.", "127.in-addr.arpa.",
	"0.in-addr.arpa.", "10.in-addr.arpa.", "254.169.in-addr.arpa.",
	"2.0.192.in-addr.arpa.", "100.51.198.in-addr.arpa.",
	"113.0.203.in-addr.arpa.", "255.255.255.255.in-addr.arpa.",
	"168.192.in-addr.arpa.", "d.f.ip6.arpa.", "8.e.f.ip6.arpa.",
	"9.e.f.ip6.arpa.", "a.e.f.ip6.arpa.", "b.e.f.ip6.arpa.",
	"8.b.d.0.1.0.0.2.ip6.arpa.",
	"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."
	    "ip6.arpa.",
	"0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."
	    "ip6.arpa.",
};

static void
write_options(struct buf *b, const struct lookup_options *options)
{
	buf_add_str(b, options_text);
	buf_addf(b, "	module-config: \"%s\"\n", options->anchor_count > 0 ?
	    "validator iterator" : "iterator");
	if (options->forwarder_count == 0)
		return;
	for (size_t i = 0; i < sizeof empty_zones / sizeof empty_zones[0]; i++)
		buf_addf(b, "	local-zone: \"%s\" nodefault\n",
		    empty_zones[i]);
	for (unsigned i = 16; i < 32; i++)
		buf_addf(b, "	local-zone: \"%u.172.in-addr.arpa.\" "
		    "nodefault\n", i);
	for (unsigned i = 64; i < 128; i++)
		buf_addf(b, "	local-zone: \"%u.100.in-addr.arpa.\" "
		    "nodefault\n", i);
}

/* libunbound takes a whole configuration only from a file. */
static int
load_options(struct ub_ctx *context, const struct lookup_options *options)
{
	struct buf b;
	char path[64];
	int fd = memfd_create("libunbound", MFD_CLOEXEC), error = UB_READFILE;

	if (fd < 0)
		return UB_READFILE;
	buf_init(&b, OPTIONS_MAX);
	write_options(&b, options);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (!b.overflow &&
	    write(fd, buf_bytes(&b), buf_len(&b)) == (ssize_t)buf_len(&b))
		error = ub_ctx_config(context, path);
	buf_done(&b);
	close(fd);
	return error;
}

static int
set_forwarders(struct ub_ctx *context, const struct lookup_options *options)
{
	for (size_t i = 0; i < options->forwarder_count; i++) {
		const struct netaddr *a = &options->forwarders[i];
		char addr[NETADDR_TEXT_SIZE], text[NETADDR_TEXT_SIZE + 8];
		int error;

		snprintf(text, sizeof text, "%s@%u",
		    netaddr_format(a, addr), a->port);
		if ((error = ub_ctx_set_fwd(context, text)) != 0)
			return error;
	}
	return 0;
}

static int
add_anchors(struct ub_ctx *context, const struct lookup_options *options)
{
	for (size_t i = 0; i < options->anchor_count; i++) {
		int error = ub_ctx_add_ta(context, options->anchors[i]);

		if (error != 0)
			return error;
	}
	return 0;
}

struct lookup *
lookup_new(const struct lookup_options *options,
    char why[static LOOKUP_WHY_SIZE])
{
	struct lookup *l = xcalloc(1, sizeof *l);
	const char *step = "context";
	int error = UB_NOMEM;

	l->context = ub_ctx_create();
	if (l->context != NULL) {
		step = "options";
		error = load_options(l->context, options);
	}
	if (error == 0) {
		step = "forwarders";
		error = set_forwarders(l->context, options);
	}
	if (error == 0) {
		step = "trust anchors";
		error = add_anchors(l->context, options);
	}
	if (error == 0) {
		step = "threads";
		error = ub_ctx_async(l->context, 1);
	}
	if (error == 0)
		return l;
	snprintf(why, LOOKUP_WHY_SIZE, "libunbound refuses its %s: %s", step,
	    ub_strerror(error));
	if (l->context != NULL)
		ub_ctx_delete(l->context);
	free(l);
	return NULL;
}

static void
on_readable(uv_poll_t *poll, int status, int events)
{
	struct lookup *l = poll->data;
	int error = status == 0 ? ub_process(l->context) : UB_PIPE;

	(void)events;
	if (error == 0)
		return;
	/* Its thread is gone: what was asked ends by time. */
	l->broken = ub_strerror(error);
	uv_poll_stop(&l->poll);
}

bool
lookup_run(struct lookup *l, uv_loop_t *loop)
{
	if (uv_poll_init(loop, &l->poll, ub_fd(l->context)) != 0)
		return false;
	l->poll.data = l;
	return uv_poll_start(&l->poll, UV_READABLE, on_readable) == 0;
}

static struct answer *
answer_of_records(enum dns_type type, const struct ub_result *r,
    const struct answer_facts *facts)
{
	struct answer_wire wires[ANSWER_RECORDS_MAX];
	size_t count = 0;

	while (count < ANSWER_RECORDS_MAX && r->data[count] != NULL) {
		wires[count].data = (const uint8_t *)r->data[count];
		wires[count].size = (size_t)r->len[count];
		count++;
	}
	return count > 0 ? answer_new(type, wires, count, facts) :
	    answer_none(DNS_NODATA, "", facts);
}

/* A forged answer may carry data and no error: bogus comes first. */
static struct answer *
answer_of(enum dns_type type, int error, const struct ub_result *r)
{
	struct answer_facts facts = { 0 };

	if (error != 0)
		return answer_none(DNS_FAILED, ub_strerror(error), &facts);
	facts.secure = r->secure != 0;
	facts.ttl_s = r->ttl < 0 ? 0 : (uint32_t)r->ttl;
	if (r->canonname != NULL && strcasecmp(r->canonname, r->qname) != 0)
		facts.canonical = r->canonname;
	if (r->bogus)
		return answer_none(DNS_BOGUS, r->why_bogus, &facts);
	if (r->rcode == RCODE_NXDOMAIN)
		return answer_none(DNS_NXDOMAIN, "", &facts);
	if (r->rcode != 0) {
		char why[32];

		snprintf(why, sizeof why, "answer code %d", r->rcode);
		return answer_none(DNS_FAILED, why, &facts);
	}
	if (!r->havedata)
		return answer_none(DNS_NODATA, "", &facts);
	return answer_of_records(type, r, &facts);
}

static void
on_result(void *arg, int error, struct ub_result *result)
{
	struct lookup_job *job = arg;
	struct answer *answer = answer_of(job->type, error, result);

	if (result != NULL)
		ub_resolve_free(result);
	job->done(job->arg, answer);
	free(job);
}

struct lookup_job *
lookup_start(struct lookup *l, enum dns_type type, const char *name,
    lookup_done *done, void *arg)
{
	struct lookup_job *job;
	int error;

	if (l->broken != NULL)
		return NULL;
	job = xcalloc(1, sizeof *job);
	job->lookup = l;
	job->type = type;
	job->done = done;
	job->arg = arg;
	error = ub_resolve_async(l->context, name, (int)type, CLASS_IN, job,
	    on_result, &job->id);
	if (error == 0)
		return job;
	free(job);
	/* After a failed start a second call crashes inside the library. */
	if (error != UB_SYNTAX)
		l->broken = ub_strerror(error);
	return NULL;
}

void
lookup_cancel(struct lookup_job *job)
{
	ub_cancel(job->lookup->context, job->id);
	free(job);
}

const char *
lookup_broken(const struct lookup *l)
{
	return l->broken;
}

/* SPDX-License-Identifier: ISC */
/*
 * mx6d-resolver: names to answers for policy and deliver.  The cache answers
 * at once; what it lacks is looked up in the zone file or by libunbound.
 */
#include <stdlib.h>

#include "resolver/cache.h"
#include "resolver/questions.h"
#include "resolver/resolver_ipc.h"
#include "resolver/sources.h"
#include "util/child.h"
#include "util/log.h"

#define IPC_NAME resolver
#define IPC_FILE "resolver/resolver.msg"
#include "util/ipc_serve.h"

#define CACHE_ENTRIES_MAX	50000
#define CACHE_BYTES_MAX		(16 * 1024 * 1024)
#define LOOKUPS_MAX		512
#define WAITERS_MAX		16384
#define EXPIRE_EVERY_MS		100
#define TIMEOUT_MOST_MS		120000
#define LOOKUP_MOST_MS		60000

static struct resolver {
	struct child		*child;
	struct sources		 sources;
	struct cache		*cache;
	struct questions	*questions;
	uv_timer_t		 expire;
} resolver;

static uint64_t
now_ms(void)
{
	return uv_now(resolver.child->loop);
}

/* An operator whose forwarder strips signatures sees why all fails. */
static void
log_bogus(const char *name, const struct answer *answer)
{
	struct log_line l;

	log_start(&l, LOG_LEVEL_INFO, "bogus");
	log_text(&l, "name", name);
	log_text(&l, "why", answer->why);
	log_send(&l);
}

static void
on_answer(void *arg, struct answer *answer)
{
	if (answer->status == DNS_BOGUS)
		log_bogus(questions_name(arg), answer);
	questions_answer(resolver.questions, arg, answer, now_ms());
	answer_free(answer);
}

static bool
start_lookup(void *arg, struct question *question, enum dns_type type,
    const char *name, void **ret_job)
{
	struct lookup_job *job;

	(void)arg;
	if (resolver.sources.zone != NULL) {
		struct answer *a = zone_lookup(resolver.sources.zone, type,
		    name);

		if (a != NULL)
			on_answer(question, a);
		return true;
	}
	job = lookup_start(resolver.sources.lookup, type, name, on_answer,
	    question);
	if (job == NULL && lookup_broken(resolver.sources.lookup) != NULL) {
		log_say(LOG_LEVEL_ERROR, "libunbound", "%s",
		    lookup_broken(resolver.sources.lookup));
		child_exit(resolver.child);
	}
	*ret_job = job;
	return job != NULL;
}

static void
cancel_lookup(void *arg, void *job)
{
	(void)arg;
	lookup_cancel(job);
}

static void
reply(void *arg, void *waiter, const struct answer *answer, uint32_t ttl_s)
{
	struct resolver_record records[ANSWER_RECORDS_MAX];
	struct resolver_lookup_answer m = {
		.status = answer->status,
		.secure = answer->secure,
		.ttl_s = ttl_s,
		.canonical = answer->canonical,
		.why = answer->why,
		.records = records,
		.records_count = (uint32_t)answer->count,
	};

	(void)arg;
	for (size_t i = 0; i < answer->count; i++) {
		const struct rdata *r = &answer->records[i];

		records[i] = (struct resolver_record){
			.preference = r->preference,
			.weight = r->weight,
			.port = r->port,
			.name = r->name,
			.addr = r->addr,
			.data = { .data = r->data, .size = r->size },
		};
	}
	resolver_lookup_reply(waiter, &m);
}

static const struct questions_hooks hooks = {
	.start = start_lookup,
	.cancel = cancel_lookup,
	.reply = reply,
};

static void
on_expire(uv_timer_t *timer)
{
	if (!questions_expire(resolver.questions, now_ms()))
		uv_timer_stop(timer);
}

void
serve_resolver_lookup(struct ipc_call *call,
    const struct resolver_lookup_ask *ask)
{
	uint32_t timeout_ms = ask->timeout_ms > TIMEOUT_MOST_MS ?
	    TIMEOUT_MOST_MS : ask->timeout_ms;

	questions_ask(resolver.questions, (enum dns_type)ask->type, ask->name,
	    timeout_ms, call, now_ms());
	if (questions_waiters(resolver.questions) > 0 &&
	    !uv_is_active((uv_handle_t *)&resolver.expire))
		uv_timer_start(&resolver.expire, on_expire, EXPIRE_EVERY_MS,
		    EXPIRE_EVERY_MS);
}

static bool
prepare(struct child *child, const struct child_files *files)
{
	return sources_open(child->config, files->zone, &resolver.sources);
}

static bool
start(struct child *child)
{
	static const struct questions_limits limits = {
		.active_max = LOOKUPS_MAX,
		.waiters_max = WAITERS_MAX,
		.active_ms = LOOKUP_MOST_MS,
	};

	resolver.child = child;
	resolver.cache = cache_new(CACHE_ENTRIES_MAX, CACHE_BYTES_MAX);
	resolver.questions = questions_new(&hooks, NULL, &limits,
	    resolver.cache);
	uv_timer_init(child->loop, &resolver.expire);
	return resolver.sources.lookup == NULL ||
	    lookup_run(resolver.sources.lookup, child->loop);
}

/* A new zone takes the old one's place.  libunbound cannot be set up again
 * inside the sandbox: the process ends, and the parent starts it anew. */
static void
reload(struct child *child, const struct config *old,
    const struct child_files *files)
{
	struct zone *zone;

	if (sources_differ(old, child->config)) {
		child_exit(child);
		return;
	}
	if (resolver.sources.zone == NULL)
		return;
	zone = sources_read_zone(child->config, files->zone);
	if (zone == NULL)
		return;
	zone_free(resolver.sources.zone);
	resolver.sources.zone = zone;
	cache_clear(resolver.cache);
}

int
main(int argc, char **argv)
{
	static const struct child_spec spec = {
		.name = "resolver",
		.kind = PROCESS_RESOLVER,
		.sandbox = SANDBOX_RESOLVER,
		.serves = {
			[PROCESS_SMTP] = &resolver_service,
			[PROCESS_POLICY] = &resolver_service,
			[PROCESS_AUTH] = &resolver_service,
			[PROCESS_DELIVER] = &resolver_service,
		},
		.prepare = prepare,
		.start = start,
		.reload = reload,
	};

	return child_main(argc, argv, &spec);
}

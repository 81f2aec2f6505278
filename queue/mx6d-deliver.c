/* SPDX-License-Identifier: ISC */
/*
 * mx6d-deliver: brings messages to other mail servers, and to LMTP servers
 * here.  It keeps nothing that matters: what it was doing when it died, the
 * queue hands out again.
 */

#include <stdlib.h>

#include "queue/attempt.h"
#include "queue/deliver_admin.h"
#include "queue/deliver_ipc.h"
#include "queue/pool.h"
#include "queue/route.h"
#include "queue/setup.h"
#include "util/child.h"
#include "util/log.h"
#include "util/trace.h"

#define IPC_NAME deliver
#define IPC_FILE "queue/deliver.msg"
#include "util/ipc_serve.h"

static struct child *the_child;

void
serve_deliver_send(struct ipc_call *call, const struct deliver_send_ask *ask)
{
	attempt_start(call, ask);
}

static void
configure(const struct config *config)
{
	static struct setup *setup;
	struct setup *fresh = setup_new(config);

	route_configure(config, fresh);
	attempt_configure(fresh);
	setup_drop(setup);
	setup = fresh;
}

static bool
prepare(struct child *child, const struct child_files *files)
{
	(void)files;
	return setup_prepare(child->config->tls_ca_file,
	    setup_verifies(child->config));
}

static bool
start(struct child *child)
{
	the_child = child;
	trace_init(child->loop);
	route_init(child->loop, child_peer(PROCESS_RESOLVER));
	attempt_init(child->loop, child_peer(PROCESS_PARENT));
	configure(child->config);
	return true;
}

static void
reload(struct child *child, const struct config *old,
    const struct child_files *files)
{
	(void)old;
	(void)files;
	configure(child->config);
	pool_close();
	if (setup_verifies(child->config) && setup_tls(true) == NULL)
		log_say(LOG_LEVEL_WARNING, "reload", "verified TLS works "
		    "only after a restart: the CA file cannot be read now");
}

static void
on_idle(void)
{
	child_exit(the_child);
}

/* Attempts under way may end; those that take longer are handed out again
 * after the restart. */
static void
stop(struct child *child)
{
	pool_close();
	attempt_stop(on_idle);
	if (attempt_count() == 0)
		child_exit(child);
}

int
main(int argc, char **argv)
{
	struct child_spec spec = {
		.name = "deliver",
		.kind = PROCESS_DELIVER,
		.sandbox = SANDBOX_DELIVER,
		.serves = {
			[PROCESS_QUEUE] = &deliver_service,
			[PROCESS_OPERATOR] = deliver_admin(),
		},
		.asks = {
			[PROCESS_RESOLVER] = true,
			[PROCESS_PARENT] = true,
		},
		.prepare = prepare,
		.start = start,
		.reload = reload,
		.stop = stop,
	};

	return child_main(argc, argv, &spec);
}

/* SPDX-License-Identifier: ISC */
/*
 * The queue's process: it holds what was accepted until it is delivered or
 * reported.  Its only files are below its root directory: queue.db and
 * spool/.  See queue/README.
 */
#include <stdlib.h>

#include "queue/engine.h"
#include "queue/serve.h"
#include "util/child.h"
#include "util/log.h"

static struct engine engine;

static bool
start(struct child *child)
{
	/* Threads only sync large files; one is enough to keep order. */
	setenv("UV_THREADPOOL_SIZE", "2", 1);
	if (!engine_start(&engine, child->loop, child->config))
		return false;
	engine.deliver = child_peer(PROCESS_DELIVER);
	engine.local = child_peer(PROCESS_LOCAL);
	engine.policy = child_peer(PROCESS_POLICY);
	serving_set_engine(&engine);
	return true;
}

static void
reload(struct child *child, const struct config *old,
    const struct child_files *files)
{
	(void)old;
	(void)files;
	engine_configure(&engine, child->config);
}

static void
stopped(void *arg)
{
	child_exit(arg);
}

static void
stop(struct child *child)
{
	engine_stop(&engine, stopped, child);
}

int
main(int argc, char **argv)
{
	struct child_spec spec = {
		.name = "queue",
		.kind = PROCESS_QUEUE,
		.sandbox = SANDBOX_QUEUE,
		.serves = {
			[PROCESS_SMTP] = arrive_service(),
			[PROCESS_OPERATOR] = admin_service(),
		},
		.asks = {
			[PROCESS_DELIVER] = true,
			[PROCESS_LOCAL] = true,
			[PROCESS_POLICY] = true,
		},
		.start = start,
		.reload = reload,
		.stop = stop,
	};

	return child_main(argc, argv, &spec);
}

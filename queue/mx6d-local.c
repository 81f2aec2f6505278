/* SPDX-License-Identifier: ISC */
/*
 * mx6d-local: puts messages into Maildirs.  It opens no file itself: for each
 * owner of mailboxes the parent starts this program again with -u, as that
 * user (queue/local_worker.h), and hands over a channel to it.
 */
#include <string.h>
#include <unistd.h>

#include "queue/local_ipc.h"
#include "queue/local_users.h"
#include "queue/local_worker.h"
#include "util/child.h"

#define IPC_NAME local
#define IPC_FILE "queue/local.msg"
#include "util/ipc_serve.h"

void
serve_local_store(struct ipc_call *call, const struct local_store_ask *ask)
{
	local_users_store(call, ask);
	if (ask->file != -1)
		close(ask->file);
}

static bool
start(struct child *child)
{
	local_users_init(child->loop, child_peer(PROCESS_PARENT));
	return true;
}

int
main(int argc, char **argv)
{
	static const struct child_spec spec = {
		.name = "local",
		.kind = PROCESS_LOCAL,
		.sandbox = SANDBOX_LOCAL,
		.serves = { [PROCESS_QUEUE] = &local_service },
		.asks = { [PROCESS_PARENT] = true },
		.start = start,
	};

	if (argc == 2 && strcmp(argv[1], "-u") == 0)
		return local_worker_main();
	return child_main(argc, argv, &spec);
}

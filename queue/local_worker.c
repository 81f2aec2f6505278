/* SPDX-License-Identifier: ISC */
/*
 * Messages that arrive in one round of the loop form one batch: what waits
 * on the channel is read and written to tmp/ first, then all of it is synced
 * together (queue/maildir.h).
 */
#include "queue/local_worker.h"

#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "queue/maildir.h"
#include "queue/maildir_path.h"
#include "queue/mailuser_ipc.h"
#include "util/log.h"
#include "util/number.h"
#include "util/sandbox.h"

#define IPC_NAME mailuser
#define IPC_FILE "queue/mailuser.msg"
#include "util/ipc_serve.h"

#define CHANNEL_FD	3
#define HOST_SIZE	256

static struct maildir_batch *batch;
static char not_open[MAILDIR_TEXT_SIZE] = "no directory has been opened";

static void
on_stored(void *tag, enum deliver_outcome outcome, const char *text)
{
	struct mailuser_store_answer answer = {
		.outcome = outcome,
		.text = text,
	};

	mailuser_store_reply(tag, &answer);
}

static const char *
home_of_user(void)
{
	const struct passwd *pw = getpwuid(getuid());

	return pw == NULL ? NULL : pw->pw_dir;
}

/* "" when done, else what went wrong in words. */
static void
open_directory(const char *directory, char *error, size_t size)
{
	if (*directory == '\0') {
		directory = home_of_user();
		if (directory == NULL) {
			snprintf(error, size, "the user has no home");
			return;
		}
	} else if (!maildir_make_path(directory)) {
		snprintf(error, size, "cannot make %s: %s", directory,
		    strerror(errno));
		return;
	}
	if (chdir(directory) == -1) {
		snprintf(error, size, "cannot go to %s: %s", directory,
		    strerror(errno));
		return;
	}
	*error = '\0';
	if (!sandbox_enter(SANDBOX_MAILUSER, NULL, NULL, false) ||
	    !sandbox_lock(SANDBOX_MAILUSER))
		snprintf(error, size, "cannot lock itself into %s", directory);
}

void
serve_mailuser_open(struct ipc_call *call, const struct mailuser_open_ask *ask)
{
	struct mailuser_open_answer answer = { .error = not_open };

	if (*not_open != '\0')
		open_directory(ask->directory, not_open, sizeof not_open);
	mailuser_open_reply(call, &answer);
}

void
serve_mailuser_store(struct ipc_call *call,
    const struct mailuser_store_ask *ask)
{
	struct maildir_message m = {
		.path = ask->path,
		.junk = ask->quarantine != 0,
		.prefix = ask->prefix,
		.body = ask->file == -1 ? ask->body.data : NULL,
		.file = ask->file,
		.offset = ask->offset,
		.size_bytes = ask->file == -1 ? ask->body.size :
		    ask->size_bytes,
	};

	if (*not_open != '\0')
		on_stored(call, OUTCOME_DEFERRED, not_open);
	else
		maildir_add(batch, &m, call);
	if (ask->file != -1)
		close(ask->file);
}

/* After each round of reading. */
static void
on_round_done(uv_check_t *check)
{
	(void)check;
	if (maildir_waiting(batch) > 0)
		maildir_commit(batch);
}

static void
on_channel_closed(struct ipc_door *door, void *loop)
{
	(void)door;
	uv_stop(loop);
}

int
local_worker_main(void)
{
	uv_loop_t *loop = uv_default_loop();
	uv_check_t check;
	char host[HOST_SIZE];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);	/* a file size limit is EFBIG then */
	umask(077);
	log_open("local", false);
	if (gethostname(host, sizeof host) == -1)
		strcpy_bounded(host, sizeof host, "localhost");
	host[sizeof host - 1] = '\0';
	batch = maildir_batch_new(host, on_stored);
	uv_check_init(loop, &check);
	uv_check_start(&check, on_round_done);
	ipc_door_open(loop, CHANNEL_FD, &mailuser_service, IPC_SIBLING, loop,
	    on_channel_closed);
	uv_run(loop, UV_RUN_DEFAULT);
	maildir_batch_free(batch);
	return 0;
}

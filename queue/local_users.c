/* SPDX-License-Identifier: ISC */
#include "queue/local_users.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "queue/local_target.h"
#include "queue/mailuser_ipc.h"
#include "queue/queue_words.h"
#include "smtpd/privileged_ipc.h"
#include "util/log.h"
#include "util/number.h"
#include "util/xalloc.h"

#define WORKERS_MAX	64
#define IDLE_MS		10000
#define LOOK_EVERY_MS	1000
#define STORE_TIMEOUT_MS 120000
#define START_TIMEOUT_MS 30000
#define ERROR_SIZE	256

enum worker_state {
	WORKER_IN_LINE,
	WORKER_STARTING,
	WORKER_RUNNING,
	WORKER_GONE,		/* freed when its last call is answered */
};

struct worker {
	TAILQ_ENTRY(worker)	 next;
	enum worker_state	 state;
	char			*user;
	char			*directory;	/* "": the user's home */
	struct ipc_peer		*peer;
	unsigned		 calls;		/* not answered yet */
	uint64_t		 idle_since_ms;
	char			 error[ERROR_SIZE];
	bool			 permanent;	/* the user does not exist */
	bool			 spoiled;	/* has no directory: ends soon */
};

struct delivery {
	struct worker	*worker;
	struct ipc_call	*call;
};

static TAILQ_HEAD(, worker) workers = TAILQ_HEAD_INITIALIZER(workers);
static uv_loop_t *loop;
static struct ipc_peer *parent;
static uv_timer_t timer;
static unsigned started;		/* STARTING or RUNNING */

static void start_more(void);
static void on_timer(uv_timer_t *t);

static void
answer(struct ipc_call *call, enum deliver_outcome outcome, const char *text)
{
	struct local_store_answer a = { .outcome = outcome, .text = text };

	local_store_reply(call, &a);
}

/* Frees a worker that is gone and has no calls any more. */
static void
settle(struct worker *w)
{
	if (w->state != WORKER_GONE || w->calls > 0)
		return;
	free(w->user);
	free(w->directory);
	free(w);
}

/* Its calls end with IPC_LOST; the channel's end makes the process exit. */
static void
end_worker(struct worker *w)
{
	struct ipc_peer *peer = w->peer;

	if (w->state == WORKER_GONE)
		return;
	if (w->state != WORKER_IN_LINE)
		started--;
	w->state = WORKER_GONE;
	TAILQ_REMOVE(&workers, w, next);
	w->calls++;		/* keeps it here until the peer is gone */
	ipc_peer_free(peer);
	w->calls--;
	settle(w);
	start_more();
}

static void
on_worker_lost(void *arg)
{
	struct worker *w = arg;

	log_say(LOG_LEVEL_WARNING, "died", "the process for mailboxes of "
	    "%s has died", *w->user == '\0' ? "the daemon" : w->user);
	end_worker(w);
}

static void
on_opened(void *arg, enum ipc_status status,
    const struct mailuser_open_answer *opened)
{
	struct worker *w = arg;

	/* What it could not open, it says again to each store. */
	if (status == IPC_OK && *opened->error != '\0') {
		w->spoiled = true;
		log_say(LOG_LEVEL_WARNING, "open", "%s", opened->error);
	}
}

static void
on_mail_user(void *arg, enum ipc_status status,
    const struct privileged_mail_user_answer *user)
{
	struct worker *w = arg;

	w->calls--;
	if (status == IPC_OK && user->channel != -1 &&
	    w->state == WORKER_STARTING) {
		w->state = WORKER_RUNNING;
		ipc_peer_attach(w->peer, user->channel);
		return;
	}
	if (status == IPC_OK && user->channel != -1)
		close(user->channel);
	if (status == IPC_OK) {
		w->permanent = user->permanent != 0;
		snprintf(w->error, sizeof w->error, "%s", user->error);
	} else
		strcpy_bounded(w->error, sizeof w->error,
		    "no process could be started for this mailbox");
	if (w->state == WORKER_GONE)
		settle(w);
	else
		end_worker(w);
}

static struct worker *
first_in(enum worker_state state)
{
	struct worker *w;

	TAILQ_FOREACH(w, &workers, next)
		if (w->state == state)
			return w;
	return NULL;
}

static struct worker *
idle_longest(void)
{
	struct worker *w, *found = NULL;

	TAILQ_FOREACH(w, &workers, next)
		if (w->state == WORKER_RUNNING && w->calls == 0 &&
		    (found == NULL || w->idle_since_ms < found->idle_since_ms))
			found = w;
	return found;
}

/* Gives places to those in line, at the cost of one that is idle. */
static void
start_more(void)
{
	struct worker *w, *idle;

	while ((w = first_in(WORKER_IN_LINE)) != NULL) {
		struct privileged_mail_user_ask ask = { .user = w->user };

		if (started >= WORKERS_MAX) {
			/* Its end comes back here. */
			if ((idle = idle_longest()) != NULL)
				end_worker(idle);
			return;
		}
		w->state = WORKER_STARTING;
		started++;
		w->calls++;
		privileged_mail_user(parent, &ask, START_TIMEOUT_MS,
		    on_mail_user, w);
	}
}

static bool
is_over(const struct worker *w)
{
	return w->state == WORKER_RUNNING && w->calls == 0 &&
	    (w->spoiled || uv_now(loop) - w->idle_since_ms >= IDLE_MS);
}

static void
on_timer(uv_timer_t *t)
{
	struct worker *w;

	(void)t;
	do {
		TAILQ_FOREACH(w, &workers, next)
			if (is_over(w))
				break;
		if (w != NULL)
			end_worker(w);
	} while (w != NULL);
	start_more();
}

static struct worker *
worker_for(const char *user, const char *directory)
{
	struct mailuser_open_ask ask = { .directory = directory };
	struct worker *w;

	TAILQ_FOREACH(w, &workers, next)
		if (strcmp(w->user, user) == 0 &&
		    strcmp(w->directory, directory) == 0)
			return w;
	w = xcalloc(1, sizeof *w);
	w->user = xstrdup(user);
	w->directory = xstrdup(directory);
	w->peer = ipc_peer_new(loop, "mailuser");
	ipc_peer_on_lost(w->peer, on_worker_lost, w);
	/* Waits in the peer for the channel, before all stores. */
	mailuser_open(w->peer, &ask, STORE_TIMEOUT_MS, on_opened, w);
	TAILQ_INSERT_TAIL(&workers, w, next);
	return w;
}

static void
on_stored(void *arg, enum ipc_status status,
    const struct mailuser_store_answer *stored)
{
	struct delivery *d = arg;
	struct worker *w = d->worker;

	w->calls--;
	w->idle_since_ms = uv_now(loop);
	if (status == IPC_OK)
		answer(d->call, (enum deliver_outcome)stored->outcome,
		    stored->text);
	else if (*w->error != '\0')
		answer(d->call, w->permanent ? OUTCOME_FAILED :
		    OUTCOME_DEFERRED, w->error);
	else
		answer(d->call, OUTCOME_DEFERRED, status == IPC_TIMEOUT ?
		    "storing took too long" :
		    "the process that was storing it has died");
	free(d);
	/* Others may stand in line.  Not from here: this may be inside a
	 * function of the peer that start_more would free. */
	if (w->calls == 0 && started >= WORKERS_MAX)
		uv_timer_start(&timer, on_timer, 0, LOOK_EVERY_MS);
	settle(w);
}

void
local_users_store(struct ipc_call *call, const struct local_store_ask *ask)
{
	struct mailuser_store_ask m = {
		.message = ask->message,
		.quarantine = ask->quarantine,
		.body = ask->body,
		.file = ask->file,
		.offset = ask->offset,
		.size_bytes = ask->size_bytes,
	};
	struct local_target target;
	struct delivery *d;

	if (!local_target_find(ask->path, &target)) {
		answer(call, OUTCOME_DEFERRED, "the mailbox's path is not "
		    "usable: it must not have empty parts or \"..\"");
		return;
	}
	d = xcalloc(1, sizeof *d);
	d->call = call;
	d->worker = worker_for(ask->user, target.directory);
	d->worker->calls++;
	m.path = target.path;
	m.prefix = xasprintf("Return-Path: <%s>\nDelivered-To: %s\n",
	    ask->sender, ask->recipient);
	mailuser_store(d->worker->peer, &m, STORE_TIMEOUT_MS, on_stored, d);
	free((void *)(uintptr_t)m.prefix);
	local_target_clear(&target);
	start_more();
}

void
local_users_init(uv_loop_t *the_loop, struct ipc_peer *the_parent)
{
	loop = the_loop;
	parent = the_parent;
	uv_timer_init(loop, &timer);
	uv_timer_start(&timer, on_timer, LOOK_EVERY_MS, LOOK_EVERY_MS);
}

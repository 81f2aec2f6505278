/* SPDX-License-Identifier: ISC */
#include "smtpd/wiring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "smtpd/privileged.h"
#include "util/child_ipc.h"
#include "util/log.h"
#include "util/xalloc.h"

#define CHANNEL_MS	30000
#define AGAIN_MS	1000	/* descriptors run short for a while */

/* A channel on its way to both of its ends. */
struct joint {
	uv_loop_t	*loop;
	struct process	*asks;
	struct process	*answers;	/* NULL: the parent */
	pid_t		 asks_pid, answers_pid;
	unsigned	 untold;	/* ends that have not answered */
	bool		 failed;	/* one of them does not have it */
	uv_timer_t	 timer;
};

static void
on_timer_closed(uv_handle_t *handle)
{
	free(handle->data);
}

/* Who was started anew meanwhile has been connected anew. */
static bool
is_wanted(const struct joint *j)
{
	return j->asks->state == PROCESS_READY &&
	    j->asks->pid == j->asks_pid && (j->answers == NULL ||
	    (j->answers->state == PROCESS_READY &&
	    j->answers->pid == j->answers_pid));
}

static void on_again(uv_timer_t *);

static void
settle(struct joint *j)
{
	if (j->failed && is_wanted(j))
		uv_timer_start(&j->timer, on_again, AGAIN_MS, 0);
	else
		uv_close((uv_handle_t *)&j->timer, on_timer_closed);
}

static void
end_told(struct joint *j, const struct process *end, enum ipc_status status)
{
	supervise_told(end, status, "a channel");
	j->failed |= status != IPC_OK;
	if (--j->untold == 0)
		settle(j);
}

static void
asks_told(void *arg, enum ipc_status status,
    const struct child_channel_answer *answer)
{
	struct joint *j = arg;

	(void)answer;
	end_told(j, j->asks, status);
}

static void
answers_told(void *arg, enum ipc_status status,
    const struct child_channel_answer *answer)
{
	struct joint *j = arg;

	(void)answer;
	end_told(j, j->answers, status);
}

static void
give_asks(struct joint *j, int fd)
{
	struct child_channel_ask ask = {
		.process = j->answers == NULL ? PROCESS_PARENT :
		    j->answers->row->kind,
		.index = j->answers == NULL ? 0 : j->answers->index,
		.channel = fd,
	};

	j->untold++;
	child_channel(j->asks->peer, &ask, CHANNEL_MS, asks_told, j);
	close(fd);
}

static void
give_answers(struct joint *j, int fd)
{
	struct child_channel_ask ask = {
		.process = j->asks->row->kind,
		.index = j->asks->index,
		.serve = true,
		.channel = fd,
	};

	if (j->answers == NULL) {
		privileged_serve(j->loop, fd, j->asks->row->kind,
		    j->asks->pid);
		return;
	}
	j->untold++;
	child_channel(j->answers->peer, &ask, CHANNEL_MS, answers_told, j);
	close(fd);
}

/* An end that has its half when the other has not sees it close, and takes
 * the half of the next one in its stead. */
static void
give(struct joint *j)
{
	int fds[2];

	j->failed = !ipc_pair(fds);
	if (j->failed) {
		log_say(LOG_LEVEL_ERROR, "supervise", "socketpair for %s: %s",
		    j->asks->row->name, strerror(errno));
		settle(j);
		return;
	}
	give_answers(j, fds[0]);
	give_asks(j, fds[1]);
}

static void
on_again(uv_timer_t *timer)
{
	struct joint *j = timer->data;

	if (is_wanted(j))
		give(j);
	else
		settle(j);
}

static void
join(uv_loop_t *loop, struct process *asks, struct process *answers)
{
	struct joint *j = xcalloc(1, sizeof *j);

	j->loop = loop;
	j->asks = asks;
	j->asks_pid = asks->pid;
	j->answers = answers;
	j->answers_pid = answers == NULL ? 0 : answers->pid;
	uv_timer_init(loop, &j->timer);
	j->timer.data = j;
	give(j);
}

/* Where several answer, number i asks number i modulo their count; among
 * their own kind all others ask the first. */
static bool
are_paired(const struct process *asks, const struct process *answers)
{
	if (asks->row->kind == answers->row->kind)
		return answers->index == 0 && asks->index != 0;
	return asks->index % answers->count == answers->index;
}

static void
connect_edge(uv_loop_t *loop, const struct process_edge *edge,
    struct process *fresh)
{
	struct process *p;

	if (edge->asks == fresh->row->kind && edge->answers == PROCESS_PARENT)
		join(loop, fresh, NULL);
	for (size_t i = 0; (p = supervise_at(i)) != NULL; i++) {
		if (p->state != PROCESS_READY)
			continue;
		if (edge->asks == fresh->row->kind &&
		    edge->answers == p->row->kind && are_paired(fresh, p))
			join(loop, fresh, p);
		if (edge->answers == fresh->row->kind &&
		    edge->asks == p->row->kind && are_paired(p, fresh))
			join(loop, p, fresh);
	}
}

void
wiring_connect(uv_loop_t *loop, struct process *fresh)
{
	for (size_t e = 0; e < process_edge_count; e++)
		connect_edge(loop, &process_edges[e], fresh);
}

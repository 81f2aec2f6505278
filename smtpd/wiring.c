/* SPDX-License-Identifier: ISC */
#include "smtpd/wiring.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "smtpd/privileged.h"
#include "util/child_ipc.h"
#include "util/log.h"

#define CHANNEL_MS	30000

static void
channel_sent(void *arg, enum ipc_status status,
    const struct child_channel_answer *answer)
{
	(void)answer;
	supervise_told(arg, status, "a channel");
}

static void
give_channel(struct process *to, enum process_kind other, uint32_t index,
    bool serve, int fd)
{
	struct child_channel_ask ask = {
		.process = other,
		.index = index,
		.serve = serve,
		.channel = fd,
	};

	child_channel(to->peer, &ask, CHANNEL_MS, channel_sent, to);
}

/* It would never hear of the other: started anew it is connected anew. */
static void
fail(const struct process *fresh)
{
	log_say(LOG_LEVEL_ERROR, "supervise", "socketpair for %s: %s",
	    fresh->row->name, strerror(errno));
	kill(fresh->pid, SIGKILL);
}

static bool
connect_pair(struct process *asks, struct process *answers)
{
	int fds[2];

	if (!ipc_pair(fds))
		return false;
	give_channel(answers, asks->row->kind, asks->index, true, fds[0]);
	give_channel(asks, answers->row->kind, answers->index, false, fds[1]);
	close(fds[0]);
	close(fds[1]);
	return true;
}

static bool
connect_parent(uv_loop_t *loop, struct process *asks)
{
	int fds[2];

	if (!ipc_pair(fds))
		return false;
	privileged_serve(loop, fds[0], asks->row->kind, asks->pid);
	give_channel(asks, PROCESS_PARENT, 0, false, fds[1]);
	close(fds[1]);
	return true;
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

static bool
connect_both(const struct process_edge *edge, struct process *fresh,
    struct process *p)
{
	if (edge->asks == fresh->row->kind && edge->answers == p->row->kind &&
	    are_paired(fresh, p) && !connect_pair(fresh, p))
		return false;
	return edge->answers != fresh->row->kind ||
	    edge->asks != p->row->kind || !are_paired(p, fresh) ||
	    connect_pair(p, fresh);
}

static bool
connect_edge(uv_loop_t *loop, const struct process_edge *edge,
    struct process *fresh)
{
	struct process *p;

	if (edge->asks == fresh->row->kind &&
	    edge->answers == PROCESS_PARENT && !connect_parent(loop, fresh))
		return false;
	for (size_t i = 0; (p = supervise_at(i)) != NULL; i++) {
		if (p->state == PROCESS_READY && !connect_both(edge, fresh, p))
			return false;
	}
	return true;
}

void
wiring_connect(uv_loop_t *loop, struct process *fresh)
{
	for (size_t e = 0; e < process_edge_count; e++) {
		if (!connect_edge(loop, &process_edges[e], fresh)) {
			fail(fresh);
			return;
		}
	}
}

/* SPDX-License-Identifier: ISC */
#include "smtpd/supervise.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "smtpd/spawn.h"
#include "smtpd/wiring.h"
#include "util/child_ipc.h"
#include "util/fdio.h"
#include "util/log.h"
#include "util/xalloc.h"

#define PROCESSES_MAX	256
#define BACKOFF_FIRST	100
#define BACKOFF_MOST	10000
#define LIVED_WELL	60	/* seconds after which the back-off is forgotten */
#define CONFIGURE_MS	30000

static uv_loop_t *loop;
static struct supply *supply;
static const struct supervisor_events *events;
static struct process processes[PROCESSES_MAX];
static size_t process_count;
static bool all_were_ready;
static bool stopping;
static bool stopping_rest;	/* the sessions with clients are over */
static uint32_t stop_ms;	/* for each of the two steps */
static uv_timer_t kill_timer;
static bool out_of_time;

static void spawn(struct process *p);

struct process *
supervise_at(size_t i)
{
	return i < process_count ? &processes[i] : NULL;
}

struct process *
supervise_find(const char *name, uint32_t index)
{
	for (size_t i = 0; i < process_count; i++) {
		if (strcmp(processes[i].row->name, name) == 0 &&
		    processes[i].index == index)
			return &processes[i];
	}
	return NULL;
}

/* ---- configuration ---- */

static void
check_all_ready(void)
{
	if (all_were_ready)
		return;
	for (size_t i = 0; i < process_count; i++) {
		if (processes[i].state != PROCESS_READY)
			return;
	}
	all_were_ready = true;
	events->all_ready();
}

static void
configured(void *arg, enum ipc_status status,
    const struct child_configure_answer *answer)
{
	struct process *p = arg;

	if (status != IPC_OK) {
		/* It died (on_exit sees to it), or it hangs. */
		if (status == IPC_TIMEOUT && p->pid > 0)
			kill(p->pid, SIGKILL);
		return;
	}
	if (*answer->error != '\0') {
		log_say(LOG_LEVEL_ERROR, "supervise", "%s: %s", p->row->name,
		    answer->error);
		return;
	}
	if (p->state == PROCESS_READY)
		return;		/* a reload */
	p->state = PROCESS_READY;
	wiring_connect(loop, p);
	events->ready(p);
	check_all_ready();
}

static int
sealed_or_none(bool wanted, const char *data, size_t n)
{
	return wanted && data != NULL ? fdio_sealed(data, n) : -1;
}

static void
configure(struct process *p)
{
	struct child_configure_ask ask = {
		.text = fdio_sealed(supply->text, supply->text_size),
		.certificate = sealed_or_none(p->row->certificate,
		    supply->certificate, supply->certificate_size),
		.key = sealed_or_none(p->row->certificate, supply->key,
		    supply->key_size),
		.zone = sealed_or_none(p->row->zone, supply->zone,
		    supply->zone_size),
		.shared = p->row->shared ? supply->shared_fd : -1,
		.index = p->index,
		.count = p->count,
		.privileged = supply->privileged,
		.log_level = log_get_level(),
	};
	const int fds[] = { ask.text, ask.certificate, ask.key, ask.zone };

	child_configure(p->peer, &ask, CONFIGURE_MS, configured, p);
	for (size_t i = 0; i < sizeof fds / sizeof *fds; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
}

/* ---- life and death ---- */

static void
on_handle_closed(uv_handle_t *handle)
{
	free(handle);
}

static void stop_next(void);

static void
on_backoff_over(uv_timer_t *timer)
{
	if (!stopping)
		spawn(timer->data);
}

void
supervise_told(const struct process *p, enum ipc_status status,
    const char *what)
{
	static const char *const reasons[] = {
		[IPC_LOST] = "it ended or could not take it",
		[IPC_TIMEOUT] = "it did not answer in time",
		[IPC_REFUSED] = "it could not be sent",
	};
	struct log_line l;

	if (status == IPC_OK)
		return;
	log_start(&l, LOG_LEVEL_WARNING, "not-told");
	log_text(&l, "process", p->row->name);
	log_number(&l, "index", p->index);
	log_text(&l, "what", what);
	log_text(&l, "msg", reasons[status]);
	log_send(&l);
}

static void
log_death(const struct process *p, int64_t status, int signal_number)
{
	struct log_line l;

	log_start(&l, LOG_LEVEL_WARNING, "died");
	log_text(&l, "process", p->row->name);
	log_number(&l, "index", p->index);
	log_number(&l, "pid", (uint64_t)p->pid);
	if (signal_number == SIGSYS)
		log_text(&l, "msg", "killed: it made a system call that its "
		    "sandbox forbids");
	else if (signal_number != 0)
		log_number(&l, "signal", (uint64_t)signal_number);
	else
		log_number(&l, "status", (uint64_t)status);
	log_number(&l, "restart_in_ms", p->backoff_ms);
	log_send(&l);
}

static void
on_exit_of_child(uv_process_t *handle, int64_t status, int signal_number)
{
	struct process *p = handle->data;
	bool was_ready = p->state == PROCESS_READY;

	p->state = PROCESS_DOWN;
	uv_close((uv_handle_t *)handle, on_handle_closed);
	p->peer = ipc_peer_free(p->peer);
	if (stopping) {
		stop_next();
		return;
	}
	if (!was_ready && !all_were_ready) {
		events->hopeless(p);
		return;
	}
	if (was_ready && (uint64_t)time(NULL) - p->started_at > LIVED_WELL)
		p->backoff_ms = BACKOFF_FIRST;
	log_death(p, status, signal_number);
	p->restarts++;
	uv_timer_start(p->timer, on_backoff_over, p->backoff_ms, 0);
	p->backoff_ms = p->backoff_ms * 2 > BACKOFF_MOST ? BACKOFF_MOST :
	    p->backoff_ms * 2;
}

/* Its channel has ended, or what came on it was nonsense: either way it is not
 * a process of ours any more.  One child must never take the parent along. */
static void
on_channel_lost(void *arg)
{
	const struct process *p = arg;

	if (p->state != PROCESS_DOWN)
		kill(p->pid, SIGKILL);
}

static void
spawn(struct process *p)
{
	char program[64];
	int fds[2], error;

	if (!ipc_pair(fds)) {
		log_say(LOG_LEVEL_ERROR, "supervise", "socketpair for %s: %s",
		    p->row->name, strerror(errno));
		goto later;
	}
	snprintf(program, sizeof program, "mx6d-%s", p->row->name);
	p->handle = xcalloc(1, sizeof *p->handle);
	p->handle->data = p;
	error = spawn_child(p->handle, program, fds[1], on_exit_of_child);
	close(fds[1]);
	if (error != 0) {
		close(fds[0]);
		uv_close((uv_handle_t *)p->handle, on_handle_closed);
		log_say(LOG_LEVEL_ERROR, "supervise", "%s: %s", program,
		    uv_strerror(error));
		if (!all_were_ready) {
			events->hopeless(p);
			return;
		}
		goto later;
	}
	p->pid = p->handle->pid;
	p->state = PROCESS_STARTING;
	p->started_at = (uint64_t)time(NULL);
	p->peer = ipc_peer_new(loop, p->row->name);
	ipc_peer_forgive(p->peer);
	ipc_peer_on_lost(p->peer, on_channel_lost, p);
	ipc_peer_attach(p->peer, fds[0]);
	configure(p);
	return;
later:
	uv_timer_start(p->timer, on_backoff_over, p->backoff_ms, 0);
}

static void stop_next(void);

static void
on_user_gone(void)
{
	if (stopping)
		stop_next();
}

void
supervise_start(uv_loop_t *the_loop, const struct config *config,
    struct supply *the_supply,
    const struct supervisor_events *the_events)
{
	loop = the_loop;
	supply = the_supply;
	events = the_events;
	uv_timer_init(loop, &kill_timer);
	spawn_on_user_gone(on_user_gone);
	for (size_t r = 0; r < process_row_count; r++) {
		uint32_t count = process_rows[r].count(config);

		for (uint32_t i = 0; i < count; i++) {
			struct process *p = &processes[process_count++];

			p->row = &process_rows[r];
			p->index = i;
			p->count = count;
			p->backoff_ms = BACKOFF_FIRST;
			p->timer = xcalloc(1, sizeof *p->timer);
			uv_timer_init(loop, p->timer);
			p->timer->data = p;
		}
	}
	for (size_t i = 0; i < process_count && !stopping; i++)
		spawn(&processes[i]);
}

void
supervise_reload(bool restart_resolver)
{
	for (size_t i = 0; i < process_count; i++) {
		struct process *p = &processes[i];

		if (p->state == PROCESS_DOWN)
			continue;
		if (restart_resolver && p->row->kind == PROCESS_RESOLVER)
			kill(p->pid, SIGKILL);
		else
			configure(p);
	}
}

/* ---- the end ---- */

static void
on_kill_time(uv_timer_t *timer)
{
	(void)timer;
	for (size_t i = 0; i < process_count; i++) {
		if (processes[i].state == PROCESS_DOWN)
			continue;
		log_say(LOG_LEVEL_WARNING, "stop", "%s did not finish in "
		    "time and is killed", processes[i].row->name);
		kill(processes[i].pid, SIGKILL);
	}
	out_of_time = true;
	stop_next();
}

static void
stop_answered(void *arg, enum ipc_status status,
    const struct child_stop_answer *answer)
{
	(void)arg;
	(void)status;
	(void)answer;
}

static bool
has_sessions(const struct process *p)
{
	return p->row->kind == PROCESS_SMTP;
}

static void
tell_to_stop(struct process *p)
{
	struct child_stop_ask ask = { .within_ms = stop_ms };

	uv_timer_stop(p->timer);
	if (p->state == PROCESS_READY)
		child_stop(p->peer, &ask, stop_ms, stop_answered, NULL);
	else if (p->state == PROCESS_STARTING)
		kill(p->pid, SIGKILL);
}

/* The end has two steps: a message that a client is sending is still judged
 * and queued, so the others go on until the last session is over. */
static void
stop_next(void)
{
	bool sessions = false, any = false;

	for (size_t i = 0; i < process_count; i++) {
		if (processes[i].state == PROCESS_DOWN)
			continue;
		any = true;
		sessions |= has_sessions(&processes[i]);
	}
	if (!sessions && !stopping_rest) {
		stopping_rest = true;
		for (size_t i = 0; i < process_count; i++)
			tell_to_stop(&processes[i]);
	}
	/* A mailbox owner's process ends when mx6d-local has; a store that
	 * it is in the middle of is waited for as long as the others were. */
	if (!any && (spawn_users_alive() == 0 || out_of_time)) {
		uv_timer_stop(&kill_timer);
		events->all_gone();
	}
}

void
supervise_stop(uint32_t within_ms)
{
	if (stopping)
		return;
	stopping = true;
	stop_ms = within_ms / 2;
	for (size_t i = 0; i < process_count; i++) {
		if (has_sessions(&processes[i]))
			tell_to_stop(&processes[i]);
	}
	uv_timer_start(&kill_timer, on_kill_time, within_ms + 1000, 0);
	stop_next();
}

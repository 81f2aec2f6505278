/* SPDX-License-Identifier: ISC */
#include "smtpd/supervise.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "smtpd/privileged.h"
#include "util/child_ipc.h"
#include "util/fdio.h"
#include "util/log.h"
#include "util/xalloc.h"

#define PROCESSES_MAX	256
#define BACKOFF_FIRST	100
#define BACKOFF_MOST	10000
#define LIVED_WELL	60	/* seconds after which the back-off is forgotten */
#define CONFIGURE_MS	30000
#define CHANNEL_MS	30000

static uv_loop_t *loop;
static const char *directory;
static struct supply *supply;
static const struct supervisor_events *events;
static struct process processes[PROCESSES_MAX];
static size_t process_count;
static bool all_were_ready;
static bool stopping;
static uv_timer_t kill_timer;
static unsigned users_alive;

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

/* ---- channels ---- */

static void
channel_sent(void *arg, enum ipc_status status,
    const struct child_channel_answer *answer)
{
	(void)arg;
	(void)status;
	(void)answer;
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

	child_channel(to->peer, &ask, CHANNEL_MS, channel_sent, NULL);
}

static void
connect_pair(struct process *asks, struct process *answers)
{
	int fds[2];

	if (!ipc_pair(fds)) {
		log_say(LOG_LEVEL_ERROR, "supervise", "socketpair: %s",
		    strerror(errno));
		return;
	}
	give_channel(answers, asks->row->kind, asks->index, true, fds[0]);
	give_channel(asks, answers->row->kind, answers->index, false, fds[1]);
	close(fds[0]);
	close(fds[1]);
}

static void
connect_parent(struct process *asks)
{
	int fds[2];

	if (!ipc_pair(fds)) {
		log_say(LOG_LEVEL_ERROR, "supervise", "socketpair: %s",
		    strerror(errno));
		return;
	}
	privileged_serve(loop, fds[0], asks->row->kind);
	give_channel(asks, PROCESS_PARENT, 0, false, fds[1]);
	close(fds[1]);
}

/* Where several answer, number i asks number i modulo their count. */
static bool
are_paired(const struct process *asks, const struct process *answers)
{
	return asks->index % answers->count == answers->index;
}

static void
wire(struct process *fresh)
{
	for (size_t e = 0; e < process_edge_count; e++) {
		const struct process_edge *edge = &process_edges[e];

		if (edge->asks == fresh->row->kind &&
		    edge->answers == PROCESS_PARENT)
			connect_parent(fresh);
		for (size_t i = 0; i < process_count; i++) {
			struct process *p = &processes[i];

			if (p->state != PROCESS_READY)
				continue;
			if (edge->asks == fresh->row->kind &&
			    edge->answers == p->row->kind &&
			    are_paired(fresh, p))
				connect_pair(fresh, p);
			if (edge->answers == fresh->row->kind &&
			    edge->asks == p->row->kind && are_paired(p, fresh))
				connect_pair(p, fresh);
		}
	}
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
	wire(p);
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

static void
check_all_gone(void)
{
	for (size_t i = 0; i < process_count; i++) {
		if (processes[i].state != PROCESS_DOWN)
			return;
	}
	uv_timer_stop(&kill_timer);
	events->all_gone();
}

static void
on_backoff_over(uv_timer_t *timer)
{
	if (!stopping)
		spawn(timer->data);
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
		check_all_gone();
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

struct credentials {
	uid_t	uid;
	gid_t	gid;
	bool	set;
};

/* One program with fd as its descriptor 3 and our standard three. */
static int
run_program(uv_process_t *handle, const char *program, const char *argument,
    int fd, uv_exit_cb on_exit, const struct credentials *who)
{
	char *path = xasprintf("%s/%s", directory, program);
	char name[64], arg[64] = "";
	char *args[] = { name, NULL, NULL };
	char *environment[] = { NULL };
	uv_stdio_container_t stdio[] = {
		{ .flags = UV_INHERIT_FD, .data.fd = 0 },
		{ .flags = UV_INHERIT_FD, .data.fd = 1 },
		{ .flags = UV_INHERIT_FD, .data.fd = 2 },
		{ .flags = UV_INHERIT_FD, .data.fd = fd },
	};
	uv_process_options_t options = {
		.exit_cb = on_exit,
		.file = path,
		.args = args,
		.env = environment,
		.stdio = stdio,
		.stdio_count = 4,
	};
	int error;

	snprintf(name, sizeof name, "%s", program);
	if (argument != NULL) {
		snprintf(arg, sizeof arg, "%s", argument);
		args[1] = arg;
	}
	if (who->set) {
		options.flags = UV_PROCESS_SETUID | UV_PROCESS_SETGID;
		options.uid = who->uid;
		options.gid = who->gid;
	}
	error = uv_spawn(loop, handle, &options);
	free(path);
	return error;
}

static void
spawn(struct process *p)
{
	static const struct credentials ours = { .set = false };
	char program[64];
	int fds[2], error;

	if (!ipc_pair(fds))
		goto later;
	snprintf(program, sizeof program, "mx6d-%s", p->row->name);
	p->handle = xcalloc(1, sizeof *p->handle);
	p->handle->data = p;
	error = run_program(p->handle, program, NULL, fds[1],
	    on_exit_of_child, &ours);
	close(fds[1]);
	if (error != 0) {
		close(fds[0]);
		uv_close((uv_handle_t *)p->handle, on_handle_closed);
		log_say(LOG_LEVEL_ERROR, "supervise", "%s/%s: %s", directory,
		    program, uv_strerror(error));
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
	ipc_peer_attach(p->peer, fds[0]);
	configure(p);
	return;
later:
	uv_timer_start(p->timer, on_backoff_over, p->backoff_ms, 0);
}

void
supervise_start(uv_loop_t *the_loop, const struct config *config,
    const char *program_directory, struct supply *the_supply,
    const struct supervisor_events *the_events)
{
	loop = the_loop;
	directory = program_directory;
	supply = the_supply;
	events = the_events;
	uv_timer_init(loop, &kill_timer);
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
	for (size_t i = 0; i < process_count; i++)
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
}

static void
stop_answered(void *arg, enum ipc_status status,
    const struct child_stop_answer *answer)
{
	(void)arg;
	(void)status;
	(void)answer;
}

void
supervise_stop(uint32_t within_ms)
{
	struct child_stop_ask ask = { .within_ms = within_ms };

	if (stopping)
		return;
	stopping = true;
	for (size_t i = 0; i < process_count; i++) {
		struct process *p = &processes[i];

		uv_timer_stop(p->timer);
		if (p->state == PROCESS_READY)
			child_stop(p->peer, &ask, within_ms, stop_answered,
			    NULL);
		else if (p->state == PROCESS_STARTING)
			kill(p->pid, SIGKILL);
	}
	uv_timer_start(&kill_timer, on_kill_time, within_ms + 1000, 0);
	check_all_gone();
}

/* ---- processes of users ---- */

static void
on_exit_of_user(uv_process_t *handle, int64_t status, int signal_number)
{
	(void)status;
	if (signal_number != 0)
		log_say(LOG_LEVEL_WARNING, "died", "a mailbox owner's process "
		    "died of signal %d", signal_number);
	users_alive--;
	uv_close((uv_handle_t *)handle, on_handle_closed);
}

bool
supervise_spawn_user(const char *program, const char *argument, int fd,
    uid_t uid, gid_t gid)
{
	struct credentials who = { uid, gid, supply->privileged };
	uv_process_t *handle = xcalloc(1, sizeof *handle);
	int error = run_program(handle, program, argument, fd,
	    on_exit_of_user, &who);

	if (error != 0) {
		uv_close((uv_handle_t *)handle, on_handle_closed);
		errno = -error;
		return false;
	}
	users_alive++;
	return true;
}

unsigned
supervise_users(void)
{
	return users_alive;
}

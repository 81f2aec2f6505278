/* SPDX-License-Identifier: ISC */
#include "smtpd/control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "smtpd/control_ipc.h"
#include "smtpd/listeners.h"
#include "smtpd/supervise.h"
#include "util/child_ipc.h"
#include "util/log.h"
#include "util/number.h"
#include "util/xalloc.h"

#define IPC_NAME control
#define IPC_FILE "smtpd/control.msg"
#include "util/ipc_serve.h"

#define CLIENTS_MAX	32
#define TELL_MS		10000

static struct {
	uv_loop_t			*loop;
	uv_poll_t			 poll;
	int				 fd;
	char				*path;
	const struct control_events	*events;
	unsigned			 clients;
} control = { .fd = -1 };

struct connecting {
	struct ipc_call	*call;
	int		 fd;
};

static void
channel_given(void *arg, enum ipc_status status,
    const struct child_channel_answer *channel)
{
	struct connecting *c = arg;
	struct control_connect_answer answer = {
		.channel = status == IPC_OK ? c->fd : -1,
		.error = status == IPC_OK ? "" :
		    "the process is being restarted; try again",
	};

	(void)channel;
	control_connect_reply(c->call, &answer);
	close(c->fd);
	free(c);
}

void
serve_control_connect(struct ipc_call *call,
    const struct control_connect_ask *ask)
{
	struct control_connect_answer answer = { .channel = -1 };
	struct process *p = supervise_find(ask->process, ask->index);
	struct child_channel_ask channel = {
		.process = PROCESS_OPERATOR,
		.serve = 1,
	};
	struct connecting *c;
	int fds[2];

	if (p == NULL)
		answer.error = "there is no such process";
	else if (p->state != PROCESS_READY)
		answer.error = "the process is being restarted; try again";
	else if (!ipc_pair(fds))
		answer.error = strerror(errno);
	else {
		c = xcalloc(1, sizeof *c);
		c->call = call;
		c->fd = fds[1];
		channel.channel = fds[0];
		child_channel(p->peer, &channel, TELL_MS, channel_given, c);
		close(fds[0]);
		return;
	}
	control_connect_reply(call, &answer);
}

void
serve_control_listener(struct ipc_call *call,
    const struct control_listener_ask *ask)
{
	struct control_listener_answer answer = { .error = "" };
	char why[256];

	if (ask->role > ROLE_DEFENSIVE)
		answer.error = "there is no such role";
	else if (!listeners_switch(ask->address, (enum listener_role)ask->role,
	    why, sizeof why))
		answer.error = why;
	control_listener_reply(call, &answer);
}

static void
level_set(void *arg, enum ipc_status status,
    const struct child_log_level_answer *answer)
{
	(void)answer;
	supervise_told(arg, status, "the log level");
}

void
serve_control_log_level(struct ipc_call *call,
    const struct control_log_level_ask *ask)
{
	struct control_log_level_answer answer = { .error = "" };
	struct child_log_level_ask tell = { .level = ask->level };
	bool all = *ask->process == '\0', found = all;
	struct process *p;

	if (ask->level > LOG_LEVEL_DEBUG)
		answer.error = "there is no such level";
	else {
		for (size_t i = 0; (p = supervise_at(i)) != NULL; i++) {
			if (!all && strcmp(p->row->name, ask->process) != 0)
				continue;
			found = true;
			if (p->state == PROCESS_READY)
				child_log_level(p->peer, &tell, TELL_MS,
				    level_set, p);
		}
		if (all || strcmp(ask->process, "mx6d") == 0) {
			log_set_level((enum log_level)ask->level);
			found = true;
		}
		if (!found)
			answer.error = "there is no such process; mx6ctl "
			    "status lists them";
	}
	control_log_level_reply(call, &answer);
}

void
serve_control_reload(struct ipc_call *call,
    const struct control_reload_ask *ask)
{
	struct control_reload_answer answer = { 0 };

	(void)ask;
	answer.error = control.events->reload();
	control_reload_reply(call, &answer);
}

static void
lists_told(void *arg, enum ipc_status status,
    const struct child_lists_changed_answer *answer)
{
	(void)answer;
	supervise_told(arg, status, "that the lists have changed");
}

void
serve_control_lists_changed(struct ipc_call *call,
    const struct control_lists_changed_ask *ask)
{
	struct control_lists_changed_answer answer = { 0 };
	struct child_lists_changed_ask tell = { 0 };
	struct process *p;

	(void)ask;
	for (size_t i = 0; (p = supervise_at(i)) != NULL; i++) {
		if (p->row->kind == PROCESS_POLICY &&
		    p->state == PROCESS_READY)
			child_lists_changed(p->peer, &tell, TELL_MS,
			    lists_told, p);
	}
	control_lists_changed_reply(call, &answer);
}

/* ---- the socket ---- */

static void
on_client_gone(struct ipc_door *door, void *context)
{
	(void)door;
	(void)context;
	control.clients--;
}

static void
on_client(uv_poll_t *poll, int status, int events)
{
	int fd;

	(void)poll;
	(void)events;
	if (status != 0)
		return;
	fd = accept4(control.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd == -1)
		return;
	if (control.clients >= CLIENTS_MAX) {
		close(fd);
		return;
	}
	control.clients++;
	ipc_door_open(control.loop, fd, &control_service, IPC_OPERATOR, NULL,
	    on_client_gone);
}

/* A socket left by a daemon that was killed is taken; a live one is not. */
static bool
take_place(int fd, const struct sockaddr_un *sun)
{
	int probe;
	bool alive;

	if (bind(fd, (const struct sockaddr *)sun, sizeof *sun) == 0)
		return true;
	if (errno != EADDRINUSE)
		return false;
	probe = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	alive = probe != -1 && connect(probe, (const struct sockaddr *)sun,
	    sizeof *sun) == 0;
	if (probe != -1)
		close(probe);
	if (alive) {
		errno = EADDRINUSE;
		return false;
	}
	unlink(sun->sun_path);
	return bind(fd, (const struct sockaddr *)sun, sizeof *sun) == 0;
}

static void
make_directory_of(const char *path)
{
	char *copy = xstrdup(path);
	char *slash = strrchr(copy, '/');

	if (slash != NULL && slash != copy) {
		*slash = '\0';
		mkdir(copy, 0755);
	}
	free(copy);
}

bool
control_open(uv_loop_t *loop, const char *path,
    const struct control_events *events)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	mode_t mask;
	bool bound;

	control.loop = loop;
	control.events = events;
	if (strlen(path) >= sizeof sun.sun_path) {
		errno = ENAMETOOLONG;
		return false;
	}
	strcpy_bounded(sun.sun_path, sizeof sun.sun_path, path);
	make_directory_of(path);
	control.fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0);
	if (control.fd == -1)
		return false;
	mask = umask(0177);
	bound = take_place(control.fd, &sun);
	umask(mask);
	if (!bound || listen(control.fd, CLIENTS_MAX) == -1)
		return false;
	control.path = xstrdup(path);
	uv_poll_init(loop, &control.poll, control.fd);
	uv_poll_start(&control.poll, UV_READABLE, on_client);
	return true;
}

void
control_close(void)
{
	if (control.path != NULL)
		unlink(control.path);
}

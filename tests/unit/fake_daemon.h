/* SPDX-License-Identifier: ISC */
#ifndef TESTS_UNIT_FAKE_DAEMON_H
#define TESTS_UNIT_FAKE_DAEMON_H

/*
 * A daemon with canned answers for test_ctl: a child process that serves the
 * control socket and the *_admin calls.
 */

#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "queue/deliver_admin_ipc.h"
#include "queue/queue_admin_ipc.h"
#include "queue/queue_words.h"
#include "smtpd/control_ipc.h"
#include "smtpd/smtp_admin_ipc.h"
#include "smtpd/smtp_words.h"
#include "util/number.h"

#define IPC_NAME control
#define IPC_FILE "smtpd/control.msg"
#include "util/ipc_serve.h"
#define IPC_NAME queue_admin
#define IPC_FILE "queue/queue_admin.msg"
#include "util/ipc_serve.h"
#define IPC_NAME deliver_admin
#define IPC_FILE "queue/deliver_admin.msg"
#include "util/ipc_serve.h"
#define IPC_NAME smtp_admin
#define IPC_FILE "smtpd/smtp_admin.msg"
#include "util/ipc_serve.h"

#define ROWS 1203	/* three pages and over the default limit */

static uv_loop_t loop;

void
serve_control_status(struct ipc_call *call,
    const struct control_status_ask *ask)
{
	static const struct control_process processes[] = {
		{ "mx6d", 0, 100, 1, 0, 1048576 },
		{ "smtp", 0, 101, 1, 0, 1572864 },
		{ "smtp", 1, 102, 1, 2, 1572864 },
	};
	static const struct control_listener listeners[] = {
		{ "[2001:db8::1]:25", ROLE_MX6, 1 },
	};
	struct control_status_answer answer = {
		.version = "0.1", .hostname = "mx.example", .started_at = 1,
		.configuration = "mx6d.conf",
		.processes = processes, .processes_count = 3,
		.listeners = listeners, .listeners_count = 1,
		.last_reload = "",
	};

	(void)ask;
	control_status_reply(call, &answer);
}

void
serve_control_connect(struct ipc_call *call,
    const struct control_connect_ask *ask)
{
	struct control_connect_answer answer = { .channel = -1, .error = "" };
	const struct ipc_service *service = NULL;
	int fds[2];

	if (strcmp(ask->process, "queue") == 0)
		service = &queue_admin_service;
	else if (strcmp(ask->process, "deliver") == 0)
		service = &deliver_admin_service;
	else if (strcmp(ask->process, "smtp") == 0 && ask->index < 2)
		service = &smtp_admin_service;
	if (service == NULL || !ipc_pair(fds)) {
		answer.error = "there is no such process";
		control_connect_reply(call, &answer);
		return;
	}
	ipc_door_open(&loop, fds[0], service, IPC_OPERATOR, NULL, NULL);
	answer.channel = fds[1];
	control_connect_reply(call, &answer);
	close(fds[1]);
}

void
serve_control_listener(struct ipc_call *call,
    const struct control_listener_ask *ask)
{
	struct control_listener_answer answer = {
		.error = strcmp(ask->address, "192.0.2.1:25") == 0 &&
		    ask->role == ROLE_MX ? "" : "nothing listens there",
	};

	control_listener_reply(call, &answer);
}

void
serve_control_log_level(struct ipc_call *call,
    const struct control_log_level_ask *ask)
{
	struct control_log_level_answer answer = {
		.error = *ask->process == '\0' && ask->level == 3 ? "" : "no",
	};

	control_log_level_reply(call, &answer);
}

void
serve_control_reload(struct ipc_call *call,
    const struct control_reload_ask *ask)
{
	struct control_reload_answer answer = { .error = "mx6d.conf:3: bad" };

	(void)ask;
	control_reload_reply(call, &answer);
}

void
serve_control_lists_changed(struct ipc_call *call,
    const struct control_lists_changed_ask *ask)
{
	struct control_lists_changed_answer answer = { 0 };

	(void)ask;
	control_lists_changed_reply(call, &answer);
}

static struct queue_admin_row
row(uint64_t recipient)
{
	return (struct queue_admin_row){
		.message = "m1", .recipient = recipient, .sender = "",
		.address = "a@b.example", .destination = "b.example",
		.state = STATE_HELD, .attempts = 2, .size_bytes = 4096,
		.last = "451 later\x1b[2J",
	};
}

void
serve_queue_admin_list(struct ipc_call *call,
    const struct queue_admin_list_ask *ask)
{
	static struct queue_admin_row rows[ROWS];
	struct queue_admin_list_answer answer = { .rows = rows };
	uint64_t next = ask->after_recipient;

	if (*ask->domain == '\0')
		while (next < ROWS && answer.rows_count < ask->limit)
			rows[answer.rows_count++] = row(++next);
	answer.more = answer.rows_count > 0 && next < ROWS;
	queue_admin_list_reply(call, &answer);
}

void
serve_queue_admin_show(struct ipc_call *call,
    const struct queue_admin_show_ask *ask)
{
	static const char content[] = "Subject: x\r\n\r\n\x07" "body\r\n";
	struct queue_admin_row rows[] = { row(1) };
	struct queue_admin_show_answer answer = {
		.found = strcmp(ask->message, "m1") == 0,
		.sender = "s@x.example", .session = "s1", .helo = "h",
		.rows = rows, .rows_count = 1,
		.content = { content, ask->body ? sizeof content - 1 : 12 },
	};

	queue_admin_show_reply(call, &answer);
}

void
serve_queue_admin_act(struct ipc_call *call,
    const struct queue_admin_act_ask *ask)
{
	struct queue_admin_act_answer answer = {
		.count = ask->action == ACTION_HOLD &&
		    (ask->all || strcmp(ask->domain, "b.example") == 0),
	};

	queue_admin_act_reply(call, &answer);
}

void
serve_queue_admin_status(struct ipc_call *call,
    const struct queue_admin_status_ask *ask)
{
	static const struct queue_admin_count counts[] = {
		{ STATE_WAITING, 7 }, { STATE_HELD, 1 },
	};
	struct queue_admin_status_answer answer = {
		.messages = 5, .counts = counts, .counts_count = 2,
		.bytes = 2048, .delivered = 11,
	};

	(void)ask;
	queue_admin_status_reply(call, &answer);
}

void
serve_queue_admin_destinations(struct ipc_call *call,
    const struct queue_admin_destinations_ask *ask)
{
	static const struct queue_admin_destination first = {
		.domain = "a.example", .tried = 25, .pushed_back = 21,
		.ipv4_first = 1, .limit = 20, .last = "",
	}, second = { .domain = "b.example", .last = "refused" };
	struct queue_admin_destinations_answer answer = {
		.rows = *ask->after == '\0' ? &first : &second,
		.rows_count = strcmp(ask->after, "b.example") != 0,
		.more = *ask->after == '\0',
	};

	queue_admin_destinations_reply(call, &answer);
}

void
serve_deliver_admin_route(struct ipc_call *call,
    const struct deliver_admin_route_ask *ask)
{
	static const struct deliver_admin_step steps[] = {
		{ "lookup", "SRV _mx6._tcp.b.example", "1 record", "" },
		{ "candidate", "[2001:db8::1]:25", "1st", "IPv6 first" },
	};
	struct deliver_admin_route_answer answer = {
		.steps = steps, .steps_count = 2,
		.usable = strcmp(ask->domain, "b.example") == 0,
	};

	deliver_admin_route_reply(call, &answer);
}

void
serve_deliver_admin_trace(struct ipc_call *call,
    const struct deliver_admin_trace_ask *ask)
{
	(void)ask;	/* nothing to show: the call stays open */
	(void)call;
}

void
serve_smtp_admin_trace(struct ipc_call *call,
    const struct smtp_admin_trace_ask *ask)
{
	static const struct smtp_admin_line lines[] = {
		{ 1, "s1", "192.0.2.9:4711", "<", "EHLO \x1b]0;x" },
	};
	struct smtp_admin_trace_answer answer = {
		.lines = lines, .lines_count = 1, .last = 1,
	};

	if (ask->after == 0 && strcmp(ask->filter, "192.0.2.0/24") == 0)
		smtp_admin_trace_reply(call, &answer);
}

void
serve_smtp_admin_status(struct ipc_call *call,
    const struct smtp_admin_status_ask *ask)
{
	struct smtp_admin_status_answer answer = {
		.sessions = 2, .accepted = 10,
	};

	(void)ask;
	smtp_admin_status_reply(call, &answer);
}

/* Recipients decide: busy@, garbage@ (no verdict of ours), others refused. */
void
serve_smtp_admin_judge(struct ipc_call *call,
    const struct smtp_admin_judge_ask *ask)
{
	static const struct smtp_admin_step steps[] = {
		{ "", "220 mx.example ESMTP" },
		{ "EHLO h", "501 5.5.4 no\n501 5.5.4 not at all" },
	};
	const char *rcpt = ask->rcpts[0].address;
	struct smtp_admin_judge_answer answer = {
		.status = strcmp(rcpt, "busy@a.example") == 0 ? DRY_BUSY :
		    DRY_DONE,
		.steps = steps, .steps_count = 2,
		.explained = { "garbage",
		    strcmp(rcpt, "garbage@a.example") == 0 ? 7 : 0 },
	};

	smtp_admin_judge_reply(call, &answer);
}

static void
on_client(uv_poll_t *poll, int status, int events)
{
	int listener = (int)(intptr_t)poll->data;
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)status;
	(void)events;
	if (fd >= 0)
		ipc_door_open(&loop, fd, &control_service, IPC_OPERATOR, NULL,
		    NULL);
}

static char folder[] = "/tmp/test_ctl.XXXXXX";
static char socket_name[64];
static pid_t daemon_pid;

static int
start_daemon(void **state)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	uv_poll_t poll;
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(socket_name, sizeof socket_name, "%s/c", folder);
	strcpy_bounded(sun.sun_path, sizeof sun.sun_path, socket_name);
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof sun), 0);
	assert_int_equal(listen(fd, 8), 0);
	daemon_pid = fork();
	if (daemon_pid != 0) {
		close(fd);
		return daemon_pid > 0 ? 0 : -1;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	uv_loop_init(&loop);
	uv_poll_init(&loop, &poll, fd);
	poll.data = (void *)(intptr_t)fd;
	uv_poll_start(&poll, UV_READABLE, on_client);
	uv_run(&loop, UV_RUN_DEFAULT);
	_exit(0);
}

static int
stop_daemon(void **state)
{
	(void)state;
	kill(daemon_pid, SIGKILL);
	waitpid(daemon_pid, NULL, 0);
	unlink(socket_name);
	rmdir(folder);
	return 0;
}

#endif

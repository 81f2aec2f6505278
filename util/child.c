/* SPDX-License-Identifier: ISC */
#include "util/child.h"

#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "util/child_ipc.h"
#include "util/fdio.h"
#include "util/ipc_channel.h"
#include "util/log.h"
#include "util/number.h"

#define IPC_NAME child
#define IPC_FILE "util/child.msg"
#include "util/ipc_serve.h"

#define PARENT_FD		3
#define CONFIG_MAX		(1024 * 1024)
#define FIRST_CALL_WAIT_MS	10000
#define HEAP_SPARE		(1024 * 1024)
#define HEAP_LARGE		(512 * 1024)

static struct child child;
static const struct child_spec *spec;
static struct ipc_peer *peers[PROCESS_KINDS];
static uv_timer_t stop_timer;

struct ipc_peer *
child_peer(enum process_kind kind)
{
	return peers[kind];
}

void
child_exit(struct child *c)
{
	uv_stop(c->loop);
}

static void
close_files(const struct child_configure_ask *ask)
{
	const int fds[] = { ask->text, ask->certificate, ask->key, ask->zone };

	for (size_t i = 0; i < sizeof fds / sizeof *fds; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
}

static struct config *
parse_config(int fd, char error[static CONFIG_ERROR_SIZE])
{
	struct config *config;
	size_t n;
	char *text = fdio_read_all(fd, CONFIG_MAX, &n);

	if (text == NULL) {
		strcpy_bounded(error, CONFIG_ERROR_SIZE,
		    "the configuration cannot be read");
		return NULL;
	}
	config = config_parse(text, n, "mx6d.conf", error);
	free(text);
	return config;
}

static struct child_files
files_of(const struct child_configure_ask *ask)
{
	return (struct child_files){
		.certificate = ask->certificate,
		.key = ask->key,
		.zone = ask->zone,
		.shared = ask->shared,
	};
}

/* A reload; the parent has checked the text before it sent it. */
void
serve_child_configure(struct ipc_call *call,
    const struct child_configure_ask *ask)
{
	struct child_configure_answer answer = { .error = "" };
	struct child_files files = files_of(ask);
	char error[CONFIG_ERROR_SIZE];
	struct config *old = child.config, *fresh;

	fresh = parse_config(ask->text, error);
	if (fresh == NULL)
		answer.error = error;
	else {
		child.config = fresh;
		if (spec->reload != NULL)
			spec->reload(&child, old, &files);
		config_free(old);
	}
	close_files(ask);
	if (ask->shared >= 0)
		close(ask->shared);
	child_configure_reply(call, &answer);
}

void
serve_child_channel(struct ipc_call *call, const struct child_channel_ask *ask)
{
	struct child_channel_answer answer = { 0 };

	if (ask->process >= PROCESS_KINDS || ask->channel < 0) {
		log_say(LOG_LEVEL_ERROR, "channel", "a channel for nobody");
		exit(1);
	}
	if (ask->serve && spec->serves[ask->process] != NULL)
		ipc_door_open(child.loop, ask->channel,
		    spec->serves[ask->process],
		    ask->process == PROCESS_OPERATOR ? IPC_OPERATOR :
		    IPC_SIBLING, &child, NULL);
	else if (!ask->serve && peers[ask->process] != NULL)
		ipc_peer_attach(peers[ask->process], ask->channel);
	else
		close(ask->channel);
	child_channel_reply(call, &answer);
}

void
serve_child_listener(struct ipc_call *call,
    const struct child_listener_ask *ask)
{
	struct child_listener_answer answer = { 0 };

	if (spec->listener != NULL)
		spec->listener(&child, ask->address,
		    (enum listener_role)ask->role, ask->socket,
		    ask->close != 0);
	else if (ask->socket >= 0)
		close(ask->socket);
	child_listener_reply(call, &answer);
}

void
serve_child_log_level(struct ipc_call *call,
    const struct child_log_level_ask *ask)
{
	struct child_log_level_answer answer = { 0 };

	if (ask->level <= LOG_LEVEL_DEBUG)
		log_set_level((enum log_level)ask->level);
	child_log_level_reply(call, &answer);
}

void
serve_child_lists_changed(struct ipc_call *call,
    const struct child_lists_changed_ask *ask)
{
	struct child_lists_changed_answer answer = { 0 };

	(void)ask;
	if (spec->lists_changed != NULL)
		spec->lists_changed(&child);
	child_lists_changed_reply(call, &answer);
}

static void
on_stop_time(uv_timer_t *timer)
{
	(void)timer;
	child_exit(&child);
}

void
serve_child_stop(struct ipc_call *call, const struct child_stop_ask *ask)
{
	struct child_stop_answer answer = { 0 };

	child_stop_reply(call, &answer);
	if (spec->stop == NULL) {
		child_exit(&child);
		return;
	}
	if (!uv_is_active((uv_handle_t *)&stop_timer)) {
		uv_timer_init(child.loop, &stop_timer);
		uv_timer_start(&stop_timer, on_stop_time, ask->within_ms, 0);
	}
	spec->stop(&child);
}

static void
on_parent_gone(struct ipc_door *door, void *context)
{
	(void)door;
	(void)context;
	child_exit(&child);
}

/* The first call, read without a loop; ret_record keeps the texts. */
static bool
first_call(struct ipc_record *ret_record, struct child_configure_ask *ret_ask)
{
	struct pollfd p = { .fd = PARENT_FD, .events = POLLIN };
	struct ipc_reader r;

	if (poll(&p, 1, FIRST_CALL_WAIT_MS) != 1 ||
	    ipc_record_receive(PARENT_FD, ret_record) != IPC_IO_OK)
		return false;
	if (ret_record->header.method != child_configure_method)
		return false;
	ipc_reader_init(&r, ret_record->data, ret_record->header.size,
	    ret_record->fds, ret_record->fd_count);
	read_child_configure_ask(&r, ret_ask);
	if (!ipc_reader_finished(&r))
		return false;
	ipc_reader_done(&r);
	return true;
}

static void
answer_first(const struct ipc_record *record, const char *error)
{
	struct child_configure_answer answer = { .error = error };
	struct ipc_header header = {
		.kind = IPC_KIND_ANSWER,
		.method = record->header.method,
		.id = record->header.id,
	};
	struct ipc_writer w;

	ipc_writer_init(&w);
	write_child_configure_answer(&w, &answer);
	header.size = (uint32_t)buf_len(&w.buf);
	ipc_record_send(PARENT_FD, &header, buf_bytes(&w.buf), NULL, 0);
	ipc_writer_done(&w);
}

static const char *
directory_of(const struct config *config)
{
	switch (spec->sandbox) {
	case SANDBOX_POLICY:
		return config->state_directory;
	case SANDBOX_QUEUE:
		return config->spool_directory;
	case SANDBOX_SMTP:
	case SANDBOX_RESOLVER:
	case SANDBOX_DELIVER:
	case SANDBOX_LOCAL:
	case SANDBOX_MAILUSER:
	case SANDBOX_AUTH:
	case SANDBOX_FILTER:
		break;
	}
	return config->empty_directory;
}

static const char *
user_of(const struct config *config)
{
	if (spec->sandbox == SANDBOX_POLICY)
		return config->policy_user;
	if (spec->sandbox == SANDBOX_QUEUE)
		return config->queue_user;
	return config->user;
}

static bool
set_up(const struct child_configure_ask *ask)
{
	struct child_files files = files_of(ask);
	const char *directory;

	if (spec->prepare != NULL && !spec->prepare(&child, &files))
		return false;
	close_files(ask);
	/* Without privileges only those with files need a place of theirs. */
	directory = directory_of(child.config);
	if (!ask->privileged && directory == child.config->empty_directory)
		directory = "/";
	if (!sandbox_enter(spec->sandbox, directory, user_of(child.config),
	    ask->privileged != 0))
		return false;
	if (spec->start != NULL && !spec->start(&child))
		return false;
	return sandbox_lock(spec->sandbox);
}

static bool
configure_first(void)
{
	struct child_configure_ask ask;
	struct ipc_record record;
	char error[CONFIG_ERROR_SIZE];

	if (!first_call(&record, &ask)) {
		log_say(LOG_LEVEL_ERROR, "start", "this program is started by "
		    "mx6d, not by hand");
		return false;
	}
	log_set_level((enum log_level)ask.log_level);
	child.index = ask.index;
	child.count = ask.count;
	child.config = parse_config(ask.text, error);
	if (child.config == NULL) {
		log_say(LOG_LEVEL_ERROR, "start", "%s", error);
		return false;
	}
	log_open(spec->name, strcmp(child.config->log_to, "syslog") == 0);
	if (!set_up(&ask))
		return false;
	answer_first(&record, "");
	free(record.big);
	return true;
}

int
child_main(int argc, char **argv, const struct child_spec *the_spec)
{
	static const char *const names[PROCESS_KINDS] = {
		[PROCESS_PARENT] = "parent",
		[PROCESS_SMTP] = "smtp",
		[PROCESS_POLICY] = "policy",
		[PROCESS_RESOLVER] = "resolver",
		[PROCESS_QUEUE] = "queue",
		[PROCESS_DELIVER] = "deliver",
		[PROCESS_LOCAL] = "local",
		[PROCESS_AUTH] = "auth",
		[PROCESS_FILTER] = "filter",
		[PROCESS_OPERATOR] = "operator",
	};

	(void)argc;
	(void)argv;
	spec = the_spec;
	/* By default the heap grows and shrinks with every message. */
	mallopt(M_TRIM_THRESHOLD, HEAP_SPARE);
	mallopt(M_MMAP_THRESHOLD, HEAP_LARGE);
	log_open(spec->name, false);
	/* An orphan must not outlive its parent, whatever it is doing. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	/* The terminal's ^C goes to all: the parent decides what it means. */
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	umask(077);
	tzset();	/* opens a file, which is not possible later */
	child.loop = uv_default_loop();
	for (int kind = 0; kind < PROCESS_KINDS; kind++) {
		if (spec->asks[kind])
			peers[kind] = ipc_peer_new(child.loop, names[kind]);
	}
	if (!configure_first())
		return 1;
	ipc_door_open(child.loop, PARENT_FD, &child_service, IPC_SIBLING,
	    &child, on_parent_gone);
	uv_run(child.loop, UV_RUN_DEFAULT);
	return 0;
}

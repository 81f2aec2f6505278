/* SPDX-License-Identifier: ISC */
/*
 * mx6d-local's two halves together: owners' processes are real ones, forked
 * and locked as in life; the parent and the queue are played here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "queue/local_ipc.h"
#include "queue/local_users.h"
#include "queue/local_worker.h"
#include "queue/queue_words.h"
#include "smtpd/privileged_ipc.h"
#include "util/fdio.h"
#include "util/log.h"
#include "util/xalloc.h"

#define IPC_NAME privileged
#define IPC_FILE "smtpd/privileged.msg"
#include "util/ipc_serve.h"
#define IPC_NAME local
#define IPC_FILE "queue/local.msg"
#include "util/ipc_serve.h"

static uv_loop_t loop;
static struct ipc_peer *parent, *local;
static char top[] = "/tmp/test_local.XXXXXX";
static unsigned spawned, waiting, delivered, deferred, failed;
static pid_t last_worker;
static char last_text[1024];

/* The parent's part. */
void
serve_privileged_mail_user(struct ipc_call *call,
    const struct privileged_mail_user_ask *ask)
{
	struct privileged_mail_user_answer answer = {
		.channel = -1, .home = "", .error = "",
	};
	int fds[2];

	if (strcmp(ask->user, "nobody-here") == 0) {
		answer.error = "there is no such user on this system";
		answer.permanent = 1;
		privileged_mail_user_reply(call, &answer);
		return;
	}
	assert_true(ipc_pair(fds));
	last_worker = fork();
	if (last_worker == 0) {
		dup2(fds[1], 3);
		closefrom(4);
		_exit(local_worker_main());
	}
	spawned++;
	close(fds[1]);
	answer.channel = fds[0];
	privileged_mail_user_reply(call, &answer);
	close(fds[0]);
}

void
serve_privileged_filter_socket(struct ipc_call *call,
    const struct privileged_filter_socket_ask *ask)
{
	(void)ask;
	ipc_call_drop(call);
}

void
serve_privileged_lmtp_socket(struct ipc_call *call,
    const struct privileged_lmtp_socket_ask *ask)
{
	(void)ask;
	ipc_call_drop(call);
}

void
serve_local_store(struct ipc_call *call, const struct local_store_ask *ask)
{
	local_users_store(call, ask);
	if (ask->file != -1)
		close(ask->file);
}

static struct ipc_peer *
connect_to(const struct ipc_service *service, const char *name)
{
	struct ipc_peer *peer = ipc_peer_new(&loop, name);
	int fds[2];

	assert_true(ipc_pair(fds));
	ipc_door_open(&loop, fds[0], service, IPC_SIBLING, NULL, NULL);
	ipc_peer_attach(peer, fds[1]);
	return peer;
}

static void
stored(void *arg, enum ipc_status status,
    const struct local_store_answer *answer)
{
	(void)arg;
	assert_int_equal(status, IPC_OK);
	delivered += answer->outcome == OUTCOME_DELIVERED;
	deferred += answer->outcome == OUTCOME_DEFERRED;
	failed += answer->outcome == OUTCOME_FAILED;
	snprintf(last_text, sizeof last_text, "%s", answer->text);
	if (--waiting == 0)
		uv_stop(&loop);
}

static void
store(const char *user, const char *path, int file)
{
	static const char body[] = "Subject: x\r\n\r\nhello\r\n";
	struct local_store_ask ask = {
		.message = "id", .sender = "a@example.org",
		.recipient = "b@example.net", .user = user, .path = path,
		.body = { body, file == -1 ? sizeof body - 1 : 0 },
		.file = file, .size_bytes = sizeof body - 1,
	};

	waiting++;
	local_store(local, &ask, 0, stored, NULL);
}

static char *
below(const char *path)
{
	return xasprintf("%s/%s", top, path);
}

static size_t
count_in(const char *path)
{
	char *full = below(path);
	DIR *d = opendir(full);
	struct dirent *e;
	size_t n = 0;

	free(full);
	if (d == NULL)
		return 0;
	while ((e = readdir(d)) != NULL)
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

static void
one_process_for_a_directory(void **state)
{
	char *a = below("mail/anna"), *b = below("mail/ben");
	char *c = below("other/deep/carl");
	int fd = fdio_sealed("Subject: y\r\n\r\nhello\r\n", 21);

	(void)state;
	store("", a, -1);
	store("", b, -1);
	store("", c, fd);
	close(fd);
	for (int i = 0; i < 50; i++)
		store("", a, -1);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(delivered, 53);
	assert_int_equal(spawned, 2);
	assert_int_equal(count_in("mail/anna/new"), 51);
	assert_int_equal(count_in("mail/ben/new"), 1);
	assert_int_equal(count_in("other/deep/carl/new"), 1);
	free(a);
	free(b);
	free(c);
}

static void
owners_that_do_not_exist(void **state)
{
	(void)state;
	store("nobody-here", "Maildir", -1);
	store("nobody-here", "Maildir", -1);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(failed, 2);
	assert_string_equal(last_text, "there is no such user on this system");
	assert_int_equal(spawned, 0);
}

static void
links_out_of_the_directory(void **state)
{
	char *link = below("mail/evil"), *outside = below("outside");

	(void)state;
	assert_int_equal(mkdir(outside, 0700), 0);
	assert_int_equal(symlink(outside, link), 0);
	store("", link, -1);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(deferred, 1);
	assert_non_null(strstr(last_text, "Permission denied"));
	assert_int_equal(count_in("outside"), 0);
	free(link);
	free(outside);
}

static void
unusable(void **state)
{
	(void)state;
	store("", "/proc/none/x", -1);
	store("", "../x", -1);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(deferred, 2);
	assert_int_equal(spawned, 1);
}

static void
a_process_that_dies(void **state)
{
	char *path = below("dies/x");

	(void)state;
	store("", path, -1);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(delivered, 1);
	kill(last_worker, SIGKILL);
	waitpid(last_worker, NULL, 0);
	store("", path, -1);		/* lost, or by a new one */
	uv_run(&loop, UV_RUN_DEFAULT);
	store("", path, -1);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(delivered + deferred, 3);
	assert_true(delivered >= 2);
	assert_int_equal(spawned, 2);
	free(path);
}

static void
more_directories_than_processes(void **state)
{
	(void)state;
	for (int i = 0; i < 80; i++) {
		char *path = xasprintf("%s/many/%d/box", top, i);

		store("", path, -1);
		free(path);
	}
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(delivered, 80);
}

static int
set_up(void **state)
{
	(void)state;
	spawned = delivered = deferred = failed = 0;
	return 0;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup(f, set_up)
		T(one_process_for_a_directory),
		T(owners_that_do_not_exist),
		T(links_out_of_the_directory),
		T(unusable),
		T(a_process_that_dies),
		T(more_directories_than_processes),
	};
	int bad;

	if (mkdtemp(top) == NULL)
		return 1;
	log_set_level(LOG_LEVEL_ERROR);
	uv_loop_init(&loop);
	parent = connect_to(&privileged_service, "parent");
	local = connect_to(&local_service, "local");
	local_users_init(&loop, parent);
	bad = cmocka_run_group_tests(tests, NULL, NULL);
	nftw(top, remove_one, 10, FTW_DEPTH | FTW_PHYS);
	return bad;
}

/* SPDX-License-Identifier: ISC */
/* What the parent refuses to those whom it serves, and what it survives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "smtpd/privileged.h"
#include "smtpd/privileged_ipc.h"
#include "util/log.h"

static struct config settings;
static struct config *config = &settings;

static struct ipc_peer *
asking_as(enum process_kind kind)
{
	struct ipc_peer *peer = ipc_peer_new(uv_default_loop(), "parent");
	int fds[2];

	assert_true(ipc_pair(fds));
	privileged_serve(uv_default_loop(), fds[0], kind, 0);
	ipc_peer_attach(peer, fds[1]);
	return peer;
}

static void
turn(int times)
{
	while (times-- > 0)
		uv_run(uv_default_loop(), UV_RUN_NOWAIT);
}

static void
refused(void *arg, enum ipc_status status,
    const struct privileged_mail_user_answer *answer)
{
	int *refusals = arg;

	assert_int_equal(status, IPC_OK);
	assert_int_equal(answer->channel, -1);
	assert_string_not_equal(answer->error, "");
	++*refusals;
}

static void
ask_for(enum process_kind kind, const char *user)
{
	struct ipc_peer *peer = asking_as(kind);
	struct privileged_mail_user_ask ask = { .user = user };
	int refusals = 0;

	privileged_mail_user(peer, &ask, 1000, refused, &refusals);
	turn(4);
	assert_int_equal(refusals, 1);
	ipc_peer_free(peer);
	turn(4);
}

static void
some_users_are_not_given(void **state)
{
	(void)state;
	settings.user = settings.policy_user = "nobody";
	settings.queue_user = "daemon";
	privileged_init(&config, true);
	ask_for(PROCESS_DELIVER, "bin");
	ask_for(PROCESS_LOCAL, "no-such-user");
	ask_for(PROCESS_LOCAL, "root");
	ask_for(PROCESS_LOCAL, "daemon");	/* owns the queue */
	ask_for(PROCESS_LOCAL, "nobody");	/* owns the lists */
}

/* Whoever is below the parent must not be able to end it. */
static void
nonsense_does_not_end_the_parent(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		const uint32_t nonsense[6] = { 1, 99, 1, 0, 0, 0 };
		int fds[2];

		ipc_pair(fds);
		privileged_serve(uv_default_loop(), fds[0], PROCESS_LOCAL, 0);
		send(fds[1], nonsense, sizeof nonsense, 0);
		turn(3);
		_exit(recv(fds[1], &status, sizeof status, 0) == 0 ? 0 : 2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(some_users_are_not_given),
		cmocka_unit_test(nonsense_does_not_end_the_parent),
	};

	log_open("test", false);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: ISC */
/*
 * What each kind of process can no longer do, tried in a process of its own:
 * the kernel kills it (SIGSYS), or the call fails.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "util/sandbox.h"

static char directory[] = "/tmp/mx6d-sandbox.XXXXXX";

/* Each returns true if it got what it tried for. */

static bool
open_outside(void)
{
	return open("/etc/passwd", O_RDONLY) != -1;
}

static bool
open_inside(void)
{
	int fd = open("file", O_CREAT | O_RDWR, 0600);

	return fd != -1 && write(fd, "x", 1) == 1 && fsync(fd) == 0 &&
	    rename("file", "other") == 0 && unlink("other") == 0;
}

static bool
fork_one(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid > 0;
}

static bool
execute(void)
{
	execl("/bin/true", "true", NULL);
	return false;
}

static bool
tcp_socket(void)
{
	return socket(AF_INET6, SOCK_STREAM, 0) != -1;
}

static bool
udp_socket(void)
{
	return socket(AF_INET, SOCK_DGRAM, 0) != -1;
}

static bool
unix_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0) != -1;
}

static bool
raw_socket(void)
{
	return socket(AF_PACKET, SOCK_RAW, 0) != -1;
}

static bool
become_root(void)
{
	return setuid(0) == 0;
}

static bool
signal_parent(void)
{
	return kill(getppid(), 0) == 0;
}

static bool
signal_sibling(void)
{
	/* EPERM is only because the parent here is root. */
	return tgkill(getppid(), getppid(), 0) == 0 || errno == EPERM;
}

static bool
limit_sibling(void)
{
	struct rlimit r;

	return prlimit(getppid(), RLIMIT_CPU, NULL, &r) == 0 ||
	    errno == EPERM;
}

static bool
signal_self(void)
{
	return tgkill(getpid(), gettid(), 0) == 0;
}

static bool
executable_memory(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

static void *
nothing(void *arg)
{
	return arg;
}

static bool
thread(void)
{
	pthread_t t;

	return pthread_create(&t, NULL, nothing, NULL) == 0 &&
	    pthread_join(t, NULL) == 0;
}

/* S P R Q D L M A F: smtp, policy, resolver, queue, deliver, local, mailuser,
 * auth, filter. */
static const struct {
	const char	*what;
	bool		(*try)(void);
	bool		 may[9];
} attempts[] = {
	{ "open a file of the system", open_outside,
	    { 0, 0, 0, 0, 0, 0, 0, 0, 0 } },
	{ "work below its directory", open_inside, { 0, 1, 0, 1, 0, 0, 1, 0, 0 } },
	{ "fork", fork_one, { 0, 0, 0, 0, 0, 0, 0, 0, 0 } },
	{ "execute", execute, { 0, 0, 0, 0, 0, 0, 0, 0, 0 } },
	{ "make a TCP socket", tcp_socket, { 0, 0, 1, 0, 1, 0, 0, 0, 0 } },
	{ "make a UDP socket", udp_socket, { 0, 0, 1, 0, 0, 0, 0, 0, 0 } },
	{ "make a unix socket", unix_socket, { 0, 0, 0, 0, 0, 0, 0, 0, 0 } },
	{ "make a raw socket", raw_socket, { 0, 0, 0, 0, 0, 0, 0, 0, 0 } },
	{ "become root", become_root, { 0, 0, 0, 0, 0, 0, 0, 0, 0 } },
	{ "signal another process", signal_parent, { 0, 0, 0, 0, 0, 0, 0, 0, 0 } },
	{ "signal another by its thread", signal_sibling,
	    { 0, 0, 0, 0, 0, 0, 0, 0, 0 } },
	{ "limit another", limit_sibling, { 0, 0, 0, 0, 0, 0, 0, 0, 0 } },
	{ "signal itself, to abort", signal_self, { 1, 1, 1, 1, 1, 1, 1, 1, 1 } },
	{ "map executable memory", executable_memory,
	    { 0, 0, 0, 0, 0, 0, 0, 0, 0 } },
	{ "start a thread", thread, { 0, 0, 1, 1, 0, 0, 0, 0, 0 } },
};

/* true if the attempt succeeded; killed or refused is false. */
static bool
attempt(enum sandbox_kind kind, bool (*try)(void))
{
	const bool privileged = geteuid() == 0;
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (!sandbox_enter(kind, directory, "nobody", privileged) ||
		    !sandbox_lock(kind))
			_exit(9);
		_exit(try() ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status)) {
		assert_int_equal(WTERMSIG(status), SIGSYS);
		return false;
	}
	assert_true(WEXITSTATUS(status) <= 1);
	return WEXITSTATUS(status) == 0;
}

static void
no_kind_can_do_more_than_its_row(void **state)
{
	(void)state;
#ifdef __SANITIZE_ADDRESS__
	skip();		/* sanitizers run without seccomp */
#endif
	for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++) {
		for (int kind = 0; kind < 9; kind++) {
			bool may = attempts[i].may[kind];

			if (attempt((enum sandbox_kind)kind,
			    attempts[i].try) != may)
				fail_msg("kind %d can%s %s", kind,
				    may ? "not" : "", attempts[i].what);
		}
	}
}

/* A forbidden call must kill, not merely fail. */
static void
violation_kills(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
#ifdef __SANITIZE_ADDRESS__
	if (pid == 0)
		_exit(0);
	waitpid(pid, &status, 0);
	skip();
#endif
	if (pid == 0) {
		sandbox_enter(SANDBOX_SMTP, directory, "nobody",
		    geteuid() == 0);
		sandbox_lock(SANDBOX_SMTP);
		open("/etc/passwd", O_RDONLY);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSYS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_kind_can_do_more_than_its_row),
		cmocka_unit_test(violation_kills),
	};
	int failed;

	if (mkdtemp(directory) == NULL || chmod(directory, 0777) == -1)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(directory);
	return failed;
}

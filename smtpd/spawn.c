/* SPDX-License-Identifier: ISC */
#include "smtpd/spawn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "util/log.h"
#include "util/xalloc.h"

static uv_loop_t *loop;
static const char *directory;
static unsigned users_alive;
static void (*user_gone)(void);

struct credentials {
	uid_t	uid;
	gid_t	gid;
	bool	set;
};

void
spawn_init(uv_loop_t *the_loop, const char *the_directory)
{
	loop = the_loop;
	directory = the_directory;
}

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

int
spawn_child(uv_process_t *handle, const char *program, int fd,
    uv_exit_cb on_exit)
{
	static const struct credentials ours = { .set = false };

	return run_program(handle, program, NULL, fd, on_exit, &ours);
}

static void
on_handle_closed(uv_handle_t *handle)
{
	free(handle);
}

static void
on_exit_of_user(uv_process_t *handle, int64_t status, int signal_number)
{
	(void)status;
	if (signal_number != 0)
		log_say(LOG_LEVEL_WARNING, "died", "a mailbox owner's process "
		    "died of signal %d", signal_number);
	users_alive--;
	uv_close((uv_handle_t *)handle, on_handle_closed);
	if (user_gone != NULL)
		user_gone();
}

bool
spawn_user(const char *program, const char *argument, int fd, uid_t uid,
    gid_t gid, bool as_ourselves)
{
	struct credentials who = { uid, gid, !as_ourselves };
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
spawn_users_alive(void)
{
	return users_alive;
}

void
spawn_on_user_gone(void (*gone)(void))
{
	user_gone = gone;
}

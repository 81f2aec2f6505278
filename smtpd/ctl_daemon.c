/* SPDX-License-Identifier: ISC */
/* How mx6ctl finds the daemon, and what it says when it does not. */
#include "smtpd/ctl.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "smtpd/control_ipc.h"
#include "util/fdio.h"
#include "util/number.h"

#define CONFIG_MAX	(1024 * 1024)

void
ctl_error(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fputs("mx6ctl: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	putc('\n', stderr);
}

const struct config *
ctl_config(struct ctl *ctl)
{
	char error[CONFIG_ERROR_SIZE];
	size_t size = 0;
	char *text;

	if (ctl->config != NULL)
		return ctl->config;
	text = fdio_read_file(ctl->config_path, CONFIG_MAX, &size);
	if (text == NULL) {
		ctl_error("%s: %s; name mx6d's configuration with -f FILE",
		    ctl->config_path, strerror(errno));
		return NULL;
	}
	ctl->config = config_parse(text, size, ctl->config_path, error);
	free(text);
	if (ctl->config == NULL)
		ctl_error("%s", error);
	return ctl->config;
}

static const char *
socket_path(struct ctl *ctl)
{
	const struct config *config;

	if (ctl->socket != NULL)
		return ctl->socket;
	config = ctl_config(ctl);
	return config == NULL ? NULL : config->control_socket;
}

static enum ctl_exit
say_unreachable(const struct ctl *ctl, const char *path, int error)
{
	if (error == EACCES || error == EPERM) {
		ctl_error("%s: %s; run mx6ctl as root, or as the user who "
		    "started mx6d", path, strerror(error));
		return CTL_FAILED;
	}
	if (error != ENOENT && error != ECONNREFUSED) {
		ctl_error("%s: %s", path, strerror(error));
		return CTL_FAILED;
	}
	ctl_error("mx6d is not running (%s %s); start it with "
	    "\"systemctl start mx6d\" or \"mx6d -f %s\"",
	    error == ENOENT ? "no socket at" : "nobody answers at", path,
	    ctl->config_path);
	return CTL_NOT_RUNNING;
}

/* 0, or errno. */
static int
connect_to(const char *path, int *ret_fd)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int error, fd;

	if (strlen(path) >= sizeof sun.sun_path)
		return ENAMETOOLONG;
	strcpy_bounded(sun.sun_path, sizeof sun.sun_path, path);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return errno;
	if (connect(fd, (struct sockaddr *)&sun, sizeof sun) == 0) {
		*ret_fd = fd;
		return 0;
	}
	error = errno;
	close(fd);
	return error;
}

enum ctl_exit
ctl_control(struct ctl *ctl, int *ret_fd)
{
	const char *path;
	int error;

	if (ctl->control_fd < 0) {
		path = socket_path(ctl);
		if (path == NULL)
			return CTL_FAILED;
		error = connect_to(path, &ctl->control_fd);
		if (error != 0)
			return say_unreachable(ctl, path, error);
	}
	*ret_fd = ctl->control_fd;
	return CTL_DONE;
}

bool
ctl_control_quietly(struct ctl *ctl, int *ret_fd)
{
	const char *path = socket_path(ctl);

	if (ctl->control_fd < 0 &&
	    (path == NULL || connect_to(path, &ctl->control_fd) != 0))
		return false;
	*ret_fd = ctl->control_fd;
	return true;
}

enum ctl_exit
ctl_answered(enum ipc_status status)
{
	switch (status) {
	case IPC_OK:
		return CTL_DONE;
	case IPC_LOST:
		ctl_error("the daemon closed the connection before it "
		    "answered; its log says why");
		break;
	case IPC_TIMEOUT:
		ctl_error("no answer within the time; the process is busy or "
		    "stopped (mx6ctl status)");
		break;
	case IPC_REFUSED:
		ctl_error("the question is too large to be asked");
		break;
	}
	return CTL_FAILED;
}

enum ctl_exit
ctl_answered_error(enum ipc_status status, const char *error)
{
	enum ctl_exit ended = ctl_answered(status);

	if (ended == CTL_DONE && *error != '\0') {
		ctl_error("%s", error);
		ended = CTL_FAILED;
	}
	return ended;
}

struct connecting {
	enum ctl_exit	ended;
	int		fd;
};

static void
connected(void *arg, enum ipc_status status,
    const struct control_connect_answer *answer)
{
	struct connecting *c = arg;

	c->ended = ctl_answered_error(status,
	    status == IPC_OK ? answer->error : "");
	if (c->ended == CTL_DONE)
		c->fd = answer->channel;
}

enum ctl_exit
ctl_connect(struct ctl *ctl, const char *process, uint32_t index, int *ret_fd)
{
	struct control_connect_ask ask = {
		.process = process, .index = index,
	};
	struct connecting c = { .fd = -1 };
	int control_fd;

	c.ended = ctl_control(ctl, &control_fd);
	if (c.ended != CTL_DONE)
		return c.ended;
	control_connect_wait(control_fd, &ask, CTL_TIMEOUT_MS, connected, &c);
	if (c.ended == CTL_DONE && c.fd < 0) {
		ctl_error("the daemon gave no channel to its %s process",
		    process);
		c.ended = CTL_FAILED;
	}
	*ret_fd = c.fd;
	return c.ended;
}

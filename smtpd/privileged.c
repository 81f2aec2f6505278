/* SPDX-License-Identifier: ISC */
#include "smtpd/privileged.h"

#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "smtpd/privileged_ipc.h"
#include "smtpd/spawn.h"
#include "smtpd/supervise.h"
#include "util/log.h"
#include "util/netaddr.h"
#include "util/xalloc.h"

#define IPC_NAME privileged
#define IPC_FILE "smtpd/privileged.msg"
#include "util/ipc_serve.h"

#define USERS_MAX 200

static struct config *const *config;
static bool is_root;

void
privileged_init(struct config *const *the_config, bool privileged)
{
	config = the_config;
	is_root = privileged;
}

struct asker {
	enum process_kind	kind;
	pid_t			pid;
};

/* The asker has died, or talked nonsense: then it must go, and not we. */
static void
on_asker_gone(struct ipc_door *door, void *context)
{
	struct asker *asker = context;
	const struct process *p;

	(void)door;
	for (size_t i = 0; (p = supervise_at(i)) != NULL; i++) {
		if (p->state != PROCESS_DOWN && p->pid == asker->pid)
			kill(p->pid, SIGKILL);
	}
	free(asker);
}

/* IPC_OPERATOR: what cannot be read closes the channel and no more. */
void
privileged_serve(uv_loop_t *loop, int fd, enum process_kind kind, pid_t pid)
{
	struct asker *asker = xcalloc(1, sizeof *asker);

	asker->kind = kind;
	asker->pid = pid;
	ipc_door_open(loop, fd, &privileged_service, IPC_OPERATOR, asker,
	    on_asker_gone);
}

/* Calls are answered at once, so their door is still there. */
static enum process_kind
asker_of(const struct ipc_call *call)
{
	const struct asker *asker = ipc_call_context(call);

	return asker->kind;
}

/* Who owns the queue or the lists has no mailbox: local must not become it. */
static bool
is_daemons(uid_t uid)
{
	const char *const names[] = { (*config)->queue_user,
	    (*config)->policy_user };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const struct passwd *pw = getpwnam(names[i]);

		if (pw != NULL && pw->pw_uid == uid)
			return true;
	}
	return false;
}

/* "" is the daemon's own user, for mailboxes that are nobody's account.  That
 * users cannot be looked up now is no reason to bounce what was accepted. */
static const struct passwd *
find_user(const char *name, const char **ret_error, bool *ret_permanent)
{
	const struct passwd *pw;
	uid_t uid;

	errno = 0;
	if (!is_root)
		pw = getpwuid(getuid());	/* all is done as ourselves */
	else
		pw = getpwnam(*name == '\0' ? (*config)->user : name);
	*ret_permanent = is_root && *name != '\0' &&
	    (pw != NULL || errno == 0 || errno == ENOENT);
	if (pw == NULL) {
		*ret_error = *ret_permanent ?
		    "there is no such user on this system" :
		    "this user cannot be looked up now";
		return NULL;
	}
	if (is_root && pw->pw_uid == 0) {
		*ret_error = "mail is not delivered as root";
		return NULL;
	}
	uid = pw->pw_uid;
	if (is_root && *name != '\0' && is_daemons(uid)) {
		*ret_error = "the owner of the queue or the lists has no "
		    "mailbox";
		return NULL;
	}
	/* The look-ups above have overwritten what the first one found. */
	*ret_permanent = false;
	if ((pw = getpwuid(uid)) == NULL)
		*ret_error = "this user cannot be looked up now";
	return pw;
}

void
serve_privileged_mail_user(struct ipc_call *call,
    const struct privileged_mail_user_ask *ask)
{
	struct privileged_mail_user_answer answer = {
		.channel = -1,
		.error = "",
		.home = "",
	};
	const struct passwd *pw;
	int fds[2] = { -1, -1 };
	bool permanent;
	char why[256];

	if (asker_of(call) != PROCESS_LOCAL)
		answer.error = "only local may ask for this";
	else if ((pw = find_user(ask->user, &answer.error, &permanent)) ==
	    NULL)
		answer.permanent = permanent;
	else if (spawn_users_alive() >= USERS_MAX)
		answer.error = "too many mailbox owners at once";
	else if (!ipc_pair(fds) || !spawn_user("mx6d-local", "-u", fds[1],
	    pw->pw_uid, pw->pw_gid, !is_root)) {
		snprintf(why, sizeof why, "mx6d-local cannot be started as "
		    "%.64s: %s", pw->pw_name, strerror(errno));
		answer.error = why;
	} else {
		answer.channel = fds[0];
		answer.home = pw->pw_dir;
	}
	privileged_mail_user_reply(call, &answer);
	for (int i = 0; i < 2; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
}

static bool
is_configured(const char *path)
{
	const char *prefix = "unix:";
	size_t n = strlen(prefix);

	if (strncmp((*config)->lmtp, prefix, n) == 0 &&
	    strcmp((*config)->lmtp + n, path) == 0)
		return true;
	for (size_t i = 0; i < (*config)->lmtp_sockets.count; i++) {
		if (strcmp((*config)->lmtp_sockets.items[i], path) == 0)
			return true;
	}
	for (size_t i = 0; i < (*config)->route_count; i++) {
		const char *via = (*config)->routes[i].via;

		if (strncmp(via, prefix, n) == 0 && strcmp(via + n, path) == 0)
			return true;
	}
	return false;
}

static int
connect_to(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd, saved;

	if (strlen(path) >= sizeof sun.sun_path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(sun.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return -1;
	if (connect(fd, (struct sockaddr *)&sun, sizeof sun) == -1) {
		saved = errno;
		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

static void
use_address(const char *place, int *ret_fd, const char **ret_error)
{
	struct sockaddr_storage sa;
	struct netaddr addr;
	socklen_t size;

	if (!netaddr_parse_port(place, 0, &addr)) {
		*ret_error = "no address";
		return;
	}
	size = netaddr_to_sockaddr(&addr, &sa);
	*ret_fd = socket(sa.ss_family,
	    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*ret_fd != -1 && (connect(*ret_fd, (struct sockaddr *)&sa,
	    size) == 0 || errno == EINPROGRESS))
		return;
	*ret_error = strerror(errno);
}

void
serve_privileged_filter_socket(struct ipc_call *call,
    const struct privileged_filter_socket_ask *ask)
{
	struct privileged_filter_socket_answer answer = {
		.socket = -1,
		.error = "mx6d.conf does not name this filter",
	};
	const char *prefix = "unix:", *place = NULL;

	for (size_t i = 0; i < (*config)->filter_count; i++) {
		if (strcmp((*config)->filters[i].name, ask->filter) == 0)
			place = (*config)->filters[i].socket;
	}
	if (asker_of(call) != PROCESS_FILTER)
		answer.error = "only filter may ask for this";
	else if (place != NULL) {
		answer.error = "";
		if (strncmp(place, prefix, strlen(prefix)) != 0)
			use_address(place, &answer.socket, &answer.error);
		else if ((answer.socket = connect_to(place +
		    strlen(prefix))) == -1)
			answer.error = strerror(errno);
	}
	if (*answer.error != '\0' && answer.socket >= 0) {
		close(answer.socket);
		answer.socket = -1;
	}
	privileged_filter_socket_reply(call, &answer);
	if (answer.socket >= 0)
		close(answer.socket);
}

void
serve_privileged_lmtp_socket(struct ipc_call *call,
    const struct privileged_lmtp_socket_ask *ask)
{
	struct privileged_lmtp_socket_answer answer = {
		.socket = -1,
		.error = "",
	};

	if (asker_of(call) != PROCESS_DELIVER)
		answer.error = "only deliver may ask for this";
	else if (!is_configured(ask->path))
		answer.error = "mx6d.conf does not name this socket (lmtp, "
		    "lmtp-sockets or a route)";
	else if ((answer.socket = connect_to(ask->path)) == -1)
		answer.error = strerror(errno);
	privileged_lmtp_socket_reply(call, &answer);
	if (answer.socket >= 0)
		close(answer.socket);
}

/* SPDX-License-Identifier: ISC */
/*
 * mx6d, the parent: reads the configuration, binds the sockets, starts and
 * restarts the others, answers mx6ctl.  It touches no mail.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <pwd.h>
#include <unistd.h>
#include <uv.h>

#include "smtpd/check_pair.h"
#include "smtpd/control.h"
#include "smtpd/control_status.h"
#include "smtpd/limits.h"
#include "smtpd/listeners.h"
#include "smtpd/privileged.h"
#include "smtpd/settings_file.h"
#include "smtpd/spawn.h"
#include "smtpd/supervise.h"
#include "util/fdio.h"
#include "util/log.h"
#include "util/xalloc.h"

#define DEFAULT_CONFIG	"/etc/mx6d/mx6d.conf"
#define BIND_TRIES	10
#define BIND_WAIT_US	200000
#define STOP_MS		10000

static const char *config_path = DEFAULT_CONFIG;
static struct config *config;
static struct supply supply = { .shared_fd = -1 };
static char program_directory[4096];
static int exit_status;

static void
usage(void)
{
	fputs("usage: mx6d [-nv] [-f FILE]\n"
	    "  -f FILE  the configuration (" DEFAULT_CONFIG ")\n"
	    "  -n       check it and exit\n"
	    "  -v       with -n: print every setting; else: log at debug\n",
	    stderr);
	exit(2);
}

/* The other programs are beside this one, or where they were installed. */
static void
find_programs(void)
{
	static const char *const beside[] = { "", "/../libexec/mx6d" };
	const size_t size = sizeof program_directory;
	char self[2048], probe[4200];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	int length;

	if (n <= 0)
		err(1, "/proc/self/exe");
	self[n] = '\0';
	length = (int)(strrchr(self, '/') - self);
	for (size_t i = 0; i < 3; i++) {
		if (i < 2)
			snprintf(program_directory, size, "%.*s%s", length,
			    self, beside[i]);
		else
			snprintf(program_directory, size, "%s",
			    MX6D_PREFIX "/libexec/mx6d");
		snprintf(probe, sizeof probe, "%s/mx6d-smtp",
		    program_directory);
		if (access(probe, X_OK) == 0)
			return;
	}
	errx(1, "mx6d-smtp is neither beside mx6d nor in "
	    MX6D_PREFIX "/libexec/mx6d; run make install");
}

/* ---- reload ---- */

static const char *
reload(void)
{
	static char error[CONFIG_ERROR_SIZE];
	struct supply next = { .shared_fd = supply.shared_fd,
	    .privileged = supply.privileged };
	struct config *old = config, *fresh;
	const char *warning;
	enum log_level level;
	bool zone_changed;

	fresh = settings_load(config_path, &next, error);
	if (fresh == NULL || !listeners_apply(fresh, error, sizeof error)) {
		log_say(LOG_LEVEL_ERROR, "reload", "%s; the old configuration "
		    "stays in force", error);
		control_status_reloaded(error);
		config_free(fresh);
		settings_forget(&next);
		return error;
	}
	zone_changed = (next.zone == NULL) != (supply.zone == NULL) ||
	    (next.zone != NULL && strcmp(next.zone, supply.zone) != 0);
	settings_forget(&supply);
	supply = next;
	config = fresh;
	if (log_level_parse(config->log_level, &level) &&
	    strcmp(config->log_level, old->log_level) != 0)
		log_set_level(level);
	supervise_reload(settings_need_new_resolver(old, fresh,
	    zone_changed));
	warning = settings_need_restart(old, fresh);
	if (warning != NULL)
		log_say(LOG_LEVEL_WARNING, "reload", "%s", warning);
	log_say(LOG_LEVEL_INFO, "reload", "%s is in force", config_path);
	control_status_reloaded("");
	config_free(old);
	return "";
}

/* ---- events ---- */

static void
on_ready(struct process *p)
{
	if (p->row->kind == PROCESS_SMTP)
		listeners_give(p);
}

static void
on_all_ready(void)
{
	char text[NETADDR_TEXT_SIZE];
	const struct listener *l;

	for (size_t i = 0; (l = listeners_at(i)) != NULL; i++)
		log_say(LOG_LEVEL_INFO, "listening", "%s as %s",
		    netaddr_format_port(&l->addr, text),
		    listener_role_name(l->role));
	log_say(LOG_LEVEL_INFO, "ready", "mx6d %s as %s", MX6D_VERSION,
	    config->hostname);
}

static void
on_all_gone(void)
{
	uv_stop(uv_default_loop());
}

static void
on_hopeless(const struct process *p)
{
	log_say(LOG_LEVEL_ERROR, "start", "mx6d-%s could not start; the line "
	    "above says why", p->row->name);
	exit_status = 1;
	supervise_stop(1000);
}

static void
on_signal(uv_signal_t *handle, int number)
{
	(void)handle;
	if (number == SIGHUP) {
		reload();
		return;
	}
	log_say(LOG_LEVEL_INFO, "stop", "finishing what is under way");
	supervise_stop(STOP_MS);
}

static void
catch_signals(uv_loop_t *loop)
{
	static const int numbers[] = { SIGHUP, SIGTERM, SIGINT };
	static uv_signal_t handles[3];

	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		uv_signal_init(loop, &handles[i]);
		uv_signal_start(&handles[i], on_signal, numbers[i]);
		uv_unref((uv_handle_t *)&handles[i]);
	}
}

/* ---- start ---- */

/* syslog's socket in the place of standard error, for us and the children. */
static void
log_to_syslog(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX,
	    .sun_path = "/dev/log" };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	if (fd == -1 || connect(fd, (struct sockaddr *)&sun, sizeof sun) == -1)
		err(1, "log-to = syslog: /dev/log");
	dup2(fd, STDERR_FILENO);
	close(fd);
}

static void
make_directory(const char *path, const char *user, mode_t mode)
{
	const struct passwd *pw = supply.privileged ? getpwnam(user) : NULL;
	struct stat st;

	if (supply.privileged && pw == NULL)
		errx(1, "user %s does not exist; create it (see INSTALL), or "
		    "name another in %s", user, config_path);
	if (mkdir(path, mode) == -1 && errno != EEXIST)
		err(1, "%s", path);
	if (stat(path, &st) == -1)
		err(1, "%s", path);
	if (!S_ISDIR(st.st_mode))
		errx(1, "%s is not a directory", path);
	if (pw != NULL && st.st_uid != pw->pw_uid &&
	    chown(path, pw->pw_uid, pw->pw_gid) == -1)
		err(1, "%s", path);
}

static void
make_directories(void)
{
	make_directory(config->state_directory, config->policy_user, 0700);
	make_directory(config->spool_directory, config->queue_user, 0700);
	if (supply.privileged)
		make_directory(config->empty_directory, "root", 0755);
}

static void
make_shared(void)
{
	supply.shared_fd = memfd_create("limits",
	    MFD_CLOEXEC | MFD_ALLOW_SEALING);
	/* One that shrank would kill all who look into it (SIGBUS). */
	if (supply.shared_fd == -1 ||
	    ftruncate(supply.shared_fd, (off_t)limits_shared_size()) == -1 ||
	    fcntl(supply.shared_fd, F_ADD_SEALS, F_SEAL_SHRINK |
	    F_SEAL_GROW | F_SEAL_SEAL) == -1)
		err(1, "shared counters");
}

static void
print_line(const char *line)
{
	puts(line);
}

/* true if there is none. */
static bool
pair_is_sound(void)
{
	posix_spawn_file_actions_t files;
	char program[sizeof program_directory + 16], *argv[] = { program,
	    (char[]){ CHECK_OPTION }, NULL };
	int certificate, key, status = -1;
	pid_t pid;

	if (supply.certificate == NULL || supply.key == NULL)
		return true;
	snprintf(program, sizeof program, "%s/mx6d-smtp", program_directory);
	certificate = fcntl(fdio_sealed(supply.certificate,
	    supply.certificate_size), F_DUPFD, CHECK_KEY_FD + 1);
	key = fcntl(fdio_sealed(supply.key, supply.key_size), F_DUPFD,
	    CHECK_KEY_FD + 1);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, certificate,
	    CHECK_CERTIFICATE_FD);
	posix_spawn_file_actions_adddup2(&files, key, CHECK_KEY_FD);
	if (posix_spawn(&pid, program, &files, NULL, argv, environ) == 0)
		waitpid(pid, &status, 0);
	posix_spawn_file_actions_destroy(&files);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int
check_only(bool verbose)
{
	find_programs();
	if (!pair_is_sound()) {
		fprintf(stderr, "%s: tls-certificate \"%s\" and tls-key \"%s\" "
		    "cannot be used; they should be PEM files that belong "
		    "together\n", config_path, config->tls_certificate,
		    config->tls_key);
		return 1;
	}
	if (verbose)
		config_print(config, print_line);
	printf("%s is fine.\n", config_path);
	return 0;
}

/* When mx6d was killed, its children hold the sockets for a moment more: one
 * who starts it again at once is not told that the address is taken. */
static bool
bind_all(char *why, size_t why_size)
{
	for (int tries = 0; ; tries++) {
		if (listeners_apply(config, why, why_size))
			return true;
		if (errno != EADDRINUSE || tries == BIND_TRIES)
			return false;
		usleep(BIND_WAIT_US);
	}
}

static void
serve(void)
{
	static const struct supervisor_events events = {
		.ready = on_ready,
		.all_ready = on_all_ready,
		.hopeless = on_hopeless,
		.all_gone = on_all_gone,
	};
	static const struct control_events control = { .reload = reload };
	uv_loop_t *loop = uv_default_loop();
	char why[CONFIG_ERROR_SIZE];

	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);	/* it holds the TLS key */
	make_directories();
	make_shared();
	if (!bind_all(why, sizeof why))
		errx(1, "%s", why);
	control_status_init(&config, config_path);
	if (!control_open(loop, config->control_socket, &control))
		errx(1, "control-socket = \"%s\": %s", config->control_socket,
		    errno == EADDRINUSE ? "another mx6d is running" :
		    strerror(errno));
	privileged_init(&config, supply.privileged);
	catch_signals(loop);
	spawn_init(loop, program_directory);
	supervise_start(loop, config, &supply, &events);
	uv_run(loop, UV_RUN_DEFAULT);
	control_close();
	log_say(LOG_LEVEL_INFO, "stop", "stopped");
}

int
main(int argc, char **argv)
{
	char error[CONFIG_ERROR_SIZE];
	bool check = false, verbose = false;
	enum log_level level;
	int c;

	while ((c = getopt(argc, argv, "f:nv")) != -1) {
		switch (c) {
		case 'f':
			config_path = optarg;
			break;
		case 'n':
			check = true;
			break;
		case 'v':
			verbose = true;
			break;
		default:
			usage();
		}
	}
	if (optind != argc)
		usage();
	config = settings_load(config_path, &supply, error);
	if (config == NULL) {
		fprintf(stderr, "%s\n", error);
		return 1;
	}
	if (check)
		return check_only(verbose);
	supply.privileged = geteuid() == 0;
	if (strcmp(config->log_to, "syslog") == 0)
		log_to_syslog();
	log_open("mx6d", strcmp(config->log_to, "syslog") == 0);
	if (verbose)
		log_set_level(LOG_LEVEL_DEBUG);
	else if (log_level_parse(config->log_level, &level))
		log_set_level(level);
	find_programs();
	serve();
	return exit_status;
}

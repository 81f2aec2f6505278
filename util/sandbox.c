/* SPDX-License-Identifier: ISC */
/*
 * Rights are taken in two steps.  Each kind of process is one row of
 * `kinds`: which groups of system calls it keeps, what landlock leaves it of
 * the file system and of TCP, and its limits.  Every layer is enough alone
 * to stop the ordinary attack; together they also stop the kernel's mistakes.
 */
#include "util/sandbox.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/landlock.h>
#include <pwd.h>
#include <seccomp.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util/log.h"

/* Newer than Debian 12's header: landlock ABI 4. */
#define NET_BIND_TCP	(1u << 0)
#define NET_CONNECT_TCP	(1u << 1)

enum calls {
	CALLS_BASE	= 1 << 0,	/* loop, memory, descriptors it has */
	CALLS_ACCEPT	= 1 << 1,
	CALLS_TCP	= 1 << 2,	/* outgoing stream sockets */
	CALLS_UDP	= 1 << 3,	/* and datagrams, for DNS */
	CALLS_FILES	= 1 << 4,	/* open, sync, rename, remove */
	CALLS_THREADS	= 1 << 5,
};

static const struct {
	unsigned	calls;		/* enum calls */
	bool		own_files;	/* landlock: below the root directory */
	bool		connects;	/* landlock: TCP connections out */
} kinds[] = {
	[SANDBOX_SMTP] = { CALLS_BASE | CALLS_ACCEPT, false, false },
	[SANDBOX_POLICY] = { CALLS_BASE | CALLS_FILES, true, false },
	[SANDBOX_RESOLVER] = { CALLS_BASE | CALLS_TCP | CALLS_UDP |
	    CALLS_THREADS, false, true },
	/* Threads: large files are synced beside the loop. */
	[SANDBOX_QUEUE] = { CALLS_BASE | CALLS_FILES | CALLS_THREADS, true,
	    false },
	[SANDBOX_DELIVER] = { CALLS_BASE | CALLS_TCP, false, true },
	[SANDBOX_LOCAL] = { CALLS_BASE, false, false },
	[SANDBOX_MAILUSER] = { CALLS_BASE | CALLS_FILES, true, false },
	[SANDBOX_AUTH] = { CALLS_BASE, false, false },
	[SANDBOX_FILTER] = { CALLS_BASE, false, false },
};

#define SYS(name) SCMP_SYS(name)

static const struct {
	unsigned	calls;
	int		number;
} allowed[] = {
	{ CALLS_BASE, SYS(read) }, { CALLS_BASE, SYS(write) },
	{ CALLS_BASE, SYS(readv) }, { CALLS_BASE, SYS(writev) },
	{ CALLS_BASE, SYS(pread64) }, { CALLS_BASE, SYS(pwrite64) },
	{ CALLS_BASE, SYS(lseek) }, { CALLS_BASE, SYS(close) },
	{ CALLS_BASE, SYS(fcntl) }, { CALLS_BASE, SYS(ioctl) },
	{ CALLS_BASE, SYS(dup) }, { CALLS_BASE, SYS(ftruncate) },
	{ CALLS_BASE, SYS(fstat) },
	{ CALLS_BASE, SYS(epoll_create1) }, { CALLS_BASE, SYS(epoll_ctl) },
	{ CALLS_BASE, SYS(epoll_wait) }, { CALLS_BASE, SYS(epoll_pwait) },
	{ CALLS_BASE, SYS(eventfd2) }, { CALLS_BASE, SYS(pipe2) },
	{ CALLS_BASE, SYS(poll) }, { CALLS_BASE, SYS(ppoll) },
	{ CALLS_BASE, SYS(sendmsg) }, { CALLS_BASE, SYS(recvmsg) },
	{ CALLS_BASE, SYS(sendto) }, { CALLS_BASE, SYS(recvfrom) },
	{ CALLS_BASE, SYS(shutdown) }, { CALLS_BASE, SYS(getsockopt) },
	{ CALLS_BASE, SYS(setsockopt) }, { CALLS_BASE, SYS(getsockname) },
	{ CALLS_BASE, SYS(getpeername) },
	{ CALLS_BASE, SYS(memfd_create) },
	{ CALLS_BASE, SYS(munmap) }, { CALLS_BASE, SYS(mremap) },
	{ CALLS_BASE, SYS(brk) }, { CALLS_BASE, SYS(madvise) },
	{ CALLS_BASE, SYS(futex) }, { CALLS_BASE, SYS(getrandom) },
	{ CALLS_BASE, SYS(rt_sigaction) }, { CALLS_BASE, SYS(rt_sigprocmask) },
	{ CALLS_BASE, SYS(rt_sigreturn) }, { CALLS_BASE, SYS(sigaltstack) },
	{ CALLS_BASE, SYS(clock_gettime) }, { CALLS_BASE, SYS(clock_getres) },
	{ CALLS_BASE, SYS(clock_nanosleep) }, { CALLS_BASE, SYS(nanosleep) },
	{ CALLS_BASE, SYS(gettimeofday) }, { CALLS_BASE, SYS(time) },
	{ CALLS_BASE, SYS(getpid) }, { CALLS_BASE, SYS(gettid) },
	{ CALLS_BASE, SYS(getppid) }, { CALLS_BASE, SYS(getuid) },
	{ CALLS_BASE, SYS(geteuid) }, { CALLS_BASE, SYS(getgid) },
	{ CALLS_BASE, SYS(getegid) },
	{ CALLS_BASE, SYS(exit) }, { CALLS_BASE, SYS(exit_group) },
	{ CALLS_BASE, SYS(restart_syscall) }, { CALLS_BASE, SYS(sched_yield) },
	{ CALLS_BASE, SYS(getrusage) }, { CALLS_BASE, SYS(sysinfo) },
	{ CALLS_ACCEPT, SYS(accept4) },
	{ CALLS_TCP, SYS(connect) }, { CALLS_TCP, SYS(bind) },
	{ CALLS_FILES, SYS(openat) }, { CALLS_FILES, SYS(open) },
	{ CALLS_FILES, SYS(newfstatat) }, { CALLS_FILES, SYS(stat) },
	{ CALLS_FILES, SYS(lstat) }, { CALLS_FILES, SYS(statx) },
	{ CALLS_FILES, SYS(access) }, { CALLS_FILES, SYS(faccessat) },
	{ CALLS_FILES, SYS(faccessat2) }, { CALLS_FILES, SYS(getcwd) },
	{ CALLS_FILES, SYS(readlink) }, { CALLS_FILES, SYS(readlinkat) },
	{ CALLS_FILES, SYS(getdents64) }, { CALLS_FILES, SYS(fsync) },
	{ CALLS_FILES, SYS(fdatasync) }, { CALLS_FILES, SYS(fallocate) },
	{ CALLS_FILES, SYS(sync_file_range) },
	{ CALLS_FILES, SYS(unlink) }, { CALLS_FILES, SYS(unlinkat) },
	{ CALLS_FILES, SYS(rename) }, { CALLS_FILES, SYS(renameat) },
	{ CALLS_FILES, SYS(renameat2) }, { CALLS_FILES, SYS(link) },
	{ CALLS_FILES, SYS(linkat) }, { CALLS_FILES, SYS(mkdir) },
	{ CALLS_FILES, SYS(mkdirat) }, { CALLS_FILES, SYS(rmdir) },
	{ CALLS_FILES, SYS(fchmod) }, { CALLS_FILES, SYS(fchown) },
	{ CALLS_FILES, SYS(statfs) }, { CALLS_FILES, SYS(fstatfs) },
	{ CALLS_FILES, SYS(umask) }, { CALLS_FILES, SYS(utimensat) },
	{ CALLS_FILES, SYS(ftruncate) },
	{ CALLS_THREADS, SYS(set_robust_list) }, { CALLS_THREADS, SYS(rseq) },
	{ CALLS_THREADS, SYS(sched_getaffinity) },
};

static void
limit(int resource, rlim_t most)
{
	struct rlimit r = { most, most };

	if (setrlimit((__rlimit_resource_t)resource, &r) == -1)
		err(1, "setrlimit");
}

/* Descriptors are what a server runs out of first: as many as it may have. */
static void
raise_descriptors(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
		r.rlim_cur = r.rlim_max;
		setrlimit(RLIMIT_NOFILE, &r);
	}
}

static bool
become(const char *directory, const char *user)
{
	struct passwd *pw = getpwnam(user);

	if (pw == NULL) {
		log_say(LOG_LEVEL_ERROR, "sandbox", "user %s does not exist; "
		    "create it, or name another in mx6d.conf", user);
		return false;
	}
	if (pw->pw_uid == 0) {
		log_say(LOG_LEVEL_ERROR, "sandbox", "user %s is root; "
		    "name an unprivileged one in mx6d.conf", user);
		return false;
	}
	if (chroot(directory) == -1 || chdir("/") == -1) {
		log_say(LOG_LEVEL_ERROR, "sandbox", "chroot to %s: %s",
		    directory, strerror(errno));
		return false;
	}
	if (setgroups(0, NULL) == -1 ||
	    setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) == -1 ||
	    setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) == -1)
		err(1, "cannot become %s", user);
	if (setuid(0) == 0)
		errx(1, "root came back after it was given up");
	return true;
}

bool
sandbox_enter(enum sandbox_kind kind, const char *root_directory,
    const char *user, bool privileged)
{
	raise_descriptors();
	if (privileged) {
		if (!become(root_directory, user))
			return false;
	} else if (root_directory != NULL && chdir(root_directory) == -1) {
		log_say(LOG_LEVEL_ERROR, "sandbox", "%s: %s", root_directory,
		    strerror(errno));
		return false;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		err(1, "no_new_privs");
	/* Not dumpable: no core with mail in it, no ptrace by a sibling. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
		err(1, "dumpable");
	limit(RLIMIT_CORE, 0);
	if ((kinds[kind].calls & CALLS_THREADS) == 0)
		limit(RLIMIT_NPROC, 0);
	return true;
}

/* ---- landlock ---- */

struct ruleset_attr {
	uint64_t	fs;
	uint64_t	net;
};

/* All rights on files that this kernel's landlock knows. */
static uint64_t
fs_rights(long abi)
{
	uint64_t all = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;

	if (abi >= 2)
		all |= LANDLOCK_ACCESS_FS_REFER;
	if (abi >= 3)
		all |= LANDLOCK_ACCESS_FS_REFER << 1;	/* truncate */
	return all;
}

static bool
allow_own_files(int ruleset, long abi)
{
	struct landlock_path_beneath_attr rule = {
		.allowed_access = fs_rights(abi) &
		    ~(uint64_t)(LANDLOCK_ACCESS_FS_EXECUTE |
		    LANDLOCK_ACCESS_FS_MAKE_CHAR |
		    LANDLOCK_ACCESS_FS_MAKE_BLOCK |
		    LANDLOCK_ACCESS_FS_MAKE_SOCK |
		    LANDLOCK_ACCESS_FS_MAKE_FIFO),
		.parent_fd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC),
	};
	bool done;

	if (rule.parent_fd == -1)
		return false;
	done = syscall(SYS_landlock_add_rule, ruleset,
	    LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
	close(rule.parent_fd);
	return done;
}

/* A kernel without landlock leaves the other layers; that is not fatal. */
static bool
lock_files(enum sandbox_kind kind)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset_attr attr = { 0 };
	size_t size = sizeof attr.fs;
	int ruleset;
	bool done;

	if (abi < 1)
		return true;
	attr.fs = fs_rights(abi);
	if (abi >= 4) {
		size = sizeof attr;
		attr.net = NET_BIND_TCP;
		if (!kinds[kind].connects)
			attr.net |= NET_CONNECT_TCP;
		else	/* a source address is bound, port 0 */
			attr.net = 0;
	}
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0);
	if (ruleset == -1)
		return false;
	done = (!kinds[kind].own_files || allow_own_files(ruleset, abi)) &&
	    syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
	close(ruleset);
	return done;
}

/* ---- seccomp ---- */

static int
allow_memory(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp no_exec =
	    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
	int bad = 0;

	bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SYS(mmap), 1, no_exec);
	bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SYS(mprotect), 1,
	    no_exec);
	/* fstat(3) is newfstatat of a descriptor with an empty path; a path
	 * would still meet landlock and the empty root. */
	bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SYS(newfstatat), 1,
	    SCMP_A3(SCMP_CMP_MASKED_EQ, AT_EMPTY_PATH, AT_EMPTY_PATH));
	return bad;
}

/* abort(3) signals its own thread; the same call could kill a sibling, which
 * has the same user. */
static int
allow_abort(scmp_filter_ctx filter)
{
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SYS(tgkill), 1,
	    SCMP_A0(SCMP_CMP_EQ, (uint64_t)getpid()));
}

static int
allow_sockets(scmp_filter_ctx filter, unsigned calls)
{
	static const int families[] = { AF_INET, AF_INET6 };
	const uint64_t kind = SOCK_STREAM | SOCK_DGRAM;
	int bad = 0;

	for (size_t i = 0; i < 2; i++) {
		if ((calls & CALLS_TCP) != 0)
			bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW,
			    SYS(socket), 2,
			    SCMP_A0(SCMP_CMP_EQ, (uint64_t)families[i]),
			    SCMP_A1(SCMP_CMP_MASKED_EQ, kind, SOCK_STREAM));
		if ((calls & CALLS_UDP) != 0)
			bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW,
			    SYS(socket), 2,
			    SCMP_A0(SCMP_CMP_EQ, (uint64_t)families[i]),
			    SCMP_A1(SCMP_CMP_MASKED_EQ, kind, SOCK_DGRAM));
	}
	return bad;
}

/* clone3 hides its flags from seccomp: without it the C library uses clone,
 * whose flags can be seen to ask for a thread and not a process. */
static int
allow_threads(scmp_filter_ctx filter)
{
	const uint64_t thread = 0x00010000;	/* CLONE_THREAD */
	int bad = 0;

	bad |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SYS(clone3), 0);
	/* Its own limits alone: 0 is the caller. */
	bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SYS(prlimit64), 1,
	    SCMP_A0(SCMP_CMP_EQ, 0));
	bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SYS(clone), 1,
	    SCMP_A0(SCMP_CMP_MASKED_EQ, thread, thread));
	return bad;
}

/* The sanitizers' own calls are many and change: no seccomp with them. */
#ifdef __SANITIZE_ADDRESS__
#define SANITIZED true
#else
#define SANITIZED false
#endif

static bool
lock_calls(enum sandbox_kind kind)
{
	unsigned calls = kinds[kind].calls;
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int bad = 0;

	if (filter == NULL)
		return false;
	for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++) {
		if ((allowed[i].calls & calls) != 0)
			bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW,
			    allowed[i].number, 0);
	}
	bad |= allow_memory(filter);
	bad |= allow_abort(filter);
	bad |= allow_sockets(filter, calls);
	if ((calls & CALLS_THREADS) != 0)
		bad |= allow_threads(filter);
	bad |= seccomp_load(filter);
	seccomp_release(filter);
	return bad == 0;
}

bool
sandbox_lock(enum sandbox_kind kind)
{
	if (!lock_files(kind)) {
		log_say(LOG_LEVEL_ERROR, "sandbox", "landlock: %s",
		    strerror(errno));
		return false;
	}
	if (!SANITIZED && !lock_calls(kind)) {
		log_say(LOG_LEVEL_ERROR, "sandbox", "seccomp could not be set");
		return false;
	}
	return true;
}

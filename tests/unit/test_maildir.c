/* SPDX-License-Identifier: ISC */
/* Messages into Maildirs below a temporary directory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "queue/local_target.h"
#include "queue/maildir.h"
#include "queue/maildir_path.h"
#include "util/fdio.h"
#include "util/xalloc.h"

static char top[] = "/tmp/test_maildir.XXXXXX";
static struct maildir_batch *batch;
static size_t delivered, deferred;
static char last_text[MAILDIR_TEXT_SIZE];

static void
done(void *tag, enum deliver_outcome outcome, const char *text)
{
	(void)tag;
	if (outcome == OUTCOME_DELIVERED)
		delivered++;
	else
		deferred++;
	snprintf(last_text, sizeof last_text, "%s", text);
}

static void
add(const char *path, const char *body, bool junk)
{
	struct maildir_message m = {
		.path = path, .junk = junk, .prefix = "Return-Path: <a@b>\n",
		.body = body, .file = -1, .size_bytes = strlen(body),
	};

	maildir_add(batch, &m, NULL);
}

/* The one file in a directory, whole; its name in last_name. */
static char last_name[256];

static char *
only_file(const char *directory)
{
	DIR *d = opendir(directory);
	struct dirent *e;
	char *path = NULL, *text;
	size_t n;

	assert_non_null(d);
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		assert_null(path);
		path = xasprintf("%s/%s", directory, e->d_name);
		snprintf(last_name, sizeof last_name, "%s", e->d_name);
	}
	closedir(d);
	assert_non_null(path);
	text = fdio_read_file(path, 1 << 20, &n);
	free(path);
	return text;
}

static size_t
count_in(const char *directory)
{
	DIR *d = opendir(directory);
	struct dirent *e;
	size_t n = 0;

	if (d == NULL)
		return 0;
	while ((e = readdir(d)) != NULL)
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

static void
assert_mode(const char *path, mode_t mode)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, mode);
}

static void
stores_with_line_ends(void **state)
{
	char *text;

	(void)state;
	add("box/Maildir", "A: b\r\n\r\nx\ry\r\r\n.\r\nlast\r", false);
	assert_int_equal(delivered, 0);
	assert_int_equal(maildir_waiting(batch), 1);
	assert_int_equal(count_in("box/Maildir/tmp"), 1);
	maildir_commit(batch);
	assert_int_equal(delivered, 1);
	assert_string_equal(last_text, "stored in box/Maildir");
	text = only_file("box/Maildir/new");
	assert_string_equal(text,
	    "Return-Path: <a@b>\nA: b\n\nx\ry\r\n.\nlast\r");
	assert_non_null(strstr(last_name, ".host\\057a\\072b,S=37"));
	free(text);
	assert_int_equal(count_in("box/Maildir/tmp"), 0);
	assert_int_equal(count_in("box/Maildir/cur"), 0);
	assert_mode("box/Maildir", 0700);
	assert_mode("box/Maildir/new", 0700);
}

static void
from_a_file(void **state)
{
	const size_t lines = 20000;
	char *big = xmalloc(6 * lines + 1), *text;
	size_t n = 0;
	int fd;
	struct maildir_message m = { .path = "m", .prefix = "" };

	(void)state;
	for (size_t i = 0; i < lines; i++) {
		memcpy(big + n, "abc\r\n", i % 3 == 0 ? 3 : 5);
		n += i % 3 == 0 ? 3 : 5;
	}
	fd = fdio_sealed(big, n);
	m.file = fd;
	m.offset = 3;
	n -= 3;
	m.size_bytes = n;
	maildir_add(batch, &m, NULL);
	m.size_bytes = n + 1;		/* cut short: not delivered */
	maildir_add(batch, &m, NULL);
	assert_int_equal(deferred, 1);
	maildir_commit(batch);
	assert_int_equal(delivered, 1);
	text = only_file("m/new");
	assert_null(strchr(text, '\r'));
	assert_int_equal(strlen(text), n - lines * 2 / 3);
	assert_int_equal(count_in("m/tmp"), 0);
	free(text);
	free(big);
	close(fd);
}

static void
junk_folder(void **state)
{
	char *text;

	(void)state;
	add("m", "x\r\n", true);
	maildir_commit(batch);
	text = only_file("m/.Junk/new");
	free(text);
	assert_int_equal(access("m/.Junk/maildirfolder", F_OK), 0);
	assert_int_equal(access("m/cur", F_OK), 0);
	assert_int_equal(count_in("m/new"), 0);
}

static void
many_at_once(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++)
		add(i % 2 == 0 ? "a" : "b", "x\r\n", i % 5 == 0);
	assert_int_equal(delivered, MAILDIR_BATCH_MAX);
	maildir_commit(batch);
	assert_int_equal(delivered, 100);
	assert_int_equal(count_in("a/new"), 40);
	assert_int_equal(count_in("b/.Junk/new"), 10);
}

static void
unusable_paths(void **state)
{
	static const char *const bad[] = {
		"", "/m", "..", "a/../b", "a//b", "a/", ".", "./a", "a/..",
	};
	struct local_target t;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_false(maildir_path_is_safe(bad[i]));
		add(bad[i], "x\r\n", false);
	}
	assert_int_equal(deferred, sizeof bad / sizeof bad[0]);
	assert_true(maildir_path_is_safe("a/..b/c..d/.e"));
	assert_true(local_target_find("/var/mail/x/", &t));
	assert_string_equal(t.directory, "/var/mail");
	assert_string_equal(t.path, "x");
	local_target_clear(&t);
	assert_true(local_target_find("Mail/dir", &t));
	assert_string_equal(t.directory, "");
	assert_string_equal(t.path, "Mail/dir");
	local_target_clear(&t);
	assert_false(local_target_find("/", &t));
	assert_false(local_target_find("/Maildir", &t));
	assert_false(local_target_find("/a/../b", &t));
	assert_false(local_target_find("", &t));
}

static void
eight_bit_names(void **state)
{
	(void)state;
	add("Post f\303\274r \377/x", "x\r\n", false);
	maildir_commit(batch);
	assert_int_equal(count_in("Post f\303\274r \377/x/new"), 1);
}

static void
links_are_followed(void **state)
{
	(void)state;
	assert_true(maildir_make("real"));
	assert_int_equal(symlink("real", "link"), 0);
	assert_int_equal(mkdir("elsewhere", 0700), 0);
	assert_int_equal(rmdir("real/new"), 0);
	assert_int_equal(symlink("../elsewhere", "real/new"), 0);
	add("link", "x\r\n", false);
	maildir_commit(batch);
	assert_int_equal(delivered, 1);
	assert_int_equal(count_in("elsewhere"), 1);
}

static void
new_was_missing(void **state)
{
	(void)state;
	assert_true(maildir_make("m"));
	assert_int_equal(rmdir("m/new"), 0);
	add("m", "x\r\n", false);
	maildir_commit(batch);
	assert_int_equal(delivered, 1);
}

static void
something_is_in_the_way(void **state)
{
	int fd = open("file", O_WRONLY | O_CREAT, 0600);

	(void)state;
	close(fd);
	add("file", "x\r\n", false);
	add("file/m", "x\r\n", false);
	assert_int_equal(deferred, 2);
	assert_non_null(strstr(last_text, "Not a directory"));
}

static void
no_room(void **state)
{
	struct rlimit old, small;
	char *body = xmalloc(100001);

	(void)state;
	memset(body, 'x', 100000);
	body[100000] = '\0';
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	small = old;
	small.rlim_cur = 50000;
	setrlimit(RLIMIT_FSIZE, &small);
	add("m", body, false);
	add("m", "small\r\n", false);
	maildir_commit(batch);
	setrlimit(RLIMIT_FSIZE, &old);
	assert_int_equal(deferred, 1);
	assert_int_equal(delivered, 1);
	assert_int_equal(count_in("m/tmp"), 0);
	assert_int_equal(count_in("m/new"), 1);
	free(body);
}

static void
not_committed_is_removed(void **state)
{
	(void)state;
	add("m", "x\r\n", false);
	batch = maildir_batch_free(batch);
	assert_int_equal(count_in("m/tmp"), 0);
	assert_int_equal(delivered + deferred, 0);
}

static int
set_up(void **state)
{
	char *directory = xasprintf("%s/XXXXXX", top);

	(void)state;
	assert_non_null(mkdtemp(directory));
	assert_int_equal(chdir(directory), 0);
	free(directory);
	delivered = deferred = 0;
	batch = maildir_batch_new("host/a:b", done);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	batch = maildir_batch_free(batch);
	return chdir("/");
}

/* A folder and all in it, which is this process's own. */
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
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		T(stores_with_line_ends),
		T(from_a_file),
		T(junk_folder),
		T(many_at_once),
		T(unusable_paths),
		T(eight_bit_names),
		T(links_are_followed),
		T(new_was_missing),
		T(something_is_in_the_way),
		T(no_room),
		T(not_committed_is_removed),
	};

	int failed;

	if (mkdtemp(top) == NULL)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	nftw(top, remove_one, 10, FTW_DEPTH | FTW_PHYS);
	return failed;
}

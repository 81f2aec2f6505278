/* SPDX-License-Identifier: ISC */
/* The commands of mx6ctl against a daemon with canned answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/mman.h>

#include "policy/lists.h"
#include "smtpd/ctl.h"
#include "tests/unit/fake_daemon.h"
#include "util/xalloc.h"

static char output[1024 * 1024];
static const char *config_path = "none.conf";

/* The exit code; what it printed is in output. */
static enum ctl_exit
run(enum ctl_exit (*command)(struct ctl *), const char *syntax, int what,
    bool json, const char *line)
{
	struct ctl ctl = {
		.json = json, .socket = socket_name, .what = what,
		.config_path = config_path, .control_fd = -1,
	};
	char copy[200], why[CTL_WHY_SIZE];
	const char *words[20];
	char *next = copy, *word;
	size_t count = 0;
	int out = memfd_create("out", MFD_CLOEXEC), saved = dup(1);
	enum ctl_exit ended;
	ssize_t n;

	snprintf(copy, sizeof copy, "%s", line);
	while ((word = strsep(&next, " ")) != NULL)
		words[count++] = word;
	assert_int_equal(ctl_syntax_match(syntax, words, count, &ctl.values,
	    why), CTL_MATCH);
	fflush(stdout);
	dup2(out, 1);
	ended = command(&ctl);
	fflush(stdout);
	dup2(saved, 1);
	close(saved);
	if (ctl.control_fd >= 0)
		close(ctl.control_fd);
	config_free(ctl.config);
	n = pread(out, output, sizeof output - 1, 0);
	assert_true(n >= 0);
	output[n] = '\0';
	close(out);
	return ended;
}

static void
shows(const char *text)
{
	if (strstr(output, text) == NULL)
		fail_msg("\"%s\" is not in:\n%s", text, output);
}

static size_t
lines(void)
{
	size_t n = 0;

	for (const char *p = output; *p != '\0'; p++)
		n += *p == '\n';
	return n;
}

static void
test_status(void **state)
{
	(void)state;
	assert_int_equal(run(ctl_status, "status", 0, false, "status"),
	    CTL_DONE);
	shows("Host name      mx.example\n");
	shows("PROCESS  NUMBER  PID");
	shows("1.5 MiB");
	shows("[2001:db8::1]:25  mx6   yes");
	shows("Messages accepted              20\n");
	shows("Recipients waiting             7\n");
	assert_int_equal(run(ctl_status, "status", 0, true, "status"),
	    CTL_DONE);
	shows("\"messages_accepted\": 20");
	shows("\"queue_bytes\": 2048");
	shows("\"switched\": true");
}

#define LIST "queue list [ID] [--sender A] [--domain D] [--state S] [--limit N]"

static void
test_queue_list(void **state)
{
	(void)state;
	assert_int_equal(run(ctl_queue_list, LIST, 0, false, "queue list"),
	    CTL_DONE);
	assert_int_equal(lines(), 1 + 1000 + 1);
	shows("m1       a@b.example  <>      b.example    held");
	shows("451 later\\x1b[2J\n");
	shows("More than 1000 rows");
	assert_int_equal(run(ctl_queue_list, LIST, 0, false,
	    "queue list --limit 5000 --state held"), CTL_DONE);
	assert_int_equal(lines(), 1 + ROWS);
	assert_int_equal(run(ctl_queue_list, LIST, 0, true,
	    "queue list --limit 2"), CTL_DONE);
	shows("\"more\": true");
	shows("\"size_bytes\": 4096");
	assert_int_equal(run(ctl_queue_list, LIST, 0, false,
	    "queue list --domain c.example"), CTL_NOTHING);
	assert_string_equal(output, "");
	assert_int_equal(run(ctl_queue_list, LIST, 0, false,
	    "queue list --state lost"), CTL_USAGE);
	assert_int_equal(run(ctl_queue_list, LIST, 0, false,
	    "queue list --limit 0"), CTL_USAGE);
}

static void
test_queue_show(void **state)
{
	static const char syntax[] = "queue show ID [--body] [--raw]";

	(void)state;
	assert_int_equal(run(ctl_queue_show, syntax, 0, false,
	    "queue show m1"), CTL_DONE);
	shows("Sender         s@x.example\n");
	shows("\n\nSubject: x\n");
	assert_int_equal(run(ctl_queue_show, syntax, 0, false,
	    "queue show m1 --body"), CTL_DONE);
	shows("Subject: x\n\n\\x07body\n");
	assert_int_equal(run(ctl_queue_show, syntax, 0, false,
	    "queue show m1 --raw"), CTL_DONE);
	assert_string_equal(output, "Subject: x\r\n\r\n\x07" "body\r\n");
	assert_int_equal(run(ctl_queue_show, syntax, 0, false,
	    "queue show m2"), CTL_NOTHING);
}

static void
test_queue_act(void **state)
{
	static const char syntax[] = "queue hold [ID] [--sender A] "
	    "[--domain D] [--state S] [--all]";

	(void)state;
	assert_int_equal(run(ctl_queue_act, syntax, ACTION_HOLD, false,
	    "queue hold"), CTL_USAGE);
	assert_int_equal(run(ctl_queue_act, syntax, ACTION_HOLD, false,
	    "queue hold --all"), CTL_DONE);
	assert_string_equal(output, "1 recipient held.\n");
	assert_int_equal(run(ctl_queue_act, syntax, ACTION_HOLD, true,
	    "queue hold --domain b.example"), CTL_DONE);
	shows("\"recipients\": 1");
	assert_int_equal(run(ctl_queue_act, syntax, ACTION_REMOVE, false,
	    "queue hold m9"), CTL_NOTHING);
	assert_string_equal(output, "0 recipients removed.\n");
}

static void
test_destinations(void **state)
{
	(void)state;
	assert_int_equal(run(ctl_destinations, "destinations [DOMAIN]", 0,
	    false, "destinations"), CTL_DONE);
	assert_int_equal(lines(), 3);
	shows("a.example                25           21  yes");
	shows("refused\n");
}

static void
test_route(void **state)
{
	static const char syntax[] = "route DOMAIN [--pushed-back]";

	(void)state;
	assert_int_equal(run(ctl_route, syntax, 0, false,
	    "route B.example"), CTL_DONE);
	shows("lookup     SRV _mx6._tcp.b.example  1 record\n");
	assert_int_equal(run(ctl_route, syntax, 0, true, "route c.example"),
	    CTL_NOTHING);
	shows("\"usable\": false");
	assert_int_equal(run(ctl_route, syntax, 0, false, "route a..b"),
	    CTL_USAGE);
}

/* Where mail for our own domains goes, the lists say. */
static void
test_route_of_ours(void **state)
{
	static const char syntax[] = "route DOMAIN [--pushed-back]";
	static const char *const rows[][2] = { { "ours.example", "" },
	    { "lmtp.example", "imap.example:24" }, { "b.example", "relay" } };
	char directory[] = "/tmp/test_ctl.XXXXXX", why[LISTS_WHY_SIZE];
	char *conf, *path;
	struct lists *lists;
	FILE *f;

	(void)state;
	assert_non_null(mkdtemp(directory));
	conf = xasprintf("%s/conf", directory);
	path = xasprintf("%s/" LISTS_FILE, directory);
	f = fopen(conf, "w");
	fprintf(f, "listen \"127.0.0.1:2525\" { }\n"
	    "state-directory = \"%s\"\n", directory);
	fclose(f);
	lists = lists_open(path, 1000, why);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(lists_add(lists, LISTS_DOMAIN, rows[i], 2,
		    why), LISTS_OK);
	lists_close(lists);
	config_path = conf;
	assert_int_equal(run(ctl_route, syntax, 0, false,
	    "route ours.example"), CTL_DONE);
	shows("is delivered here  it is a domain of ours\n");
	assert_int_equal(run(ctl_route, syntax, 0, false,
	    "route lmtp.example"), CTL_DONE);
	shows("is delivered here  imap.example:24\n");
	assert_int_equal(run(ctl_route, syntax, 0, true,
	    "route ours.example"), CTL_DONE);
	shows("\"usable\": true");
	assert_int_equal(run(ctl_route, syntax, 0, false,
	    "route b.example"), CTL_DONE);
	shows("lookup     SRV _mx6._tcp.b.example  1 record\n");
	config_path = "none.conf";
	unlink(conf);
	unlink(path);
	assert_int_equal(rmdir(directory), 0);
	free(conf);
	free(path);
}

static void
test_tell(void **state)
{
	(void)state;
	assert_int_equal(run(ctl_listener, "listener ADDRESS ROLE", 0, false,
	    "listener 192.0.2.1:25 mx"), CTL_DONE);
	assert_int_equal(run(ctl_listener, "listener ADDRESS ROLE", 0, false,
	    "listener 192.0.2.1:25 mx6"), CTL_FAILED);
	assert_int_equal(run(ctl_listener, "listener ADDRESS ROLE", 0, false,
	    "listener 192.0.2.1:25 mx7"), CTL_USAGE);
	assert_int_equal(run(ctl_log_level, "log level [PROCESS] LEVEL", 0,
	    false, "log level debug"), CTL_DONE);
	assert_int_equal(run(ctl_log_level, "log level [PROCESS] LEVEL", 0,
	    false, "log level smtp debug"), CTL_FAILED);
	assert_int_equal(run(ctl_reload, "reload", 0, false, "reload"),
	    CTL_FAILED);
}

static void
test_trace(void **state)
{
	static const char syntax[] = "trace [WHOM] [--for SECONDS]";

	(void)state;
	assert_int_equal(run(ctl_trace, syntax, 0, true,
	    "trace 192.0.2.0/24 --for 1"), CTL_DONE);
	assert_int_equal(lines(), 2);	/* one of each mx6d-smtp */
	shows("{\"at_ms\":1,\"process\":\"smtp\",\"session\":\"s1\","
	    "\"peer\":\"192.0.2.9:4711\",\"direction\":\"<\","
	    "\"text\":\"EHLO \\u001B]0;x\"}\n");
	assert_int_equal(run(ctl_trace, syntax, 0, false,
	    "trace 192.0.2.1/24"), CTL_USAGE);
}

static void
test_not_running(void **state)
{
	(void)state;
	socket_name[strlen(socket_name) - 1] = 'x';
	assert_int_equal(run(ctl_status, "status", 0, false, "status"),
	    CTL_NOT_RUNNING);
	socket_name[strlen(socket_name) - 1] = 'c';
}

static void
test_explain_dry(void **state)
{
	static const char syntax[] = "explain [ID|FILE] [--ip ADDRESS] "
	    "[--helo NAME] [--from SENDER] [--rcpt ADDRESS] [--role ROLE] "
	    "[--prdr]";
#define DRY(rcpt) "explain --ip ::1 --helo h --from <> --rcpt " rcpt

	(void)state;
	assert_int_equal(run(ctl_explain, syntax, 0, false,
	    DRY("x@a.example")), CTL_DONE);
	shows("refused before it was judged");
	shows("EHLO h           501 5.5.4 no\n");
	shows("                 501 5.5.4 not at all\n");
	assert_int_equal(run(ctl_explain, syntax, 0, true,
	    DRY("x@a.example")), CTL_DONE);
	shows("\"accepted\": false");
	assert_int_equal(run(ctl_explain, syntax, 0, false,
	    DRY("busy@a.example")), CTL_FAILED);
	assert_int_equal(run(ctl_explain, syntax, 0, false,
	    DRY("garbage@a.example")), CTL_FAILED);
	assert_int_equal(run(ctl_explain, syntax, 0, false,
	    DRY("x@a.example --role no")), CTL_USAGE);
	assert_int_equal(run(ctl_explain, syntax, 0, false,
	    "explain --ip here --helo h --from a --rcpt b"), CTL_USAGE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_explain_dry),
		cmocka_unit_test(test_queue_list),
		cmocka_unit_test(test_queue_show),
		cmocka_unit_test(test_queue_act),
		cmocka_unit_test(test_destinations),
		cmocka_unit_test(test_route),
		cmocka_unit_test(test_route_of_ours),
		cmocka_unit_test(test_tell),
		cmocka_unit_test(test_trace),
		cmocka_unit_test(test_not_running),
	};

	return cmocka_run_group_tests(tests, start_daemon, stop_daemon);
}

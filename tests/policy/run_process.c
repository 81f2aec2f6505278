/* SPDX-License-Identifier: ISC */
/*
 * The whole mx6d-policy process, with this test as its parent, as the
 * mx6d-smtp that asks it, and as its resolver (of three names).  The lists
 * are edited underneath it.  Prints TAP, and what a message costs.
 */

#include <sys/resource.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>
#include <uv.h>

#include "policy/auth.h"
#include "policy/lists.h"
#include "policy/lists_db.h"
#include "policy/lists_signs.h"
#include "policy/policy_ipc.h"
#include "policy/policy.h"
#include "resolver/dns.h"
#include "resolver/resolver_ipc.h"
#include "util/child.h"
#include "util/child_ipc.h"
#include "util/fdio.h"
#include "util/log.h"
#include "util/xalloc.h"

#define IPC_NAME resolver
#define IPC_FILE "resolver/resolver.msg"
#include "util/ipc_serve.h"

#define WAIT_MS		10000
#define ROUNDS		20000

static uv_loop_t *loop;
static struct ipc_peer *parent, *smtp;
static struct lists *lists;
static unsigned test_number, failures, questions;

/* The last answer, its texts copied. */
static struct {
	bool		arrived;
	enum ipc_status	status;
	uint32_t	number;		/* recipient status, verdict action */
	bool		relay, whitelisted;
	uint8_t		iprev;
	char		first[256];	/* rdns, first target, rule */
	char		second[256];	/* facts */
	char		third[1024];	/* prepend, or the reply's lines */
	uint32_t	count;
	size_t		explained;	/* octets */
} got;

static void
test(bool holds, const char *name)
{
	printf("%sok %u - %s\n", holds ? "" : "not ", ++test_number, name);
	if (!holds) {
		failures++;
		printf("# status %d number %u iprev %u first \"%s\" second "
		    "\"%s\" third \"%s\"\n", (int)got.status, got.number,
		    got.iprev, got.first, got.second, got.third);
	}
	fflush(stdout);
}

static void
copy(char *to, size_t size, const char *text)
{
	snprintf(to, size, "%s", text);
}

static void
wait_for_answer(void)
{
	while (!got.arrived && uv_run(loop, UV_RUN_ONCE) != 0)
		;
}

/* ---- as the resolver ---- */

static bool holding;		/* the next question has to wait */
static struct ipc_call *held;

void
serve_resolver_lookup(struct ipc_call *call,
    const struct resolver_lookup_ask *ask)
{
	struct resolver_record record = { .name = "" };
	struct resolver_lookup_answer answer = { .status = DNS_NXDOMAIN,
	    .ttl_s = 300, .records = &record };
	struct netaddr good;

	questions++;
	if (holding) {
		holding = false;
		held = call;
		return;
	}
	netaddr_parse("2001:db8::25", &good);
	if (ask->type == DNS_PTR &&
	    strncmp(ask->name, "5.2.0.0.0.0", 11) == 0) {
		record.name = "mail.sender.example";
		answer.status = DNS_OK;
	} else if (ask->type == DNS_AAAA) {
		record.addr = good;
		answer.status = DNS_OK;
	} else if (ask->type == DNS_PTR &&
	    strncmp(ask->name, "9.9", 3) == 0) {
		answer.status = DNS_FAILED;
	}
	answer.records_count = answer.status == DNS_OK;
	resolver_lookup_reply(call, &answer);
}

/* ---- as mx6d-smtp ---- */

static void
client_arrived(void *arg, enum ipc_status status,
    const struct policy_client_answer *a)
{
	(void)arg;
	got.arrived = true;
	got.status = status;
	if (status != IPC_OK)
		return;
	got.relay = a->relay;
	got.whitelisted = a->whitelisted;
	got.iprev = a->iprev;
	copy(got.first, sizeof got.first, a->rdns);
}

static void
client(const char *peer)
{
	struct policy_client_ask ask = { .role = ROLE_MX6 };

	netaddr_parse(peer, &ask.peer);
	memset(&got, 0, sizeof got);
	policy_client(smtp, &ask, WAIT_MS, client_arrived, NULL);
	wait_for_answer();
}

static void
recipient_arrived(void *arg, enum ipc_status status,
    const struct policy_recipient_answer *a)
{
	(void)arg;
	got.arrived = true;
	got.status = status;
	if (status != IPC_OK)
		return;
	got.number = a->status;
	got.count = a->targets_count;
	if (a->targets_count > 0)
		copy(got.first, sizeof got.first, a->targets[0].address);
}

static void
recipient(const char *address, bool relay)
{
	struct policy_recipient_ask ask = { .address = address,
	    .relay = relay };

	memset(&got, 0, sizeof got);
	policy_recipient(smtp, &ask, WAIT_MS, recipient_arrived, NULL);
	wait_for_answer();
}

static void
judged(void *arg, enum ipc_status status, const struct policy_judge_answer *a)
{
	(void)arg;
	got.arrived = true;
	got.status = status;
	if (status != IPC_OK)
		return;
	got.number = a->action;
	got.count = a->reply_count;
	got.explained = a->explained.size;
	copy(got.first, sizeof got.first, a->rule);
	copy(got.second, sizeof got.second, a->facts);
	copy(got.third, sizeof got.third, a->prepend);
	if (a->reply_count > 0)
		copy(got.third, sizeof got.third, a->reply[0].line);
}

static void
judge_as(const char *peer, enum listener_role role, bool dry)
{
	struct policy_rcpt rcpt = { .address = "alice@example.org" };
	struct policy_judge_ask ask = { .session = "s-1", .message = "m-1",
	    .role = role, .helo = "mail.sender.example",
	    .sender = "x@sender.example", .rcpts = &rcpt, .rcpts_count = 1,
	    .size_bytes = 100, .dry = dry,
	    .header = { "Subject: x\r\n", 12 } };

	netaddr_parse(peer, &ask.peer);
	netaddr_parse("2001:db8::1", &ask.local);
	memset(&got, 0, sizeof got);
	policy_judge(smtp, &ask, WAIT_MS, judged, NULL);
	wait_for_answer();
}

static void
judge(const char *peer, enum listener_role role)
{
	judge_as(peer, role, false);
}

/* ---- as the parent ---- */

static void
configured(void *arg, enum ipc_status status,
    const struct child_configure_answer *a)
{
	(void)arg;
	got.arrived = true;
	got.status = status;
	if (status == IPC_OK)
		copy(got.first, sizeof got.first, a->error);
}

static void
configure(const char *directory, const char *more)
{
	char *text = xasprintf("hostname = \"mx.example.org\"\n"
	    "listen \"127.0.0.1\" { }\nstate-directory = \"%s\"\n"
	    "relay-networks = { \"192.0.2.0/24\" }\n"
	    "gather-networks = { \"192.0.2.0/25\" }\n%s", directory, more);
	struct child_configure_ask ask = { .certificate = -1, .key = -1,
	    .zone = -1, .shared = -1, .count = 1,
	    .log_level = LOG_LEVEL_ERROR };

	ask.text = fdio_sealed(text, strlen(text));
	memset(&got, 0, sizeof got);
	child_configure(parent, &ask, WAIT_MS, configured, NULL);
	wait_for_answer();
	close(ask.text);
	free(text);
}

static void
channel_taken(void *arg, enum ipc_status status,
    const struct child_channel_answer *a)
{
	(void)arg;
	(void)a;
	got.arrived = true;
	got.status = status;
}

static void
give_channel(enum process_kind other, bool serve, int fd)
{
	struct child_channel_ask ask = { .process = other, .serve = serve,
	    .channel = fd };

	memset(&got, 0, sizeof got);
	child_channel(parent, &ask, WAIT_MS, channel_taken, NULL);
	wait_for_answer();
	close(fd);
}

static void
changed(void *arg, enum ipc_status status,
    const struct child_lists_changed_answer *a)
{
	(void)arg;
	(void)a;
	got.arrived = true;
	got.status = status;
}

static void
say_lists_changed(void)
{
	struct child_lists_changed_ask ask = { 0 };

	memset(&got, 0, sizeof got);
	child_lists_changed(parent, &ask, WAIT_MS, changed, NULL);
	wait_for_answer();
}

static pid_t
spawn(const char *program, int fd)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	if (fd == 3)
		fd = dup(fd);
	/* Its sandbox does not let it look for leaks. */
	setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
	if (dup2(fd, 3) == 3)
		execl(program, program, (char *)NULL);
	_exit(127);
}

static bool
start(const char *directory, const char *program, pid_t *ret_pid)
{
	int to_child[2], asking[2], answering[2];

	if (!ipc_pair(to_child) || !ipc_pair(asking) || !ipc_pair(answering))
		return false;
	*ret_pid = spawn(program, to_child[1]);
	close(to_child[1]);
	parent = ipc_peer_new(loop, "policy");
	ipc_peer_attach(parent, to_child[0]);
	configure(directory, "");
	if (got.status != IPC_OK || got.first[0] != '\0')
		return false;
	smtp = ipc_peer_new(loop, "policy");
	ipc_peer_attach(smtp, asking[0]);
	give_channel(PROCESS_SMTP, true, asking[1]);
	ipc_door_open(loop, answering[0], &resolver_service, IPC_SIBLING,
	    NULL, NULL);
	give_channel(PROCESS_RESOLVER, false, answering[1]);
	return got.status == IPC_OK;
}

/* A row as a person types it, which the daemon makes fit by itself. */
static void
edit_by_hand(const char *directory, const char *sql)
{
	char *path = xasprintf("%s/" LISTS_FILE, directory), why[256];
	struct lists_db *db = lists_db_open(path, 1000, why, sizeof why);

	if (db == NULL || !lists_db_run(db, sql))
		printf("# %s\n", sql);
	lists_db_close(db);
	free(path);
}

/* ---- the tests ---- */

static void
edit(enum lists_table table, const char *a)
{
	char why[LISTS_WHY_SIZE];

	if (lists_add(lists, table, &a, 1, why) != LISTS_OK)
		printf("# %s: %s\n", a, why);
}

static void
test_clients(void)
{
	unsigned asked;

	client("2001:db8::25");
	test(got.status == IPC_OK && got.iprev == IPREV_PASS &&
	    strcmp(got.first, "mail.sender.example") == 0,
	    "a client's name is found and leads back");
	asked = questions;
	client("2001:db8::25");
	test(got.iprev == IPREV_PASS && questions == asked,
	    "the second time nothing is asked");
	client("192.0.2.1");
	test(got.iprev == IPREV_NONE && got.relay,
	    "a client without a name, in relay-networks");
	client("2001:db8::99");
	test(got.iprev == IPREV_TEMPERROR && !got.relay,
	    "a client whose name cannot be looked up");
}

static void
test_recipients(void)
{
	recipient("alice@example.org", false);
	test(got.number == RECIPIENT_OK && got.count == 1 &&
	    strcmp(got.first, "alice@example.org") == 0, "a mailbox");
	recipient("new@example.org", false);
	test(got.number == RECIPIENT_UNKNOWN, "no mailbox");
	recipient("x@elsewhere.example", false);
	test(got.number == RECIPIENT_NO_RELAY, "not our domain");
	recipient("x@elsewhere.example", true);
	test(got.number == RECIPIENT_OK, "not our domain, but our client");
	edit(LISTS_MAILBOX, "new@example.org");
	say_lists_changed();
	recipient("new@example.org", false);
	test(got.number == RECIPIENT_OK, "an edit is noticed when told of");
	edit(LISTS_MAILBOX, "newer@example.org");
	usleep(300 * 1000);
	recipient("newer@example.org", false);
	test(got.number == RECIPIENT_OK, "and untold, in a quarter second");
}

static void
test_verdicts(const char *directory)
{
	judge("2001:db8::25", ROLE_MX6);
	test(got.number == VERDICT_FALLBACK && got.count >= 3 &&
	    strncmp(got.third, "fall back to IPv4", 17) == 0 &&
	    strcmp(got.second, "ipv6,role-mx6,fcrdns,helo-match") == 0,
	    "nothing good is known: pushed back");
	judge("2001:db8::77", ROLE_MX6);
	test(got.number == VERDICT_FALLBACK,
	    "a client that never connected before is looked up");
	edit(LISTS_WHITELIST, "2001:db8::/64");
	say_lists_changed();
	judge("2001:db8::25", ROLE_MX6);
	test(got.number == VERDICT_ACCEPT &&
	    strcmp(got.first, "whitelist-address") == 0 &&
	    strstr(got.third, "iprev=pass") != NULL, "whitelisted: accepted");
	edit_by_hand(directory, "INSERT INTO whitelist_address(network) "
	    "VALUES ('2001:0DB8:1:0::/48')");
	say_lists_changed();
	judge("2001:db8:1::99", ROLE_DEFENSIVE);
	test(got.number == VERDICT_ACCEPT, "a network typed by hand");
	configure(directory, "rule \"named\" { listeners = \"ipv6\" "
	    "when = { \"helo-match\" } action = \"defer\" }\n");
	judge("2001:db8::25", ROLE_MX6);
	test(got.number == VERDICT_DEFER && strcmp(got.first, "named") == 0,
	    "a reload brings the operator's rules");
	configure(directory, "");
	judge("192.0.2.1", ROLE_MX);
	test(got.number == VERDICT_ACCEPT, "the ordinary service accepts");
	test(got.explained == 0, "a real message is explained when asked for");
	judge_as("192.0.2.1", ROLE_MX6, true);
	test(got.number == VERDICT_FALLBACK && got.explained > 0,
	    "a dry run may bring IPv4 to mx6, and is explained at once");
}

/* A client whose reverse zone is slow, and a reload in between. */
static void
slow_client(const char *directory)
{
	static const struct resolver_lookup_answer none = {
	    .status = DNS_NXDOMAIN, .ttl_s = 300 };
	struct policy_client_ask ask = { .role = ROLE_MX6 };
	unsigned asked;

	netaddr_parse("2001:db8:5::1", &ask.peer);
	holding = true;
	policy_client(smtp, &ask, WAIT_MS, client_arrived, NULL);
	while (held == NULL)
		uv_run(loop, UV_RUN_ONCE);
	configure(directory, "provider \"list\" { kind = address-whitelist "
	    "zone = list.example codes = { \"127.0.*.*\" } }\n");
	memset(&got, 0, sizeof got);
	asked = questions;
	resolver_lookup_reply(held, &none);
	wait_for_answer();
	test(got.status == IPC_OK && got.iprev == IPREV_NONE &&
	    questions == asked + 1,
	    "a reload while a client is looked up: its provider is asked");
	configure(directory, "");
}

/* Alice sends a message, accepted or to be filtered, from peer to friend. */
static void
alice_sends(const char *message, const char *peer, const char *friend,
    bool forwarded)
{
	struct policy_rcpt rcpt = { .address = friend };
	struct policy_judge_ask ask = { .session = "s-2", .message = message,
	    .role = ROLE_MX, .helo = "mail", .sender = "alice@example.org",
	    .rcpts = &rcpt, .rcpts_count = 1, .auth_known = 1,
	    .from_status = FROM_ONE, .from = "alice@example.org",
	    .from_domain = "example.org", .forwarded = forwarded };

	netaddr_parse(peer, &ask.peer);
	netaddr_parse("192.0.2.2", &ask.local);
	memset(&got, 0, sizeof got);
	policy_judge(smtp, &ask, WAIT_MS, judged, NULL);
	wait_for_answer();
}

static void
filter_told(void *arg, enum ipc_status status,
    const struct policy_filtered_answer *answer)
{
	(void)arg;
	(void)answer;
	got.arrived = true;
	got.status = status;
}

static void
filter_says(const char *message, bool spam)
{
	const struct policy_filtered_ask ask = { .message = message,
	    .filter = "content", .result = spam ? "spam" : "clean",
	    .said = "", .spam = spam, .taken = 1 };

	memset(&got, 0, sizeof got);
	policy_filtered(smtp, &ask, WAIT_MS, filter_told, NULL);
	wait_for_answer();
}

static bool
knows(const char *friend)
{
	struct lists_known_sender known;

	return lists_addressbook(lists, "alice@example.org", friend, 0,
	    &known) == LISTS_OK && strcmp(known.source, "gathered") == 0;
}

/* What is gathered is written about a second later, in order. */
static bool
knows_in_the_end(const char *friend)
{
	for (int i = 0; i < 100 && !knows(friend); i++)
		usleep(100000);
	return knows(friend);
}

static void
gathering(const char *directory)
{
	alice_sends("m-2", "192.0.2.1", "passed-on@elsewhere.example", true);
	alice_sends("m-3", "192.0.2.200", "other@elsewhere.example", false);
	alice_sends("m-4", "192.0.2.1", "friend@elsewhere.example", false);
	test(knows_in_the_end("friend@elsewhere.example"),
	    "what a user sends is gathered");
	test(!knows("passed-on@elsewhere.example"),
	    "but not what was forwarded");
	test(!knows("other@elsewhere.example"),
	    "but only from networks that are named for it");
	configure(directory, "filter \"content\" { kind = \"content\" "
	    "socket = \"unix:/run/filter\" }\n");
	alice_sends("m-5", "192.0.2.1", "spammed@elsewhere.example", false);
	test(got.number == VERDICT_FILTER, "a filter will see it");
	alice_sends("m-6", "192.0.2.1", "unheard@elsewhere.example", false);
	alice_sends("m-7", "192.0.2.1", "clean@elsewhere.example", false);
	filter_says("m-5", true);
	filter_says("m-7", false);
	test(knows_in_the_end("clean@elsewhere.example"),
	    "what a filter has let pass is gathered");
	test(!knows("spammed@elsewhere.example"), "but not spam");
	test(!knows("unheard@elsewhere.example"),
	    "nor what no filter has spoken of yet");
	configure(directory, "");
}

static void
many_rounds(void)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		client("2001:db8::25");
		recipient("alice@example.org", false);
		judge("2001:db8::25", ROLE_MX6);
	}
	test(got.status == IPC_OK && got.number == VERDICT_ACCEPT,
	    "it still answers after many messages");
}

static void
finish(pid_t pid)
{
	struct rusage use;
	int status;
	double us;

	ipc_peer_free(smtp);
	ipc_peer_free(parent);	/* the parent is gone: the child ends */
	uv_run(loop, UV_RUN_NOWAIT);
	if (wait4(pid, &status, 0, &use) != pid)
		status = -1;
	test(WIFEXITED(status) && WEXITSTATUS(status) == 0,
	    "it ends with its parent");
	us = (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1e6 +
	    (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec);
	printf("# %.1f us of processor time a message with its three calls, "
	    "%ld KiB\n", us / ROUNDS, use.ru_maxrss);
}

int
main(int argc, char **argv)
{
	char directory[] = "/tmp/mx6d-policy.XXXXXX", why[LISTS_WHY_SIZE];
	char *base = xstrdup(argv[0]), *program, *slash, *database;
	pid_t pid;

	(void)argc;
	slash = strstr(base, "/tests/policy/");
	if (slash != NULL)
		*slash = '\0';
	program = xasprintf("%s/mx6d-policy", base);
	if (access(program, X_OK) != 0 || mkdtemp(directory) == NULL) {
		printf("1..0 # SKIP %s is not there\n", program);
		return 0;
	}
	signal(SIGPIPE, SIG_IGN);
	loop = uv_default_loop();
	database = xasprintf("%s/" LISTS_FILE, directory);
	lists = lists_open(database, 1000, why);
	edit(LISTS_DOMAIN, "example.org");
	edit(LISTS_MAILBOX, "alice@example.org");
	test(start(directory, program, &pid), "it starts");
	if (failures == 0) {
		test_clients();
		test_recipients();
		test_verdicts(directory);
		slow_client(directory);
	gathering(directory);
		many_rounds();
	}
	finish(pid);
	printf("1..%u\n", test_number);
	lists_close(lists);
	unlink(database);
	rmdir(directory);
	free(database);
	free(program);
	free(base);
	return failures > 0;
}

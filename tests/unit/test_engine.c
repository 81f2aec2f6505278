/* SPDX-License-Identifier: ISC */
/*
 * The running queue in one process: real store, spool and IPC; deliver,
 * local and policy are played by this program.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cmocka.h>

#include "policy/policy.h"
#include "policy/policy_ipc.h"
#include "queue/deliver_ipc.h"
#include "queue/engine.h"
#include "queue/local_ipc.h"
#include "queue/queue_admin_ipc.h"
#include "queue/queue_ipc.h"
#include "queue/serve.h"
#include "queue/store_db.h"
#include "util/log.h"
#include "util/xalloc.h"
#include "tests/unit/few_descriptors.h"

#define IPC_NAME deliver
#define IPC_FILE "queue/deliver.msg"
#include "util/ipc_serve.h"
#define IPC_NAME local
#define IPC_FILE "queue/local.msg"
#include "util/ipc_serve.h"
#define IPC_NAME policy
#define IPC_FILE "policy/policy.msg"
#include "util/ipc_serve.h"

#define SENT_MAX 4096

/* What the played deliver was asked, and how it answers. */
struct sent {
	char		 domain[100];
	char		 sender[100];
	char		 first[100];
	uint32_t	 rcpts;
	uint8_t		 family;
	uint64_t	 size;
	char		 head[2000];
};

static struct sent sent[SENT_MAX];
static unsigned sent_count, stored_count;
static struct deliver_result answer_with;
static bool swallow;		/* no answer at all */
static bool keep;		/* answered later, by answer_kept */
static struct { struct ipc_call *call; uint64_t id; } kept[SENT_MAX];
static unsigned kept_count;
static bool tried_mx6;
static enum recipient_status route_status;
static bool keep_route;		/* answered by the test */
static struct ipc_call *kept_route;
static const char *route_path;
static unsigned route_targets;

static uv_loop_t loop;
static struct engine engine;
static struct config *config;
static struct ipc_peer *asker, *operator_peer;
static struct ipc_door *doors[8];
static unsigned door_count;
static char directory[64];
static unsigned answered, refused_full, refused_trouble;

void
serve_deliver_send(struct ipc_call *call, const struct deliver_send_ask *ask)
{
	struct deliver_send_answer answer = {
		.mx6_tried = tried_mx6 && ask->family == DELIVER_ANY,
	};
	struct deliver_result results[1000];
	struct sent *s = &sent[sent_count];
	bool back = answer_with.outcome == OUTCOME_PUSHED_BACK &&
	    ask->family == DELIVER_ANY;

	assert_true(sent_count < SENT_MAX);
	sent_count++;
	memset(s, 0, sizeof *s);
	snprintf(s->domain, sizeof s->domain, "%s", ask->domain);
	snprintf(s->sender, sizeof s->sender, "%s", ask->sender);
	snprintf(s->first, sizeof s->first, "%s", ask->rcpts[0].address);
	s->rcpts = ask->rcpts_count;
	s->family = ask->family;
	if (ask->file != -1) {
		s->size = (uint64_t)lseek(ask->file, 0, SEEK_END) -
		    ask->offset;
		assert_true(pread(ask->file, s->head, sizeof s->head - 1,
		    (off_t)ask->offset) > 0);
		close(ask->file);
	} else {
		s->size = ask->body.size;
		memcpy(s->head, ask->body.data, ask->body.size <
		    sizeof s->head - 1 ? ask->body.size : sizeof s->head - 1);
	}
	assert_int_equal(s->size, ask->size_bytes);
	if (swallow) {
		ipc_call_drop(call);
		return;
	}
	if (keep) {
		kept[kept_count].call = call;
		kept[kept_count++].id = ask->rcpts[0].id;
		return;
	}
	for (uint32_t i = 0; i < ask->rcpts_count; i++) {
		results[i] = answer_with;
		results[i].id = ask->rcpts[i].id;
		if (answer_with.outcome == OUTCOME_PUSHED_BACK && !back)
			results[i].outcome = OUTCOME_DELIVERED;
	}
	answer.results = results;
	answer.results_count = ask->rcpts_count;
	answer.mx6_pushed_back = back;
	deliver_send_reply(call, &answer);
}

void
serve_local_store(struct ipc_call *call, const struct local_store_ask *ask)
{
	struct local_store_answer answer = {
		.outcome = OUTCOME_DELIVERED,
		.text = "stored",
	};
	struct sent *s = &sent[sent_count++];

	stored_count++;
	memset(s, 0, sizeof *s);
	snprintf(s->first, sizeof s->first, "%s", ask->recipient);
	snprintf(s->sender, sizeof s->sender, "%s", ask->sender);
	memcpy(s->head, ask->body.data, ask->body.size < 1999 ?
	    ask->body.size : 1999);
	if (ask->file != -1)
		close(ask->file);
	if (swallow)
		ipc_call_drop(call);
	else
		local_store_reply(call, &answer);
}

static void
answer_route(struct ipc_call *call, const char *address)
{
	struct policy_target targets[] = {
		{ TARGET_MAILDIR, address, "", route_path },
		{ TARGET_MAILDIR, address, "", "/second" },
	};
	struct policy_recipient_answer answer = {
		.status = route_status,
		.targets = targets,
		.targets_count = route_targets,
	};

	policy_recipient_reply(call, &answer);
}

void
serve_policy_recipient(struct ipc_call *call,
    const struct policy_recipient_ask *ask)
{
	assert_int_equal(ask->relay, 1);
	if (keep_route)
		kept_route = call;
	else
		answer_route(call, ask->address);
}

void
serve_policy_client(struct ipc_call *call, const struct policy_client_ask *ask)
{
	(void)ask;
	ipc_call_drop(call);
}

void
serve_policy_best_guess(struct ipc_call *call,
    const struct policy_best_guess_ask *ask)
{
	(void)ask;
	ipc_call_drop(call);
}

void
serve_policy_filtered(struct ipc_call *call,
    const struct policy_filtered_ask *ask)
{
	(void)ask;
	ipc_call_drop(call);
}

void
serve_policy_judge(struct ipc_call *call, const struct policy_judge_ask *ask)
{
	(void)ask;
	ipc_call_drop(call);
}

/* ---- the stage ---- */

static void
connect_peer(struct ipc_peer *peer, const struct ipc_service *service)
{
	int fds[2];

	assert_true(ipc_pair(fds));
	doors[door_count++] = ipc_door_open(&loop, fds[0], service,
	    IPC_SIBLING, NULL, NULL);
	ipc_peer_attach(peer, fds[1]);
}

static void
start(void)
{
	assert_true(engine_start(&engine, &loop, config));
	engine.deliver = ipc_peer_new(&loop, "deliver");
	engine.local = ipc_peer_new(&loop, "local");
	engine.policy = ipc_peer_new(&loop, "policy");
	asker = ipc_peer_new(&loop, "queue");
	operator_peer = ipc_peer_new(&loop, "queue admin");
	door_count = 0;
	connect_peer(engine.deliver, &deliver_service);
	connect_peer(engine.local, &local_service);
	connect_peer(engine.policy, &policy_service);
	connect_peer(asker, arrive_service());
	connect_peer(operator_peer, admin_service());
	serving_set_engine(&engine);
}

static void
end(void)
{
	/* As a process that is killed: nothing is put in order. */
	engine.stopping = true;
	for (unsigned i = 0; i < door_count; i++)
		ipc_door_close(doors[i]);
	ipc_peer_free(asker);
	ipc_peer_free(operator_peer);
	ipc_peer_free(engine.deliver);
	ipc_peer_free(engine.local);
	ipc_peer_free(engine.policy);
	engine_close(&engine);
	for (unsigned i = 0; i < kept_count; i++) {
		if (kept[i].call != NULL)
			ipc_call_drop(kept[i].call);
		kept[i].call = NULL;
	}
	uv_run(&loop, UV_RUN_NOWAIT);
	uv_run(&loop, UV_RUN_NOWAIT);
}

static int
setup(void **state)
{
	char error[CONFIG_ERROR_SIZE];
	static const char text[] =
	    "listen \"127.0.0.1:2525\" { }\n"
	    "hostname = \"mx.example.net\"\n"
	    "disk-reserve = 0\n"
	    "inline-body-max = 20000\n";

	(void)state;
	log_set_level(LOG_LEVEL_ERROR);
	snprintf(directory, sizeof directory, "/tmp/test_engine.XXXXXX");
	assert_non_null(mkdtemp(directory));
	assert_int_equal(chdir(directory), 0);
	config = config_parse(text, sizeof text - 1, "test", error);
	if (config == NULL)
		print_error("%s\n", error);
	assert_non_null(config);
	sent_count = stored_count = answered = 0;
	refused_full = refused_trouble = 0;
	swallow = tried_mx6 = keep = false;
	kept_count = 0;
	route_status = RECIPIENT_OK;
	keep_route = false;
	kept_route = NULL;
	route_path = "/mail";
	route_targets = 1;
	answer_with = (struct deliver_result){
		.outcome = OUTCOME_DELIVERED,
		.code = "250",
		.enhanced = "2.0.0",
		.text = "ok",
		.remote = "mx.example.org",
		.via = VIA_MX_IPV4,
	};
	uv_loop_init(&loop);
	start();
	return 0;
}

static int
teardown(void **state)
{
	static const char *const names[] = { "queue.db", "queue.db-wal" };

	(void)state;
	end();
	assert_int_equal(uv_loop_close(&loop), 0);
	config = config_free(config);
	for (size_t i = 0; i < 2; i++)
		unlink(names[i]);
	assert_int_equal(rmdir("spool"), 0);
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(rmdir(directory), 0);
	return 0;
}

static void
run_ms(uint64_t ms)
{
	uint64_t until = engine_now_ms() + ms;

	while (engine_now_ms() < until) {
		uv_run(&loop, UV_RUN_NOWAIT);
		usleep(200);
	}
}

/* Turns the loop until it holds, 30 seconds at most: a busy machine is slow.
 * What follows asserts it, and that it stays so. */
#define WAIT_FOR(condition) \
	for (uint64_t give_up = engine_now_ms() + 30000; \
	    !(condition) && engine_now_ms() < give_up; ) \
		run_ms(1)

/* Until n parcels have been handed out, or for half a minute. */
static void
run_until_sent(unsigned n)
{
	uint64_t until = engine_now_ms() + 30000;

	while (sent_count < n && engine_now_ms() < until) {
		uv_run(&loop, UV_RUN_NOWAIT);
		usleep(100);
	}
	assert_int_equal(sent_count, n);
	run_ms(30);
}

static void
on_submitted(void *arg, enum ipc_status status,
    const struct queue_submit_answer *answer)
{
	(void)arg;
	if (status != IPC_OK)
		return;
	answered += answer->status == QUEUE_OK;
	refused_full += answer->status == QUEUE_FULL;
	refused_trouble += answer->status == QUEUE_TROUBLE;
}

static void
submit_to(const char *name, const char *sender, const char *const *addresses,
    uint32_t count, uint8_t forwarded)
{
	static const char body[] = "Subject: test\r\n\r\nhello\r\n";
	struct queue_rcpt rcpts[500];
	struct queue_submit_ask ask = {
		.message = name,
		.session = "s",
		.sender = sender,
		.helo = "client",
		.arrived_ms = engine_now_ms(),
		.rcpts = rcpts,
		.rcpts_count = count,
		.body = { body, sizeof body - 1 },
		.size_bytes = sizeof body - 1,
	};

	for (uint32_t i = 0; i < count; i++)
		rcpts[i] = (struct queue_rcpt){
			.original = addresses[i],
			.address = addresses[i],
			.kind = TARGET_REMOTE,
			.forwarded = forwarded,
		};
	queue_submit(asker, &ask, 0, on_submitted, NULL);
}

static void
submit(const char *name, const char *sender, const char *address)
{
	submit_to(name, sender, &address, 1, 0);
}

static uint64_t
rows(const char *where)
{
	struct sqlite3_stmt *s;
	char sql[200];

	/* The temporary table lends its shape to a count. */
	snprintf(sql, sizeof sql, "DELETE FROM picked; INSERT INTO picked(id) "
	    "SELECT id FROM recipient WHERE %s", where);
	assert_int_equal(store_exec(engine.store, sql), STORE_OK);
	s = store_prepare(engine.store, SQL_PICKED);
	uint64_t n = 0;

	while (store_step(engine.store, s) == STORE_OK)
		n++;
	return n;
}

/* ---- the tests ---- */

static void
test_accepted_delivered_and_gone(void **state)
{
	(void)state;
	submit("m1", "ann@example.net", "joe@example.org");
	run_until_sent(1);
	assert_int_equal(answered, 1);
	assert_string_equal(sent[0].domain, "example.org");
	assert_string_equal(sent[0].head, "Subject: test\r\n\r\nhello\r\n");
	assert_int_equal(rows("1"), 0);
	assert_int_equal(engine.taken.body_bytes, 0);
	assert_int_equal(engine.active, 0);
}

static void
test_recipients_share_a_delivery_by_destination(void **state)
{
	static const char *const addresses[] = {
		"a@one.example", "b@two.example", "c@one.example",
		"d@one.example",
	};

	(void)state;
	submit_to("m1", "ann@example.net", addresses, 4, 0);
	run_until_sent(2);
	assert_string_equal(sent[0].domain, "one.example");
	assert_int_equal(sent[0].rcpts, 3);
	assert_int_equal(sent[1].rcpts, 1);
	assert_int_equal(rows("1"), 0);
}

static void
test_pushed_back_goes_out_again_over_ipv4(void **state)
{
	(void)state;
	answer_with.outcome = OUTCOME_PUSHED_BACK;
	tried_mx6 = true;
	submit("m1", "ann@example.net", "joe@example.org");
	run_until_sent(2);
	assert_int_equal(sent[0].family, DELIVER_ANY);
	assert_int_equal(sent[1].family, DELIVER_IPV4_ONLY);
	assert_int_equal(rows("1"), 0);
	assert_int_equal(engine.counts.pushed_back, 1);
}

static void
test_forwarded_mail_prefers_ipv4(void **state)
{
	static const char *const address = "joe@example.org";

	(void)state;
	submit_to("m1", "ann@example.net", &address, 1, 1);
	run_until_sent(1);
	assert_int_equal(sent[0].family, DELIVER_IPV4_UNLESS_NONE);
}

static void
test_always_pushed_back_goes_to_ipv4_first(void **state)
{
	char name[20];

	(void)state;
	answer_with.outcome = OUTCOME_PUSHED_BACK;
	tried_mx6 = true;
	for (unsigned i = 0; i < 20; i++) {
		snprintf(name, sizeof name, "m%u", i);
		submit(name, "ann@example.net", "joe@example.org");
		run_until_sent(2 * i + 2);
	}
	submit("last", "ann@example.net", "joe@example.org");
	run_until_sent(41);
	assert_int_equal(sent[40].family, DELIVER_IPV4_FIRST);
	/* It is remembered. */
	end();
	start();
	submit("after", "ann@example.net", "joe@example.org");
	run_until_sent(42);
	assert_int_equal(sent[41].family, DELIVER_IPV4_FIRST);
}

static void
test_a_failure_bounces_to_a_local_sender(void **state)
{
	(void)state;
	answer_with.outcome = OUTCOME_FAILED;
	answer_with.code = "550";
	answer_with.enhanced = "5.1.1";
	answer_with.text = "no such user";
	submit("m1", "ann@example.net", "joe@example.org");
	run_until_sent(2);
	assert_int_equal(stored_count, 1);
	assert_string_equal(sent[1].first, "ann@example.net");
	assert_string_equal(sent[1].sender, "");
	assert_non_null(strstr(sent[1].head,
	    "mx.example.org said: 550 5.1.1 no such user"));
	assert_int_equal(rows("1"), 0);
}

static void
test_never_a_bounce_for_a_bounce(void **state)
{
	(void)state;
	answer_with.outcome = OUTCOME_FAILED;
	submit("m1", "", "joe@example.org");
	run_until_sent(1);
	assert_int_equal(rows("1"), 0);
	route_status = RECIPIENT_UNKNOWN;
	submit("m2", "nobody@example.net", "joe@example.org");
	run_until_sent(2);
	WAIT_FOR(sent_count == 2);
	run_ms(50);
	assert_int_equal(sent_count, 2);
	assert_int_equal(rows("1"), 0);
}

static void
test_one_bounce_for_all_that_failed(void **state)
{
	static const char *const addresses[] = {
		"a@one.example", "b@two.example", "c@three.example",
	};

	(void)state;
	answer_with.outcome = OUTCOME_FAILED;
	answer_with.code = "550";
	submit_to("m1", "ann@example.net", addresses, 3, 0);
	run_until_sent(4);
	WAIT_FOR(sent_count == 4);
	run_ms(50);
	assert_int_equal(sent_count, 4);
	for (int i = 0; i < 3; i++)
		assert_non_null(strstr(sent[3].head, addresses[i]));
	assert_int_equal(rows("1"), 0);
}

static void
test_deferred_waits_its_time(void **state)
{
	(void)state;
	answer_with.outcome = OUTCOME_DEFERRED;
	answer_with.code = "450";
	submit("m1", "ann@example.net", "joe@example.org");
	run_until_sent(1);
	WAIT_FOR(sent_count == 1);
	run_ms(100);
	assert_int_equal(sent_count, 1);
	assert_int_equal(rows("state=1 AND attempts=1 AND "
	    "due_at BETWEEN unixepoch()+200 AND unixepoch()+400"), 1);
	assert_int_equal(engine.taken.body_bytes, 0);
}

static void
test_expired_bounces(void **state)
{
	(void)state;
	config->expire_after = 0;
	answer_with.outcome = OUTCOME_DEFERRED;
	answer_with.code = "450";
	answer_with.text = "later";
	submit("m1", "ann@example.net", "joe@example.org");
	run_until_sent(2);
	assert_non_null(strstr(sent[1].head, "given up after repeated"));
	assert_int_equal(rows("1"), 0);
}

static void
test_delay_is_told_once(void **state)
{
	(void)state;
	config->warn_after = 1;
	answer_with.outcome = OUTCOME_DEFERRED;
	answer_with.code = "450";
	submit("m1", "ann@example.net", "joe@example.org");
	run_until_sent(1);
	assert_int_equal(store_exec(engine.store, "UPDATE message SET "
	    "warn_at=1; UPDATE recipient SET due_at=1; UPDATE waiting SET "
	    "due_at=1"), STORE_OK);
	engine_wake(&engine, 1);
	run_until_sent(3);
	assert_non_null(strstr(sent[2].head, "Subject: Delayed mail"));
	assert_int_equal(rows("state=1"), 1);
	assert_int_equal(store_exec(engine.store, "UPDATE recipient SET "
	    "due_at=1; UPDATE waiting SET due_at=1"), STORE_OK);
	engine_wake(&engine, 1);
	run_until_sent(4);
	WAIT_FOR(sent_count == 4);
	run_ms(50);
	assert_int_equal(sent_count, 4);
}

static void
test_a_restart_delivers_what_was_under_way(void **state)
{
	(void)state;
	swallow = true;
	submit("m1", "ann@example.net", "joe@example.org");
	run_until_sent(1);
	assert_int_equal(answered, 1);
	assert_int_equal(rows("state=2"), 1);
	swallow = false;
	end();
	start();
	run_until_sent(2);
	assert_string_equal(sent[1].head, sent[0].head);
	assert_int_equal(rows("1"), 0);
}

static void
test_a_lost_delivery_process_counts_no_attempt(void **state)
{
	(void)state;
	swallow = true;
	submit("m1", "ann@example.net", "joe@example.org");
	run_until_sent(1);
	ipc_door_close(doors[0]);
	doors[0] = doors[--door_count];
	run_ms(50);
	assert_int_equal(rows("state=1 AND due_at>unixepoch() AND "
	    "due_at<unixepoch()+20 AND attempts=0"), 1);
	assert_int_equal(rows("id IN (SELECT recipient FROM attempt)"), 0);
	assert_int_equal(engine.active, 0);
	connect_peer(engine.deliver, &deliver_service);
}

static uint64_t spooled_id;
static int spooled_fd;

static void
on_spool(void *arg, enum ipc_status status,
    const struct queue_spool_answer *answer)
{
	(void)arg;
	assert_int_equal(status, IPC_OK);
	assert_int_equal(answer->status, QUEUE_OK);
	spooled_id = answer->spool_id;
	spooled_fd = answer->file;
}

static void
spool_and_submit(const char *name, size_t size, const char *address)
{
	struct queue_spool_ask spool = { .message = name };
	struct queue_rcpt rcpt = {
		.original = address,
		.address = address,
		.kind = TARGET_REMOTE,
	};
	struct queue_submit_ask ask = {
		.message = name,
		.sender = "ann@example.net",
		.rcpts = &rcpt,
		.rcpts_count = 1,
		.size_bytes = size,
	};
	char *body = xmalloc(size);

	memset(body, 'b', size);
	queue_spool(asker, &spool, 0, on_spool, NULL);
	spooled_fd = -1;
	for (int i = 0; i < 500 && spooled_fd == -1; i++)
		run_ms(1);
	ask.spool_start = SPOOL_ROOM - 500;
	assert_int_equal(pwrite(spooled_fd, body, size,
	    (off_t)ask.spool_start), (ssize_t)size);
	close(spooled_fd);
	free(body);
	ask.spool_id = spooled_id;
	queue_submit(asker, &ask, 0, on_submitted, NULL);
}

static void
test_a_large_body_is_a_file(void **state)
{
	(void)state;
	spool_and_submit("m1", 300000, "joe@example.org");
	run_until_sent(1);
	assert_int_equal(answered, 1);
	assert_int_equal(sent[0].size, 300000);
	assert_int_equal(sent[0].head[0], 'b');	/* not the room before it */
	/* teardown proves that the spool is empty. */
}

static void
test_the_file_of_a_refused_message_is_removed(void **state)
{
	(void)state;
	keep = true;
	submit("m1", "ann@example.net", "joe@example.org");
	run_until_sent(1);
	spool_and_submit("m1", 30000, "joe@example.org");
	for (int i = 0; i < 500 && refused_trouble == 0; i++)
		WAIT_FOR(refused_trouble == 1);
	run_ms(1);
	assert_int_equal(refused_trouble, 1);
	/* teardown proves that the spool is empty. */
}

/* As one that was given out and never named. */
static void
test_the_file_of_a_faulty_submission_is_swept(void **state)
{
	(void)state;
	spool_and_submit("m1", 30000, "nowhere");
	WAIT_FOR(refused_trouble == 1);
	assert_int_equal(refused_trouble, 1);
	spool_sweep(engine.spool, engine_now() + 10000, 900);
	/* teardown proves that the spool is empty. */
}

static enum queue_status spool_status;

static void
on_no_spool(void *arg, enum ipc_status status,
    const struct queue_spool_answer *answer)
{
	(void)arg;
	assert_int_equal(status, IPC_OK);
	spool_status = answer->status;
	answered++;
}

static void
test_half_a_spool_file_is_none(void **state)
{
	struct queue_spool_ask spool = { .message = "m1" };

	(void)state;
	queue_spool(asker, &spool, 0, on_no_spool, NULL);
	allow_descriptors(1);
	WAIT_FOR(answered == 1);
	allow_all_descriptors();
	assert_int_equal(answered, 1);
	assert_int_equal(spool_status, QUEUE_FULL);
	/* teardown proves that the spool is empty. */
}

static void
test_delivery_waits_for_descriptors(void **state)
{
	(void)state;
	config->deliveries_max = 0;
	spool_and_submit("m1", 30000, "joe@example.org");
	WAIT_FOR(answered == 1);
	config->deliveries_max = 10;
	allow_descriptors(0);
	engine_turn(&engine);
	allow_all_descriptors();
	WAIT_FOR(rows("state=1") == 1);
	assert_int_equal(rows("state=1 AND attempts=0 AND due_at>0 AND "
	    "reason='out of file descriptors'"), 1);
	assert_int_equal(store_exec(engine.store, "UPDATE recipient SET "
	    "due_at=1; UPDATE waiting SET due_at=1"), STORE_OK);
	engine_wake(&engine, 1);
	run_until_sent(1);
	assert_int_equal(rows("1"), 0);
}

static void
test_files_nobody_names_are_removed(void **state)
{
	(void)state;
	assert_int_equal(close(spool_create(engine.spool, &spooled_id)), 0);
	end();
	start();
}

static void
test_a_missing_file_is_set_aside(void **state)
{
	char name[40];

	(void)state;
	config->deliveries_max = 0;
	spool_and_submit("m1", 30000, "joe@example.org");
	for (int i = 0; i < 500 && answered == 0; i++)
		run_ms(1);
	snprintf(name, sizeof name, "spool/%016llx",
	    (unsigned long long)spooled_id);
	assert_int_equal(unlink(name), 0);
	config->deliveries_max = 10;
	submit("m2", "ann@example.net", "joe@example.org");
	run_until_sent(1);
	assert_int_equal(rows("state=4"), 1);
	assert_int_equal(rows("1"), 1);
	assert_int_equal(engine.taken.body_bytes, 0);
}

static void
test_a_slow_destination_starves_nobody(void **state)
{
	unsigned other = 0, slow = 0;
	char name[20], sql[1200];

	(void)state;
	snprintf(sql, sizeof sql,
	    "WITH RECURSIVE c(i) AS (SELECT 1000 UNION ALL SELECT i+1 FROM c "
	    "WHERE i<51000) INSERT INTO message(id,name,session,sender,helo,"
	    "peer,role,arrived_ms,ended_ms,queued_ms,expires_at,warn_at,"
	    "eightbit,utf8,quarantine,authenticated,size_bytes,body_check,"
	    "spool_id) SELECT i,'s'||i,'','a@example.net','','none',0,1,1,1,"
	    "9999999999,0,0,0,0,0,1,%llu,0 FROM c;"
	    "INSERT INTO body SELECT id,'x' FROM message;"
	    "INSERT INTO recipient(id,destination,kind,address,user,path,"
	    "forwarded,pushed_back,state,due_at,attempts) SELECT id<<20,"
	    "'slow.example',0,'a@slow.example','','',0,0,1,10,0 FROM message;"
	    "INSERT INTO waiting VALUES('slow.example',10)",
	    (unsigned long long)message_check("x", 1));
	assert_int_equal(store_exec(engine.store, sql), STORE_OK);
	engine.store->next_message_id = 100000;
	swallow = true;
	engine_wake(&engine, 10);
	run_ms(50);
	/* The window of a destination that has not answered yet. */
	assert_int_equal(sent_count, 5);
	for (unsigned i = 0; i < 50; i++) {
		snprintf(name, sizeof name, "m%u", i);
		submit(name, "ann@example.net", "joe@example.org");
	}
	run_ms(200);
	for (unsigned i = 0; i < sent_count; i++)
		strcmp(sent[i].domain, "slow.example") == 0 ? slow++ :
		    other++;
	assert_int_equal(slow, 5);
	assert_int_equal(other, 5);
	assert_true(engine.lanes.parcels < 1000);
	assert_int_equal(answered, 50);
}

static struct queue_admin_status_answer figures;
static uint32_t listed, acted;

static void
on_status(void *arg, enum ipc_status status,
    const struct queue_admin_status_answer *answer)
{
	(void)arg;
	assert_int_equal(status, IPC_OK);
	figures = *answer;
}

static void
on_list(void *arg, enum ipc_status status,
    const struct queue_admin_list_answer *answer)
{
	(void)arg;
	assert_int_equal(status, IPC_OK);
	listed = answer->rows_count;
}

static void
on_act(void *arg, enum ipc_status status,
    const struct queue_admin_act_answer *answer)
{
	(void)arg;
	assert_int_equal(status, IPC_OK);
	acted = answer->count;
}

static void
act(enum queue_action action, const char *domain)
{
	struct queue_admin_act_ask ask = {
		.action = action,
		.domain = domain,
	};

	acted = UINT32_MAX;
	queue_admin_act(operator_peer, &ask, 0, on_act, NULL);
	for (int i = 0; i < 500 && acted == UINT32_MAX; i++)
		run_ms(1);
}

static void
list(const char *domain, uint32_t state)
{
	struct queue_admin_list_ask ask = {
		.domain = domain,
		.state = state,
		.limit = 10,
	};

	listed = UINT32_MAX;
	queue_admin_list(operator_peer, &ask, 0, on_list, NULL);
	for (int i = 0; i < 500 && listed == UINT32_MAX; i++)
		run_ms(1);
}

static void
test_the_operator_sees_and_changes(void **state)
{
	struct queue_admin_status_ask ask = { 0 };

	(void)state;
	answer_with.outcome = OUTCOME_DEFERRED;
	answer_with.code = "450";
	submit("m1", "ann@example.net", "joe@one.example");
	submit("m2", "ann@example.net", "joe@two.example");
	run_until_sent(2);
	list("one.example", STATE_WAITING);
	assert_int_equal(listed, 1);
	list("", STATE_ACTIVE);
	assert_int_equal(listed, 0);
	act(ACTION_HOLD, "one.example");
	assert_int_equal(acted, 1);
	list("", STATE_HELD);
	assert_int_equal(listed, 1);
	act(ACTION_RETRY, "example");
	assert_int_equal(acted, 0);
	act(ACTION_RETRY, "two.example");
	assert_int_equal(acted, 1);
	run_until_sent(3);
	assert_string_equal(sent[2].domain, "two.example");
	act(ACTION_RELEASE, "one.example");
	run_until_sent(4);
	assert_string_equal(sent[3].domain, "one.example");
	queue_admin_status(operator_peer, &ask, 0, on_status, NULL);
	WAIT_FOR(figures.messages == 2);
	run_ms(20);
	assert_int_equal(figures.messages, 2);
	assert_int_equal(figures.accepted, 2);
	act(ACTION_REMOVE, "two.example");
	assert_int_equal(acted, 1);
	assert_int_equal(rows("1"), 1);
	queue_admin_status(operator_peer, &ask, 0, on_status, NULL);
	WAIT_FOR(figures.messages == 1);
	run_ms(20);
	assert_int_equal(figures.messages, 1);
}

static void
test_removed_while_under_way_does_not_bounce(void **state)
{
	(void)state;
	swallow = true;
	submit("m1", "ann@example.net", "joe@one.example");
	run_until_sent(1);
	list("", STATE_ACTIVE);
	assert_int_equal(listed, 1);
	act(ACTION_REMOVE, "one.example");
	assert_int_equal(acted, 1);
	ipc_door_close(doors[0]);
	doors[0] = doors[--door_count];
	WAIT_FOR(rows("1") == 0);
	run_ms(50);
	assert_int_equal(rows("1"), 0);
	connect_peer(engine.deliver, &deliver_service);
}

/* The operator holds a bounce while policy is asked where it goes. */
static void
test_a_held_bounce_stays_held(void **state)
{
	(void)state;
	keep_route = true;
	answer_with.outcome = OUTCOME_FAILED;
	answer_with.code = "550";
	submit("m1", "ann@example.net", "joe@one.example");
	WAIT_FOR(kept_route != NULL);
	assert_non_null(kept_route);
	act(ACTION_HOLD, "example.net");
	assert_int_equal(acted, 1);
	answer_route(kept_route, "ann@example.net");
	keep_route = false;
	WAIT_FOR(engine.active == 0);
	run_ms(50);
	assert_int_equal(stored_count, 0);
	assert_int_equal(rows("state=3"), 1);
	act(ACTION_RELEASE, "example.net");
	WAIT_FOR(stored_count == 1);
	run_ms(30);
	assert_int_equal(stored_count, 1);
	assert_int_equal(rows("1"), 0);
}

static void
test_a_bounce_goes_to_all_targets(void **state)
{
	(void)state;
	route_targets = 2;
	answer_with.outcome = OUTCOME_FAILED;
	answer_with.code = "550";
	submit("m1", "ann@example.net", "joe@one.example");
	run_until_sent(3);
	assert_int_equal(stored_count, 2);
	assert_int_equal(rows("1"), 0);
}

static void
test_a_target_without_a_destination_loses_no_bounce(void **state)
{
	static char path[DESTINATION_SIZE + 10];

	(void)state;
	memset(path, 'x', sizeof path - 1);
	route_path = path;
	answer_with.outcome = OUTCOME_FAILED;
	answer_with.code = "550";
	submit("m1", "ann@example.net", "joe@one.example");
	WAIT_FOR(rows("attempts=1") == 1);
	assert_int_equal(rows("state=1 AND attempts=1"), 1);
	assert_int_equal(rows("1"), 1);
}

static void
test_no_room_refuses_and_keeps_results(void **state)
{
	char name[20];

	(void)state;
	submit("m0", "ann@example.net", "joe@example.org");
	run_until_sent(1);
	assert_int_equal(store_exec(engine.store, "PRAGMA max_page_count=1"),
	    STORE_OK);
	for (int i = 1; i < 200; i++) {
		snprintf(name, sizeof name, "m%d", i);
		submit(name, "ann@example.net", "joe@example.org");
	}
	WAIT_FOR(refused_full > 0);
	assert_true(refused_full > 0);
	assert_int_equal(refused_trouble, 0);
	assert_int_equal(store_exec(engine.store,
	    "PRAGMA max_page_count=1000000"), STORE_OK);
	run_ms(1500);
	submit("again", "ann@example.net", "joe@example.org");
	WAIT_FOR(sent_count == answered);
	run_ms(100);
	assert_int_equal(sent_count, answered);
	assert_int_equal(rows("1"), 0);
}

/* What SQLite writes with; the executable's own comes before libc's. */
static bool disk_full;

ssize_t pwrite64(int fd, const void *data, size_t n, off_t at);
ssize_t
pwrite64(int fd, const void *data, size_t n, off_t at)
{
	if (disk_full) {
		errno = ENOSPC;
		return -1;
	}
	return syscall(SYS_pwrite64, fd, data, n, at);
}

/* m1 was under way when the process ended, m2 waited for its retry. */
static void
test_a_start_on_a_full_disk_delivers_and_recovers(void **state)
{
	(void)state;
	answer_with.outcome = OUTCOME_DEFERRED;
	submit("m2", "ann@example.net", "joe@two.example");
	run_until_sent(1);
	answer_with.outcome = OUTCOME_DELIVERED;
	swallow = true;
	submit("m1", "ann@example.net", "joe@one.example");
	run_until_sent(2);
	swallow = false;
	assert_int_equal(rows("state=1"), 1);
	assert_int_equal(rows("state=2"), 1);
	assert_int_equal(store_exec(engine.store, "UPDATE recipient SET "
	    "due_at=1 WHERE state=1; UPDATE waiting SET due_at=1"), STORE_OK);
	disk_full = true;
	end();
	start();
	submit("m3", "ann@example.net", "joe@three.example");
	run_until_sent(3);
	assert_string_equal(sent[2].domain, "two.example");
	assert_int_equal(refused_full, 1);
	assert_int_equal(rows("1"), 2);
	disk_full = false;
	WAIT_FOR(rows("1") == 0);
	assert_int_equal(rows("1"), 0);
	assert_int_equal(sent_count, 4);
	assert_string_equal(sent[3].domain, "one.example");
	submit("m4", "ann@example.net", "joe@four.example");
	run_until_sent(5);
	assert_int_equal(refused_full, 1);
}

static void
test_the_same_id_twice_is_refused(void **state)
{
	(void)state;
	answer_with.outcome = OUTCOME_DEFERRED;
	submit("m1", "ann@example.net", "joe@example.org");
	run_until_sent(1);
	submit("m1", "ann@example.net", "joe@example.org");
	submit("m2", "ann@example.net", "joe@example.org");
	run_until_sent(2);
	assert_int_equal(answered, 2);
	assert_int_equal(refused_trouble, 1);
}

static void
test_an_unreachable_destination_rests(void **state)
{
	char name[20];

	(void)state;
	answer_with.outcome = OUTCOME_DEFERRED;
	answer_with.code = "";
	answer_with.text = "connection refused";
	for (int i = 0; i < 30; i++) {
		snprintf(name, sizeof name, "m%d", i);
		submit(name, "ann@example.net", "joe@example.org");
	}
	run_ms(300);
	assert_in_range(sent_count, 3, 10);
	WAIT_FOR(rows("state=1") == 30);
	assert_int_equal(rows("state=1"), 30);
	/* Only what was tried counts as an attempt. */
	assert_int_equal(rows("attempts=1"), sent_count);
	assert_int_equal(rows("id IN (SELECT recipient FROM attempt)"),
	    sent_count);
	assert_int_equal(engine.counts.deferred, sent_count);
	assert_int_equal(rows("reason LIKE 'delivery suspended%'"),
	    30 - sent_count);
	act(ACTION_RETRY, "example.org");
	answer_with.outcome = OUTCOME_DELIVERED;
	answer_with.code = "250";
	WAIT_FOR(rows("1") == 0);
	run_ms(300);
	assert_int_equal(rows("1"), 0);
}

/* Five that are never answered fill the window of two.example, so that what
 * comes next for it waits in memory; one.example has answered. */
static void
stage_one_answered_one_waiting(void)
{
	static const char *const both[] = { "joe@one.example",
	    "joe@two.example" };
	char name[20];

	swallow = true;
	for (int i = 0; i < 5; i++) {
		snprintf(name, sizeof name, "w%d", i);
		submit(name, "ann@example.net", "joe@two.example");
	}
	run_until_sent(5);
	swallow = false;
	submit_to("m", "ann@example.net", both, 2, 0);
	run_until_sent(6);
	assert_string_equal(sent[5].domain, "one.example");
}

static void
withdraw_the_rest(enum queue_action action)
{
	answer_with.outcome = OUTCOME_FAILED;
	answer_with.code = "550";
	stage_one_answered_one_waiting();
	assert_int_equal(stored_count, 0);
	act(action, "two.example");
	ipc_door_close(doors[0]);
	doors[0] = doors[--door_count];
	WAIT_FOR(stored_count == 1);
	run_ms(50);
	assert_int_equal(stored_count, 1);
	assert_int_equal(rows("state=5"), 0);
	connect_peer(engine.deliver, &deliver_service);
}

static void
test_a_failure_is_told_when_the_rest_is_removed(void **state)
{
	(void)state;
	withdraw_the_rest(ACTION_REMOVE);
	assert_int_equal(rows("1"), 0);
}

static void
test_a_failure_is_told_when_the_rest_is_held(void **state)
{
	(void)state;
	withdraw_the_rest(ACTION_HOLD);
	assert_int_equal(rows("state<>3"), 0);
}

static void
answer_kept(unsigned i)
{
	struct deliver_result result = answer_with;
	struct deliver_send_answer answer = {
		.results = &result,
		.results_count = 1,
	};

	result.id = kept[i].id;
	deliver_send_reply(kept[i].call, &answer);
	kept[i].call = NULL;
}

static void
test_many_destinations_all_get_their_turn(void **state)
{
	char sql[1200];

	(void)state;
	snprintf(sql, sizeof sql,
	    "WITH RECURSIVE c(i) AS (SELECT 1000 UNION ALL SELECT i+1 FROM c "
	    "WHERE i<1559) INSERT INTO message(id,name,session,sender,helo,"
	    "peer,role,arrived_ms,ended_ms,queued_ms,expires_at,warn_at,"
	    "eightbit,utf8,quarantine,authenticated,size_bytes,body_check,"
	    "spool_id) SELECT i,'s'||i,'','a@example.net','','none',0,1,1,1,"
	    "9999999999,0,0,0,0,0,1,%llu,0 FROM c;"
	    "INSERT INTO body SELECT id,'x' FROM message;"
	    "INSERT INTO recipient(id,destination,kind,address,user,path,"
	    "forwarded,pushed_back,state,due_at,attempts) SELECT id<<20,"
	    "'d'||id||'.example',0,'a@d.example','','',0,0,1,10,0 FROM message;"
	    "INSERT INTO waiting SELECT destination,10 FROM recipient",
	    (unsigned long long)message_check("x", 1));
	assert_int_equal(store_exec(engine.store, sql), STORE_OK);
	engine.store->next_message_id = 100000;
	keep = true;
	engine_wake(&engine, 10);
	run_until_sent((unsigned)config->deliveries_max);
	for (unsigned i = 0; i < kept_count; i++) {
		answer_kept(i);
		run_ms(3);
	}
	assert_int_equal(kept_count, 560);
	assert_int_equal(rows("1"), 0);
}

/* One message on disk for the lane that bounces go to here, under way and
 * never answered: the lane stays open. */
static void
stage_busy_mailbox(void)
{
	char sql[900];

	snprintf(sql, sizeof sql,
	    "INSERT INTO message(id,name,session,sender,helo,peer,role,"
	    "arrived_ms,ended_ms,queued_ms,expires_at,warn_at,eightbit,utf8,"
	    "quarantine,authenticated,size_bytes,body_check,spool_id) VALUES"
	    "(50000,'s','','','','none',0,1,1,1,9999999999,0,0,0,0,0,1,"
	    "%llu,0);"
	    "INSERT INTO body VALUES(50000,'x');"
	    "INSERT INTO recipient(id,destination,kind,address,user,path,"
	    "forwarded,pushed_back,state,due_at,attempts) VALUES(50000<<20,"
	    "'local::/mail',1,'a@example.net','','/mail',0,0,1,10,0);"
	    "INSERT INTO waiting VALUES('local::/mail',10)",
	    (unsigned long long)message_check("x", 1));
	assert_int_equal(store_exec(engine.store, sql), STORE_OK);
	swallow = true;
	engine_wake(&engine, 10);
	run_until_sent(1);
	swallow = false;
}

/* What is new on disk for an open lane is found, although the walk through
 * the lane has passed its second. */
static void
test_a_bounce_for_a_busy_mailbox_is_not_passed_over(void **state)
{
	struct lane *lane;

	(void)state;
	stage_busy_mailbox();
	lane = lanes_find(&engine.lanes, "local::/mail");
	assert_non_null(lane);
	assert_true(lane->on_disk);
	lane->cursor.due_at = engine_now() + 2;
	answer_with.outcome = OUTCOME_FAILED;
	answer_with.code = "550";
	submit("m", "ann@example.net", "joe@one.example");
	run_until_sent(3);
	assert_int_equal(stored_count, 2);
}

#define UNTOLD 1100	/* more than are told in one round */

static void
test_all_failures_are_told_after_a_restart(void **state)
{
	char sql[1200];

	(void)state;
	snprintf(sql, sizeof sql,
	    "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c "
	    "WHERE i<%d) INSERT INTO message(id,name,session,sender,helo,"
	    "peer,role,arrived_ms,ended_ms,queued_ms,expires_at,warn_at,"
	    "eightbit,utf8,quarantine,authenticated,size_bytes,body_check,"
	    "spool_id) SELECT i,'s'||i,'','a@example.net','','none',0,1,1,1,"
	    "9999999999,0,0,0,0,0,1,%llu,0 FROM c;"
	    "INSERT INTO body SELECT id,'x' FROM message;"
	    "INSERT INTO recipient(id,destination,kind,address,user,path,"
	    "forwarded,pushed_back,state,due_at,attempts) SELECT id<<20,"
	    "'d.example',0,'a@d.example','','',0,0,5,10,1 FROM message",
	    UNTOLD, (unsigned long long)message_check("x", 1));
	assert_int_equal(store_exec(engine.store, sql), STORE_OK);
	end();
	start();
	run_until_sent(UNTOLD);
	assert_int_equal(stored_count, UNTOLD);
	assert_int_equal(rows("1"), 0);
}

/* MX6.md, Sender, 4: after a restart, and after a 4xx over IPv4. */
static void
test_a_push_back_is_kept_for_good(void **state)
{
	(void)state;
	keep = true;
	submit("m1", "ann@example.net", "joe@example.org");
	run_until_sent(1);
	assert_int_equal(sent[0].family, DELIVER_ANY);
	answer_with.outcome = OUTCOME_PUSHED_BACK;
	answer_kept(0);
	run_until_sent(2);
	assert_int_equal(sent[1].family, DELIVER_IPV4_ONLY);
	end();
	start();
	run_until_sent(3);
	assert_int_equal(sent[2].family, DELIVER_IPV4_ONLY);
	answer_with.outcome = OUTCOME_DEFERRED;
	answer_kept(2);
	run_ms(30);
	act(ACTION_RETRY, "example.org");
	run_until_sent(4);
	assert_int_equal(sent[3].family, DELIVER_IPV4_ONLY);
}

/* What the queue does not know for certain it does not act upon. */
static void
test_a_push_back_that_was_not_booked_is_forgotten(void **state)
{
	(void)state;
	keep = true;
	submit("m1", "ann@example.net", "joe@example.org");
	run_until_sent(1);
	answer_with.outcome = OUTCOME_PUSHED_BACK;
	answer_kept(0);
	end();
	start();
	run_until_sent(2);
	assert_int_equal(sent[1].family, DELIVER_ANY);
}

/* MX6.md, Sender, 9: the counts and the time of the next probe are kept. */
static void
test_probes_are_counted_across_a_restart(void **state)
{
	char name[20];

	(void)state;
	tried_mx6 = true;
	answer_with.outcome = OUTCOME_PUSHED_BACK;
	for (unsigned i = 0; i < config->push_back_limit; i++) {
		snprintf(name, sizeof name, "m%u", i);
		submit(name, "ann@example.net", "joe@example.org");
		run_until_sent(2 * i + 2);
	}
	end();
	start();
	submit("first", "ann@example.net", "joe@example.org");
	run_until_sent(sent_count + 1);
	assert_int_equal(sent[sent_count - 1].family, DELIVER_IPV4_FIRST);
	engine_lane(&engine, "example.org")->pushback.probe_at = 1;
	submit("probe", "ann@example.net", "joe@example.org");
	run_until_sent(sent_count + 2);
	assert_int_equal(sent[sent_count - 2].family, DELIVER_ANY);
	end();
	start();
	submit("last", "ann@example.net", "joe@example.org");
	run_until_sent(sent_count + 1);
	assert_int_equal(sent[sent_count - 1].family, DELIVER_IPV4_FIRST);
}

/* As many tarpits as deliveries may be under way: mailboxes here go on. */
static void
test_tarpits_do_not_stop_mailboxes(void **state)
{
	unsigned most = (unsigned)config->deliveries_max;
	char name[20], address[40];

	(void)state;
	swallow = true;
	for (unsigned i = 0; i < most + 20; i++) {
		snprintf(name, sizeof name, "t%u", i);
		snprintf(address, sizeof address, "joe@d%u.example", i / 5);
		submit(name, "ann@example.net", address);
	}
	run_until_sent(most);
	sent_count = 0;
	stage_busy_mailbox();
	assert_int_equal(stored_count, 1);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	static const struct CMUnitTest tests[] = {
		T(test_accepted_delivered_and_gone),
		T(test_recipients_share_a_delivery_by_destination),
		T(test_pushed_back_goes_out_again_over_ipv4),
		T(test_forwarded_mail_prefers_ipv4),
		T(test_always_pushed_back_goes_to_ipv4_first),
		T(test_a_failure_bounces_to_a_local_sender),
		T(test_never_a_bounce_for_a_bounce),
		T(test_one_bounce_for_all_that_failed),
		T(test_deferred_waits_its_time),
		T(test_expired_bounces),
		T(test_delay_is_told_once),
		T(test_a_restart_delivers_what_was_under_way),
		T(test_a_lost_delivery_process_counts_no_attempt),
		T(test_a_large_body_is_a_file),
		T(test_the_file_of_a_refused_message_is_removed),
		T(test_the_file_of_a_faulty_submission_is_swept),
		T(test_half_a_spool_file_is_none),
		T(test_delivery_waits_for_descriptors),
		T(test_files_nobody_names_are_removed),
		T(test_a_missing_file_is_set_aside),
		T(test_a_slow_destination_starves_nobody),
		T(test_the_operator_sees_and_changes),
		T(test_removed_while_under_way_does_not_bounce),
		T(test_a_held_bounce_stays_held),
		T(test_a_bounce_goes_to_all_targets),
		T(test_a_target_without_a_destination_loses_no_bounce),
		T(test_no_room_refuses_and_keeps_results),
		T(test_a_start_on_a_full_disk_delivers_and_recovers),
		T(test_the_same_id_twice_is_refused),
		T(test_an_unreachable_destination_rests),
		T(test_a_failure_is_told_when_the_rest_is_removed),
		T(test_a_failure_is_told_when_the_rest_is_held),
		T(test_many_destinations_all_get_their_turn),
		T(test_a_bounce_for_a_busy_mailbox_is_not_passed_over),
		T(test_all_failures_are_told_after_a_restart),
		T(test_a_push_back_is_kept_for_good),
		T(test_a_push_back_that_was_not_booked_is_forgotten),
		T(test_probes_are_counted_across_a_restart),
		T(test_tarpits_do_not_stop_mailboxes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

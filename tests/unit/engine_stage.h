/* SPDX-License-Identifier: ISC */
#ifndef TESTS_UNIT_ENGINE_STAGE_H
#define TESTS_UNIT_ENGINE_STAGE_H

/*
 * The running queue in one process: real store, spool and IPC, in a
 * directory of its own; its neighbours are played.
 */

#include "tests/unit/engine_neighbours.h"

static uv_loop_t loop;
static struct engine engine;
static struct config *config;
static struct ipc_peer *asker, *operator_peer;
static struct ipc_door *doors[8];
static unsigned door_count;
static char directory[64];
static unsigned answered, refused_full, refused_trouble;
static uint32_t acted;

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

static inline void
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
static inline void
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

static inline void
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

static inline void
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

static inline void
submit(const char *name, const char *sender, const char *address)
{
	submit_to(name, sender, &address, 1, 0);
}

static inline uint64_t
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

static inline void
on_act(void *arg, enum ipc_status status,
    const struct queue_admin_act_answer *answer)
{
	(void)arg;
	assert_int_equal(status, IPC_OK);
	acted = answer->count;
}

static inline void
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

#endif

/* SPDX-License-Identifier: ISC */
/*
 * What a message costs the queue process:
 *
 *	bench_queue [-d] DIRECTORY MESSAGES SIZE SUBMITS
 *
 * A child runs the queue in DIRECTORY; this process keeps SUBMITS calls
 * open and plays deliver: it answers "delivered" at once, or with -d never,
 * so that only accepting is measured.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "policy/policy.h"
#include "queue/deliver_ipc.h"
#include "queue/engine.h"
#include "queue/queue_ipc.h"
#include "queue/serve.h"
#include "util/log.h"
#include "util/number.h"
#include "util/xalloc.h"

#define IPC_NAME deliver
#define IPC_FILE "queue/deliver.msg"
#include "util/ipc_serve.h"

static const char settings[] =
    "listen \"127.0.0.1:2525\" { }\n"
    "hostname = \"mx.example.net\"\n"
    "deliveries-per-destination = 100\n";

static uv_loop_t loop;
static struct ipc_peer *asker;
static uint64_t messages, submitted, accepted, delivered;
static size_t size_bytes;
static char *body;
static bool no_answer;

static void
run_queue(const char *directory, int submit_fd, int deliver_fd, int stop_fd)
{
	static struct engine engine;
	char error[CONFIG_ERROR_SIZE], c;
	struct config *config = config_parse(settings, sizeof settings - 1,
	    "bench", error);
	uv_poll_t stop;

	if (config == NULL)
		errx(1, "%s", error);
	if (chdir(directory) == -1)
		err(1, "%s", directory);
	log_set_level(LOG_LEVEL_WARNING);
	uv_loop_init(&loop);
	if (!engine_start(&engine, &loop, config))
		exit(1);
	engine.deliver = ipc_peer_new(&loop, "deliver");
	ipc_peer_attach(engine.deliver, deliver_fd);
	serving_set_engine(&engine);
	ipc_door_open(&loop, submit_fd, arrive_service(), IPC_SIBLING, NULL,
	    NULL);
	uv_poll_init(&loop, &stop, stop_fd);
	while (recv(stop_fd, &c, 1, MSG_DONTWAIT) != 0)
		uv_run(&loop, UV_RUN_ONCE);
	printf("commits %llu, messages a commit %.1f\n",
	    (unsigned long long)engine.counts.commits,
	    (double)engine.counts.accepted / (double)engine.counts.commits);
	exit(0);
}

static void on_answer(void *arg, enum ipc_status status,
    const struct queue_submit_answer *answer);

static void
submit_one(void)
{
	char name[32], address[64];
	struct queue_rcpt rcpt = {
		.original = address,
		.address = address,
		.kind = TARGET_REMOTE,
	};
	struct queue_submit_ask ask = {
		.message = name,
		.session = "session",
		.sender = "ann@example.net",
		.helo = "client.example.net",
		.arrived_ms = engine_now_ms(),
		.rcpts = &rcpt,
		.rcpts_count = 1,
		.body = { body, size_bytes },
		.size_bytes = size_bytes,
	};

	snprintf(name, sizeof name, "m%08llu", (unsigned long long)submitted);
	snprintf(address, sizeof address, "joe@d%llu.example.org",
	    (unsigned long long)submitted % 10);
	submitted++;
	queue_submit(asker, &ask, 0, on_answer, NULL);
}

static void
on_answer(void *arg, enum ipc_status status,
    const struct queue_submit_answer *answer)
{
	(void)arg;
	if (status != IPC_OK || answer->status != QUEUE_OK)
		errx(1, "not accepted: %d %s", status,
		    status == IPC_OK ? answer->why : "");
	accepted++;
	if (submitted < messages)
		submit_one();
}

void
serve_deliver_send(struct ipc_call *call, const struct deliver_send_ask *ask)
{
	struct deliver_result result = {
		.id = ask->rcpts[0].id,
		.outcome = OUTCOME_DELIVERED,
		.code = "250",
		.enhanced = "2.0.0",
		.text = "ok",
		.remote = "mx.example.org",
	};
	struct deliver_send_answer answer = {
		.results = &result,
		.results_count = 1,
	};

	if (ask->file != -1)
		close(ask->file);
	delivered++;
	if (no_answer)
		ipc_call_drop(call);
	else
		deliver_send_reply(call, &answer);
}

static uint64_t
argument(const char *text, uint64_t most)
{
	uint64_t n;

	if (!number_parse(text, 1, most, &n))
		errx(2, "%s: not a number from 1 on", text);
	return n;
}

static double
seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static void
drive(uint64_t submits)
{
	uint64_t started_ms = engine_now_ms(), ms;

	for (uint64_t i = 0; i < submits && submitted < messages; i++)
		submit_one();
	while (accepted < messages)
		uv_run(&loop, UV_RUN_ONCE);
	ms = engine_now_ms() - started_ms;
	printf("accepted %llu of %zu octets in %llu ms: %.0f/s\n",
	    (unsigned long long)accepted, size_bytes, (unsigned long long)ms,
	    (double)accepted * 1000 / (double)ms);
	while (!no_answer && delivered < messages)
		uv_run(&loop, UV_RUN_ONCE);
	ms = engine_now_ms() - started_ms;
	printf("delivered %llu in %llu ms: %.0f/s\n",
	    (unsigned long long)delivered, (unsigned long long)ms,
	    (double)delivered * 1000 / (double)ms);
	fflush(stdout);
}

int
main(int argc, char **argv)
{
	int submit[2], deliver[2], stop[2], status;
	struct rusage usage;
	double user, system_time;
	pid_t pid;

	no_answer = argc == 6 && strcmp(argv[1], "-d") == 0;
	if (argc != 5 + no_answer)
		errx(2, "usage: bench_queue [-d] DIRECTORY MESSAGES SIZE "
		    "SUBMITS");
	argv += no_answer;
	messages = argument(argv[2], 100000000);
	size_bytes = argument(argv[3], 262144);
	body = xmalloc(size_bytes);
	memset(body, 'x', size_bytes);
	if (!ipc_pair(submit) || !ipc_pair(deliver) || !ipc_pair(stop))
		err(1, "socketpair");
	pid = fork();
	if (pid == -1)
		err(1, "fork");
	if (pid == 0) {
		close(submit[1]);
		close(deliver[1]);
		close(stop[1]);
		run_queue(argv[1], submit[0], deliver[0], stop[0]);
	}
	close(submit[0]);
	close(deliver[0]);
	close(stop[0]);
	uv_loop_init(&loop);
	asker = ipc_peer_new(&loop, "queue");
	ipc_peer_attach(asker, submit[1]);
	ipc_door_open(&loop, deliver[1], &deliver_service, IPC_SIBLING, NULL,
	    NULL);
	drive(argument(argv[4], 10000));
	close(stop[1]);
	waitpid(pid, &status, 0);
	getrusage(RUSAGE_CHILDREN, &usage);
	user = seconds(usage.ru_utime);
	system_time = seconds(usage.ru_stime);
	printf("queue CPU: %.1f us a message (user %.1f, system %.1f), "
	    "%ld KiB\n", (user + system_time) * 1e6 / (double)messages,
	    user * 1e6 / (double)messages, system_time * 1e6 /
	    (double)messages, usage.ru_maxrss);
	return status != 0;
}

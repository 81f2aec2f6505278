/* SPDX-License-Identifier: ISC */
/* The callers' stub, against a resolver that answers, dies or hangs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "resolver/resolver_client.h"
#include "util/log.h"

#define IPC_NAME resolver
#define IPC_FILE "resolver/resolver.msg"
#include "util/ipc_serve.h"

static uv_loop_t loop;
static struct ipc_peer *peer;
static struct ipc_door *door;
static unsigned asked, dies, answers;
static bool hangs;
static uint32_t last_status;
static char last_why[100];

void
serve_resolver_lookup(struct ipc_call *call,
    const struct resolver_lookup_ask *ask)
{
	struct resolver_record record = { .name = "mx.test", .preference = 5 };
	struct resolver_lookup_answer answer = {
		.status = DNS_OK, .canonical = "", .why = "",
		.records = &record, .records_count = 1,
	};

	asked++;
	assert_int_equal(ask->type, DNS_MX);
	assert_string_equal(ask->name, "test");
	if (dies > 0 || hangs)
		ipc_call_drop(call);
	else
		resolver_lookup_reply(call, &answer);
}

static void
connect_it(void *unused)
{
	int fds[2];

	(void)unused;
	assert_true(ipc_pair(fds));
	door = ipc_door_open(&loop, fds[0], &resolver_service, IPC_SIBLING,
	    NULL, NULL);
	ipc_peer_attach(peer, fds[1]);
}

/* The parent's part: a new one after each death. */
static void
on_round(uv_check_t *check)
{
	(void)check;
	if (dies == 0 || asked == 0)
		return;
	dies--;
	asked = 0;
	ipc_door_close(door);
}

static void
done(void *arg, const struct resolver_lookup_answer *answer)
{
	(void)arg;
	answers++;
	last_status = answer->status;
	snprintf(last_why, sizeof last_why, "%s", answer->why);
	if (answer->status == DNS_OK) {
		assert_int_equal(answer->records_count, 1);
		assert_string_equal(answer->records[0].name, "mx.test");
	}
	uv_stop(&loop);
}

static void
lookup(void)
{
	answers = asked = 0;
	resolver_client_lookup(peer, DNS_MX, "test", 100, done, NULL);
	assert_int_equal(answers, 0);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(answers, 1);
}

static void
answered(void **state)
{
	(void)state;
	lookup();
	assert_int_equal(last_status, DNS_OK);
}

static void
asked_again_after_a_death(void **state)
{
	(void)state;
	dies = 1;
	lookup();
	assert_int_equal(last_status, DNS_OK);
	assert_int_equal(asked, 1);
}

static void
not_a_third_time(void **state)
{
	(void)state;
	dies = 2;
	lookup();
	assert_int_equal(last_status, DNS_FAILED);
	assert_string_equal(last_why, "the resolver died twice");
}

static void
one_that_hangs(void **state)
{
	(void)state;
	hangs = true;
	lookup();
	hangs = false;
	assert_int_equal(last_status, DNS_FAILED);
	assert_string_equal(last_why, "the resolver does not answer");
}

static void
names(void **state)
{
	(void)state;
	assert_string_equal(resolver_client_type_name(DNS_TLSA), "TLSA");
	assert_string_equal(resolver_client_type_name((enum dns_type)99), "?");
	assert_string_equal(resolver_client_status_name(DNS_NXDOMAIN),
	    "NXDOMAIN");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answered),
		cmocka_unit_test(asked_again_after_a_death),
		cmocka_unit_test(not_a_third_time),
		cmocka_unit_test(one_that_hangs),
		cmocka_unit_test(names),
	};
	uv_check_t check;

	log_set_level(LOG_LEVEL_ERROR);
	uv_loop_init(&loop);
	uv_check_init(&loop, &check);
	uv_check_start(&check, on_round);
	peer = ipc_peer_new(&loop, "resolver");
	ipc_peer_on_lost(peer, connect_it, NULL);
	connect_it(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

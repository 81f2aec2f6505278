/* SPDX-License-Identifier: ISC */
/*
 * Plans from any DNS answers: whatever a domain publishes, what MX6 demands
 * of a sender holds for the candidates.
 *
 *	byte 0	demand and settings	byte 1	addresses-max
 *	then an answer a question: status and count, then records of 6 bytes
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "queue/plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ROUNDS_MAX	4
#define RECORDS		7	/* at most, in one answer */

struct input {
	const uint8_t	*next;
	const uint8_t	*end;
};

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static uint8_t
take(struct input *in)
{
	return in->next == in->end ? 0 : *in->next++;
}

static uint32_t
pick(void *arg, uint32_t below)
{
	return take(arg) % below;
}

static struct netaddr
take_addr(struct input *in, enum dns_type type)
{
	static const uint8_t prefixes[][16] = {
		{ 0x20, 0x01, 0x0d, 0xb8 },
		{ 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2 },
		{ 0 },
	};
	uint8_t bytes[16] = { 192, 0, 2 };
	struct netaddr addr = { 0 };

	if (type == DNS_AAAA)
		memcpy(bytes, prefixes[take(in) % 3], 16);
	bytes[type == DNS_AAAA ? 15 : 3] = take(in) % 16;
	netaddr_from_bytes(bytes, type == DNS_AAAA ? 16 : 4, &addr);
	return addr;
}

static void
answer(struct input *in, struct plan_answers *answers,
    const struct plan_question *q)
{
	static const char *const names[] = {
		"", "a.test", "b.test", "us.test", "d.test",
	};
	uint8_t head = take(in);
	struct plan_answer *a = plan_answers_add(answers, q->type, q->name,
	    (enum dns_status)(head % (DNS_BOGUS + 1)), "");

	if (a->status != DNS_OK)
		return;
	for (unsigned i = 0; i <= (head >> 4) % RECORDS; i++) {
		struct plan_record r = {
			.preference = take(in) % 4,
			.weight = take(in),
			.port = take(in) % 8 == 0 ? take(in) : 25,
			.name = (char *)(uintptr_t)names[take(in) % 5],
		};

		if (q->type == DNS_A || q->type == DNS_AAAA)
			r.addr = take_addr(in, q->type);
		plan_answer_add(a, &r);
	}
}

static bool
has_ipv4(const struct plan *p)
{
	for (size_t i = 0; i < p->candidate_count; i++)
		if (p->candidates[i].addr.family == NETADDR_IPV4)
			return true;
	return false;
}

static void
check_candidates(const struct plan *p, const struct plan_ask *ask)
{
	for (size_t i = 0; i < p->candidate_count; i++) {
		const struct plan_candidate *c = &p->candidates[i];
		bool ipv6 = c->addr.family == NETADDR_IPV6;

		check(ipv6 == (c->via == VIA_MX6_IPV6 ||
		    c->via == VIA_MX_IPV6));
		check(c->fallback_meant == (c->via == VIA_MX6_IPV6));
		check(ask->demand != DELIVER_IPV4_ONLY || !ipv6);
		check(ask->demand != DELIVER_IPV4_UNLESS_NONE || !ipv6 ||
		    !ask->config->ipv4 || !has_ipv4(p));
		check(ipv6 ? ask->config->ipv6 : ask->config->ipv4);
		check(c->addr.port == 25);
		check(strcmp(c->host, "us.test") != 0 && c->host[0] != '\0');
		check(!netaddr_equal(&c->addr, &ask->self->addrs[0]));
		for (size_t j = 0; j < i; j++)
			check(!netaddr_equal(&c->addr,
			    &p->candidates[j].addr));
	}
}

static void
check_plan(const struct plan *p, struct plan_ask *ask,
    const struct plan_answers *answers)
{
	struct config wide = *ask->config;
	const struct config *narrow = ask->config;
	struct plan *all;

	check((p->status == PLAN_USABLE) == (p->candidate_count > 0));
	check((p->status == PLAN_USABLE) == (p->enhanced == NULL));
	check(p->candidate_count <= narrow->addresses_max);
	check_candidates(p, ask);
	wide.addresses_max = 1000;
	ask->config = &wide;
	all = plan_make(ask, answers);
	check(has_ipv4(all) == has_ipv4(p));
	ask->config = narrow;
	plan_free(all);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const us = "us.test";
	struct input in = { data, data + size }, picks;
	uint8_t flags = take(&in);
	struct config config = {
		.delivery_port = 25,
		.mx6 = true,
		.mx6_ports = (char *)(uintptr_t)"25",
		.ipv4 = (flags & 4) == 0,
		.ipv6 = (flags & 8) == 0,
		.addresses_max = 2 + take(&in) % 20,
	};
	struct netaddr own = { .family = NETADDR_IPV4,
	    .bytes = { 192, 0, 2, 1 } };
	struct plan_self self = { &us, 1, &own, 1 };
	struct plan_ask ask = {
		.domain = "d.test",
		.demand = (enum deliver_family)(flags & 3),
		.config = &config,
		.self = &self,
		.pick = pick,
		.pick_arg = &picks,
		.explain = (flags & 16) != 0,
	};
	struct plan_answers answers;
	struct plan *p;

	plan_answers_init(&answers);
	for (int round = 0;; round++) {
		check(round < ROUNDS_MAX);
		picks = in;
		p = plan_make(&ask, &answers);
		if (p->status != PLAN_ASK)
			break;
		for (size_t i = 0; i < p->question_count; i++)
			answer(&in, &answers, &p->questions[i]);
		plan_free(p);
	}
	picks.next = picks.end;		/* no choices: one order for both */
	check_plan(p, &ask, &answers);
	plan_free(p);
	plan_answers_done(&answers);
	return 0;
}

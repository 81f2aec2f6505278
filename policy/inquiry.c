/* SPDX-License-Identifier: ISC */
/* Rounds of questions, and the answers that were got lately. */

#include "policy/inquiry.h"

#include "policy/recent.h"
#include "resolver/resolver_client.h"
#include "util/number.h"
#include "util/xalloc.h"

#define KEPT_MAX	8192	/* answers */
#define KEPT_SIZE_MAX	4096	/* octets of one; a larger one is not kept */
#define KEPT_LEAST_S	5
#define KEPT_MOST_S	3600
#define INQUIRIES_MAX	2000	/* under way; more get no answer */
#define ROUNDS_MAX	40	/* more than any evaluation needs */

struct inquirer {
	uv_loop_t	*loop;
	struct ipc_peer	*resolver;
	struct recent	*kept;		/* struct answers of one, by question */
	size_t		 inquiries;
};

struct inquiry {
	struct inquirer	*inquirer;
	inquiry_step	*step;
	void		*arg;
	struct answers	 answers;
	uint64_t	 deadline_ms;
	size_t		 waiting;	/* questions without an answer */
	unsigned	 rounds;
};

struct one_question {
	struct inquiry	*inquiry;
	struct question	 question;
};

static void next_round(struct inquiry *inquiry);

static void
free_answers(void *value)
{
	answers_done(value);
	free(value);
}

struct inquirer *
inquirer_new(uv_loop_t *loop, struct ipc_peer *resolver)
{
	struct inquirer *inquirer = xcalloc(1, sizeof *inquirer);

	inquirer->loop = loop;
	inquirer->resolver = resolver;
	inquirer->kept = recent_new(KEPT_MAX, free_answers);
	return inquirer;
}

/* ---- answers ---- */

/* The type in front of the name; returns the key's size. */
static size_t
key_of(enum dns_type type, const char *name, char key[static DOMAIN_SIZE + 1])
{
	key[0] = (char)type;	/* of those asked for, all are below 128 */
	strcpy_bounded(key + 1, DOMAIN_SIZE, name);
	return strlen(name) + 1;
}

static void
copy_answer(struct answers *to, const struct dns_answer *from)
{
	struct dns_answer *a = answers_add(to, from->type, from->name,
	    from->status, from->ttl_s);

	if (a == NULL)
		return;
	for (size_t i = 0; i < from->name_count; i++)
		dns_answer_add_name(a, from->names[i]);
	for (size_t i = 0; i < from->addr_count; i++)
		dns_answer_add_addr(a, &from->addrs[i]);
	for (size_t i = 0; i < from->text_count; i++)
		dns_answer_add_text(a, from->texts[i].data,
		    from->texts[i].size);
	a->cut = from->cut;
}

static size_t
size_of(const struct dns_answer *a)
{
	size_t size = a->addr_count * sizeof *a->addrs +
	    a->name_count * DOMAIN_SIZE;

	for (size_t i = 0; i < a->text_count; i++)
		size += a->texts[i].size + sizeof *a->texts;
	return size;
}

static void
keep_answer(struct inquirer *inquirer, const struct dns_answer *a)
{
	uint64_t kept_s = a->ttl_s < KEPT_LEAST_S ? KEPT_LEAST_S :
	    a->ttl_s > KEPT_MOST_S ? KEPT_MOST_S : a->ttl_s;
	char key[DOMAIN_SIZE + 1];
	struct answers *copy;

	if (size_of(a) > KEPT_SIZE_MAX)
		return;
	copy = xcalloc(1, sizeof *copy);
	copy_answer(copy, a);
	recent_put(inquirer->kept, key, key_of(a->type, a->name, key), copy,
	    uv_now(inquirer->loop) + kept_s * 1000);
}

static void
answered(void *arg, const struct resolver_lookup_answer *reply)
{
	struct one_question *one = arg;
	struct inquiry *q = one->inquiry;
	struct dns_answer *a = answers_add(&q->answers, one->question.type,
	    one->question.name, (enum dns_status)reply->status, reply->ttl_s);

	for (uint32_t i = 0; a != NULL && i < reply->records_count; i++) {
		const struct resolver_record *r = &reply->records[i];

		if (a->type == DNS_PTR || a->type == DNS_MX)
			dns_answer_add_name(a, r->name);
		else if (a->type == DNS_TXT)
			dns_answer_add_text(a, r->data.data, r->data.size);
		else if (r->addr.family != NETADDR_NONE)
			dns_answer_add_addr(a, &r->addr);
	}
	if (a != NULL)
		keep_answer(q->inquirer, a);
	free(one);
	if (--q->waiting == 0)
		next_round(q);
}

static void
ask_one(struct inquiry *q, const struct question *question)
{
	struct inquirer *inquirer = q->inquirer;
	uint64_t now_ms = uv_now(inquirer->loop);
	char key[DOMAIN_SIZE + 1];
	size_t n = key_of(question->type, question->name, key);
	const struct answers *kept = recent_get(inquirer->kept, key, n,
	    now_ms);
	struct one_question *one;

	if (kept != NULL) {
		copy_answer(&q->answers, &kept->items[0]);
		return;
	}
	if (now_ms >= q->deadline_ms) {
		answers_add(&q->answers, question->type, question->name,
		    DNS_FAILED, 0);
		return;
	}
	one = xmalloc(sizeof *one);
	one->inquiry = q;
	one->question = *question;
	q->waiting++;
	resolver_client_lookup(inquirer->resolver, question->type,
	    question->name, (uint32_t)(q->deadline_ms - now_ms), answered,
	    one);
}

static void
finish(struct inquiry *q)
{
	q->inquirer->inquiries--;
	answers_done(&q->answers);
	free(q);
}

static void
next_round(struct inquiry *q)
{
	struct questions need;

	do {
		need.count = 0;
		if (q->step(q->arg, &q->answers, &need)) {
			finish(q);
			return;
		}
		if (++q->rounds > ROUNDS_MAX ||
		    q->answers.count + need.count > ANSWERS_MAX) {
			q->step(q->arg, &q->answers, NULL);
			finish(q);
			return;
		}
		for (size_t i = 0; i < need.count; i++)
			ask_one(q, &need.items[i]);
	} while (q->waiting == 0);
}

void
inquirer_ask(struct inquirer *inquirer, uint32_t wait_ms, inquiry_step *step,
    void *arg)
{
	struct inquiry *q = xcalloc(1, sizeof *q);

	if (inquirer->inquiries >= INQUIRIES_MAX)
		wait_ms = 0;
	q->inquirer = inquirer;
	q->step = step;
	q->arg = arg;
	q->deadline_ms = uv_now(inquirer->loop) + wait_ms;
	inquirer->inquiries++;
	next_round(q);
}

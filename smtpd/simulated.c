/* SPDX-License-Identifier: ISC */
#include "smtpd/simulated.h"

#include <stdio.h>
#include <string.h>

#define KEY_SIZE	1024

static void
add_pair(struct tally *t, const char *first, size_t n, const char *second,
    size_t m)
{
	char key[KEY_SIZE];

	snprintf(key, sizeof key, "%.*s\t%.*s", n < 300 ? (int)n : 300, first,
	    m < 600 ? (int)m : 600, second);
	tally_add(t, key);
}

void
simulated_fault(struct simulated *s, const char *name, enum stored_fault fault)
{
	const char *why = stored_fault_text(fault);

	s->messages++;
	s->unread[fault]++;
	add_pair(&s->unread_names, name, strlen(name), why, strlen(why));
}

/* "a,b,c" */
static bool
has_fact(const char *facts, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = facts; *p != '\0'; p += *p == ',') {
		size_t length = strcspn(p, ",");

		if (length == n && memcmp(p, name, n) == 0)
			return true;
		p += length;
	}
	return false;
}

/* Lines "rule TAB lacks FACTS; against it: FACTS". */
static void
count_lacking(struct simulated *s, const char *tried)
{
	while (*tried != '\0') {
		size_t n = strcspn(tried, "\n");
		const char *tab = memchr(tried, '\t', n);

		if (tab != NULL && strncmp(tab + 1, "lacks ", 6) == 0)
			add_pair(&s->lacking, tried, (size_t)(tab - tried),
			    tab + 7, strcspn(tab + 7, ";\n"));
		tried += n + (tried[n] == '\n');
	}
}

/* A rule lacked this fact and nothing else. */
static bool
lacked_only(const char *tried, const char *fact)
{
	size_t n = strlen(fact);

	for (const char *p = tried; (p = strstr(p, "\tlacks ")) != NULL;) {
		p += 7;
		if (strncmp(p, fact, n) == 0 && (p[n] == '\n' || p[n] == '\0'))
			return true;
	}
	return false;
}

static bool
is_letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9');
}

/* Typed as it is, it is one word of a command line, and no option. */
static bool
is_plain(const char *word)
{
	if (!is_letter_or_digit(word[0]))
		return false;
	while (*word != '\0' && (is_letter_or_digit(*word) ||
	    strchr("@._+=:/-", *word) != NULL))
		word++;
	return *word == '\0';
}

/* Strangers chose these words, so others than plain ones are not offered. */
static void
offer(struct simulated *s, const char *command, const char *first,
    const char *second)
{
	char line[KEY_SIZE];

	if (!is_plain(first) || (second != NULL && !is_plain(second)))
		return;
	snprintf(line, sizeof line, "mx6ctl %s %s%s%s", command, first,
	    second == NULL ? "" : " ", second == NULL ? "" : second);
	tally_add(&s->help, line);
}

/* The entry that would have sufficed.  Where the author is authenticated it
 * is his; else only his network can be known. */
static void
offer_entries(struct simulated *s, const struct stored *stored,
    const struct policy_admin_verdict *v)
{
	const struct netaddr *peer = &stored->hop.peer;
	struct netblock network = netblock_of(peer,
	    netaddr_is_ipv6(peer) ? 48 : 24);
	const char *at = strrchr(v->author, '@');
	char text[NETADDR_TEXT_SIZE];

	netblock_format(&network, text);
	if (has_fact(v->facts, "authenticated") && at != NULL) {
		if (lacked_only(v->tried, "whitelist-domain"))
			offer(s, "whitelist domain add", at + 1, NULL);
		if (lacked_only(v->tried, "addressbook"))
			offer(s, "addressbook add", stored->rcpt, v->author);
	} else if (lacked_only(v->tried, "greenlist"))
		offer(s, "greenlist add network", text, NULL);
	else if (lacked_only(v->tried, "whitelist-address"))
		offer(s, "whitelist add", text, NULL);
}

static void
push_back(struct simulated *s, const struct stored *stored,
    const struct policy_admin_verdict *v)
{
	s->pushed_back++;
	s->keys_gone += strstr(v->reasons, "no key record") != NULL;
	s->trouble += strstr(v->results, "=temperror") != NULL;
	count_lacking(s, v->tried);
	offer_entries(s, stored, v);
}

static void
refuse(struct simulated *s, const struct ctl_judged *j)
{
	const char *command = j->command[0] == '\0' ? "(connects)" :
	    j->command;

	s->refused++;
	add_pair(&s->refusals, command, strcspn(command, " "), j->reply,
	    strcspn(j->reply, "\n"));
}

void
simulated_add(struct simulated *s, const struct stored *stored,
    const struct ctl_judged *j)
{
	const struct policy_admin_verdict *v = j->verdict;
	const char *outcome;

	s->messages++;
	s->ipv4 += !netaddr_is_ipv6(&stored->hop.peer);
	if (v == NULL) {
		refuse(s, j);
		return;
	}
	if (j->accepted && j->filter == DRY_CONTENT) {
		outcome = "content filter";
		s->filtered++;
	} else if (j->accepted) {
		outcome = "accepted";
		s->accepted++;
	} else if (strcmp(v->action, "fallback") == 0 ||
	    strcmp(v->action, "filter") == 0) {
		outcome = "pushed back";
		push_back(s, stored, v);
	} else {
		outcome = "refused";
		refuse(s, j);
	}
	add_pair(&s->rules, outcome, strlen(outcome), v->rule,
	    strlen(v->rule));
}

uint64_t
simulated_judged(const struct simulated *s)
{
	return s->accepted + s->filtered + s->pushed_back + s->refused;
}

void
simulated_done(struct simulated *s)
{
	tally_done(&s->unread_names);
	tally_done(&s->rules);
	tally_done(&s->refusals);
	tally_done(&s->lacking);
	tally_done(&s->help);
}

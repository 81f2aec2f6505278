/* SPDX-License-Identifier: ISC */
/*
 * A walk over aliases, depth first; what it finds is an expansion.  `trail` is
 * the way to where it stands: an address met again on it is a loop (except an
 * alias that names itself, which means its mailbox).
 */

#include "policy/recipients.h"

#include <strings.h>

#include "policy/expansion.h"
#include "util/domain.h"
#include "util/number.h"
#include "util/xalloc.h"

struct trail {
	const char		*address;
	const struct trail	*before;
	unsigned		 depth;
};

/* The rows of one alias, copied: lookups follow for each of them. */
struct rows {
	char	**items;
	size_t	 count;
};

static void expand(struct expansion *e, const struct mailaddr *addr,
    const struct trail *before);

/* ---- aliases ---- */

static void
keep_row(void *arg, const char *target)
{
	struct rows *rows = arg;

	/* One more than may be, so that too many are noticed. */
	if (rows->count > TARGETS_MAX)
		return;
	rows->items = xreallocarray(rows->items, rows->count + 1,
	    sizeof *rows->items);
	rows->items[rows->count++] = xstrdup(target);
}

/* A target as an address; "@domain" is the same local part there. */
static bool
parse_target(const char *text, const struct mailaddr *addr,
    struct mailaddr *ret_target)
{
	char domain[DOMAIN_SIZE];

	if (text[0] != '@')
		return mailaddr_parse(text, strlen(text), true, ret_target) ==
		    MAILADDR_OK;
	if (!domain_parse(text + 1, strlen(text + 1), false, domain))
		return false;
	*ret_target = *addr;
	strcpy_bounded(ret_target->domain, sizeof ret_target->domain, domain);
	return true;
}

/* The address in its own form: local part in lower case. */
static const char *
own_form(const struct mailaddr *addr, char text[static MAILADDR_TEXT_SIZE])
{
	struct mailaddr lower = *addr;

	for (char *p = lower.local; *p != '\0'; p++)
		*p = ascii_lower(*p);
	return mailaddr_format(&lower, text);
}

static bool
is_on_trail(const struct trail *trail, const char *text)
{
	for (; trail != NULL; trail = trail->before)
		if (strcmp(trail->address, text) == 0)
			return true;
	return false;
}

static bool
pass_on(struct expansion *e, const struct mailaddr *addr,
    const struct lists_domain *domain)
{
	char text[MAILADDR_TEXT_SIZE];

	if (strcmp(domain->transport, "relay") != 0)
		return false;
	expansion_add_target(e, TARGET_REMOTE, mailaddr_format(addr, text));
	return true;
}

/* One target of alias `name`; one that names the alias itself means its
 * mailbox, which for a domain that is passed on is elsewhere. */
static void
follow_target(struct expansion *e, const char *name,
    const struct mailaddr *target, const struct trail *here,
    const struct lists_domain *domain)
{
	char text[MAILADDR_TEXT_SIZE];
	struct lists_mailbox m;

	own_form(target, text);
	if (strcmp(text, here->address) != 0 && strcmp(text, name) != 0)
		expand(e, target, here);
	else if (expansion_found(e, lists_mailbox(e->lists, text, &m)))
		expansion_add_mailbox(e, &m, domain->transport);
	else if (e->status == RECIPIENT_OK)
		pass_on(e, target, domain);
}

/* Expands alias `name` for addr, whose own step of the trail is here. */
static bool
follow_alias(struct expansion *e, const char *name,
    const struct mailaddr *addr, const struct trail *here,
    const struct lists_domain *domain)
{
	struct rows rows = { 0 };
	bool is_alias = expansion_found(e, lists_alias(e->lists, name,
	    keep_row, &rows));

	if (rows.count > TARGETS_MAX)
		expansion_fail(e, RECIPIENT_TROUBLE, expansion_too_large);
	for (size_t i = 0; i < rows.count; i++) {
		struct mailaddr target;

		if (e->status != RECIPIENT_OK)
			break;
		if (parse_target(rows.items[i], addr, &target))
			follow_target(e, name, &target, here, domain);
		else
			expansion_fail(e, RECIPIENT_TROUBLE, "an alias has a target "
			    "that is not an address");
	}
	for (size_t i = 0; i < rows.count; i++)
		free(rows.items[i]);
	free(rows.items);
	return is_alias;
}

/* ---- one address of ours ---- */

static bool
find_name(struct expansion *e, const struct mailaddr *addr, const char *name,
    const struct trail *here, const struct lists_domain *domain)
{
	struct lists_mailbox m;

	if (follow_alias(e, name, addr, here, domain))
		return true;
	if (e->status != RECIPIENT_OK ||
	    !expansion_found(e, lists_mailbox(e->lists, name, &m)))
		return false;
	expansion_add_mailbox(e, &m, domain->transport);
	return true;
}

/* "user+detail" as "user". */
static bool
find_without_detail(struct expansion *e, const struct mailaddr *addr,
    const struct trail *here, const struct lists_domain *domain)
{
	char text[MAILADDR_TEXT_SIZE];
	struct mailaddr plain = *addr;
	char *mark;

	if (e->settings->delimiter[0] == '\0')
		return false;
	mark = strchr(plain.local, e->settings->delimiter[0]);
	if (mark == NULL || mark == plain.local)
		return false;
	*mark = '\0';
	return find_name(e, &plain, own_form(&plain, text), here, domain);
}

/* The domain of the host itself: its name, or what is above it, whichever is
 * ours; else the first that is. */
static bool
host_domain(struct expansion *e, struct lists_domain *ret_domain)
{
	const char *name = e->settings->hostname;

	if (expansion_found(e, lists_domain(e->lists, name, ret_domain)) ||
	    expansion_found(e, lists_domain(e->lists, domain_parent(name),
	    ret_domain)))
		return true;
	return expansion_found(e, lists_first_domain(e->lists, ret_domain));
}

static void
find_postmaster(struct expansion *e, const struct mailaddr *addr,
    const struct trail *here, const struct lists_domain *domain)
{
	struct lists_domain host;
	struct lists_mailbox m;
	struct mailaddr other = *addr;
	char text[MAILADDR_TEXT_SIZE];

	if (strcasecmp(addr->local, "postmaster") != 0)
		return;
	if (host_domain(e, &host) && strcasecmp(host.name, domain->name) != 0 &&
	    strlen(host.name) < sizeof other.domain) {
		strcpy_bounded(other.domain, sizeof other.domain, host.name);
		if (find_name(e, &other, own_form(&other, text), here, &host))
			return;
	}
	if (expansion_found(e, lists_first_mailbox(e->lists, domain->name, &m)) ||
	    expansion_found(e, lists_first_mailbox(e->lists, "", &m)))
		expansion_add_mailbox(e, &m, domain->transport);
}

static bool
find_catch_all(struct expansion *e, const struct mailaddr *addr,
    const struct trail *here, const struct lists_domain *domain)
{
	char name[MAILADDR_DOMAIN_MAX + 2];

	snprintf(name, sizeof name, "@%s", addr->domain);
	return follow_alias(e, name, addr, here, domain);
}

/* The places where a name of ours may stand, in order. */
static void
find_ours(struct expansion *e, const struct mailaddr *addr,
    const struct trail *here, const struct lists_domain *domain)
{
	if (!find_name(e, addr, here->address, here, domain) &&
	    !find_without_detail(e, addr, here, domain) &&
	    !pass_on(e, addr, domain) &&
	    !find_catch_all(e, addr, here, domain))
		find_postmaster(e, addr, here, domain);
}

static void
expand(struct expansion *e, const struct mailaddr *addr,
    const struct trail *before)
{
	struct lists_domain domain;
	char text[MAILADDR_TEXT_SIZE];
	struct trail here = { .address = text, .before = before,
	    .depth = before == NULL ? 1 : before->depth + 1 };

	if (e->status != RECIPIENT_OK)
		return;
	if (addr->literal ||
	    !expansion_found(e, lists_domain(e->lists, addr->domain, &domain))) {
		mailaddr_format(addr, text);
		if (e->status == RECIPIENT_OK && expansion_first_time(e, text))
			expansion_add_target(e, TARGET_REMOTE, text);
		return;
	}
	own_form(addr, text);
	if (is_on_trail(before, text) || here.depth > RECIPIENT_DEPTH_MAX)
		expansion_fail(e, RECIPIENT_LOOP, "aliases lead in a circle");
	else if (expansion_first_time(e, text))
		find_ours(e, addr, &here, &domain);
}

/* ---- the whole question ---- */

static enum recipient_status
start(struct expansion *e, const char *address, bool relay)
{
	struct lists_domain domain;
	struct mailaddr addr = { 0 };

	if (strcasecmp(address, "postmaster") == 0) {
		if (!host_domain(e, &domain))
			return e->status == RECIPIENT_OK ? RECIPIENT_UNKNOWN :
			    e->status;
		strcpy_bounded(addr.local, sizeof addr.local, "postmaster");
		if (strlen(domain.name) < sizeof addr.domain)
			strcpy_bounded(addr.domain, sizeof addr.domain,
			    domain.name);
	} else if (mailaddr_parse(address, strlen(address), true, &addr) !=
	    MAILADDR_OK) {
		return RECIPIENT_UNKNOWN;
	}
	if (!relay && (addr.literal ||
	    !expansion_found(e, lists_domain(e->lists, addr.domain, &domain))))
		return e->status == RECIPIENT_OK ? RECIPIENT_NO_RELAY :
		    e->status;
	expand(e, &addr, NULL);
	if (e->status == RECIPIENT_OK && e->targets.count == 0)
		return RECIPIENT_UNKNOWN;
	return e->status;
}

enum recipient_status
recipients_find(struct lists *lists,
    const struct recipients_settings *settings, const char *address,
    bool relay, struct targets *ret_targets,
    char ret_why[static LISTS_WHY_SIZE])
{
	struct expansion e = { .lists = lists, .settings = settings,
	    .status = RECIPIENT_OK, .why = ret_why };
	enum recipient_status status;

	ret_why[0] = '\0';
	lists_begin(lists);
	status = start(&e, address, relay);
	lists_end(lists);
	expansion_done(&e);
	if (status != RECIPIENT_OK)
		targets_done(&e.targets);
	*ret_targets = e.targets;
	return status;
}

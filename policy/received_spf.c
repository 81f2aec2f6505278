/* SPDX-License-Identifier: ISC */
/* Values are dot-atoms or quoted strings; what can be neither is left out. */

#include "policy/received_spf.h"

#include "policy/fieldtext.h"
#include "util/domain.h"

#define VALUE_SIZE	700	/* a mailbox with every character quoted */
#define WHY_SIZE	200

/* The word of each result, and its comment: before the domain, between that
 * and the client's address. */
static const struct {
	const char	*word;
	const char	*before;
	const char	*between;
} results[] = {
	[SPF_RESULT_NONE] = { "none", "no SPF record at ", " for " },
	[SPF_RESULT_NEUTRAL] = { "neutral", "", " says nothing about " },
	[SPF_RESULT_PASS] = { "pass", "", " permits " },
	[SPF_RESULT_FAIL] = { "fail", "", " does not permit " },
	[SPF_RESULT_SOFTFAIL] = { "softfail", "",
	    " says that it hardly permits " },
	[SPF_RESULT_TEMPERROR] = { "temperror", "DNS trouble with ",
	    " for " },
	[SPF_RESULT_PERMERROR] = { "permerror", "faulty SPF record of ",
	    " for " },
};

static void
add_pair(struct buf *field, const char *before, const char *key,
    const char *text, bool plain)
{
	char value[VALUE_SIZE];

	if (fieldtext_value(text, plain, value, sizeof value))
		buf_addf(field, "%s%s=%s;", before, key, value);
}

static void
add_comment(const struct received_spf *spf, const char *addr,
    struct buf *field)
{
	char domain[DOMAIN_SIZE];

	fieldtext_comment(spf->domain[0] == '\0' ? "the sender" : spf->domain,
	    domain, sizeof domain);
	buf_addf(field, " (%s: %s%s%s%s%s)\r\n", spf->host,
	    spf->best_guess ? "best guess without a record: " : "",
	    results[spf->result].before, domain, results[spf->result].between,
	    addr);
}

void
received_spf_field(const struct received_spf *spf, struct buf *field)
{
	bool faulty = spf->result == SPF_RESULT_TEMPERROR ||
	    spf->result == SPF_RESULT_PERMERROR;
	char addr[NETADDR_TEXT_SIZE], why[WHY_SIZE];

	fieldtext_comment(spf->why, why, sizeof why);
	netaddr_format(&spf->peer, addr);
	buf_addf(field, "Received-SPF: %s", spf->best_guess ? "none" :
	    results[spf->result].word);
	add_comment(spf, addr, field);
	add_pair(field, "\t", "client-ip", addr, fieldtext_is_plain(addr));
	add_pair(field, " ", "envelope-from", spf->sender[0] == '\0' ? "<>" :
	    spf->sender, false);
	add_pair(field, "\r\n\t", "helo", spf->helo,
	    fieldtext_is_plain(spf->helo));
	add_pair(field, " ", "receiver", spf->host,
	    fieldtext_is_plain(spf->host));
	add_pair(field, " ", "identity", "mailfrom", true);
	if (why[0] != '\0')
		add_pair(field, "\r\n\t", faulty ? "problem" : "mechanism",
		    why, false);
	buf_add_str(field, "\r\n");
}

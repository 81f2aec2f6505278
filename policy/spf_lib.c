/* SPDX-License-Identifier: ISC */
/*
 * libspf2 with a resolver of ours that knows the answers that the evaluation
 * had and nothing else.  One server is kept, for making it compiles records;
 * a query's data hang on it only while that query runs.
 */

#include "policy/spf_lib.h"

#include <sys/types.h>
#include <netinet/in.h>
#include <arpa/nameser.h>

#define HAVE_NS_TYPE
#include <spf2/spf.h>

#include "policy/spf_macro.h"

#define RECEIVER	"receiver.invalid"	/* for explanations, unused */
#define RR_LEAST	16			/* the union's largest member */

static SPF_server_t *server;

struct job {
	const struct spf_lib_query	*query;
	bool				 waiting;
};

/* ---- the library's questions ---- */

static void
add_rr(SPF_dns_rr_t *rr, const void *data, size_t size)
{
	int i = rr->num_rr;

	if (SPF_dns_rr_buf_realloc(rr, i, size < RR_LEAST ? RR_LEAST :
	    size) != SPF_E_SUCCESS)
		return;
	memcpy(rr->rr[i], data, size);
	rr->num_rr = i + 1;
}

/* No record, and one that we refused, are not for it. */
static void
add_text(SPF_dns_rr_t *rr, const struct spf_lib_query *query,
    const void *data, size_t size)
{
	char text[SPF_PLAIN_SIZE];

	if (query->plain(data, size, query->peer, text))
		add_rr(rr, text, strlen(text) + 1);
}

static void
add_records(SPF_dns_rr_t *rr, const struct spf_lib_query *query,
    const struct dns_answer *answer)
{
	size_t address_size = answer->type == DNS_A ? 4 : 16;

	for (size_t i = 0; i < answer->name_count; i++)
		add_rr(rr, answer->names[i], strlen(answer->names[i]) + 1);
	for (size_t i = 0; i < answer->text_count; i++)
		add_text(rr, query, answer->texts[i].data,
		    answer->texts[i].size);
	for (size_t i = 0; i < answer->addr_count; i++)
		if (netaddr_is_ipv6(&answer->addrs[i]) ==
		    (answer->type == DNS_AAAA))
			add_rr(rr, answer->addrs[i].bytes, address_size);
}

static SPF_dns_stat_t
stat_of(enum dns_status status)
{
	switch (status) {
	case DNS_OK:
		return NETDB_SUCCESS;
	case DNS_NODATA:
		return NO_DATA;
	case DNS_NXDOMAIN:
		return HOST_NOT_FOUND;
	case DNS_FAILED:
	case DNS_BOGUS:
		return TRY_AGAIN;
	}
	abort();
}

/* A name that nobody could ask for does not exist, as for us. */
static SPF_dns_rr_t *
lookup(SPF_dns_server_t *dns, const char *domain, ns_type type,
    int should_cache)
{
	struct job *job = dns->hook;
	const struct spf_lib_query *query = job->query;
	const struct dns_answer *answer;
	char name[DOMAIN_SIZE];
	SPF_dns_rr_t *rr;

	(void)should_cache;
	if (!spf_name_clean(domain, strlen(domain), name))
		return SPF_dns_rr_new_init(dns, domain, type, 0,
		    HOST_NOT_FOUND);
	if (type == ns_t_txt && query->record != NULL &&
	    strcmp(name, query->domain) == 0) {
		rr = SPF_dns_rr_new_init(dns, domain, type, 0, NETDB_SUCCESS);
		if (rr != NULL)
			add_text(rr, query, query->record,
			    strlen(query->record));
		return rr;
	}
	answer = answers_want(query->answers, (enum dns_type)type, name,
	    query->need);
	job->waiting |= answer == NULL &&
	    query->answers->count < ANSWERS_MAX;
	rr = SPF_dns_rr_new_init(dns, domain, type, 0, answer == NULL ?
	    TRY_AGAIN : stat_of(answer->status));
	if (rr != NULL && answer != NULL && answer->status == DNS_OK)
		add_records(rr, query, answer);
	return rr;
}

static SPF_dns_server_t resolver = { .lookup = lookup, .name = "mx6d" };

/* ---- a query ---- */

static bool
set_up(void)
{
	if (server != NULL)
		return true;
	SPF_warning_handler = NULL;
	SPF_info_handler = NULL;
	SPF_debug_handler = NULL;
	server = SPF_server_new_dns(&resolver, 0);
	return server != NULL &&
	    SPF_server_set_rec_dom(server, RECEIVER) == SPF_E_SUCCESS;
}

void
spf_lib_start(void)
{
	set_up();
}

static SPF_errcode_t
set_peer(SPF_request_t *request, const struct netaddr *peer)
{
	struct in_addr ipv4;
	struct in6_addr ipv6;

	if (netaddr_is_ipv6(peer)) {
		memcpy(&ipv6, peer->bytes, sizeof ipv6);
		return SPF_request_set_ipv6(request, ipv6);
	}
	memcpy(&ipv4, peer->bytes, sizeof ipv4);
	return SPF_request_set_ipv4(request, ipv4);
}

static enum spf_lib_opinion
opinion(SPF_response_t *response)
{
	if (response == NULL)
		return SPF_LIB_OTHER;
	switch (SPF_response_result(response)) {
	case SPF_RESULT_PASS:
		return SPF_LIB_PASS;
	case SPF_RESULT_NEUTRAL:
		return SPF_LIB_NEUTRAL;
	case SPF_RESULT_SOFTFAIL:
		return SPF_LIB_SOFTFAIL;
	case SPF_RESULT_FAIL:
		return SPF_LIB_FAIL;
	case SPF_RESULT_TEMPERROR:
		return SPF_LIB_TEMPERROR;
	case SPF_RESULT_NONE:
	case SPF_RESULT_PERMERROR:
	case SPF_RESULT_INVALID:
		return SPF_LIB_OTHER;
	}
	return SPF_LIB_OTHER;
}

enum spf_lib_opinion
spf_lib_check(const struct spf_lib_query *query)
{
	struct job job = { .query = query };
	enum spf_lib_opinion answer = SPF_LIB_OTHER;
	SPF_response_t *response = NULL;
	SPF_request_t *request;

	if (!set_up() || (request = SPF_request_new(server)) == NULL)
		return answer;
	resolver.hook = &job;
	if (set_peer(request, query->peer) == SPF_E_SUCCESS &&
	    SPF_request_set_helo_dom(request, query->helo) ==
	    SPF_E_SUCCESS &&
	    SPF_request_set_env_from(request, query->sender) == 0) {
		SPF_request_query_mailfrom(request, &response);
		answer = job.waiting ? SPF_LIB_WAITS : opinion(response);
	}
	resolver.hook = NULL;
	if (response != NULL)
		SPF_response_free(response);
	SPF_request_free(request);
	return answer;
}

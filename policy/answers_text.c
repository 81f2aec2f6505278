/* SPDX-License-Identifier: ISC */
/* What DNS said, for people. */

#include "policy/answers.h"

#include "resolver/resolver_client.h"
#include "util/buf.h"
#include "util/xalloc.h"

#define ANSWER_TEXT_MAX	512	/* octets */
#define TEXT_TOLD	400	/* of a TXT record */

char *
dns_answer_text(const struct dns_answer *a)
{
	char addr[NETADDR_TEXT_SIZE], *text;
	struct buf told;

	buf_init(&told, ANSWER_TEXT_MAX);
	if (a->status != DNS_OK)
		buf_add_str(&told, resolver_client_status_name(a->status));
	for (size_t i = 0; i < a->name_count; i++)
		buf_addf(&told, " %s", a->names[i]);
	for (size_t i = 0; i < a->addr_count; i++)
		buf_addf(&told, " %s", netaddr_format(&a->addrs[i], addr));
	for (size_t i = 0; i < a->text_count; i++)
		buf_addf(&told, " \"%.*s\"",
		    (int)(a->texts[i].size < TEXT_TOLD ? a->texts[i].size :
		    TEXT_TOLD), (const char *)a->texts[i].data);
	text = xstrdup(buf_cstr(&told) + (buf_cstr(&told)[0] == ' '));
	buf_done(&told);
	for (char *c = text; *c != '\0'; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	return text;
}

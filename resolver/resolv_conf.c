/* SPDX-License-Identifier: ISC */
/* resolv.conf, of which only the lines `nameserver ADDRESS` matter here. */
#include "resolver/resolv_conf.h"

#include <string.h>

#define DNS_PORT 53

static size_t
span(const char *text, size_t n, const char *set)
{
	size_t i = 0;

	while (i < n && text[i] != '\0' && strchr(set, text[i]) != NULL)
		i++;
	return i;
}

/* One line without its end: "nameserver", blanks, an address. */
static bool
parse_line(const char *line, size_t n, struct netaddr *ret_addr)
{
	static const char word[] = "nameserver";
	char text[NETADDR_TEXT_SIZE];
	size_t at = sizeof word - 1, blanks, length = 0;

	if (n < at || memcmp(line, word, at) != 0)
		return false;
	blanks = span(line + at, n - at, " \t");
	if (blanks == 0)
		return false;
	at += blanks;
	while (at + length < n && strchr(" \t\r#;", line[at + length]) == NULL)
		length++;
	if (length >= sizeof text)
		return false;
	memcpy(text, line + at, length);
	text[length] = '\0';
	if (!netaddr_parse(text, ret_addr))
		return false;
	ret_addr->port = DNS_PORT;
	return true;
}

size_t
resolv_conf_parse(const char *text, size_t n,
    struct netaddr ret_servers[static RESOLV_CONF_SERVERS_MAX])
{
	size_t count = 0;

	while (n > 0 && count < RESOLV_CONF_SERVERS_MAX) {
		const char *newline = memchr(text, '\n', n);
		size_t length = newline == NULL ? n : (size_t)(newline - text);

		if (parse_line(text, length, &ret_servers[count]))
			count++;
		if (newline == NULL)
			break;
		n -= length + 1;
		text += length + 1;
	}
	return count;
}

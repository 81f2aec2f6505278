/* SPDX-License-Identifier: ISC */
#include "smtpd/params.h"

#include <string.h>
#include <strings.h>

#include "util/number.h"

enum reply
path_parse(const char *text, size_t n, const char *word, bool postmaster,
    enum reply bad_syntax, struct path *ret_path)
{
	size_t skip = strlen(word), used;
	enum mailaddr_fault fault;

	memset(ret_path, 0, sizeof *ret_path);
	if (n < skip || strncasecmp(text, word, skip) != 0)
		return bad_syntax;
	while (skip < n && text[skip] == ' ')	/* often sent, harmless */
		skip++;
	fault = mailaddr_parse_path(text + skip, n - skip, true, postmaster,
	    &ret_path->addr, &ret_path->null, &used);
	if (fault != MAILADDR_OK)
		return bad_syntax;
	for (size_t i = skip; i < skip + used; i++)
		ret_path->utf8 |= (text[i] & 0x80) != 0;
	skip += used;
	if (skip < n && text[skip] != ' ')
		return bad_syntax;
	ret_path->params = text + skip;
	ret_path->params_length = n - skip;
	return REPLY_NONE;
}

static bool
param_size(const char *value, struct mail_params *params)
{
	return value != NULL && strlen(value) <= 20 &&	/* RFC 1870 4. */
	    number_parse(value, 0, UINT64_MAX, &params->size);
}

static bool
param_body(const char *value, struct mail_params *params)
{
	if (value == NULL)
		return false;
	params->eightbit = strcasecmp(value, "8BITMIME") == 0;
	return params->eightbit || strcasecmp(value, "7BIT") == 0;
}

static bool
param_utf8(const char *value, struct mail_params *params)
{
	params->utf8 = true;
	return value == NULL;
}

static bool
param_prdr(const char *value, struct mail_params *params)
{
	params->prdr = true;
	return value == NULL;
}

static const struct {
	const char	*name;
	bool		(*parse)(const char *value, struct mail_params *);
} mail_params[] = {
	{ "SIZE", param_size },
	{ "BODY", param_body },
	{ "SMTPUTF8", param_utf8 },
	{ "PRDR", param_prdr },
};

/* item: "NAME" or "NAME=value". */
static enum reply
parse_one(char *item, struct mail_params *params, char bad[static PARAM_NAME_SIZE])
{
	char *value = strchr(item, '=');
	size_t length;

	if (value != NULL)
		*value++ = '\0';
	for (size_t i = 0; i < sizeof mail_params / sizeof mail_params[0]; i++)
		if (strcasecmp(item, mail_params[i].name) == 0)
			return mail_params[i].parse(value, params) ?
			    REPLY_NONE : REPLY_BAD_ARGUMENT;
	length = strnlen(item, PARAM_NAME_SIZE - 1);
	memcpy(bad, item, length);
	bad[length] = '\0';
	return REPLY_PARAMETER;
}

enum reply
mail_params_parse(const char *text, size_t n, struct mail_params *ret_params,
    char bad[static PARAM_NAME_SIZE])
{
	enum reply reply = REPLY_NONE;

	memset(ret_params, 0, sizeof *ret_params);
	bad[0] = '\0';
	while (n > 0 && reply == REPLY_NONE) {
		const char *blank = memchr(text, ' ', n);
		size_t length = blank == NULL ? n : (size_t)(blank - text);
		char item[64];

		if (length > 0) {
			size_t cut = length < sizeof item ? length :
			    sizeof item - 1;

			memcpy(item, text, cut);
			item[cut] = '\0';
			reply = parse_one(item, ret_params, bad);
		}
		if (blank != NULL)
			length++;
		text += length;
		n -= length;
	}
	return reply;
}

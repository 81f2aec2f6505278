/* SPDX-License-Identifier: ISC */
/*
 * The last lines are reserved first (URL and reference), so that a long
 * Authentication-Results field is what is cut, never they.
 */

#include "policy/pushback.h"

#include "util/number.h"

static const struct {
	enum verdict_action	 action;
	int			 role;		/* -1: any */
	const char		*code;
	const char		*enhanced;	/* "": fallback-code */
	const char		*text;
} refusals[] = {
#define REFUSAL(action, role, code, enhanced, text) \
	{ action, role, code, enhanced, text },
#include "policy/refusals.def"
#undef REFUSAL
};

/* A field is folded at this width if its lines are enough for that. */
#define FOLD_WIDTH 100

static size_t
refusal_for(enum verdict_action action, enum listener_role role)
{
	for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++)
		if (refusals[i].action == action && (refusals[i].role < 0 ||
		    refusals[i].role == (int)role))
			return i;
	abort();	/* an action that refuses nothing */
}

/* Octets of text that one line can carry: 512 without "550-", "5.5.64 " and
 * CRLF. */
static size_t
room_in_line(const struct pushback_reply *reply)
{
	return PUSHBACK_LINE_SIZE - strlen(reply->code) - 1 -
	    strlen(reply->enhanced) - 1 - 2;
}

/* The next line, cut to what fits; what is not printable becomes "?". */
static void
add_line(struct pushback_reply *reply, const char *prefix, const char *text)
{
	char *line = reply->lines[reply->count++];

	snprintf(line, room_in_line(reply) + 1, "%s%s", prefix, text);
	for (; *line != '\0'; line++)
		if (*line < ' ' || *line > '~')
			*line = '?';
}

/* Appends pieces to at most `most` lines of at most width octets; false if
 * they do not fit, and what was added is to be forgotten. */
static bool
fold(struct pushback_reply *reply, const struct authresults *results,
    size_t most, size_t width)
{
	size_t first = reply->count;

	for (size_t i = 0; i < results->count; i++) {
		const char *piece = results->pieces[i];
		char *last = reply->lines[reply->count - 1];
		size_t used = strlen(last);

		if (i > 0 && used + 1 + strlen(piece) <= width) {
			last[used] = ' ';
			strcpy_bounded(last + used + 1,
			    PUSHBACK_LINE_SIZE - used - 1, piece);
		} else if (reply->count - first < most) {
			add_line(reply, i == 0 ? "" : " ", piece);
		} else {
			return false;
		}
	}
	return true;
}

static void
add_results(struct pushback_reply *reply, const struct authresults *results,
    size_t most)
{
	size_t first = reply->count;
	char *last;

	if (fold(reply, results, most, FOLD_WIDTH))
		return;
	reply->count = first;
	if (fold(reply, results, most, room_in_line(reply)))
		return;
	/* Even so too long: it ends where it was cut. */
	last = reply->lines[reply->count - 1];
	last[room_in_line(reply) - strlen(" (cut)")] = '\0';
	strcpy_bounded(last + strlen(last), PUSHBACK_LINE_SIZE - strlen(last),
	    " (cut)");
}

void
pushback_compose(const struct pushback_ask *ask,
    struct pushback_reply *ret_reply)
{
	size_t row = refusal_for(ask->action, ask->role);
	bool has_url = ask->registration_url[0] != '\0' &&
	    ask->action == VERDICT_FALLBACK;

	ret_reply->count = 0;
	ret_reply->code = refusals[row].code;
	ret_reply->enhanced = refusals[row].enhanced[0] != '\0' ?
	    refusals[row].enhanced : ask->fallback_code;
	/* Half a URL helps nobody. */
	has_url = has_url && strlen(ask->registration_url) +
	    strlen("register at ") <= room_in_line(ret_reply);
	add_line(ret_reply, "", refusals[row].text);
	add_results(ret_reply, ask->results,
	    (size_t)PUSHBACK_LINES_MAX - 2 - has_url);
	if (has_url)
		add_line(ret_reply, "register at ", ask->registration_url);
	add_line(ret_reply, "reference ", ask->message);
}

/* SPDX-License-Identifier: ISC */
#include "smtpd/reply.h"

#include <assert.h>
#include <string.h>

static const struct {
	const char	*code;
	const char	*enhanced;
	const char	*text;
} replies[REPLIES] = {
#define REPLY(name, code, enhanced, text) \
	[REPLY_##name] = { code, enhanced, text },
#include "smtpd/replies.def"
#undef REPLY
};

const char *
reply_code(enum reply reply)
{
	assert(reply > REPLY_NONE && reply < REPLIES);
	return replies[reply].code;
}

const char *
reply_enhanced(enum reply reply)
{
	assert(reply > REPLY_NONE && reply < REPLIES);
	return replies[reply].enhanced;
}

const char *
reply_text(enum reply reply)
{
	assert(reply > REPLY_NONE && reply < REPLIES);
	return replies[reply].text;
}

bool
reply_is_error(enum reply reply)
{
	return reply_code(reply)[0] == '5';
}

/* A text may quote a stranger: only printable ASCII leaves. */
static void
add_printable(struct buf *out, const char *text, size_t n)
{
	uint8_t *to = buf_reserve(out, n);

	if (to == NULL)
		return;
	for (size_t i = 0; i < n; i++)
		to[i] = text[i] >= ' ' && text[i] <= '~' ?
		    (uint8_t)text[i] : (uint8_t)'?';
	buf_commit(out, n);
}

static void
add_codes(struct buf *out, const char *code, const char *enhanced, bool last)
{
	buf_add_str(out, code);
	buf_add(out, last ? " " : "-", 1);
	if (enhanced[0] != '\0') {
		buf_add_str(out, enhanced);
		buf_add(out, " ", 1);
	}
}

/* How much of text fits on one line behind `used` octets. */
static size_t
fitting(const char *text, size_t used)
{
	size_t room = REPLY_LINE_MAX - 2 - used, n = strlen(text);

	return n < room ? n : room;
}

void
reply_add(struct buf *out, enum reply reply, const char *detail)
{
	const char *text = reply_text(reply);
	size_t begin = buf_len(out);

	add_codes(out, reply_code(reply), reply_enhanced(reply), true);
	add_printable(out, text, strlen(text));
	if (detail != NULL) {
		if (text[0] != '\0')
			buf_add(out, " ", 1);
		add_printable(out, detail,
		    fitting(detail, buf_len(out) - begin));
	}
	buf_add(out, "\r\n", 2);
}

void
reply_add_last(struct buf *out, enum reply reply, const char *hostname)
{
	const char *code = reply_code(reply), *text = reply_text(reply);

	add_codes(out, code, reply_enhanced(reply), true);
	if (strcmp(code + 1, "21") == 0) {
		add_printable(out, hostname, strlen(hostname));
		buf_add(out, " ", 1);
	}
	add_printable(out, text, strlen(text));
	buf_add(out, "\r\n", 2);
}

void
reply_add_line(struct buf *out, const char *code, bool last, const char *text)
{
	add_codes(out, code, "", last);
	add_printable(out, text, fitting(text, strlen(code) + 1));
	buf_add(out, "\r\n", 2);
}

void
reply_add_codes(struct buf *out, const char *code, const char *enhanced,
    const char *text)
{
	size_t begin = buf_len(out);

	add_codes(out, code, enhanced, true);
	add_printable(out, text, fitting(text, buf_len(out) - begin));
	buf_add(out, "\r\n", 2);
}

bool
reply_is_refusal(const char *code, const char *enhanced)
{
	size_t n = strlen(enhanced);

	return (code[0] == '4' || code[0] == '5') && strlen(code) == 3 &&
	    strspn(code, "0123456789") == 3 && enhanced[0] == code[0] &&
	    n >= 5 && n <= 9 && strspn(enhanced, "0123456789.") == n;
}

/* The octets of text for a line with `room`: up to the last blank that fits,
 * if all does not. */
static size_t
break_at(const char *text, size_t room)
{
	size_t n = strlen(text), i;

	if (n <= room)
		return n;
	for (i = room; i > room / 2; i--)
		if (text[i] == ' ')
			return i;
	return room;
}

bool
reply_add_refusal(struct buf *out, const char *code, const char *enhanced,
    const char *const *lines, size_t count)
{
	struct { const char *text; size_t n; } part[REPLY_LINES_MAX];
	size_t parts = 0, room, n;

	if (!reply_is_refusal(code, enhanced) || count == 0)
		return false;
	room = REPLY_LINE_MAX - 2 - 4 - strlen(enhanced) - 1;
	for (size_t i = 0; i < count; i++) {
		const char *text = lines[i];

		do {
			if (parts == REPLY_LINES_MAX)
				break;
			n = break_at(text, room);
			part[parts].text = text;
			part[parts++].n = n;
			text += n;
			text += strspn(text, " ");
		} while (*text != '\0');
	}
	for (size_t i = 0; i < parts; i++) {
		add_codes(out, code, enhanced, i + 1 == parts);
		add_printable(out, part[i].text, part[i].n);
		buf_add(out, "\r\n", 2);
	}
	return true;
}

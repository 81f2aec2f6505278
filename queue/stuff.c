/* SPDX-License-Identifier: ISC */
#include "queue/stuff.h"

#include <string.h>

#define SCAN_MAX 512

void
stuff_init(struct stuff *s)
{
	memset(s, 0, sizeof *s);
	s->line_start = true;
}

static void
end_line(struct stuff *s, struct buf *out)
{
	buf_add(out, "\r\n", 2);
	s->line_start = true;
	s->cr_held = false;
	s->lines++;
}

/* The number of octets before the first CR, LF or NUL: memchr three times
 * over a line is faster than one loop by octets.  It looks SCAN_MAX ahead, so
 * that a body of nothing but CRs does not cost the square of its size. */
static size_t
plain_length(const char *p, size_t n)
{
	static const char stops[] = { '\n', '\r', '\0' };
	const char *stop;

	if (n > SCAN_MAX)
		n = SCAN_MAX;
	for (size_t i = 0; i < sizeof stops && n > 0; i++)
		if ((stop = memchr(p, stops[i], n)) != NULL)
			n = (size_t)(stop - p);
	return n;
}

static void
add_plain(struct stuff *s, struct buf *out, const char *p, size_t n)
{
	if (s->line_start && p[0] == '.')
		buf_add(out, ".", 1);
	buf_add(out, p, n);
	s->line_start = false;
}

void
stuff_add(struct stuff *s, struct buf *out, const void *bytes, size_t n)
{
	const char *p = bytes, *end = p + n;

	while (p < end) {
		if (s->cr_held) {
			if (*p == '\n')
				p++;
			else
				s->mended++;
			end_line(s, out);
			continue;
		}
		n = plain_length(p, (size_t)(end - p));
		if (n > 0)
			add_plain(s, out, p, n);
		if ((p += n) == end)
			break;
		if (*p == '\r') {
			s->cr_held = true;
		} else {
			s->mended++;
			if (*p == '\n')
				end_line(s, out);
		}
		p++;
	}
}

void
stuff_end(struct stuff *s, struct buf *out)
{
	if (s->cr_held)
		s->mended++;
	if (s->cr_held || !s->line_start)
		end_line(s, out);
	buf_add(out, ".\r\n", 3);
}

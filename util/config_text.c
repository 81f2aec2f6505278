/* SPDX-License-Identifier: ISC */
#include "util/config_text.h"

#include <string.h>

#define DEPTH_MAX 16

/* Behind a comment or a quoted text that begins at p; counts its lines. */
static const char *
skip_span(const char *p, int *line)
{
	const char *end;
	char quote = *p;

	if (quote == '#' || strncmp(p, "//", 2) == 0)
		return p + strcspn(p, "\n");
	if (strncmp(p, "/*", 2) == 0) {
		end = strstr(p + 2, "*/");
		end = end == NULL ? p + strlen(p) : end + 2;
	} else {
		for (end = p + 1; *end != '\0' && *end != quote; end++) {
			if (*end == '\\' && end[1] != '\0')
				end++;
		}
		end += *end != '\0';
	}
	for (; p < end; p++)
		*line += *p == '\n';
	return end;
}

static int
begins_span(const char *p)
{
	return *p == '#' || *p == '"' || *p == '\'' ||
	    strncmp(p, "//", 2) == 0 || strncmp(p, "/*", 2) == 0;
}

static const char *
brace_fault(const char *text, int *ret_line)
{
	int opened[DEPTH_MAX], depth = 0, line = 1;

	for (const char *p = text; *p != '\0'; ) {
		if (begins_span(p)) {
			p = skip_span(p, &line);
			continue;
		}
		if (*p == '{') {
			if (depth < DEPTH_MAX)
				opened[depth] = line;
			depth++;
		}
		*ret_line = line;
		if (*p == '}' && depth-- == 0)
			return "this } closes nothing; remove it, or open "
			    "its section with {";
		line += *p++ == '\n';
	}
	if (depth == 0)
		return NULL;
	*ret_line = opened[depth > DEPTH_MAX ? DEPTH_MAX - 1 : depth - 1];
	return "the { of this line is never closed; put a } where its section "
	    "or list ends";
}

const char *
config_text_fault(const char *text, size_t n, int *ret_line)
{
	const char *variable = strstr(text, "${");

	*ret_line = 1;
	if (memchr(text, '\0', n) != NULL)
		return "there is a NUL octet in it; it should be plain text";
	if (variable != NULL) {
		for (const char *p = text; p < variable; p++)
			*ret_line += *p == '\n';
		return "\"${\" is not expanded here; write the value itself";
	}
	return brace_fault(text, ret_line);
}

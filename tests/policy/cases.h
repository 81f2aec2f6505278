/* SPDX-License-Identifier: ISC */
#ifndef TESTS_POLICY_CASES_H
#define TESTS_POLICY_CASES_H

/* Files of cases: lines that a runner takes, each case begun by its title. */

#include <glob.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/fdio.h"

struct scene;			/* the runner's own */

static unsigned test_number, failures;
static const char *file_name, *case_title = "?";

/* The file makes no sense. */
__attribute__((format(printf, 1, 2), noreturn))
static void
broken(const char *format, ...)
{
	va_list args;

	printf("Bail out! %s: case %s: ", file_name, case_title);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	exit(1);
}

static bool
has_word(const char *text, const char *word)
{
	return text != NULL && strstr(text, word) != NULL;
}

/* The file's lines but comments; what they point to is freed by the caller. */
static char *
take_lines(const char *path, void (*take)(struct scene *, char *),
    struct scene *s)
{
	char *text, *next, *line;
	size_t n;

	file_name = path;
	text = fdio_read_file(path, 1 << 20, &n);
	if (text == NULL)
		broken("cannot be read");
	next = text;
	while ((line = strsep(&next, "\n")) != NULL)
		if (line[0] != '\0' && line[0] != '#')
			take(s, line);
	return text;
}

/* false: there is no such file. */
static bool
each_file(const char *pattern, void (*run)(const char *path))
{
	glob_t found;

	if (glob(pattern, 0, NULL, &found) != 0)
		return false;
	for (size_t i = 0; i < found.gl_pathc; i++)
		run(found.gl_pathv[i]);
	globfree(&found);
	return true;
}

#endif

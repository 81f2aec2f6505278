/* SPDX-License-Identifier: ISC */
#include "util/xalloc.h"

#include <err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *
checked(void *memory)
{
	if (memory == NULL)
		errx(1, "out of memory");
	return memory;
}

void *
xmalloc(size_t size_bytes)
{
	return checked(malloc(size_bytes == 0 ? 1 : size_bytes));
}

void *
xcalloc(size_t count, size_t size_bytes)
{
	if (count == 0 || size_bytes == 0)
		count = size_bytes = 1;
	return checked(calloc(count, size_bytes));
}

void *
xreallocarray(void *old, size_t count, size_t size_bytes)
{
	if (count == 0 || size_bytes == 0)
		count = size_bytes = 1;
	return checked(reallocarray(old, count, size_bytes));
}

char *
xstrdup(const char *text)
{
	return checked(strdup(text));
}

char *
xstrndup(const char *text, size_t max_bytes)
{
	return checked(strndup(text, max_bytes));
}

void *
xmemdup(const void *data, size_t size_bytes)
{
	void *copy = xmalloc(size_bytes);

	if (size_bytes > 0)
		memcpy(copy, data, size_bytes);
	return copy;
}

char *
xasprintf(const char *format, ...)
{
	va_list args;
	char *text;
	int length;

	va_start(args, format);
	length = vasprintf(&text, format, args);
	va_end(args);
	return checked(length < 0 ? NULL : text);
}

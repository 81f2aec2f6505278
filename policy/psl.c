/* SPDX-License-Identifier: ISC */
/* All that knows libpsl. */

#include "policy/psl.h"

#include <string.h>

#include <libpsl.h>

const char *
psl_registrable(const char *domain)
{
	if (domain[0] == '\0')
		return NULL;
	return psl_registrable_domain(psl_builtin(), domain);
}

bool
psl_same_registrable(const char *a, const char *b)
{
	const char *of_a, *of_b;

	if (strcmp(a, b) == 0)
		return true;
	of_a = psl_registrable(a);
	of_b = psl_registrable(b);
	return of_a != NULL && of_b != NULL && strcmp(of_a, of_b) == 0;
}

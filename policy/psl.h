/* SPDX-License-Identifier: ISC */
#ifndef POLICY_PSL_H
#define POLICY_PSL_H

/*
 * The public suffix list as libpsl carries it within: no file is read.  It is
 * what keeps a.github.io and b.github.io apart, whose operator publishes
 * nothing in DNS that would.
 */

#include <stdbool.h>

#include "util/domain.h"

/* The part of domain that somebody registered ("example.co.uk" of
 * "www.example.co.uk"), a tail of it; NULL if domain is itself a public
 * suffix.  domain: canonical. */
const char *psl_registrable(const char *domain);
/* Both have the same one; equal domains need none. */
bool psl_same_registrable(const char *a, const char *b);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef POLICY_ASKED_WEIGH_H
#define POLICY_ASKED_WEIGH_H

/* From what providers say to the facts dnswl, dwl, dnsbl and asn-listed. */

#include "policy/asked.h"
#include "policy/lists_signs.h"
#include "policy/verdict.h"
#include "util/buf.h"

/*
 * domain: the author's, if it is authenticated; NULL: what domain lists said
 * does not count.  reasons gets a line "fact<TAB>provider (zone): what" for
 * each that was asked.
 */
void asked_weigh(struct lists *lists, const struct asked *asked,
    const char *domain, struct list_answers *answers, struct buf *reasons);

#endif

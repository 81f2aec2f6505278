/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_PARAMS_H
#define SMTPD_PARAMS_H

/* The arguments of MAIL and RCPT: a path and its parameters. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "smtpd/reply.h"
#include "util/mailaddr.h"

/* What MAIL parameters said (RFC 1870, RFC 6152, RFC 6531). */
struct mail_params {
	uint64_t	size;		/* 0: not given */
	bool		eightbit;
	bool		utf8;
	bool		prdr;		/* draft-hall-prdr-00 */
};

struct path {
	struct mailaddr	addr;
	bool		null;		/* <> */
	bool		utf8;		/* holds octets above 127 */
	const char	*params;	/* what follows it */
	size_t		params_length;
};

/* "FROM:<path> ..." with word "FROM:" (RFC 5321 4.1.1.2).  REPLY_NONE, or
 * bad_syntax. */
enum reply path_parse(const char *text, size_t n, const char *word,
    bool postmaster, enum reply bad_syntax, struct path *ret_path);
/* REPLY_NONE if all are known and right; else what to say, and the name of
 * the parameter, cut, in bad. */
#define PARAM_NAME_SIZE	32
enum reply mail_params_parse(const char *text, size_t n,
    struct mail_params *ret_params, char bad[static PARAM_NAME_SIZE]);

#endif

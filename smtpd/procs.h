/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_PROCS_H
#define SMTPD_PROCS_H

/* The processes of mx6d and who may ask whom: two tables. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/child.h"
#include "util/config.h"

struct process_row {
	enum process_kind	 kind;
	const char		*name;		/* program is mx6d-NAME */
	uint32_t		(*count)(const struct config *);
	bool			 certificate;	/* is given the TLS key */
	bool			 zone;
	bool			 shared;	/* is given the shared counters */
};

struct process_edge {
	enum process_kind	asks;
	enum process_kind	answers;
};

extern const struct process_row process_rows[];
extern const size_t process_row_count;
extern const struct process_edge process_edges[];
extern const size_t process_edge_count;

#endif

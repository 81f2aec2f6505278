/* SPDX-License-Identifier: ISC */
#include "smtpd/procs.h"

#include <unistd.h>

static uint32_t
one(const struct config *config)
{
	(void)config;
	return 1;
}

static uint32_t
or_cores(uint64_t wanted)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (wanted > 0)
		return (uint32_t)wanted;
	return cores < 1 ? 1 : cores > 64 ? 64 : (uint32_t)cores;
}

static uint32_t
smtp_count(const struct config *config)
{
	return or_cores(config->smtp_processes);
}

static uint32_t
policy_count(const struct config *config)
{
	return or_cores(config->policy_processes);
}

/* In the order in which they are started: each finds those that it asks. */
const struct process_row process_rows[] = {
	{ PROCESS_RESOLVER, "resolver", one, false, true, false },
	{ PROCESS_AUTH, "auth", policy_count, false, false, false },
	{ PROCESS_POLICY, "policy", policy_count, false, false, false },
	{ PROCESS_FILTER, "filter", one, false, false, false },
	{ PROCESS_LOCAL, "local", one, false, false, false },
	{ PROCESS_DELIVER, "deliver", one, false, false, false },
	{ PROCESS_QUEUE, "queue", one, false, false, false },
	{ PROCESS_SMTP, "smtp", smtp_count, true, false, true },
};

const size_t process_row_count = sizeof process_rows / sizeof *process_rows;

const struct process_edge process_edges[] = {
	{ PROCESS_SMTP, PROCESS_AUTH },
	{ PROCESS_SMTP, PROCESS_POLICY },
	{ PROCESS_SMTP, PROCESS_FILTER },
	{ PROCESS_SMTP, PROCESS_QUEUE },
	{ PROCESS_AUTH, PROCESS_RESOLVER },
	{ PROCESS_POLICY, PROCESS_RESOLVER },
	{ PROCESS_POLICY, PROCESS_POLICY },	/* history, by the first */
	{ PROCESS_QUEUE, PROCESS_POLICY },	/* where a bounce goes */
	{ PROCESS_QUEUE, PROCESS_DELIVER },
	{ PROCESS_QUEUE, PROCESS_LOCAL },
	{ PROCESS_DELIVER, PROCESS_RESOLVER },
	{ PROCESS_DELIVER, PROCESS_PARENT },	/* LMTP sockets */
	{ PROCESS_FILTER, PROCESS_PARENT },	/* their sockets */
	{ PROCESS_LOCAL, PROCESS_PARENT },	/* users' processes */
};

const size_t process_edge_count = sizeof process_edges / sizeof *process_edges;

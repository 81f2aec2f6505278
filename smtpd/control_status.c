/* SPDX-License-Identifier: ISC */
#include "smtpd/control_status.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "smtpd/control_ipc.h"
#include "smtpd/listeners.h"
#include "smtpd/supervise.h"
#include "util/xalloc.h"

static struct config *const *config;
static const char *config_path;
static uint64_t started_at;
static char *last_reload;

void serve_control_status(struct ipc_call *call,
    const struct control_status_ask *ask);

void
control_status_init(struct config *const *the_config,
    const char *the_config_path)
{
	config = the_config;
	config_path = the_config_path;
	started_at = (uint64_t)time(NULL);
	control_status_reloaded("");
}

void
control_status_reloaded(const char *error)
{
	free(last_reload);
	last_reload = xstrdup(error);
}

/* Memory shared with the other processes counts once among them all. */
static uint64_t
memory_of(pid_t pid)
{
	char path[64], line[256];
	unsigned long kib = 0;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)pid);
	f = fopen(path, "re");
	if (f == NULL)
		return 0;
	while (fgets(line, sizeof line, f) != NULL) {
		if (sscanf(line, "Pss: %lu kB", &kib) == 1)
			break;
	}
	fclose(f);
	return (uint64_t)kib * 1024;
}

static uint32_t
fill_processes(struct control_process *rows)
{
	const struct process *p;
	uint32_t n = 1;

	rows[0] = (struct control_process){
		.name = "mx6d",
		.pid = (uint32_t)getpid(),
		.started_at = started_at,
		.memory_bytes = memory_of(getpid()),
	};
	for (size_t i = 0; (p = supervise_at(i)) != NULL; i++) {
		bool alive = p->state != PROCESS_DOWN;

		rows[n++] = (struct control_process){
			.name = p->row->name,
			.index = p->index,
			.pid = alive ? (uint32_t)p->pid : 0,
			.started_at = p->started_at,
			.restarts = p->restarts,
			.memory_bytes = alive ? memory_of(p->pid) : 0,
		};
	}
	return n;
}

static size_t
count_of(void)
{
	size_t n = 0;

	while (supervise_at(n) != NULL)
		n++;
	return n;
}

void
serve_control_status(struct ipc_call *call,
    const struct control_status_ask *ask)
{
	struct control_process *processes = xcalloc(count_of() + 1,
	    sizeof *processes);
	struct control_listener *rows;
	char (*texts)[NETADDR_TEXT_SIZE];
	struct control_status_answer answer = {
		.version = MX6D_VERSION,
		.hostname = (*config)->hostname,
		.configuration = config_path,
		.started_at = started_at,
		.processes = processes,
		.processes_count = fill_processes(processes),
		.last_reload = last_reload,
	};
	uint32_t n = 0;

	(void)ask;
	while (listeners_at(n) != NULL)
		n++;
	rows = xcalloc(n, sizeof *rows);
	texts = xcalloc(n, sizeof *texts);
	for (uint32_t i = 0; i < n; i++) {
		const struct listener *l = listeners_at(i);

		rows[i].address = netaddr_format_port(&l->addr, texts[i]);
		rows[i].role = l->role;
		rows[i].switched = l->role != l->configured;
	}
	answer.listeners = rows;
	answer.listeners_count = n;
	control_status_reply(call, &answer);
	free(texts);
	free(rows);
	free(processes);
}

/* SPDX-License-Identifier: ISC */
/* The commands that tell the running daemon to change something. */
#include <stdio.h>
#include <string.h>

#include "smtpd/control_ipc.h"
#include "smtpd/ctl.h"
#include "smtpd/ctl_report.h"
#include "util/log.h"

#define RELOAD_MS	60000

static enum ctl_exit
done(const struct ctl *ctl, enum ctl_exit ended, const char *sentence)
{
	struct report *r;

	if (ended != CTL_DONE)
		return ended;
	r = report_new(ctl->json);
	if (ctl->json)
		report_fact_text(r, "result", "", "done");
	report_say(r, "%s", sentence);
	report_end(r);
	return CTL_DONE;
}

static void
level_set(void *arg, enum ipc_status status,
    const struct control_log_level_answer *answer)
{
	*(enum ctl_exit *)arg = ctl_answered_error(status,
	    answer == NULL ? "" : answer->error);
}

enum ctl_exit
ctl_log_level(struct ctl *ctl)
{
	const char *process = ctl_value(&ctl->values, "PROCESS");
	const char *name = ctl_value(&ctl->values, "LEVEL");
	struct control_log_level_ask ask = {
		.process = process == NULL ? "" : process,
	};
	enum log_level level;
	enum ctl_exit ended;
	char sentence[100];
	int fd;

	if (!log_level_parse(name, &level)) {
		ctl_error("there is no level \"%s\": error, warning, info or "
		    "debug", name);
		return CTL_USAGE;
	}
	ask.level = level;
	ended = ctl_control(ctl, &fd);
	if (ended != CTL_DONE)
		return ended;
	control_log_level_wait(fd, &ask, CTL_TIMEOUT_MS, level_set, &ended);
	snprintf(sentence, sizeof sentence, "%s now logs at level %s until "
	    "the next start.", process == NULL ? "Every process" : process,
	    name);
	return done(ctl, ended, sentence);
}

static void
role_set(void *arg, enum ipc_status status,
    const struct control_listener_answer *answer)
{
	*(enum ctl_exit *)arg = ctl_answered_error(status,
	    answer == NULL ? "" : answer->error);
}

enum ctl_exit
ctl_listener(struct ctl *ctl)
{
	const char *address = ctl_value(&ctl->values, "ADDRESS");
	const char *name = ctl_value(&ctl->values, "ROLE");
	struct control_listener_ask ask = { .address = address };
	enum listener_role role;
	struct netaddr addr;
	enum ctl_exit ended;
	char sentence[200];
	int fd;

	if (!netaddr_parse_port(address, 25, &addr)) {
		ctl_error("\"%s\" is no address: \"192.0.2.1:25\" or "
		    "\"[2001:db8::1]:25\"", address);
		return CTL_USAGE;
	}
	if (!listener_role_parse(name, &role)) {
		ctl_error("there is no role \"%s\": mx, mx6 or defensive",
		    name);
		return CTL_USAGE;
	}
	ask.role = role;
	ended = ctl_control(ctl, &fd);
	if (ended != CTL_DONE)
		return ended;
	control_listener_wait(fd, &ask, CTL_TIMEOUT_MS, role_set, &ended);
	snprintf(sentence, sizeof sentence, "%.80s is %s until the "
	    "configuration is loaded again.", address, name);
	return done(ctl, ended, sentence);
}

static void
reloaded(void *arg, enum ipc_status status,
    const struct control_reload_answer *answer)
{
	*(enum ctl_exit *)arg = ctl_answered_error(status,
	    answer == NULL ? "" : answer->error);
}

enum ctl_exit
ctl_reload(struct ctl *ctl)
{
	struct control_reload_ask ask = { 0 };
	enum ctl_exit ended;
	int fd;

	ended = ctl_control(ctl, &fd);
	if (ended != CTL_DONE)
		return ended;
	control_reload_wait(fd, &ask, RELOAD_MS, reloaded, &ended);
	return done(ctl, ended, "The configuration is in force.");
}

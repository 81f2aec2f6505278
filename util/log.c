/* SPDX-License-Identifier: ISC */
#include "util/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "util/number.h"

#define DUE_EVERY_S	60	/* log_due */

static const char *process_name = "mx6d";
static bool to_syslog, to_journal;
static enum log_level level_in_force = LOG_LEVEL_INFO;

static const struct {
	const char	*name;
	int		 syslog;
} levels[] = {
	[LOG_LEVEL_ERROR] = { "error", LOG_ERR },
	[LOG_LEVEL_WARNING] = { "warning", LOG_WARNING },
	[LOG_LEVEL_INFO] = { "info", LOG_INFO },
	[LOG_LEVEL_DEBUG] = { "debug", LOG_DEBUG },
};

/* Standard error leads to systemd's journal, as in a service of its own. */
static bool
is_journal(void)
{
	struct sockaddr_un peer = { .sun_family = AF_UNSPEC };
	socklen_t size = sizeof peer - 1;	/* ends with a NUL */

	return getpeername(STDERR_FILENO, (struct sockaddr *)&peer,
	    &size) == 0 && peer.sun_family == AF_UNIX &&
	    strcmp(peer.sun_path, "/run/systemd/journal/stdout") == 0;
}

void
log_open(const char *process, bool syslog_wanted)
{
	process_name = process;
	to_syslog = syslog_wanted;
	if (!syslog_wanted && !to_journal)
		to_journal = is_journal();
}

void
log_set_level(enum log_level level)
{
	level_in_force = level;
}

enum log_level
log_get_level(void)
{
	return level_in_force;
}

const char *
log_level_name(enum log_level level)
{
	return levels[level].name;
}

bool
log_level_parse(const char *name, enum log_level *ret_level)
{
	for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
		if (strcmp(name, levels[i].name) == 0) {
			*ret_level = (enum log_level)i;
			return true;
		}
	}
	return false;
}

static void
append(struct log_line *l, const char *text, size_t n)
{
	/* One octet is kept for the newline. */
	size_t room = sizeof l->text - 1 - l->length;

	if (n > room)
		n = room;
	memcpy(l->text + l->length, text, n);
	l->length += n;
}

static void
append_str(struct log_line *l, const char *text)
{
	append(l, text, strlen(text));
}

/* The time to the second is formatted once a second. */
static void
append_time(struct log_line *l)
{
	static time_t cached_at;
	static char cached[32];
	struct timespec now;
	struct tm tm;
	char ms[8];

	clock_gettime(CLOCK_REALTIME, &now);
	if (now.tv_sec != cached_at) {
		gmtime_r(&now.tv_sec, &tm);
		strftime(cached, sizeof cached, "%Y-%m-%dT%H:%M:%S", &tm);
		cached_at = now.tv_sec;
	}
	snprintf(ms, sizeof ms, ".%03uZ ",
	    (unsigned)(now.tv_nsec / 1000000) % 1000);
	append_str(l, cached);
	append_str(l, ms);
}

/* The journal keeps the time itself, and takes the level from "<6>"
 * (sd-daemon(3)). */
static void
append_head(struct log_line *l, int priority)
{
	char head[8];

	if (!to_journal) {
		append_time(l);
		return;
	}
	snprintf(head, sizeof head, "<%d>", priority);
	append_str(l, head);
}

void
log_start(struct log_line *l, enum log_level level, const char *event)
{
	l->on = level <= level_in_force;
	if (!l->on)
		return;
	l->level = (uint8_t)level;
	l->length = 0;
	if (to_syslog) {
		char head[64];

		snprintf(head, sizeof head, "<%d>mx6d/%s: ",
		    LOG_MAIL | levels[level].syslog, process_name);
		append_str(l, head);
	} else {
		append_head(l, levels[level].syslog);
		append_str(l, process_name);
		append(l, " ", 1);
	}
	append_str(l, event);
	if (level <= LOG_LEVEL_WARNING) {
		append_str(l, " level=");
		append_str(l, levels[level].name);
	}
}

static bool
is_plain(const char *value)
{
	if (*value == '\0')
		return false;
	for (; *value != '\0'; value++) {
		unsigned char c = (unsigned char)*value;

		if (c <= ' ' || c >= 127 || c == '"' || c == '\\' || c == '=')
			return false;
	}
	return true;
}

static void
append_escaped(struct log_line *l, const char *value)
{
	for (; *value != '\0'; value++) {
		unsigned char c = (unsigned char)*value;
		char escaped[8];

		if (c == '"' || c == '\\') {
			snprintf(escaped, sizeof escaped, "\\%c", c);
			append_str(l, escaped);
		} else if (c < ' ' || c == 127) {
			snprintf(escaped, sizeof escaped, "\\x%02x", c);
			append_str(l, escaped);
		} else
			append(l, (const char *)&c, 1);
	}
}

static void
append_key(struct log_line *l, const char *key)
{
	append(l, " ", 1);
	append_str(l, key);
	append(l, "=", 1);
}

void
log_text(struct log_line *l, const char *key, const char *value)
{
	if (!l->on)
		return;
	append_key(l, key);
	if (is_plain(value)) {
		append_str(l, value);
		return;
	}
	append(l, "\"", 1);
	append_escaped(l, value);
	append(l, "\"", 1);
}

void
log_mailbox(struct log_line *l, const char *key, const char *value)
{
	if (!l->on)
		return;
	append_key(l, key);
	append(l, "<", 1);
	append_escaped(l, value);
	append(l, ">", 1);
}

void
log_number(struct log_line *l, const char *key, uint64_t value)
{
	char text[24];

	if (!l->on)
		return;
	append_key(l, key);
	snprintf(text, sizeof text, "%llu", (unsigned long long)value);
	append_str(l, text);
}

void
log_seconds(struct log_line *l, const char *key, uint64_t ms)
{
	char text[32];

	if (!l->on)
		return;
	append_key(l, key);
	snprintf(text, sizeof text, "%llu.%03u",
	    (unsigned long long)(ms / 1000), (unsigned)(ms % 1000));
	append_str(l, text);
}

void
log_addr(struct log_line *l, const char *key, const struct netaddr *addr)
{
	char text[NETADDR_TEXT_SIZE];

	if (!l->on)
		return;
	append_key(l, key);
	append_str(l, netaddr_format(addr, text));
}

void
log_send(struct log_line *l)
{
	ssize_t written;

	if (!l->on)
		return;
	if (!to_syslog)
		l->text[l->length++] = '\n';
	/* A log that cannot be written must not stop the mail. */
	written = write(STDERR_FILENO, l->text, l->length);
	(void)written;
}

void
log_say(enum log_level level, const char *event, const char *format, ...)
{
	struct log_line l;
	char text[2048];
	va_list args;

	log_start(&l, level, event);
	if (!l.on)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	log_text(&l, "msg", text);
	log_send(&l);
}

bool
log_due(uint64_t *told_s)
{
	struct timespec t;
	uint64_t now_s;

	clock_gettime(CLOCK_MONOTONIC, &t);
	now_s = (uint64_t)t.tv_sec + 1;
	if (*told_s != 0 && now_s - *told_s < DUE_EVERY_S)
		return false;
	*told_s = now_s;
	return true;
}

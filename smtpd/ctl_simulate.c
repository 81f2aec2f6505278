/* SPDX-License-Identifier: ISC */
/*
 * mx6ctl simulate: stored mail, as if it had come to an mx6 listener.
 *
 *	mailstore --message--> stored_read --client, envelope--> mx6d-smtp
 *	    ^                      | cannot be judged              | answer
 *	    '---- next -------- simulated (counts) <---------------'
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "smtpd/ctl_simulated.h"
#include "smtpd/mailstore.h"
#include "util/number.h"
#include "util/xalloc.h"

#define IN_FLIGHT	8
#define PROGRESS_MS	2000
#define AGAIN_MS	100
#define TRUSTED_MAX	32

struct simulation {
	struct ctl		*ctl;
	uv_loop_t		*loop;
	uv_timer_t		 timer;
	struct ipc_peer		*peer;
	struct mailstore	*store;
	struct stored_view	 view;
	struct netblock		 trusted[TRUSTED_MAX];
	struct buf		 text;
	struct simulated	 counts;
	enum ctl_exit		 ended;
	size_t			 in_flight;
	uint64_t		 told_ms;
	bool			 read;		/* all, or it failed */
	bool			 told;
};

/* A message that is being judged. */
struct flight {
	struct simulation	*s;
	struct stored		 stored;
	char			*name;
	uint8_t			*text;
	size_t			 size;
	uv_timer_t		 again;		/* while mx6d is too busy */
};

/* ---- progress ---- */

static void
tell_progress(struct simulation *s)
{
	uint64_t now = uv_hrtime() / 1000000, done, all;
	bool terminal = isatty(STDERR_FILENO) == 1;

	if (now - s->told_ms < PROGRESS_MS)
		return;
	s->told_ms = now;
	s->told = terminal;
	mailstore_progress(s->store, &done, &all);
	fprintf(stderr, "%smx6ctl: %llu messages, %llu %% of the mail%s",
	    terminal ? "\r" : "", (unsigned long long)s->counts.messages,
	    (unsigned long long)(all == 0 ? 0 : done * 100 / all),
	    terminal ? "" : "\n");
	fflush(stderr);
}

static void
on_timer(uv_timer_t *timer)
{
	tell_progress(timer->data);
}

/* ---- one message after the other ---- */

static void feed(struct simulation *s);
static void ask(struct flight *f);

static void
stop(struct simulation *s, enum ctl_exit why)
{
	s->read = true;
	if (s->ended == CTL_DONE)
		s->ended = why;
}

static void
take_answer(struct simulation *s, const struct flight *f,
    const struct smtp_admin_judge_answer *answer)
{
	struct ctl_judged j;

	if (ctl_judged_read(answer, &j)) {
		simulated_add(&s->counts, &f->stored, &j);
		ctl_judged_done(&j);
	} else if (answer->status == DRY_UNSOUND)
		simulated_fault(&s->counts, f->name, STORED_MALFORMED);
	else if (s->ended == CTL_DONE) {
		ctl_error("mx6d answers in words of another version");
		stop(s, CTL_FAILED);
	}
}

static void
on_flight_closed(uv_handle_t *handle)
{
	struct flight *f = handle->data;

	free(f->name);
	free(f->text);
	free(f);
}

static void
on_again(uv_timer_t *timer)
{
	ask(timer->data);
}

static void
on_judged(void *arg, enum ipc_status status,
    const struct smtp_admin_judge_answer *answer)
{
	struct flight *f = arg;
	struct simulation *s = f->s;

	if (status == IPC_OK && answer->status == DRY_BUSY) {
		uv_timer_start(&f->again, on_again, AGAIN_MS, 0);
		return;
	}
	s->in_flight--;
	if (status == IPC_OK)
		take_answer(s, f, answer);
	else if (status == IPC_LOST) {
		if (s->ended == CTL_DONE)
			stop(s, ctl_answered(status));
	} else {
		s->counts.messages++;
		s->counts.unanswered++;
	}
	uv_close((uv_handle_t *)&f->again, on_flight_closed);
	feed(s);
}

static void
ask(struct flight *f)
{
	const struct stored *stored = &f->stored;
	const struct smtp_admin_rcpt rcpt = { .address = stored->rcpt };
	const struct smtp_admin_judge_ask question = {
		.peer = stored->hop.peer,
		.role = ROLE_MX6,
		.helo = stored->hop.helo,
		.sender = stored->sender,
		.rcpts = &rcpt,
		.rcpts_count = 1,
		.message = { f->text, f->size },
	};

	smtp_admin_judge(f->s->peer, &question, CTL_JUDGE_MS, on_judged, f);
}

static void
send_off(struct simulation *s, const struct stored *stored, const char *name)
{
	struct flight *f = xcalloc(1, sizeof *f);

	f->s = s;
	f->stored = *stored;
	f->name = xstrdup(name);
	f->size = buf_len(&s->text) - stored->start;
	f->text = xmemdup(buf_bytes(&s->text) + stored->start, f->size);
	uv_timer_init(s->loop, &f->again);
	f->again.data = f;
	s->in_flight++;
	ask(f);
}

static enum stored_fault
read_one(struct simulation *s, const struct mailstore_item *item,
    struct stored *ret_stored)
{
	if (item->unreadable)
		return STORED_UNREADABLE;
	if (s->text.overflow)
		return STORED_TOO_LARGE;
	return stored_read((const char *)buf_bytes(&s->text),
	    buf_len(&s->text), item->sender, &s->view, ret_stored);
}

static void
feed(struct simulation *s)
{
	struct mailstore_item item;
	struct stored stored;
	enum stored_fault fault;

	while (!s->read && s->in_flight < IN_FLIGHT) {
		tell_progress(s);
		if (!mailstore_next(s->store, &s->text, &item)) {
			s->read = true;
			break;
		}
		fault = read_one(s, &item, &stored);
		if (fault == STORED_OK)
			send_off(s, &stored, item.name);
		else
			simulated_fault(&s->counts, item.name, fault);
	}
	if (s->read && s->in_flight == 0)
		uv_stop(s->loop);
}

/* ---- the command ---- */

static bool
read_view(struct simulation *s)
{
	const struct ctl_values *values = &s->ctl->values;
	const char *number = ctl_value(values, "--received"), *text;
	uint64_t received = 1;
	size_t n = 0;

	if (number != NULL && !number_parse(number, 1, 1000, &received)) {
		ctl_error("--received takes a number from 1 (the topmost) to "
		    "1000");
		return false;
	}
	while ((text = ctl_value_at(values, "--trusted", n)) != NULL) {
		if (n == TRUSTED_MAX ||
		    !netblock_parse(text, &s->trusted[n++])) {
			ctl_error("\"%s\" is no network, or one too many",
			    text);
			return false;
		}
	}
	s->view = (struct stored_view){ (size_t)received, s->trusted, n,
	    ctl_value(values, "--rcpt") };
	return true;
}

static void
run(struct simulation *s, int fd)
{
	s->loop = uv_default_loop();
	s->told_ms = uv_hrtime() / 1000000;
	uv_timer_init(s->loop, &s->timer);
	s->timer.data = s;
	uv_timer_start(&s->timer, on_timer, PROGRESS_MS, PROGRESS_MS);
	s->peer = ipc_peer_new(s->loop, "smtp");
	ipc_peer_forgive(s->peer);
	ipc_peer_attach(s->peer, fd);
	buf_init(&s->text, DRY_MESSAGE_MAX);
	feed(s);
	if (!s->read || s->in_flight > 0)
		uv_run(s->loop, UV_RUN_DEFAULT);
	ipc_peer_free(s->peer);
	buf_done(&s->text);
	if (s->told)
		fputc('\n', stderr);
}

enum ctl_exit
ctl_simulate(struct ctl *ctl)
{
	struct simulation *s = xcalloc(1, sizeof *s);
	enum ctl_exit ended = CTL_USAGE;
	int fd;

	s->ctl = ctl;
	if (!read_view(s)) {
		free(s);
		return CTL_USAGE;
	}
	s->store = mailstore_open(ctl_value(&ctl->values, "MAILDIR|MBOX"));
	ended = s->store == NULL ? CTL_FAILED :
	    ctl_connect(ctl, "smtp", 0, &fd);
	if (ended == CTL_DONE) {
		run(s, fd);
		ended = s->ended;
		if (s->counts.messages > 0)
			ctl_simulated_show(ctl, &s->counts);
		else if (ended == CTL_DONE) {
			ctl_error("there is no message");
			ended = CTL_NOTHING;
		}
	}
	simulated_done(&s->counts);
	mailstore_close(s->store);
	free(s);
	return ended;
}

/* SPDX-License-Identifier: ISC */
#ifndef UTIL_IPC_H
#define UTIL_IPC_H

/*
 * Calls between the programs.  A call has exactly one answer; there is no
 * third kind of message.  Each call is described once in a `.msg` file,
 * which util/ipc_expand.h turns into types and functions; nobody writes a
 * message by hand.
 *
 *	asking side			answering side
 *	ipc_peer (survives restarts	ipc_door (one channel, one service)
 *	of the other process)
 *	resolver_mx(peer, &ask, ...)	serve_resolver_mx(call, &ask)
 *	done(arg, status, &answer)	resolver_mx_reply(call, &answer)
 *
 * Transport: one record a message on a SOCK_SEQPACKET pair; a record above
 * IPC_INLINE_MAX travels in a sealed memfd.  Pointers in a message that was
 * read are valid only until the function it was given to returns.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "util/buf.h"
#include "util/netaddr.h"

#define IPC_INLINE_MAX	(64 * 1024)
#define IPC_MESSAGE_MAX	(16 * 1024 * 1024)
#define IPC_FDS_MAX	8
#define IPC_LISTS_MAX	64

enum ipc_status {
	IPC_OK,		/* the answer is there */
	IPC_LOST,	/* the other process died, closed, or could not take or
			 * answer this call; it may have acted */
	IPC_TIMEOUT,	/* no answer in time; a late one is dropped */
	IPC_REFUSED,	/* too much was waiting already; nothing was sent */
};

struct ipc_bytes {
	const void	*data;
	size_t		 size;
};

/*
 * Writing and reading one message.  Both carry on after an error and say so
 * at the end (`bad`), so that generated code needs no checks in between.
 */
struct ipc_writer {
	struct buf	 buf;
	int		 fds[IPC_FDS_MAX];	/* borrowed from the caller */
	unsigned	 fd_count;
	bool		 bad;
};

struct ipc_reader {
	const uint8_t	*next;
	const uint8_t	*end;
	int		 fds[IPC_FDS_MAX];
	unsigned	 fd_count;
	unsigned	 fd_next;
	void		*lists[IPC_LISTS_MAX];
	unsigned	 list_count;
	bool		 bad;
};

void ipc_writer_init(struct ipc_writer *w);
void ipc_writer_done(struct ipc_writer *w);
void ipc_put_u8(struct ipc_writer *w, uint8_t n);
void ipc_put_u32(struct ipc_writer *w, uint32_t n);
void ipc_put_u64(struct ipc_writer *w, uint64_t n);
void ipc_put_str(struct ipc_writer *w, const char *text);	/* NULL is "" */
void ipc_put_bytes(struct ipc_writer *w, struct ipc_bytes bytes);
void ipc_put_addr(struct ipc_writer *w, const struct netaddr *addr);
void ipc_put_fd(struct ipc_writer *w, int fd);			/* -1 is none */

/* data and fds stay the caller's until ipc_reader_done.  It closes the fds that
 * ipc_get_fd did not give out, and all of them if the message was not
 * finished: whoever reads one takes descriptors only then. */
void ipc_reader_init(struct ipc_reader *r, const void *data, size_t n,
    const int *fds, unsigned fd_count);
void ipc_reader_done(struct ipc_reader *r);
bool ipc_reader_finished(const struct ipc_reader *r);	/* all read, all well */
uint8_t ipc_get_u8(struct ipc_reader *r);
uint32_t ipc_get_u32(struct ipc_reader *r);
uint64_t ipc_get_u64(struct ipc_reader *r);
const char *ipc_get_str(struct ipc_reader *r);		/* never NULL */
struct ipc_bytes ipc_get_bytes(struct ipc_reader *r);
struct netaddr ipc_get_addr(struct ipc_reader *r);
int ipc_get_fd(struct ipc_reader *r);			/* now the caller's */
uint32_t ipc_get_count(struct ipc_reader *r);
void *ipc_reader_rows(struct ipc_reader *r, uint32_t count, size_t row_size);

/* ---- the answering side ---- */

struct ipc_call;	/* one call that waits for its answer */
struct ipc_door;	/* one channel on which one service is offered */

struct ipc_method {
	const char	*name;
	/* false: the message could not be read */
	bool		(*dispatch)(struct ipc_call *, struct ipc_reader *);
};

struct ipc_service {
	const char		*name;
	const struct ipc_method	*methods;
	uint32_t		 method_count;
};

/* What a message that cannot be read means on this channel. */
enum ipc_trust {
	IPC_SIBLING,	/* one of our processes: a bug, this process ends */
	IPC_OPERATOR,	/* mx6ctl: that channel is closed */
};

/*
 * Serves fd (ours from now on) until the other side closes; then on_closed
 * is called, if not NULL, and the door frees itself.  Calls still open then
 * may be answered later; the answers go nowhere.
 */
struct ipc_door *ipc_door_open(uv_loop_t *loop, int fd,
    const struct ipc_service *service, enum ipc_trust trust, void *context,
    void (*on_closed)(struct ipc_door *, void *context));
void ipc_door_close(struct ipc_door *door);

void *ipc_call_context(const struct ipc_call *call);	/* the door's */
/* false once the asking side is gone: work for it may be dropped. */
bool ipc_call_wanted(const struct ipc_call *call);
/* Sends w as the answer and frees the call.  For generated code. */
void ipc_call_answer(struct ipc_call *call, struct ipc_writer *w);
/* Frees the call without an answer: the asker gets IPC_LOST only when the
 * channel closes, so this is for a call that is not wanted any more. */
void ipc_call_drop(struct ipc_call *call);

/* ---- the asking side ---- */

struct ipc_peer;

typedef void ipc_arrived(struct ipc_reader *answer, enum ipc_status status,
    void (*done)(void), void *arg);

/* name is for log lines and must outlive the peer. */
struct ipc_peer *ipc_peer_new(uv_loop_t *loop, const char *name);
/* Pending calls end with IPC_LOST.  May be called from any `done`. */
struct ipc_peer *ipc_peer_free(struct ipc_peer *peer);
/* What cannot be read from this peer is as if the channel were lost; without
 * this it ends our process. */
void ipc_peer_forgive(struct ipc_peer *peer);
/* Calls do not wait for another process that has been absent for that long:
 * they end with IPC_LOST.  Without this, or with 0, they wait as long as
 * their own time allows. */
void ipc_peer_expect(struct ipc_peer *peer, uint32_t patience_ms);
/* A new channel, at the start or after the other process was restarted.
 * Calls sent on the old one end with IPC_LOST; calls not sent yet go out. */
void ipc_peer_attach(struct ipc_peer *peer, int fd);
bool ipc_peer_connected(const struct ipc_peer *peer);
/* Called when the channel is lost, after the pending calls have ended. */
void ipc_peer_on_lost(struct ipc_peer *peer, void (*lost)(void *), void *arg);
size_t ipc_peer_pending(const struct ipc_peer *peer);
/* For generated code.  timeout_ms 0: as long as the other side lives.
 * `arrived` is never called before this function has returned. */
void ipc_peer_ask(struct ipc_peer *peer, uint32_t method, struct ipc_writer *w,
    uint32_t timeout_ms, ipc_arrived *arrived, void (*done)(void), void *arg);

/* ---- without a loop: mx6ctl, and a child's first configuration ---- */

/* A connected pair, CLOEXEC and non-blocking, with large buffers. */
bool ipc_pair(int ret_fds[2]);
/* One call on fd, waiting up to timeout_ms.  The reader is the caller's to
 * finish with ipc_reader_done, and its data to free with ipc_free_record. */
enum ipc_status ipc_ask_wait(int fd, uint32_t method, struct ipc_writer *w,
    int timeout_ms, struct ipc_reader *ret_answer, void **ret_record);
void ipc_free_record(void *record);	/* NULL is fine */

#endif

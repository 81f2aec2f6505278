/* SPDX-License-Identifier: ISC */
/*
 * Turns one `.msg` file into C.  Include it from the service's own header,
 * with the two names set (no include guard here: once for each service):
 *
 *	#define IPC_NAME resolver
 *	#define IPC_FILE "resolver/resolver.msg"
 *	#include "util/ipc_expand.h"
 *
 * A `.msg` file is made of
 *
 *	ROW(host)  ...fields...  END_ROW(host)		rows for LIST
 *	CALL(mx)   ...fields...  ANSWER(mx) ...fields... END(mx)
 *
 * with at least one field each (NOTHING counts) of
 *
 *	U8(f) U32(f) U64(f)	numbers
 *	STR(f)			const char *, never NULL when read
 *	BYTES(f)		struct ipc_bytes
 *	ADDR(f)			struct netaddr
 *	FD(f)			int, -1 for none; the reader of it owns it
 *	LIST(f, row)		const struct SERVICE_row *f and f_count
 *
 * and gives, for service `resolver` and call `mx`:
 *
 *	struct resolver_mx_ask, struct resolver_mx_answer, struct resolver_host
 *	resolver_mx(peer, &ask, timeout_ms, done, arg)		asking
 *	resolver_mx_wait(fd, &ask, timeout_ms, use, arg)	asking, no loop
 *	resolver_mx_reply(call, &answer)			answering
 *	void serve_resolver_mx(call, &ask)	to be written by the server, in
 *		the files of the program that includes util/ipc_serve.h
 */
#include "util/ipc.h"

#define IPC_J3_(a, b, c)	a##_##b##c
#define IPC_J3(a, b, c)		IPC_J3_(a, b, c)
#define IPC_J4_(a, b, c, d)	a##_##b##_##c##d
#define IPC_J4(a, b, c, d)	IPC_J4_(a, b, c, d)
#define IPC_ASK(n)	IPC_J3(IPC_NAME, n, _ask)
#define IPC_ANSWER(n)	IPC_J3(IPC_NAME, n, _answer)
#define IPC_DONE(n)	IPC_J3(IPC_NAME, n, _done)
#define IPC_METHOD(n)	IPC_J3(IPC_NAME, n, _method)
#define IPC_ROW(n)	IPC_J3(IPC_NAME, n, )
#define IPC_WRITE(n, k)	IPC_J4(write, IPC_NAME, n, k)
#define IPC_READ(n, k)	IPC_J4(read, IPC_NAME, n, k)

/* 1. The types. */
#define ROW(n)		struct IPC_ROW(n) {
#define END_ROW(n)	};
#define CALL(n)		struct IPC_ASK(n) {
#define ANSWER(n)	}; struct IPC_ANSWER(n) {
#define END(n)		};
#define NOTHING		uint8_t nothing;
#define U8(f)		uint8_t f;
#define U32(f)		uint32_t f;
#define U64(f)		uint64_t f;
#define STR(f)		const char *f;
#define BYTES(f)	struct ipc_bytes f;
#define ADDR(f)		struct netaddr f;
#define FD(f)		int f;
#define LIST(f, row)	const struct IPC_ROW(row) *f; uint32_t f##_count;
#include IPC_FILE
#include "util/ipc_undef.h"

/* 2. The numbers of the calls. */
#define ROW(n)
#define END_ROW(n)
#define CALL(n)		IPC_METHOD(n),
#define ANSWER(n)
#define END(n)
#include "util/ipc_nofields.h"
enum IPC_J3(IPC_NAME, method, ) {
#include IPC_FILE
};
#include "util/ipc_undef.h"

/* 3. The writers. */
#define ROW(n)		static inline void IPC_WRITE(n, )(struct ipc_writer *w, \
			    const struct IPC_ROW(n) *m) {
#define END_ROW(n)	}
#define CALL(n)		static inline void IPC_WRITE(n, _ask)( \
			    struct ipc_writer *w, \
			    const struct IPC_ASK(n) *m) {
#define ANSWER(n)	} static inline void IPC_WRITE(n, _answer)( \
			    struct ipc_writer *w, \
			    const struct IPC_ANSWER(n) *m) {
#define END(n)		}
#define NOTHING		ipc_put_u8(w, m->nothing);
#define U8(f)		ipc_put_u8(w, m->f);
#define U32(f)		ipc_put_u32(w, m->f);
#define U64(f)		ipc_put_u64(w, m->f);
#define STR(f)		ipc_put_str(w, m->f);
#define BYTES(f)	ipc_put_bytes(w, m->f);
#define ADDR(f)		ipc_put_addr(w, &m->f);
#define FD(f)		ipc_put_fd(w, m->f);
#define LIST(f, row)	ipc_put_u32(w, m->f##_count); \
			for (uint32_t i = 0; i < m->f##_count; i++) \
				IPC_WRITE(row, )(w, &m->f[i]);
#include IPC_FILE
#include "util/ipc_undef.h"

/* 4. The readers, field for field as above. */
#define ROW(n)		static inline void IPC_READ(n, )(struct ipc_reader *r, \
			    struct IPC_ROW(n) *m) {
#define END_ROW(n)	}
#define CALL(n)		static inline void IPC_READ(n, _ask)( \
			    struct ipc_reader *r, struct IPC_ASK(n) *m) {
#define ANSWER(n)	} static inline void IPC_READ(n, _answer)( \
			    struct ipc_reader *r, struct IPC_ANSWER(n) *m) {
#define END(n)		}
#define NOTHING		m->nothing = ipc_get_u8(r);
#define U8(f)		m->f = ipc_get_u8(r);
#define U32(f)		m->f = ipc_get_u32(r);
#define U64(f)		m->f = ipc_get_u64(r);
#define STR(f)		m->f = ipc_get_str(r);
#define BYTES(f)	m->f = ipc_get_bytes(r);
#define ADDR(f)		m->f = ipc_get_addr(r);
#define FD(f)		m->f = ipc_get_fd(r);
#define LIST(f, row)	{ \
		uint32_t count = ipc_get_count(r); \
		struct IPC_ROW(row) *rows = ipc_reader_rows(r, count, \
		    sizeof *rows); \
		for (uint32_t i = 0; i < count; i++) \
			IPC_READ(row, )(r, &rows[i]); \
		m->f = rows; \
		m->f##_count = count; \
	}
#include IPC_FILE
#include "util/ipc_undef.h"

/* 5. Asking and replying. */
#define ROW(n)
#define END_ROW(n)
#define CALL(n)
#define ANSWER(n)
#define END(n) \
	typedef void IPC_DONE(n)(void *arg, enum ipc_status status, \
	    const struct IPC_ANSWER(n) *answer); \
	static inline void \
	IPC_J3(IPC_NAME, n, _arrived)(struct ipc_reader *r, \
	    enum ipc_status status, void (*done)(void), void *arg) \
	{ \
		struct IPC_ANSWER(n) answer = { 0 }; \
		if (status == IPC_OK) { \
			IPC_READ(n, _answer)(r, &answer); \
			if (!ipc_reader_finished(r)) \
				status = IPC_LOST; \
		} \
		((IPC_DONE(n) *)done)(arg, status, \
		    status == IPC_OK ? &answer : NULL); \
	} \
	static inline void \
	IPC_J3(IPC_NAME, n, )(struct ipc_peer *peer, \
	    const struct IPC_ASK(n) *ask, uint32_t timeout_ms, \
	    IPC_DONE(n) *done, void *arg) \
	{ \
		struct ipc_writer w; \
		ipc_writer_init(&w); \
		IPC_WRITE(n, _ask)(&w, ask); \
		ipc_peer_ask(peer, IPC_METHOD(n), &w, timeout_ms, \
		    IPC_J3(IPC_NAME, n, _arrived), (void (*)(void))done, arg); \
		ipc_writer_done(&w); \
	} \
	static inline void \
	IPC_J3(IPC_NAME, n, _wait)(int fd, const struct IPC_ASK(n) *ask, \
	    int timeout_ms, IPC_DONE(n) *done, void *arg) \
	{ \
		struct ipc_writer w; \
		struct ipc_reader r; \
		void *record = NULL; \
		enum ipc_status status; \
		ipc_writer_init(&w); \
		IPC_WRITE(n, _ask)(&w, ask); \
		status = ipc_ask_wait(fd, IPC_METHOD(n), &w, timeout_ms, &r, \
		    &record); \
		ipc_writer_done(&w); \
		IPC_J3(IPC_NAME, n, _arrived)(&r, status, \
		    (void (*)(void))done, arg); \
		if (status == IPC_OK) \
			ipc_reader_done(&r); \
		ipc_free_record(record); \
	} \
	static inline void \
	IPC_J3(IPC_NAME, n, _reply)(struct ipc_call *call, \
	    const struct IPC_ANSWER(n) *answer) \
	{ \
		struct ipc_writer w; \
		ipc_writer_init(&w); \
		IPC_WRITE(n, _answer)(&w, answer); \
		ipc_call_answer(call, &w); \
		ipc_writer_done(&w); \
	}
#include "util/ipc_nofields.h"
#include IPC_FILE
#include "util/ipc_undef.h"

#undef IPC_NAME
#undef IPC_FILE

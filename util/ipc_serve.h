/* SPDX-License-Identifier: ISC */
/*
 * The answering side of one `.msg` file: declares serve_NAME_call for each
 * call and defines `static const struct ipc_service NAME_service`.  Include
 * it in one .c of the serving program, after the service's header, with
 * IPC_NAME and IPC_FILE set as for util/ipc_expand.h (no include guard).
 */
#define IPC_SERVE(n)	IPC_J4(serve, IPC_NAME, n, )
#define IPC_DISPATCH(n)	IPC_J4(dispatch, IPC_NAME, n, )

#define ROW(n)
#define END_ROW(n)
#define CALL(n)
#define ANSWER(n)
#define END(n) \
	void IPC_SERVE(n)(struct ipc_call *call, const struct IPC_ASK(n) *ask); \
	static bool \
	IPC_DISPATCH(n)(struct ipc_call *call, struct ipc_reader *r) \
	{ \
		struct IPC_ASK(n) ask; \
		IPC_READ(n, _ask)(r, &ask); \
		if (!ipc_reader_finished(r)) \
			return false; \
		IPC_SERVE(n)(call, &ask); \
		return true; \
	}
#include "util/ipc_nofields.h"
#include IPC_FILE
#include "util/ipc_undef.h"

#define IPC_TEXT_(x)	#x
#define IPC_TEXT(x)	IPC_TEXT_(x)
#define ROW(n)
#define END_ROW(n)
#define CALL(n)
#define ANSWER(n)
#define END(n)		{ #n, IPC_DISPATCH(n) },
#include "util/ipc_nofields.h"
static const struct ipc_method IPC_J3(IPC_NAME, methods, )[] = {
#include IPC_FILE
};
#include "util/ipc_undef.h"

static const struct ipc_service IPC_J3(IPC_NAME, service, ) = {
	IPC_TEXT(IPC_NAME),
	IPC_J3(IPC_NAME, methods, ),
	sizeof IPC_J3(IPC_NAME, methods, ) /
	    sizeof IPC_J3(IPC_NAME, methods, )[0],
};

#undef IPC_TEXT
#undef IPC_TEXT_
#undef IPC_SERVE
#undef IPC_DISPATCH
#undef IPC_NAME
#undef IPC_FILE

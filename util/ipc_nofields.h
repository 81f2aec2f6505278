/* SPDX-License-Identifier: ISC */
/* For util/ipc_expand.h: a pass over a `.msg` file that ignores the fields. */
#define NOTHING
#define U8(f)
#define U32(f)
#define U64(f)
#define STR(f)
#define BYTES(f)
#define ADDR(f)
#define FD(f)
#define LIST(f, row)

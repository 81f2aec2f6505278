/* SPDX-License-Identifier: ISC */
/* For util/ipc_expand.h: ends one pass over a `.msg` file. */
#undef ROW
#undef END_ROW
#undef CALL
#undef ANSWER
#undef END
#undef NOTHING
#undef U8
#undef U32
#undef U64
#undef STR
#undef BYTES
#undef ADDR
#undef FD
#undef LIST

/* SPDX-License-Identifier: ISC */
/*
 * The live dialogue of sessions, for mx6ctl trace: these calls stand in the
 * .msg file of each process that has sessions (no include guard: it is
 * expanded once for each pass).
 */
ROW(line)
	U64(at_ms)
	STR(session)
	STR(peer)
	STR(direction)		/* "<" from the peer, ">" to it, "*" event */
	STR(text)
END_ROW(line)

/* Waits until there is something to show, or timeout_ms have passed. */
CALL(trace)
	STR(filter)		/* address or network; "" is all */
	U64(after)		/* serial number of the last line seen; 0 at first */
	U32(timeout_ms)
ANSWER(trace)
	LIST(lines, line)
	U64(last)
	U64(missed)		/* lines that did not fit */
END(trace)

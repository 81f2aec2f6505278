/* SPDX-License-Identifier: ISC */
#ifndef QUEUE_STORE_H
#define QUEUE_STORE_H

/*
 * The queue on disk: all SQL of this process, one connection, one file.
 *
 *	message    one row a message; body: its octets, in a table of its own
 *	recipient  one row a recipient, with its state and when it is due
 *	attempt    what earlier attempts of a recipient came to
 *	waiting    for each destination with recipients on disk, a time before
 *	           which none of them is due: the index of the queue
 *	destination  push-backs remembered (queue/destinations.h)
 *
 * What is due next is two indexed questions: which destinations
 * (store_waiting), and for each the next few recipients (store_due).
 *
 * Changes are made between store_begin and store_commit; only when the
 * commit has returned STORE_OK is anything on disk.  After any status but
 * STORE_OK, STORE_NONE and STORE_DUPLICATE the transaction is rolled back
 * with store_rollback, and nothing of it has happened.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "queue/destinations.h"
#include "queue/message.h"
#include "queue/queue_words.h"

/* Beside enum queue_state: failed, waits to be told in a bounce. */
#define STATE_FAILED	5

enum store_status {
	STORE_OK,
	STORE_NONE,		/* no such row */
	STORE_DUPLICATE,	/* a message of that name is there already */
	STORE_FULL,		/* no room on disk */
	STORE_DAMAGED,		/* what is there cannot be right */
	STORE_TROUBLE,		/* anything else: give up and start anew */
};

struct store;

/* Opens or creates the database and brings an older schema up to date.
 * NULL, with a reason in error, if that cannot be done.  A database that is
 * up to date opens on a full disk too. */
#define STORE_ERROR_SIZE 256
struct store *store_open(const char *path,
    char error[static STORE_ERROR_SIZE]);
/* Once after opening, and before a message is added: writes what the log
 * holds to the database and syncs it, proof that the disk takes it, also
 * after a sync that failed; and makes due again what was being delivered
 * when the last process ended.  STORE_FULL: to be called again when there is
 * room; all else may go on meanwhile. */
enum store_status store_resume(struct store *store, uint64_t now);
struct store *store_close(struct store *store);	/* NULL */
/* The last trouble in words. */
const char *store_trouble(const struct store *store);

enum store_status store_begin(struct store *store);
enum store_status store_commit(struct store *store);
void store_rollback(struct store *store);

/* ---- new messages ---- */

/* Gives m its id.  The body goes along if it is inline. */
enum store_status store_add_message(struct store *store, struct message *m);
/* Gives r the id `n` below m's (n under MESSAGE_RCPTS_MAX, once each).
 * active: it is handed out from memory now; otherwise it waits until due_at,
 * and store_wake must be called for the destination. */
enum store_status store_add_rcpt(struct store *store, const struct message *m,
    uint32_t n, struct rcpt *r, const char *destination, bool active,
    uint64_t due_at);
/* The number after that of m's last recipient. */
enum store_status store_next_rcpt(struct store *store, uint64_t message_id,
    uint32_t *ret_n);
/* The destination has something that may be due at due_at. */
enum store_status store_wake(struct store *store, const char *destination,
    uint64_t due_at);

/* ---- results (r->result says how) ---- */

/* Done with: delivered, or reported.  STORE_NONE if it was gone. */
enum store_status store_remove_rcpt(struct store *store,
    const struct rcpt *r);
/* The same, as others take its place.  STORE_NONE if it was gone, or if the
 * operator holds it: then it stays. */
enum store_status store_replace_rcpt(struct store *store,
    const struct rcpt *r);
/* Waits until result->due_at; r->attempts is the new count.  A held one stays
 * held. */
enum store_status store_defer_rcpt(struct store *store, const struct rcpt *r);
/* Pushed back: only IPv4 from now on. */
enum store_status store_push_back_rcpt(struct store *store,
    const struct rcpt *r);
/* Failed for good; STATE_FAILED until it is reported and removed.
 * STORE_NONE if the operator has removed it. */
enum store_status store_fail_rcpt(struct store *store, const struct rcpt *r);
enum store_status store_warned(struct store *store, uint64_t message_id);
/* Removes the message and its body if it has no recipient any more;
 * *ret_gone tells, and the caller removes *ret_spool_id (if not 0) after the
 * commit. */
enum store_status store_finish_message(struct store *store,
    uint64_t message_id, bool *ret_gone, uint64_t *ret_spool_id);
/* All its recipients that wait become STATE_DAMAGED. */
enum store_status store_set_aside(struct store *store, uint64_t message_id);

/* ---- what is due ---- */

/* Destinations that may have something due, earliest first, at most limit;
 * *ret_next is the earliest time of all others, 0 if there is none. */
enum store_status store_waiting(struct store *store, uint64_t now,
    uint32_t limit, void (*row)(void *arg, const char *destination), void *arg,
    uint64_t *ret_next);
/* Where a walk through one destination's due recipients stands. */
struct store_cursor {
	uint64_t	due_at;
	uint64_t	id;
};
/* The next of them after cursor, which is moved on; pointers in rows live
 * until row returns.  row gives false to end early (that row is not counted
 * as seen). */
enum store_status store_due(struct store *store, const char *destination,
    uint64_t now, struct store_cursor *cursor, uint32_t limit,
    bool (*row)(void *arg, const struct rcpt *r), void *arg,
    uint32_t *ret_count);
/* Corrects `waiting` for a destination none of whose recipients is in
 * memory; *ret_next is when the next is due, 0 if it has none. */
enum store_status store_settle(struct store *store, const char *destination,
    uint64_t *ret_next);

/* A new message with one reference, without its body.  STORE_DAMAGED if the
 * row is not what was stored. */
enum store_status store_load_message(struct store *store, uint64_t message_id,
    struct message **ret_message);
/* Its inline body into m->body; STORE_DAMAGED likewise. */
enum store_status store_load_body(struct store *store, struct message *m);

/* The recipients of a message for a notification, at most limit. */
enum store_status store_reports(struct store *store, uint64_t message_id,
    bool failed, uint32_t limit, void (*row)(void *arg, const struct rcpt *r,
    const struct result *last), void *arg);
/* Messages with STATE_FAILED recipients that no bounce has told yet; only
 * right after the start. */
enum store_status store_untold(struct store *store, uint32_t limit,
    void (*row)(void *arg, uint64_t message_id), void *arg);

/* ---- beside the messages ---- */

/* STORE_NONE and an empty memory if nothing is remembered. */
enum store_status store_load_destination(struct store *store,
    const char *destination, struct pushback_memory *ret_memory);
enum store_status store_save_destination(struct store *store,
    const char *destination, const struct pushback_memory *memory);
/* STORE_OK if a message names this spool file, else STORE_NONE. */
enum store_status store_spool_named(struct store *store, uint64_t spool_id);

#endif

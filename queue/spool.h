/* SPDX-License-Identifier: ISC */
#ifndef QUEUE_SPOOL_H
#define QUEUE_SPOOL_H

/*
 * Bodies too large for the database: one file each.
 *
 *	spool_create   named, empty, its descriptor goes to mx6d-smtp
 *	spool_sync     whole and on disk (in a thread: it may take long)
 *	               ... now a message row names it ...
 *	spool_open_body	 read only, its descriptor goes to a delivery
 *	spool_remove   after the commit that removed the row
 *
 * A file that no row names is thrown away: at the start all of them, later
 * those that nobody has written to for a while.
 */

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>


struct spool;

/* directory is made if it is not there; NULL and errno on an error. */
struct spool *spool_open(const char *directory, uint64_t now_ms);
struct spool *spool_close(struct spool *spool);
/* Removes the files for which named() is false; returns how many. */
unsigned spool_clean(struct spool *spool, bool (*named)(void *arg,
    uint64_t spool_id), void *arg);

/* A descriptor for writing, the caller's; -1 and errno on an error (EMFILE:
 * too many wait to be named). */
int spool_create(struct spool *spool, uint64_t *ret_spool_id);
/* false: this file was not made here, or was thrown away, or is claimed
 * already.  From now on it stays until it is removed. */
bool spool_claim(struct spool *spool, uint64_t spool_id);
/* done(arg, ok): ok if it is on disk and ends size_bytes behind start.  Not called before
 * this function has returned. */
void spool_sync(struct spool *spool, uv_loop_t *loop, uint64_t spool_id,
    uint64_t start, uint64_t size_bytes, void (*done)(void *arg, bool ok), void *arg);
/* The body is what lies behind start.  -1 and errno if it is not there or has
 * another size (EIO). */
int spool_open_body(struct spool *spool, uint64_t spool_id, uint64_t start,
    uint64_t size_bytes);
void spool_remove(struct spool *spool, uint64_t spool_id);
/* Throws away what was not claimed nor written to for idle_s seconds. */
void spool_sweep(struct spool *spool, uint64_t now_s, uint64_t idle_s);
/* Room that is left for us on its file system. */
uint64_t spool_free_bytes(const struct spool *spool);

#endif
